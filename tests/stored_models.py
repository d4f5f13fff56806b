"""Fitted models of every kind for the tests of files, and files that are well formed and say something else."""

import json

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.persistence import container

KINDS = ("logistic", "softmax", "unstandardised", "pending", "online", "l1", "ftrl", "network", "linear", "sigmoid_sum", "adam")


def table(n_samples=80, dtype=np.float64):
    draw = np.random.default_rng(0)
    X = (draw.standard_normal((n_samples, 4)) * [1, 100, 0.01, 0] + [0, 1000, 0, 7]).astype(dtype)
    return X, draw.integers(0, 3, n_samples)


def fitted(kind, dtype=np.float64):
    X, y = table(dtype=dtype)
    match kind:
        case "logistic":
            return LogisticSGDClassifier(cv=None, random_state=0, max_iter=3).fit(X, y > 0)
        case "softmax":
            return LogisticSGDClassifier(cv=None, random_state=0, max_iter=3, average=False, fit_intercept=False).fit(X, y)
        case "unstandardised":
            return LogisticSGDClassifier(random_state=0, standardize=None, eta0=1e-7, max_iter=2).fit(X, y)
        case "pending":
            return LogisticSGDClassifier(random_state=0).partial_fit(X[:30], y[:30], classes=[0, 1, 2])
        case "online":
            return LogisticSGDClassifier(random_state=0).partial_fit(X, y, classes=[0, 1, 2])
        case "l1":
            return LogisticSGDClassifier(penalty="l1", optimizer="sgd", random_state=0).partial_fit(X, y, classes=[0, 1, 2])
        case "ftrl":
            return LogisticSGDClassifier(penalty="l1", random_state=0).partial_fit(X, y, classes=[0, 1, 2])
        case "network":
            return TwoLayerClassifier(5, random_state=0, max_iter=3).fit(X, y)
        case "linear":
            return TwoLayerRegressor(5, random_state=0, max_iter=3).fit(X, y * 100.0)
        case "sigmoid_sum":
            return TwoLayerRegressor(5, output="sigmoid_sum", random_state=0, max_iter=3).fit(X, y * 100.0)
        case "adam":
            model = TwoLayerClassifier(5, optimizer="adam", batch_size=8, dropout=0.1, random_state=0)
            return model.partial_fit(X, y, classes=[0, 1, 2])


def predictions(model, X):
    names = ("predict", "predict_proba", "predict_log_proba", "decision_function")
    regressor = isinstance(model, TwoLayerRegressor) or getattr(model, "estimator_name", "") == "TwoLayerRegressor"
    return [getattr(model, name)(X) for name in (names[:1] if regressor else names)]


def read(path):
    """Return header and arrays of a file, as they lie in it."""
    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["hotloop"]), {key: file.get_tensor(key) for key in list(file.keys())}


def write(path, header, arrays=None):
    """Write a file that is whole, with its checksum, and has this header: a dict, or any text."""
    text = header if isinstance(header, str) else json.dumps(header)
    arrays = {"W": np.zeros((1, 2)), "b": np.zeros(1)} if arrays is None else arrays
    path.write_bytes(save(arrays, metadata={"hotloop": text, "sha256": container._checksum(arrays, text)}))
