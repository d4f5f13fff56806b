"""What the three states of logistic regression share: views of the weights, snapshots, copies, sections of files."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hotloop.backend import get_backend
from hotloop.data.csr import from_scipy
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import AdaptiveState
from hotloop.logistic.state_l1 import L1State

sp = pytest.importorskip("scipy.sparse")

STATES = {
    "plain": partial(LogisticState.zeros, fit_intercept=True, averaged=False),
    "averaged": partial(LogisticState.zeros, fit_intercept=True, averaged=True),
    "l1": partial(L1State.new, fit_intercept=True, l1_ratio=0.5),
    "adagrad": partial(AdaptiveState.new, fit_intercept=True, rule="adagrad", l1_ratio=0.0),
    "ftrl": partial(AdaptiveState.new, fit_intercept=True, rule="ftrl", l1_ratio=1.0),
    "normalized": partial(AdaptiveState.new, fit_intercept=True, rule="normalized", l1_ratio=0.0),
}
KERNEL = {"l1": "logistic_l1_pass", "plain": "logistic_pass", "averaged": "logistic_pass"}  # else logistic_adaptive_pass


def rows(storage, n_features=40, n_samples=12):
    draw = np.random.default_rng(0)
    X = sp.random_array((n_samples, n_features), density=0.1, format="csr", rng=draw)
    return from_scipy(X) if storage == "csr" else X.toarray(), draw.integers(0, 3, n_samples).astype(float)


def train(state, X, y, n_passes=1):
    for _ in range(n_passes):
        state.take_pass(X, y, np.ones(len(y)), np.arange(len(y)), np.full(len(y), 0.1), 0.01)
    return state


def arrays(state):
    """Return everything that a state has learnt."""
    section = state.copy().to_section()
    return section.arrays, section.values


def assert_same(found, expected):
    assert found[1] == expected[1]
    assert set(found[0]) == set(expected[0])
    for name, array in expected[0].items():
        assert_array_equal(found[0][name], array, err_msg=name)


@pytest.fixture(params=["dense", "csr"])
def storage(request):
    return request.param


@pytest.fixture(params=STATES)
def kind(request):
    return request.param


def test_the_view_is_made_once_and_anew_after_each_change(compiled, kind, storage):
    X, y = rows(storage)
    state = train(STATES[kind](3, 40, np.float64), X, y)
    changes = {
        "take_pass": lambda: train(state, X, y),
        "replace_weights": lambda: state.replace_weights(np.ones((3, 40)), np.ones(3)),
        "restandardize": lambda: state.restandardize(np.zeros(40), np.full(40, 2.0)),
        "restore": lambda: state.restore(before),
    }
    if isinstance(state, LogisticState):
        changes |= {
            "put_weights": lambda: state.put_weights(np.full((3, 40), 3.0), np.ones(3), None),
            "use_arrays": lambda: state.use_arrays(np.full((3, 40), 4.0), np.ones(3)),
            "give_up": state.give_up,
        }
    before = state.snapshot()
    for name, change in changes.items():
        view = state.view()
        assert state.view() is view
        change()
        assert state.view() is not view, name


def test_a_view_made_while_a_pass_runs_is_not_used_after_it(compiled, kind, monkeypatch):
    """Another thread that predicts meanwhile must not leave its coefficients behind."""
    X, y = rows("dense")
    state = train(STATES[kind](3, 40, np.float64), X, y)
    name = KERNEL.get(kind, "logistic_adaptive_pass")
    kernel, seen = getattr(get_backend(), name), []

    def predict_and_pass(*given, **named):
        seen.append(state.view())
        return kernel(*given, **named)

    monkeypatch.setattr(get_backend(), name, predict_and_pass)
    train(state, X, y)
    assert len(seen) == 1
    fresh = state.copy()
    assert_array_equal(state.margins(X), fresh.margins(X))
    assert_array_equal(state.coef(), fresh.coef())
    assert np.abs(state.coef()).sum() > 0


def test_a_view_that_another_thread_finishes_late_is_not_used(compiled, kind, monkeypatch):
    X, y = rows("dense")
    state = train(STATES[kind](3, 40, np.float64), X, y)
    weights = state.weights

    def weights_before_a_step():
        found = weights()
        train(state, X, y)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(state, "weights", weights_before_a_step)
        late = state.view()
    assert state.view() is not late
    assert_array_equal(state.coef(), state.copy().coef())


def test_restore_brings_every_array_back(compiled, kind, storage):
    X, y = rows(storage)
    state = train(STATES[kind](3, 40, np.float64), X, y)
    before, snapshot = arrays(state), state.snapshot()
    train(state, X, y, 2)
    assert state.t == 36
    state.restore(snapshot)
    assert_same(arrays(state), before)
    assert_same(arrays(train(state, X, y)), arrays(train(STATES[kind](3, 40, np.float64), X, y, 2)))


def test_restore_by_columns_brings_every_array_back(compiled, kind):
    """A snapshot of the columns of few sparse rows copies no others."""
    X, y = rows("csr")
    state, few = train(STATES[kind](3, 40, np.float64), X, y), X[:3]
    state.take_pass(X, y, np.ones(12), np.arange(12), np.full(12, 0.1), 0.01)
    few.data[:] *= 2  # beyond what the columns had
    before, columns = arrays(state), few.stored_indices()
    assert 0 < len(columns) < 40
    snapshot = state.snapshot(columns)
    held = sum(values.size for _, _, values in snapshot.entries)
    assert held < sum(array.size for name, array in before[0].items() if not name.startswith("statistics"))
    state.take_pass(few, y[:3], np.ones(3), np.arange(3), np.full(3, 0.1), 0.01)
    assert state.t == 27
    state.restore(snapshot)
    assert_same(arrays(state), before)


def test_a_copy_is_not_touched_by_later_steps(compiled, kind, storage):
    X, y = rows(storage)
    state = train(STATES[kind](3, 40, np.float64), X, y)
    copied, before = state.copy(), arrays(state)
    train(state, X, y)
    assert_same(arrays(copied), before)


def test_a_section_holds_the_whole_state(compiled, dtype, kind, storage):
    X, y = rows(storage)
    X = X.astype(dtype)
    state = train(STATES[kind](3, 40, dtype), X, y)
    again = type(state).from_section(state.to_section())
    assert again.dtype == dtype
    assert_same(arrays(again), arrays(state))
    assert_same(arrays(train(again.copy(), X, y)), arrays(train(state.copy(), X, y)))


def test_the_last_iterate_is_not_averaged(compiled, storage):
    X, y = rows(storage)
    plain, averaged = (train(STATES[kind](3, 40, np.float64), X, y, 3) for kind in ("plain", "averaged"))
    assert_array_equal(averaged.last_iterate().margins(X), plain.margins(X))
    assert np.abs(averaged.margins(X) - plain.margins(X)).max() > 1e-3
