"""Logistic regression by per-sample SGD: the rule itself, row by row (docs/equations.md, LR-1 to LR-11)."""

import numpy as np

from hotloop.reference.logistic.model import check_model
from hotloop.reference.losses import Array, importance_share, log_loss, log_sum_exp, logistic, softmax
from hotloop.reference.rows.source import WrittenOut, dense_rows
from hotloop.reference.rows.steps import check_margins, check_pass, step_sizes, visits
from hotloop.structs import DenseRows, Pass


def logistic_pass(
    rows: DenseRows,
    steps: Pass,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    importance_aware: bool = False,
) -> tuple[float, int]:
    """Run per-sample SGD over rows in the given order, updating W and b in place.

    One output is logistic regression, (LR-1) to (LR-5); several are softmax regression, (LR-6) to (LR-8), after
    Bottou (2012), "Stochastic gradient descent tricks". A row of weight 0 moves nothing and takes no step size. The compiled
    kernel takes four rows in one pass over W, (LR-12): the same iterates, to rounding.

    Parameters
    ----------
    rows : DenseRows
        Computed with in the type of W. Each row contiguous, the rows at any distance; may be read-only.
    steps : Pass
        y: class index, 0 or 1 with one output, else 0 to n_outputs - 1. sample_weight multiplies the loss of its row. eta:
        used in turn by the rows that move. alpha: L2 strength; eta alpha must stay below 1, b is not penalised.
    W : ndarray of shape (n_outputs, n_features), float32 or float64, C order
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
    n_updates : int
        Number of steps, the rows of weight 0 not counted.

    Raises
    ------
    ValueError
        Shapes disagree, ``order`` points outside the rows, or a label is no class index.
    FloatingPointError
        A margin is not finite; names the step. W and b are then as before that step.
    """
    return take_pass(WrittenOut(dense_rows(rows), W.shape[1]), steps, W, b, W_total, b_total, importance_aware)


def take_pass(
    rows: WrittenOut,
    steps: Pass,
    W: Array,
    b: Array | None,
    W_total: Array | None,
    b_total: Array | None,
    importance_aware: bool = False,
) -> tuple[float, int]:
    """Run :func:`logistic_pass` over rows of either kind.

    Parameters
    ----------
    rows : WrittenOut
        Dense rows or CSR rows, each written out when it is visited.
    steps, W, b, W_total, b_total, importance_aware : as for :func:`logistic_pass`
        W, b, W_total and b_total are overwritten.
    """
    check_pass(steps, len(rows))
    check_model(W, b, W_total, b_total)
    n_outputs, eta, alpha = len(W), step_sizes(steps), steps.alpha
    if importance_aware and n_outputs > 1:
        raise ValueError("importance-aware steps are there for one output only")
    loss, n_updates = 0.0, 0
    for s, i in visits(steps, len(rows), max(n_outputs, 2)):
        x, y, weight = rows[i], steps.y[i], steps.sample_weight[i]
        m = W @ x + (0 if b is None else b)  # (LR-1)
        check_margins(m, i, s)
        if n_outputs == 1:
            loss += weight * float(log_loss(m, y)[0])  # (LR-3)
            g = logistic(m) - y  # (LR-2), (LR-4)
            if importance_aware:
                square = float(np.dot(x, x)) + (b is not None)
                g = g * importance_share(float(m[0]) * (2 * y - 1), eta[n_updates] * weight * square)
        else:
            loss += weight * float(log_sum_exp(m) - m[int(y)])  # (LR-7)
            g = softmax(m) - (np.arange(n_outputs) == y)  # (LR-6), (LR-8)
        g = weight * g
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
