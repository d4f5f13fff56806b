"""Entry "csr": sparse matrices of every format, damaged, for estimators, loaded models and functions."""

import numpy as np
import scipy.sparse as sp

import hotloop.functional as F

from .brief import brief
from .damage import damaged
from .subjects import PREDICTIONS, K, subject, table, untouched

FORMATS = ("csr", "csr", "csr", "csc", "coo", "bsr", "dia", "lil", "dok")
ATTRIBUTES = {
    "csr": ["indptr", "indices", "data", "_shape"],
    "csc": ["indptr", "indices", "data", "_shape"],
    "bsr": ["indptr", "indices", "data", "_shape"],
    "coo": ["coords", "data", "_shape"],
    "dia": ["offsets", "data", "_shape"],
    "lil": ["rows", "data", "_shape"],
    "dok": ["_dict", "_shape"],
}
PLACES = [-1, K, K + 1, -(2**31), 2**31 - 1, 2**31, 2**40, 2**63 - 1, -(2**63)]


def matrix(draw):
    """Return a matrix, perhaps damaged, as one of SciPy's types."""
    dense, _ = table(draw.choice([1, 2, 9, 30]), draw.randrange(9))
    dense[np.random.default_rng(draw.randrange(99)).random(dense.shape) < draw.choice([0.2, 0.7, 1.0])] = 0
    name = draw.choice(FORMATS)
    dtype = draw.choice(["f8", "f8", "f4", "i4", "?", "i8", "u1"])
    with np.errstate(all="ignore"):
        X = getattr(sp, f"{name}_{draw.choice(['matrix', 'array'])}")(dense.astype(dtype))
    for _ in range(draw.choice([0, 1, 1, 1, 2])):
        try:
            damage(draw, X, name)
        except (ValueError, TypeError, IndexError, AttributeError, OverflowError):  # what is no matrix any more
            break
    return X


def damage(draw, X, name):
    """Make one thing of a matrix wrong."""
    attribute = draw.choice(ATTRIBUTES[name])
    value = getattr(X, attribute)
    if attribute == "_dict":
        value = dict(value)
        value[draw.choice([(0, 0), (0, K), (-1, 0), (2**40, 1), "x", (1,), (0, 1, 2), (0.5, 1)])] = draw.choice(
            [1.0, "x", None, 1j]
        )
    elif attribute in ("indptr", "indices", "offsets") and draw.random() < 0.5:
        value = np.array(value, draw.choice(["i4", "i8", "i8", "u8", "f8", "O"]))
        if value.size:
            place = draw.choice([0, -1, draw.randrange(value.size)])
            value[place] = _of_type(draw.choice([*PLACES, value.size]), value.dtype)
    elif attribute == "rows" and draw.random() < 0.7 and value.size:
        value = value.copy()
        value[draw.randrange(value.size)] = draw.choice([[draw.choice(PLACES)], [1, 0], [0, 0], None, [0.5], "x", [[0]]])
    else:
        value = damaged(draw, value)
    if attribute == "_shape" and isinstance(value, tuple) and any(isinstance(n, int) and 2**28 < n < 2**40 for n in value):
        return  # that many rows would be a large matrix, and no malformed one
    try:
        setattr(X, attribute, value)
    except (ValueError, TypeError, AttributeError):  # SciPy refuses it itself
        vars(X)[attribute] = value


def _of_type(n, dtype):
    if dtype.kind in "iu":
        return max(min(n, int(np.iinfo(dtype).max)), int(np.iinfo(dtype).min))
    return n


def calls(draw, model, X, n_rows):
    """Return the name of a call, and the call."""
    y = np.arange(n_rows) % 2
    weight = draw.choice([None, None, np.ones(n_rows)])
    options = {"classes": [0, 1]} if not hasattr(model, "n_features_in_") and "Regressor" not in type(model).__name__ else {}
    found = {name: lambda name=name: getattr(model, name)(X) for name in PREDICTIONS if hasattr(model, name)}
    if hasattr(model, "fit"):
        found["fit"] = lambda: model.fit(X, y, sample_weight=weight)
        found["score"] = lambda: model.score(X, y)
    if hasattr(model, "partial_fit"):
        found["partial_fit"] = lambda: model.partial_fit(X, y, sample_weight=weight, **options)
        found["again"] = lambda: model.partial_fit(X, y, sample_weight=weight, **options).partial_fit(X, y)
    if draw.random() < 0.05:
        found = {"functional": lambda: F.logistic_probability(X, np.ones(K))}
    name = draw.choice(list(found))
    return name, found[name]


def case(draw):
    """Return what tells the case, and its call."""
    X = matrix(draw)
    name, model = subject(draw)
    shape = getattr(X, "_shape", None)
    n_rows = shape[0] if isinstance(shape, tuple) and shape and type(shape[0]) is int and 0 <= shape[0] < 100 else 9
    method, call = calls(draw, model, X, n_rows)
    return lambda: f"{name}.{method} of {X.format} {brief(vars(X))}", lambda: untouched(model, call)
