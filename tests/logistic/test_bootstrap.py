"""bootstrap_std: the spread of the weights of fits on rows drawn with replacement."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tolerances import WEIGHTS, relative_error

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, LogisticSGDClassifierCV, bootstrap_std, load_estimator
from hotloop.logistic.bootstrap import bootstrap_counts


def rows(n_samples=120, n_classes=2, dtype=np.float64):
    draw = np.random.default_rng(n_classes)
    X = draw.standard_normal((n_samples, 4))
    scores = X @ draw.standard_normal((4, n_classes)) + draw.standard_normal((n_samples, n_classes))
    return X.astype(dtype), np.array(["no", "perhaps", "yes"])[scores.argmax(axis=1)]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_error_bars_are_the_spread_of_separate_fits(backend, dtype, n_classes):
    X, y = rows(n_classes=n_classes, dtype=dtype)
    options = {"alpha": 0.01, "eta0": 0.1, "max_iter": 2, "tol": None, "random_state": 3, "standardize": None}
    model = LogisticSGDClassifier(**options).fit(X, y)
    found = bootstrap_std(model, X, y, n_replicas=3)
    assert_array_equal(model.coef_, LogisticSGDClassifier(**options).fit(X, y).coef_)
    counts = bootstrap_counts(len(y), 3, model._learner.config.seed)
    alone = [LogisticSGDClassifier(**options).fit(X, y, sample_weight=c) for c in counts.T.astype(float)]
    expected = [np.std([getattr(m, name) for m in alone], axis=0, ddof=1, dtype=float) for name in ("coef_", "intercept_")]
    assert relative_error(found, tuple(expected)) < 100 * WEIGHTS[dtype]


def test_error_bars_are_those_of_the_likelihood(compiled):
    """The weights of n rows scatter by the inverse of the Fisher information, sum p (1 - p) x x^T (Efron and Hastie 2016)."""
    draw = np.random.default_rng(0)
    X = draw.standard_normal((4000, 3)) * [1, 10, 0.1] + [0, 50, 0]
    y = draw.random(4000) < 1 / (1 + np.exp(-(X - [0, 50, 0]) @ [1.0, -0.05, 4.0]))
    model = LogisticSGDClassifier(alpha=0.0, max_iter=16, tol=None, random_state=0).fit(X, y)
    coef_std, intercept_std = bootstrap_std(model, X, y, 100)
    p, ones = model.predict_proba(X)[:, 1], np.column_stack([X, np.ones(len(X))])
    expected = np.sqrt(np.diag(np.linalg.inv((ones * (p * (1 - p))[:, None]).T @ ones)))
    # a standard deviation of 100 draws is known to 1 / sqrt(200) = 7 %; the step noise of averaged SGD adds a little
    assert_allclose(np.append(coef_std, intercept_std), expected, rtol=0.25)


def test_of_a_search_it_is_that_of_its_best(compiled):
    X, y = rows()
    search = LogisticSGDClassifierCV(alpha=[1e-3, 0.1], cv=3, max_iter=2, random_state=0).fit(X, y)
    for one, other in zip(bootstrap_std(search, X, y, 4), bootstrap_std(search.best_estimator_, X, y, 4), strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("wrong", [1, -1, 0.5, True, "many"])
def test_a_number_of_replicas_that_cannot_be_is_refused(wrong):
    X, y = rows()
    model = LogisticSGDClassifier(cv=None, max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match="n_replicas is .*, expected a whole number of at least 2"):
        bootstrap_std(model, X, y, wrong)


@pytest.mark.parametrize("options", [{"optimizer": "ftrl"}, {"penalty": "l1", "optimizer": "sgd"}, {"importance_aware": True}])
def test_models_that_have_none_are_refused(options, tmp_path):
    X, y = rows()
    with pytest.raises(ValueError, match="bootstrap_std goes with models of LogisticSGDClassifier"):
        bootstrap_std(LogisticSGDClassifier(cv=None, max_iter=1, **options).fit(X, y), X, y, 3)
    with pytest.raises(ValueError, match="bootstrap_std goes with models of LogisticSGDClassifier"):
        bootstrap_std(LogisticSDCAClassifier(alpha=0.1).fit(X, y), X, y, 3)
    LogisticSGDClassifier(cv=None, max_iter=1).fit(X, y).save(tmp_path / "m")
    with pytest.raises(ValueError, match="needs n_iter_, which model files do not keep"):
        bootstrap_std(load_estimator(tmp_path / "m"), X, y, 3)
