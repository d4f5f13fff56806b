"""The probabilities of one row at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .losses import Array, logistic, softmax


def row_scorer(coef: Any, intercept: Any, one_vs_rest: bool = False) -> Callable[[Array], Any]:
    """Bind a logistic model to score single rows: nothing is checked but type and length.

    Parameters
    ----------
    coef : array-like of shape (n_outputs, n_features)
    intercept : array-like of shape (n_outputs,)
        In the caller's units.
    one_vs_rest : bool
        Several outputs are classes against the rest.

    Returns
    -------
    score : callable
        Of x, an array of shape (n_features,), float32 or float64, contiguous: P(second class) as a float, (LR-2), or an array
        of the probability of each of several classes, (LR-6) or (LR-18). NaN gives NaN. ValueError where length or type is
        wrong.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    w, b = np.array(coef, np.float64), np.array(intercept, np.float64)
    if len(b) != len(w):
        raise ValueError(f"intercept has {len(b)} entries, coef {len(w)} rows")

    def score(x: Array) -> Any:
        if np.shape(x) != (w.shape[1],):
            raise ValueError(f"x must be one row of {w.shape[1]} numbers")
        if x.dtype not in (np.float32, np.float64):
            raise ValueError("x must be an array of float32 or float64")
        m = w @ x + b  # (LR-1)
        if one_vs_rest and len(m) > 1:
            m = -np.logaddexp(0, -m)  # (LR-18)
        return float(logistic(m)[0]) if len(m) == 1 else softmax(m)

    return score
