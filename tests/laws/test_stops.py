"""Stops: early, by validation rows, by Ctrl-C, without convergence; and warm starts."""

import warnings

import numpy as np
import pytest
from all_estimators import ALL, assert_same_weights, each_estimator, quick, raw
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

import hotloop
from hotloop import (
    LogisticSGDClassifier,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore:not converged")


@each_estimator
def test_validation_rows_of_the_caller_keep_the_best_epoch(backend, estimator):
    X, y = raw(200)
    wild = {LogisticSGDClassifier: 0.3, TwoLayerClassifier: 0.3, TwoLayerRegressor: 0.03}[
        estimator
    ]  # so that the loss rises again
    options = {"max_iter": 8, "tol": None, "eta0": wild, "learning_rate": "constant"}
    model = quick(estimator, **options).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    best = int(np.argmin(model.validation_curve_))
    assert best < 7
    assert len(model.validation_curve_) == model.n_iter_ == 8
    assert_same_weights(model, quick(estimator, **options | {"max_iter": best + 1}).fit(X[:120], y[:120]))
    if estimator is not TwoLayerRegressor:
        p = model.predict_proba(X[120:])[np.arange(80), y[120:]]
        assert -np.log(p).mean() == pytest.approx(model.validation_curve_[best], rel=1e-10)


@each_estimator
def test_early_stopping_holds_rows_out(backend, estimator):
    X, y = raw(200)
    model = quick(estimator, early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert len(model.validation_curve_) == 5
    assert model.t_ in {n * epoch for epoch in range(1, 6) for n in (150, 151)}
    again = quick(estimator, early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert_same_weights(again, model)
    assert not hasattr(quick(estimator).fit(X, y), "validation_curve_")


@each_estimator
def test_warm_start_goes_on(backend, estimator):
    X, y = raw()
    cold, warm = (quick(estimator, warm_start=w, max_iter=30).fit(X, y) for w in (False, True))
    for model in (cold, warm):
        model.set_params(max_iter=1).fit(X, y)
    assert warm.loss_curve_[0] < cold.loss_curve_[0]
    first = quick(estimator, max_iter=1).fit(X, y)
    assert_same_weights(cold, first)


def test_warm_start_refuses_another_problem():
    X, y = raw()
    for estimator in ALL:
        model = quick(estimator, warm_start=True).fit(X, y)
        with pytest.raises(ValueError, match="warm_start"):
            model.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"warm_start: y has classes \[5, 6\], the last fit had \[0, 1\]"):
        quick(LogisticSGDClassifier, warm_start=True).fit(X, y).fit(X, y + 5)


def test_a_warm_network_refuses_other_classes_and_outputs():
    X, y = raw()
    with pytest.raises(ValueError, match=r"warm_start: y has classes \[5, 6\], the last fit had \[0, 1\]"):
        quick(TwoLayerClassifier, warm_start=True).fit(X, y).fit(X, y + 5)
    with pytest.raises(ValueError, match="warm_start: the last fit had output linear, this one has sigmoid_sum"):
        quick(TwoLayerRegressor, warm_start=True).fit(X, y).set_params(output="sigmoid_sum").fit(X, y)


@each_estimator
def test_not_converged_says_so(estimator):
    X, y = raw()
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=3 epochs: the last losses were"):
        estimator(max_iter=3, tol=0.0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator(max_iter=3, tol=None).fit(X, y)
        estimator(max_iter=1).fit(X, y)


@each_estimator
def test_an_interrupted_fit_leaves_a_usable_model(backend, estimator, tmp_path):
    X, y = raw()

    def interrupt(history, tasks):
        if history.n_iter == 3:
            raise KeyboardInterrupt

    model = quick(estimator)
    model._report = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    del model._report
    expected = quick(estimator, max_iter=3).fit(X, y)
    assert_same_weights(model, expected)
    assert_array_equal(model.predict(X), expected.predict(X))
    model.save(tmp_path / "m")
    assert_array_equal(hotloop.load(tmp_path / "m").predict(X), expected.predict(X))
    assert_same_weights(model.fit(X, y), quick(estimator).fit(X, y))


@each_estimator
def test_verbose_prints_a_line_an_epoch(capsys, estimator):
    X, y = raw()
    quick(estimator, verbose=1, max_iter=2).fit(X, y, X_val=X, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{estimator.__name__}: epoch 2, loss ")
    assert ", validation loss " in lines[1]
    quick(estimator, max_iter=2).fit(X, y)
    assert capsys.readouterr().out == ""
