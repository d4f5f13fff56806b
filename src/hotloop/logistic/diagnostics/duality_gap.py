"""How far a logistic model is from the optimum: exact objective, gradient and duality gap, in float64 (DU-1 to DU-3)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.data.validation import check_memory, readable
from hotloop.logistic.linear_state import LinearState
from hotloop.metrics import log_probabilities
from hotloop.structs import CSRRows, DenseRows

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Certificate:
    """How far a model is from the optimum of its objective, by one read of the rows.

    Attributes
    ----------
    objective : float
        Mean loss plus penalty of the model, in nats a row.
    gradient_norm : float
        Norm of the gradient by the weights on standardised columns and the intercepts.
    gap : float
        The objective is at most this far above its minimum; infinity where there is no L2 penalty.
    """

    objective: float
    gradient_norm: float
    gap: float

    def __str__(self) -> str:
        bound = f"within {self.gap:.2g} nats a row of the optimum"
        if self.gap == np.inf:
            bound = "no bound on the distance to the optimum: that takes an L2 penalty, alpha > 0"
        return f"objective {self.objective:.9g}, gradient norm {self.gradient_norm:.3g}, {bound}"


def kernel_rows(state: LinearState, rows: Batch) -> DenseRows | CSRRows:
    """Return the rows as the kernels of the dual take them, standardised like those of a state, in float64."""
    center = None if state.center is None else state.center.astype(np.float64)
    scale = None if state.scale is None else state.scale.astype(np.float64)
    if isinstance(rows.X, CSRRows):
        shift = None if center is None or scale is None or not center.any() else center * scale
        return rows.X.standardized(shift, scale)
    return DenseRows(rows.X if readable(rows.X, np.float64) else np.ascontiguousarray(rows.X, np.float64), center, scale)


def certify(
    state: LinearState, rows: Batch, alpha: float, total: float, dual: Vector | None = None
) -> tuple[Certificate, Vector, Vector]:
    """Return the certificate of the weights that predictions use, and the weights and sums that the duals make.

    Parameters
    ----------
    state : LinearState
    rows : Batch
    alpha : float
        Strength of the L2 penalty.
    total : float
        The sum of losses is divided by it.
    dual : ndarray of shape (n_samples, n_outputs), or None
        See ``reference.logistic_dual_pass``; None: the probabilities of the model.

    Returns
    -------
    certificate : Certificate
    W : ndarray of shape (n_outputs, n_features)
        (DU-1), without the penalty's alpha where it is 0.
    off : ndarray of shape (n_outputs,)
        Mean of q - e_y: 0 where the intercepts are at their optimum.
    """
    W, b = (np.asarray(part, np.float64) for part in state.weights())
    sparse, m = isinstance(rows.X, CSRRows), len(W)
    n_classes = max(m, 2)
    check_memory(8 * n_classes * W.size, f"a certificate, {n_classes} times 8 bytes for each of {W.size} weights,")
    ordered_W = np.asarray(W, order="F" if sparse else "C")
    margins, b_sums = np.zeros((len(rows), m)), np.zeros((n_classes, m))
    sums = np.zeros((n_classes, *W.T.shape)).transpose(0, 2, 1) if sparse else np.zeros((n_classes, *W.shape))
    intercept = b if state.fit_intercept else None
    get_backend().logistic_dual_sums(
        kernel_rows(state, rows), rows.y, rows.sample_weight, ordered_W, intercept, dual, margins, sums, b_sums
    )
    counted = np.flatnonzero(rows.sample_weight)
    margins, y, weight = margins[counted], rows.y[counted].astype(np.intp), rows.sample_weight[counted]
    with np.errstate(over="ignore", invalid="ignore"):  # of weights beyond any square the objective is infinite
        log_p = log_probabilities(margins)
        loss = -log_p[np.arange(len(y)), y]
        objective = float(weight @ loss) / total + alpha / 2 * float((W**2).sum())
    p = _away_from_label(np.exp(log_p), y)
    q = p if dual is None else _away_from_label(_of_dual(dual[counted], y, m), y)
    if dual is None:
        slope, b_slope = sums.sum(axis=0) / total + alpha * W, b_sums.sum(axis=0) / total
        norm = float(np.sqrt((slope**2).sum() + (b_slope**2).sum() * state.fit_intercept))
    else:
        norm = np.nan
    share = np.ones(n_classes) if not state.fit_intercept else balance(b_sums)
    made = -np.tensordot(share, sums, axes=1) / total  # alpha times (DU-1)
    off = b_sums.sum(axis=0) / total
    if alpha == 0:
        return Certificate(objective, norm, np.inf), made, off
    with np.errstate(over="ignore", invalid="ignore"):
        made /= alpha
        off_path = float(((W - made) ** 2).sum())
        gap = float(weight @ _distances(q * share[y][:, None], p)) / total + alpha / 2 * off_path  # (DU-2)
    return Certificate(objective, norm, gap), made, off


def balance(b_sums: Vector) -> Vector:
    """Return factors 0 <= f <= 1 of the rows of b_sums, whose rows sum to 0, with f b_sums = 0: (DU-3).

    The rows are rates of a Markov chain, f its stationary distribution, by the elimination of Grassmann, Taksar and Heyman,
    which subtracts nothing.
    """
    if b_sums.shape[1] == 1:
        away = np.abs(b_sums[:, 0])
        return away[::-1] / max(away.max(), 1e-300) if away.max() > 0 else np.ones(2)
    rates, n = np.maximum(b_sums, 0), len(b_sums)
    np.fill_diagonal(rates, 0)
    for last in range(n - 1, 0, -1):
        out = rates[last, :last].sum()
        if out <= 0:
            return np.zeros(n) if rates[:last, last].any() else np.ones(n)
        rates[:last, last] /= out
        rates[:last, :last] += np.outer(rates[:last, last], rates[last, :last])
    factors = np.ones(n)
    for i in range(1, n):
        factors[i] = factors[:i] @ rates[:i, i]
    return np.asarray(factors / factors.max())


def _of_dual(dual: Vector, y: NDArray[np.intp], m: int) -> Vector:
    if m > 1:
        return np.exp(dual)
    other = np.exp(-np.logaddexp(0, -dual[:, 0]))
    return np.where(np.arange(2) == y[:, None], np.exp(-np.logaddexp(0, dual[:, 0]))[:, None], other[:, None])


def _away_from_label(p: Vector, y: NDArray[np.intp]) -> Vector:
    """Return the probabilities with 0 in place of the label's: the others stay exact where the label's is near 1."""
    p = p.copy()
    p[np.arange(len(y)), y] = 0
    return p


def _distances(q: Vector, p: Vector) -> Vector:
    """Return sum_c q_c ln(q_c / p_c) of each row. q and p lack the label's probability: 1 less the sum of the others."""
    q = np.column_stack([q, np.maximum(1 - q.sum(axis=1), 0)])
    p = np.column_stack([p, np.maximum(1 - p.sum(axis=1), 0)])
    there = q > 1e-300
    r = np.divide(p - q, q, out=np.zeros_like(q), where=there)
    with np.errstate(all="ignore"):
        near = r**2 * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7 - r / 8))))))
        excess = np.where(np.abs(r) < 1e-2, near, r - np.log1p(r))
    return np.asarray(np.where(there, q * excess, p).sum(axis=1))
