"""Predictions and weights of the estimators, and results on real data with pure defaults."""

import numpy as np
import pytest
from all_estimators import assert_same_weights, each_classifier, each_estimator, quick, raw
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hotloop import (
    LogisticSGDClassifier,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore:not converged")


@each_classifier
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(backend, dtype, estimator, n_classes):
    X, y = raw(n_classes=n_classes, dtype=dtype)
    model = quick(estimator).fit(X, y)
    p, m = model.predict_proba(X), model.decision_function(X)
    assert p.shape == (len(X), n_classes)
    assert m.shape == ((len(X),) if n_classes == 2 else (len(X), n_classes))
    assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    assert_allclose(np.log(p), model.predict_log_proba(X), rtol=1e-10, atol=1e-12)
    expected = 1 / (1 + np.exp(-m)) if n_classes == 2 else np.exp(m[:, 1]) / np.exp(m).sum(axis=1)
    assert_allclose(p[:, 1], expected, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_decision_function_is_that_of_the_coefficients(backend, dtype, n_classes):
    """In the caller's units; a column 1,000 deviations from 0 cancels that many digits."""
    X, y = raw(n_classes=n_classes, dtype=dtype)
    X[:, 0] += 1000
    model = quick(LogisticSGDClassifier).fit(X, y)
    coef, X = model.coef_.astype(np.float64), X.astype(np.float64)
    m = (X @ coef.T + model.intercept_).squeeze()
    terms = (np.abs(X) @ np.abs(coef.T) + np.abs(model.intercept_)).squeeze()
    eps = {np.float32: 6e-8, np.float64: 1.2e-16}[dtype]
    assert (np.abs(model.decision_function(X.astype(dtype)) - m) <= 8 * eps * terms).all()


def test_assigned_weights_replace_what_was_learnt(backend, dtype):
    X, y = raw(n_classes=3, dtype=dtype)
    model = quick(LogisticSGDClassifier).fit(X, y)
    coef, intercept = np.arange(12.0).reshape(3, 4) / 100, np.array([1.0, -1.0, 0.5])
    model.coef_ = coef
    model.intercept_ = intercept
    eps = np.finfo(dtype).eps
    assert_allclose(model.coef_, coef, rtol=2 * eps)
    assert_allclose(model.intercept_, intercept, rtol=0, atol=eps * np.abs(X * coef[2]).sum(axis=1).max())
    expected = X.astype(np.float64) @ coef.astype(dtype).astype(np.float64).T + intercept
    assert_allclose(model.decision_function(X), expected, rtol=1e-5 if dtype == np.float32 else 1e-13)
    model.partial_fit(X, y)
    assert (model.coef_ != coef).any()
    for name, wrong in (
        ("coef_", np.ones((2, 4))),
        ("coef_", coef * np.nan),
        ("intercept_", [1.0]),
        ("intercept_", [np.inf] * 3),
    ):
        with pytest.raises(ValueError, match="expected|must be finite"):
            setattr(model, name, wrong)


@each_estimator
def test_divergence_with_an_explicit_step_is_an_error(backend, estimator):
    X, y = raw()
    if estimator is LogisticSGDClassifier:
        options = {"eta0": 1e308, "standardize": None, "alpha": 0.0}
    else:
        options = {"eta0": 1e6 if estimator is TwoLayerRegressor else 1e30, "alpha": 0.0}
    with pytest.raises(
        FloatingPointError, match="training diverged in epoch 1, after step .* Take a smaller step size: eta0 was"
    ):
        quick(estimator, **options).fit(X, y)


def test_no_penalty_is_alpha_zero(backend):
    X, y = raw()
    found = quick(LogisticSGDClassifier, penalty=None, eta0=0.01).fit(X, y)
    assert found.alpha_ == 0
    assert_same_weights(found, quick(LogisticSGDClassifier, alpha=0.0, eta0=0.01).fit(X, y))
    assert (quick(LogisticSGDClassifier, alpha=0.5, eta0=0.01).fit(X, y).coef_ != found.coef_).all()


def test_without_intercept(backend):
    X, y = raw()
    model = quick(LogisticSGDClassifier, fit_intercept=False, standardize="maxabs").fit(X, y)
    assert_array_equal(model.intercept_, [0])
    assert model.coef_.all()


def test_converges_to_the_optimum_of_logistic_regression(backend):
    """mean log loss + alpha / 2 ||w||^2 on standardised columns is C = 1 / (n alpha)."""
    X, y = raw()
    Z = StandardScaler().fit_transform(X)
    optimum = LogisticRegression(C=1 / (len(y) * 0.05), tol=1e-8).fit(Z, y)
    model = LogisticSGDClassifier(alpha=0.05, max_iter=200, tol=None, random_state=0).fit(X, y)
    assert_allclose(model.decision_function(X), optimum.decision_function(Z), atol=0.02)


@pytest.mark.long_on_reference
def test_defaults_on_raw_breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=1))
    losses = [
        -cross_val_score(model, X, y, cv=5, scoring="neg_log_loss").mean()
        for model in (LogisticSGDClassifier(random_state=0), peer)
    ]
    assert losses[0] < 1.2 * losses[1]


@pytest.mark.long_on_reference
@pytest.mark.parametrize(
    "estimator", [LogisticSGDClassifier(max_iter=16), TwoLayerClassifier(max_iter=16)], ids=lambda e: type(e).__name__
)
def test_defaults_on_digits(estimator):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    assert estimator.set_params(random_state=0).fit(X, y).score(X_test, y_test) > 0.93


@pytest.mark.parametrize("output", ["linear", "sigmoid_sum"])
def test_defaults_on_diabetes(output):
    """r^2 of 0 is the mean; linear regression reaches 0.48 in cross-validation."""
    X, y = load_diabetes(return_X_y=True)
    model = TwoLayerRegressor(output=output, random_state=0, max_iter=32)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.3
    bounded = model.fit(X, y).predict(X * 1000)
    assert (np.ptp(bounded) < 9 * y.std()) == (output == "sigmoid_sum")


@pytest.mark.parametrize("groups", [["a", None, "b"] * 10, [1.0, np.nan, 2.0] * 10], ids=["none", "nan"])
def test_a_row_without_a_group_is_named(groups):
    X, y = np.random.default_rng(0).standard_normal((30, 2)), np.arange(30) % 2
    with pytest.raises(ValueError, match="groups has no group for row 1: (None|nan)"):
        LogisticSGDClassifier().fit(X, y, groups=np.array(groups, dtype=object if None in groups else float))
    nullable = pytest.importorskip("pandas").Series(["a", None, "b"] * 10, dtype="string")
    with pytest.raises(ValueError, match="groups has no group for row 1"):
        LogisticSGDClassifier().fit(X, y, groups=nullable)
