"""The options of networks: their values, and what goes with what.

Both are tables. The checks, their messages and docs/options.md are made of them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from hotloop.data.validation import Array
from hotloop.structs import ACTIVATIONS, OPTIMIZERS, CSRRows
from hotloop.training.options import POWER_T, SHARED_VALUES, VALIDATION_FRACTION, FitOptions
from hotloop.training.rules import Rule, check_rules
from hotloop.training.values import FLAG, Values, numbers, one_of, whole_numbers
from hotloop.two_layer.initializers import INITS
from hotloop.two_layer.optimizer import NetworkOptimizer

ADAM = ("adam", "adamw")
SHARE = numbers(0, 1)

# Option: the values that it may have, in the order in which they are checked.
VALUES: dict[str, Values] = {
    "n_hidden": whole_numbers(1, "auto"),
    "activation": one_of(*ACTIVATIONS),
    "output": one_of("linear", "sigmoid_sum"),
    "init": one_of("auto", *INITS),
    "dropout": SHARE,
    "optimizer": one_of(*OPTIMIZERS),
    "batch_size": whole_numbers(1),
    "momentum": SHARE,
    "nesterovs_momentum": FLAG,
    "beta_1": SHARE,
    "beta_2": SHARE,
    "epsilon": numbers(0, closed="neither"),
    "early_stopping": FLAG,
    "validation_fraction": numbers(0, 1, closed="neither"),
    "warm_start": FLAG,
    "class_weight": Values(("balanced", None), mapping=True),
    "n_jobs": whole_numbers(1, -1, None),
    **SHARED_VALUES,
}

# What does not go together. The first rule that is broken is the message. "rows", "targets" and "method" are facts of the fit.
RULES: tuple[Rule, ...] = (
    Rule({"optimizer": ADAM}, "momentum", one_of(0), "Adam has its own, beta_1: leave momentum=0, or take optimizer='sgd'"),
    Rule({"optimizer": ADAM}, "nesterovs_momentum", one_of(True), "leave nesterovs_momentum=True, or take optimizer='sgd'"),
    Rule({"optimizer": ("sgd",)}, "beta_1", one_of(0.9), "leave beta_1=0.9, or take optimizer='adam'"),
    Rule({"optimizer": ("sgd",)}, "beta_2", one_of(0.999), "leave beta_2=0.999, or take optimizer='adam'"),
    Rule({"optimizer": ("sgd",)}, "epsilon", one_of(1e-8), "leave epsilon=1e-08, or take optimizer='adam'"),
    Rule(
        {"rows": ("sparse rows",)},
        "standardize",
        one_of("auto", "maxabs", None),
        "a network does not centre sparse rows: take standardize='maxabs' or None",
    ),
    Rule(
        {"targets": ("several targets a row",)},
        "output",
        one_of("linear"),
        "a sum of sigmoids has one value: take output='linear'",
    ),
    Rule({"targets": ("several labels a row",)}, "class_weight", one_of(None), "a row has no one class: give sample_weight"),
    Rule(
        {"method": ("partial_fit",)},
        "class_weight",
        Values((None,), mapping=True),
        "it needs all labels at once: give a dict of weights",
    ),
    VALIDATION_FRACTION,
    POWER_T,
)


@dataclass(frozen=True)
class TwoLayerOptions(FitOptions):
    """The options of a network as the user gives them, by the names of TwoLayerClassifier and TwoLayerRegressor.

    ``output`` is that of regression; classes decide theirs.

    Raises
    ------
    ValueError
        An option has a value that VALUES does not allow, or a rule of RULES is broken whatever the rows are.
    """

    n_hidden: int | str = "auto"
    activation: str = "relu"
    output: str = "linear"
    init: str = "auto"
    dropout: float = 0.0
    optimizer: str = "sgd"
    batch_size: int = 1
    momentum: float = 0.0
    nesterovs_momentum: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    early_stopping: bool = False
    validation_fraction: float = 0.1
    warm_start: bool = False
    class_weight: Any = None
    n_jobs: int | None = None

    VALUES: ClassVar[Mapping[str, Values]] = VALUES

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rules(self, RULES, {})

    def resolved(self, X: Array | CSRRows, targets: str, method: str = "fit") -> Self:
        """Return the options with the standardisation that "auto" means for these rows.

        Parameters
        ----------
        X : ndarray or CSRRows
            Bytes, as of pictures, have one unit for all columns: "common".
        targets : str
            What a row has: "one class", "several labels a row", "one target" or "several targets a row".
        method : {"fit", "partial_fit"}

        Raises
        ------
        ValueError
            A rule of RULES is broken.
        """
        check_rules(self, RULES, facts(X, targets, method))
        if self.standardize != "auto":
            return self
        if isinstance(X, CSRRows):
            return replace(self, standardize="maxabs")
        return replace(self, standardize="common" if X.dtype == np.uint8 else "std")

    def network_optimizer(self) -> NetworkOptimizer:
        """Return how a network is trained by these options."""
        return NetworkOptimizer(
            name=self.optimizer,
            batch_size=int(self.batch_size),
            momentum=self.momentum,
            nesterov=bool(self.nesterovs_momentum),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            dropout=self.dropout,
            key=self.seed,
            n_jobs=count_threads(self.n_jobs),
        )


def facts(X: Array | CSRRows, targets: str, method: str) -> dict[str, str]:
    """Return what RULES look at beside the options; parameters as for :meth:`TwoLayerOptions.resolved`."""
    return {"rows": "sparse rows" if isinstance(X, CSRRows) else "dense rows", "targets": targets, "method": method}


def count_threads(n_jobs: int | None) -> int:
    """Return the number of threads that ``n_jobs`` means: at most as many as CPUs, which -1 is; None is 1."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if n_jobs is None else cpus if n_jobs == -1 else min(int(n_jobs), cpus)
