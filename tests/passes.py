"""Arguments of the passes, drawn from a seed, and one call of a pass on copies of what it overwrites."""

import numpy as np

from hotloop import reference
from hotloop.structs import DenseRows, Pass

OF_DTYPE = ("X", "center", "scale", "W", "W1", "b1", "W2", "b2")  # have the dtype of X; everything else is float64 or intp
OVERWRITTEN = ("W", "b", "W_total", "b_total", "W1", "b1", "W2", "b2")


def at_odd_address(array):
    """Return a copy where no number of its type may lie, as in a packed record."""
    array = np.ascontiguousarray(array)
    copy = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    copy[...] = array
    assert not copy.flags.aligned
    return copy


def drawn_rows(n_samples, n_features, seed=0):
    """Return X of standard normal float64 entries, and 0 or 1 for each row."""
    draw = np.random.default_rng(seed)
    return draw.standard_normal((n_samples, n_features)), draw.integers(0, 2, n_samples).astype(np.float64)


def logistic_arguments(
    X,
    y,
    n_outputs=1,
    *,
    eta=None,
    alpha=0.0,
    intercept=False,
    weighted=False,
    averaged=False,
    standardised=False,
    shuffled=False,
):
    """Return the arguments of ``logistic_pass`` by name. Only with one output y is used; classes of more are drawn."""
    draw = np.random.default_rng(X.size)
    if n_outputs > 1:
        scores = X @ draw.standard_normal((X.shape[1], n_outputs)) / np.sqrt(max(1, X.shape[1]))
        y = (scores + draw.standard_normal(scores.shape)).argmax(axis=1).astype(np.float64)
    W = 0.1 * draw.standard_normal((n_outputs, X.shape[1]))
    b = 0.1 * draw.standard_normal(n_outputs) if intercept else None
    return common_arguments(X, draw, eta, alpha, weighted, standardised, shuffled) | {
        "y": y,
        "W": W,
        "b": b,
        "W_total": np.zeros(W.shape) if averaged else None,
        "b_total": np.zeros(n_outputs) if averaged and intercept else None,
    }


def common_arguments(X, draw, eta, alpha, weighted, standardised, shuffled):
    """Return the rows, the steps and the constants of a pass by name, drawn in a fixed order."""
    n_samples, n_features = X.shape
    eta = 1 / max(1, n_features) if eta is None else eta
    order = np.arange(n_samples)
    if shuffled:  # with repeats, and so with rows that are never visited
        order = draw.integers(0, n_samples, n_samples)
    return {
        "X": X,
        "sample_weight": draw.choice([0.0, 0.5, 1.0, 1.5], n_samples) if weighted else np.ones(n_samples),
        "order": order.astype(np.intp),
        "eta": eta / (1 + np.arange(n_samples) / max(1, n_samples)),
        "alpha": alpha,
        "center": 0.2 * draw.standard_normal(n_features) if standardised else None,
        "scale": draw.uniform(0.5, 1.2, n_features) if standardised else None,
    }


def of_dtype(arguments, dtype):
    """Return the arguments with X and the arrays of its kind in dtype, all arrays their own, those only read read-only."""
    own = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            value = np.array(value, dtype if name in OF_DTYPE else value.dtype, order="C")
            value.flags.writeable = name in OVERWRITTEN
        own[name] = value
    return own


def grouped(X, y, sample_weight, order, eta, alpha, center, scale, **weights):
    """Return the arguments of a pass as the backends take them: rows and steps in one struct each."""
    return {"rows": DenseRows(X, center, scale), "steps": Pass(order, y, sample_weight, eta, alpha), **weights}


def run(function, arguments):
    """Call a pass on arguments by name; returns what it returns."""
    return function(**(arguments if "W1" in arguments else grouped(**arguments)))


def take(function, arguments, dtype, **changed):
    """Call a pass on its own copies; return what it overwrote, by name, with "loss" and "n_updates"."""
    own = of_dtype(arguments, dtype)
    own |= changed
    loss, n_updates = run(function, own)
    return {name: own[name] for name in OVERWRITTEN if own.get(name) is not None} | {"loss": loss, "n_updates": n_updates}


def many_arguments(n_models, X, y, dtype, *, folds=False, averaged=False, intercept=True, standardised=False, by_model=False):
    """Return the arguments of ``logistic_many_pass`` by name: models that differ in all that may differ."""
    draw = np.random.default_rng(n_models)
    n_samples, n_features = X.shape
    m = np.arange(n_models)
    eta = (0.5 ** (m % 4) / max(1, n_features)) / (1 + np.arange(n_samples)[:, None] / (10 * (1 + m)))
    W = 0.1 * draw.standard_normal((n_models, n_features))
    return {
        "X": X.astype(dtype),
        "y": y,
        "sample_weight": draw.choice([0.0, 0.5, 1.0], n_samples),
        "weight_multiplier": draw.integers(0, 3, (n_samples, n_models)).astype(np.uint8) if folds else None,
        "target": (m % 2).astype(np.float64),
        "order": draw.integers(0, n_samples, n_samples),
        "eta": np.asfortranarray(eta) if by_model else eta,
        "alpha": np.array([0.0, 0.01, 0.1])[m % 3],
        "center": 0.2 * draw.standard_normal(n_features).astype(dtype) if standardised else None,
        "scale": draw.uniform(0.5, 1.2, n_features).astype(dtype) if standardised else None,
        "W": W.astype(dtype),
        "b": np.full(n_models, 0.1) if intercept else None,
        "W_total": np.zeros(W.shape) if averaged else None,
        "b_total": np.zeros(n_models) if averaged and intercept else None,
    }


def alone(arguments, m):
    """Return W, b, W_total, b_total of model m, its steps and its loss, by ``logistic_pass`` of the reference in float64."""
    own = {name: arguments[name] for name in ("W", "b", "W_total", "b_total")}
    own = {name: None if array is None else array[m : m + 1].astype(np.float64) for name, array in own.items()}
    wide = {name: arguments[name] for name in ("X", "center", "scale")}
    wide = {name: None if array is None else array.astype(np.float64) for name, array in wide.items()}
    weight, multiplier = arguments["sample_weight"], arguments["weight_multiplier"]
    one = {
        "y": (arguments["y"] == arguments["target"][m]).astype(np.float64),
        "sample_weight": weight if multiplier is None else weight * multiplier[:, m],
        "order": arguments["order"],
        "eta": arguments["eta"][:, m].copy(),
        "alpha": arguments["alpha"][m],
    }
    loss, n_updates = run(reference.logistic_pass, wide | one | own)
    return list(own.values()), n_updates, loss
