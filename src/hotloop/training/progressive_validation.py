"""Progressive validation: each row is predicted by a model that has not been trained on it yet (Blum, Kalai, Langford 1999)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.metrics import area_under_roc, mean_log_loss, probabilities
from hotloop.training.config import ROWS_PER_BLOCK, TrainingConfig
from hotloop.training.loop import pass_over
from hotloop.training.order import epoch_order

PIECE = 256  # rows, predicted together and then trained on

BINS = 10


@dataclass
class ProgressiveValidation:
    """How well the rows of a first epoch are predicted before the model is trained on them.

    Rows are predicted in pieces by the last weights, not averaged, and each piece is then trained on. The weights that predict
    a row have not seen the other rows of its piece. A piece has at most an eighth of the rows of the epoch so far, and at most
    256 rows; of sparse rows it may have as many as have one non-zero a column on average. Step size and penalty may come from a
    search that saw some of these rows.

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

    @classmethod
    def of_first_epoch(cls, state: Any, rows: Batch, config: TrainingConfig) -> "ProgressiveValidation":
        """Train ``state`` on the first epoch of a fit, and predict each piece of rows just before."""
        order = epoch_order(len(rows), 0, config.seed) if config.shuffle else np.arange(len(rows))
        order = order[rows.sample_weight[order] != 0]
        largest_piece = max(PIECE, int(rows.X.shape[1] / max(1.0, rows.cells_per_row)) // ROWS_PER_BLOCK * ROWS_PER_BLOCK)
        margins: list[NDArray[np.float64]] = []
        start = 0
        while start < len(order):
            part = order[start : start + min(largest_piece, max(ROWS_PER_BLOCK, start // 8 // ROWS_PER_BLOCK * ROWS_PER_BLOCK))]
            last = state.last_iterate()
            margins.append(last.scores(last.margins(rows.X[part])))
            pass_over(state, rows, config, part)
            start += len(part)
        result = cls()
        result._evaluate(np.concatenate(margins), rows.y[order].astype(np.intp), rows.sample_weight[order])
        return result

    def _evaluate(self, m: NDArray[np.float64], y: NDArray[np.intp], weight: NDArray[np.float64]) -> None:
        self.log_loss = mean_log_loss(m, y, weight)
        p = probabilities(m)
        if p.shape[1] == 2:
            score, had = p[:, 1], y == 1
            self.auc = area_under_roc(m[:, -1] - (m[:, 0] if m.shape[1] == 2 else 0), had)
        else:
            score, had = p.max(axis=1), p.argmax(axis=1) == y
        bins = np.minimum((score * BINS).astype(np.intp), BINS - 1)
        count, bin_weight = np.bincount(bins, minlength=BINS), np.bincount(bins, weight, BINS)
        filled = bin_weight > 0
        self.reliability = {
            "probability": np.bincount(bins, weight * score, BINS)[filled] / bin_weight[filled],
            "share": np.bincount(bins, weight * had, BINS)[filled] / bin_weight[filled],
            "n_rows": count[filled],
        }
