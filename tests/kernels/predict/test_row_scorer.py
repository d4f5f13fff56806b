"""Predictions into the caller's array, and one row at a time."""

from functools import partial

import numpy as np
import pytest
from passes import at_odd_address
from sklearn.datasets import load_iris

import hotloop
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor


def fitted(n_classes):
    X, y = load_iris(return_X_y=True)
    chosen = y < n_classes
    return LogisticSGDClassifier(max_iter=5, tol=None, random_state=0, cv=None).fit(X[chosen], y[chosen]), X[chosen]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_predictions_fill_the_array_they_are_given(backend, n_classes, method):
    model, X = fitted(n_classes)
    want = getattr(model, method)(X)
    out = np.full_like(want, np.nan)
    assert getattr(model, method)(X, out=out) is out
    np.testing.assert_array_equal(out, want)
    with pytest.raises(ValueError, match="out has shape"):
        getattr(model, method)(X[:-1], out=out)
    with pytest.raises(ValueError, match="dtype float32"):
        getattr(model, method)(X, out=out.astype(np.float32))


def test_what_is_no_array_to_fill_is_refused(backend):
    model, X = fitted(3)
    before, shape = X.copy(), (len(X), 3)
    locked = np.zeros(shape)
    locked.flags.writeable = False
    for out, message in (
        (np.zeros(shape).tolist(), "out is a list, expected an array of shape"),
        (b"x", "out is a bytes"),
        (np.ma.zeros(shape), "out is a MaskedArray"),
        (locked, "out is read-only"),
        (np.lib.stride_tricks.as_strided(np.zeros(1), shape, (0, 0)), "one over the other"),
        (at_odd_address(np.zeros(shape)), "out lies at an address where no float64 may lie"),
        (X[:, 1:], "out lies over X"),
    ):
        with pytest.raises(ValueError, match=message):
            model.predict_proba(X, out=out)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
@pytest.mark.parametrize("one_vs_rest", [False, True])
def test_a_score_beyond_any_number_warns_of_nothing(backend, n_outputs, one_vs_rest):
    coef = np.full((n_outputs, 2), 1e308)
    score = backend.row_scorer(coef, np.zeros(n_outputs), one_vs_rest)
    for x in ([9.0, 9.0], [-9.0, 9.0], [np.nan, 0.0], [np.inf, -np.inf]):
        assert np.shape(score(np.array(x))) == ((n_outputs,) if n_outputs > 1 else ())
        score(np.array(x, np.float32))


def test_blocks_of_rows_change_nothing(backend, monkeypatch):
    model, X = fitted(3)
    want = model.predict_proba(X)
    monkeypatch.setattr("hotloop.predictor.BLOCK_OF_ROWS", 7)
    np.testing.assert_array_equal(model.predict_proba(X), want)


def test_a_cell_that_is_not_finite_is_named(backend):
    model, X = fitted(2)
    X[70, 2] = np.inf
    with pytest.raises(ValueError, match="infinity at row 70, column 2"):
        model.predict_proba(X)


@pytest.mark.parametrize("of", [">f8", np.float64, np.longdouble])
def test_arrays_that_no_kernel_reads_are_converted_by_blocks(backend, of, monkeypatch):
    """Fortran order, foreign byte order, wider than the weights."""
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32)
    model = LogisticSGDClassifier(max_iter=2, tol=None, random_state=0, cv=None).fit(X, y)
    monkeypatch.setattr("hotloop.logistic.weights.CONVERTED_AT_ONCE", 40)
    np.testing.assert_array_equal(model.predict_proba(np.asfortranarray(X.astype(of))), model.predict_proba(X))
    too_large = X.astype(np.float64)
    too_large[7, 1] = 1e300
    with pytest.raises(ValueError, match="infinity at row 7, column 1"):
        model.predict_proba(too_large)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scorer_agrees_with_predict_proba(backend, dtype, n_classes, tmp_path):
    model, X = fitted(n_classes)
    model.save(tmp_path / "m.safetensors")
    want = model.predict_proba(X)
    for score in (model.scorer(), hotloop.load(tmp_path / "m.safetensors").scorer()):
        got = np.array([score(x) for x in X.astype(dtype)])
        np.testing.assert_allclose(got, want[:, 1] if n_classes == 2 else want, atol=1e-6 if dtype == np.float32 else 1e-12)
    assert isinstance(model.scorer()(X[0]), float) == (n_classes == 2)


def test_a_scorer_keeps_the_weights_it_was_made_of(backend):
    model, X = fitted(2)
    score = model.scorer()
    before = score(X[0])
    model.coef_ = -model.coef_
    assert score(X[0]) == before != model.scorer()(X[0])


NETWORKS = {
    "two classes": (TwoLayerClassifier, lambda y: y[:, 0] > 0),
    "classes": (TwoLayerClassifier, lambda y: y[:, 0].round().astype(int)),
    "labels": (TwoLayerClassifier, lambda y: (y > 0).astype(int)),
    "target": (TwoLayerRegressor, lambda y: y[:, 0]),
    "targets": (TwoLayerRegressor, lambda y: y),
    "sum of sigmoids": (partial(TwoLayerRegressor, output="sigmoid_sum"), lambda y: y[:, 0]),
}


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_scorer_of_a_network_agrees_with_predictions(backend, dtype, kind, activation, tmp_path):
    estimator, targets = NETWORKS[kind]
    random = np.random.default_rng(0)
    X = (random.standard_normal((60, 5)) * [1, 100, 0.01, 1, 5] + [0, 1000, 0, 3, 1]).astype(dtype)
    y = targets(random.standard_normal((60, 3)) * [1, 10, 100])
    model = estimator(7, activation=activation, max_iter=3, tol=None, random_state=0).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    want = model.predict_proba(X) if estimator is TwoLayerClassifier else model.predict(X)
    want = want[:, 1] if kind == "two classes" else want
    for score in (model.scorer(), hotloop.load(tmp_path / "m.safetensors").scorer()):
        got = np.array([score(x) for x in X])
        # float32: the margins that predictions come from
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=(1e-4 if dtype == np.float32 else 1e-12) * np.abs(want).max())
    assert isinstance(score(X[0]), float) == (want.ndim == 1)


@pytest.mark.parametrize("network", [False, True])
def test_scorer_refuses_what_is_no_row(backend, network):
    model, X = fitted(2)
    if network:
        model = TwoLayerClassifier(3, max_iter=1, tol=None, random_state=0).fit(X, X[:, 0] > 5)
    score = model.scorer()
    with pytest.raises(ValueError, match="one row of 4 numbers"):
        score(np.zeros(3))
    with pytest.raises(ValueError, match="one row of 4 numbers"):
        score(np.zeros((1, 4)))
    with pytest.raises(ValueError, match="float32 or float64"):
        score(np.zeros(4, np.int64))
