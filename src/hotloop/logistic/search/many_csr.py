"""Many logistic models over the same sparse rows in the same reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.search.many_dense import losses_of_margins, next_steps
from hotloop.structs import Pass
from hotloop.training.config import TrainingConfig
from hotloop.training.loop import WORK_PER_CALL
from hotloop.training.order import epoch_order

LANES = 8  # models side by side over sparse rows come in such groups: the widest vectors of float32


class SparseLogisticModels:
    """:class:`LogisticModels` of two classes over sparse rows that are not shifted, all in the same reads of the rows.

    Sums of iterates have the type of the weights: enough to compare models by, not to keep one.

    Parameters
    ----------
    rows : Batch
        ``X`` CSRRows.
    configs, weight_multiplier : as for LogisticModels
    dtype : float32 or float64
    fit_intercept, averaged : bool
    intercept : float
        Where every model starts; the weights start at 0.
    """

    def __init__(
        self,
        rows: Batch,
        configs: Sequence[TrainingConfig],
        weight_multiplier: NDArray[np.uint8],
        dtype: Any,
        *,
        fit_intercept: bool,
        averaged: bool,
        intercept: float = 0.0,
    ) -> None:
        self._rows, self._configs = rows, list(configs)
        self._moves = (rows.sample_weight != 0) & weight_multiplier.any(axis=1)
        self._fit_intercept, self._averaged, self._epochs = fit_intercept, averaged, 0
        n_models = len(configs)
        # models that never move fill up the last vector of lanes
        idle = -n_models % LANES
        self._weight_multiplier = np.ascontiguousarray(np.pad(weight_multiplier, ((0, 0), (0, idle))))
        self._configs += [self._configs[-1]] * idle
        n_models += idle
        # of each column the weights of all models, then the delayed sums of their iterates, (LR-14)
        self._W = np.zeros((rows.X.n_features, (1 + averaged) * n_models), dtype)
        # intercepts and their sums; scale and its sums; steps taken and summed
        self._b, self._lazy = np.repeat([[intercept], [0.0]], n_models, axis=1), np.repeat([[1.0], [0.0]], n_models, axis=1)
        self._t, self._n_averaged = np.zeros(n_models, np.intp), np.zeros(n_models, np.intp)

    def keep(self, models: Sequence[int]) -> None:
        """Give up all models but these."""
        kept = [*models, *[models[-1]] * (-len(models) % LANES)]
        n_models = len(self._configs)
        columns = [*kept, *(n_models + m for m in kept)] if self._averaged else kept
        self._configs, self._W = [self._configs[m] for m in kept], np.ascontiguousarray(self._W[:, columns])
        for name in ("_weight_multiplier", "_b", "_lazy"):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[:, kept]))
        self._weight_multiplier[:, len(models) :] = 0
        self._t, self._n_averaged = self._t[kept], self._n_averaged[kept]

    def train(self, epochs: int) -> None:
        """As :meth:`LogisticModels.train`."""
        config, X = self._configs[0], self._rows.X
        alpha = np.array([config.alpha for config in self._configs])
        size = max(64, int(WORK_PER_CALL / (4 * max(1.0, self._rows.cells_per_row) * len(self._configs))))
        for epoch in range(self._epochs, epochs):
            if epoch & (epoch - 1) == 0 and self._averaged:
                self._restart_average()
            order = epoch_order(len(self._rows), epoch, config.seed) if config.shuffle else np.arange(len(self._rows))
            order = order[self._moves[order]]
            for start in range(0, len(order), size):
                part = order[start : start + size]
                with np.errstate(over="ignore", invalid="ignore"):
                    eta = next_steps(self._configs, self._t.tolist(), len(part))
                    n_updates = get_backend().logistic_many_csr_pass(
                        X,
                        Pass(part, self._rows.y, self._rows.sample_weight, eta, alpha),
                        self._weight_multiplier,
                        self._W.T,
                        self._b[0] if self._fit_intercept else None,
                        self._b[1] if self._fit_intercept and self._averaged else None,
                        self._lazy,
                    )
                self._t, self._n_averaged = self._t + n_updates, self._n_averaged + n_updates
            self._epochs = epoch + 1

    def losses(self, chosen: NDArray[np.intp], models: Sequence[int]) -> NDArray[np.float64]:
        """As :meth:`LogisticModels.losses`."""
        rows = self._rows
        weights, y = rows.sample_weight[chosen], rows.y[chosen]
        totals = []
        for group in np.array_split(models, max(1, len(models) // LANES)):  # the weights of all would be a large copy
            with np.errstate(over="ignore", invalid="ignore"):
                totals.append(weights @ losses_of_margins(self._margins(chosen, group.tolist())[:, :, None], y))
        return np.asarray(np.concatenate(totals) / weights.sum())

    def margins(self, chosen: NDArray[np.intp], model: int) -> NDArray[np.float64]:
        """As :meth:`LogisticModels.margins`."""
        return self._margins(chosen, [model])

    def _margins(self, chosen: NDArray[np.intp], models: Sequence[int]) -> NDArray[np.float64]:
        W, b = self._visible(np.asarray(models))
        return get_backend().csr_margins(self._rows.X[chosen].astype(W.dtype), W.T, b)

    def weights(self, model: int) -> tuple[Array, NDArray[np.float64]]:
        """As :meth:`LogisticModels.weights`."""
        W, b = self._visible(np.array([model]))
        return W.T, b

    def _visible(self, models: NDArray[np.intp]) -> tuple[Array, NDArray[np.float64]]:
        scale, scale_sum = self._lazy[:, models]
        counts = self._n_averaged[models]
        W, dtype = self._W[:, models], self._W.dtype
        if not self._averaged or not counts.all():
            return np.ascontiguousarray(W * scale.astype(dtype)), self._b[0, models]
        delayed = self._W[:, len(self._configs) + models]
        W = delayed / counts.astype(dtype) + W * (scale_sum / counts).astype(dtype)  # (LR-14)
        return np.ascontiguousarray(W), self._b[1, models] / counts

    def _restart_average(self) -> None:
        self._lazy[1], self._b[1], self._n_averaged = 0, 0, np.zeros_like(self._n_averaged)
        self._W[:, len(self._configs) :] = 0
