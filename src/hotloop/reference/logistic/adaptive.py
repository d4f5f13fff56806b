"""Logistic regression by adaptive steps, one step size a weight (docs/equations.md, AD-1 to AD-3)."""

import numpy as np

from hotloop.reference.logistic.csr import WrittenOut
from hotloop.reference.losses import Array, slopes_of_row


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
    largest: Array | None,
    met: Array | None,
) -> tuple[float, int]:
    """Run adaptive steps over rows in the given order, updating ``pairs`` and ``b_pairs`` in place.

    AdaGrad (Duchi, Hazan and Singer 2011), normalised AdaGrad (Ross, Mineiro and Langford 2013) or FTRL-proximal (McMahan et
    al. 2013). A column that is 0 in a row has slope 0
    there, and nothing of it moves: dense rows and their non-zeros give the same.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous; or None
    csr : starts, places, values, longest as for :func:`logistic_sparse_pass`, where X is None
    y, sample_weight, order : as for :func:`logistic_pass`
    rule : {"adagrad", "ftrl", "normalized"}
    eta : float, > 0
        Numerator of the step size eta / (beta + root of the sum of squared slopes).
    beta : float, >= 0
    l1, l2 : float, >= 0
        alpha l1_ratio and alpha (1 - l1_ratio) of FTRL; the others have no penalty.
    t : float
        Steps taken before.
    center, scale : ndarray of shape (n_features,), dtype of pairs, or None
        (LR-9). Sparse rows are scaled only.
    pairs : ndarray of shape (n_features, n_outputs, 2), float32 or float64
        Weight (AdaGrad; normalised: that of the column over its largest value) or z (FTRL), and sum of squared slopes.
        Overwritten.
    b_pairs : ndarray of shape (n_outputs, 2), float64, or None for no intercept
        Intercepts, always by AdaGrad without penalty, and their sums. Overwritten.
    largest : ndarray of shape (n_features,), dtype of pairs
        Of "normalized", else None: largest absolute value of each column so far. Overwritten.
    met : ndarray of shape (1,), float64
        Of "normalized", else None: sum of the squares of all normalised rows so far. Overwritten.

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
    if rule not in ("adagrad", "ftrl", "normalized"):
        raise ValueError(f"rule is {rule!r}, expected 'adagrad', 'ftrl' or 'normalized'")
    if rule == "normalized" and (largest is None or len(largest) != n_features or met is None or len(met) != 1):
        raise ValueError(f"largest must have {n_features} entries, met one")
    if len(y) != len(rows) or len(sample_weight) != len(rows):
        raise ValueError("y and sample_weight must have one entry a row")
    loss, n_updates = 0.0, 0
    for s, i in enumerate(order):
        if not 0 <= i < len(rows):
            raise ValueError(f"order[{s}] = {i} is no row of X, which has {len(rows)}")
        if sample_weight[i] == 0:
            continue
        if not 0 <= y[i] < max(n_outputs, 2):
            raise ValueError(f"y[{i}] = {y[i]} is no class index below {max(n_outputs, 2)}")
        x = rows[i] if center is None else (rows[i] - center) * scale  # (LR-9)
        step = eta
        if rule == "normalized":
            assert largest is not None
            assert met is not None
            x = normalize(x, pairs, largest)
            met += (x**2).sum() + (b_pairs is not None)
            step = eta * np.sqrt((t + n_updates + 1) / met[0]) if met[0] else 0.0  # (AD-3)
        W = adaptive_weights(rule, eta, beta, l1 * (t + n_updates), l2 * (t + n_updates), pairs)
        m = x @ W + (0 if b_pairs is None else b_pairs[:, 0])  # (LR-1)
        if not np.isfinite(m).all():
            raise FloatingPointError(f"the margin of row {i} is not finite at step {s} of the pass")
        loss_of_row, g = slopes_of_row(m, y[i])
        loss += sample_weight[i] * loss_of_row
        slope = np.outer(x, sample_weight[i] * g)
        first, squares = pairs[..., 0], pairs[..., 1]
        root = np.sqrt(squares)
        squares += slope**2
        if rule == "ftrl":
            first += slope - (np.sqrt(squares) - root) / eta * W  # (AD-2)
        else:
            first -= step * divide(slope, beta + np.sqrt(squares))  # (AD-1), (AD-3)
        if b_pairs is not None:
            b_pairs[:, 1] += (sample_weight[i] * g) ** 2
            b_pairs[:, 0] -= step * divide(sample_weight[i] * g, beta + np.sqrt(b_pairs[:, 1]))
        n_updates += 1
    return loss, n_updates


def adaptive_weights(rule: str, eta: float, beta: float, l1: float, l2: float, pairs: Array) -> Array:
    """Return the weights (n_features, n_outputs) that pairs stand for; ``l1``, ``l2``: strengths times the steps so far."""
    if rule != "ftrl":
        return np.asarray(pairs[..., 0])
    z, squares = pairs[..., 0].astype(np.float64), pairs[..., 1].astype(np.float64)
    return divide(-np.sign(z) * np.maximum(np.abs(z) - l1, 0), (beta + np.sqrt(squares)) / eta + l2)  # (AD-2)


def normalize(x: Array, pairs: Array, largest: Array) -> Array:
    """Return the row over the largest values of its columns, its own included; sums of squares follow these, (AD-3)."""
    size = np.abs(x)
    grown = size > largest
    pairs[grown, :, 1] *= ((largest[grown] / size[grown]) ** 2)[:, None]
    largest[grown] = size[grown]
    return divide(x, largest)


def divide(a: Array, b: Array) -> Array:
    """Return a / b, 0 where b is 0: no slope has been seen there."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b))), where=b != 0)
