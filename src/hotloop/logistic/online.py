"""Online learning of logistic regression."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hotloop.data.batch import Batch, Vector
from hotloop.data.section import Section
from hotloop.data.validation import Array
from hotloop.logistic.auto import logistic_config
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.online import OnlineLearner, read_learner
from hotloop.training.options import FitOptions
from hotloop.training.snapshot import Snapshot

STATES: dict[str, type[LogisticState] | type[L1State] | type[AdaptiveState]] = {
    "plain": LogisticState,
    "l1": L1State,
    "adaptive": AdaptiveState,
}


@dataclass(kw_only=True, eq=False)
class LogisticLearner(OnlineLearner[LinearState]):
    """Logistic regression that learns from rows as they come; the state has the statistics of the columns.

    Dense rows are learnt in blocks of four, (LR-12), rows given by their non-zeros one by one.
    """

    @property
    def n_rows(self) -> int:
        """Rows of weight above 0 that have come, pending ones included."""
        return self.state.n_rows

    def replace_weights(self, coef: Array, intercept: Vector) -> None:
        """Learn the pending rows and go on from these weights, in the caller's units."""
        self.state, self.pending, self._flushed = self.flushed_state(), [], None
        self.state.replace_weights(coef, intercept)

    def _count(self, rows: Batch, statistic_weight: Vector) -> None:
        if self._needs_statistics:
            self.state.statistics.update(rows.X, statistic_weight, largest=self.options.standardize in BY_LARGEST)
        self.state.n_rows += len(rows)

    @property
    def _needs_statistics(self) -> bool:
        return self.options.need_statistics and not self.frozen

    def _statistics(self) -> list[ColumnStatistics]:
        return [self.state.statistics]

    def _set_constants(self) -> None:
        state = self.state
        state.restandardize(*state.statistics.constants(self.options.standardize, state.dtype))
        self.config = logistic_config(state, self.options, state.n_rows, self.weight_total / state.n_rows)

    def _group_size(self, X: Array | CSRRows) -> int:
        return 1 if isinstance(X, CSRRows) else self.state.group_size

    def _undo(self, rows: Batch) -> list[Callable[[], None]]:
        columns, state = self._columns_that_change(rows), self.state
        if columns is None:
            return super()._undo(rows)
        arrays = {name: getattr(state.statistics, name) for name in state.statistics.ARRAYS}
        whole = [arrays.pop("total_weight")]
        by_column = [array for array in arrays.values() if array is not None]
        statistics = Snapshot.of_columns(state.statistics, columns, by_column, whole)
        return [partial(state.restore, state.snapshot(columns)), partial(statistics.restore, state.statistics)]

    def _columns_that_change(self, rows: Batch) -> Array | None:
        """Return the columns of sparse rows where learning them changes no other column; else None."""
        X, state = rows.X, self.state
        if not isinstance(X, CSRRows) or self.config is None or self.pending or X.nnz >= X.n_features:
            return None
        if state.n_rows + len(rows) >= self._next_refit_point() or state.may_materialize(len(rows), self.config):
            return None
        if self._needs_statistics and state.statistics.seen is None:  # all rows so far were dense
            return None
        return X.stored_indices()

    def _check(self, rows: Batch) -> None:
        few = isinstance(rows.X, CSRRows) and rows.X.nnz < rows.X.n_features
        columns = rows.X.stored_indices() if few else None
        if not self.state.is_finite_in(slice(None) if columns is None else columns):
            raise FloatingPointError("the weights are not finite")
        by_squares = self.options.eta0 == "auto" or self.options.standardize not in BY_LARGEST
        if self._needs_statistics and by_squares:
            self.state.statistics.check_range(self.options.standardize, self.state.dtype, columns)
        self._check_pending()

    def to_section(self) -> Section:
        """Return what a file holds of the learner: everything that the next rows need."""
        kind = next(name for name, kind in STATES.items() if type(self.state) is kind)
        return super().to_section().with_values(kind=kind)

    @classmethod
    def from_section(cls, section: Section) -> "LogisticLearner":
        """Return the learner that a file holds; ValueError where its parts do not fit together."""
        state = STATES[section.choice("kind", STATES)].from_section(section.part("state"))
        return cls(**read_learner(section, state, FitOptions))
