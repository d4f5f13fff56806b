"""The logistic function and the losses, in plain Python on NumPy arrays (docs/equations.md, LR-2, LR-3, LR-6, LR-7)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.reference.bisection import bisect

Array = NDArray[Any]


def logistic(m: Array) -> Array:
    """Return 1 / (1 + exp(-m)), (LR-2), element by element.

    ``exp`` is only taken of -|m|, so nothing overflows: for m < 0 the same value is exp(m) / (1 + exp(m)).
    """
    e = np.exp(-np.abs(m))
    return np.where(np.asarray(m) >= 0, 1 / (1 + e), e / (1 + e))


def importance_share(u: float, c: float) -> float:
    """Return the share of an importance-aware step, (LR-19), at the margin u of the row's label; c = eta weight (x . x + 1).

    1 where u or c is not finite, or exp(u) too large to tell the share from 1.
    """
    if not (0 < c < math.inf and -math.inf < u <= 700):
        return 1.0
    plain = c / (1 + math.exp(u))  # the growth of u where the whole step is taken

    def excess(share: float) -> float:
        d = share * plain
        grown = -math.exp(u + d) * math.expm1(-d) if u + d < 709 else math.inf  # E (exp(d) - 1), also where E underflows
        return d + grown - c  # (LR-19)

    return bisect(excess, 0.0, 1.0)


def log_loss(m: Any, y: Any) -> Any:
    """Return -[y ln p + (1 - y) ln(1 - p)] for p = logistic(m), (LR-3), in nats, from the margin.

    The form log1p(exp(-|m|)) + max(m, 0) - y m neither overflows nor cancels (Mächler 2012, "Accurately computing
    log(1 - exp(-|a|))", section on log1pexp).
    """
    return np.log1p(np.exp(-np.abs(m))) + np.maximum(m, 0) - y * m


def softmax(m: Array) -> Any:
    """Return exp(m_c) / sum_c exp(m_c) over the last axis, (LR-6)."""
    e = np.exp(m - np.max(m, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def log_sum_exp(m: Array) -> Any:
    """Return ln sum_c exp(m_c) over the last axis; the softmax loss (LR-7) of class c is this minus m_c."""
    top = np.max(m, axis=-1)
    return top + np.log(np.sum(np.exp(m - np.expand_dims(top, -1)), axis=-1))


def gradient_of_row(m: Array, y: float) -> tuple[float, Array]:
    """Return the loss of a row and its gradient g by the margins m, of one output or of several."""
    if len(m) == 1:
        return float(log_loss(m, y)[0]), logistic(m) - y  # (LR-3), (LR-2), (LR-4)
    return float(log_sum_exp(m) - m[int(y)]), softmax(m) - (np.arange(len(m)) == y)  # (LR-7), (LR-6), (LR-8)
