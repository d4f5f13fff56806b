"""Dual coordinate ascent and certificates: bounds that hold, the optimum, weights as repeats."""

import contextlib
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from weighted_rows import weighted_rows

import hotloop
from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier
from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.auto import start_logistic
from hotloop.logistic.diagnostics.duality_gap import balance, certify
from hotloop.logistic.sdca import DualAscent
from hotloop.logistic.state import LogisticState
from hotloop.training.options import FitOptions

CLASSES = pytest.mark.parametrize("n_classes", [2, 3])


def test_balance():
    rates = np.random.default_rng(0).random((5, 5))
    np.fill_diagonal(rates, 0)
    np.fill_diagonal(rates, -rates.sum(axis=1))
    found = balance(rates)
    assert_allclose(found @ rates, 0, atol=1e-14)
    assert found.max() == 1
    assert found.min() > 0
    assert_allclose(balance(np.array([[3.0], [-2.0]])), [2 / 3, 1])


def sdca(**options):
    return LogisticSDCAClassifier(**{"tol": 1e-8, "random_state": 0} | options)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("storage", ["dense", "csr"])
@CLASSES
def test_the_optimum_is_that_of_logistic_regression(backend, storage, n_classes, fit_intercept):
    X, y, weight = weighted_rows(n_samples=25, n_classes=n_classes)
    Z = X / np.abs(X[weight > 0]).max(axis=0)  # on which "maxabs" has its weights
    model = sdca(alpha=0.01, standardize="maxabs", fit_intercept=fit_intercept, tol=1e-13)
    model.fit(csr_matrix(X) if storage == "csr" else X, y, sample_weight=weight)
    peer = LogisticRegression(C=1 / (0.01 * weight.sum()), tol=1e-12, max_iter=10_000, fit_intercept=fit_intercept)
    peer.fit(Z, y, sample_weight=weight)
    assert_allclose(model.predict_proba(X), peer.predict_proba(Z), atol=2e-6)
    assert model.certificate_.gap <= 1e-13
    assert model.certificate_.gradient_norm < 1e-5


@CLASSES
def test_the_certificate_bounds_what_is_left(backend, n_classes):
    """Of weights that are not the optimum, too, and with an intercept that is off."""
    X, y, weight = weighted_rows(n_samples=25, n_classes=n_classes)
    best = sdca(alpha=0.02, tol=1e-10).fit(X, y).certificate_.objective
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        early = sdca(alpha=0.02, max_iter=2).fit(X, y).certificate_
        plain = LogisticSGDClassifier(optimizer="sgd", alpha=0.02, eta0=0.05, max_iter=2).fit(X, y)
        other = hotloop.duality_gap(plain, X, y)
    for found in (early, other):
        assert 1e-6 < found.objective - best <= found.gap < np.inf
    assert "within" in str(other)


@CLASSES
def test_the_gap_holds_what_the_intercepts_could_gain(backend, n_classes):
    """Cells of 0 leave all to the intercepts: the optimum is the share of each class."""
    counts = np.arange(1, n_classes + 1) ** 2
    y = np.arange(n_classes).repeat(counts).astype(float)
    outputs = 1 if n_classes == 2 else n_classes
    state = LogisticState.zeros(outputs, 2, np.float64, fit_intercept=True, averaged=False)
    found, _, _ = certify(state, Batch(np.zeros((len(y), 2)), y, np.ones(len(y))), 0.1, len(y))
    best = -(counts @ np.log(counts / len(y))) / len(y)
    assert_allclose(found.objective, np.log(n_classes))
    assert 0.05 < found.objective - best <= found.gap < np.inf


def test_without_penalty_there_is_no_bound(backend):
    X, y, _ = weighted_rows()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticSGDClassifier(alpha=0, eta0=0.1, max_iter=2, tol=None).fit(X, y)
    certificate = hotloop.duality_gap(model, X, y)
    assert certificate.gap == np.inf
    assert str(certificate).endswith("no bound on the distance to the optimum: that takes an L2 penalty, alpha > 0")
    assert np.isfinite(hotloop.duality_gap(model, X, y).objective)
    with pytest.raises(ValueError, match="alpha > 0"):
        sdca(alpha=0).fit(X, y)


@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_weight_two_is_the_row_twice(backend, storage):
    X, y, _ = weighted_rows(12, 3, n_classes=3)
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    kind = csr_matrix if storage == "csr" else np.asarray
    model = sdca(alpha=0.1, tol=1e-17)
    weighted = model.fit(kind(X), y, sample_weight=weight).predict_proba(X)
    repeated = model.fit(kind(X.repeat(weight, axis=0)), y.repeat(weight)).predict_proba(X)
    assert_allclose(weighted, repeated, rtol=1e-7)


