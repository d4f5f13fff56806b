"""Logistic regression with an L1 penalty by per-sample SGD (docs/equations.md, LR-16): every weight shrinks at every step."""

import numpy as np

from hotloop.reference.logistic.model import check_model
from hotloop.reference.losses import Array, gradient_of_row
from hotloop.reference.rows.source import WrittenOut
from hotloop.reference.rows.steps import check_margins, check_pass, step_sizes, visits
from hotloop.structs import CSRRows, DenseRows, Pass


def logistic_l1_pass(
    rows: DenseRows | CSRRows,
    steps: Pass,
    l1_ratio: float,
    W: Array,
    b: Array | None,
    applied_l1: Array | None,
    lazy: Array | None,
) -> tuple[float, int]:
    """Run per-sample SGD under an L1 penalty, or an elastic net, over rows in the given order, updating W and b in place.

    A row of weight 0 moves nothing. What the compiled kernel puts off for rows given by their non-zeros, (LR-17), is done here
    before the first step.

    Parameters
    ----------
    rows : DenseRows or CSRRows
        CSR rows are scaled only: they have no shift.
    steps : Pass
        As for :func:`logistic_pass`; alpha is the strength of both penalties, eta alpha (1 - l1_ratio) must stay below 1.
    l1_ratio : float, 0 to 1
        The strengths are l1 = alpha l1_ratio and l2 = alpha (1 - l1_ratio). b is not penalised.
    W : ndarray of shape (n_outputs, n_features), float32 or float64, Fortran order
        Overwritten. Of dense rows W must be materialized.
    b : ndarray of shape (n_outputs,), float64, or None for no intercept
        Overwritten.
    applied_l1 : ndarray like W, float64, Fortran order, or None for dense rows
        What CSR rows leave W to be combined with, see :func:`materialize_l1`; 0 at first. Overwritten.
    lazy : ndarray of shape (2,), float64, or None for dense rows
        The same for all weights; (1, 0) at first. Overwritten.

    Returns
    -------
    loss, n_updates, and errors : as for :func:`logistic_pass`
    """
    written = WrittenOut(rows, W.shape[1])
    check_pass(steps, len(rows))
    check_model(W, b, None, None)
    if isinstance(rows, CSRRows):
        if rows.shift is not None:
            raise ValueError("sparse rows are scaled, not centred")
        materialize_l1(W, applied_l1, lazy)
    l1, l2, eta = steps.alpha * l1_ratio, steps.alpha * (1 - l1_ratio), step_sizes(steps)
    loss, n_updates = 0.0, 0
    for s, i in visits(steps, len(rows), max(len(W), 2)):
        x, weight = written[i], steps.sample_weight[i]
        m = x @ W.T + (0 if b is None else b)  # (LR-1)
        check_margins(m, i, s)
        loss_of_row, g = gradient_of_row(m, steps.y[i])
        loss += weight * loss_of_row
        g = weight * g
        W[:] = soft((1 - eta[n_updates] * l2) * W - eta[n_updates] * np.outer(g, x), eta[n_updates] * l1)  # (LR-16)
        if b is not None:
            b -= eta[n_updates] * g
        n_updates += 1
    return loss, n_updates


def soft(W: Array, l1: float | Array) -> Array:
    """Return W moved by l1 towards 0, not beyond."""
    return np.sign(W) * np.maximum(np.abs(W) - l1, 0)


def materialize_l1(W: Array, applied_l1: Array | None, lazy: Array | None) -> None:
    """Let W hold the weights, with nothing put off.

    Between two calls the kernel has ``u`` in W, (LR-17). ``lazy`` holds scale and cumulative_l1, the sum of all shrinking so
    far, ``applied_l1`` what of it each u has seen.

    Parameters
    ----------
    W, applied_l1, lazy : as for :func:`logistic_l1_pass`
    """
    if applied_l1 is None or applied_l1.shape != W.shape:
        raise ValueError("applied_l1 must have the shape of W")
    if lazy is None or len(lazy) != 2:
        raise ValueError("lazy must have 2 entries")
    W[:] = lazy[0] * soft(W, lazy[1] - applied_l1)  # (LR-17)
    applied_l1[:] = 0
    lazy[:] = 1, 0
