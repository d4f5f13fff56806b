"""Cases of logistic regression."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

from bench.studies.fingerprints.data import (
    CLASSES,
    DTYPES,
    N_TRAIN,
    OPTIMIZERS,
    STANDARDIZE,
    STORAGES,
    rows,
    targets,
    weights,
    wide_rows,
)
from bench.studies.fingerprints.networks import network
from bench.studies.fingerprints.training import (
    Cases,
    add,
    after_refusal,
    all_of,
    assigned,
    certified,
    fitted,
    fitted_twice,
    fitted_with,
    in_pieces,
    judged_on_the_way,
    logistic,
    saved_and_continued,
    to_the_optimum,
    with_error_bars,
)
from hotloop import (
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
)


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
