"""Laws of the sum of sigmoids, on every backend."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tolerances import DIFFERENCE, central_differences, relative_error


def sum_of_sigmoids(n_samples, n_features, n_hidden):
    draw = np.random.default_rng(n_samples)
    W = draw.standard_normal((n_features, n_hidden)) / np.sqrt(n_features)
    return draw.standard_normal((n_samples, n_features)), W, draw.standard_normal(n_hidden)


def test_gradients_of_the_sum_of_sigmoids(backend):
    """(NN-5) and (NN-6) are the central differences of (NN-4)."""
    X, W, v = sum_of_sigmoids(4, 3, 5)
    assert np.abs(X @ W).min() > 1e-3
    y, dW, dv = backend.sigmoid_sum_gradients(X, W, v)
    assert_allclose(y, backend.sigmoid_sum_forward(X, W, v)[2], rtol=1e-15)
    for i in range(4):
        slopes = central_differences(lambda i=i: backend.sigmoid_sum_forward(X, W, v)[2][i], W, v)
        assert_allclose(dW[i], slopes[0], **DIFFERENCE._asdict())
        assert_allclose(dv[i], slopes[1], **DIFFERENCE._asdict())


@pytest.mark.parametrize(("n_samples", "n_hidden"), [(7, 1), (130, 17), (341, 3), (342, 3), (3, 1023), (3, 1025)])
def test_backward_sums_the_gradients(backend, dtype, n_samples, n_hidden):
    """Also where the samples fill no group of 1,024 hidden units, fill it, or one alone exceeds it."""
    X, W, v = (a.astype(dtype) for a in sum_of_sigmoids(n_samples, 4, n_hidden))
    dy = np.random.default_rng(1).standard_normal(n_samples).astype(dtype)
    _, dW, dv = backend.sigmoid_sum_gradients(X, W, v)
    found = backend.sigmoid_sum_backward(X, W, v, dy)
    expected = np.einsum("i,ijk->jk", dy, dW, dtype=np.float64), np.einsum("i,ij->j", dy, dv, dtype=np.float64)
    assert {a.dtype.type for a in found} == {dtype}
    assert relative_error(found, expected) <= {np.float32: 1e-6, np.float64: 1e-14}[dtype]


@pytest.mark.parametrize(("n_samples", "n_features", "n_hidden"), [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0)])
def test_sum_over_nothing(backend, dtype, n_samples, n_features, n_hidden):
    """Without columns every hidden unit rests at 0 and its sigmoid at 1/2; without hidden units the sum is 0."""
    X, W, v = np.ones((n_samples, n_features), dtype), np.ones((n_features, n_hidden), dtype), np.ones(n_hidden, dtype)
    r, s, y = backend.sigmoid_sum_forward(X, W, v)
    assert_array_equal(r, np.zeros((n_samples, n_hidden)))
    assert_array_equal(s, np.full((n_samples, n_hidden), 0.5))
    assert_array_equal(y, np.full(n_samples, n_hidden / 2))
    y, dW, dv = backend.sigmoid_sum_gradients(X, W, v)
    assert_array_equal(y, np.full(n_samples, n_hidden / 2))
    assert_array_equal(dW, np.zeros((n_samples, n_features, n_hidden)))
    assert_array_equal(dv, np.zeros((n_samples, n_hidden)))
    dW, dv = backend.sigmoid_sum_backward(X, W, v, np.ones(n_samples, dtype))
    assert_array_equal(dW, np.zeros(W.shape))
    assert_array_equal(dv, np.zeros(n_hidden))


def test_sum_refuses_shapes_that_disagree(backend):
    X, W, v = np.ones((4, 3)), np.ones((3, 2)), np.ones(2)
    for arguments_ in ((X, np.ones((2, 2)), v), (X, W, np.ones(3))):
        for function in (backend.sigmoid_sum_forward, backend.sigmoid_sum_gradients):
            with pytest.raises(ValueError, match="expected W"):
                function(*arguments_)
        with pytest.raises(ValueError, match="expected W"):
            backend.sigmoid_sum_backward(*arguments_, np.ones(4))
    with pytest.raises(ValueError, match="dy has 3 entries, X has 4 rows"):
        backend.sigmoid_sum_backward(X, W, v, np.ones(3))
