"""What "auto" comes to: step size, L2 strength, horizon, epochs, and the shares of rows far out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hotloop.data.batch import Batch
from hotloop.training.config import TrainingConfig
from hotloop.training.loop import pass_over
from hotloop.two_layer.auto import ETA0_NETWORK, HORIZON_EPOCHS, SPREAD, network_config, step_shares
from hotloop.two_layer.fit import fit_two_layer, new_network
from hotloop.two_layer.options import TwoLayerOptions
from hotloop.two_layer.state import TwoLayerState

KINDS = {"softmax": np.arange(3), "sigmoid": np.arange(2), "linear": None, "sigmoid_sum": None}


def some_rows(n_samples=40, classes=None):
    draw = np.random.default_rng(0)
    X = draw.standard_normal((n_samples, 5))
    y = X[:, 0] if classes is None else np.arange(n_samples, dtype=np.float64) % len(classes)
    return Batch(X, y, np.ones(n_samples))


def options_of(kind, **options):
    return TwoLayerOptions(n_hidden=8, output=kind if KINDS[kind] is None else "linear", **options)


@pytest.mark.parametrize("kind", KINDS)
def test_step_size_strength_and_horizon(backend, kind):
    """Of relu E z^2 is half the variance of a, and the slope is 1 half of the time; each of five columns has mean square 1."""
    rows, options = some_rows(classes=KINDS[kind]), options_of(kind, max_iter=1)
    of_a, of_W2 = SPREAD["relu"] ** 2, (new_network(rows, options, KINDS[kind]).W2 ** 2).mean()
    config = fit_two_layer(rows, options, KINDS[kind]).config
    square = 8 * (of_a / 2 + 6 / 2) / 16 if kind == "sigmoid_sum" else 8 * of_a / 2 + 1 + 6 / 2 * 8 * of_W2
    assert config.eta0 == pytest.approx(ETA0_NETWORK[kind] / square)
    assert (config.alpha, config.horizon) == (0.1 / 40, HORIZON_EPOCHS[kind] * 40)


def config_of(kind, n_rows=40, by_budget=True, **options):
    """Return what options come to for rows with E ||do/dw||^2 = 2 and mean ||z||^2 = 5."""
    options = options_of(kind, **options)
    state = new_network(some_rows(classes=KINDS[kind]), options, KINDS[kind])
    return network_config(state, options, n_rows, 2.0, 5.0, by_budget=by_budget)


def test_step_size_of_each_optimizer():
    one = config_of("softmax")
    assert one.eta0 == 0.5
    assert config_of("softmax", activation="logistic").eta0 == 1.5
    assert config_of("softmax", batch_size=16, momentum=0.75).eta0 == pytest.approx(0.5 * 0.25 * 4)
    adam = config_of("softmax", optimizer="adam", batch_size=16)
    assert (adam.eta0, adam.horizon, adam.alpha) == (1e-3, np.inf, one.alpha)
    given = config_of("softmax", eta0=0.25, alpha=0.5)
    assert (given.eta0, given.alpha) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("kind", "n_rows", "epochs"),
    [
        ("softmax", 100, 100),
        ("softmax", 8000, 50),
        ("softmax", 70_000, 20),
        ("sigmoid", 100, 60),
        ("sigmoid", 20_000, 20),
        ("linear", 100, 300),
        ("linear", 20_000, 150),
        ("sigmoid_sum", 1_000_000, 50),
    ],
)
def test_epochs_by_the_rows_seen_in_all(kind, n_rows, epochs):
    config = config_of(kind, n_rows)
    assert (config.max_iter, config.tol) == (epochs, None)
    for given, expected in (
        ({"max_iter": 7}, (7, "auto")),
        ({"tol": None}, (1000, None)),
        ({"batch_size": 2}, (200, "auto")),
        ({"optimizer": "adam", "max_iter": 3}, (3, "auto")),
        ({"by_budget": False}, (1000, "auto")),
    ):
        config = config_of(kind, n_rows, **given)
        assert (config.max_iter, config.tol) == expected


def test_epochs_are_obeyed(compiled):
    for kind, classes in KINDS.items():
        rows = some_rows(5000, classes)
        assert fit_two_layer(rows, options_of(kind), classes).history.n_iter == {"softmax": 80, "sigmoid": 60}.get(kind, 300)
        assert fit_two_layer(rows, options_of(kind, tol=1e9, n_iter_no_change=2), classes).history.n_iter == 3


def test_shares_of_rows_far_out():
    """Of 2,000 rows three are far longer than the others; the steps of these alone are shortened."""
    X = np.column_stack([np.random.default_rng(0).standard_normal((2000, 3)), np.zeros(2000)])
    X[[700, 1300, 1301], 3] = 0.9, 1, 1.1
    state = TwoLayerState.random(4, 8, 1, "linear", np.float64, 0)
    state.center, state.scale = X.mean(axis=0), 1 / X.std(axis=0)
    share = step_shares(X, state, 40.0)
    assert_allclose(share, np.minimum(1, 40 / ((((X - state.center) * state.scale) ** 2).sum(axis=1) + 1)), rtol=1e-12)
    assert np.flatnonzero(share < 1).tolist() == [700, 1300, 1301]
    assert step_shares(X, state, np.inf) is None
    assert step_shares(X[:600], state, 40.0) is None
    assert config_of("linear").longest == 48  # eight times 5 + 1
    for other in ({"kind": "softmax"}, {"kind": "linear", "eta0": 0.1}, {"kind": "linear", "batch_size": 2}):
        assert config_of(**other).longest == np.inf


def test_a_share_of_the_step_size_is_a_smaller_step(backend):
    rows, share = some_rows(64), np.linspace(0.2, 1, 64)
    config = TrainingConfig(eta0=0.01, learning_rate="constant")
    state = [TwoLayerState.random(5, 6, 1, "linear", np.float64, 0) for _ in range(2)]
    pass_over(state[0], Batch(rows.X, rows.y, np.ones(64), share), config)
    state[1].take_pass(rows.X, rows.y, np.ones(64), np.arange(64), 0.01 * share, 0.0)
    assert_array_equal(state[0].W1, state[1].W1)
