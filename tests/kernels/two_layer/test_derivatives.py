"""Laws of hidden units, outputs and derivatives of many samples, on every backend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows
from strategies import activations, few_rows, units
from tolerances import DIFFERENCE, NETWORK, central_differences
from two_layer_passes import WEIGHTS, backward, outputs, two_layer_arguments

from hotloop import reference
from hotloop.structs import ACTIVATIONS


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_jacobians_are_central_differences(backend, activation):
    """(NN-14), and its sums are those of two_layer_backward; eleven rows are a block of eight and three."""
    start = two_layer_arguments(drawn_rows(11, 4)[0], 6, "softmax")
    X, weights = start["X"], [start[name] for name in WEIGHTS]
    own = start | {"output": "linear", "activation": activation}
    o, *derivatives = backend.two_layer_jacobians(X, *weights, activation)
    assert_allclose(o, outputs(backend, own), rtol=1e-13, atol=1e-13)
    assert_array_equal(backend.two_layer_forward(X, *weights, activation)[1], o)
    for i, c in ((0, 0), (7, 1), (8, 2), (10, 0)):
        slopes = central_differences(lambda i=i, c=c: backend.two_layer_forward(X, *weights, activation)[1][i, c], *weights)
        for name, found, slope in zip(WEIGHTS, derivatives, slopes, strict=True):
            assert_allclose(found[i, c], slope, **DIFFERENCE._asdict(), err_msg=name)
    delta = np.random.default_rng(0).standard_normal(o.shape)
    for found, total in zip(derivatives, backward(backend, delta, own), strict=True):
        assert_allclose(np.tensordot(delta, found, 2), total, rtol=0, atol=1e-12 * np.abs(total).max())


@given(n_samples=few_rows, n_features=units, n_hidden=units, n_outputs=st.integers(1, 4), activation=activations)
def test_jacobians_of_any_shape(compiled, dtype, n_samples, n_features, n_hidden, n_outputs, activation):
    random = np.random.default_rng(0)
    shapes = (n_samples, n_features), (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,)
    given = [random.standard_normal(shape).astype(dtype) for shape in shapes]
    exact = [a.astype(np.float64) for a in given]
    for name in ("two_layer_forward", "two_layer_jacobians"):
        found, expected = getattr(compiled, name)(*given, activation), getattr(reference, name)(*exact, activation)
        for a, b in zip(found, expected, strict=True):
            assert a.dtype == dtype
            assert_allclose(a, b, rtol=0, atol=100 * NETWORK[dtype] * max(1, np.abs(b).max(initial=0)))
