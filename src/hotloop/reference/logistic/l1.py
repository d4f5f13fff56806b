"""Logistic regression with an L1 penalty by per-sample SGD (docs/equations.md, LR-16): every weight shrinks at every step."""

import numpy as np

from hotloop.reference.logistic.csr import WrittenOut
from hotloop.reference.losses import Array, slopes_of_row


def logistic_l1_pass(
    X: Array | None,
    csr: tuple[Array, Array, Array | None, int] | None,
    y: Array,
    sample_weight: Array,
    order: Array,
    eta: Array,
    l1: float,
    l2: float,
    center: Array | None,
    scale: Array | None,
    W: Array,
    b: Array | None,
    shrunk: Array | None,
    folded: Array | None,
) -> tuple[float, int]:
    """Run per-sample SGD under an L1 penalty, or an elastic net, over rows in the given order, updating W and b in place.

    A row of weight 0 moves nothing. What the compiled kernel puts off for rows given by their non-zeros, (LR-17), is settled
    here before the first step.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous; or None
    csr : starts, places, values, longest as for :func:`logistic_sparse_pass`, where X is None
    y, sample_weight, order, eta : as for :func:`logistic_pass`
    l1, l2 : float, >= 0
        alpha l1_ratio and alpha (1 - l1_ratio); eta l2 must stay below 1. b is not penalised.
    center, scale : ndarray of shape (n_features,), dtype of W, or None
        (LR-9). Sparse rows are scaled only.
    W : ndarray of shape (n_features, n_outputs), float32 or float64
        Feature-major. Overwritten, as is b.
    b : ndarray of shape (n_outputs,), float64, or None for no intercept
    shrunk : ndarray like W, float64, and folded : ndarray of shape (2,), float64
        What sparse rows leave W to be combined with, see :func:`settle_l1`: 0, and (1, 0), at first. Overwritten. None for
        dense rows, where W must be settled.

    Returns
    -------
    loss, n_moved, and errors : as for :func:`logistic_pass`
    """
    n_features, n_outputs = W.shape
    rows: Array | WrittenOut
    if X is None:
        assert csr is not None
        if center is not None:
            raise ValueError("sparse rows are scaled, not centred")
        if shrunk is None or shrunk.shape != W.shape:
            raise ValueError("shrunk must have the shape of W")
        if folded is None or len(folded) != 2:
            raise ValueError("folded must have 2 entries")
        settle_l1(W, shrunk, folded)
        rows = WrittenOut(*csr[:3], n_features, scale=scale)
    else:
        rows = X
        if X.shape[1] != n_features:
            raise ValueError(f"X has {X.shape[1]} columns, W {n_features}")
    if len(y) != len(rows) or len(sample_weight) != len(rows):
        raise ValueError("y and sample_weight must have one entry a row")
    if len(eta) < len(order):
        raise ValueError("eta must have one entry a step")
    loss, n_updates = 0.0, 0
    for s, i in enumerate(order):
        if not 0 <= i < len(rows):
            raise ValueError(f"order[{s}] = {i} is no row of X, which has {len(rows)}")
        if sample_weight[i] == 0:
            continue
        if not 0 <= y[i] < max(n_outputs, 2):
            raise ValueError(f"y[{i}] = {y[i]} is no class index below {max(n_outputs, 2)}")
        x = rows[i] if center is None else (rows[i] - center) * scale  # (LR-9)
        m = x @ W + (0 if b is None else b)  # (LR-1)
        if not np.isfinite(m).all():
            raise FloatingPointError(f"the margin of row {i} is not finite at step {s} of the pass")
        loss_of_row, g = slopes_of_row(m, y[i])
        loss += sample_weight[i] * loss_of_row
        g = sample_weight[i] * g
        W[:] = soft((1 - eta[n_updates] * l2) * W - eta[n_updates] * np.outer(x, g), eta[n_updates] * l1)  # (LR-16)
        if b is not None:
            b -= eta[n_updates] * g
        n_updates += 1
    return loss, n_updates


def soft(W: Array, l1: float | Array) -> Array:
    """Return W moved by l1 towards 0, not beyond."""
    return np.sign(W) * np.maximum(np.abs(W) - l1, 0)


def settle_l1(W: Array, shrunk: Array, folded: Array) -> None:
    """Let W hold the weights, with nothing folded and nothing owed.

    Between two calls the kernel has ``u`` in W, (LR-17). ``folded`` holds keep and the sum of all shrinking so far, ``shrunk``
    what of it each u has seen.
    """
    W[:] = folded[0] * soft(W, folded[1] - shrunk)  # (LR-17)
    shrunk[:] = 0
    folded[:] = 1, 0
