"""Rows ready for a kernel know how many count, and their weight."""

import numpy as np

from hotloop.data.batch import Batch


def test_weights_are_counted_and_summed():
    X, y = np.zeros((5, 1)), np.zeros(5)
    for weight, moving, total in (([1, 1, 1, 1, 1], 5, 5.0), ([0, 0.5, 2, 0, 1], 3, 3.5), ([0, 0, 0, 0, 0], 0, 0.0)):
        rows = Batch(X, y, np.array(weight, np.float64))
        assert (rows.all_nonzero_weight, rows.n_nonzero_weight, rows.total_weight) == (moving == 5, moving, total)
    for weight in (0.0, 1.0, 2.5):
        rows = Batch(X, y, np.broadcast_to(np.float64(weight), 5))
        assert (rows.all_nonzero_weight, rows.n_nonzero_weight, rows.total_weight) == (weight > 0, 5 * (weight > 0), 5 * weight)
    assert Batch(X[:0], y[:0], np.broadcast_to(np.float64(1), 0)).total_weight == 0
