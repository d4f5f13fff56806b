"""Progressive judgement: each row by a model that has not seen it, and training as without."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.metrics import log_loss, roc_auc_score

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, progressive_validation
from hotloop.training.order import epoch_order

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
def test_the_model_is_not_changed_and_every_row_counts(compiled, storage, n_classes, optimizer):
    X, y = data(n_classes=n_classes)
    X = csr_matrix(X) if storage == "csr" else X
    model, plain = (fitted(X, y, optimizer=optimizer) for _ in range(2))
    found = progressive_validation(model, X, y)
    assert_array_equal(model.coef_, plain.coef_)
    assert model.t_ == plain.t_
    assert found.reliability["n_rows"].sum() == len(y)
    assert found.log_loss < np.log(n_classes)


def test_shuffle_and_seed_are_those_of_the_model(compiled):
    X, y = data()
    one, same, other, plain = (
        progressive_validation(fitted(X, y, **options), X, y).log_loss
        for options in ({}, {"random_state": 0}, {"random_state": 1}, {"shuffle": False})
    )
    assert one == same
    assert len({one, other, plain}) == 3


def test_the_order_is_that_of_the_first_epoch(compiled):
    X, y = data()
    model = fitted(X, y)
    order = epoch_order(len(y), 0, model._learner.config.seed)
    in_order = fitted(X[order], y[order], shuffle=False)
    found, expected = (progressive_validation(*given).log_loss for given in ((model, X, y), (in_order, X[order], y[order])))
    assert_allclose(found, expected, rtol=1e-6)


def test_it_is_what_partial_models_predict(backend):
    """Rows in their order: each piece by the model of the rows before, trained by one epoch with the same plan."""
    X, y = data(203)
    weight = np.random.default_rng(1).choice([0.0, 1.0, 2.0], len(y))
    options = {"eta0": 0.05, "alpha": 1e-3, "shuffle": False, "max_iter": 1, "standardize": None}
    options |= {"cv": None, "tol": None, "average": False}
    model = LogisticSGDClassifier(**options).fit(X, y, sample_weight=weight)
    found = progressive_validation(model, X, y, weight)
    averaged = LogisticSGDClassifier(**options | {"average": True}).fit(X, y, sample_weight=weight)
    assert progressive_validation(averaged, X, y, sample_weight=weight).log_loss == found.log_loss
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
    model = fitted(X, y, max_iter=100, alpha=1e-3, eta0=0.05)
    assert model.score(X, y) > 0.95
    assert abs(progressive_validation(model, X, y).auc - 0.5) < 0.15


def test_one_against_the_rest(backend):
    """The first rows are judged by weights of 0: each class is as likely."""
    X, _ = data(4, 3)
    y = np.array([0, 1, 2, 1])
    model = fitted(X, y, multi_class="ovr", fit_intercept=False)
    assert_allclose(progressive_validation(model, X, y).log_loss, np.log(3), rtol=1e-12)
    X, y = data(n_classes=3)
    one, softmax = (progressive_validation(fitted(X, y, multi_class=how), X, y) for how in ("ovr", "multinomial"))
    assert_allclose(one.log_loss, softmax.log_loss, rtol=0.2)


def test_models_that_cannot_be_judged_so_are_refused():
    X, y = data(40)
    with pytest.raises(ValueError, match="goes with LogisticSGDClassifier only"):
        progressive_validation(LogisticSDCAClassifier(alpha=0.1).fit(X, y), X, y)
    with pytest.raises(ValueError, match="the model has seen 40 rows, too few to have constants"):
        progressive_validation(LogisticSGDClassifier().partial_fit(X, y, classes=[0, 1]), X, y)
    with pytest.raises(ValueError, match="which is none of the classes"):
        progressive_validation(fitted(X, y), X, y + 1)
