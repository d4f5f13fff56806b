"""Many logistic models over the same rows given by their non-zeros: the rule of one for each."""

import numpy as np

from hotloop.reference.logistic.csr import logistic_csr_pass
from hotloop.reference.logistic.many_dense import part, steps_of
from hotloop.reference.losses import Array
from hotloop.reference.rows.source import csr_rows
from hotloop.reference.rows.steps import check_pass
from hotloop.structs import CSRRows, Pass


def logistic_many_csr_pass(
    rows: CSRRows,
    steps: Pass,
    weight_multiplier: Array,
    W: Array,
    b: Array | None,
    b_total: Array | None,
    lazy: Array,
) -> Array:
    """Run :func:`logistic_csr_pass` for each of several models of two classes over the same rows in the same order.

    The compiled kernel reads each non-zero once for all models. A model whose weights overflow is left with values that are not
    finite; the others are as they would be alone.

    Parameters
    ----------
    rows : CSRRows
        Without a shift.
    steps, weight_multiplier : as for :func:`logistic_many_pass`
    W : ndarray of shape (n_models, n_features) or, with averaging, (2 n_models, n_features), float32 or float64, Fortran order
        The weights of all models, then the delayed sums of (LR-14): the sum of iterates is the delayed sum + lazy[1] * weights.
        Overwritten.
    b : ndarray of shape (n_models,), float64, or None for no intercept
        Overwritten.
    b_total : ndarray of shape (n_models,), float64, or None
        Overwritten: each b is added, (LR-10). None where b is None or nothing is averaged.
    lazy : ndarray of shape (2, n_models), float64
        The weights of a model are ``lazy[0]`` times those in W, (LR-13); 1 at first. lazy[1], the sum of these factors, is 0 at
        first, and where an average starts.

    Returns
    -------
    n_updates : ndarray of shape (n_models,), intp
        Steps that each model took.

    Raises
    ------
    ValueError
        Shapes disagree or ``order`` points outside the rows.
    """
    n_models = len(steps.alpha)
    averaged = len(W) > n_models
    check_pass(steps, len(rows), n_models)
    if csr_rows(rows).shift is not None:
        raise ValueError("the rows of many models must have no shift")
    if len(W) not in (n_models, 2 * n_models):
        raise ValueError("W must have one weight a model, or two numbers")
    if weight_multiplier.shape != (len(rows), n_models):
        raise ValueError("weight_multiplier must have one entry a row of X and model")
    if b is not None and len(b) != n_models:
        raise ValueError(f"b must have {n_models} entries")
    if (b_total is None) != (b is None or not averaged) or (b_total is not None and len(b_total) != n_models):
        raise ValueError("b_total goes with b and sums of iterates and has the shape of b")
    if lazy.shape != (2, n_models):
        raise ValueError("lazy must have two entries a model")
    n_updates = np.zeros(n_models, np.intp)
    for m in range(n_models):
        one = slice(m, m + 1)
        scale, scale_sum = lazy[:, m]
        w = scale * W[one]
        total = (W[n_models + m, None] + scale_sum * W[one]).astype(np.float64) if averaged else None
        try:
            taken = steps_of(steps, m, weight_multiplier)
            n_updates[m] = logistic_csr_pass(rows, taken, w, part(b, m), total, part(b_total, m), np.eye(1, 6)[0])[1]
        except FloatingPointError:
            w[:] = np.nan
        W[one] = w
        if total is not None:
            W[n_models + m] = total[0]
        lazy[:, m] = 1, 0
    return n_updates
