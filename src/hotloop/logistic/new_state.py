"""The state before the first step: its kind, its size, and whether there is room for it."""

from typing import Any, TypeVar

import numpy as np

from hotloop.data.validation import check_memory
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.options import LogisticOptions, bytes_per_weight
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import ETA0_ADAPTIVE, AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.structs import float_dtype

S = TypeVar("S", bound=LinearState)


def new_learner(options: LogisticOptions, X: Any, n_classes: int) -> LogisticLearner:
    """Return the learner before the first step, of resolved options.

    Raises
    ------
    MemoryError
        So many weights do not fit. Nothing is made then.
    """
    check_room(options.kind_of_state, X, n_classes, options.max_iter)
    return LogisticLearner(state=_new_state(options, X.shape[1], float_dtype(X.dtype), n_classes), options=options.shared())


def _new_state(options: LogisticOptions, n_features: int, dtype: Any, n_classes: int) -> LinearState:
    """Return the state that the options ask for, all weights 0.

    Parameters
    ----------
    options : LogisticOptions
        Resolved.
    n_features : int
    dtype : dtype
        float32 or float64, of the weights.
    n_classes : int, >= 2
    """
    shape, fit_intercept, l1_ratio = (count_outputs(n_classes), n_features), bool(options.fit_intercept), options.share_of_l1
    if options.optimizer in ETA0_ADAPTIVE:
        return AdaptiveState.new(*shape, dtype, fit_intercept=fit_intercept, rule=options.optimizer, l1_ratio=l1_ratio)
    if options.has_l1:
        return L1State.new(*shape, dtype, fit_intercept=fit_intercept, l1_ratio=l1_ratio)
    return LogisticState.zeros(
        *shape,
        dtype,
        fit_intercept=fit_intercept,
        averaged=bool(options.average),
        one_vs_rest=options.multi_class == "ovr" and n_classes > 2,
        importance_aware=bool(options.importance_aware),
    )


def restarted(state: S) -> S:
    """Return a state before the first step, of the same kind and with the same standardisation as a trained one."""
    shape, fit_intercept = (state.n_outputs, state.n_features, state.dtype), state.fit_intercept
    fresh: Any
    if isinstance(state, AdaptiveState):
        fresh = AdaptiveState.new(*shape, fit_intercept=fit_intercept, rule=state.rule, l1_ratio=state.l1_ratio)
    elif isinstance(state, L1State):
        fresh = L1State.new(*shape, fit_intercept=fit_intercept, l1_ratio=state.l1_ratio)
    else:
        flags = {name: getattr(state, name) for name in ("averaged", "one_vs_rest", "importance_aware")}
        fresh = LogisticState.zeros(*shape, fit_intercept=fit_intercept, **flags)
    fresh.restandardize(state.center, state.scale)
    return fresh  # type: ignore[no-any-return]


def count_outputs(n_classes: int) -> int:
    """Return the outputs of a model: one for two classes, else one a class."""
    return 1 if n_classes == 2 else n_classes


def check_room(kind: str, X: Any, n_classes: int, max_iter: int | str) -> None:
    """Raise MemoryError where a state of this kind does not fit into memory.

    Parameters
    ----------
    kind : str
        As NUMBERS_PER_WEIGHT names it.
    X : rows
    n_classes : int
    max_iter : int or "auto"
        With one epoch no copy of the weights is kept.
    """
    size = bytes_per_weight(kind, np.dtype(float_dtype(X.dtype)).itemsize)
    copies, n_weights = 1 if max_iter == 1 else 2, count_outputs(n_classes) * X.shape[1]
    check_memory(copies * size * n_weights, f"{kind}, {copies} times {size} bytes for each of {n_weights} weights,")
