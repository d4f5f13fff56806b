"""First weights by name, and the moments of a hidden unit."""

import numpy as np
import pytest

from hotloop.two_layer.initializers import activation_moments
from hotloop.two_layer.state import TwoLayerState


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_the_moments_of_a_hidden_unit(activation):
    a = 1.3 * np.random.default_rng(0).standard_normal(1_000_000)
    z = {"relu": np.maximum(a, 0), "tanh": np.tanh(a), "logistic": 1 / (1 + np.exp(-a))}[activation]
    slope = {"relu": a > 0, "tanh": 1 - z**2, "logistic": z * (1 - z)}[activation]
    found = activation_moments(activation, 1.3**2)
    assert found == pytest.approx([(z**2).mean(), (slope * slope).mean()], rel=5e-3)


def test_first_weights_by_name():
    for init, variance in (
        ("he_normal", 2 / 300),
        ("he_uniform", 2 / 300),
        ("glorot_normal", 2 / 500),
        ("lecun_normal", 1 / 300),
    ):
        state = TwoLayerState.random(300, 200, 1, "linear", np.float64, 0, init=init)
        assert (state.W1**2).mean() == pytest.approx(variance, rel=0.03)
        assert (np.abs(state.W1).max() <= np.sqrt(3 * variance)) == init.endswith("uniform")
