"""Statistics of the columns of dense rows: weighted, without cancelling, in pieces."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows

from hotloop.structs import ColumnMoments, DenseRows


def moments(backend, X, weight, cuts=()):
    own = np.zeros(1), *np.zeros((5, X.shape[1]))
    for rows, weights in zip(np.split(X, cuts), np.split(weight, cuts), strict=True):
        rows = DenseRows(np.ascontiguousarray(rows))
        backend.column_moments(rows, np.ascontiguousarray(weights), ColumnMoments(*own), True)
    return own


def test_moments_are_the_weighted_ones(backend, dtype):
    X, weight = drawn_rows(50, 6)[0].astype(dtype), np.random.default_rng(1).choice([0, 0.5, 2.0], 50)
    total, mean, deviation, lowest, highest, _ = moments(backend, X, weight)
    expected = np.average(X.astype(np.float64), axis=0, weights=weight)
    assert total[0] == weight.sum()
    assert_allclose(mean, expected, rtol=1e-13, atol=1e-15)
    assert_allclose(deviation, weight @ (X.astype(np.float64) - expected) ** 2, rtol=1e-13)
    assert_array_equal([lowest, highest], [X[weight > 0].min(axis=0), X[weight > 0].max(axis=0)])


def test_moments_do_not_cancel(backend):
    """Mean 1e8 and deviation 1: the sum of squares alone would keep none of its digits."""
    X, _ = drawn_rows(200, 3)
    _, mean, deviation, *_ = moments(backend, X + 1e8, np.ones(200))
    assert_allclose(mean - 1e8, X.mean(axis=0), rtol=0, atol=1e-7)
    assert_allclose(deviation, ((X - X.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-6)


def test_moments_equal_their_pieces(backend, dtype):
    X, weight = drawn_rows(50, 6)[0].astype(dtype), np.random.default_rng(1).choice([0, 0.5, 2.0], 50)
    for cuts in ([1, 2, 30], [0, 50], range(1, 50)):
        for found, expected in zip(moments(backend, X, weight, list(cuts)), moments(backend, X, weight), strict=True):
            assert_array_equal(found, expected)


def test_a_constant_column_has_no_deviation(backend, dtype):
    X = np.full((20, 1), 0.1, dtype)
    _, mean, deviation, *_ = moments(backend, X, np.linspace(0.1, 2, 20))
    assert (mean[0], deviation[0]) == (X[0, 0], 0)


def test_moments_refuse_shapes_that_disagree(backend):
    good = [np.ones((4, 2)), np.ones(4), np.zeros(1), *np.zeros((5, 2))]
    for place, value in ((1, np.ones(3)), (2, np.zeros(2)), *((place, np.zeros(2 * place - 5)) for place in (3, 4, 5, 6, 7))):
        X, weight, *own = [*good[:place], value, *good[place + 1 :]]
        with pytest.raises(ValueError, match="must have"):
            backend.column_moments(DenseRows(X), weight, ColumnMoments(*own), True)
