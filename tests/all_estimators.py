"""The estimators, small fits and rows for each."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import hotloop
from hotloop import (
    LogisticSGDClassifier,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

# The reference is some hundred times slower, and scikit-learn's checks fit some hundred times.
SLOW = hotloop.backend_info().backend == "reference"


FEW = {"max_iter": 20, "tol": 0.02, "n_iter_no_change": 2} if SLOW else {}


NO_SEARCH_IF_SLOW = {"cv": None} if SLOW else {}


SMALL_SEARCH = {"alpha": 1e-4, "eta0": 0.3, "cv": 2, "max_iter": 2} if SLOW else {"cv": 2}


NO_SEARCH = {LogisticSGDClassifier: {"cv": None}}


ALL = (LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor)


CLASSIFIERS = ALL[:2]


each_estimator = pytest.mark.parametrize("estimator", ALL)


each_classifier = pytest.mark.parametrize("estimator", CLASSIFIERS)


def raw(n_samples=120, n_classes=2, dtype=np.float64):
    """Columns of very different scale; labels that depend on all of them."""
    draw = np.random.default_rng(n_classes)
    Z = draw.standard_normal((n_samples, 4))
    scores = Z @ draw.standard_normal((4, n_classes)) + 0.7 * draw.standard_normal((n_samples, n_classes))
    return (Z * [1, 100, 0.01, 5] + [0, 1000, 0, 50]).astype(dtype), scores.argmax(axis=1)


def quick(estimator, **options):
    """Return an estimator that trains for a few epochs, without a search."""
    return estimator(**{"max_iter": 5, "random_state": 0} | NO_SEARCH.get(estimator, {}) | options)


def weights(model):
    return [model.coef_, model.intercept_] if isinstance(model, LogisticSGDClassifier) else [*model.coefs_, *model.intercepts_]


def assert_same_weights(found, expected):
    for a, b in zip(weights(found), weights(expected), strict=True):
        assert_array_equal(a, b)
