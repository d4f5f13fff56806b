"""Passes over the data around one kernel call: epochs, shuffling, step sizes, the stop; and the two models trained so."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import choose
from hotloop.schedules import step_sizes
from hotloop.sparse_rows import SparseRows
from hotloop.validation import distinct

Vector = NDArray[np.float64]

# A pass is cut into kernel calls of about this many multiply-adds (some 20 ms compiled), so that Ctrl-C is heard between them.
# The cuts fall where the kernels have nothing unfinished, so results do not depend on them.
WORK_PER_CALL = 20_000_000
BLOCK = 4  # rows that the kernels of logistic regression take at once


class State(Protocol):
    """What a model has learnt so far (LogisticState, TwoLayerState)."""

    t: int

    @property
    def cut(self) -> int: ...
    @property
    def units(self) -> int: ...
    def copy(self) -> Any: ...
    def restart_average(self) -> None: ...
    def take_pass(
        self, X: Any, y: Vector, sample_weight: Vector, order: NDArray[np.intp], eta: Vector, alpha: float
    ) -> tuple[float, int]: ...
    def is_finite(self) -> bool: ...
    def penalty(self) -> float: ...


S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class Rows:
    """Samples ready for a kernel: X an array that it reads (see ``validation.readable``) or SparseRows; class index or target;
    weights >= 0; share of the step size that each takes, None for all of it."""

    X: Any
    y: Vector
    sample_weight: Vector
    share: Vector | None = None

    def __len__(self) -> int:
        return len(self.X)

    def take(self, chosen: NDArray[np.intp]) -> "Rows":
        """Return a copy of some of the rows."""
        return Rows(self.X[chosen], self.y[chosen], self.sample_weight[chosen])

    @property
    def all_move(self) -> bool:
        """Whether every row has a weight above 0."""
        return bool(distinct(self.sample_weight).all())

    @property
    def n_moving(self) -> int:
        """Rows of weight above 0."""
        return len(self) if self.all_move else int(np.count_nonzero(self.sample_weight))

    @property
    def total_weight(self) -> float:
        """Sum of the weights."""
        own = distinct(self.sample_weight)
        return float(own.sum()) * (len(self) / max(1, len(own)))

    @property
    def cells(self) -> float:
        """Cells of a row, of sparse rows the non-zeros of an average one: what a step costs."""
        return self.X.n_stored / max(1, len(self)) if isinstance(self.X, SparseRows) else self.X.shape[1]


@dataclass(frozen=True)
class Plan:
    """How to train, every setting resolved to a number (see the estimators for their meaning)."""

    eta0: float
    alpha: float = 0.0
    learning_rate: str = "auto"
    horizon: float = np.inf
    power_t: float = 0.25
    max_iter: int = 1000
    tol: float | str | None = "auto"
    n_iter_no_change: int = 5
    shuffle: bool = True
    seed: int = 0
    longest: float = np.inf  # ||z||^2 + 1 of a row of a network, above which its step is shortened: see fitting.step_shares

    def __post_init__(self) -> None:
        if not self.eta0 > 0:
            raise ValueError(f"eta0 must be positive, not {self.eta0}")
        if not 0 <= self.eta0 * self.alpha < 1:
            raise ValueError(
                f"eta0 * alpha is {self.eta0 * self.alpha:g}; it must lie in [0, 1), or a step would turn the weights' sign: "
                "take a smaller eta0 or alpha"
            )


@dataclass
class Course:
    """How the training went.

    Attributes
    ----------
    loss_curve : list of float
        Per epoch the mean training loss, each row's taken just before its step, plus the penalty of the epoch's last weights.
    validation_curve : list of float
        Per epoch the mean loss on the validation rows; empty without them.
    n_iter : int
        Epochs trained.
    converged : bool
    stopped : bool
        Whether ``on_epoch`` asked for the end.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_curve: list[float] = field(default_factory=list)
    n_iter: int = 0
    converged: bool = False
    stopped: bool = False

    def complaint(self, plan: Plan) -> str | None:
        """Return what to tell the user where training stopped at max_iter while the loss was still falling."""
        if self.converged or self.stopped or plan.tol is None or plan.max_iter == 1:
            return None
        tail = ", ".join(f"{value:.6g}" for value in (self.validation_curve or self.loss_curve)[-4:])
        return (
            f"not converged after max_iter={plan.max_iter} epochs: the last losses were {tail}. "
            "Raise max_iter, or tol if this is close enough"
        )