def test_not_there_yet_is_said_with_its_gap():
    X, y, _ = weighted_rows()
    with pytest.warns(ConvergenceWarning, match="nats a row above its minimum, tol is 1e-12"):
        sdca(alpha=1e-4, tol=1e-12, max_iter=2).fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": -1.0}, "alpha is -1.0, expected a positive number or 'auto'"),
        ({"tol": "auto"}, "tol is 'auto', expected a number that is not negative or None"),
        ({"max_iter": "auto"}, "max_iter is 'auto', expected a positive whole number"),
        ({"shuffle": 1}, "shuffle is 1, expected True or False"),
        ({"standardize": "no"}, "standardize is 'no', expected 'auto'"),
    ],
)
def test_values_that_cannot_be_are_refused(options, message):
    X, y, _ = weighted_rows()
    with pytest.raises(ValueError, match=message):
        sdca(**options).fit(X, y)


@pytest.mark.parametrize(("alpha", "weight"), [(1e-320, 1), (1e-3, 1e-310), ("auto", 1e-310), (1e308, 1)])
def test_strengths_that_leave_float64_are_named(alpha, weight):
    X = np.random.default_rng(0).standard_normal((20, 2))
    with pytest.raises(ValueError, match="alpha is .* and the sum of the weights .*: these, or their product"):
        LogisticSDCAClassifier(alpha=alpha).fit(X, X[:, 0] > 0, sample_weight=np.full(20, weight))


def test_the_optimizer_of_before_names_the_class():
    X, y, _ = weighted_rows()
    with pytest.raises(ValueError, match="optimizer has no 'sdca': it is a class of its own, LogisticSDCAClassifier"):
        LogisticSGDClassifier(optimizer="sdca", multi_class="ovr").fit(X, y)


def test_float32_rows_and_saved_models(backend, tmp_path):
    X, y, _ = weighted_rows()
    X = X.astype(np.float32)
    model = sdca(alpha=0.01).fit(X, y)
    assert model.coef_.dtype == np.float32
    assert_allclose(model.certificate_.gap, 0, atol=1e-8)
    model.save(tmp_path / "m")
    assert_allclose(hotloop.load(tmp_path / "m").predict_proba(X), model.predict_proba(X))
    again = hotloop.load_estimator(tmp_path / "m")
    assert isinstance(again, LogisticSDCAClassifier)
    assert again.alpha_ == model.alpha_
    assert not hasattr(again, "eta0_")
    assert not hasattr(model, "partial_fit")


def test_breast_cancer_to_the_optimum(backend):
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    if backend.name == "reference":
        X, y = X[:60, :5], y[:60]
    model = sdca(alpha=1 / len(X), tol=1e-7).fit(X, y)
    peer = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(Z := StandardScaler().fit_transform(X), y)
    loss = -np.log(peer.predict_proba(Z)[np.arange(len(y)), y]).mean() + (peer.coef_**2).sum() / 2 / len(X)
    assert abs(model.certificate_.objective - loss) <= 1e-7 + 1e-9


@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_the_centre_moves_ahead(backend, storage):
    """Weights are the centre and what the duals make, (DU-7)."""
    X, y, weight = weighted_rows(120, 6)
    X = X * 10.0 ** np.arange(6) + np.arange(6) if storage == "dense" else X
    standardize = "std" if storage == "dense" else None
    rows = Batch(from_scipy(csr_matrix(X)) if storage == "csr" else X, y.astype(float), weight)
    start = LogisticState.zeros(1, 6, np.float64, fit_intercept=True, averaged=False)
    start_logistic(start, rows, FitOptions(standardize=standardize))
    dual = DualAscent(start, rows, 1e-3, weight.sum(), 40.0)
    order = np.flatnonzero(weight)
    centers = []
    for _ in range(4):
        dual.epoch(order)
        centers.append(dual.center.copy())
    assert not centers[1].any()
    assert centers[2].any()
    assert_allclose(centers[2], centers[3], rtol=0)
    Z = X if start.scale is None else (X - start.center) * start.scale
    u = 1 / (1 + np.exp(-dual.dual[:, 0]))  # of the class that is not the row's
    made = ((2 * y - 1) * weight * np.where(weight > 0, u, 0)) @ Z / (1e-3 * weight.sum())
    assert_allclose((dual.W - dual.center).reshape(-1), made / 40, rtol=1e-7, atol=1e-9 * np.abs(made).max())


def test_few_epochs_for_a_small_alpha(backend):
    X, y, weight = weighted_rows(200, 8, seed=3)
    X[:, 1] += 10 * X[:, 0]
    X[:, 2] += 30 * X[:, 1]
    model = LogisticSDCAClassifier(alpha=1e-4, random_state=0).fit(X, y, sample_weight=weight)
    assert model.certificate_.gap < 1e-6
    assert model.n_iter_ < 200


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("options", [{"alpha": 1e-300}, {"class_weight": {0: 1e300}}])
def test_strengths_and_weights_beyond_any_square_warn_of_nothing(options):
    X = np.random.default_rng(1).standard_normal((30, 3))
    y = (X[:, 0] > 0).astype(int)
    model = LogisticSDCAClassifier(max_iter=2, random_state=0, **options)
    with contextlib.suppress(FloatingPointError):
        model.fit(X, y)
