"""Rows that are refused change nothing of a learner, whatever they are and whichever family it has."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.training.options import FitOptions
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.options import TwoLayerOptions
from hotloop.two_layer.state import TwoLayerState

sp = pytest.importorskip("scipy.sparse")
N_FEATURES = 30


def logistic(state):
    return LogisticLearner(state=state, options=FitOptions(standardize="maxabs"))


def network(**options):
    options = TwoLayerOptions(standardize="maxabs", **options)
    state = TwoLayerState.random(N_FEATURES, 4, 1, "linear", np.float64, 0)
    state.set_optimizer(options.network_optimizer())
    return TwoLayerLearner.new(state, options)


SHAPE = (1, N_FEATURES, np.float64)
LEARNERS = {
    "plain": lambda: logistic(LogisticState.zeros(*SHAPE, fit_intercept=True, averaged=True)),
    "l1": lambda: logistic(L1State.new(*SHAPE, fit_intercept=True, l1_ratio=0.5)),
    "ftrl": lambda: logistic(AdaptiveState.new(*SHAPE, fit_intercept=True, rule="ftrl", l1_ratio=1.0)),
    "network": network,
    "adam": lambda: network(optimizer="adam", batch_size=8),
}


def rows(storage, start, stop, factor=1.0, density=0.5):
    draw = np.random.default_rng(start)
    X = sp.random_array((stop - start, N_FEATURES), density=density, format="csr", rng=draw) * factor
    y = draw.integers(0, 2, stop - start).astype(float)
    return Batch(from_scipy(X) if storage == "csr" else X.toarray(), y, np.ones(stop - start))


def learn(learner, batch):
    learner.partial_fit(batch, batch.sample_weight)


def held(learner):
    section = learner.to_section()
    return {name: array.copy() for name, array in section.arrays.items()}, section.values


def assert_same(found, expected):
    assert found[1] == expected[1]
    assert set(found[0]) == set(expected[0])
    for name, array in expected[0].items():
        assert_array_equal(found[0][name], array, err_msg=name)


def refuse(learner, batch, monkeypatch):
    def interrupted(self, batch):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(learner), "_check", interrupted)
        with pytest.raises(KeyboardInterrupt):
            learn(learner, batch)


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("kind", LEARNERS)
@pytest.mark.parametrize(("seen", "size"), [(0, 3), (10, 3), (70, 3), (70, 80), (130, 2), (131, 9)])
def test_refused_rows_change_nothing(compiled, kind, storage, seen, size, monkeypatch):
    """Interrupted in the middle, the learner is as before to the last entry, and goes on as if the rows had never come."""
    learner, twin = LEARNERS[kind](), LEARNERS[kind]()
    for one in (learner, twin):
        if seen:
            learn(one, rows(storage, 0, seen))
    before = held(learner)
    refuse(learner, rows(storage, seen, seen + size, factor=50.0, density=0.1), monkeypatch)
    assert_same(held(learner), before)
    for one in (learner, twin):
        learn(one, rows(storage, 500, 640))
    assert_same(held(learner), held(twin))


@pytest.mark.parametrize("kind", LEARNERS)
def test_dense_rows_that_wait_wait_on_where_sparse_ones_are_refused(compiled, kind, monkeypatch):
    learner = LEARNERS[kind]()
    learn(learner, rows("csr", 0, 70))
    learner.frozen = True  # else the statistics of dense rows have all columns copied
    learn(learner, rows("dense", 70, 73))
    assert learner.pending
    before = held(learner)
    refuse(learner, rows("csr", 73, 74, density=0.1), monkeypatch)
    assert_same(held(learner), before)


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("kind", LEARNERS)
def test_the_caller_may_change_rows_that_wait(compiled, kind, storage):
    learner, twin = LEARNERS[kind](), LEARNERS[kind]()
    for one in (learner, twin):
        batch = rows(storage, 0, 40)
        learn(one, batch)
        assert one.pending
        if one is learner:
            (batch.X if storage == "dense" else batch.X.data)[:] = 0
            batch.y[:] = 0
        learn(one, rows(storage, 40, 80))
    assert_same(held(learner), held(twin))


def test_rows_are_learnt_under_the_constants_that_they_came_under(compiled, monkeypatch):
    """At the first refit point there were none; at the second the rows of a batch that is not full are learnt before."""
    learner, pending = network(optimizer="adam", batch_size=10), []
    set_constants = learner._set_constants

    def counting():
        pending.append(sum(map(len, learner.pending)))
        set_constants()

    monkeypatch.setattr(learner, "_set_constants", counting)
    learn(learner, rows("dense", 0, 127))
    assert sum(map(len, learner.pending)) == 3
    learn(learner, rows("dense", 127, 130))
    assert pending == [64, 0]


@pytest.mark.parametrize(("storage", "n_pending"), [("dense", 3), ("csr", 0)])
def test_sparse_rows_of_logistic_regression_wait_for_no_others(compiled, storage, n_pending):
    learner = LEARNERS["plain"]()
    learn(learner, rows(storage, 0, 71))
    assert sum(map(len, learner.pending)) == n_pending


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("kind", LEARNERS)
def test_a_section_holds_the_whole_learner(compiled, kind, storage):
    learner = LEARNERS[kind]()
    for seen, size in ((0, 40), (40, 31), (71, 60)):
        learn(learner, rows(storage, seen, seen + size))
        assert_same(held(type(learner).from_section(learner.to_section())), held(learner))
