"""Entry "backends": small problems over all options; the compiled kernels learn and refuse what the reference does."""

import os
import re

import numpy as np
from scipy.sparse import csr_matrix
from tolerances import NETWORK

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor

from .brief import brief
from .verdicts import Finding

COMMON = {
    "alpha": [0.0, 1e-4, 0.03, "auto"],
    "eta0": [0.02, 0.1, "auto"],
    "standardize": ["auto", "std", "maxabs", "common", None],
    "class_weight": [None, None, "balanced", {0: 2.0}],
    "shuffle": [True, False],
    "learning_rate": ["auto", "constant", "invscaling", "optimal"],
    "power_t": [0.25, 0.5],
    "early_stopping": [False, False, True],
    "tol": [None, None, 0.01],
}
LINEAR = {
    "optimizer": ["auto", "sgd", "adagrad", "ftrl", "normalized"],
    "penalty": ["l2", "l2", "l1", "elasticnet", None],
    "l1_ratio": [0.15, 0.0, 1.0],
    "fit_intercept": [True, False],
    "average": ["auto", True, False],
    "multi_class": ["multinomial", "ovr"],
    "importance_aware": [False, False, True],
}
NETWORKS = {
    "n_hidden": [1, 3, 9],
    "activation": ["relu", "tanh", "logistic"],
    "optimizer": ["sgd", "adam", "adamw"],
    "batch_size": [1, 5, 8],
    "momentum": [0.0, 0.9],
    "nesterovs_momentum": [False, True],
    "dropout": [0.0, 0.3],
    "output": ["linear", "sigmoid_sum"],
}
OPTIONS = {
    LogisticSGDClassifier: COMMON | LINEAR,
    LogisticSDCAClassifier: {name: COMMON[name] for name in ("alpha", "standardize", "class_weight", "shuffle")}
    | {"tol": [1e-3]},
    TwoLayerClassifier: COMMON | {name: NETWORKS[name] for name in NETWORKS if name != "output"},
    TwoLayerRegressor: {name: COMMON[name] for name in COMMON if name != "class_weight"} | NETWORKS,
}


def problem(draw):
    """Return rows, targets and weights of a small problem, dense or sparse, of any type that the kernels read."""
    g = np.random.default_rng(draw.getrandbits(64))
    n, k, n_classes = draw.choice([3, 20, 70, 130]), draw.choice([1, 2, 5, 17]), draw.choice([2, 2, 3, 5])
    X = g.standard_normal((n, k)) * g.choice([0.1, 1.0, 20.0], k) + g.choice([0.0, 0.0, 30.0], k)
    X[g.random((n, k)) < draw.choice([0.0, 0.0, 0.7])] = 0
    y = (X @ g.standard_normal((k, n_classes)) / max(np.abs(X).max(), 1) + 0.3 * g.standard_normal((n, n_classes))).argmax(
        axis=1
    )
    dtype = draw.choice(["f8", "f8", "f4", "i2", "?"])
    X = (X if dtype[0] == "f" else X.round()).clip(-9999, 9999).astype(dtype)
    weight = draw.choice([None, None, g.choice([0.0, 0.5, 1.0, 3.0], n)])
    return csr_matrix(X) if draw.random() < 0.35 else X, y, weight


def case(draw):
    """Return what tells the case, and its call."""
    kind = draw.choice(list(OPTIONS))
    X, y, weight = problem(draw)
    table = OPTIONS[kind]
    options = {name: draw.choice(table[name]) for name in draw.sample(list(table), draw.choice([1, 2, 4, min(7, len(table))]))}
    options |= {"max_iter": draw.choice([1, 2, 4]), "random_state": draw.randrange(99)}
    if kind is LogisticSGDClassifier:
        options["cv"] = None
    if kind is LogisticSDCAClassifier:
        options["max_iter"] = 30
    if kind is TwoLayerRegressor:
        y = y * 2.5 - 1
    partial = hasattr(kind, "partial_fit") and draw.random() < 0.4
    cut = draw.randrange(X.shape[0] + 1)

    def call():
        def outcome_on(backend, X):
            return outcome(backend, kind, options, X, y, weight, partial, cut)

        found, expected, tolerance = outcome_on("compiled", X), outcome_on("reference", X), tolerance_of(kind, options, X)
        error = difference(found, expected)
        if tolerance is not None and not error <= tolerance:
            of_rounding = max(difference(outcome_on("reference", moved(X, seed)), expected) for seed in range(4))
            if not error <= 10 * of_rounding:
                raise Finding(f"differ by {error:.2g}, where rounding of X makes {of_rounding:.2g}")
        if isinstance(expected, Exception):
            raise expected

    return lambda: f"{kind.__name__}({brief(options)}) {X.dtype}{X.shape} {type(X).__name__} partial={partial} {cut}", call


