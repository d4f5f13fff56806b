"""Online learning: rows come in pieces of any size, and the pieces give the bits of the whole.

What follows the rows seen so far (standardisation, scaling of targets, step size, L2 strength) takes effect at the refit points
only, when 64, 128, 256, ... rows have come: there the weights are re-expressed so that no prediction moves. Rows before the
first refit point, and later those of an unfinished group of rows, are pending: they are learnt when their group is complete.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from hotloop.data.batch import Batch, Vector
from hotloop.data.csr import from_arrays
from hotloop.data.section import Section
from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import LARGEST, ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.loop import TrainableState, pass_over
from hotloop.training.options import FitOptions
from hotloop.training.snapshot import Snapshot

FIRST_REFIT_POINT = 64

NEVER = 2**62


class LearningState(TrainableState, Protocol):
    """A state that a learner can hold."""

    @property
    def n_features(self) -> int: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def to_section(self) -> Section: ...


S = TypeVar("S", bound=LearningState)


@dataclass(kw_only=True, eq=False)
class OnlineLearner(ABC, Generic[S]):
    """A state that learns from rows as they come.

    Attributes
    ----------
    state : LinearState or TwoLayerState
        As of the last row that is not pending.
    options : FitOptions
    config : TrainingConfig or None
        What the options come to since the last refit point; None before the first.
    pending : list of Batch
        The rows not learnt yet, targets in the caller's units.
    weight_total : float
        Sum of the rows' weights, class weights included.
    frozen : bool
        There are no refit points: standardisation and config stay as a fit has chosen them, without statistics.
    """

    state: S
    options: FitOptions
    config: TrainingConfig | None = None
    pending: list[Batch] = field(default_factory=list)
    weight_total: float = 0.0
    frozen: bool = False
    _flushed: S | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        n_pending = sum(map(len, self.pending))
        if n_pending > self.n_rows:
            raise ValueError(f"{n_pending} rows are pending, but {self.n_rows} have come")

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Rows of weight above 0 that have come, pending ones included."""

    @abstractmethod
    def _count(self, rows: Batch, statistic_weight: Vector) -> None:
        """Count rows, and take them into the statistics; ``statistic_weight`` are the weights without class weights."""

    @abstractmethod
    def _set_constants(self) -> None:
        """At a refit point, set standardisation and config by the rows that have come."""

    @abstractmethod
    def _statistics(self) -> list[ColumnStatistics]:
        """Return the statistics that rows change."""

    def _group_size(self, X: Array | CSRRows) -> int:
        """Return the rows of a group: only whole groups are learnt before the next refit point."""
        return self.state.group_size

    def _to_learn(self, rows: Batch) -> Batch:
        """Return rows as the kernels take them."""
        return rows

    def _undo(self, rows: Batch) -> list[Callable[[], None]]:
        """Return calls that bring the state and the statistics back to before these rows."""
        statistics = [partial(Snapshot.of(owner).restore, owner) for owner in self._statistics()]
        return [partial(self.state.restore, self.state.snapshot()), *statistics]

    @abstractmethod
    def _check(self, rows: Batch) -> None:
        """Raise FloatingPointError or ValueError where these rows leave a model that cannot predict, or cannot go on.

        Rows that wait are refused here, too: later they would be in the way of all that come after them.
        """

    def _check_pending(self) -> None:
        """Raise FloatingPointError where the rows that wait make the weights, or products with other rows, overflow."""
        for rows in self.pending:
            cells = rows.X.stored_data() if isinstance(rows.X, CSRRows) else rows.X
            if cells is not None and not float(np.abs(cells).max(initial=0)) < LARGEST[self.state.dtype.itemsize] ** 2:
                raise FloatingPointError("products with a cell overflow")
        if self.pending:
            check_weights(self.flushed_state())

    def partial_fit(self, rows: Batch, statistic_weight: Vector) -> None:
        """Train on rows in their order.

        Parameters
        ----------
        rows : Batch
        statistic_weight : ndarray of shape (n_samples,), float64
            Weights without class weights.

        Raises
        ------
        FloatingPointError, ValueError
            The weights diverge; a column becomes too wide or too narrow to be standardised. The learner is then as before this
            call, as after KeyboardInterrupt.
        """
        nonzero = np.flatnonzero(rows.sample_weight)
        if len(nonzero) < len(rows):
            rows, statistic_weight = rows.take(nonzero), statistic_weight[nonzero]
        attributes = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        attributes["pending"] = list(self.pending)
        undo, start = self._undo(rows), 0
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                while start < len(rows):
                    stop = min(len(rows), start + self._next_refit_point() - self.n_rows)
                    part = slice(start, stop)
                    self._take_piece(_part(rows, start, stop), statistic_weight[part])
                    start = stop
            self._check(rows)
        except BaseException as error:  # Ctrl-C too: rows are learnt and counted, or neither
            vars(self).update(attributes, _flushed=None)
            for restore in undo:
                restore()
            if isinstance(error, FloatingPointError):
                raise FloatingPointError(
                    f"training diverged ({error}); these rows were not learnt. Take a smaller eta0"
                ) from None
            raise

    def flushed_state(self) -> S:
        """Return the state that predictions use: as if the pending rows were all there will be."""
        if not self.pending:
            return self.state
        if self._flushed is None:
            learner = replace(self, state=self.state.copy(), pending=list(self.pending))
            if learner.config is None:
                learner._set_constants()
            with np.errstate(over="ignore", invalid="ignore"):
                learner._learn_pending()
            self._flushed = learner.state
        return self._flushed

    def _next_refit_point(self) -> int:
        if self.frozen:
            return NEVER
        refit_point = FIRST_REFIT_POINT
        while refit_point <= self.n_rows:
            refit_point *= 2
        return refit_point

    def _take_piece(self, piece: Batch, statistic_weight: Vector) -> None:
        """Take rows that reach the next refit point at most."""
        refit_point = self._next_refit_point()
        self._count(piece, statistic_weight)
        # one by one, so that the sum does not depend on the pieces
        self.weight_total = float(np.add.accumulate(np.append(self.weight_total, piece.sample_weight))[-1])
        self._flushed = None
        if self.config is None:
            self.pending.append(self._copied(piece, 0, len(piece)))
        else:
            self._learn(piece)
        if self.n_rows == refit_point:
            if self.config is not None:  # under the constants that these rows came under
                self._learn_pending()
            self._set_constants()
            self._learn_pending()

    def _learn(self, piece: Batch) -> None:
        """Train on the groups of rows that the pending rows and these fill; the others become pending."""
        start, group = 0, self._group_size(piece.X)
        if group == 1:
            self._learn_pending()
        elif n_pending := sum(map(len, self.pending)):
            start = min(len(piece), group - n_pending)
            self.pending.append(self._copied(piece, 0, start))
            if n_pending + start < group:
                return
            self._learn_pending()
        stop = start + (len(piece) - start) // group * group
        if start < stop:
            self._pass_over(_part(piece, start, stop))
        if stop < len(piece):
            self.pending.append(self._copied(piece, stop, len(piece)))

    def _learn_pending(self) -> None:
        pending, self.pending = self.pending, []
        for rows in joined(pending):
            self._pass_over(rows)

    def _pass_over(self, rows: Batch) -> None:
        assert self.config is not None
        if isinstance(rows.X, CSRRows):
            rows = replace(rows, X=rows.X.astype(self.state.dtype))
        pass_over(self.state, self._to_learn(rows), self.config)

    def _copied(self, rows: Batch, start: int, stop: int) -> Batch:
        """Return rows start to stop - 1 in the type of the weights, which the caller may change afterwards."""
        X, dtype = rows.X[start:stop], self.state.dtype
        X = X.copy().astype(dtype) if isinstance(X, CSRRows) else X.astype(dtype)
        return Batch(X, rows.y[start:stop].copy(), rows.sample_weight[start:stop].copy())

    def to_section(self) -> Section:
        """Return what a file holds of the learner: everything that the next rows need."""
        pending = joined(self.pending)
        section = Section.of(self, values=("weight_total", "frozen")).with_values(n_pending=len(pending))
        section.put_record("options", self.options)
        section.put_record("config", self.config)
        section.add("state", self.state.to_section())
        for place, rows in enumerate(pending):
            section.add(f"pending_{place}", _rows_section(rows))
        return section


