"""Many logistic models over the same dense rows: the rule of one for each (docs/equations.md, LR-1 to LR-5)."""

import numpy as np

from hotloop.reference.logistic.dense import logistic_pass
from hotloop.reference.logistic.model import check_model
from hotloop.reference.losses import Array
from hotloop.reference.rows.steps import check_pass, step_sizes
from hotloop.structs import DenseRows, Pass


def logistic_many_pass(
    rows: DenseRows,
    steps: Pass,
    weight_multiplier: Array | None,
    target: Array,
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
    rows : DenseRows
    steps : Pass
        y: classes. eta, of shape (n_steps, n_models): each model uses its own in turn for the rows that move it. alpha: one
        a model.
    weight_multiplier : ndarray of shape (n_samples, n_models), uint8, or None
        Multiplies the weight of a row in a model: 0 and 1 for folds, counts for a bootstrap.
    target : ndarray of shape (n_models,), float64
        The class that is 1 for a model; all others are 0.
    W : ndarray of shape (n_models, n_features), float32 or float64, C order
        Overwritten.
    b : ndarray of shape (n_models,), float64, or None for no intercept
        Overwritten.
    W_total, b_total : as for :func:`logistic_pass`
        Overwritten.
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
        Shapes disagree or ``order`` points outside the rows.
    """
    n_models = len(W)
    check_pass(steps, len(rows), n_models)
    check_model(W, b, W_total, b_total)
    if loss is not None and len(loss) != 1:
        raise ValueError("loss must have one entry")
    if weight_multiplier is not None and weight_multiplier.shape != (len(rows), n_models):
        raise ValueError("weight_multiplier must have one entry a row of X and model")
    if len(target) != n_models:
        raise ValueError("target must have one entry a model")
    n_updates = np.zeros(n_models, np.intp)
    for m in range(n_models):
        taken = steps_of(steps, m, weight_multiplier, target[m])
        try:
            lost, n_updates[m] = logistic_pass(rows, taken, W[m : m + 1], part(b, m), part(W_total, m), part(b_total, m))
            if loss is not None:
                loss[0] += lost
        except FloatingPointError:
            W[m] = np.nan
    return n_updates


def part(array: Array | None, m: int) -> Array | None:
    """Return the part of model m of an array of all models."""
    return None if array is None else array[m : m + 1]


def steps_of(steps: Pass, m: int, weight_multiplier: Array | None, target: float | None = None) -> Pass:
    """Return the steps of model m alone.

    Parameters
    ----------
    steps : Pass
        As for :func:`logistic_many_pass`.
    m : int, 0 to n_models - 1
    weight_multiplier : ndarray of shape (n_samples, n_models), uint8, or None
        Multiplies the weight of a row in a model; None: 1.
    target : float or None
        The label of a row of this class is 1, of all others 0. None: the labels stay.
    """
    weight = steps.sample_weight if weight_multiplier is None else steps.sample_weight * weight_multiplier[:, m]
    y = steps.y if target is None else (steps.y == target) * 1.0
    return Pass(steps.order, y, weight, step_sizes(steps)[:, m], steps.alpha[m])
