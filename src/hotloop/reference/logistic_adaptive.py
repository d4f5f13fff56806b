"""Logistic regression by adaptive steps, one step size a weight (docs/equations.md, AD-1 and AD-2)."""

import numpy as np

from .logistic_sparse import WrittenOut
from .losses import Array, slopes_of_row


def logistic_adaptive_pass(
    X: Array | None,
    csr: tuple[Array, Array, Array | None, int] | None,
    y: Array,
    sample_weight: Array,
    order: Array,
    rule: str,
    eta: float,
    beta: float,
    l1: float,
    l2: float,
    t: float,
    center: Array | None,
    scale: Array | None,
    pairs: Array,
    b_pairs: Array | None,
) -> tuple[float, int]:
    """Run adaptive steps over rows in the given order, updating ``pairs`` and ``b_pairs`` in place.

    AdaGrad (Duchi, Hazan and Singer 2011) or FTRL-proximal (McMahan et al. 2013). A column that is 0 in a row has slope 0
    there, and nothing of it moves: dense rows and their non-zeros give the same.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous; or None
    csr : starts, places, values, longest as for :func:`logistic_sparse_pass`, where X is None
    y, sample_weight, order : as for :func:`logistic_pass`
    rule : {"adagrad", "ftrl"}
    eta : float, > 0
        Numerator of the step size eta / (beta + root of the sum of squared slopes).
    beta : float, >= 0
    l1, l2 : float, >= 0
        alpha l1_ratio and alpha (1 - l1_ratio) of FTRL; AdaGrad has no penalty.
    t : float
        Steps taken before.
    center, scale : ndarray of shape (n_features,), dtype of pairs, or None
        (LR-9). Sparse rows are scaled only.
    pairs : ndarray of shape (n_features, n_outputs, 2), float32 or float64
        Weight (AdaGrad) or z (FTRL), and sum of squared slopes. Overwritten.
    b_pairs : ndarray of shape (n_outputs, 2), float64, or None for no intercept
        Intercepts, always by AdaGrad without penalty, and their sums. Overwritten.

    Returns
    -------
    loss, n_moved, and errors : as for :func:`logistic_pass`
    """
    n_features, n_outputs = pairs.shape[:2]
    rows: Array | WrittenOut
    if X is None:
        assert csr is not None
        if center is not None:
            raise ValueError("sparse rows are scaled, not centred")
        rows = WrittenOut(*csr[:3], n_features, scale=scale)
    else:
        rows = X
        if X.shape[1] != n_features:
            raise ValueError(f"X has {X.shape[1]} columns, pairs {n_features}")
    if rule not in ("adagrad", "ftrl"):
        raise ValueError(f"rule is {rule!r}, expected 'adagrad' or 'ftrl'")
    if len(y) != len(rows) or len(sample_weight) != len(rows):
        raise ValueError("y and sample_weight must have one entry a row")
    loss, moved = 0.0, 0
    for s, i in enumerate(order):
        if not 0 <= i < len(rows):
            raise ValueError(f"order[{s}] = {i} is no row of X, which has {len(rows)}")
        if sample_weight[i] == 0:
            continue
        if not 0 <= y[i] < max(n_outputs, 2):
            raise ValueError(f"y[{i}] = {y[i]} is no class index below {max(n_outputs, 2)}")
        x = rows[i] if center is None else (rows[i] - center) * scale  # (LR-9)
        W = adaptive_weights(rule, eta, beta, l1 * (t + moved), l2 * (t + moved), pairs)
        m = x @ W + (0 if b_pairs is None else b_pairs[:, 0])  # (LR-1)
        if not np.isfinite(m).all():
            raise FloatingPointError(f"the margin of row {i} is not finite at step {s} of the pass")
        loss_of_row, g = slopes_of_row(m, y[i])
        loss += sample_weight[i] * loss_of_row
        slope = np.outer(x, sample_weight[i] * g)
        first, squares = pairs[..., 0], pairs[..., 1]
        root = np.sqrt(squares)
        squares += slope**2
        if rule == "adagrad":
            first -= eta * divide(slope, beta + np.sqrt(squares))  # (AD-1)
        else:
            first += slope - (np.sqrt(squares) - root) / eta * W  # (AD-2)
        if b_pairs is not None:
            b_pairs[:, 1] += (sample_weight[i] * g) ** 2
            b_pairs[:, 0] -= eta * divide(sample_weight[i] * g, beta + np.sqrt(b_pairs[:, 1]))
        moved += 1
    return loss, moved


def adaptive_weights(rule: str, eta: float, beta: float, l1: float, l2: float, pairs: Array) -> Array:
    """Return the weights (n_features, n_outputs) that pairs stand for; ``l1``, ``l2``: strengths times the steps so far."""
    if rule == "adagrad":
        return np.asarray(pairs[..., 0])
    z, squares = pairs[..., 0].astype(np.float64), pairs[..., 1].astype(np.float64)
    return divide(-np.sign(z) * np.maximum(np.abs(z) - l1, 0), (beta + np.sqrt(squares)) / eta + l2)  # (AD-2)


def divide(a: Array, b: Array) -> Array:
    """Return a / b, 0 where b is 0: no slope has been seen there."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b))), where=b != 0)
