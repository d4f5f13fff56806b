"""Passes over the rows around calls of the kernels: epochs, shuffling, step sizes, the stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch, Vector
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.order import epoch_order
from hotloop.training.schedules import step_sizes
from hotloop.training.snapshot import Snapshot

OnStart = Callable[[TrainingConfig], None]

# A pass is cut into kernel calls of about this many multiply-adds (some 20 ms compiled), so that Ctrl-C is heard between them.
# The cuts fall where the kernels have nothing unfinished, so results do not depend on them.
WORK_PER_CALL = 20_000_000


class TrainableState(Protocol):
    """What a model of either family has learnt so far: a ``LinearState`` or a ``TwoLayerState``.

    Attributes
    ----------
    t : int
        Steps taken.
    group_size : int
        A pass that is cut after a multiple of so many rows of weight above 0 leaves nothing unfinished.
    work_per_cell : int
        Multiply-adds for a cell of a row, in those of logistic regression.
    """

    t: int

    @property
    def group_size(self) -> int: ...
    @property
    def work_per_cell(self) -> int: ...
    def copy(self) -> Any: ...
    def snapshot(self) -> Snapshot: ...
    def restore(self, snapshot: Snapshot) -> None: ...
    def restart_average(self) -> None: ...
    def take_pass(
        self, X: Any, y: Vector, sample_weight: Vector, order: NDArray[np.intp], eta: Vector, alpha: float
    ) -> tuple[float, int]:
        """Train on the rows of X in the given order.

        Parameters
        ----------
        X : ndarray or CSRRows of shape (n_samples, n_features)
            As the caller has them: the state standardises.
        y : ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Class indices, or targets.
        sample_weight : ndarray of shape (n_samples,), float64, >= 0
            A row of weight 0 moves nothing and takes no step size.
        order : ndarray of shape (n_steps,), intp
            Row visited at each step; repeats are allowed.
        eta : ndarray of shape (n_steps,), float64, > 0
            Step sizes, in the order in which they are taken.
        alpha : float, >= 0
            Strength of the penalty.

        Returns
        -------
        loss : float
            Sum of the losses before each update.
        n_updates : int
            Rows of weight above 0 that were visited.
        """

    def is_finite(self) -> bool: ...
    def penalty(self) -> float: ...


S = TypeVar("S", bound=TrainableState)


def run_epochs(
    state: S,
    rows: Batch,
    config: TrainingConfig,
    validate: Callable[[S], float] | None = None,
    on_epoch: Callable[[TrainingHistory], bool | None] | None = None,
    start: Snapshot | None = None,
) -> tuple[S, TrainingHistory]:
    """Train ``state`` until its loss stands still.

    An epoch visits every row once, in an order drawn from (seed, epoch) alone. Averages restart after epochs 1, 2, 4, 8, ...:
    they cover the epochs since then. The loss is the validation loss where there is one, and the weights of the best epoch
    are then kept; else the loss curve. It stands still when ``n_iter_no_change`` epochs in a row did not lower the best by
    more than ``tol``; "auto" is a thousandth of the best, None trains for max_iter epochs.

    Parameters
    ----------
    state, rows, config
        What is trained, on what, and how.
    validate : callable, optional
        Returns the validation loss of the state.
    on_epoch : callable, optional
        Is called with the history after each epoch; training ends where it returns True.
    start : Snapshot, optional
        Of ``state``, where the caller has one.

    Returns
    -------
    state : the state to keep
    history : TrainingHistory

    Raises
    ------
    FloatingPointError
        The weights diverge; names the step. ``state`` is then as after the last good epoch.
    KeyboardInterrupt
        ``state`` is then as after the last finished kernel call.
    """
    history, best_loss, best, epochs_without_gain = TrainingHistory(), np.inf, state, 0
    all_nonzero_weight = rows.all_nonzero_weight
    for epoch in range(config.max_iter):
        good = start if epoch == 0 and start is not None else state.snapshot()
        if epoch & (epoch - 1) == 0 and epoch:
            state.restart_average()
        order = epoch_order(len(rows), epoch, config.seed) if config.shuffle else None
        if not all_nonzero_weight:  # the others move nothing, and would shift the blocks
            order = np.flatnonzero(rows.sample_weight) if order is None else order[rows.sample_weight[order] != 0]
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                loss, n_updates = pass_over(state, rows, config, order)
            if not (np.isfinite(loss) and state.is_finite()):
                raise FloatingPointError("the loss or the weights are not finite")
        except FloatingPointError as error:
            step = state.t
            state.restore(good)
            weights = "the weights of the epoch before" if epoch else "the first weights"
            raise FloatingPointError(
                f"training diverged in epoch {epoch + 1}, after step {step} ({error}); {weights} are kept. "
                f"Take a smaller step size: eta0 was {config.eta0:g}"
            ) from None
        del good  # before the next copy is made
        history.loss_curve.append(loss / max(n_updates, 1) + config.alpha * state.penalty())
        history.n_iter = epoch + 1
        if validate is not None:
            history.validation_curve.append(validate(state))
        now = (history.validation_curve or history.loss_curve)[-1]
        margin = (
            (1e-3 * abs(best_loss) if config.tol == "auto" else float(config.tol or 0.0)) if np.isfinite(best_loss) else 0.0
        )
        epochs_without_gain = 0 if now < best_loss - margin else epochs_without_gain + 1
        if now < best_loss:
            best_loss = now
            if validate is not None:
                best = state.copy()
        if config.tol is not None and epochs_without_gain >= config.n_iter_no_change:
            history.converged = True
        history.stopped = on_epoch is not None and bool(on_epoch(history))
        if history.converged or history.stopped:
            break
    return (best if validate is not None else state), history


def train(
    state: S,
    rows: Batch,
    config: TrainingConfig,
    *,
    automatic_step: bool,
    validate: Callable[[S], float] | None = None,
    on_epoch: Callable[[TrainingHistory], bool | None] | None = None,
) -> tuple[S, TrainingHistory, TrainingConfig]:
    """Run :func:`run_epochs`; return the config that was carried out, too.

    Parameters
    ----------
    state, rows, config, validate, on_epoch : as for :func:`run_epochs`
    automatic_step : bool
        A step size that diverges is halved, and training starts again at the weights that it started with. False: it raises
        FloatingPointError.
    """
    for _ in range(20):
        start = state.snapshot()
        try:
            return *run_epochs(state, rows, config, validate, on_epoch, start), config
        except FloatingPointError:
            if not automatic_step:
                raise
            state.restore(start)
            config = replace(config, eta0=config.eta0 / 2)
    raise FloatingPointError(f"training diverges even with step size {config.eta0:g}; are the columns standardised?")


def pass_over(
    state: TrainableState, rows: Batch, config: TrainingConfig, order: NDArray[np.intp] | None = None
) -> tuple[float, int]:
    """Take one pass; return the sum of the losses before each step, and the number of steps that moved the weights.

    Parameters
    ----------
    state : TrainableState
        Changed in place.
    rows : Batch
    config : TrainingConfig
    order : ndarray of shape (n_steps,), intp, or None
        Row visited at each step. None: each row once, in the order of the rows.
    """
    total_loss, total_updates, n_steps = 0.0, 0, len(rows) if order is None else len(order)
    work_of_group = state.group_size * state.work_per_cell * max(1, rows.cells_per_row)
    size = state.group_size * max(1, int(WORK_PER_CALL / (4 * work_of_group)))
    for start in range(0, n_steps, size):
        stop = min(start + size, n_steps)
        part = np.arange(start, stop, dtype=np.intp) if order is None else order[start:stop]
        eta = step_sizes(config.learning_rate, config.eta0, config.horizon, config.power_t, state.t, len(part))
        if rows.step_share is not None:
            eta = eta * rows.step_share[part]
        loss, n_updates = state.take_pass(rows.X, rows.y, rows.sample_weight, part, eta, config.alpha)
        total_loss, total_updates = total_loss + loss, total_updates + n_updates
    return total_loss, total_updates
