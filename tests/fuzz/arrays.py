"""Entry "arrays": dense rows, targets, weights and ``out`` with something wrong, for estimators, loaded models, functions."""

from inspect import signature

import numpy as np

import hotloop.functional as F

from .brief import brief
from .damage import OTHERS, damaged
from .subjects import PREDICTIONS, K, subject, table, untouched

SCALES = [0.0, 1e-320, 1e-150, 1e150, 1e300, 1e308]
LABELS = [
    *(lambda y: y.astype(str), lambda y: y.astype(object), lambda y: y + 0.5, lambda y: 0 * y, lambda y: y - 1),
    *(lambda y: np.where(y > 0, "a", None), lambda y: y.astype(bool), lambda y: y[:, None], lambda y: np.eye(3)[y]),
    *(lambda y: y + 2**62, lambda y: y.astype("M8[s]"), lambda y: y * 1j, lambda y: [[label] * (label + 1) for label in y]),
    *(lambda y: [*y[:-1], "x"], lambda y: np.full(len(y), np.nan), lambda y: y.astype("f2"), lambda y: np.arange(len(y))),
    *(lambda y: y * 1e300, lambda y: y.astype("S1"), lambda y: np.ma.masked_array(y, y > 1), lambda y: y[::-1]),
]


def rows(draw):
    """Return rows and classes, as they may be."""
    X, y = table(draw.choice([1, 2, 3, 20, 70]), draw.randrange(9))
    if draw.random() < 0.2:
        X[:, draw.randrange(K)] *= draw.choice(SCALES)
    return X.astype(draw.choice(["f8", "f8", "f4", "i4"])), y


def estimator_case(draw):
    """A call of an estimator or a loaded model with one or two of its arguments wrong."""
    X, y = rows(draw)
    name, model = subject(draw)
    regressor = not hasattr(model, "predict_proba") or type(model).__name__ == "TwoLayerRegressor"
    args = {"X": X, "y": y.astype(float) if regressor else y % 2 if draw.random() < 0.5 else y}
    if draw.random() < 0.5:
        args["sample_weight"] = draw.choice([np.ones(len(y)), np.arange(len(y)) / 7, 0.0 * y, 1e300 * (y + 1)])
    methods = [method for method in ("fit", "partial_fit", "score", *PREDICTIONS) if hasattr(model, method)]
    if not hasattr(model, "fit"):
        methods.append("log_loss")
    method = draw.choice(methods)
    if method in PREDICTIONS:
        args = {"X": X}
        if "out" in signature(getattr(model, method)).parameters and draw.random() < 0.5:
            args["out"] = out_of(draw, method, X)
    elif method == "log_loss":
        args.pop("sample_weight", None)
    if method == "fit" and type(model).__name__ in ("LogisticSGDClassifier", "TwoLayerClassifier") and draw.random() < 0.2:
        args |= {"X_val": X, "y_val": y}
    if method == "partial_fit" and not regressor and (not hasattr(model, "n_features_in_") or draw.random() < 0.1):
        args["classes"] = [0, 1, 2]
    for _ in range(draw.choice([0, 1, 1, 1, 2])):
        one = draw.choice(list(args))
        args[one] = draw.choice(LABELS)(y) if one in ("y", "y_val") and draw.random() < 0.4 else damaged(draw, args[one])
        if draw.random() < 0.05:
            args[one] = draw.choice(OTHERS)
    return lambda: f"{name}.{method}({brief(args)})", lambda: untouched(model, lambda: getattr(model, method)(**args))


def out_of(draw, method, X):
    """Return an array to fill: of a right shape, or lying over X."""
    if draw.random() < 0.3 and X.dtype == np.float64:
        return X[:, :2] if method == "predict_proba" else X[:, 0] if draw.random() < 0.5 else X[:, :3]
    n_outputs = draw.choice([2, 3])
    shape = (len(X),) if method == "decision_function" and n_outputs == 2 else (len(X), n_outputs)
    return np.zeros(shape, order=draw.choice("CF"))


def function_case(draw):
    """A call of a function with one or two arguments wrong."""
    X, y = rows(draw)
    g = np.random.default_rng(draw.randrange(99))
    h, c = draw.choice([1, 3, 8]), draw.choice([1, 2])
    w, eta = g.standard_normal(K), draw.choice([0.1, np.full(len(y), 0.1)])
    W, v = g.standard_normal((K, h)), g.standard_normal(h)
    layers = [W, v, g.standard_normal((h, c)), g.standard_normal(c)]
    calls = {
        "logistic_probability": [X, w],
        "logistic_loss": [X, y % 2, w],
        "logistic_gradient": [X, y % 2, w],
        "logistic_sgd": [X, y % 2, w, eta],
        "sigmoid_sum_forward": [X, W, v],
        "sigmoid_sum_gradients": [X, W, v],
        "sigmoid_sum_backward": [X, W, v, y * 1.0],
        "two_layer_forward": [X, *layers],
        "two_layer_jacobians": [X, *layers],
        "two_layer_backward": [X, *layers, np.ones((len(y), c))],
    }
    name = draw.choice(list(calls))
    args, options = calls[name], {"backend": draw.choice(["compiled", "reference"])}
    if name.startswith("two_layer"):
        options["activation"] = draw.choice(["relu", "tanh", "logistic"])
    for _ in range(draw.choice([0, 1, 1, 1, 2])):
        if draw.random() < 0.05:
            one = draw.choice(list(options))
            options[one] = damaged(draw, options[one])
        else:
            place = draw.randrange(len(args))
            args[place] = damaged(draw, args[place])
    return lambda: f"{name}({brief(args)}, {brief(options)})", lambda: getattr(F, name)(*args, **options)


def case(draw):
    """Return what tells the case, and its call."""
    return estimator_case(draw) if draw.random() < 0.7 else function_case(draw)
