"""Margins, probabilities, losses and gradients of each dense row (docs/equations.md, LR-1 to LR-5)."""

import numpy as np

from hotloop.reference.losses import Array, log_loss, logistic
from hotloop.reference.rows.source import WrittenOut, dense_rows
from hotloop.structs import DenseRows

SMALLEST_MARGIN = -708.0  # below, exp is no normal number


def linear_margins(rows: DenseRows, W: Array, b: Array) -> Array:
    """Return the margins of every row, (LR-1) on the standardised row (LR-9).

    Parameters
    ----------
    rows : DenseRows
    W : ndarray of shape (n_outputs, n_features), float32 or float64, C order
    b : ndarray of shape (n_outputs,), float64

    Returns
    -------
    m : ndarray of shape (n_samples, n_outputs), float64

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    if len(b) != len(W):
        raise ValueError(f"b must have {len(W)} entries")
    out = np.empty((len(rows), len(W)))
    for i, x in enumerate(WrittenOut(dense_rows(rows), W.shape[1])):
        out[i] = W @ x + b  # (LR-1)
    return out


def binary_probabilities(m: Array, out: Array) -> None:
    """Fill the two columns of ``out`` with 1 - p and p, p = logistic(m), (LR-2); p is 0 below the margin SMALLEST_MARGIN.

    Parameters
    ----------
    m : ndarray of shape (n_samples,), float64
    out : ndarray of shape (n_samples, 2), float64
        Overwritten.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    if out.shape != (len(m), 2):
        raise ValueError(f"out has shape {out.shape}, expected {(len(m), 2)}")
    p = np.where(m < SMALLEST_MARGIN, 0.0, logistic(m))
    out[:, 0], out[:, 1] = 1 - p, p


def logistic_probability(X: Array, w: Array) -> Array:
    """Return p = logistic(w . x) of each row, (LR-1) and (LR-2): shape (n_samples,), dtype of w."""
    return logistic(_margins(X, w)).astype(w.dtype)


def logistic_loss(X: Array, y: Array, w: Array) -> Array:
    """Return the loss (LR-3) of each row: shape (n_samples,), dtype of w, nats."""
    m = _margins(X, w)
    if len(y) != len(X):
        raise ValueError(f"y has {len(y)} entries, X has {len(X)} rows")
    return np.array([log_loss(m_i, y_i) for m_i, y_i in zip(m, y, strict=True)], dtype=w.dtype)


def logistic_gradient(X: Array, y: Array, w: Array) -> Array:
    """Return dL/dw = (p - y) x of each row, (LR-4) and (LR-5): shape (n_samples, n_features), dtype of w."""
    p = logistic(_margins(X, w))
    if len(y) != len(X):
        raise ValueError(f"y has {len(y)} entries, X has {len(X)} rows")
    rows = [(p_i - y_i) * x for p_i, y_i, x in zip(p, y, X, strict=True)]
    return np.array(rows, dtype=w.dtype).reshape(X.shape)


def _margins(X: Array, w: Array) -> Array:
    return linear_margins(DenseRows(X), w[None, :], np.zeros(1))[:, 0]
