"""Logistic regression by adaptive steps, one step size a weight (docs/equations.md, AD-1 to AD-3)."""

import numpy as np

from hotloop.reference.losses import Array, gradient_of_row
from hotloop.reference.rows.source import WrittenOut
from hotloop.reference.rows.steps import check_margins, check_pass, visits
from hotloop.structs import AdaptiveRule, CSRRows, DenseRows, Pass

RULES = ("adagrad", "ftrl", "normalized")


def logistic_adaptive_pass(
    rows: DenseRows | CSRRows,
    steps: Pass,
    rule: AdaptiveRule,
    accumulators: Array,
    b_accumulators: Array | None,
    feature_scale: Array | None,
    norm_sum: Array | None,
) -> tuple[float, int]:
    """Run adaptive steps over rows in the given order, updating the accumulators in place.

    AdaGrad (Duchi, Hazan and Singer 2011), normalised AdaGrad (Ross, Mineiro and Langford 2013) or FTRL-proximal (McMahan et
    al. 2013). A column that is 0 in a row has gradient 0 there, and nothing of it moves: dense and CSR rows give the same.

    Parameters
    ----------
    rows : DenseRows or CSRRows
        CSR rows are scaled only: they have no shift.
    steps : Pass
        As for :func:`logistic_pass`; eta and alpha are not used.
    rule : AdaptiveRule
    accumulators : ndarray of shape (2, n_outputs, n_features), float32 or float64, Fortran order
        Weights (AdaGrad; normalised: those of the columns over their feature_scale) or z (FTRL), then n, the sums of squared
        gradients. Overwritten.
    b_accumulators : ndarray of shape (2, n_outputs), float64, Fortran order, or None for no intercept
        Intercepts, always by AdaGrad without penalty, and their sums. Overwritten.
    feature_scale : ndarray of shape (n_features,), dtype of accumulators
        Of "normalized", else None: largest absolute value of each column so far. Overwritten.
    norm_sum : ndarray of shape (1,), float64
        Of "normalized", else None: sum of the squares of all normalised rows so far. Overwritten.

    Returns
    -------
    loss, n_updates, and errors : as for :func:`logistic_pass`
    """
    n_outputs, n_features = accumulators.shape[1:]
    written = WrittenOut(rows, n_features)
    check_pass(steps, len(rows), -1)
    _check_rule(rule, n_features, feature_scale, norm_sum)
    if isinstance(rows, CSRRows) and rows.shift is not None:
        raise ValueError("sparse rows are scaled, not centred")
    if b_accumulators is not None and b_accumulators.shape != (2, n_outputs):
        raise ValueError(f"b_accumulators must have shape {(2, n_outputs)}")
    first, squares = accumulators
    loss, n_updates = 0.0, 0
    for s, i in visits(steps, len(rows), max(n_outputs, 2)):
        x, weight, step = written[i], steps.sample_weight[i], rule.eta
        if rule.name == "normalized":
            assert feature_scale is not None
            assert norm_sum is not None
            x = normalize(x, squares, feature_scale)
            norm_sum += (x**2).sum() + (b_accumulators is not None)
            step = rule.eta * np.sqrt((rule.t + n_updates + 1) / norm_sum[0]) if norm_sum[0] else 0.0  # (AD-3)
        W = _weights(rule, rule.t + n_updates, accumulators)
        m = x @ W.T + (0 if b_accumulators is None else b_accumulators[0])  # (LR-1)
        check_margins(m, i, s)
        loss_of_row, g = gradient_of_row(m, steps.y[i])
        loss += weight * loss_of_row
        gradient = np.outer(weight * g, x)
        root = np.sqrt(squares)
        squares += gradient**2
        if rule.name == "ftrl":
            first += gradient - (np.sqrt(squares) - root) / rule.eta * W  # (AD-2)
        else:
            first -= step * divide(gradient, rule.beta + np.sqrt(squares))  # (AD-1), (AD-3)
        if b_accumulators is not None:
            b_accumulators[1] += (weight * g) ** 2
            b_accumulators[0] -= step * divide(weight * g, rule.beta + np.sqrt(b_accumulators[1]))
        n_updates += 1
    return loss, n_updates


def adaptive_weights(rule: AdaptiveRule, accumulators: Array, feature_scale: Array | None) -> Array:
    """Return the weights that accumulators stand for.

    Parameters
    ----------
    rule : AdaptiveRule
        l1 and l2 times t are the strengths of all steps so far.
    accumulators, feature_scale : as for :func:`logistic_adaptive_pass`; not overwritten

    Returns
    -------
    W : ndarray of shape (n_outputs, n_features), dtype of accumulators, Fortran order
        FTRL's have exact zeros. A normalised column not seen so far has weight 0.
    """
    W = _weights(rule, rule.t, accumulators)
    if feature_scale is not None:
        W = divide(W.T, feature_scale[:, None]).T
    return W.astype(accumulators.dtype)


def _weights(rule: AdaptiveRule, t: float, accumulators: Array) -> Array:
    """Return the weights after t steps; of "normalized" those of the normalised columns."""
    if len(accumulators) != 2:
        raise ValueError("accumulators must have shape (2, n_outputs, n_features)")
    first, squares = accumulators
    if rule.name != "ftrl":
        return np.asarray(first)
    l1, l2 = rule.l1 * t, rule.l2 * t
    z, n = first.T.astype(np.float64), squares.T.astype(np.float64)
    return divide(-np.sign(z) * np.maximum(np.abs(z) - l1, 0), (rule.beta + np.sqrt(n)) / rule.eta + l2).T  # (AD-2)


def normalize(x: Array, squares: Array, feature_scale: Array) -> Array:
    """Return the row over the largest values of its columns, its own included; sums of squares follow these, (AD-3)."""
    size = np.abs(x)
    grown = size > feature_scale
    squares[:, grown] *= (feature_scale[grown] / size[grown]) ** 2
    feature_scale[grown] = size[grown]
    return divide(x, feature_scale)


def divide(a: Array, b: Array) -> Array:
    """Return a / b, 0 where b is 0: no gradient has been seen there."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b))), where=b != 0)


def _check_rule(rule: AdaptiveRule, n_features: int, feature_scale: Array | None, norm_sum: Array | None) -> None:
    """Raise ValueError where the rule is unknown, or an array that it needs is missing or has another size.

    Parameters
    ----------
    rule : AdaptiveRule
    n_features : int
    feature_scale : ndarray of shape (n_features,), or None
    norm_sum : ndarray of shape (1,), or None
        "normalized" needs both arrays, the other rules ignore them.
    """
    if rule.name not in RULES:
        raise ValueError(f"rule is {rule.name!r}, expected 'adagrad', 'ftrl' or 'normalized'")
    if rule.name == "normalized" and (
        feature_scale is None or len(feature_scale) != n_features or norm_sum is None or len(norm_sum) != 1
    ):
        raise ValueError(f"feature_scale must have {n_features} entries, norm_sum one")