def read_learner(section: Section, state: LearningState, options: type[FitOptions], n_targets: int = 1) -> dict[str, Any]:
    """Return the attributes that all learners have, from a file; ValueError where they do not fit.

    Parameters
    ----------
    section : Section
    state : LinearState or TwoLayerState
    options : type
        Of the options.
    n_targets : int
        Targets, or labels, of a row; one may stand in a column of its own.
    """
    parts = [section.part(f"pending_{place}") for place in range(section.count("n_pending"))]
    return {
        "state": state,
        "options": section.record("options", options),
        "config": None if section.values["config"] is None else section.record("config", TrainingConfig),
        "weight_total": section.number("weight_total"),
        "frozen": section.flag("frozen"),
        "pending": [_rows_of(part, state.n_features, state.dtype, n_targets) for part in parts],
    }


def check_weights(state: LearningState) -> None:
    """Raise FloatingPointError where a weight is no number."""
    if not state.is_finite():
        raise FloatingPointError("the weights are not finite")


def joined(parts: Sequence[Batch]) -> list[Batch]:
    """Return the parts one after the other, neighbours of one kind (dense or sparse) as one."""
    batches = []
    for is_sparse, group in groupby(parts, key=lambda part: isinstance(part.X, CSRRows)):
        same = list(group)
        matrices = [part.X for part in same]
        X: Any = CSRRows.concat(matrices) if is_sparse else np.concatenate(matrices)
        batches.append(Batch(X, *(np.concatenate([getattr(part, name) for part in same]) for name in ("y", "sample_weight"))))
    return batches


