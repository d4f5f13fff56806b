"""The weights of logistic regression: what fits to them, and their norm."""

import numpy as np

from hotloop.reference.losses import Array


def check_model(W: Array, b: Array | None, W_total: Array | None, b_total: Array | None) -> None:
    """Raise ValueError where b and the sums do not fit to W.

    Parameters
    ----------
    W : ndarray of shape (n_outputs, n_features)
    b : ndarray of shape (n_outputs,), or None for no intercept
    W_total : ndarray like W, or None for no averaging
    b_total : ndarray like b, or None
        None where b or W_total is, and only there.
    """
    if len(W) < 1:
        raise ValueError("W must have at least one output")
    if b is not None and len(b) != len(W):
        raise ValueError(f"b must have {len(W)} entries")
    if W_total is not None and W_total.shape != W.shape:
        raise ValueError("W_total must have the shape of W")
    if (b_total is None) != (b is None or W_total is None) or (b_total is not None and len(b_total) != len(W)):
        raise ValueError("b_total goes with b and W_total and has the shape of b")


def sum_of_squares(w: Array) -> float:
    """Return the sum of w_j^2 in float64."""
    return float(np.square(w, dtype=np.float64).sum())
