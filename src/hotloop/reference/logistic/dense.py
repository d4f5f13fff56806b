"""Logistic regression by per-sample SGD: the rule itself, row by row (docs/equations.md, LR-1 to LR-11)."""

import numpy as np

from hotloop.reference.losses import Array, importance_share, log_loss, log_sum_exp, logistic, softmax

SMALLEST = -708.0  # margin; below, exp is no normal number


def logistic_pass(
    X: Array,
    y: Array,
    sample_weight: Array,
    order: Array,
    eta: Array,
    alpha: float,
    center: Array | None,
    scale: Array | None,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    importance_aware: bool = False,
) -> tuple[float, int]:
    """Run per-sample SGD over the rows of X in the given order, updating W and b in place.

    One output is logistic regression, (LR-1) to (LR-5); several are softmax regression, (LR-6) to (LR-8), after
    Bottou (2012), "Stochastic gradient descent tricks". A row of weight 0 moves nothing and takes no step size. The compiled
    kernel takes four rows in one pass over W, (LR-12): the same iterates, to rounding.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type
        Computed with in the type of W. Each row contiguous, the rows at any distance; may be read-only.
    y : ndarray of shape (n_samples,), float64
        Class index: 0 or 1 with one output, else 0 to n_outputs - 1.
    sample_weight : ndarray of shape (n_samples,), float64, >= 0
        Multiplies the loss of its row.
    order : ndarray of shape (n_steps,), intp
        Row visited at each step; repeats are allowed.
    eta : ndarray of shape (n_steps,), float64, > 0
        Step sizes, used in turn by the rows that move.
    alpha : float, >= 0
        L2 strength; eta alpha must stay below 1. b is not penalised.
    center, scale : ndarray of shape (n_features,), dtype of W, or both None
        The rows are seen as (x - center) * scale, (LR-9).
    W : ndarray of shape (n_outputs, n_features), float32 or float64
        Overwritten.
    b : ndarray of shape (n_outputs,), float64, or None for no intercept
        Overwritten.
    W_total, b_total : ndarray like W and b, float64, or None for no averaging
        Overwritten: each iterate is added, (LR-10). b_total is None where b or W_total is.
    importance_aware : bool
        Take the share (LR-19) of each step; there for one output.

    Returns
    -------
    loss : float
        Sum over steps of weight times loss before the update, in nats.
    n_moved : int
        Number of steps, the rows of weight 0 not counted.

    Raises
    ------
    ValueError
        Shapes disagree, ``order`` points outside X, or a label is no class index.
    FloatingPointError
        A margin is not finite; names the step. W and b are then as before that step.
    """
    n_outputs = len(W)
    n_classes = max(n_outputs, 2)
    _check_pass(X, y, sample_weight, order, eta, center, scale, W, b, W_total, b_total)
    if importance_aware and n_outputs > 1:
        raise ValueError("importance-aware steps are there for one output only")
    loss, n_updates = 0.0, 0
    for s, i in enumerate(order):
        if not 0 <= i < len(X):
            raise ValueError(f"order[{s}] = {i} is no row of X, which has {len(X)}")
        if sample_weight[i] == 0:
            continue
        if not 0 <= y[i] < n_classes:
            raise ValueError(f"y[{i}] = {y[i]} is no class index below {n_classes}")
        x = X[i] if center is None else (X[i] - center) * scale  # (LR-9)
        m = W @ x + (0 if b is None else b)  # (LR-1)
        if not np.isfinite(m).all():
            raise FloatingPointError(f"the margin of row {i} is not finite at step {s} of the pass")
        if n_outputs == 1:
            loss += sample_weight[i] * float(log_loss(m, y[i])[0])  # (LR-3)
            g = logistic(m) - y[i]  # (LR-2), (LR-4)
            if importance_aware:
                square = float(np.dot(x, x)) + (b is not None)
                g = g * importance_share(float(m[0]) * (2 * y[i] - 1), eta[n_updates] * sample_weight[i] * square)
        else:
            loss += sample_weight[i] * float(log_sum_exp(m) - m[int(y[i])])  # (LR-7)
            g = softmax(m) - (np.arange(n_outputs) == y[i])  # (LR-6), (LR-8)
        g = sample_weight[i] * g
        W *= 1 - eta[n_updates] * alpha
        W -= eta[n_updates] * np.outer(g, x)  # (LR-5)
        if b is not None:
            b -= eta[n_updates] * g
        if W_total is not None:
            W_total += W  # (LR-10)
            if b_total is not None:
                b_total += b
        n_updates += 1
    return loss, n_updates


