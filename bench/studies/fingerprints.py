"""The bits of everything that is learnt, a line a case, to prove that a change of the code changes no result.

    python -m bench.studies.fingerprints --out before.txt
    python -m bench.studies.fingerprints --against before.txt

Each case fits a model, or calls a function, an encoder or the command, on small data from fixed seeds; its line is its name and
the start of the SHA-256 of all that it learnt and predicted, or the type of the error that it raised. HOTLOOP_BACKEND and
HOTLOOP_ISA say what computes, and fingerprints are to be compared only where that, the machine, the compiler and numpy are the
same. The reference leaves out the cases that search or train for long.
"""

import argparse
import hashlib
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

import hotloop
import hotloop.cli
import hotloop.functional as F
from hotloop import (
    HashingEncoder,
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
    TableEncoder,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

Case = Callable[[], Any]
Cases = dict[str, Case]

N_TRAIN, N_HELD, N_FEATURES = 160, 40, 21  # columns: whole vectors of every level and a rest
PIECES = (1, 7, 64, N_TRAIN)  # rows of the calls of partial_fit, the last takes what is left
STORAGES = ("dense", "csr")
DTYPES = ("float32", "float64")
CLASSES = ("binary", "softmax")
TARGETS = ("binary", "softmax", "labels", "value", "values", "sigmoid_sum")
ANSWERS = ("two", "three", "value")  # columns of tables
OPTIMIZERS = ("auto", "sgd", "adagrad", "ftrl", "normalized", "sdca")
STANDARDIZE = ("std", "maxabs", "common", None)
INIT = ("he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal")
PLAIN: dict[str, Any] = {"cv": None, "max_iter": 3, "tol": None, "random_state": 0}  # of a logistic model
SMALL: dict[str, Any] = {"n_hidden": 19, "max_iter": 2, "tol": None, "random_state": 0}  # of a network

WEIGHTS = ("classes_", "coef_", "intercept_", "coefs_", "intercepts_", "feature_names_in_")
COURSE = ("n_iter_", "t_", "eta0_", "alpha_", "loss_curve_", "validation_curve_", "search_")
CHOICE = ("best_params_", "best_score_", "best_index_", "n_splits_", "cv_results_")
PREDICTIONS = ("decision_function", "predict_log_proba", "predict_proba", "predict")


def logistic(**options: Any) -> Any:
    """Return a classifier that trains for three epochs, without a search."""
    return LogisticSGDClassifier(**PLAIN | options)


# What is learnt beside the weights. Each of these options is asked for here and nowhere else.


def to_the_optimum(X: Any, y: Any, penalty: Any = "l2", **options: Any) -> tuple[Any, Any]:
    """Fit by dual coordinate ascent; return the model and what its certificate says."""
    if penalty != "l2":
        raise ValueError("dual coordinate ascent has an L2 penalty only")
    model = LogisticSDCAClassifier(**options).fit(X, y)
    return model, vars(model.certificate_)


def certified(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Fit; return the model and what its certificate says."""
    model = estimator.fit(X, y)
    return model, vars(hotloop.duality_gap(model, X, y))


def with_error_bars(estimator: Any, X: Any, y: Any, n_replicas: int) -> tuple[Any, Any]:
    """Fit; return the model and the deviations of its weights over bootstrap replicas."""
    model = estimator.fit(X, y)
    return model, list(hotloop.bootstrap_std(model, X, y, n_replicas))


def judged_on_the_way(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Fit; return the model and how well rows were predicted before they were trained on."""
    model = estimator.fit(X, y)
    found = hotloop.progressive_validation(model, X, y)
    return model, [found.log_loss, found.auc, found.reliability]


# Data


@cache
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Return rows, half of whose cells are 0, the columns of different size and the last one of 0 and 1, and a score a row."""
    draw = np.random.default_rng(20)
    n = N_TRAIN + N_HELD
    z = draw.standard_normal((n, N_FEATURES)) * (draw.random((n, N_FEATURES)) < 0.5)
    z[:, -1] = draw.random(n) < 0.3
    return z * 10.0 ** (np.arange(N_FEATURES) % 4 - 1), z @ draw.standard_normal(N_FEATURES) + draw.standard_normal(n)


def rows(storage: str = "dense", dtype: str = "float64") -> Any:
    """Return all rows, dense or CSR; bytes are of their own."""
    if dtype == "uint8":
        X = np.random.default_rng(21).integers(0, 256, (N_TRAIN + N_HELD, N_FEATURES), dtype=np.uint8)
        return np.where(drawn()[0] == 0, np.uint8(0), X) if storage == "dense" else scipy.sparse.csr_array(X)
    X = drawn()[0].astype(dtype)
    return X if storage == "dense" else scipy.sparse.csr_matrix(X)


def wide_rows() -> Any:
    """Return CSR rows of some cells in a thousand columns."""
    draw = np.random.default_rng(28)
    columns = np.sort(np.argsort(draw.random((N_TRAIN + N_HELD, 1000)), axis=1)[:, :4], axis=1)
    starts = np.arange(0, columns.size + 1, 4)
    return scipy.sparse.csr_matrix((draw.standard_normal(columns.size), columns.ravel(), starts), shape=(len(columns), 1000))


def targets(kind: str) -> np.ndarray:
    """Return what to learn of all rows."""
    score = drawn()[1]
    three = np.searchsorted(np.quantile(score, (0.4, 0.7)), score)
    values = np.stack([100 + 30 * score, np.sin(score), score**2], axis=1)
    return {
        "binary": (score > 0.5).astype(np.int64),
        "softmax": np.array(["ash", "beech", "cedar"])[three],
        "labels": np.stack([score > 0, np.abs(score) < 2, score > 3], axis=1).astype(np.int64),
        "value": values[:, 0],
        "sigmoid_sum": values[:, 0],
        "values": values,
    }[kind]


def weights() -> np.ndarray:
    """Return weights of the training rows, some of them 0."""
    return np.random.default_rng(22).integers(0, 4, N_TRAIN) / 2


def table(n_rows: int, seed: int) -> pd.DataFrame:
    """Return columns of numbers and text with missing cells, and a target of each kind."""
    draw = np.random.default_rng(seed)
    age, town, colour = draw.integers(18, 90, n_rows), draw.integers(0, 5, n_rows), draw.integers(0, 3, n_rows)
    size = draw.standard_normal(n_rows) * 1000
    score = age / 30 + (town == 2) + size / 1000 + colour * (draw.random(n_rows) < 0.7)
    data = {
        "age": np.where(draw.random(n_rows) < 0.1, np.nan, age),
        "town": np.where(draw.random(n_rows) < 0.1, None, np.array(["Ulm", "Hof", "Köln", "Bad Ems", "Au"], object)[town]),
        "size": size.round(3),
        "colour": np.array(["red", "green", "blue"], object)[colour],
        "two": np.where(score > 3, "yes", "no"),
        "three": np.searchsorted([2.5, 4], score),
        "value": (score * 10).round(4),
    }
    return pd.DataFrame(data)


# Hashes


def absorb(digest: Any, found: Any) -> None:
    """Add all that was found to a hash: type, shape and bytes of each array."""
    if isinstance(found, dict):
        for key in sorted(found):
            absorb(digest, [key, found[key]])
    elif isinstance(found, list | tuple):
        digest.update(f"{len(found)} of ".encode())
        for part in found:
            absorb(digest, part)
    elif scipy.sparse.issparse(found):
        absorb(digest, [found.shape, found.indptr, found.indices, found.data])
    elif isinstance(found, str | None) or np.asarray(found).dtype == object:
        digest.update(repr(found if isinstance(found, str | None) else np.asarray(found).tolist()).encode())
    else:
        array = np.ascontiguousarray(found)
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())


def fingerprint(case: Case) -> str:
    """Return the hash of what a case returns, or the type of what it raises."""
    digest = hashlib.sha256()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            absorb(digest, case())
    except (Exception, SystemExit) as error:  # a refusal is a result, too
        return type(error).__name__
    return digest.hexdigest()[:16]


def state(model: Any, held: Any) -> list[Any]:
    """Return what a model has learnt and what it predicts."""
    if isinstance(model, LogisticSDCAClassifier):
        model.eta0_ = min(1.0, 0.5 / model.alpha_)  # which it had when the first hashes were taken
    learnt = [[name, getattr(model, name)] for name in (*WEIGHTS, *COURSE, *CHOICE) if hasattr(model, name)]
    predicted = [[name, getattr(model, name)(held)] for name in PREDICTIONS if hasattr(model, name)]
    score = model.scorer()
    scored = [score(row) for row in held[:3].astype(np.float64, order="C")] if isinstance(held, np.ndarray) else []
    return [learnt, predicted, scored]


# Ways to train


def split(X: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """Return rows and targets to train on, and held ones."""
    by_place = X.iloc if hasattr(X, "iloc") else X
    return by_place[:N_TRAIN], y[:N_TRAIN], by_place[N_TRAIN:], y[N_TRAIN:]


def fitted(estimator: Any, X: Any, y: Any, **more: Any) -> list[Any]:
    """Fit and look; ``validate=True`` gives the fit the held rows, ``layout`` makes of the rows what is fitted."""
    X, y, X_held, y_held = split(X, y)
    X = more.pop("layout", lambda same: same)(X)
    if more.pop("validate", False):
        more.update(X_val=X_held, y_val=y_held)
    return state(estimator.fit(X, y, **more), X_held)


def fitted_with(train: Callable[..., tuple[Any, Any]], X: Any, y: Any) -> list[Any]:
    """Fit by a function that returns a model and something else."""
    X, y, X_held, _ = split(X, y)
    model, more = train(X=X, y=y)
    return [state(model, X_held), more, saved_and_loaded(model, X_held)[1]]


def all_of(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Fit on all rows and predict them."""
    return state(estimator.fit(X, y), X)


def fitted_twice(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Fit on half of the rows, then again on all."""
    X, y, X_held, _ = split(X, y)
    return [state(estimator.fit(X[part], y[part]), X_held) for part in (slice(0, None, 2), slice(None))]


def learn(estimator: Any, X: Any, y: Any, known: Any, **more: Any) -> Any:
    """Call partial_fit; ``known`` are all targets."""
    if hasattr(estimator, "predict_proba"):
        more["classes"] = np.arange(known.shape[1]) if known.ndim == 2 else np.unique(known)
    return estimator.partial_fit(X, y, **more)


def in_pieces(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> list[Any]:
    """Learn piece by piece and look after each."""
    known, found, start = y, [], 0
    X, y, X_held, _ = split(X, y)
    for size in PIECES:
        part = slice(start, start + size)
        more = {} if sample_weight is None else {"sample_weight": sample_weight[part]}
        found.append(state(learn(estimator, X[part], y[part], known, **more), X_held))
        start += size
    return found


def saved_and_loaded(model: Any, X_held: Any) -> tuple[Any, list[Any]]:
    """Return the estimator that comes back from a file, and what file and estimator predict."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        loaded, again = hotloop.load(path), hotloop.load_estimator(path)
    return again, [loaded.predict(X_held), state(again, X_held)]


def saved_and_continued(estimator: Any, X: Any, y: Any, whole: bool) -> list[Any]:
    """Learn 75 rows, by fit or partial_fit, save, load and learn the rest."""
    known = y
    X, y, X_held, _ = split(X, y)
    model = estimator.fit(X[:75], y[:75]) if whole else learn(estimator, X[:75], y[:75], known)
    again, found = saved_and_loaded(model, X_held)
    return [*found, state(learn(again, X[75:], y[75:], known), X_held)]


def after_refusal(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Learn some rows, then rows so large that most rules refuse them, and go on with others."""
    known, found = y, []
    X, y, X_held, _ = split(X, y)
    large = float(np.finfo(X.dtype).max) ** 0.9
    for part, factor in ((slice(0, 90), 1), (slice(90, 102), large), (slice(102, None), 1)):
        try:
            learn(estimator, X[part] * factor, y[part], known)
        except (FloatingPointError, ValueError) as error:
            found.append(type(error).__name__)
        found.append(state(estimator, X_held))
    return found


def assigned(estimator: Any, X: Any, y: Any) -> list[Any]:
    """Assign weights between two pieces."""
    known = y
    X, y, X_held, _ = split(X, y)
    learn(estimator, X[:90], y[:90], known)
    estimator.coef_, estimator.intercept_ = estimator.coef_ / 2, estimator.intercept_ + 1
    found = state(estimator, X_held)
    return [found, state(learn(estimator, X[90:], y[90:], known), X_held)]


# Cases: each function fills a dictionary of them


def add(cases: Cases, name: str, train: Callable[..., Any], *given: Any, **more: Any) -> None:
    """Add a case, which is not carried out yet."""
    assert name not in cases, name
    cases[name] = partial(train, *given, **more)


def logistic_grid(cases: Cases) -> None:
    """Every optimizer with every penalty on every storage; pieces, and files between two of them."""
    for kind, optimizer, storage, dtype in product(CLASSES, OPTIMIZERS, STORAGES, DTYPES):
        data, at = (rows(storage, dtype), targets(kind)), f"{kind}/{optimizer}/{storage}/{dtype}"
        for penalty, alpha in product(("l2", "l1", "elasticnet", None), ("auto", 0.01)):
            own, name = {"penalty": penalty, "alpha": alpha}, f"logistic/{at}/{penalty}/{alpha}"
            if optimizer == "sdca":
                add(cases, name, fitted_with, partial(to_the_optimum, max_iter=6, random_state=0, **own), *data)
            else:
                add(cases, name, fitted, logistic(optimizer=optimizer, **own), *data)
        if optimizer != "sdca":
            add(cases, f"logistic/pieces/{at}", in_pieces, logistic(optimizer=optimizer), *data)
            add(cases, f"logistic/refusal/{at}", after_refusal, logistic(optimizer=optimizer), *data)
            add(cases, f"logistic/assigned/{at}", assigned, logistic(optimizer=optimizer), *data)
            for whole in (False, True):
                name = f"logistic/saved/{at}/{'fit' if whole else 'partial_fit'}"
                add(cases, name, saved_and_continued, logistic(optimizer=optimizer), *data, whole)


def logistic_options(cases: Cases) -> None:
    """Every other option, alone."""
    single: dict[str, dict[str, Any]] = {
        "average=False": {"average": False},
        "no-intercept": {"fit_intercept": False},
        "no-shuffle": {"shuffle": False},
        "eta0": {"eta0": 0.05},
        "tol": {"max_iter": 8, "tol": 1e-2},
        "early_stopping": {"early_stopping": True, "max_iter": 8, "tol": "auto"},
        "balanced": {"class_weight": "balanced"},
        "constant": {"learning_rate": "constant"},
        "invscaling": {"learning_rate": "invscaling", "power_t": 0.4},
        "optimal": {"learning_rate": "optimal"},
        **{f"standardize={value}": {"standardize": value} for value in STANDARDIZE},
        "ovr": {"multi_class": "ovr"},
        "importance_aware": {"importance_aware": True},
        "diverging": {"eta0": 1e200, "alpha": 0},
    }
    for kind, storage in product(CLASSES, STORAGES):
        data, at = (rows(storage), targets(kind)), f"{kind}/{storage}"
        for name, own in single.items():
            add(cases, f"logistic/{name}/{at}", fitted, logistic(**own), *data)
        for name in ("ovr", "importance_aware", "no-intercept", "average=False", "standardize=None"):
            add(cases, f"logistic/{name}/pieces/{at}", in_pieces, logistic(**single[name]), *data)
        add(cases, f"logistic/sample_weight/{at}", fitted, logistic(), *data, sample_weight=weights())
        add(cases, f"logistic/sample_weight/pieces/{at}", in_pieces, logistic(), *data, sample_weight=weights())
        add(cases, f"logistic/X_val/{at}", fitted, logistic(max_iter=6), *data, validate=True)
        for optimizer in ("sgd", "ftrl", "adagrad", "normalized"):
            own = {"optimizer": optimizer}
            add(cases, f"logistic/warm_start/{optimizer}/{at}", fitted_twice, logistic(warm_start=True, **own), *data)
            add(cases, f"logistic/certificate/{optimizer}/{at}", fitted_with, partial(certified, logistic(**own)), *data)
            add(
                cases, f"logistic/progressive/{optimizer}/{at}", fitted_with, partial(judged_on_the_way, logistic(**own)), *data
            )
        add(cases, f"logistic/certificate/l1/{at}", fitted_with, partial(certified, logistic(penalty="l1")), *data)
        add(cases, f"logistic/error_bars/{at}", fitted_with, partial(with_error_bars, logistic(), n_replicas=5), *data)


def logistic_rows(cases: Cases) -> None:
    """Rows of other types and layouts, and sparse rows far wider than a call has cells."""
    layouts: dict[str, Callable[[Any], Any]] = {
        "float16": lambda X: X.astype(np.float16),
        "int64": lambda X: X.astype(np.int64),
        "bool": lambda X: X > 0,
        "fortran": np.asfortranarray,
        "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
        "csc": scipy.sparse.csc_matrix,
        "coo": scipy.sparse.coo_array,
    }
    for kind in CLASSES:
        y = targets(kind)
        for name, layout in layouts.items():
            add(cases, f"logistic/{name}/{kind}", fitted, logistic(), rows(), y, layout=layout)
        for dtype in DTYPES:
            frame = pd.DataFrame(rows(dtype=dtype)).add_prefix("column ")
            add(cases, f"logistic/frame/{kind}/{dtype}", fitted, logistic(), frame, y)
        for storage in STORAGES:
            add(cases, f"logistic/uint8/{kind}/{storage}", fitted, logistic(), rows(storage, "uint8"), y)
            add(cases, f"logistic/uint8/pieces/{kind}/{storage}", in_pieces, logistic(), rows(storage, "uint8"), y)
        for optimizer, penalty in (("auto", "l2"), ("sgd", "l2"), ("sgd", "l1"), ("ftrl", "l1"), ("adagrad", None)):
            own, at = {"optimizer": optimizer, "penalty": penalty}, f"{kind}/{optimizer}/{penalty}"
            add(cases, f"logistic/wide/{at}", fitted, logistic(**own), wide_rows(), y)
            add(cases, f"logistic/wide/pieces/{at}", in_pieces, logistic(**own), wide_rows(), y)
            add(cases, f"logistic/wide/refusal/{at}", after_refusal, logistic(**own), wide_rows(), y)
    add(cases, "logistic/sparsify", fitted, logistic(penalty="l1", alpha=0.05).sparsify(), rows(), targets("binary"))


def searches(cases: Cases, max_iter: Any = 2) -> None:
    """Fits that choose step size, strength and epochs, of which there are few."""
    ways: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "auto": ({}, {}),
        "last": ({"cv": "last"}, {}),
        "cv=3": ({"cv": 3}, {}),
        "groups": ({}, {"groups": np.arange(N_TRAIN) // 20}),
        "X_val": ({}, {"validate": True}),
        "alpha": ({"alpha": 1e-3}, {}),
        "sample_weight": ({"class_weight": "balanced"}, {"sample_weight": weights()}),
        "ovr": ({"multi_class": "ovr"}, {}),
        "average=False": ({"average": False}, {}),
    }
    search = partial(LogisticSGDClassifier, max_iter=max_iter, random_state=0)
    for kind, storage in product(CLASSES, STORAGES):
        data, at = (rows(storage), targets(kind)), f"{kind}/{storage}"
        for name, (own, more) in ways.items():
            add(cases, f"search/{max_iter}/{name}/{at}", fitted, search(**own), *data, **more)
        for dtype in ("float32", "uint8"):
            add(cases, f"search/{max_iter}/{dtype}/{at}", fitted, search(), rows(storage, dtype), targets(kind))


def long_searches(cases: Cases) -> None:
    """Fits that choose with all epochs, and the grid by default."""
    searches(cases, "auto")
    for kind, storage in product(CLASSES, STORAGES):
        grid = LogisticSGDClassifierCV(random_state=0)
        add(cases, f"grid/auto/{kind}/{storage}", fitted, grid, rows(storage), targets(kind))


def grids(cases: Cases) -> None:
    """Searches on small grids."""
    grid = partial(LogisticSGDClassifierCV, alpha=[1e-4, 1e-2], cv=3, max_iter=5, random_state=0)
    for kind, storage in product(CLASSES, STORAGES):
        data, at = (rows(storage), targets(kind)), f"{kind}/{storage}"
        steps = grid(eta0=[0.01, 0.1], average=False, standardize="maxabs")
        add(cases, f"grid/plain/{at}", fitted, grid(), *data)
        add(cases, f"grid/steps/{at}", fitted, steps, *data)
        add(cases, f"grid/sample_weight/{at}", fitted, grid(class_weight="balanced"), *data, sample_weight=weights())
        add(cases, f"grid/error_bars/{at}", fitted_with, partial(with_error_bars, grid(), n_replicas=4), *data)


def network(kind: str, **options: Any) -> Any:
    """Return an estimator for targets of this kind."""
    if kind in (*CLASSES, "labels"):
        return TwoLayerClassifier(**SMALL | options)
    return TwoLayerRegressor(output="sigmoid_sum" if kind == "sigmoid_sum" else "linear", **SMALL | options)


def network_grid(cases: Cases) -> None:
    """Every kind of target with every rule; pieces, files and second fits."""
    rules: dict[str, dict[str, Any]] = {
        "sgd": {},
        "momentum": {"momentum": 0.9, "batch_size": 8},
        "heavy-ball": {"momentum": 0.5, "nesterovs_momentum": False},
        "batches": {"batch_size": 7},
        "adam": {"optimizer": "adam", "batch_size": 16},
        "adamw": {"optimizer": "adamw", "alpha": 0.01},
    }
    for kind, (rule, own), storage, dtype in product(TARGETS, rules.items(), STORAGES, DTYPES):
        data, at = (rows(storage, dtype), targets(kind)), f"{kind}/{rule}/{storage}/{dtype}"
        add(cases, f"network/{at}", fitted, network(kind, **own), *data)
        add(cases, f"network/pieces/{at}", in_pieces, network(kind, **own), *data)
        add(cases, f"network/refusal/{at}", after_refusal, network(kind, **own), *data)
        add(cases, f"network/warm_start/{at}", fitted_twice, network(kind, warm_start=True, **own), *data)
        for whole in (False, True):
            name = f"network/saved/{at}/{'fit' if whole else 'partial_fit'}"
            add(cases, name, saved_and_continued, network(kind, **own), *data, whole)


def network_options(cases: Cases) -> None:
    """Every other option, alone."""
    single: dict[str, dict[str, Any]] = {
        "tanh": {"activation": "tanh"},
        "logistic": {"activation": "logistic"},
        "tanh-adam": {"activation": "tanh", "optimizer": "adam", "batch_size": 32},
        "dropout": {"dropout": 0.3},
        "dropout-adam": {"dropout": 0.5, "optimizer": "adam", "batch_size": 5},
        "early_stopping": {"early_stopping": True, "max_iter": 5, "tol": "auto"},
        "no-shuffle": {"shuffle": False},
        "eta0": {"eta0": 0.01, "learning_rate": "constant"},
        "invscaling": {"learning_rate": "invscaling"},
        "optimal": {"learning_rate": "optimal", "alpha": 0.1},
        "diverging": {"eta0": 1e200, "alpha": 0},
        "n_hidden=1": {"n_hidden": 1},
        "n_hidden=64": {"n_hidden": 64},
        "n_jobs=2": {"n_hidden": 150, "n_jobs": 2, "max_iter": 1},
        **{f"standardize={value}": {"standardize": value} for value in STANDARDIZE},
        **{f"init={value}": {"init": value, "max_iter": 1} for value in INIT},
    }
    for kind, storage in product(TARGETS, STORAGES):
        data, at = (rows(storage), targets(kind)), f"{kind}/{storage}"
        for name, own in single.items():
            add(cases, f"network/{name}/{at}", fitted, network(kind, **own), *data)
        add(cases, f"network/sample_weight/{at}", fitted, network(kind), *data, sample_weight=weights())
        add(cases, f"network/sample_weight/pieces/{at}", in_pieces, network(kind), *data, sample_weight=weights())
        add(cases, f"network/X_val/{at}", fitted, network(kind, max_iter=4), *data, validate=True)
        add(cases, f"network/uint8/{at}", fitted, network(kind), rows(storage, "uint8"), targets(kind))
        if kind in CLASSES:
            add(cases, f"network/balanced/{at}", fitted, network(kind, class_weight="balanced"), *data)
    for kind in TARGETS:
        add(cases, f"network/fortran/{kind}", fitted, network(kind), rows(), targets(kind), layout=np.asfortranarray)
        add(cases, f"network/frame/{kind}", fitted, network(kind), pd.DataFrame(rows()).add_prefix("x"), targets(kind))
        add(cases, f"network/wide/{kind}", fitted, network(kind), wide_rows(), targets(kind))


def long_networks(cases: Cases) -> None:
    """Networks that train as long as they like."""
    for kind in TARGETS:
        own = {"n_hidden": "auto", "max_iter": "auto", "tol": "auto"}
        add(cases, f"network/auto/{kind}", fitted, network(kind, **own), rows(), targets(kind))


def many_rows(cases: Cases) -> None:
    """More rows than are searched, predicted or given to a kernel at once."""
    draw = np.random.default_rng(27)
    X = draw.standard_normal((24_000, 5)).astype(np.float32)
    score = X @ draw.standard_normal(5) + draw.standard_normal(len(X))
    y = {"binary": score > 0, "softmax": np.digitize(score, [-1, 1]), "value": score.astype(np.float64)}
    for storage, given in (("dense", X), ("csr", scipy.sparse.csr_matrix(np.where(X > 0, X, 0)))):
        for kind in CLASSES:
            at = f"{kind}/{storage}"
            add(cases, f"many/search/{at}", all_of, LogisticSGDClassifier(random_state=0), given, y[kind])
            for optimizer in ("sgd", "ftrl", "adagrad", "normalized"):
                add(cases, f"many/{optimizer}/{at}", all_of, logistic(optimizer=optimizer), given, y[kind])
            optimum = partial(to_the_optimum, random_state=0, alpha=1e-3)
            add(cases, f"many/sdca/{at}", fitted_with, optimum, given[:3000], y[kind][:3000])
        for kind in y:
            add(cases, f"many/network/{kind}/{storage}", all_of, network(kind, max_iter=1), given, y[kind])


def functions(cases: Cases) -> None:
    """Every function of hotloop.functional."""
    draw = np.random.default_rng(23)
    for dtype in DTYPES:
        X = rows(dtype=dtype)[:, :19] / 10
        y, w, eta = targets("binary"), draw.standard_normal(19), draw.uniform(0.01, 0.1, len(X))
        W, v, dy = draw.standard_normal((19, 11)), draw.standard_normal(11), draw.standard_normal(len(X))
        net, do = (W, v, draw.standard_normal((11, 3)), draw.standard_normal(3)), draw.standard_normal((len(X), 3))
        calls: dict[str, tuple[Any, ...]] = {
            "logistic_probability": (X, w),
            "logistic_loss": (X, y, w),
            "logistic_gradient": (X, y, w),
            "sigmoid_sum_forward": (X, W, v),
            "sigmoid_sum_gradients": (X, W, v),
            "sigmoid_sum_backward": (X, W, v, dy),
        }
        for name, given in calls.items():
            add(cases, f"function/{name}/{dtype}", getattr(F, name), *given)
        add(cases, f"function/logistic_sgd/{dtype}", F.logistic_sgd, X, y, w, 0.05)
        add(cases, f"function/logistic_sgd/steps/{dtype}", F.logistic_sgd, X, y, w, eta)
        for own in ("relu", "tanh", "logistic"):
            add(cases, f"function/two_layer_forward/{own}/{dtype}", F.two_layer_forward, X, *net, activation=own)
            add(cases, f"function/two_layer_jacobians/{own}/{dtype}", F.two_layer_jacobians, X, *net, activation=own)
            add(cases, f"function/two_layer_backward/{own}/{dtype}", F.two_layer_backward, X, *net, do, activation=own)


def encoders(cases: Cases) -> None:
    """Encoders on tables, documents and tokens."""
    frame, unseen = (table(n, seed).drop(columns=list(ANSWERS)) for n, seed in ((150, 24), (50, 25)))
    unseen = unseen.replace({"colour": {"red": "violet"}})
    for name, own in {"plain": {}, "few": {"max_categories": 2}, "float32": {"dtype": "float32"}}.items():
        add(cases, f"encoder/table/{name}", encoded, TableEncoder(**own), frame, unseen)
    categories = [some.astype({"town": "category", "age": "Int64"}) for some in (frame, unseen)]
    add(cases, "encoder/table/categories", encoded, TableEncoder(), *categories)
    draw = np.random.default_rng(26)
    words = np.array(["Good", "bad", "film", "Fünf", "a", "seven-up", "naïve", "x9", "THE", "end", "日本", "don't"])
    documents = [" ".join(draw.choice(words, size)) for size in draw.integers(0, 15, 80)]
    ascii_only = [text.encode("ascii", "ignore").decode() for text in documents]
    tokens = [text.split() for text in documents]
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "runs": {"ngram_range": (1, 3)},
        "char": {"analyzer": "char", "ngram_range": (2, 4)},
        "char_wb": {"analyzer": "char_wb", "ngram_range": (1, 3)},
        "pattern": {"token_pattern": r"\w+", "lowercase": False},
        "unsigned": {"alternate_sign": False, "norm": "l1"},
        "binary": {"binary": True, "norm": None},
        "crosses": {"crosses": [("town", "colour")]},
    }
    for name, X in {"documents": documents, "ascii": ascii_only, "tokens": tokens, "table": frame}.items():
        for way, own in ways.items():
            add(cases, f"encoder/hashing/{name}/{way}", HashingEncoder(n_features=512, **own).transform, X)
    add(cases, "encoder/hashing/names", named_tokens, documents)


def encoded(encoder: Any, frame: Any, unseen: Any) -> list[Any]:
    """Return what an encoder of tables makes of the rows of training and of others."""
    return [encoder.fit_transform(frame), encoder.transform(unseen), encoder.get_feature_names_out()]


def named_tokens(documents: Any) -> list[Any]:
    """Return the tokens that columns stand for, and weights by their names."""
    encoder = HashingEncoder(n_features=32, keep_names=True).fit(documents)
    names = sorted(encoder.feature_names().items())
    return [names, encoder.weights_by_name(np.linspace(-1, 1, 32)), encoder.n_collisions_]


def command(*arguments: Any) -> str:
    """Return what the command prints."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(io.StringIO()):
        code = hotloop.cli.main([str(argument) for argument in arguments])
    if code:
        raise ChildProcessError(f"the command ended with {code}")
    return said.getvalue()


def trained_by_command(target: str, *options: str, header: bool = True, separator: str = ",") -> list[Any]:
    """Train on a file, predict and evaluate another; return what is printed but for times and names of files."""
    how = [] if header else ["--no-header"]
    with tempfile.TemporaryDirectory() as folder:
        model, old, new = (Path(folder) / name for name in ("model", "old.csv", "new.csv"))
        for path, n_rows, seed in ((old, 150, 24), (new, 50, 25)):
            frame = table(n_rows, seed).drop(columns=[name for name in ANSWERS if name != target])
            frame.to_csv(path, index=False, header=header, sep=separator)
        named = target if header else "c5"
        outcome = json.loads(command("train", old, "--target", named, "--model", model, "--json", *how, *options))
        found = [outcome["rows"], outcome["columns"], outcome.get("class_counts")]
        found += [outcome["training"][name] for name in ("columns", "epochs", "loss", "eta0", "alpha")]
        figures = json.loads(command("evaluate", model, new, "--json", *how))
        return [*found, command("predict", model, new, *how), {**figures, "data": None}]


def commands(cases: Cases) -> None:
    """The command, told what would take long to find."""
    fixed = ("--epochs", "3", "--eta0", "0.05", "--alpha", "0.001")
    add(cases, "command/explain", command, "explain")
    for target in ANSWERS:
        add(cases, f"command/plain/{target}", trained_by_command, target, *fixed)
        add(cases, f"command/seed/{target}", trained_by_command, target, *fixed, "--seed", "7")
        add(cases, f"command/hidden/{target}", trained_by_command, target, "--epochs", "2", "--hidden", "19")
        add(cases, f"command/separator/{target}", trained_by_command, target, *fixed, separator=";")
        add(cases, f"command/no-header/{target}", trained_by_command, target, *fixed, header=False)
        add(cases, f"command/regression/{target}", trained_by_command, target, *fixed, "--task", "regression")


def long_commands(cases: Cases) -> None:
    """The command, told nothing."""
    for target in ANSWERS:
        add(cases, f"command/auto/{target}", trained_by_command, target)


def all_cases() -> Cases:
    """Return the cases of this backend, always in this order."""
    cases: Cases = {}
    short = [logistic_grid, logistic_options, logistic_rows, network_grid, network_options, functions, encoders, commands]
    long = [long_searches, long_networks, long_commands, many_rows]
    for fill in [*short, searches, grids, *(long if hotloop.backend_info().backend == "compiled" else [])]:
        fill(cases)
    return cases


# The report


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return a line for each case that differs, is missing or is new."""
    both = [name for name in before if name in now]
    lines = [f"differs  {name}: {before[name]}, now {now[name]}" for name in both if now[name] != before[name]]
    lines += [f"missing  {name}" for name in before if name not in now]
    return lines + [f"new      {name}" for name in now if name not in before]


def read(path: Path) -> dict[str, str]:
    """Return the cases of a file and their fingerprints, without the total."""
    return dict(line.split("  ") for line in path.read_text().splitlines() if not line.startswith("total  "))


def main(argv: list[str] | None = None) -> int:
    """Print the fingerprints, or what differs; 1 if a case differs or is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, help="file to write the lines to")
    parser.add_argument("--against", type=Path, help="file to compare with; 1 is returned if a case differs or is missing")
    arguments = parser.parse_args(argv)
    now: dict[str, str] = {}
    for name, case in all_cases().items():
        now[name] = fingerprint(case)
        if arguments.against is None:
            print(f"{name}  {now[name]}", flush=True)
    lines = [f"{name}  {found}" for name, found in now.items()]
    lines.append(f"total  {hashlib.sha256('|'.join(lines).encode()).hexdigest()[:16]}")
    print(lines[-1])
    if arguments.out is not None:
        arguments.out.write_text("\n".join(lines) + "\n")
    if arguments.against is None:
        return 0
    found = differences(read(arguments.against), now)
    print("\n".join([*found, f"{len(now)} cases, {len(found)} of them differ, are missing or new"]))
    return int(any(not line.startswith("new") for line in found))


if __name__ == "__main__":
    sys.exit(main())
