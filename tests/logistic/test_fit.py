"""fit_logistic: the model of the estimator, without scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

from hotloop import LogisticSGDClassifier
from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.auto import start_at_shares
from hotloop.logistic.fit import StartWeights, fit_logistic
from hotloop.logistic.options import LogisticOptions
from hotloop.logistic.state import LogisticState
from hotloop.training.callbacks import FitCallbacks

pytestmark = pytest.mark.filterwarnings("ignore::hotloop.estimators.warnings.FitWarning")

CLASSES = np.array(["no", "yes"])


def data(n_samples=120, storage="dense"):
    draw = np.random.default_rng(0)
    X = draw.standard_normal((n_samples, 4)) * [1, 10, 0.1, 1] * (draw.random((n_samples, 4)) < 0.8)
    y = (X @ [1, 0.1, 5, 0] + draw.standard_normal(n_samples) > 0).astype(float)
    return (from_scipy(csr_matrix(X)) if storage == "csr" else X), X, y, draw.choice([0.0, 1.0, 2.0], n_samples)


def drawn_seed(random_state):
    return int(np.random.RandomState(random_state).randint(2**31 - 1))


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cv": None},
        {"penalty": "l1", "alpha": 0.01},
        {"optimizer": "sgd", "penalty": "elasticnet", "alpha": 0.01},
        {"optimizer": "adagrad"},
        {"early_stopping": True, "class_weight": "balanced"},
        {"class_weight": {"yes": 3.0}},
    ],
    ids=lambda options: "-".join(options) or "defaults",
)
def test_the_model_is_that_of_the_estimator(compiled, storage, options):
    rows, X, y, weight = data(storage=storage)
    found = fit_logistic(Batch(rows, y, weight), LogisticOptions(max_iter=3, seed=drawn_seed(5), **options), CLASSES)
    model = LogisticSGDClassifier(max_iter=3, random_state=5, **options)
    model.fit(csr_matrix(X) if storage == "csr" else X, CLASSES[y.astype(int)], sample_weight=weight)
    state = found.learner.flushed_state()
    assert_array_equal(state.coef(), model.coef_)
    assert_array_equal(state.intercept(), model.intercept_)
    assert found.history.loss_curve == model.loss_curve_
    assert (found.search is None) == (not hasattr(model, "search_"))
    assert (found.config.eta0, found.config.alpha) == (model.eta0_, model.alpha_)


def test_validation_groups_and_names(backend):
    rows, _, y, _ = data()
    batch, groups = Batch(rows, y, np.ones(len(y))), np.arange(len(y)) // 12
    held = fit_logistic(batch, LogisticOptions(cv=None, max_iter=2, tol=None), CLASSES, validation=batch)
    assert len(held.history.validation_curve) == 2
    with pytest.raises(ValueError, match="groups holds one group only"):
        fit_logistic(batch, LogisticOptions(), CLASSES, groups=0 * groups)
    searched = fit_logistic(batch, LogisticOptions(max_iter=1), CLASSES, groups=groups)
    assert searched.search is not None
    rows = rows.copy()
    rows[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"X contains NaN at row 7, column 2 \(c\)"):
        fit_logistic(Batch(rows, y, np.ones(len(y))), LogisticOptions(), CLASSES, names=list("abcd"))


def test_early_stopping_holds_rows_out(backend):
    rows, _, y, weight = data()
    options = LogisticOptions(cv=None, max_iter=2, tol=None, early_stopping=True, validation_fraction=0.25)
    found = fit_logistic(Batch(rows, y, weight), options, CLASSES)
    assert len(found.history.validation_curve) == 2
    assert found.learner.state.t == pytest.approx(2 * 0.75 * np.count_nonzero(weight), abs=4)


def test_start_weights_are_where_it_starts(backend):
    rows, _, y, _ = data()
    batch, options = Batch(rows, y, np.ones(len(y))), LogisticOptions(cv=None, max_iter=1, tol=None, average=False)
    first = fit_logistic(batch, options, CLASSES).learner.state
    start = StartWeights(first.coef(), first.intercept(), CLASSES)
    warm, cold = (fit_logistic(batch, options, CLASSES, start=where).history.loss_curve[0] for where in (start, None))
    assert warm < cold
    with pytest.raises(ValueError, match=r"warm_start: y has classes \['a', 'b'\], the last fit had"):
        fit_logistic(batch, options, np.array(["a", "b"]), start=start)
    with pytest.raises(ValueError, match="warm_start: X has 3 columns, the last fit had 4"):
        fit_logistic(Batch(rows[:, :3], y, np.ones(len(y))), options, CLASSES, start=start)


def test_callbacks_follow_search_and_training(compiled):
    rows, _, y, _ = data()
    heard = []
    callbacks = FitCallbacks(
        lambda learner, config, searches: heard.append(("start", learner.config is config, searches)),
        lambda progress: heard.append(("search", progress.epochs)),
        lambda history: heard.append(("epoch", history.n_iter)) or history.n_iter == 2,
    )
    found = fit_logistic(Batch(rows, y, np.ones(len(y))), LogisticOptions(tol=0.0), CLASSES, callbacks=callbacks)
    assert heard[0] == ("start", True, True)
    assert heard[1][0] == "search"
    assert heard[-3:] == [("start", True, True), ("epoch", 1), ("epoch", 2)]
    assert found.history.stopped


def test_an_interrupted_training_leaves_the_learner_so_far(backend):
    rows, _, y, _ = data()
    learners = []

    def interrupt(history):
        raise KeyboardInterrupt

    callbacks = FitCallbacks(lambda learner, config, searches: learners.append(learner), on_epoch=interrupt)
    batch, options = Batch(rows, y, np.ones(len(y))), LogisticOptions(cv=None, max_iter=5, tol=None)
    with pytest.raises(KeyboardInterrupt):
        fit_logistic(batch, options, CLASSES, callbacks=callbacks)
    alone = fit_logistic(batch, LogisticOptions(cv=None, max_iter=1, tol=None), CLASSES)
    assert_array_equal(learners[-1].state.coef(), alone.learner.state.coef())


@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("C", [1e-2, 1e-3, 1e-4, 1e-6])
@pytest.mark.parametrize(
    ("options", "shares"),
    [
        ({}, [0.97, 0.03]),
        ({"cv": None}, [0.97, 0.03]),
        ({"optimizer": "ftrl"}, [0.97, 0.03]),
        ({"penalty": "l1"}, [0.97, 0.03]),
        ({}, [0.8, 0.17, 0.03]),
        ({"optimizer": "ftrl"}, [0.8, 0.17, 0.03]),
    ],
    ids=str,
)
def test_no_penalty_moves_the_shares_of_the_classes(options, shares, C, storage):
    """The intercept has no penalty: at the optimum the mean probability of a class is its share (scikit-learn#9979).

    SGD is near the optimum only; with intercepts that start at 0 the rarest class had seven times its share.
    """
    n_samples = 1000
    X = np.random.default_rng(1).standard_normal((n_samples, 4))
    if storage == "csr":
        X = csr_matrix(np.maximum(X, 0))
    y = np.repeat(np.arange(len(shares)), np.rint(np.array(shares) * n_samples).astype(int))
    weight = np.where(np.arange(n_samples) % 2, 0.5, 1.5)  # which every class has on average
    model = LogisticSGDClassifier(alpha=1 / (C * n_samples), random_state=0, **options).fit(X, y, weight)
    assert model.predict_proba(X).mean(axis=0) == pytest.approx(shares, rel=0.3)


def test_where_intercepts_start():
    rows = Batch(np.zeros((10, 2)), np.repeat([0.0, 1.0, 3.0], [5, 3, 2]), np.ones(10))
    shares = np.log([5, 3, 0.5, 2])  # a class without a row counts as half a row
    state = LogisticState.zeros(4, 2, np.float64, fit_intercept=True)
    state.n_rows = 10
    start_at_shares(state, rows, horizon=10.0)
    assert not state.b.any()
    start_at_shares(state, rows, horizon=9.0)
    assert_allclose(state.b, shares - shares.mean(), rtol=1e-12)
    each = LogisticState.zeros(4, 2, np.float64, fit_intercept=True, one_vs_rest=True)
    each.n_rows = 10
    start_at_shares(each, rows, horizon=9.0)
    assert_allclose(each.b, np.log([5 / 5.5, 3 / 7.5, 0.5 / 10, 2 / 8.5]), rtol=1e-12)
    trained, without = state.copy(), LogisticState.zeros(4, 2, np.float64, fit_intercept=False)
    trained.b[:], trained.W[0, 0], without.n_rows = 7, 1, 10
    for unchanged, b in ((trained, 7), (without, 0)):
        start_at_shares(unchanged, rows, horizon=1.0)
        assert (unchanged.b == b).all()
