"""multi_class="ovr": each class is the model of it against the rest that training it alone gives, (LR-18)."""

import numpy as np
import pytest
from many_models import COUNTS, N_MODELS, configs_of, rows_of, start_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from tolerances import WEIGHTS, relative_error

import hotloop
from hotloop import LogisticSGDClassifier
from hotloop.logistic.search.many_dense import LogisticModels

CLASSES = ["a", "b", "c", "d"]


def rows(n_samples=150, dtype=np.float64):
    draw = np.random.default_rng(4)
    X = draw.standard_normal((n_samples, 5))
    y = np.array(CLASSES)[(X @ draw.standard_normal((5, 4)) + draw.standard_normal((n_samples, 4))).argmax(axis=1)]
    return (3 + X).astype(dtype), y, draw.choice([0.0, 0.5, 2.0], n_samples)


def model(**options):
    return LogisticSGDClassifier(**{"multi_class": "ovr", "eta0": 0.02, "alpha": 1e-3, "max_iter": 3, "tol": None} | options)


@pytest.mark.parametrize("options", [{}, {"average": False}, {"fit_intercept": False}], ids=lambda o: "-".join(o) or "averaged")
def test_each_class_is_the_model_trained_alone(backend, dtype, options):
    X, y, weight = rows(dtype=dtype)
    found = model(random_state=0, **options).fit(X, y, weight)
    alone = [model(random_state=0, **options).fit(X, y == c, weight) for c in CLASSES]
    assert found.t_ == alone[0].t_
    wanted = tuple(np.concatenate([getattr(one, name) for one in alone]) for name in ("coef_", "intercept_"))
    assert relative_error((found.coef_, found.intercept_), wanted) < WEIGHTS[dtype]
    assert_allclose(found.loss_curve_, np.sum([one.loss_curve_ for one in alone], axis=0), rtol=WEIGHTS[dtype])


def test_probabilities_are_those_of_the_classes_over_their_sum(backend, dtype, tmp_path):
    X, y, _ = rows(dtype=dtype)
    found = model(random_state=0).fit(X, y)
    m = X.astype(np.float64) @ found.coef_.T.astype(np.float64) + found.intercept_
    p = 1 / (1 + np.exp(-m))
    p /= p.sum(axis=1, keepdims=True)
    close = {"rtol": 1e-4 if dtype == np.float32 else 1e-9}
    assert_allclose(found.predict_proba(X), p, **close)
    assert_allclose(found.predict_log_proba(X), np.log(p), **close, atol=1e-6)
    assert_allclose(found.scorer()(X[0]), p[0], **close)
    assert_array_equal(found.predict(X), np.array(CLASSES)[m.argmax(axis=1)])
    found.save(tmp_path / "model")
    loaded = hotloop.load(tmp_path / "model")
    assert_array_equal(loaded.predict_proba(X), found.predict_proba(X))
    assert_array_equal(hotloop.load_estimator(tmp_path / "model").predict_proba(X), found.predict_proba(X))


def test_two_classes_are_one_model(backend):
    X, y, _ = rows()
    found, usual = (model(multi_class=how, random_state=0).fit(X, y == "a") for how in ("ovr", "multinomial"))
    assert_array_equal(found.coef_, usual.coef_)
    assert_array_equal(found.predict_proba(X), usual.predict_proba(X))


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("size", [1, 3, 7, 64])
def test_pieces_give_the_bits_of_the_whole(backend, dtype, size, average):
    X, y, _ = rows(dtype=dtype)
    whole = model(average=average).partial_fit(X, y, classes=CLASSES)
    pieces = model(average=average)
    for start in range(0, len(X), size):
        pieces.partial_fit(X[start : start + size], y[start : start + size], classes=CLASSES)
    assert_array_equal(pieces.coef_, whole.coef_)
    assert_array_equal(pieces.intercept_, whole.intercept_)


def test_the_search_judges_the_probabilities_that_are_shown(backend):
    own = rows_of(3, np.float64)
    models = LogisticModels(start_of(3, np.float64, one_vs_rest=True), own, configs_of(), COUNTS)
    models.train(2)
    chosen = np.arange(40)
    for m, loss in enumerate(models.losses(chosen, range(N_MODELS))):
        margins = models.states[m].margins(own.X[chosen])
        p = 1 / (1 + np.exp(-margins))
        of_label = (p / p.sum(axis=1, keepdims=True))[chosen, own.y[chosen].astype(int)]
        assert loss == pytest.approx(np.average(-np.log(of_label), weights=own.sample_weight[chosen]), rel=1e-9)


def test_nothing_set(compiled):
    X, y = load_iris(return_X_y=True)
    found = LogisticSGDClassifier(multi_class="ovr", random_state=0).fit(X, y)
    assert found.search_["loss"].min() < 0.35 < np.log(3)
    assert found.score(X, y) > 0.9


def test_more_models_than_a_group_of_rows(compiled):
    """The losses of a row are added a group at a time."""
    draw = np.random.default_rng(0)
    X, y = draw.standard_normal((602, 3)), np.arange(602) % 301
    options = {"standardize": None, "max_iter": 1, "random_state": 0}
    found = model(**options).fit(X, y)
    alone = [model(**options).fit(X, y == c).loss_curve_[0] for c in range(301)]
    assert found.loss_curve_[0] == pytest.approx(np.sum(alone), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"multi_class": "crammer_singer"}, "multi_class is 'crammer_singer', expected 'multinomial' or 'ovr'"),
        ({"penalty": "l1"}, r"multi_class='ovr' does not go with optimizer='ftrl' \(what optimizer='auto' is here\)"),
        ({"penalty": "l1", "optimizer": "sgd"}, "multi_class='ovr' does not go with optimizer='sgd' and penalty='l1'"),
        ({"optimizer": "adagrad", "alpha": "auto"}, "multi_class='ovr' does not go with optimizer='adagrad'"),
        ({"optimizer": "foo"}, "optimizer is 'foo', expected 'auto', 'sgd', 'adagrad', 'ftrl' or 'normalized'"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    X, y, _ = rows()
    with pytest.raises(ValueError, match=message):
        model(**options).fit(X, y)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_sparse_rows_are_refused(method):
    X, y, _ = rows()
    with pytest.raises(ValueError, match="multi_class='ovr' does not go with sparse rows and more than two classes"):
        getattr(model(), method)(csr_matrix(X), y, **({"classes": CLASSES} if method == "partial_fit" else {}))
