"""Predictions of one row at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hotloop.reference.losses import Array, logistic, softmax
from hotloop.reference.two_layer.outputs import two_layer_outputs
from hotloop.structs import DenseRows, Network


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
        _check_row(x, w.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            m = w @ x + b  # (LR-1)
            if one_vs_rest and len(m) > 1:
                m = -np.logaddexp(0, -m)  # (LR-18)
            return float(logistic(m)[0]) if len(m) == 1 else softmax(m)

    return score


def network_scorer(
    network: Network,
    center: Array | None = None,
    scale: Array | None = None,
    target_center: Any = 0.0,
    target_scale: Any = 1.0,
) -> Callable[[Array], Any]:
    """Bind a network to score single rows, in float64: nothing is checked but type and length.

    Parameters
    ----------
    network : Network
    center, scale : ndarray of shape (n_features,), or both None
        Rows are seen as (x - center) * scale, (LR-9).
    target_center, target_scale : float or array-like of shape (n_outputs,)
        A regression value is (output - target_center) / target_scale.

    Returns
    -------
    score : callable
        Of x, as for :func:`row_scorer`: P(second class) as a float or an array of the probability of each label, sigmoid; an
        array of the probability of each class, softmax; the value, or an array of several, for the others.

    Raises
    ------
    ValueError
        Shapes disagree, or output or activation is unknown.
    """
    own: dict[str, Any] = {name: np.array(getattr(network, name), np.float64) for name in ("W1", "b1", "W2", "b2")}
    network, n_features = replace(network, **own), len(network.W1)
    constants: list[Array | None] = [None if a is None else np.array(a, np.float64) for a in (center, scale)]
    middle, unit = np.asarray(target_center, np.float64), np.asarray(target_scale, np.float64)
    two_layer_outputs(DenseRows(np.zeros((0, n_features)), *constants), network)

    def score(x: Array) -> Any:
        _check_row(x, n_features)
        with np.errstate(over="ignore", invalid="ignore"):
            o = two_layer_outputs(DenseRows(x[None].astype(np.float64), *constants), network)[0]
            if network.output == "softmax":
                return softmax(o)
            values = logistic(o) if network.output == "sigmoid" else (o - middle) / unit
        return float(values[0]) if len(values) == 1 else values

    return score


def _check_row(x: Array, n_features: int) -> None:
    if np.shape(x) != (n_features,):
        raise ValueError(f"x must be one row of {n_features} numbers")
    if x.dtype not in (np.float32, np.float64):
        raise ValueError("x must be an array of float32 or float64")
