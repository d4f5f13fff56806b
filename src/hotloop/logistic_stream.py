"""Logistic regression on a stream: rows come in pieces of any size, and the pieces give the bits of the whole.

Standardisation, step size and L2 strength follow the rows seen so far, but take effect only when 64, 128, 256, ... rows have
come, where the weights are re-expressed so that no prediction moves. The first 64 rows wait until then, later ones until their
block of four is complete.
"""

from dataclasses import dataclass, field

import numpy as np

from hotloop.fitting import Settings, logistic_plan
from hotloop.logistic_state import LogisticState
from hotloop.training import BLOCK, Plan, Rows, pass_over

FIRST = 64


@dataclass
class LogisticStream:
    """A state that learns from a stream.

    Attributes
    ----------
    state : LogisticState
        As of the last row that did not have to wait.
    settings : Settings
    plan : Plan or None
        What the settings come to since the last milestone; None before the first.
    waiting : list of Rows
        The rows before the first milestone; then those of an unfinished block.
    weight_total : float
        Sum of the rows' weights, class weights included.
    """

    state: LogisticState
    settings: Settings
    plan: Plan | None = None
    waiting: list[Rows] = field(default_factory=list)
    weight_total: float = 0.0

    def take(self, rows: Rows, statistic_weight: np.ndarray) -> None:
        """Train on rows in their order; ``statistic_weight`` are the weights without class weights.

        Raises
        ------
        FloatingPointError
            The weights diverge; names the step. The state is then as before this call, as after KeyboardInterrupt.
        """
        moving = rows.sample_weight > 0
        if not moving.all():
            rows = Rows(rows.X[moving], rows.y[moving], rows.sample_weight[moving])
            statistic_weight = statistic_weight[moving]
        before, start = self.state.copy(), 0
        before.statistics = before.statistics.copy()
        kept = (self.plan, list(self.waiting), self.weight_total)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                while start < len(rows):
                    stop = min(len(rows), start + self._next_milestone() - self.state.n_rows)
                    part = slice(start, stop)
                    piece = Rows(rows.X[part], rows.y[part], rows.sample_weight[part])
                    self._take_piece(piece, statistic_weight[part])
                    start = stop
            if not self.state.is_finite():
                raise FloatingPointError("the weights are not finite")
        except BaseException as error:  # Ctrl-C too: rows are learnt and counted, or neither
            self.state, (self.plan, self.waiting, self.weight_total) = before, kept
            if isinstance(error, FloatingPointError):
                raise FloatingPointError(
                    f"training diverged ({error}); these rows were not learnt. Take a smaller eta0"
                ) from None
            raise

    def visible(self) -> LogisticState:
        """Return the state that predictions use: as if the waiting rows were all there will be."""
        if not self.waiting:
            return self.state
        now = LogisticStream(self.state.copy(), self.settings, self.plan, list(self.waiting), self.weight_total)
        if now.plan is None:
            now._set_constants()
        now._learn_waiting()
        return now.state

    def _next_milestone(self) -> int:
        milestone = FIRST
        while milestone <= self.state.n_rows:
            milestone *= 2
        return milestone

    def _take_piece(self, piece: Rows, statistic_weight: np.ndarray) -> None:
        """Take rows that reach the next milestone at most."""
        milestone = self._next_milestone()
        if self.settings.need_statistics:
            self.state.statistics.update(piece.X, statistic_weight, largest=self.settings.standardize == "maxabs")
        self.state.n_rows += len(piece)
        # one by one, so that the sum does not depend on the pieces
        self.weight_total = float(np.add.accumulate(np.append(self.weight_total, piece.sample_weight))[-1])
        if self.plan is None:
            self.waiting.append(self._copied(piece, 0, len(piece)))
        else:
            self._learn(piece)
        if self.state.n_rows == milestone:
            if self.plan is not None:  # under the constants that these rows came under
                self._learn_waiting()
            self._set_constants()
            self._learn_waiting()

    def _set_constants(self) -> None:
        state = self.state
        state.restandardize(*state.statistics.constants(self.settings.standardize, state.W.dtype))
        self.plan = logistic_plan(state, self.settings, state.n_rows, self.weight_total / state.n_rows)

    def _learn(self, piece: Rows) -> None:
        """Train on the blocks that the waiting rows and these fill; the others wait."""
        assert self.plan is not None
        start, n_waiting = 0, sum(map(len, self.waiting))
        if n_waiting:
            start = min(len(piece), BLOCK - n_waiting)
            self.waiting.append(self._copied(piece, 0, start))
            if n_waiting + start < BLOCK:
                return
            self._learn_waiting()
        stop = start + (len(piece) - start) // BLOCK * BLOCK
        if start < stop:
            whole = Rows(piece.X[start:stop], piece.y[start:stop], piece.sample_weight[start:stop])
            pass_over(self.state, whole, self.plan)
        if stop < len(piece):
            self.waiting.append(self._copied(piece, stop, len(piece)))

    def _learn_waiting(self) -> None:
        assert self.plan is not None
        waiting, self.waiting = self.waiting, []
        if waiting:
            rows = Rows(*(np.concatenate([getattr(part, name) for part in waiting]) for name in ("X", "y", "sample_weight")))
            pass_over(self.state, rows, self.plan)

    def _copied(self, rows: Rows, start: int, stop: int) -> Rows:
        """Return rows start to stop - 1, in the type of the weights, which the caller may change afterwards."""
        X = rows.X[start:stop].astype(self.state.W.dtype)
        return Rows(X, rows.y[start:stop].copy(), rows.sample_weight[start:stop].copy())
