"""Passes of dual coordinate ascent, and the sums of a certificate: kernels against the oracle, steps that are the best."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_matrix
from tolerances import ROOTS
from weighted_rows import weighted_rows

from hotloop import reference
from hotloop.data.csr import from_scipy
from hotloop.structs import DenseRows, Pass

CLASSES = pytest.mark.parametrize("n_classes", [2, 3])


def state(X, n_classes, sparse, *, start=False):
    """Return W, b and duals before the first step, or of some step."""
    m = 1 if n_classes == 2 else n_classes
    draw = np.random.default_rng(1)
    W, b = 0.3 * draw.standard_normal((m, X.shape[1])), 0.3 * draw.standard_normal(m)
    dual = draw.standard_normal((len(X), m))
    if m > 1:
        dual -= np.log(np.exp(dual).sum(axis=1, keepdims=True))
    if start:
        W, b, dual = np.zeros(W.shape), np.zeros(m), np.full(dual.shape, -np.inf)
    return np.asarray(W, order="F" if sparse else "C"), b, dual


def rows_of(X, storage, standardised):
    """Return rows as the kernels take them, and the array that they stand for."""
    draw = np.random.default_rng(2)
    center, scale = (draw.standard_normal(X.shape[1]), draw.uniform(0.5, 2, X.shape[1])) if standardised else (None, None)
    if storage == "dense":
        return DenseRows(X, center, scale), X if center is None else (X - center) * scale
    return from_scipy(csr_matrix(X)).standardized(center, scale), X if center is None else X * scale - center


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("standardised", [False, True])
@CLASSES
def test_kernels_are_the_oracle(compiled, storage, standardised, n_classes):
    X, y, weight = weighted_rows(n_classes=n_classes)
    rows, _ = rows_of(X, storage, standardised)
    order = np.random.default_rng(3).integers(0, len(X), 2 * len(X))
    y = y.astype(float)
    W, b, dual = state(X, n_classes, storage == "csr", start=n_classes == 2)
    if n_classes > 2:
        dual[np.arange(len(X)), y.astype(int)] = 0
        dual[np.arange(n_classes) != y[:, None]] = -np.inf
    found = []
    for package in (compiled, reference):
        own = [a.copy(order="K") for a in (W, b, dual)]
        told = package.logistic_dual_pass(rows, Pass(order, y, weight), 2.0, 5.0, *own)
        found.append([*own[:2], np.exp(own[2]), *told])
        margins, b_sums = np.zeros((len(X), len(b))), np.zeros((n_classes, len(b)))
        for q in (None, own[2]):
            sums = np.zeros((n_classes, *W.shape))
            if storage == "csr":
                sums = np.zeros((n_classes, *W.T.shape)).transpose(0, 2, 1)
            package.logistic_dual_sums(rows, y, weight, own[0], own[1], q, margins, sums, b_sums)
            found[-1] += [margins.copy(), sums, b_sums.copy()]
    assert np.abs(found[0][0] - W).max() > 0.01
    for ours, expected in zip(*found, strict=True):
        assert_allclose(ours, expected, **ROOTS._asdict())


@pytest.mark.parametrize("storage", ["dense", "csr"])
@CLASSES
def test_a_step_is_the_best_answer_and_the_weights_are_what_the_duals_make(backend, storage, n_classes):
    X, y, weight = weighted_rows(n_classes=n_classes)
    rows, Z = rows_of(X, storage, True)
    i = int(np.flatnonzero(weight)[0])
    W, b, dual = state(X, n_classes, storage == "csr")
    before = W.copy(), b.copy(), dual.copy()
    told = backend.logistic_dual_pass(rows, Pass(np.array([i]), y.astype(float), weight), 2.0, 5.0, W, b, dual)
    assert told[2] == 1
    m = W @ Z[i] + b
    if n_classes == 2:  # at the best answer the dual is the probability
        sign = 2 * y[i] - 1
        assert_allclose(dual[i, 0], -sign * m[0], rtol=1e-9, atol=1e-10)
        n_updates = sign * (1 / (1 + np.exp(-dual[i])) - 1 / (1 + np.exp(-before[2][i])))
    else:
        assert_allclose(np.exp(dual[i]), np.exp(m) / np.exp(m).sum(), rtol=1e-9)
        n_updates = np.exp(before[2][i]) - np.exp(dual[i])
    assert_allclose(W - before[0], weight[i] / 2.0 * np.outer(n_updates, Z[i]), rtol=1e-9, atol=1e-12)
    assert_allclose(b - before[1], weight[i] / 5.0 * n_updates, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("wrong", ["y", "dual", "order", "label"])
def test_what_does_not_fit_is_refused(backend, wrong):
    X, y, weight = weighted_rows()
    W, b, dual = state(X, 2, False)
    y, order = y.astype(float), np.arange(5)
    if wrong == "y":
        y = y[1:]
    if wrong == "dual":
        dual = dual[1:]
    if wrong == "order":
        order = np.array([len(X)])
    if wrong == "label":
        y, weight = y + 2, np.ones(len(X))
    with pytest.raises(ValueError, match="one entry|is no row|no class index"):
        backend.logistic_dual_pass(DenseRows(X), Pass(order, y, weight), 2.0, 5.0, W, b, dual)
