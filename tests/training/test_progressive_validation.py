"""Progressive judgement: each row by a model that has not seen it, and training as without."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.metrics import log_loss, roc_auc_score

from hotloop import LogisticSGDClassifier

pytestmark = pytest.mark.filterwarnings("ignore:too few rows")


def data(n_samples=1003, n_classes=2):
    draw = np.random.default_rng(0)
    X = np.round(draw.standard_normal((n_samples, 5)))
    scores = X @ draw.standard_normal((5, n_classes)) + draw.gumbel(size=(n_samples, n_classes))
    return X, scores.argmax(axis=1)


def fitted(X, y, **options):
    return LogisticSGDClassifier(**{"cv": None, "max_iter": 3, "tol": None, "random_state": 0} | options).fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("optimizer", ["sgd", "ftrl"])
def test_training_is_the_same_to_the_bit(compiled, storage, n_classes, optimizer):
    X, y = data(n_classes=n_classes)
    X = csr_matrix(X) if storage == "csr" else X
    model = fitted(X, y, optimizer=optimizer, progressive=True)
    plain = fitted(X, y, optimizer=optimizer)
    assert_array_equal(model.coef_, plain.coef_)
    assert_allclose(model.loss_curve_, plain.loss_curve_, rtol=1e-12)
    assert not hasattr(plain, "progressive_")
    assert model.progressive_.reliability["n_rows"].sum() == len(y)


def test_it_is_what_partial_models_predict(backend):
    """Rows in their order: each piece by the model of the rows before, trained by one epoch with the same plan."""
    X, y = data(203)
    weight = np.random.default_rng(1).choice([0.0, 1.0, 2.0], len(y))
    options = {"eta0": 0.05, "alpha": 1e-3, "shuffle": False, "max_iter": 1, "standardize": None}
    options |= {"cv": None, "tol": None, "average": False}
    model = LogisticSGDClassifier(**options, progressive=True).fit(X, y, sample_weight=weight)
    averaged = LogisticSGDClassifier(**options | {"average": True}, progressive=True).fit(X, y, sample_weight=weight)
    assert averaged.progressive_.log_loss == model.progressive_.log_loss
    own = np.flatnonzero(weight)
    X, y, weight = X[own], y[own], weight[own]
    p, start = np.full(len(y), 0.5), 0
    while start < len(y):
        stop = min(len(y), start + max(4, start // 8 // 4 * 4))
        if start >= 4:
            known = np.arange(start)
            seen = set(y[known])
            assert len(seen) == 2
            before = LogisticSGDClassifier(**options).fit(X[known], y[known], sample_weight=weight[known])
            p[start:stop] = before.predict_proba(X[start:stop])[:, 1]
        start = stop
    found = model.progressive_
    assert_allclose(found.log_loss, log_loss(y, p, sample_weight=weight), rtol=1e-9)
    assert_allclose(found.auc, roc_auc_score(y, p), rtol=1e-9)
    bins = np.minimum((10 * p).astype(int), 9)
    some = [k for k in range(10) if (bins == k).any()]
    means = [np.average(p[bins == k], weights=weight[bins == k]) for k in some]
    shares = [np.average(y[bins == k], weights=weight[bins == k]) for k in some]
    assert_allclose(found.reliability["probability"], means, rtol=1e-9)
    assert_allclose(found.reliability["share"], shares, rtol=1e-9)


def test_random_labels_are_not_learnt_in_hindsight(backend):
    draw = np.random.default_rng(0)
    X, y = draw.standard_normal((200, 120)), np.arange(200) % 2
    model = fitted(X, y, progressive=True, max_iter=100, alpha=1e-3, eta0=0.05)
    assert model.score(X, y) > 0.95
    assert abs(model.progressive_.auc - 0.5) < 0.15
    with pytest.raises(ValueError, match="leave warm_start=False"):
        fitted(X, y, progressive=True, warm_start=True)


def test_one_against_the_rest(backend):
    """The first rows are judged by weights of 0: each class is as likely."""
    X, y = data(4, 3)
    y = np.array([0, 1, 2, 1])
    model = fitted(X, y, progressive=True, multi_class="ovr", fit_intercept=False)
    assert_allclose(model.progressive_.log_loss, np.log(3), rtol=1e-12)
    X, y = data(n_classes=3)
    one = fitted(X, y, progressive=True, multi_class="ovr").progressive_.log_loss
    assert_allclose(one, fitted(X, y, progressive=True).progressive_.log_loss, rtol=0.2)
