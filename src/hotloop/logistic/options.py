"""The options of logistic regression: their values, what goes with what, and the memory that each kind of state takes.

All of it is tables. The checks, their messages, the constraints of the estimators and docs/options.md are made of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from hotloop.logistic.state_adaptive import ETA0_ADAPTIVE
from hotloop.training.options import POWER_T, SHARED_VALUES, VALIDATION_FRACTION, FitOptions
from hotloop.training.rules import Rule, check_rules
from hotloop.training.values import FLAG, Values, numbers, one_of, whole_numbers

SDCA_IS_A_CLASS = "it is a class of its own, LogisticSDCAClassifier"

# Option: the values that it may have, in the order in which they are checked.
VALUES: dict[str, Values] = {
    "optimizer": one_of("auto", "sgd", "adagrad", "ftrl", "normalized", elsewhere={"sdca": SDCA_IS_A_CLASS}),
    "penalty": one_of("l2", "l1", "elasticnet", None),
    "l1_ratio": numbers(0, 1, closed="both"),
    "average": one_of(True, False, "auto"),
    "multi_class": one_of("multinomial", "ovr"),
    "importance_aware": FLAG,
    "fit_intercept": FLAG,
    "early_stopping": FLAG,
    "validation_fraction": numbers(0, 1, closed="neither"),
    "warm_start": FLAG,
    "class_weight": Values(("balanced", None), mapping=True),
    "cv": whole_numbers(2, "auto", "last", None),
    **SHARED_VALUES,
}

L1 = ("l1", "elasticnet")

# Parts of the rules: where they hold, and what an option must then be.
NO_PENALTY = {"optimizer": ("adagrad", "normalized")}
NOT_SGD = {"optimizer": ("adagrad", "ftrl", "normalized")}
SGD_L1 = {"optimizer": ("sgd",), "penalty": L1}
SPARSE = {"rows": ("sparse rows",)}
SEVERAL = {"classes": ("more than two classes",)}
FALSE, SOFTMAX = one_of(False), one_of("multinomial")
NOT_AVERAGED = one_of("auto", False)
NOT_CENTRED = one_of("auto", "maxabs", None)
WRAP = "wrap the estimator in scikit-learn's OneVsRestClassifier"

# What does not go together. The first rule that is broken is the message. "rows", "classes" and "method" are facts of the fit.
RULES: tuple[Rule, ...] = (
    Rule(NO_PENALTY, "penalty", one_of("l2", None), "take optimizer='sgd' or 'ftrl', or penalty='l2'"),
    Rule(
        NO_PENALTY | {"penalty": ("l2",)},
        "alpha",
        one_of("auto", 0),
        "this optimizer has no penalty: leave alpha='auto', or take optimizer='sgd' or 'ftrl'",
    ),
    Rule(NOT_SGD, "average", NOT_AVERAGED, "leave average='auto', or take optimizer='sgd'"),
    Rule(NOT_SGD, "learning_rate", one_of("auto", "constant"), "leave learning_rate='auto', or take optimizer='sgd'"),
    Rule(NOT_SGD, "importance_aware", FALSE, "take optimizer='sgd', or importance_aware=False"),
    Rule(NOT_SGD, "multi_class", SOFTMAX, f"take optimizer='sgd', or {WRAP}"),
    Rule({"optimizer": ("normalized",)}, "warm_start", FALSE, "its steps go on with partial_fit: leave warm_start=False"),
    Rule(SGD_L1, "average", NOT_AVERAGED, "a mean of weights is not 0: leave average='auto', or take penalty='l2'"),
    Rule(SGD_L1, "importance_aware", FALSE, "take penalty='l2', or importance_aware=False"),
    Rule(SGD_L1, "multi_class", SOFTMAX, f"take penalty='l2', or {WRAP}"),
    Rule(SEVERAL, "importance_aware", FALSE, f"take importance_aware=False, or {WRAP}"),
    Rule(SPARSE, "importance_aware", FALSE, "give dense rows, or take importance_aware=False"),
    Rule(SPARSE | SEVERAL, "multi_class", SOFTMAX, f"give dense rows, or {WRAP}"),
    Rule(SPARSE, "standardize", one_of("auto", "std", "maxabs", None), "take standardize='maxabs' or None"),
    Rule(
        SPARSE | NOT_SGD,
        "standardize",
        NOT_CENTRED,
        "this optimizer does not centre sparse rows: take standardize='maxabs' or None, or optimizer='sgd'",
    ),
    Rule(
        SPARSE | SGD_L1,
        "standardize",
        NOT_CENTRED,
        "an L1 penalty does not centre sparse rows: take standardize='maxabs' or None, or penalty='l2'",
    ),
    Rule(
        {"method": ("partial_fit",)},
        "class_weight",
        Values((None,), mapping=True),
        "it needs all labels at once: give a dict of weights",
    ),
    Rule({"penalty": (None,)}, "alpha", one_of("auto", 0), "leave alpha='auto', or take penalty='l2'"),
    Rule({"penalty": ("l2", "l1", None)}, "l1_ratio", one_of(0.15), "leave l1_ratio=0.15, or take penalty='elasticnet'"),
    VALIDATION_FRACTION,
    POWER_T,
)

# Kind of state: numbers of the type of the weights, and numbers of float64, that it keeps for each weight.
NUMBERS_PER_WEIGHT: dict[str, tuple[int, int]] = {
    "sgd": (1, 0),
    "sgd with averaging": (1, 1),
    "sgd with an L1 penalty": (1, 1),
    "adagrad": (2, 0),
    "ftrl": (2, 0),
    "normalized": (3, 0),
    "sdca": (1, 2),
}


def bytes_per_weight(kind: str, itemsize: int) -> int:
    """Return the bytes that a kind of state keeps for each weight of so many bytes."""
    of_weights, of_float64 = NUMBERS_PER_WEIGHT[kind]
    return of_weights * itemsize + of_float64 * 8


@dataclass(frozen=True)
class LogisticOptions(FitOptions):
    """The options of logistic regression as the user gives them, by the names of LogisticSGDClassifier.

    Raises
    ------
    ValueError
        An option has a value that VALUES does not allow, or a rule of RULES is broken whatever the rows are.
    """

    optimizer: str = "auto"
    penalty: str | None = "l2"
    l1_ratio: float = 0.15
    fit_intercept: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    class_weight: Any = None
    warm_start: bool = False
    average: bool | str = "auto"
    cv: int | str | None = "auto"
    multi_class: str = "multinomial"
    importance_aware: bool = False

    VALUES: ClassVar[Mapping[str, Values]] = VALUES

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self)

    @property
    def has_l1(self) -> bool:
        """Whether the penalty has an L1 part."""
        return self.penalty in L1

    @property
    def share_of_l1(self) -> float:
        """Share of the L1 norm in the penalty."""
        return {"l1": 1.0, "elasticnet": float(self.l1_ratio)}.get(str(self.penalty), 0.0)

    @property
    def kind_of_state(self) -> str:
        """The kind of state, as NUMBERS_PER_WEIGHT names it, of resolved options."""
        if self.optimizer != "sgd":
            return self.optimizer
        return "sgd with an L1 penalty" if self.has_l1 else "sgd with averaging" if self.average else "sgd"

    def resolved(self, *, sparse: bool, n_classes: int, method: str = "fit") -> "LogisticOptions":
        """Return the options that these rows mean: ``optimizer`` and ``standardize`` chosen, fixed options set.

        Raises
        ------
        ValueError
            A rule of RULES is broken.
        """
        optimizer = chosen_optimizer(self, sparse=sparse, method=method)
        check_options(self, facts_of_rows(sparse=sparse, n_classes=n_classes, method=method), optimizer)
        changes: dict[str, Any] = {"optimizer": optimizer}
        if optimizer != "sgd":
            changes["learning_rate"] = "constant"
        if optimizer == "normalized" and self.eta0 == "auto":
            changes["eta0"] = ETA0_ADAPTIVE["normalized"]
        if self.standardize == "auto":
            centres = optimizer == "sgd" and not self.has_l1 and method == "fit"  # of sparse rows, the columns that all have
            of_sparse = "auto" if centres else "maxabs"
            changes["standardize"] = None if optimizer == "normalized" else of_sparse if sparse else "std"
        if self.penalty is None:
            changes["alpha"] = 0.0
        return replace(self, **changes)

    def shared(self) -> FitOptions:
        """Return the options that both families have: those that training goes on with."""
        return FitOptions(**{option.name: getattr(self, option.name) for option in fields(FitOptions)})


NAMES = tuple(option.name for option in fields(LogisticOptions) if option.name != "seed")


def chosen_optimizer(options: LogisticOptions, *, sparse: bool = False, method: str = "fit") -> str:
    """Return the optimizer that ``optimizer="auto"`` is.

    It is "ftrl" with an L1 penalty, and where a model begins with ``partial_fit`` of sparse rows while ``eta0``, ``average``,
    ``learning_rate`` and ``standardize`` are left alone (decision 0020); else "sgd".
    """
    if options.optimizer != "auto":
        return options.optimizer
    untouched = (options.eta0, options.average, options.learning_rate) == ("auto", "auto", "auto")
    streamed = sparse and method == "partial_fit" and untouched and options.standardize != "std"
    return "ftrl" if options.has_l1 or streamed else "sgd"


def facts_of_rows(*, sparse: bool, n_classes: int, method: str) -> dict[str, str]:
    """Return what RULES look at beside the options, in the words of messages."""
    classes = "two classes" if n_classes == 2 else "more than two classes"
    return {"rows": "sparse rows" if sparse else "dense rows", "classes": classes, "method": method}


def check_options(options: LogisticOptions, known: Mapping[str, str] | None = None, optimizer: str | None = None) -> None:
    """Raise ValueError for the first of RULES that is broken.

    Parameters
    ----------
    options : LogisticOptions
    known : mapping of str to str, default=None
        What is known of the fit, see :func:`facts_of_rows`; a rule about another fact holds.
    optimizer : str, default=None
        What trains. None: what ``options.optimizer`` is for dense rows.
    """
    optimizer = optimizer or chosen_optimizer(options)
    chosen = f"optimizer={optimizer!r}"
    if options.optimizer == "auto":
        chosen += " (what optimizer='auto' is here)"
    check_rules(options, RULES, {**(known or {}), "optimizer": optimizer}, {"optimizer": chosen})
