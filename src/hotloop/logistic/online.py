"""Logistic regression on a stream: rows come in pieces of any size, and the pieces give the bits of the whole.

Standardisation, step size and L2 strength follow the rows seen so far, but take effect only when 64, 128, 256, ... rows have
come, where the weights are re-expressed so that no prediction moves. The first 64 rows wait until then, later ones until their
block of four is complete.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np

from hotloop.data.batch import Batch
from hotloop.logistic.auto import logistic_config
from hotloop.logistic.state import LogisticState
from hotloop.preprocessing.standardization import BY_LARGEST
from hotloop.structs import CSRRows
from hotloop.training.config import BLOCK, TrainingConfig
from hotloop.training.loop import pass_over
from hotloop.training.online import FIRST, joined
from hotloop.training.options import FitOptions


@dataclass
class LogisticStream:
    """A state that learns from a stream.

    Attributes
    ----------
    state : LogisticState
        As of the last row that did not have to wait.
    options : FitOptions
    config : TrainingConfig or None
        What the settings come to since the last milestone; None before the first.
    pending : list of Batch
        The rows before the first milestone; then those of an unfinished block.
    weight_total : float
        Sum of the rows' weights, class weights included.
    frozen : bool
        Standardisation and plan stay: a fit of sparse rows has chosen them and keeps no statistics.
    """

    state: LogisticState
    options: FitOptions
    config: TrainingConfig | None = None
    pending: list[Batch] = field(default_factory=list)
    weight_total: float = 0.0
    frozen: bool = False

    def take(self, rows: Batch, statistic_weight: np.ndarray) -> None:
        """Train on rows in their order; ``statistic_weight`` are the weights without class weights.

        Raises
        ------
        FloatingPointError
            The weights diverge; names the step. The state is then as before this call, as after KeyboardInterrupt.
        """
        moving = rows.sample_weight > 0
        if not moving.all():
            rows = Batch(rows.X[moving], rows.y[moving], rows.sample_weight[moving])
            statistic_weight = statistic_weight[moving]
        restore, start = self._remember(rows), 0
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                while start < len(rows):
                    stop = min(len(rows), start + self._next_refit_point() - self.state.n_rows)
                    part = slice(start, stop)
                    piece = Batch(rows.X[part], rows.y[part], rows.sample_weight[part])
                    self._take_piece(piece, statistic_weight[part])
                    start = stop
            self._check_weights(rows)
        except BaseException as error:  # Ctrl-C too: rows are learnt and counted, or neither
            restore()
            if isinstance(error, FloatingPointError):
                raise FloatingPointError(
                    f"training diverged ({error}); these rows were not learnt. Take a smaller eta0"
                ) from None
            raise

    def _remember(self, rows: Batch) -> Callable[[], None]:
        """Return a call that undoes what these rows are about to do."""
        state, kept = self.state, (self.config, list(self.pending), self.weight_total)
        config, few = self.config, False
        if isinstance(rows.X, CSRRows) and config is not None and not self.pending:
            few = rows.X.nnz < rows.X.n_features and state.n_rows + len(rows) < self._next_refit_point()
            few = few and not state.may_settle(len(rows), config)
        if not few:
            before = state.copy()
            before.statistics = before.statistics.copy()

            def restore() -> None:
                self.state, (self.config, self.pending, self.weight_total) = before, kept

            return restore
        # Nothing but the columns of these rows will change: the others are not copied.
        assert isinstance(rows.X, CSRRows)
        places, own, statistics = rows.X.stored_indices(), dict(vars(state)), state.statistics
        by_column = state.by_column()
        if not self.frozen and self.options.need_statistics and statistics.seen is not None:
            by_column += [getattr(statistics, name) for name in statistics.ARRAYS if name != "total_weight"]
        columns = [(array, array[places]) for array in by_column]
        values = [(array, array.copy()) for array in (statistics.total_weight, *state.whole())]
        folded = copy(state.folded)

        def restore_columns() -> None:
            for array, before in columns:
                array[places] = before
            for array, before in values:
                array[...] = before
            vars(state).update(own)
            state.folded = folded
            state._kept = {}
            self.config, self.pending, self.weight_total = kept

        return restore_columns

    def _check_weights(self, rows: Batch) -> None:
        state = self.state
        few = isinstance(rows.X, CSRRows) and rows.X.nnz < rows.X.n_features
        columns = rows.X.stored_indices() if few else slice(None)
        if not all(np.isfinite(a).all() for a in (*state.whole(), *(array[columns] for array in state.by_column()))):
            raise FloatingPointError("the weights are not finite")

    def flushed_state(self) -> LogisticState:
        """Return the state that predictions use: as if the pending rows were all there will be."""
        if not self.pending:
            return self.state
        now = replace(self, state=self.state.copy(), pending=list(self.pending))
        if now.config is None:
            now._set_constants()
        now._learn_pending()
        return now.state

    def _next_refit_point(self) -> int:
        if self.frozen:
            return 2**62
        refit_point = FIRST
        while refit_point <= self.state.n_rows:
            refit_point *= 2
        return refit_point

    def _take_piece(self, piece: Batch, statistic_weight: np.ndarray) -> None:
        """Take rows that reach the next milestone at most."""
        refit_point = self._next_refit_point()
        if self.options.need_statistics and not self.frozen:
            self.state.statistics.update(piece.X, statistic_weight, largest=self.options.standardize in BY_LARGEST)
        self.state.n_rows += len(piece)
        # one by one, so that the sum does not depend on the pieces
        self.weight_total = float(np.add.accumulate(np.append(self.weight_total, piece.sample_weight))[-1])
        if self.config is None:
            self.pending.append(self._copied(piece, 0, len(piece)))
        else:
            self._learn(piece)
        if self.state.n_rows == refit_point:
            if self.config is not None:  # under the constants that these rows came under
                self._learn_pending()
            self._set_constants()
            self._learn_pending()

    def _set_constants(self) -> None:
        state = self.state
        state.restandardize(*state.statistics.constants(self.options.standardize, state.W.dtype))
        self.config = logistic_config(state, self.options, state.n_rows, self.weight_total / state.n_rows)

    def _learn(self, piece: Batch) -> None:
        """Train on the blocks that the pending rows and these fill; the others wait."""
        assert self.config is not None
        if isinstance(piece.X, CSRRows):  # row by row
            self._learn_pending()
            pass_over(self.state, replace(piece, X=piece.X.astype(self.state.W.dtype)), self.config)
            return
        start, n_pending = 0, sum(map(len, self.pending))
        if n_pending:
            start = min(len(piece), BLOCK - n_pending)
            self.pending.append(self._copied(piece, 0, start))
            if n_pending + start < BLOCK:
                return
            self._learn_pending()
        stop = start + (len(piece) - start) // BLOCK * BLOCK
        if start < stop:
            whole = Batch(piece.X[start:stop], piece.y[start:stop], piece.sample_weight[start:stop])
            pass_over(self.state, whole, self.config)
        if stop < len(piece):
            self.pending.append(self._copied(piece, stop, len(piece)))

    def _learn_pending(self) -> None:
        assert self.config is not None
        pending, self.pending = self.pending, []
        for rows in joined(pending):
            pass_over(self.state, rows, self.config)

    def _copied(self, rows: Batch, start: int, stop: int) -> Batch:
        """Return rows start to stop - 1, in the type of the weights, which the caller may change afterwards."""
        X, dtype = rows.X[start:stop], self.state.W.dtype
        X = X.copy().astype(dtype) if isinstance(X, CSRRows) else X.astype(dtype)
        return Batch(X, rows.y[start:stop].copy(), rows.sample_weight[start:stop].copy())
