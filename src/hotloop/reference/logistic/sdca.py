"""Dual coordinate ascent for logistic and softmax regression, and sums for a certificate (docs/equations.md, DU-1 to DU-6)."""

import numpy as np

from hotloop.reference.logistic.sdca_step import distance, of_two, solve_dual_step, solve_softmax_step
from hotloop.reference.losses import Array, log_loss, log_sum_exp, softmax
from hotloop.reference.rows.source import WrittenOut
from hotloop.reference.rows.steps import check_margins, check_pass, visits
from hotloop.structs import CSRRows, DenseRows, Pass


def logistic_dual_pass(
    rows: DenseRows | CSRRows, steps: Pass, l2: float, b_l2: float, W: Array, b: Array | None, dual: Array
) -> tuple[float, float, int]:
    """Give each row in the given order the best probabilities that its dual can have, all others as they are.

    Stochastic dual coordinate ascent (Shalev-Shwartz and Zhang 2013; for two classes Yu, Huang and Lin 2011). W stays what the
    duals say, (DU-1). A row of weight 0 moves nothing.

    Parameters
    ----------
    rows : DenseRows or CSRRows
        center, shift and scale are float64.
    steps : Pass
        As for :func:`logistic_pass`; eta and alpha are not used.
    l2 : float, > 0
        Strength of the penalty: alpha times the sum of the weights.
    b_l2 : float, > 0
        The same for the intercepts, about where they are before the pass, (DU-6).
    W : ndarray of shape (n_outputs, n_features), float64, C order, for CSR rows Fortran order
        Overwritten.
    b : ndarray of shape (n_outputs,), float64, or None for no intercept
        Overwritten.
    dual : ndarray of shape (n_samples, n_outputs), float64
        With one output ln(u / (1 - u)), u the dual probability of the class that is not y; else ln of that of each class.
        Overwritten.

    Returns
    -------
    loss : float
        Sum over steps of weight times loss before the step, in nats.
    gap : float
        Sum of weight times the distance (DU-2) before the step.
    n_updates : int

    Raises
    ------
    ValueError, FloatingPointError
        As for :func:`logistic_pass`.
    """
    written = _checked(rows, steps, W, b, dual)
    if not (l2 > 0 and b_l2 > 0):
        raise ValueError("l2 and b_l2 must be positive")
    m = len(W)
    loss, gap, n_updates = 0.0, 0.0, 0
    for s, i in visits(steps, len(rows), max(m, 2)):
        x, label, weight = np.asarray(written[i], np.float64), int(steps.y[i]), steps.sample_weight[i]
        margins = W @ x + (0 if b is None else b)  # (LR-1)
        check_margins(margins, i, s)
        curvature = weight * (x @ x / l2 + (0 if b is None else 1 / b_l2))
        if m == 1:
            sign = 2 * label - 1
            loss += weight * float(log_loss(margins, label)[0])  # (LR-3)
            before = of_two(dual[i, 0])
            gap += weight * distance(before, of_two(-sign * margins[0]))  # (DU-2)
            dual[i, 0] = solve_dual_step(sign * margins[0], curvature, before[0])  # (DU-4)
            step = sign * (of_two(dual[i, 0])[:1] - before[:1])
        else:
            loss += weight * float(log_sum_exp(margins) - margins[label])  # (LR-7)
            before = np.exp(dual[i])
            gap += weight * distance(before, softmax(margins))  # (LR-6), (DU-2)
            dual[i] = solve_softmax_step(margins, curvature, before)  # (DU-5)
            step = before - np.exp(dual[i])
        W += weight / l2 * np.outer(step, x)  # (DU-1)
        if b is not None:
            b += weight / b_l2 * step  # (DU-6)
        n_updates += 1
    return loss, gap, n_updates


def logistic_dual_sums(
    rows: DenseRows | CSRRows,
    y: Array,
    sample_weight: Array,
    W: Array,
    b: Array | None,
    dual: Array | None,
    margins: Array,
    sums: Array,
    b_sums: Array,
) -> None:
    """Fill the margins, and add weight (q - e_y) x of each row to the sums of its class: (DU-1) and (DU-3) need them.

    q are the probabilities by ``dual``, or those of the model where it is None.

    Parameters
    ----------
    rows, W, b, dual : as for :func:`logistic_dual_pass`; none is overwritten
    y, sample_weight : ndarray of shape (n_samples,), float64
    margins : ndarray of shape (n_samples, n_outputs), float64
        Overwritten where the weight is not 0.
    sums : ndarray of shape (n_classes, n_outputs, n_features), float64
        Each entry in the order of W. Overwritten.
    b_sums : ndarray of shape (n_classes, n_outputs), float64
        The sums of weight (q - e_y). Overwritten.
    """
    steps = Pass(np.arange(len(y)), y, sample_weight)
    written, m = _checked(rows, steps, W, b, dual), len(W)
    n_classes = max(m, 2)
    if sums.shape != (n_classes, *W.shape):
        raise ValueError(f"sums must have the shape of W for each of {n_classes} classes")
    if b_sums.shape != (n_classes, m) or margins.shape != (len(rows), m):
        raise ValueError("b_sums must have one entry a class and output, margins one a row and output")
    for s, i in visits(steps, len(rows), n_classes):
        x, label = np.asarray(written[i], np.float64), int(y[i])
        margins[i] = W @ x + (0 if b is None else b)  # (LR-1)
        check_margins(margins[i], i, s)
        if m == 1:
            sign = 2 * label - 1
            off = -sign * of_two(-sign * margins[i, 0] if dual is None else dual[i, 0])[:1]
        else:
            off = (softmax(margins[i]) if dual is None else np.exp(dual[i])) - (np.arange(m) == label)
        sums[label] += sample_weight[i] * np.outer(off, x)
        b_sums[label] += sample_weight[i] * off


def _checked(rows: DenseRows | CSRRows, steps: Pass, W: Array, b: Array | None, dual: Array | None) -> WrittenOut:
    """Return the rows, each to be written out when it is visited. Raise ValueError where shapes disagree.

    Parameters
    ----------
    rows : DenseRows or CSRRows
    steps : Pass
    W : ndarray of shape (n_outputs, n_features)
    b : ndarray of shape (n_outputs,), or None
    dual : ndarray of shape (n_samples, n_outputs), or None
    """
    m, n_features = W.shape
    check_pass(steps, len(rows), -1)
    if b is not None and len(b) != m:
        raise ValueError(f"W must have at least one output, b {m} entries")
    if dual is not None and dual.shape != (len(rows), m):
        raise ValueError("dual must have one entry a row and output")
    return WrittenOut(rows, n_features)
