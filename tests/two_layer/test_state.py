"""What a network has learnt: the scaling of its targets; snapshots, copies and sections of files."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hotloop.two_layer.optimizer import NetworkOptimizer
from hotloop.two_layer.state import TwoLayerState


def test_rows_of_no_size_leave_weights_that_are_not_finite():
    """Without a warning: ``is_finite`` tells, and the rows are refused."""
    state = TwoLayerState.random(3, 8, 1, "linear", np.float32, 0)
    state.fit_to(1e-300, None)
    assert not state.is_finite()


@pytest.mark.parametrize("output", ["linear", "sigmoid_sum"])
def test_targets_are_scaled_and_predictions_scaled_back(backend, output):
    y, weight = np.array([100.0, 300, 200, 900]), np.array([1.0, 1, 2, 0])
    state = TwoLayerState.random(3, 8, 1, output, np.float64, 0)
    state.scale_targets(y, weight)
    scaled = state.scaled_targets(y)
    middle, spread = (4, 1) if output == "sigmoid_sum" else (0, 1)
    assert np.average(scaled, weights=weight) == pytest.approx(middle)
    assert np.average((scaled - middle) ** 2, weights=weight) == pytest.approx(spread**2)
    X = np.ones((2, 3))
    assert state.scaled_targets(state.view().scores(state.outputs(X))) == pytest.approx(state.outputs(X))
    state.scale_targets(np.full(4, 7.0), np.ones(4))  # a constant target
    assert state.scaled_targets(np.full(4, 7.0)) == pytest.approx(middle)


OPTIMIZERS = {
    "by sample": NetworkOptimizer(dropout=0.2, key=7),
    "momentum": NetworkOptimizer(batch_size=4, momentum=0.9, nesterov=True),
    "adam": NetworkOptimizer(name="adam", batch_size=4),
}


@pytest.fixture(params=OPTIMIZERS)
def state(request):
    state = TwoLayerState.random(3, 8, 2, "softmax", np.float64, 0)
    state.set_optimizer(OPTIMIZERS[request.param])
    return state


def train(state, n_passes=1):
    draw = np.random.default_rng(0)
    X, y = draw.standard_normal((16, 3)), draw.integers(0, 2, 16).astype(float)
    for _ in range(n_passes):
        state.take_pass(X, y, np.ones(16), np.arange(16), np.full(16, 0.05), 0.01)
    return state


def assert_same(found, expected):
    found, expected = found.to_section(), expected.to_section()
    assert found.values == expected.values
    assert set(found.arrays) == set(expected.arrays)
    for name, array in expected.arrays.items():
        assert_array_equal(found.arrays[name], array, err_msg=name)


def test_restore_and_copy_keep_what_a_pass_changes(backend, state):
    train(state)
    copied, expected, snapshot = state.copy(), state.copy(), state.snapshot()
    train(state)
    assert (state.W1 != copied.W1).any()
    assert_same(copied, expected)
    state.restore(snapshot)
    assert_same(state, expected)
    assert_same(train(state), train(copied))


def test_a_section_holds_the_whole_state(backend, state):
    train(state)
    again = TwoLayerState.from_section(state.copy().to_section())
    assert_same(again, state)
    assert_same(train(again), train(state))


def test_other_moments_than_those_of_the_optimizer_are_refused(state):
    section = train(state).to_section()
    section.values["n_moments"] = 3
    with pytest.raises(ValueError, match="n_moments is 3, expected 0 or"):
        TwoLayerState.from_section(section)