def run_epochs(
    state: S,
    rows: Rows,
    plan: Plan,
    validate: Callable[[S], float] | None = None,
    on_epoch: Callable[[Course], bool | None] | None = None,
    start: S | None = None,
    first_pass: Callable[..., tuple[float, int]] | None = None,
) -> tuple[S, Course]:
    """Train ``state`` until its loss stands still; returns the state to keep and how it went.

    An epoch visits every row once, in an order drawn from (seed, epoch) alone. Averages restart after epochs 1, 2, 4, 8, ...:
    they cover the epochs since then. The loss is the validation loss where there is one, and the weights of the best epoch
    are then kept; else the loss curve. It stands still when ``n_iter_no_change`` epochs in a row did not lower the best by
    more than ``tol``; "auto" is a thousandth of the best, None trains for max_iter epochs. ``start`` is a copy of ``state``,
    where the caller has one. ``first_pass`` stands for ``pass_over`` in the first epoch. ``on_epoch`` sees the course after
    each epoch; the training ends where it returns True.

    Raises
    ------
    FloatingPointError
        The weights diverge; names the step. ``state`` is then as after the last good epoch.
    KeyboardInterrupt
        ``state`` is then as after the last finished kernel call.
    """
    course, best_loss, best, waited = Course(), np.inf, state, 0
    all_move = rows.all_move
    for epoch in range(plan.max_iter):
        good = start if epoch == 0 and start is not None else state.copy()
        if epoch & (epoch - 1) == 0 and epoch:
            state.restart_average()
        order = epoch_order(len(rows), epoch, plan.seed) if plan.shuffle else None
        if not all_move:  # the others move nothing, and would shift the blocks
            order = np.flatnonzero(rows.sample_weight) if order is None else order[rows.sample_weight[order] != 0]
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                taken = pass_over if epoch or first_pass is None else first_pass
                loss, moved = taken(state, rows, plan, order)
            if not state.is_finite():
                raise FloatingPointError("the weights are not finite")
        except FloatingPointError as error:
            step = state.t
            vars(state).update(vars(good))
            kept = "the weights of the epoch before" if epoch else "the first weights"
            raise FloatingPointError(
                f"training diverged in epoch {epoch + 1}, after step {step} ({error}); {kept} are kept. "
                f"Take a smaller step size: eta0 was {plan.eta0:g}"
            ) from None
        del good  # before the next copy is made
        course.loss_curve.append(loss / max(moved, 1) + plan.alpha * state.penalty())
        course.n_iter = epoch + 1
        if validate is not None:
            course.validation_curve.append(validate(state))
        now = (course.validation_curve or course.loss_curve)[-1]
        margin = (1e-3 * abs(best_loss) if plan.tol == "auto" else float(plan.tol or 0.0)) if np.isfinite(best_loss) else 0.0
        waited = 0 if now < best_loss - margin else waited + 1
        if now < best_loss:
            best_loss = now
            if validate is not None:
                best = state.copy()
        if plan.tol is not None and waited >= plan.n_iter_no_change:
            course.converged = True
        course.stopped = on_epoch is not None and bool(on_epoch(course))
        if course.converged or course.stopped:
            break
    return (best if validate is not None else state), course


def train(
    state: S,
    rows: Rows,
    plan: Plan,
    *,
    automatic_step: bool,
    validate: Callable[[S], float] | None = None,
    on_epoch: Callable[[Course], bool | None] | None = None,
    first_pass: Callable[..., tuple[float, int]] | None = None,
) -> tuple[S, Course, Plan]:
    """:func:`run_epochs`; with ``automatic_step`` a step size that diverges is halved and training starts again.

    Returns also the plan that was carried out.
    """
    for _ in range(20):
        start = state.copy()
        try:
            return *run_epochs(state, rows, plan, validate, on_epoch, start, first_pass), plan
        except FloatingPointError:
            if not automatic_step:
                raise
            vars(state).update(vars(start))
            plan = replace(plan, eta0=plan.eta0 / 2)
    raise FloatingPointError(f"training diverges even with step size {plan.eta0:g}; are the columns standardised?")


def epoch_order(n_samples: int, epoch: int, seed: int) -> NDArray[np.intp]:
    """Return the permutation of an epoch: it depends on n_samples, epoch and seed alone, by a counter-based generator."""
    generator = np.random.Philox(key=np.array([seed, epoch], dtype=np.uint64))
    return choose().permutation(n_samples, generator.random_raw(6).astype(np.uint32))  # type: ignore[no-any-return]


def hold_out(y: Vector, fraction: float, seed: int, *, stratify: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to train on and the rows held out, each in rising order.

    Drawn at random; with ``stratify`` each class of y gives its share, and its first row drawn stays in training.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"validation_fraction is {fraction}, expected a number between 0 and 1")
    drawn = epoch_order(len(y), 2**62, seed)
    if stratify:
        drawn = drawn[np.argsort(y[drawn], kind="stable")]
    first = np.zeros(len(y), dtype=bool)
    first[np.unique(y[drawn], return_index=True)[1] if stratify else 0] = True
    share = np.floor(np.arange(1, len(y) + 1) * fraction)  # every 1/fraction-th of the rows drawn
    taken = (np.diff(share, prepend=0) > 0) & ~first
    if not taken.any():
        raise ValueError(f"{len(y)} rows are too few to hold out {fraction:.0%} of them; give X_val and y_val, or do without")
    return np.sort(drawn[~taken]), np.sort(drawn[taken])


def pass_over(state: State, rows: Rows, plan: Plan, order: NDArray[np.intp] | None = None) -> tuple[float, int]:
    """Take one pass in the order given, or that of the rows; returns the sum of the losses before each step, and the steps."""
    total, n_moved, n_steps = 0.0, 0, len(rows) if order is None else len(order)
    size = state.cut * max(1, int(WORK_PER_CALL / (4 * state.cut * state.units * max(1, rows.cells))))
    for start in range(0, n_steps, size):
        stop = min(start + size, n_steps)
        part = np.arange(start, stop, dtype=np.intp) if order is None else order[start:stop]
        eta = step_sizes(plan.learning_rate, plan.eta0, plan.horizon, plan.power_t, state.t, len(part))
        if rows.share is not None:
            eta = eta * rows.share[part]
        loss, moved = state.take_pass(rows.X, rows.y, rows.sample_weight, part, eta, plan.alpha)
        total, n_moved = total + loss, n_moved + moved
    return total, n_moved
