"""Every case of the table: gradients are central differences, epochs are steps along them, and the backends agree."""

import warnings

import numpy as np
import pytest
from cases import AGREEMENT_CSR, AGREEMENT_NETWORKS, GRADIENT, GRADIENT_CSR, GRADIENT_NETWORKS
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import BY_NAME, KERNEL_CASES, run
from numpy.testing import assert_allclose
from strategies import margins
from tolerances import DIFFERENCE, NETWORK, SAMPLE, WEIGHTS, central_differences, relative_error

import hotloop.functional as F
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor, reference
from hotloop.backend import Backend

PLAIN = {"alpha": 0.0, "learning_rate": "constant", "max_iter": 1, "tol": None, "shuffle": False, "standardize": None}


def of(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def dense(X):
    return X if isinstance(X, np.ndarray) else X.toarray()


def epoch(case, X, y):
    """Fit one epoch of plain steps, from weights of 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few rows, and one epoch
        return LogisticSGDClassifier(**PLAIN, eta0=case.eta, average=False, cv=None).fit(X, y)


@of(GRADIENT)
def test_logistic_gradients_are_central_differences(backend, case):
    X, y = case.rows()
    w = np.random.default_rng(1).standard_normal(case.n_features)
    (slope,) = central_differences(lambda: F.logistic_loss(X, y, w).sum(), w)
    assert_allclose(F.logistic_gradient(X, y, w).sum(axis=0), slope, **DIFFERENCE._asdict())


@of(GRADIENT_NETWORKS)
def test_network_gradients_are_central_differences(backend, case):
    X, y, W1, W2 = case.arrays()
    X, weights = dense(X), [W1, np.full(case.n_hidden, 0.1), W2, np.full(case.n_outputs, -0.1)]

    def loss():
        o = F.two_layer_forward(X, *weights)[1]
        if case.output == "linear":
            return ((o[:, 0] - y) ** 2).sum() / 2
        if case.output == "sigmoid":
            return (np.logaddexp(0, o[:, 0]) - y * o[:, 0]).sum()
        return (np.log(np.exp(o).sum(axis=1)) - o[np.arange(len(y)), y.astype(int)]).sum()

    o = F.two_layer_forward(X, *weights)[1]
    delta = {
        "linear": lambda: o - y[:, None],
        "sigmoid": lambda: 1 / (1 + np.exp(-o)) - y[:, None],
        "softmax": lambda: np.exp(o) / np.exp(o).sum(axis=1, keepdims=True) - (np.arange(case.n_outputs) == y[:, None]),
    }[case.output]()
    assert len(np.unique(y)) > 1
    found = F.two_layer_backward(X, *weights, delta)
    for a, slope in zip(found, central_differences(loss, *weights), strict=True):
        assert_allclose(a, slope, **DIFFERENCE._asdict())


def slopes_of_loss(x, label, w, b):
    def loss():
        m = x @ w + b[0]
        return np.logaddexp(0, m) - label * m

    return central_differences(loss, w, b)


@of([*GRADIENT, *GRADIENT_CSR])
def test_an_epoch_takes_steps_along_differences_of_the_loss(backend, case):
    """One row after the other: w - eta d loss / d w, the derivative by differences of a loss written down here."""
    X, y = case.rows()
    assert set(y) == {0, 1}
    w, b = np.zeros(case.n_features), np.zeros(1)
    for x, label in zip(dense(X), y, strict=True):
        slopes = slopes_of_loss(x, label, w, b)
        w -= case.eta * slopes[0]
        b -= case.eta * slopes[1]
    model = epoch(case, X, y)
    assert np.abs(w).max() > 0.01
    assert_allclose(np.append(model.coef_, model.intercept_), np.append(w, b), **DIFFERENCE._asdict())


@of(AGREEMENT_CSR)
def test_csr_rows_agree(compiled, case, monkeypatch):
    X, y = case.rows()
    found = epoch(case, X, y)
    monkeypatch.setenv("HOTLOOP_BACKEND", "reference")
    expected = epoch(case, X.astype(np.float64), y)
    assert found.coef_.dtype == case.dtype
    assert np.abs(expected.coef_).max() > 0.01
    for a, b in ((found.coef_, expected.coef_), (found.intercept_, expected.intercept_)):
        assert relative_error(a, b) <= WEIGHTS[case.dtype]


@of(AGREEMENT_NETWORKS)
def test_networks_agree(compiled, case, monkeypatch):
    """From the same first weights, which the seed draws."""
    X, y, _, _ = case.arrays()
    kind = TwoLayerRegressor if case.output == "linear" else TwoLayerClassifier

    def outputs():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = kind(case.n_hidden, **PLAIN, eta0=1 / (10 + case.n_hidden), random_state=0).fit(X, y)
        return model.predict(X) if case.output == "linear" else model.predict_proba(X)

    found = outputs()
    monkeypatch.setenv("HOTLOOP_BACKEND", "reference")
    expected = outputs()
    assert np.ptp(expected, axis=0).max() > 0.01
    assert_allclose(found, expected, rtol=0, atol=10 * NETWORK[case.dtype])


@given(m=st.lists(margins, min_size=1, max_size=20))
def test_probabilities_of_extreme_margins_agree(compiled, m):
    X, w = np.array(m)[:, None], np.ones(1)
    found, expected = (F.logistic_probability(X, w, backend=name) for name in ("compiled", "reference"))
    assert ((found >= 0) & (found <= 1)).all()
    assert_allclose(found, expected, **SAMPLE[np.float64]._asdict())


of_kernels = pytest.mark.parametrize("case", KERNEL_CASES, ids=lambda case: case.name)


@of_kernels
def test_kernels_agree(compiled, case):
    """From rows as float32 holds them, against the reference in float64."""
    found, expected = run(case, compiled, np.float32, alpha=1e-3), run(case, reference, np.float64, alpha=1e-3)
    assert any(np.ptp(b) > 0 for b in expected) or case.kernel == "sum_of_squares"
    for a, b in zip(found, expected, strict=True):
        assert_allclose(a, b, rtol=SAMPLE[np.float32].rtol, atol=WEIGHTS[np.float32] * max(1, np.abs(b).max(initial=0)))


@pytest.mark.parametrize("case", [case for case in KERNEL_CASES if case.descends], ids=lambda case: case.name)
def test_a_first_step_goes_against_the_gradient(backend, case):
    """Of the loss of its row, by differences; without penalty."""
    X, y = case.case.rows()
    x = (X[3] if isinstance(X, np.ndarray) else X[3].toarray()[0]).astype(np.float64)
    w, b = np.zeros(len(x)), np.zeros(1)
    columns = np.flatnonzero(x)
    slopes = slopes_of_loss(x[columns], y[3], w[columns], b)
    W, intercept, *_ = run(case, backend, np.float64, order=np.array([3], np.intp))
    w[columns] = -case.case.eta * slopes[0]
    assert np.abs(w).max() > 1e-4
    assert_allclose(W[0], w, **DIFFERENCE._asdict())
    assert_allclose(intercept, -case.case.eta * slopes[1], **DIFFERENCE._asdict())


@pytest.mark.no_backend
def test_every_kernel_has_a_case():
    """Of each module of the backends at least one function that it exports; no name twice."""
    exported = {name: getattr(reference, name).__module__ for name, of in vars(Backend).items() if isinstance(of, staticmethod)}
    assert len(exported) > 30
    cases = [case.kernel for case in KERNEL_CASES]
    assert {exported[name] for name in exported} - {exported[kernel] for kernel in cases} == set()
    assert len(BY_NAME) == len(KERNEL_CASES)
