"""Models by plain steps under L1 or an elastic net: dense and CSR rows alike, exact zeros, states that go on."""

from functools import partial

import numpy as np
import pytest
from csr_rows import drawn
from tolerances import DENSE_AND_CSR, relative_error

import hotloop
from hotloop.reference.logistic.l1 import soft

sp = pytest.importorskip("scipy.sparse")
LogisticSGDClassifier = partial(hotloop.LogisticSGDClassifier, optimizer="sgd")


OPTIONS = {
    "l1": {"penalty": "l1", "alpha": 0.005},
    "elastic net": {"penalty": "elasticnet", "alpha": 0.01, "l1_ratio": 0.5},
    "automatic": {"penalty": "elasticnet"},
    "no intercept": {"penalty": "l1", "alpha": 0.005, "fit_intercept": False},
    "class weights": {"penalty": "l1", "alpha": 0.005, "class_weight": {0: 2.0, 1: 0.5}},
    "early stopping": {"penalty": "l1", "alpha": 0.005, "early_stopping": True},
    "constant step": {"penalty": "l1", "alpha": 0.005, "learning_rate": "constant", "eta0": 0.01},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["maxabs", None])
@pytest.mark.parametrize("options", OPTIONS)
def test_dense_and_csr_rows_give_one_model(compiled, n_classes, standardize, options):
    X, y = drawn(n_classes=n_classes)
    weight = np.random.default_rng(5).choice([0.0, 1.0, 2.5], len(y))
    model = {**OPTIONS[options], "standardize": standardize, "random_state": 3, "max_iter": 60}
    sparse = LogisticSGDClassifier(**model).fit(X, y, sample_weight=weight)
    dense = LogisticSGDClassifier(**model).fit(X.toarray(), y, sample_weight=weight)
    assert sparse.n_iter_ == dense.n_iter_ > 5
    assert relative_error((sparse.coef_, sparse.intercept_), (dense.coef_, dense.intercept_)) <= DENSE_AND_CSR
    assert ((sparse.coef_ == 0) == (dense.coef_ == 0)).all()
    assert sparse.loss_curve_ == pytest.approx(dense.loss_curve_, rel=1e-12)
    assert sparse.predict_proba(X) == pytest.approx(dense.predict_proba(X.toarray()), abs=1e-10)


def test_the_fit_comes_to_the_optimum(compiled):
    """The objective is the one of scikit-learn's liblinear, by an intercept that is free."""
    X, y = drawn(600, n_features=30)
    alpha = 0.02
    model = LogisticSGDClassifier(
        penalty="l1", alpha=alpha, standardize=None, learning_rate="optimal", eta0=0.05, max_iter=300, tol=None, random_state=0
    ).fit(X, y)

    def objective(w, b):
        return np.mean(np.logaddexp(0, (1 - 2 * y) * (X @ w + b))) + alpha * np.abs(w).sum()

    w, b = np.zeros(30), 0.0  # by proximal gradient steps
    for _ in range(5000):
        g = 1 / (1 + np.exp(-(X @ w + b))) - y
        w, b = soft(w - 0.1 * (X.T @ g) / len(y), 0.1 * alpha), b - 0.1 * g.mean()
    assert 0 < (w == 0).mean() < 1
    assert objective(model.coef_[0], model.intercept_[0]) <= objective(w, b) * 1.002
    assert (model.coef_[0][w == 0] == 0).mean() > 0.7


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("dense", [False, True])
def test_pieces_give_the_bits_of_the_whole(compiled, dtype, n_classes, dense):
    X, y = drawn(300, n_classes=n_classes)
    rows, classes = X.toarray().astype(dtype) if dense else X.astype(dtype), np.arange(n_classes)
    for kind in ("l1", "elasticnet"):
        whole = LogisticSGDClassifier(penalty=kind).partial_fit(rows, y, classes=classes)
        assert np.count_nonzero(whole.coef_) > 0
        for size in (1, 37, 64):
            pieces = LogisticSGDClassifier(penalty=kind)
            for start in range(0, 300, size):
                pieces.partial_fit(rows[start : start + size], y[start : start + size], classes=classes)
                pieces.coef_  # noqa: B018  # looking changes nothing
            assert (pieces.coef_ == whole.coef_).all()
            assert (pieces.intercept_ == whole.intercept_).all()
            assert pieces.t_ == whole.t_


