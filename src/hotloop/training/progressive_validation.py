"""How well rows were predicted before the model learnt from them: an honest judgement by rows that are all trained on."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.metrics import area_under_roc, mean_log_loss, probabilities
from hotloop.training.config import BLOCK, TrainingConfig
from hotloop.training.loop import pass_over

PIECE = 256  # rows, predicted together and then trained on

BINS = 10


@dataclass
class ProgressiveValidation:
    """What the first epoch tells, each row by the last weights, not averaged, before it was trained on.

    Rows are predicted in pieces, which are then trained on: the weights that judge a row have not seen the rows of its piece
    before it, at most an eighth of the rows of the epoch so far and 256, of sparse rows so many as have a non-zero a column.
    Step size and penalty may come from a search that saw some of these rows.

    Attributes
    ----------
    log_loss : float
        Weighted mean, nats.
    auc : float
        Area under the ROC curve of two classes, else NaN.
    reliability : dict of ndarrays
        ``probability`` (mean) of the likeliest of several classes, or of the second of two, ``share`` of rows that had it, and
        ``n_rows``, for each tenth of the probabilities that has rows.
    """

    log_loss: float = np.nan
    auc: float = np.nan
    reliability: dict[str, NDArray[Any]] = field(default_factory=dict)

    def epoch(self, state: Any, rows: Batch, config: TrainingConfig, order: NDArray[np.intp] | None) -> tuple[float, int]:
        """Take the first epoch as ``training.pass_over`` does, to the bit, and judge its rows."""
        order = np.arange(len(rows)) if order is None else order
        most = max(PIECE, int(rows.X.shape[1] / max(1.0, rows.cells_per_row)) // BLOCK * BLOCK)
        margins: list[NDArray[np.float64]] = []
        total, n_updates, start = 0.0, 0, 0
        while start < len(order):
            part = order[start : start + min(most, max(BLOCK, start // 8 // BLOCK * BLOCK))]
            last = state.last_iterate()
            margins.append(last.scores(last.margins(rows.X[part])))
            loss, steps = pass_over(state, rows, config, part)
            total, n_updates, start = total + loss, n_updates + steps, start + len(part)
        self._evaluate(np.concatenate(margins), rows.y[order].astype(np.intp), rows.sample_weight[order])
        return total, n_updates

    def _evaluate(self, m: NDArray[np.float64], y: NDArray[np.intp], weight: NDArray[np.float64]) -> None:
        self.log_loss = mean_log_loss(m, y, weight)
        p = probabilities(m)
        if p.shape[1] == 2:
            score, had = p[:, 1], y == 1
            self.auc = area_under_roc(m[:, -1] - (m[:, 0] if m.shape[1] == 2 else 0), had)
        else:
            score, had = p.max(axis=1), p.argmax(axis=1) == y
        bins = np.minimum((score * BINS).astype(np.intp), BINS - 1)
        count, own = np.bincount(bins, minlength=BINS), np.bincount(bins, weight, BINS)
        there = own > 0
        self.reliability = {
            "probability": np.bincount(bins, weight * score, BINS)[there] / own[there],
            "share": np.bincount(bins, weight * had, BINS)[there] / own[there],
            "n_rows": count[there],
        }