def tolerance_of(kind, options, X):
    """Return how far results may be apart, over the largest; None where rounding may lead anywhere.

    In float32 the centre of sparse rows costs digits, (LR-15). Adam divides a gradient that is all rounding by its own size. A
    cell that is the mean of its column lies at the kink of relu: of the networks only those of float64 cells are compared.
    """
    if X.dtype == np.float64:
        return 100 * NETWORK[np.float64]  # few rows, large steps: rounding grows
    return None if kind in (TwoLayerClassifier, TwoLayerRegressor) else 100 * NETWORK[np.float32]


def outcome(backend, kind, options, X, y, weight, partial, cut):
    """Return what an estimator predicts, and its weights, or the error it raises.

    Parameters
    ----------
    backend : {"compiled", "reference"}
    kind : type
        Of the estimator.
    options : dict
    X, y, weight : arrays
    partial : bool
        Whether the rows come in two pieces.
    cut : int
        Rows of the first piece.
    """
    before = os.environ.get("HOTLOOP_BACKEND")
    os.environ["HOTLOOP_BACKEND"] = backend
    try:
        model = kind(**options)
        if partial:
            classes = {} if kind is TwoLayerRegressor else {"classes": range(5)}
            for part in (slice(0, cut), slice(cut, None)):
                if len(y[part]):
                    own = None if weight is None else weight[part]
                    model.partial_fit(X[part], y[part], sample_weight=own, **classes)
                    classes = {}
        else:
            model.fit(X, y, sample_weight=weight)
        names = ("predict",) if kind is TwoLayerRegressor else ("decision_function", "predict_proba")
        weights = [model.coef_, model.intercept_] if hasattr(model, "coef_") else [*model.coefs_, *model.intercepts_]
        return [getattr(model, name)(X) for name in names] + weights
    except (ValueError, TypeError, FloatingPointError) as error:
        return error
    finally:
        os.environ.pop("HOTLOOP_BACKEND")
        if before is not None:
            os.environ["HOTLOOP_BACKEND"] = before


def moved(X, seed):
    """Return rows that differ in the last bit; whole numbers stay."""
    X = X.copy()
    cells = X if isinstance(X, np.ndarray) else X.data
    if cells.dtype.kind == "f":
        sign = np.random.default_rng(seed).choice([-1, 1], cells.shape)
        cells[...] = np.nextafter(cells, (np.inf * sign).astype(cells.dtype))
    return X


def difference(found, expected):
    """Return by how much two outcomes differ, over the largest; a Finding where they are not of one kind."""
    if isinstance(found, Exception) or isinstance(expected, Exception):
        words = [re.sub(r"[-+\d.e]+", "N", str(one)) if isinstance(one, Exception) else "returned" for one in (found, expected)]
        if isinstance(found, FloatingPointError) and isinstance(expected, FloatingPointError):
            return 0.0  # the weights overflow here or there at another step
        if type(found) is not type(expected) or words[0] != words[1]:
            raise Finding(f"compiled: {brief(found)}, reference: {brief(expected)}")
        return 0.0
    if np.abs(expected[0]).max(initial=0) > 1e6:
        return 0.0  # it diverges: a unit at rest, whose derivative is one rounding, moves by what it is multiplied by
    most = 0.0
    for a, b in zip(found, expected, strict=True):
        if a.dtype != b.dtype or a.shape != b.shape:
            raise Finding(f"{a.dtype}{a.shape} and {b.dtype}{b.shape}")
        error = np.abs(np.subtract(a, b, dtype=np.float64)).max(initial=0) / max(np.abs(b).max(initial=0), 1e-3)
        most = float(np.fmax(most, error)) if np.isfinite(error) else np.inf
    return most