def logistic_many_pass(
    X: Array,
    y: Array,
    sample_weight: Array,
    multiplicity: Array | None,
    target: Array,
    order: Array,
    eta: Array,
    alpha: Array,
    center: Array | None,
    scale: Array | None,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    loss: Array | None = None,
) -> Array:
    """Run :func:`logistic_pass` for each of several models over the same rows in the same order.

    The compiled kernel reads each row once for all models, (LR-12). A model whose weights overflow is left with values that are
    not finite; the others are as they would be alone.

    Parameters
    ----------
    X, order, center, scale : as for :func:`logistic_pass`
    y : ndarray of shape (n_samples,), float64
        Classes.
    sample_weight : ndarray of shape (n_samples,), float64, >= 0
    multiplicity : ndarray of shape (n_samples, n_models), uint8, or None
        Multiplies the weight of a row in a model: 0 and 1 for folds, counts for a bootstrap.
    target : ndarray of shape (n_models,), float64
        The class that is 1 for a model; all others are 0.
    eta : ndarray of shape (n_steps, n_models), float64
        Step sizes; each model uses its own in turn for the rows that move it.
    alpha : ndarray of shape (n_models,), float64
    W : ndarray of shape (n_models, n_features), float32 or float64
        Overwritten, as are b (n_models,) or None, W_total and b_total.
    loss : ndarray of shape (1,), float64, or None
        The sum of weight times loss before the step, over steps and models, is added. With it the pass gives the bits that its
        pieces of 4, 8, 12, ... steps give.

    Returns
    -------
    n_updates : ndarray of shape (n_models,), intp
        Steps that each model took.

    Raises
    ------
    ValueError
        Shapes disagree or ``order`` points outside X.
    """
    n_models = len(W)
    if loss is not None and len(loss) != 1:
        raise ValueError("loss must have one entry")
    if multiplicity is not None and multiplicity.shape != (len(X), n_models):
        raise ValueError("multiplicity must have one entry a row of X and model")
    if len(target) != n_models or len(alpha) != n_models or eta.shape[1] != n_models or len(eta) < len(order):
        raise ValueError("target and alpha must have one entry a model, eta one a step and model")
    if b is not None and len(b) != n_models:
        raise ValueError(f"b must have {n_models} entries")
    n_updates = np.zeros(n_models, np.intp)
    for m in range(n_models):
        weight = sample_weight if multiplicity is None else sample_weight * multiplicity[:, m]
        own = [None if array is None else array[m : m + 1] for array in (W, b, W_total, b_total)]
        try:
            lost, n_updates[m] = logistic_pass(
                X,
                (y == target[m]) * 1.0,
                weight,
                order,
                eta[:, m],
                alpha[m],
                center,
                scale,
                *own,  # type: ignore[arg-type]
            )
            if loss is not None:
                loss[0] += lost
        except FloatingPointError:
            W[m] = np.nan
    return n_updates


def linear_margins(X: Array, center: Array | None, scale: Array | None, W: Array, b: Array) -> Array:
    """Return the margins of every row, (LR-1) on the standardised row (LR-9).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), numbers of any type, each row contiguous
    center, scale : ndarray of shape (n_features,), dtype of W, or both None
    W : ndarray of shape (n_outputs, n_features), float32 or float64
    b : ndarray of shape (n_outputs,), float64

    Returns
    -------
    m : ndarray of shape (n_samples, n_outputs), float64

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    _check_linear(X, center, scale, W, b)
    out = np.empty((len(X), len(W)))
    for i, row in enumerate(X):
        x = row if center is None else (row - center) * scale  # (LR-9)
        out[i] = W @ x + b  # (LR-1)
    return out


def binary_probabilities(m: Array, out: Array) -> None:
    """Fill the two columns of ``out`` with 1 - p and p, p = logistic(m), (LR-2); p is 0 below the margin SMALLEST.

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
    p = np.where(m < SMALLEST, 0.0, logistic(m))
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
    return linear_margins(X, None, None, w[None, :], np.zeros(1))[:, 0]


def _check_linear(X: Array, center: Array | None, scale: Array | None, W: Array, b: Array | None) -> None:
    n_features = X.shape[1]
    if W.shape[1] != n_features or (b is not None and len(b) != len(W)):
        raise ValueError(f"W has shape {W.shape}, X has {n_features} columns; b must have {len(W)} entries")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and scale is not None and not len(center) == len(scale) == n_features:
        raise ValueError(f"center and scale must have {n_features} entries")


def _check_pass(
    X: Array,
    y: Array,
    sample_weight: Array,
    order: Array,
    eta: Array,
    center: Array | None,
    scale: Array | None,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
) -> None:
    _check_linear(X, center, scale, W, b)
    if len(y) != len(X) or len(sample_weight) != len(X):
        raise ValueError("y and sample_weight must have one entry a row of X")
    if W_total is not None and W_total.shape != W.shape:
        raise ValueError("W_total must have the shape of W")
    if (b_total is None) != (b is None or W_total is None) or (b_total is not None and len(b_total) != len(W)):
        raise ValueError("b_total goes with b and W_total and has the shape of b")
    if len(eta) < len(order):
        raise ValueError("eta must have one entry a step")
