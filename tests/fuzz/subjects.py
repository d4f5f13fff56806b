"""Fitted estimators and loaded predictors of five columns, what is called of them, and whether a refusal left them alone."""

import copy
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import hotloop
from hotloop import (
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

from .verdicts import Finding

K = 5  # columns
PREDICTIONS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
FEW = {"random_state": 0, "max_iter": 2}

UNFITTED = {
    "sgd": lambda: LogisticSGDClassifier(cv=None, **FEW),
    "search": lambda: LogisticSGDClassifier(cv=2, **FEW),
    "raw": lambda: LogisticSGDClassifier(standardize=None, eta0=1e-3, cv=None, **FEW),
    "l1": lambda: LogisticSGDClassifier(penalty="l1", optimizer="sgd", **FEW),
    "ftrl": lambda: LogisticSGDClassifier(penalty="elasticnet", optimizer="ftrl", **FEW),
    "adagrad": lambda: LogisticSGDClassifier(optimizer="adagrad", cv=None, **FEW),
    "cv": lambda: LogisticSGDClassifierCV(alpha=[1e-3, 1e-2], eta0=[0.1], cv=2, **FEW),
    "sdca": lambda: LogisticSDCAClassifier(alpha=1e-2, **FEW),
    "network": lambda: TwoLayerClassifier(4, **FEW),
    "adam": lambda: TwoLayerClassifier(4, optimizer="adam", batch_size=4, dropout=0.2, **FEW),
    "regressor": lambda: TwoLayerRegressor(4, **FEW),
    "sigmoid_sum": lambda: TwoLayerRegressor(4, output="sigmoid_sum", **FEW),
}


def table(n=40, seed=0):
    """Return rows and classes."""
    draw = np.random.default_rng(seed)
    return draw.standard_normal((n, K)) * [1, 10, 0.1, 1, 1] + [0, 5, 0, 0, 1], draw.integers(0, 3, n)


@cache
def _fitted(name, n_classes, online):
    X, y = table()
    y = y % n_classes
    model = UNFITTED[name]()
    if not online or not hasattr(model, "partial_fit"):
        return model.fit(X, y)
    return model.partial_fit(X, y, **({} if "Regressor" in type(model).__name__ else {"classes": range(n_classes)}))


@cache
def _loaded(name, n_classes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        _fitted(name, n_classes, False).save(path)
        return hotloop.load(path)


def subject(draw):
    """Return a name, and a model of its own: not fitted, fitted, or a loaded predictor."""
    name, n_classes = draw.choice(list(UNFITTED)), draw.choice([2, 3])
    how = draw.choice(["new", "fitted", "online", "loaded"])
    if how == "new":
        return f"{name} {how}", UNFITTED[name]()
    if how == "loaded" and name != "cv":
        return f"{name} {how}", _loaded(name, n_classes)
    return f"{name} {how} {n_classes}", copy.deepcopy(_fitted(name, n_classes, how == "online"))


def state(model):
    """Return what a model predicts, as bytes; None where it is not fitted."""
    X, _ = table(9, 1)
    try:
        return [
            getattr(model, name)(X).tobytes() for name in PREDICTIONS if name != "predict_log_proba" and hasattr(model, name)
        ]
    except ValueError:  # not fitted, or a regressor
        return None if not hasattr(model, "n_features_in_") else model.predict(X).tobytes()


def untouched(model, call):
    """Make a call; a model that refused predicts as before, to the bit. (A ``fit`` that diverges keeps what it has.)"""
    before = state(model)
    try:
        return call()
    except Exception as error:
        keeps = isinstance(error, FloatingPointError) and "not learnt" not in str(error)
        if not keeps and state(model) != before:
            raise Finding(f"predicts otherwise after {error!r}") from error
        raise
