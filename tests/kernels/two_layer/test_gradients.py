"""Laws of sums of gradients, on every backend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from passes import drawn_rows
from strategies import few_rows, units
from tolerances import DIFFERENCE, NETWORK, central_differences
from two_layer_passes import WEIGHTS, backward, of_dtype, outputs, two_layer_arguments

from hotloop import reference
from hotloop.structs import ACTIVATIONS, OUTPUTS


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_central_differences(backend, output, activation):
    start = two_layer_arguments(drawn_rows(11, 4)[0], 6, output, standardised=True)
    start |= {"activation": activation}
    delta = np.random.default_rng(0).standard_normal((11, start["W2"].shape[1]))

    def summed():
        return (delta * outputs(backend, start)).sum()

    found = backward(backend, delta, start)
    expected = central_differences(summed, *(start[name] for name in WEIGHTS))
    for name, a, gradient in zip(WEIGHTS, found, expected, strict=True):
        assert_allclose(a, gradient, **DIFFERENCE._asdict(), err_msg=name)


@given(n_samples=few_rows, n_features=units, n_hidden=units, output=st.sampled_from(OUTPUTS))
def test_gradients_of_any_shape(compiled, dtype, n_samples, n_features, n_hidden, output):
    start = of_dtype(two_layer_arguments(drawn_rows(n_samples, n_features)[0], n_hidden, output), dtype)
    delta = np.random.default_rng(0).standard_normal((n_samples, start["W2"].shape[1]))
    found, expected = backward(compiled, delta, start), backward(reference, delta, of_dtype(start, np.float64))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == dtype
        assert_allclose(a, b, rtol=0, atol=100 * NETWORK[dtype] * max(1, np.abs(b).max(initial=0)))
    with pytest.raises(ValueError, match="delta has shape"):
        backward(compiled, np.zeros((n_samples + 1, 1)), start)
