"""Sparse rows in the estimator: the model of the dense rows, pieces, saved models, cost and memory."""

import os
import tracemalloc
from functools import partial

import numpy as np
import pytest
from csr_rows import drawn
from fuzz.limits import limited
from tolerances import DENSE_AND_CSR, WEIGHTS, relative_error

import hotloop

sp = pytest.importorskip("scipy.sparse")

LogisticSGDClassifier = partial(hotloop.LogisticSGDClassifier, optimizer="sgd")


OPTIONS = {
    "plain": {},
    "no penalty": {"penalty": None},
    "l2": {"alpha": 0.01},
    "last iterate": {"average": False},
    "no intercept": {"fit_intercept": False},
    "class weights": {"class_weight": {0: 2.0, 1: 0.5}},
    "early stopping": {"early_stopping": True},
    "last iterate, early stopping": {"average": False, "early_stopping": True},
    "constant step": {"learning_rate": "constant", "eta0": 0.01},
}


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["std", "maxabs", None])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_dense_and_csr_rows_give_one_model(compiled, n_classes, standardize, options):
    X, y = drawn(n_classes=n_classes)
    weight = np.random.default_rng(5).choice([0.0, 1.0, 2.5], len(y))
    model = {**OPTIONS[options], "standardize": standardize, "random_state": 3, "max_iter": 300, "cv": None}
    sparse = LogisticSGDClassifier(**model).fit(X, y, sample_weight=weight)
    dense = LogisticSGDClassifier(**model).fit(X.toarray(), y, sample_weight=weight)
    assert sparse.n_iter_ == dense.n_iter_ > 5
    assert relative_error((sparse.coef_, sparse.intercept_), (dense.coef_, dense.intercept_)) <= DENSE_AND_CSR
    assert sparse.loss_curve_ == pytest.approx(dense.loss_curve_, rel=1e-12)
    for rows in (X, X.toarray()):
        assert sparse.predict_proba(rows) == pytest.approx(dense.predict_proba(X.toarray()), abs=1e-10)
    assert (sparse.predict(X) == dense.predict(X.toarray())).all()
    assert sparse.decision_function(X) == pytest.approx(np.squeeze(X @ sparse.coef_.T + sparse.intercept_), rel=1e-10)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["auto", "std", None])
def test_pieces_give_the_bits_of_the_whole_and_the_dense_model(compiled, dtype, n_classes, standardize):
    X, y = drawn(300, n_classes=n_classes)
    X, classes = X.astype(dtype), np.arange(n_classes)
    whole = LogisticSGDClassifier(standardize=standardize).partial_fit(X, y, classes=classes)
    kind = "maxabs" if standardize == "auto" else standardize
    dense = LogisticSGDClassifier(standardize=kind).partial_fit(X.toarray(), y, classes=classes)
    assert relative_error(whole.coef_, dense.coef_) <= (DENSE_AND_CSR if dtype == np.float64 else WEIGHTS[dtype])
    for size in (1, 37, 64):
        pieces = LogisticSGDClassifier(standardize=standardize)
        for start in range(0, 300, size):
            pieces.partial_fit(X[start : start + size], y[start : start + size], classes=classes)
            pieces.coef_  # noqa: B018  # looking changes nothing
        assert (pieces.coef_ == whole.coef_).all()
        assert (pieces.intercept_ == whole.intercept_).all()
        assert pieces.t_ == whole.t_


def test_dense_and_sparse_rows_may_alternate(compiled):
    X, y = drawn(300)
    model, dense = (LogisticSGDClassifier(standardize="std") for _ in range(2))
    for i, start in enumerate(range(0, 300, 30)):
        some = X[start : start + 30]
        model.partial_fit(some if i % 2 else some.toarray(), y[start : start + 30], classes=[0, 1])
    dense.partial_fit(X.toarray(), y, classes=[0, 1])
    assert relative_error(model.coef_, dense.coef_) <= DENSE_AND_CSR


EXPLICIT = {"eta0": 0.05, "alpha": 1e-4}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cv": None},
        {"eta0": 0.05},
        EXPLICIT,
        {**EXPLICIT, "standardize": None},
        {**EXPLICIT, "standardize": None, "shuffle": False, "average": False},
        {**EXPLICIT, "standardize": "std"},
        {"standardize": "std", "cv": None},
        {"penalty": None, "eta0": 0.05},
        {"optimizer": "sgd", "penalty": "l1"},
        {**EXPLICIT, "optimizer": "sgd", "penalty": "elasticnet", "standardize": None},
        *({"optimizer": name} for name in ("adagrad", "ftrl", "normalized")),
        {**EXPLICIT, "early_stopping": True},
        {**EXPLICIT, "class_weight": "balanced"},
    ],
    ids=lambda params: "-".join(f"{name}={value}" for name, value in params.items()) or "defaults",
)
def test_the_place_of_a_value_that_is_not_finite_is_told_and_nothing_trained(backend, params, value):
    X, y = drawn(80, 15)
    X.data[20] = value
    row = np.searchsorted(X.indptr, 20, side="right") - 1
    model = LogisticSGDClassifier(max_iter=2, tol=None, random_state=0).set_params(**params)
    for weight in (None, np.arange(80) % 3 > 0):
        told = f"X contains {'NaN' if np.isnan(value) else 'infinity'} at row {row}, column {X.indices[20]};"
        with pytest.raises(ValueError, match=told):
            model.fit(X, y, sample_weight=weight)
        assert not hasattr(model, "classes_")


def test_partial_fit_after_fit_keeps_its_constants(compiled):
    X, y = drawn()
    model = LogisticSGDClassifier(max_iter=3, tol=None, random_state=0, cv=None).fit(X, y)
    eta0 = model.eta0_
    for start in range(0, 400, 100):
        model.partial_fit(100 * X[start : start + 100], y[start : start + 100])
    assert model.eta0_ == eta0


