"""Many logistic models over the same rows in the same reads: candidates of a search on every fold, bootstrap replicas."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.state import LogisticState
from hotloop.structs import CSRRows, DenseRows, Pass
from hotloop.training.config import ROWS_PER_BLOCK, TrainingConfig
from hotloop.training.loop import WORK_PER_CALL, pass_over
from hotloop.training.order import epoch_order
from hotloop.training.schedules import step_sizes

ROWS_AT_ONCE = 4096  # judged at once: their margins stay in the cache


class LogisticModels:
    """Models that differ in step size, L2 strength and the weights of the rows, each as if it were trained alone.

    With one output all models share each read of a dense row, (LR-12); with several the classes of a model do, and the models
    take turns, as they do over sparse rows. A model that diverges is given up: its weights become NaN.

    Parameters
    ----------
    start : LogisticState
        Where each model starts; its standardisation holds for all.
    rows : Batch
    configs : sequence of TrainingConfig, one a model
        ``learning_rate``, ``power_t``, ``shuffle`` and ``seed`` are those of the first. Models of one plan best stand together.
    weight_multiplier : ndarray of shape (n_samples, n_models), uint8
        Multiplies the weight of a row in a model; where it is 0 the row moves nothing.

    Attributes
    ----------
    states : list of LogisticState
    """

    def __init__(
        self, start: LogisticState, rows: Batch, configs: Sequence[TrainingConfig], weight_multiplier: NDArray[np.uint8]
    ) -> None:
        self._rows, self._configs, self._weight_multiplier = rows, configs, np.ascontiguousarray(weight_multiplier)
        n_models = len(configs)
        self._W = np.repeat(start.W[None], n_models, axis=0)
        self._b = np.repeat(start.b[None], n_models, axis=0)
        self._moves = (rows.sample_weight != 0) & weight_multiplier.any(axis=1)
        self._alpha = np.array([config.alpha for config in configs])
        self.states = [start.copy() for _ in configs]
        for W, b, state in zip(self._W, self._b, self.states, strict=True):
            state.use_arrays(W, b)
            state.t = 0
        self._epochs = 0
        self._sparse = isinstance(rows.X, CSRRows)
        self._W_total, self._b_total = np.zeros((n_models, 0, 0)), np.zeros((n_models, 0))

    def keep(self, models: Sequence[int]) -> None:
        """Give up all models but these."""
        self._configs = [self._configs[m] for m in models]
        self._weight_multiplier = np.ascontiguousarray(self._weight_multiplier[:, models])
        self._alpha = self._alpha[models]
        self.states = [self.states[m] for m in models]
        self._W, self._b = self._W[models], self._b[models]
        averaged = not self._sparse and self.states[0].averaged
        if averaged:
            self._W_total, self._b_total = self._W_total[models], self._b_total[models]
        if self._in_lanes():
            for i, state in enumerate(self.states):
                sums = (self._W_total[i], self._b_total[i]) if averaged else ()
                state.use_arrays(self._W[i], self._b[i], *sums)

    def _in_lanes(self) -> bool:
        """Tell whether the models share each read."""
        return self._W.shape[1] == 1 and not self._sparse

    def train(self, epochs: int) -> None:
        """Go on until this many epochs are done, each in the order and with the averaging of ``training.run_epochs``."""
        config = self._configs[0]
        for epoch in range(self._epochs, epochs):
            if epoch & (epoch - 1) == 0:
                self._restart_average()
            order = np.arange(len(self._rows))
            if config.shuffle:
                order = epoch_order(len(self._rows), epoch, config.seed)
            order = order[self._moves[order]]
            with np.errstate(over="ignore", invalid="ignore"):
                if self._in_lanes():
                    self._pass(order)
                else:
                    self._passes(order)
            self._epochs = epoch + 1

    def weights(self, model: int) -> tuple[Array, NDArray[np.float64]]:
        """Return weights and intercepts of a model as predictions use them, (n_outputs, n_features) and (n_outputs,)."""
        return self.states[model].weights()

    def margins(self, chosen: NDArray[np.intp], model: int) -> NDArray[np.float64]:
        """Return the margins of the chosen rows under a model, as ``LogisticState.scores``: (n_chosen, n_outputs)."""
        state = self.states[model]
        return state.scores(state.margins(self._rows.X[chosen]))

    def losses(self, chosen: NDArray[np.intp], models: Sequence[int]) -> NDArray[np.float64]:
        """Return the weighted mean log loss of the chosen rows under some of the models: (n_models,), NaN where it diverged."""
        rows, state = self._rows, self.states[0]
        if self._sparse:
            with np.errstate(over="ignore", invalid="ignore"):
                part = rows.X[chosen]
                margins = np.stack([self.states[m].margins(part) for m in models], axis=1)
                total = rows.sample_weight[chosen] @ losses_of_margins(margins, rows.y[chosen])
            return np.asarray(total / rows.sample_weight[chosen].sum())
        weights = [self.states[m].weights() for m in models]
        W, b = np.concatenate([W for W, _ in weights]), np.concatenate([b for _, b in weights])
        total = np.zeros(len(models))
        for start in range(0, len(chosen), ROWS_AT_ONCE):
            part = chosen[start : start + ROWS_AT_ONCE]
            with np.errstate(over="ignore", invalid="ignore"):
                m = get_backend().linear_margins(DenseRows(rows.X[part], state.center, state.scale), W, b)
                m = state.scores(m.reshape(len(part), len(models), -1))
                total += rows.sample_weight[part] @ losses_of_margins(m, rows.y[part])
        return np.asarray(total / rows.sample_weight[chosen].sum())

    def _restart_average(self) -> None:
        if self._sparse:
            for state in self.states:
                state.restart_average()
            return
        self._W_total, self._b_total = np.zeros(self._W.shape), np.zeros(self._b.shape)
        for W_total, b_total, state in zip(self._W_total, self._b_total, self.states, strict=True):
            state.use_arrays(state.W, state.b, W_total, b_total)
            state.n_averaged = 0

    def _pass(self, order: NDArray[np.intp]) -> None:
        rows, state, n_models = self._rows, self.states[0], len(self.states)
        # the kernel takes a weight in a fourth of the time that one model would
        size = ROWS_PER_BLOCK * max(16, 4 * WORK_PER_CALL // (ROWS_PER_BLOCK * n_models * max(1, rows.X.shape[1])))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            n_updates = get_backend().logistic_many_pass(
                DenseRows(rows.X, state.center, state.scale),
                Pass(part, rows.y, rows.sample_weight, self._steps(len(part)), self._alpha),
                self._weight_multiplier,
                np.ones(n_models),
                self._W[:, 0],
                self._b[:, 0] if state.fit_intercept else None,
                self._W_total[:, 0] if state.averaged else None,
                self._b_total[:, 0] if state.averaged and state.fit_intercept else None,
            )
            for model, count in zip(self.states, n_updates.tolist(), strict=True):
                model.count_steps(count)

    def _passes(self, order: NDArray[np.intp]) -> None:
        rows = self._rows
        for state, config, counts in zip(self.states, self._configs, self._weight_multiplier.T, strict=True):
            try:
                if state.is_finite():
                    pass_over(state, Batch(rows.X, rows.y, rows.sample_weight * counts), config, order)
            except FloatingPointError:
                state.give_up()

    def _steps(self, count: int) -> NDArray[np.float64]:
        return next_steps(self._configs, [state.t for state in self.states], count)


def next_steps(configs: Sequence[TrainingConfig], taken: Sequence[int], count: int) -> NDArray[np.float64]:
    """Return the next step sizes of each model, (count, n_models), from the steps it took; once for all models of one plan."""
    steps, m = np.empty((len(configs), count)), 0
    for config, same in groupby(configs):
        first = [taken[m + i] for i, _ in enumerate(same)]
        lowest = min(first)
        table = step_sizes(
            config.learning_rate, config.eta0, config.horizon, config.power_t, lowest, max(first) - lowest + count
        )
        for t in first:
            steps[m] = table[t - lowest : t - lowest + count]
            m += 1
    return steps.T


def losses_of_margins(m: Array, y: NDArray[np.float64]) -> Array:
    """Return the loss of each row under each model from the margins (n_samples, n_models, n_outputs)."""
    if m.shape[2] == 1:
        return np.asarray(np.logaddexp(0, m[:, :, 0]) - y[:, None] * m[:, :, 0])  # (LR-3)
    largest = m.max(axis=2)
    of_class = m[np.arange(len(m)), :, y.astype(np.intp)]
    return np.asarray(largest + np.log(np.exp(m - largest[:, :, None]).sum(axis=2)) - of_class)  # (LR-7)