def _part(rows: Batch, start: int, stop: int) -> Batch:
    return Batch(rows.X[start:stop], rows.y[start:stop], rows.sample_weight[start:stop])


def _rows_section(rows: Batch) -> Section:
    arrays = {"y": rows.y, "sample_weight": rows.sample_weight}
    if not isinstance(rows.X, CSRRows):
        return Section(arrays | {"X": rows.X})
    X = rows.X.copy()
    return Section(arrays | {"indptr": X.indptr, "indices": X.indices.astype(np.int64), "data": X.explicit_data()})


def _rows_of(section: Section, n_features: int, dtype: Any, n_targets: int) -> Batch:
    """Return the pending rows that a section holds; ValueError where an array has another shape or type.

    Parameters
    ----------
    section : Section
        Holds y, sample_weight, and either X or indptr, indices and data.
    n_features : int
    dtype : dtype
        Of X.
    n_targets : int
        Columns of y.
    """
    y = section.arrays["y"]
    n_rows = len(y)
    if y.shape != (n_rows, n_targets) and not (y.shape == (n_rows,) and n_targets == 1):
        raise ValueError(f"array y has shape {y.shape}, expected {n_targets} for each row")
    X: Any
    if "X" in section.arrays:
        X = section.array("X", (n_rows, n_features), dtype)
    else:
        indptr, indices = section.array("indptr", (n_rows + 1,), np.int64), section.arrays["indices"]
        X = from_arrays(indptr, indices, section.array("data", indices.shape), n_features)
    return Batch(X, section.array("y", y.shape, np.float64), section.array("sample_weight", (n_rows,), np.float64))
