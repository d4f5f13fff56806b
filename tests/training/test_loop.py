"""Epochs around the kernels: orders, the stop, averages, divergence, interruption, and cuts that change nothing."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from passes import drawn_rows

from hotloop import backend as backends
from hotloop.data.batch import Batch
from hotloop.logistic.fit import train_state
from hotloop.logistic.state import LogisticState
from hotloop.metrics import mean_log_loss
from hotloop.structs import DenseRows, Pass
from hotloop.training import loop as training
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.loop import pass_over, run_epochs, train
from hotloop.training.options import FitOptions
from hotloop.training.order import epoch_order
from hotloop.training.schedules import step_sizes
from hotloop.training.snapshot import Snapshot
from hotloop.two_layer.fit import fit_two_layer
from hotloop.two_layer.options import TwoLayerOptions


def some_rows(n_samples=40, n_features=5, dtype=np.float64, weighted=False):
    X, _ = drawn_rows(n_samples, n_features)
    draw = np.random.default_rng(1)
    y = (X[:, 0] + draw.standard_normal(n_samples) > 0).astype(np.float64)
    weight = draw.choice([0.0, 0.5, 2.0], n_samples) if weighted else np.ones(n_samples)
    return Batch(X.astype(dtype), y, weight)


def new_state(rows, n_outputs=1, averaged=True):
    return LogisticState.zeros(n_outputs, rows.X.shape[1], rows.X.dtype, fit_intercept=True, averaged=averaged)


def assert_same_weights(found, expected):
    for name in ("W", "b", "W_total", "b_total") if isinstance(found, LogisticState) else ("W1", "b1", "W2", "b2"):
        assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.t == expected.t


@dataclass
class Scripted:
    """A state whose every pass has the next loss of a list; a number that is none diverges."""

    losses: list
    t: int = 0
    passes: list = field(default_factory=list)
    group_size = 4
    work_per_cell = 1

    def copy(self):
        return Scripted(self.losses, self.t, list(self.passes))

    def snapshot(self):
        return Snapshot.of(self)

    def restore(self, snapshot):
        snapshot.restore(self)

    def restart_average(self):
        self.passes.append("restart")

    def take_pass(self, X, y, sample_weight, order, eta, alpha):
        loss = self.losses[sum(p != "restart" for p in self.passes)]
        self.passes.append(order.tolist())
        self.t += len(order)
        if not np.isfinite(loss):
            raise FloatingPointError("scripted")
        return loss * len(order), len(order)

    def is_finite(self):
        return True

    def penalty(self):
        return 10.0


def scripted(losses, validation=None, **config):
    """Run epochs of the given losses and validation losses; returns the state that is kept, the one given, and the course."""
    state = Scripted(list(losses))
    validate = None if validation is None else lambda s: validation[sum(p != "restart" for p in s.passes) - 1]
    kept, history = run_epochs(state, some_rows(4), TrainingConfig(**{"eta0": 0.1, "max_iter": len(losses)} | config), validate)
    return kept, state, history


def test_each_epoch_visits_every_row_in_its_order():
    _, state, _ = scripted([1.0] * 3, tol=None, seed=5)
    assert [p for p in state.passes if p != "restart"] == [epoch_order(4, epoch, 5).tolist() for epoch in range(3)]
    _, state, _ = scripted([1.0] * 3, tol=None, shuffle=False)
    assert [p for p in state.passes if p != "restart"] == [[0, 1, 2, 3]] * 3


def test_averages_restart_after_epochs_1_2_4_and_8():
    _, state, _ = scripted([1.0] * 11, tol=None)
    before = [sum(p != "restart" for p in state.passes[:i]) for i, p in enumerate(state.passes) if p == "restart"]
    assert before == [1, 2, 4, 8]


@pytest.mark.parametrize(("max_iter", "epochs"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 1), (7, 3)])
def test_the_average_covers_the_epochs_since(backend, max_iter, epochs):
    rows = some_rows(weighted=True)
    state, _ = run_epochs(new_state(rows), rows, TrainingConfig(0.1, max_iter=max_iter, tol=None))
    moving = (rows.sample_weight > 0).sum()
    assert 0 < moving < len(rows)
    assert (state.n_averaged, state.t) == (epochs * moving, max_iter * moving)


def test_epochs_are_the_passes_written_out(backend, dtype):
    """Three epochs by hand: the order of each, step sizes that go on, the average of the last."""
    rows, config = (
        some_rows(dtype=dtype, weighted=True),
        TrainingConfig(0.2, 0.01, "auto", horizon=50.0, max_iter=3, tol=None, seed=3),
    )
    found, history = run_epochs(new_state(rows), rows, config)
    W, b, W_total, b_total = np.zeros((1, 5), dtype), np.zeros(1), np.zeros((1, 5)), np.zeros(1)
    t, losses = 0, []
    for epoch in range(3):
        W_total[:], b_total[:] = 0, 0
        eta = step_sizes("auto", 0.2, 50.0, 0.25, t, len(rows))
        order = epoch_order(len(rows), epoch, 3)
        steps = Pass(order, rows.y, rows.sample_weight, eta, 0.01)
        loss, n = backend.logistic_pass(DenseRows(rows.X), steps, W, b, W_total, b_total)
        t += n
        losses.append(loss / n + 0.01 * 0.5 * float((W.astype(np.float64) ** 2).sum()))
    assert_array_equal(found.W, W)
    assert_array_equal(found.b, b)
    assert_array_equal(found.W_total, W_total)
    assert_array_equal(found.b_total, b_total)
    assert (found.t, found.n_averaged) == (t, n)
    assert history.loss_curve == pytest.approx(losses, rel=1e-6)
    assert_array_equal(found.weights()[0], (W_total / n).astype(dtype))


def test_the_loss_curve_adds_the_penalty():
    _, _, history = scripted([3.0, 2.0], alpha=0.5, tol=None)
    assert history.loss_curve == [3.0 + 0.5 * 10, 2.0 + 0.5 * 10]
    assert history.validation_curve == []


@pytest.mark.parametrize(
    ("losses", "options", "n_iter", "converged"),
    [
        ([5, 4, 3, 2, 1], {"tol": 0.5, "n_iter_no_change": 1}, 5, False),
        ([5, 4, 4, 3, 3], {"tol": 0.5, "n_iter_no_change": 1}, 3, True),
        ([5, 4, 4, 3, 3], {"tol": 0.5, "n_iter_no_change": 2}, 5, False),
        ([5, 4, 6, 6, 1], {"tol": 0.5, "n_iter_no_change": 2}, 4, True),
        ([5, 4.6, 4.2, 3.8, 1], {"tol": 0.5, "n_iter_no_change": 2}, 3, True),  # against the best, which creeps on
        ([5, 4, 4, 4, 4], {"tol": None, "n_iter_no_change": 1}, 5, False),
        ([1, 0.9985, 0.997, 0.1, 0.1], {"tol": "auto", "n_iter_no_change": 1}, 5, True),
        ([1, 0.9995, 0.5, 0.1, 0.1], {"tol": "auto", "n_iter_no_change": 1}, 2, True),
        ([5, 4, 4, 3, 3], {"tol": 0.0, "n_iter_no_change": 1}, 3, True),
    ],
)
def test_the_stop(losses, options, n_iter, converged):
    _, _, history = scripted(losses, **options)
    assert (history.n_iter, history.converged, len(history.loss_curve)) == (n_iter, converged, n_iter)


def test_the_validation_loss_decides_and_the_best_epoch_is_kept():
    kept, state, history = scripted([5, 4, 3, 2, 1], validation=[3, 1, 2, 2, 2], tol=0.1, n_iter_no_change=2)
    assert (history.n_iter, history.converged) == (4, True)
    assert history.validation_curve == [3, 1, 2, 2]
    assert (kept.t, state.t) == (2 * 4, 4 * 4)
    kept, state, history = scripted([5, 4, 3], tol=None)
    assert kept is state
    assert history.validation_curve == []


def test_an_improvement_below_tol_is_kept_all_the_same():
    kept, _, history = scripted([5, 4, 3], validation=[1.0, 0.95, 0.97], tol=0.1, n_iter_no_change=2)
    assert history.converged
    assert kept.t == 2 * 4


def test_each_epoch_is_reported():
    seen = []
    run_epochs(
        Scripted([3.0, 2.0, 1.0]),
        some_rows(4),
        TrainingConfig(0.1, max_iter=3),
        on_epoch=lambda c: seen.append(c.loss_curve[-1]),
    )
    assert seen == [3.0, 2.0, 1.0]


def test_complaint():
    config = TrainingConfig(0.1, max_iter=6)
    history = TrainingHistory([6.0, 5.0, 4.0, 3.0, 2.0, 1.5], n_iter=6)
    assert history.convergence_message(config).startswith(
        "not converged after max_iter=6 epochs: the last losses were 4, 3, 2, 1.5. Raise"
    )
    history.validation_curve = [9.0]
    assert "the last losses were 9." in history.convergence_message(config)
    assert history.convergence_message(TrainingConfig(0.1, max_iter=6, tol=None)) is None
    assert history.convergence_message(TrainingConfig(0.1, max_iter=1)) is None
    history.converged = True
    assert history.convergence_message(config) is None


def test_divergence_keeps_the_epoch_before():
    state = Scripted([3.0, 2.0, 1.0, np.inf])
    with pytest.raises(FloatingPointError, match=r"in epoch 4, after step 16 \(scripted\).* eta0 was 0.1"):
        run_epochs(state, some_rows(4), TrainingConfig(0.1, max_iter=9, tol=None))
    assert state.t == 3 * 4


def diverging_in_epoch(monkeypatch, epoch):
    """Let the pass of the given epoch, counted from 1, end in a divergence after it has moved the weights."""
    calls = []

    def pass_and_diverge(*arguments):
        calls.append(0)
        found = pass_over(*arguments)
        if len(calls) == epoch:
            raise FloatingPointError("on purpose")
        return found

    monkeypatch.setattr(training, "pass_over", pass_and_diverge)


@pytest.mark.parametrize("epoch", [1, 2, 3, 4, 5])
def test_after_divergence_the_model_is_that_of_the_epochs_before(backend, monkeypatch, epoch):
    rows = some_rows()
    expected, _ = run_epochs(new_state(rows), rows, TrainingConfig(0.1, max_iter=epoch - 1, tol=None))
    diverging_in_epoch(monkeypatch, epoch)
    state = new_state(rows)
    with pytest.raises(FloatingPointError, match=f"in epoch {epoch}, after step {40 * epoch} "):
        run_epochs(state, rows, TrainingConfig(0.1, max_iter=9, tol=None))
    assert_same_weights(state, expected)
    assert_array_equal(state.margins(rows.X), expected.margins(rows.X))


def test_weights_that_overflow_at_the_last_step_are_divergence(backend):
    rows = Batch(np.full((1, 1), 1e30, np.float32), np.zeros(1), np.ones(1))
    state = new_state(rows, averaged=False)
    with pytest.raises(FloatingPointError, match="in epoch 1, after step 1 .*the weights are not finite"):
        run_epochs(state, rows, TrainingConfig(1e9, max_iter=1))
    assert_array_equal(state.W, [[0]])


def test_an_automatic_step_is_halved_until_it_holds():
    losses = {0.8: np.inf, 0.4: np.inf, 0.2: 1.0}

    class Stiff(Scripted):
        def copy(self):
            return Stiff(self.losses, self.t, list(self.passes))

        def take_pass(self, X, y, sample_weight, order, eta, alpha):
            self.losses = [losses[eta[0]]] * 9
            return super().take_pass(X, y, sample_weight, order, eta, alpha)

    config = TrainingConfig(0.8, learning_rate="constant", max_iter=2, tol=None)
    state, history, carried_out = train(Stiff([]), some_rows(4), config, automatic_step=True)
    assert (carried_out.eta0, state.t, history.n_iter) == (0.2, 2 * 4, 2)
    with pytest.raises(FloatingPointError, match="eta0 was 0.8"):
        train(Stiff([]), some_rows(4), config, automatic_step=False)
    losses.update(dict.fromkeys([0.2 / 2**i for i in range(30)], np.inf))
    with pytest.raises(FloatingPointError, match="diverges even with step size"):
        train(Stiff([]), some_rows(4), config, automatic_step=True)


@pytest.mark.parametrize("work", [1, 20, 100, 1000])
def test_cuts_into_kernel_calls_change_no_bit(backend, dtype, monkeypatch, work):
    """n_features is 5, so a call takes work / 20 rows, in whole blocks of four (of networks 64), one at least."""
    rows = some_rows(300, dtype=dtype, weighted=True)
    options = FitOptions(max_iter=3, tol=None, seed=2)

    def fits():
        logistic = train_state(new_state(rows), rows, options)[0]
        network = fit_two_layer(rows, TwoLayerOptions(**vars(options), n_hidden=3), np.arange(3)).learner.state
        return logistic, network

    whole = fits()
    monkeypatch.setattr(training, "WORK_PER_CALL", work)
    calls = []
    package = backends.get_backend()
    monkeypatch.setattr(
        package, "logistic_pass", lambda *a, run=package.logistic_pass: calls.append(len(a[1].order)) or run(*a)
    )
    for found, expected in zip(fits(), whole, strict=True):
        assert_same_weights(found, expected)
    moving = np.count_nonzero(rows.sample_weight)
    assert 192 < moving < 300
    assert calls[0] == min(4 * max(1, work // 80), moving)
    assert sum(calls) == 3 * moving


def snapshot(state):
    return [getattr(state, name).tolist() for name in ("W", "b", "W_total", "b_total")] + [state.t, state.n_averaged]


@pytest.mark.parametrize("call", range(5))
def test_an_interrupt_leaves_whole_kernel_calls(backend, monkeypatch, call):
    """Python hears Ctrl-C as the kernel returns: weights, averages and counters are those before the call, or those after."""
    rows, config = some_rows(), TrainingConfig(0.1, max_iter=3, tol=None)
    monkeypatch.setattr(training, "WORK_PER_CALL", 20 * 20)  # two calls an epoch
    calls, take, run, package = [], LogisticState.take_pass, backend.logistic_pass, backends.get_backend()

    def take_and_watch(state, *arguments):
        before = snapshot(state)
        found = take(state, *arguments)
        calls.append((before, snapshot(state)))
        return found

    def run_and_interrupt(*arguments):
        found = run(*arguments)
        calls.append(0)
        if len(calls) == call + 1:
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patch:
        patch.setattr(LogisticState, "take_pass", take_and_watch)
        run_epochs(new_state(rows), rows, config)
    allowed, calls = calls[call], []
    monkeypatch.setattr(package, "logistic_pass", run_and_interrupt)
    state = new_state(rows)
    with pytest.raises(KeyboardInterrupt):
        run_epochs(state, rows, config)
    assert snapshot(state) in allowed


def test_step_sizes_go_on_where_the_state_stopped(backend):
    rows, config = some_rows(), TrainingConfig(0.5, learning_rate="invscaling")
    order = np.arange(40)
    whole, pieces = new_state(rows), new_state(rows)
    pass_over(whole, rows, config, order)
    for part in (order[:4], order[4:32], order[32:]):
        pass_over(pieces, rows, config, part)
    assert_same_weights(pieces, whole)


def test_training_starts_from_what_auto_says(backend):
    """alpha 1 / n, eta0 a quarter of 1 / E[weight (||z||^2 + 1)], horizon 1 / (eta0 alpha); rows of weight 0 do not count."""
    rows = some_rows(weighted=True)
    state, _, config = train_state(new_state(rows), rows, FitOptions(max_iter=1))
    counted = rows.sample_weight > 0
    X, weight = rows.X[counted], rows.sample_weight[counted]
    mean = np.average(X, axis=0, weights=weight)
    assert state.center == pytest.approx(mean)
    assert state.n_rows == counted.sum()
    assert config.alpha == 1 / counted.sum()
    assert config.eta0 == pytest.approx(0.25 / (weight.mean() * (5 + 1)))  # each of five columns has mean square 1
    assert config.horizon == pytest.approx(1 / (config.eta0 * config.alpha))
    explicit = train_state(new_state(rows), rows, FitOptions(max_iter=1, alpha=0.5, eta0=0.01))[2]
    assert (explicit.alpha, explicit.eta0, explicit.horizon) == (0.5, 0.01, 200)


def test_validation_rows_keep_the_best_epoch(backend):
    rows, validation = some_rows(60), some_rows(30)
    seen = []
    options = FitOptions(max_iter=6, tol=None)
    state, history, _ = train_state(
        new_state(rows), rows, options, validation, on_epoch=lambda c: seen.append(c.validation_curve[-1])
    )
    assert history.validation_curve == seen
    assert len(set(seen)) == 6
    assert mean_log_loss(state.margins(validation.X), validation.y) == pytest.approx(min(seen), rel=1e-12)