def test_rows_that_diverge_are_not_learnt(compiled):
    X, y = drawn(200)
    for average in (False, True):
        model = LogisticSGDClassifier(standardize="std", average=average).partial_fit(X, y, classes=[0, 1])
        twin = LogisticSGDClassifier(standardize="std", average=average).partial_fit(X, y, classes=[0, 1])
        far = X[:9] * 1e200
        with pytest.raises(FloatingPointError):
            model.partial_fit(far, y[:9])
        assert (model.coef_ == twin.coef_).all()
        assert model.t_ == twin.t_
        for fitted in (model, twin):
            fitted.partial_fit(X[:100], y[:100])
        assert (model.coef_ == twin.coef_).all()
        assert (model.intercept_ == twin.intercept_).all()


def test_a_call_costs_its_rows_not_the_columns(compiled):
    """Pieces of a stream over 2^22 columns: no call touches memory of their size."""
    n_features = 1 << 22
    X = sp.csr_matrix((np.ones(640, np.float32), np.arange(640) * 6000, np.arange(0, 641, 5)), shape=(128, n_features))
    y = np.arange(128) % 2
    model = LogisticSGDClassifier(standardize=None, eta0=0.1, average=False).partial_fit(X[:64], y[:64], classes=[0, 1])
    model.partial_fit(X[64:70], y[64:70])
    tracemalloc.start()
    for i in range(70, 90):
        model.partial_fit(X[i], y[i : i + 1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n_features


def test_no_copy_of_the_rows(compiled):
    n, k = 10_000, 200
    X = sp.csr_matrix(
        (np.full((n, k), 0.5, np.float32).ravel(), np.tile(np.arange(k, dtype=np.int32), n), k * np.arange(n + 1))
    )
    y = np.arange(n) % 2
    size = X.data.nbytes + X.indices.nbytes
    model = LogisticSGDClassifier(max_iter=1, tol=None, cv=None)
    for call in (lambda: model.fit(X, y), lambda: model.predict(X), lambda: model.partial_fit(X, y)):
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < size / 2


@pytest.mark.parametrize("n_rows", [30, 200])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_saved_model_goes_on(compiled, tmp_path, n_rows, n_classes):
    """Also within its first 64 rows, which wait, and with weights that are not settled."""
    X, y = drawn(400, n_classes=n_classes)
    classes = np.arange(n_classes)
    model = LogisticSGDClassifier().partial_fit(X[:n_rows], y[:n_rows], classes=classes)
    model.save(tmp_path / "m.safetensors")
    again = hotloop.load_estimator(tmp_path / "m.safetensors")
    for fitted in (model, again):
        fitted.partial_fit(X[n_rows:], y[n_rows:])
    assert (again.coef_ == model.coef_).all()
    assert (again.intercept_ == model.intercept_).all()
    loaded = hotloop.load(tmp_path / "m.safetensors")
    assert (loaded.predict_proba(X) == loaded.predict_proba(sp.csr_array(X))).all()


def test_a_model_of_few_weights_is_a_small_file(compiled, tmp_path):
    n_features = 1 << 20
    X = sp.csr_matrix((np.ones(40, np.float32), np.arange(40) * 20_000, np.arange(0, 41, 2)), shape=(20, n_features))
    y = np.arange(20) % 2
    model = LogisticSGDClassifier(max_iter=5, tol=None, cv=None).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").stat().st_size < 20_000
    loaded = hotloop.load(tmp_path / "m.safetensors")
    assert (loaded.predict_proba(X) == model.predict_proba(X)).all()
    assert (hotloop.load_estimator(tmp_path / "m.safetensors").coef_ == model.coef_).all()


def test_search_error_bars_and_warm_start(compiled):
    X, y = drawn(300)
    options = {"standardize": "std", "max_iter": 4, "cv": 3, "random_state": 0, "alpha": [1e-3, 1e-2], "eta0": [1e-3, 1e-2]}
    sparse, dense = (hotloop.LogisticSGDClassifierCV(**options).fit(rows, y) for rows in (X, X.toarray()))
    assert sparse.best_params_ == dense.best_params_
    assert sparse.best_score_ == pytest.approx(dense.best_score_, rel=1e-10)
    spread, of_dense = (hotloop.bootstrap_std(own, rows, y, 5)[0] for own, rows in ((sparse, X), (dense, X.toarray())))
    assert spread == pytest.approx(of_dense, rel=1e-8, abs=1e-12)
    warm = LogisticSGDClassifier(max_iter=3, tol=None, warm_start=True, random_state=0, cv=None)
    twin = LogisticSGDClassifier(max_iter=3, tol=None, warm_start=True, random_state=0, standardize="maxabs", cv=None)
    for _ in range(2):
        warm.fit(X, y)
        twin.fit(X.toarray(), y)
    assert relative_error(warm.coef_, twin.coef_) <= DENSE_AND_CSR


@pytest.mark.skipif(not os.path.exists("/proc/meminfo"), reason="this system does not tell how much memory is left")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, r"sgd with averaging, 2 times 12 bytes for each of 10737418235 weights"),
        ({"average": False, "max_iter": 1}, "sgd, 1 times 4 bytes"),
        ({"optimizer": "ftrl"}, "ftrl, 2 times 8 bytes"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_in_time(compiled, params, message):
    X = sp.csr_matrix((np.ones(10, np.float32), np.arange(10), np.arange(11)), shape=(10, 2**31 - 1))
    with limited(), pytest.raises(MemoryError, match=message):
        LogisticSGDClassifier(**params).fit(X, np.arange(10) % 5)