def test_dense_and_sparse_rows_may_alternate(compiled):
    X, y = drawn(300, n_classes=5)
    model, dense = (LogisticSGDClassifier(standardize="maxabs", penalty="l1", alpha=0.01) for _ in range(2))
    for i, start in enumerate(range(0, 300, 30)):
        some = X[start : start + 30]
        model.partial_fit(some if i % 2 else some.toarray(), y[start : start + 30], classes=range(5))
    dense.partial_fit(X.toarray(), y, classes=range(5))
    assert relative_error(model.coef_, dense.coef_) <= DENSE_AND_CSR


def test_saved_and_warm_and_replaced(compiled, tmp_path):
    X, y = drawn(300)
    own = {"penalty": "elasticnet", "alpha": 0.01, "l1_ratio": 0.7}
    for fitted in (
        LogisticSGDClassifier(**own, max_iter=3, tol=None, random_state=0).fit(X[:200], y[:200]),
        LogisticSGDClassifier(**own).partial_fit(X[:200], y[:200], classes=[0, 1]),
    ):
        fitted.save(tmp_path / "m.safetensors")
        again = hotloop.load_estimator(tmp_path / "m.safetensors")
        assert (again.coef_ == fitted.coef_).all()
        for model in (fitted, again):
            model.partial_fit(X[200:], y[200:])
        assert (again.coef_ == fitted.coef_).all()
        assert (again.intercept_ == fitted.intercept_).all()
        coef = np.linspace(-1, 1, X.shape[1])[None]
        fitted.coef_ = coef
        assert fitted.coef_ == pytest.approx(coef, rel=1e-12)
        assert not fitted._learner.state.applied_l1.any()  # the next rows owe nothing of before
    warm = LogisticSGDClassifier(**{**own, "alpha": 0.0}, eta0=1e-9, standardize=None, warm_start=True, max_iter=1, tol=None)
    warm.fit(X, y).coef_ = coef
    assert warm.fit(X, y).coef_ == pytest.approx(coef, abs=1e-6)


LARGE_STEPS = {"penalty": "elasticnet", "l1_ratio": 1e-6, "alpha": 0.5, "learning_rate": "constant", "eta0": 0.5}


@pytest.mark.parametrize(
    ("options", "n_before"),
    [({"penalty": "l1", "alpha": 0.001}, 0), (LARGE_STEPS, 40)],
    ids=["of own columns", "of all weights, which the steps materialize"],
)
def test_rows_that_diverge_are_not_learnt(compiled, options, n_before):
    X, y = drawn(200, n_features=3000, density=0.005)
    far = X[1:2].copy()
    far.data[:] = 1e308
    far = sp.vstack([X[:n_before], far, far])
    refused = 0
    for label in (0, 1):  # of one of them at least the slope is too large
        model, twin = (LogisticSGDClassifier(standardize=None, **options).partial_fit(X, y, classes=[0, 1]) for _ in range(2))
        assert (abs(twin.coef_) > 1e-6).sum() > 100
        try:
            model.partial_fit(far, [*y[:n_before], label, label])
        except (FloatingPointError, ValueError):
            refused += 1
            assert (model.coef_ == twin.coef_).all()
            assert (model.partial_fit(X[:50], y[:50]).coef_ == twin.partial_fit(X[:50], y[:50]).coef_).all()
    assert refused


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"average": True}, "average=True does not go with optimizer='sgd' and penalty='l1'"),
        ({"standardize": "std"}, "'std' does not go with sparse rows and optimizer='sgd' and penalty='l1'; an L1"),
        ({"eta0": 2.0, "alpha": 0.5}, "must lie in"),
    ],
)
def test_what_it_does_not_have_is_refused(backend, params, message):
    X, y = drawn(50)
    with pytest.raises(ValueError, match=message):
        LogisticSGDClassifier(penalty="l1", **params).fit(X, y)
