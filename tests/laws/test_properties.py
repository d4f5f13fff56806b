"""Properties of the sequential passes at any shape: what must not change a result, and what must change it just so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import csr_of
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from strategies import linear_rows
from tolerances import DENSE_AND_CSR, ROOTS

from hotloop.structs import AdaptiveRule, DenseRows, Pass

PASSES = pytest.mark.parametrize("kind", ["adagrad", "ftrl", "normalized", "l1", "elastic net", "l2", "dual"])
RULES = {
    "adagrad": AdaptiveRule("adagrad", 0.3),
    "ftrl": AdaptiveRule("ftrl", 0.3, 1.0, 0.01, 0.02),
    "normalized": AdaptiveRule("normalized", 0.3),
}
L1_RATIO = {"l1": 1.0, "elastic net": 0.5, "l2": 0.0}
STRENGTH = 0.02


class Learner:
    """A state of one kind of pass, from weights of 0, in float64; it takes one part of the steps after the other."""

    def __init__(self, backend, kind, n_outputs, n_samples, n_features, csr):
        self.backend, self.kind, self.csr, self.n_updates = backend, kind, csr, 0
        m, k = n_outputs, n_features
        if kind == "dual":
            self.W, self.b = np.zeros((m, k), order="F" if csr else "C"), np.zeros(m)
            self.dual = np.full((n_samples, m), -np.inf if m == 1 else -np.log(m))
        elif kind in RULES:
            self.accumulators, self.b_accumulators = np.zeros((2, m, k), order="F"), np.zeros((2, m), order="F")
            self.normalized = (np.zeros(k), np.zeros(1)) if kind == "normalized" else (None, None)
        else:
            self.W, self.b = np.zeros((m, k), order="F"), np.zeros(m)
            self.lazy = (np.zeros((m, k), order="F"), np.array([1.0, 0.0])) if csr else (None, None)

    def take(self, X, steps):
        """Take a pass over X, a dense array."""
        rows = csr_of(csr_matrix(X)) if self.csr else DenseRows(X)
        if self.kind == "dual":
            told = self.backend.logistic_dual_pass(rows, steps, 2.0, 1.0, self.W, self.b, self.dual)
            n_updates = told[2]
        elif self.kind in RULES:
            rule = replace(RULES[self.kind], t=float(self.n_updates))
            arrays = self.accumulators, self.b_accumulators, *self.normalized
            n_updates = self.backend.logistic_adaptive_pass(rows, steps, rule, *arrays)[1]
        else:
            steps = replace(steps, eta=steps.eta[self.n_updates :], alpha=STRENGTH)
            n_updates = self.backend.logistic_l1_pass(rows, steps, L1_RATIO[self.kind], self.W, self.b, *self.lazy)[1]
        self.n_updates += n_updates
        return self

    def weights(self):
        """Return W and b; nothing goes on after this where weights are put off."""
        if self.kind in RULES:
            rule = replace(RULES[self.kind], t=float(self.n_updates))
            return self.backend.adaptive_weights(rule, self.accumulators, self.normalized[0]), self.b_accumulators[0]
        if self.kind in L1_RATIO and self.csr:
            self.backend.materialize_l1(self.W, *self.lazy)
        return self.W, self.b


def learn(backend, kind, rows, csr, cuts=(), **changed):
    """Return weights and intercepts after all steps, taken in the pieces that the cuts make."""
    rows = rows | changed
    learner = Learner(backend, kind, rows["n_outputs"], *rows["X"].shape, csr)
    eta = 0.1 / (1 + np.arange(len(rows["order"])))
    for order in np.split(rows["order"], sorted(cuts)):
        learner.take(rows["X"], Pass(order, rows["y"], rows["sample_weight"], eta))
    return learner.weights()


def assert_close(found, expected, rtol=DENSE_AND_CSR):
    for a, b in zip(found, expected, strict=True):
        assert np.abs(a - b).max(initial=0) <= rtol * max(1, np.abs(b).max(initial=0))


@PASSES
@given(rows=linear_rows())
def test_dense_rows_are_csr_rows(backend, kind, rows):
    assert_close(learn(backend, kind, rows, True), learn(backend, kind, rows, False))


@PASSES
@given(rows=linear_rows(), cuts=st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_pieces_give_the_bits_of_the_whole(compiled, kind, rows, cuts):
    for csr in (False, True):
        whole, pieces = learn(compiled, kind, rows, csr), learn(compiled, kind, rows, csr, cuts)
        for a, b in zip(whole, pieces, strict=True):
            assert_array_equal(a, b)


@PASSES
@given(rows=linear_rows(), csr=st.booleans(), seed=st.integers(0, 99))
def test_permuted_columns_give_permuted_weights(backend, kind, rows, csr, seed):
    places = np.random.default_rng(seed).permutation(rows["X"].shape[1])
    W, b = learn(backend, kind, rows, csr)
    assert_close(learn(backend, kind, rows, csr, X=np.ascontiguousarray(rows["X"][:, places])), (W[:, places], b))


@PASSES
@given(rows=linear_rows(), csr=st.booleans())
def test_rows_of_weight_zero_are_rows_that_are_not_visited(backend, kind, rows, csr):
    moving = rows["order"][rows["sample_weight"][rows["order"]] > 0]
    for a, b in zip(learn(backend, kind, rows, csr), learn(backend, kind, rows, csr, order=moving), strict=True):
        assert_array_equal(a, b)


@PASSES
@given(rows=linear_rows(), csr=st.booleans())
def test_a_column_of_zeros_changes_nothing_and_learns_nothing(backend, kind, rows, csr):
    W, b = learn(backend, kind, rows, csr)
    more = np.column_stack([rows["X"], np.zeros(len(rows["X"]))])
    wide, b_of_wide = learn(backend, kind, rows, csr, X=more)
    assert not wide[:, -1].any()
    assert_close((wide[:, :-1], b_of_wide), (W, b))


@PASSES
@given(rows=linear_rows(outputs=(1,)), csr=st.booleans())
def test_opposite_labels_give_opposite_weights(backend, kind, rows, csr):
    W, b = learn(backend, kind, rows, csr)
    assert_close(learn(backend, kind, rows, csr, y=1 - rows["y"]), (-W, -b))


@given(rows=linear_rows(), csr=st.booleans())
def test_a_weight_is_the_size_of_a_plain_step(backend, rows, csr):
    """Without a penalty weight h and step size eta are step size h eta, (LR-16)."""
    X, order = rows["X"], np.unique(rows["order"])
    weight = rows["sample_weight"][order]
    found = []
    for eta, sample_weight in ((np.full(len(order), 0.1), rows["sample_weight"]), (0.1 * weight[weight > 0], None)):
        kept = order if sample_weight is not None else order[weight > 0]
        steps = Pass(kept, rows["y"], np.ones(len(X)) if sample_weight is None else sample_weight, eta)
        learner = Learner(backend, "l2", rows["n_outputs"], *X.shape, csr)
        lines = csr_of(csr_matrix(X)) if csr else DenseRows(X)
        backend.logistic_l1_pass(lines, steps, 0.0, learner.W, learner.b, *learner.lazy)
        found.append(learner.weights())
    assert_close(*found)


@given(rows=linear_rows(), csr=st.booleans())
def test_a_row_that_is_answered_twice_stays(backend, rows, csr):
    """The second step of dual coordinate ascent for a row has nothing left to better, (DU-4) and (DU-5)."""
    twice = np.repeat(rows["order"], 2)
    assert_close(learn(backend, "dual", rows, csr, order=twice), learn(backend, "dual", rows, csr), ROOTS.rtol)
