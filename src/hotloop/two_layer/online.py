"""Networks on a stream: rows come in pieces of any size, and the pieces give the bits of the whole.

As logistic_stream.py has it: what follows the rows seen so far (standardisation, scaling of the targets, step size, L2
strength) takes effect when 64, 128, 256, ... rows have come, where the weights are re-expressed so that no prediction moves.
The first 64 rows wait until then, later ones until there are 64, or a batch of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.loop import pass_over
from hotloop.training.online import FIRST, joined
from hotloop.training.options import FitOptions
from hotloop.two_layer.auto import SPREAD, network_config, step_shares
from hotloop.two_layer.state import TwoLayerState


@dataclass
class TwoLayerStream:
    """A network that learns from a stream.

    Attributes
    ----------
    state : TwoLayerState
        As of the last row that did not have to wait.
    options : FitOptions
    init : str
        How its first weights were drawn.
    config : TrainingConfig or None
        What the settings come to since the last milestone; None before the first.
    statistics, targets : ColumnStatistics
        Of the columns and of regression targets; None after a fit, whose constants and plan stay.
    pending : list of Batch
        Rows not learnt yet, targets in the caller's units.
    n_rows : int
    weight_total : float
    drawn : (float, float)
        ``mean_squares`` of the state before the first step.
    """

    state: TwoLayerState
    options: FitOptions
    init: str = "auto"
    config: TrainingConfig | None = None
    statistics: ColumnStatistics | None = None
    targets: ColumnStatistics | None = None
    pending: list[Batch] = field(default_factory=list)
    n_rows: int = 0
    weight_total: float = 0.0
    drawn: tuple[float, float] = (0.0, 0.0)
    _visible: TwoLayerState | None = field(default=None, repr=False)

    @classmethod
    def fresh(cls, state: TwoLayerState, options: FitOptions, init: str) -> "TwoLayerStream":
        """Return a stream before its first row."""
        return cls(state, options, init, None, ColumnStatistics(len(state.W1)), ColumnStatistics(len(state.b2)))

    def take(self, rows: Batch, statistic_weight: NDArray[np.float64]) -> None:
        """Train on rows in their order; ``statistic_weight`` are the weights without class weights.

        Raises
        ------
        FloatingPointError
            The weights diverge; names the step. The stream is then as before this call, as after KeyboardInterrupt.
        """
        moving = np.flatnonzero(rows.sample_weight)
        if len(moving) < len(rows):
            rows, statistic_weight = rows.take(moving), statistic_weight[moving]
        restore, start = self._remember(), 0
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                while start < len(rows):
                    stop = min(len(rows), start + self._next_refit_point() - self.n_rows)
                    part = slice(start, stop)
                    self._take_piece(Batch(rows.X[part], rows.y[part], rows.sample_weight[part]), statistic_weight[part])
                    start = stop
            if not self.state.is_finite():
                raise FloatingPointError("the weights are not finite")
            self.flushed_state()  # rows that wait are refused here, or they would be in the way of all that come after
        except BaseException as error:  # Ctrl-C too: rows are learnt and counted, or neither
            restore()
            if isinstance(error, FloatingPointError):
                raise FloatingPointError(
                    f"training diverged ({error}); these rows were not learnt. Take a smaller eta0"
                ) from None
            raise

    def flushed_state(self) -> TwoLayerState:
        """Return the state that predictions use: as if the pending rows were all there will be."""
        if not self.pending:
            return self.state
        if self._visible is None:
            now = replace(self, state=self.state.copy(), pending=list(self.pending))
            if now.config is None:
                now._set_constants()
            with np.errstate(over="ignore", invalid="ignore"):
                now._learn_pending()
            if not now.state.is_finite():
                raise FloatingPointError("the weights are not finite")
            now.state.config = now.config
            self._visible = now.state
        return self._visible

    def _remember(self) -> Callable[[], None]:
        own = dict(vars(self)) | {"state": self.state.copy(), "pending": list(self.pending), "_visible": None}
        for name in ("statistics", "targets"):
            if own[name] is not None:
                own[name] = own[name].copy()

        def restore() -> None:
            vars(self).update(own)

        return restore

    def _next_refit_point(self) -> int:
        if self.statistics is None:
            return 2**62
        refit_point = FIRST
        while refit_point <= self.n_rows:
            refit_point *= 2
        return refit_point

    def _take_piece(self, piece: Batch, statistic_weight: NDArray[np.float64]) -> None:
        """Take rows that reach the next milestone at most."""
        refit_point = self._next_refit_point()
        if self.statistics is not None and self.targets is not None:
            self.statistics.update(piece.X, statistic_weight)
            if self.state.is_regression:
                self.targets.update(np.ascontiguousarray(piece.y.reshape(len(piece), -1)), statistic_weight, largest=False)
        self.n_rows += len(piece)
        # one by one, so that the sum does not depend on the pieces
        self.weight_total = float(np.add.accumulate(np.append(self.weight_total, piece.sample_weight))[-1])
        self._visible = None
        if self.config is None:
            self.pending.append(self._copied(piece, 0, len(piece)))
        else:
            self._learn(piece)
        if self.n_rows == refit_point:
            if self.config is not None:  # under the constants that these rows came under
                self._learn_pending()
            self._set_constants()
            self._learn_pending()

    def _set_constants(self) -> None:
        assert self.statistics is not None
        assert self.targets is not None
        state, first = self.state, self.config is None
        constants = self.statistics.constants(self.options.standardize, state.W1.dtype)
        mean_square = self.statistics.mean_square(*constants)
        if first:
            state.center, state.scale = constants
            state.fit_to(mean_square, SPREAD[state.activation] if self.init == "auto" else None)
            self.drawn = state.mean_squares(mean_square)
        else:
            state.restandardize(*constants)
        if state.is_regression:
            mean, deviation = self.targets.moments()
            deviation = np.sqrt(deviation / self.targets.total_weight)
            if first:
                state.choose_scale(mean, deviation)
            elif state.output == "linear":  # the values of a sum of sigmoids do not scale
                state.rescale_targets(mean, deviation)
        square = self.weight_total / self.n_rows * state.gradient_square(mean_square, *self.drawn)
        self.config = network_config(state, self.options, self.n_rows, square, mean_square, by_budget=False)

    def _learn(self, piece: Batch) -> None:
        """Train on the groups of rows that the pending rows and these fill; the others wait."""
        start, n_pending, cut = 0, sum(map(len, self.pending)), self.state.cut
        if n_pending:
            start = min(len(piece), cut - n_pending)
            self.pending.append(self._copied(piece, 0, start))
            if n_pending + start < cut:
                return
            self._learn_pending()
        stop = start + (len(piece) - start) // cut * cut
        if start < stop:
            self._pass_over(Batch(piece.X[start:stop], piece.y[start:stop], piece.sample_weight[start:stop]))
        if stop < len(piece):
            self.pending.append(self._copied(piece, stop, len(piece)))

    def _learn_pending(self) -> None:
        pending, self.pending = self.pending, []
        for rows in joined(pending):
            self._pass_over(rows)

    def _pass_over(self, rows: Batch) -> None:
        assert self.config is not None
        X = rows.X.astype(self.state.W1.dtype) if isinstance(rows.X, CSRRows) else rows.X
        y = self.state.scaled_targets(rows.y.reshape(len(rows), -1)) if self.state.is_regression else rows.y
        pass_over(self.state, Batch(X, y, rows.sample_weight, step_shares(X, self.state, self.config.longest)), self.config)

    def _copied(self, rows: Batch, start: int, stop: int) -> Batch:
        """Return rows start to stop - 1, in the type of the weights, which the caller may change afterwards."""
        X, dtype = rows.X[start:stop], self.state.W1.dtype
        X = X.copy().astype(dtype) if isinstance(X, CSRRows) else X.astype(dtype)
        return Batch(X, rows.y[start:stop].copy(), rows.sample_weight[start:stop].copy())
