"""The order of the rows in an epoch, and the rows held out."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hotloop.training.order import epoch_order, hold_out


def test_an_order_is_a_permutation_of_seed_and_epoch():
    first = epoch_order(100, 0, 7)
    assert first.dtype == np.intp
    assert_array_equal(np.sort(first), np.arange(100))
    assert_array_equal(first, epoch_order(100, 0, 7))
    for other in (epoch_order(100, 1, 7), epoch_order(100, 0, 8)):
        assert (other != first).any()
    assert len(epoch_order(0, 0, 0)) == 0


@pytest.mark.parametrize("stratify", [False, True])
def test_held_out_rows(stratify):
    y = np.repeat([0.0, 1, 2], [60, 39, 1])
    kept, held = hold_out(y, 0.2, 3, stratify=stratify)
    assert_array_equal(np.sort(np.concatenate([kept, held])), np.arange(100))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held) > 0).all()
    assert len(held) in (19, 20)
    if stratify:
        assert np.bincount(y[held].astype(int)).tolist() in ([12, 8], [12, 7])  # the class of one row stays in training
    assert_array_equal(hold_out(y, 0.2, 3, stratify=stratify)[1], held)
    assert not np.array_equal(hold_out(y, 0.2, 4, stratify=stratify)[1], held)


def test_hold_out_refuses_what_cannot_be():
    for fraction in (0, 1, -0.1, 1.5):
        with pytest.raises(ValueError, match="validation_fraction is .*, expected a number between 0 and 1"):
            hold_out(np.zeros(10), fraction, 0, stratify=False)
    with pytest.raises(ValueError, match="3 rows are too few to hold out 10%"):
        hold_out(np.zeros(3), 0.1, 0, stratify=False)
