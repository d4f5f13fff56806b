"""Cases of two-layer networks."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from bench.studies.fingerprints.data import (
    CLASSES,
    DTYPES,
    INIT,
    SMALL,
    STANDARDIZE,
    STORAGES,
    TARGETS,
    rows,
    targets,
    weights,
    wide_rows,
)
from bench.studies.fingerprints.training import Cases, add, after_refusal, fitted, fitted_twice, in_pieces, saved_and_continued
from hotloop import (
    TwoLayerClassifier,
    TwoLayerRegressor,
)


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
