"""Dual coordinate ascent: logistic or softmax regression to its optimum, one row at a time, stopped by the duality gap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.logistic.auto import ETA0_LOGISTIC, start_logistic
from hotloop.logistic.diagnostics.duality_gap import Certificate, Vector, certify, kernel_rows
from hotloop.logistic.state import LogisticState
from hotloop.structs import CSRRows, Pass
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.loop import WORK_PER_CALL
from hotloop.training.options import SHARED_VALUES, FitOptions
from hotloop.training.order import epoch_order
from hotloop.training.values import FLAG, Values, check_values, numbers, whole_numbers

# Strength of the intercept's penalty in a pass, over the largest curvature 1/4 of the loss. Epochs to a gap of 1e-6 on breast
# cancer with 0.1 / 1: 32 / 95.
INTERCEPT = 0.1

# Epochs between two moves of the centre. Epochs to a gap of 1e-6 with 1 / 2 / 3, and without a centre: spambase 49 / 44 / 42,
# 385; breast cancer 18 / 24 / 36, 31; a9a dense, 1 / 2: 56 / 58, 1,612.
EPOCHS_A_CENTRE = 2


@dataclass(frozen=True)
class SDCAOptions:
    """The options of dual coordinate ascent as the user gives them, by the names of LogisticSDCAClassifier.

    Raises
    ------
    ValueError
        An option has a value that VALUES does not allow.
    """

    alpha: float | str = "auto"
    fit_intercept: bool = True
    max_iter: int = 10_000
    tol: float | None = 1e-6
    shuffle: bool = True
    class_weight: Any = None
    standardize: str | None = "auto"
    seed: int = 0

    VALUES: ClassVar[Mapping[str, Values]] = {
        "alpha": numbers(0, np.inf, "auto", closed="neither"),
        "fit_intercept": FLAG,
        "max_iter": whole_numbers(1),
        "tol": numbers(0, np.inf, None),
        "shuffle": FLAG,
        "class_weight": Values(("balanced", None), mapping=True),
        "standardize": SHARED_VALUES["standardize"],
    }

    def __post_init__(self) -> None:
        if isinstance(self.alpha, int | float) and self.alpha == 0:
            raise ValueError("alpha is 0, expected alpha > 0: without a penalty there is no duality gap to stop by")
        check_values(self, self.VALUES)

    def shared(self) -> FitOptions:
        """Return the options that training needs."""
        shared = {name: getattr(self, name) for name in ("alpha", "max_iter", "tol", "shuffle", "seed", "standardize")}
        return FitOptions(learning_rate="constant", **shared)


LEAST_STRENGTH = 1e-307  # of alpha, and of alpha times the sum of the weights, by which steps are divided


@dataclass
class DualHistory(TrainingHistory):
    """A history of a training that a duality gap stops."""

    gap: float = np.inf

    def convergence_message(self, config: TrainingConfig) -> str | None:
        """Return what to tell the user where the gap is still above tol."""
        if self.converged or self.stopped or config.tol is None:
            return None
        return (
            f"not converged after max_iter={config.max_iter} epochs: the loss may be {self.gap:.2g} nats a row above its "
            f"minimum, tol is {config.tol}. Raise max_iter, alpha, or tol if this is close enough"
        )


def fit_dual(
    state: LogisticState,
    rows: Batch,
    options: FitOptions,
    on_epoch: Callable[[TrainingHistory], bool | None] | None = None,
    on_start: Callable[[TrainingConfig], None] | None = None,
    columns: Sequence[str] | None = None,
) -> tuple[LogisticState, DualHistory, TrainingConfig, Certificate]:
    """Train until the duality gap is at most ``tol``. The mean loss of the objective is the mean by weight.

    Parameters
    ----------
    state : LogisticState
        Trained in place. The first duals are 0, and with them the weights, whatever they were.
    rows : Batch
    options : FitOptions
        With ``alpha`` above 0 or "auto", and ``max_iter`` and ``tol`` set.
    on_epoch : callable of DualHistory, or None
        Called after each epoch; the training ends where it returns True.
    on_start : callable of TrainingConfig, or None
        Called when everything is checked.
    columns : sequence of str, or None
        Names of the columns, for messages.

    Returns
    -------
    state, history, config, certificate

    Raises
    ------
    ValueError
        ``alpha`` or its product with the sum of the weights is next to 0.
    KeyboardInterrupt
        The weights are those of the last finished epoch.
    """
    total = float(rows.sample_weight.sum())
    with np.errstate(over="ignore"):
        alpha = float(1 / np.float64(total)) if options.alpha == "auto" else float(options.alpha)
    if not min(alpha, alpha * total, 1 / alpha) >= LEAST_STRENGTH:
        raise ValueError(
            f"alpha is {alpha:.3g} and the sum of the weights {total:.3g}: these, or their product, are too near the ends of "
            "what float64 holds"
        )
    options = replace(options, alpha=alpha, eta0=min(1.0, 0.5 / alpha))  # eta0 for other rules that go on
    square = ETA0_LOGISTIC / start_logistic(state, rows, replace(options, alpha=0.0, eta0="auto"), columns).eta0
    square *= np.count_nonzero(rows.sample_weight) / total  # mean of ||z||^2 + 1 by weight
    tol, max_iter = None if options.tol is None else float(options.tol), int(options.max_iter)
    config = replace(options.config(alpha=alpha, eta0=1.0), tol=tol, max_iter=max_iter)
    history, dual = DualHistory(), DualAscent(state, rows, alpha, total, max(1.0, square / (4 * alpha * total)))
    if on_start is not None:
        on_start(config)
    suspected = tol or 0.0
    dual_certificate = None
    counted = rows.sample_weight > 0
    for epoch in range(max_iter):
        order = epoch_order(len(rows), epoch, config.seed) if config.shuffle else np.arange(len(rows))
        loss, gap = dual.epoch(order[counted[order]])
        with np.errstate(over="ignore"):
            history.loss_curve.append(loss + alpha / 2 * float((dual.W**2).sum()))
        history.n_iter, history.gap = epoch + 1, gap
        dual.copy_to_state()
        last = epoch + 1 == max_iter
        if tol is not None and (gap <= suspected or last):
            dual_certificate = dual.certificate()
            history.gap = dual_certificate.gap
            history.converged = dual_certificate.gap <= tol
            suspected = min(suspected, gap) / 2  # no further read for a certificate before the gap has halved
        history.stopped = on_epoch is not None and bool(on_epoch(history))
        if history.converged or history.stopped:
            break
    gradient = certify(state, rows, alpha, total)[0]
    if dual_certificate is None or not history.converged:
        dual_certificate = dual.certificate()
    certificate = Certificate(gradient.objective, gradient.gradient_norm, min(gradient.gap, dual_certificate.gap))
    history.gap = certificate.gap
    return state, history, config, certificate


class DualAscent:
    """The dual variables and the weights that they make, float64, in the layout of the kernel.

    ``ratio`` times ``alpha`` is the strength of the penalty about a centre, (DU-7).
    """

    def __init__(self, state: LogisticState, rows: Batch, alpha: float, total: float, ratio: float) -> None:
        """Start at weights 0.

        Parameters
        ----------
        state : LogisticState
            Standardised; :meth:`copy_to_state` overwrites its weights.
        rows : Batch
            ``y`` holds class indices.
        alpha : float, > 0
            L2 strength.
        total : float, > 0
            Sum of the weights of the rows.
        ratio : float, >= 1
            ``ratio`` times ``alpha`` is the strength of the penalty about a centre, (DU-7).
        """
        self.state, self.rows, self.alpha, self.total, self.ratio = state, rows, alpha, total, ratio
        self.sparse, (m, n_features) = isinstance(rows.X, CSRRows), state.W.shape
        self.standardized = kernel_rows(state, rows)
        self.W = np.zeros((m, n_features), order="F" if self.sparse else "C")
        self.center, self.before, self.n_epochs = np.zeros_like(self.W), self.W.copy(order="K"), 0
        self.b = np.zeros(m) if state.fit_intercept else None
        self.b_l2 = INTERCEPT / 4 * total
        # all of the label: the dual of weights 0
        self.dual = np.full((len(rows), m), -np.inf)
        if m > 1:
            self.dual[np.arange(len(rows)), rows.y.astype(np.intp)] = 0

    def epoch(self, order: NDArray[np.intp]) -> tuple[float, float]:
        """Take a step for each row in this order; return the mean loss before the steps, and an estimate of the gap."""
        loss = gap = 0.0
        if self.n_epochs % EPOCHS_A_CENTRE == 0:
            self._move_center()
        self.n_epochs += 1
        size = max(1, int(WORK_PER_CALL / max(1.0, self.rows.cells_per_row * len(self.state.W))))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            steps = Pass(part, self.rows.y, self.rows.sample_weight)
            l2 = self.ratio * self.alpha * self.total
            part_loss, part_gap, n_updates = get_backend().logistic_dual_pass(
                self.standardized, steps, l2, self.b_l2, self.W, self.b, self.dual
            )
            loss, gap = loss + part_loss, gap + part_gap
            self.state.t += n_updates
        if self.b is not None:
            self.b -= self._residual() / self.b_l2  # (DU-6): the centre of its penalty is now b itself
        with np.errstate(over="ignore", invalid="ignore"):
            distance = self.W - (self.W - self.center) * self.ratio  # from the weights that the duals make, (DU-1)
            return loss / self.total, gap / self.total + self.alpha / 2 * float((distance**2).sum())

    def _move_center(self) -> None:
        """Move the centre to the weights, and further by the last change of the weights, (DU-7)."""
        root = self.ratio**-0.5
        extrapolated = self.W + (1 - root) / (1 + root) * (self.W - self.before)
        self.before = self.W.copy(order="K")
        center = (1 - 1 / self.ratio) * extrapolated
        self.W += center - self.center
        self.center = center

    def _residual(self) -> Vector:
        """Sum of q - e_y over the rows, by weight."""
        counted = self.rows.sample_weight > 0
        y, weight = self.rows.y[counted], self.rows.sample_weight[counted]
        if self.dual.shape[1] == 1:
            return np.array([(weight * (1 - 2 * y)) @ np.exp(-np.logaddexp(0, -self.dual[counted, 0]))])
        return np.asarray(weight @ (np.exp(self.dual[counted]) - (np.arange(self.dual.shape[1]) == y[:, None])))

    def copy_to_state(self) -> None:
        """Copy the weights to the state."""
        b = self.state.b if self.b is None else self.b.copy()
        self.state.use_arrays(self.W.astype(self.state.dtype, order="F" if self.sparse else "C"), b)

    def certificate(self) -> Certificate:
        """Return the certificate by the duals."""
        return certify(self.state, self.rows, self.alpha, self.total, self.dual)[0]
