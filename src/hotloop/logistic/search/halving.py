"""What the default fit chooses from the data: step size, L2 strength and number of epochs.

Candidates are pairs of L2 strength and step size. They are trained on some of the rows, at most MOST_ROWS, each on every split
in the same reads, and judged by the log loss of the rows that they were not trained on, after 1, 2, 4, ... epochs. After each
judgement those go on that are among the best and would still gain if the next doubling brought half of what the last did. The
pair and the number of epochs with the least loss are what the fit on all rows is given. The rule and its evidence:
docs/defaults.md, decision 0019.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.auto import ETA0_LOGISTIC
from hotloop.logistic.search.many_csr import SparseLogisticModels
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.search.splits import MANY, MOST_ROWS, Sample, Split, draw_rows, sample_of, splits_of
from hotloop.logistic.state import LogisticState
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.history import SearchProgress
from hotloop.training.options import FitOptions

C_GRID = (100.0, 1.0, 0.1, 0.01)  # alpha = 1 / (C n), as scikit-learn has C

ETA0_GRID = (1 / 16, 1 / 4, 1.0, 4.0, 16.0)  # over mean(weight (||z||^2 + 1))

MOST_EPOCHS = 64

SURVIVORS_PER_RUNG = (10, 5, 5, 4, 3, 3)  # so many candidates after the first, second, ... judgement

GAIN, LEAST_GAIN = 1e-3, 1e-4  # a doubling of the epochs that gains less than this share, or so many nats, is not worth it

MOST_WEIGHTS = 50_000_000  # of all candidates on all splits together: some 600 MB

# The same for each non-zero of sparse rows, from FREE_WEIGHTS on: a search takes some 36 bytes a non-zero.
# Test log loss without and with this limit: criteo_tiny 0.4896, 0.4896 in half the time; sms_spam 0.0627, 0.0633.
WEIGHTS_PER_NONZERO, FREE_WEIGHTS = 3, 100_000

MOST_SPLITS = 20

WIDE = 10_000  # columns; with MANY rows or more a single split then: half the time of two

MOST_WORK = 20_000_000_000  # multiply-adds of one epoch of all candidates, some seconds


@dataclass(frozen=True, eq=False)
class CandidateResult:
    """A candidate after some epochs.

    Attributes
    ----------
    alpha, eta0 : float
        As the fit on all rows would take them.
    epochs : int
    losses : ndarray of shape (n_splits,)
        Log loss of the rows held out; NaN where it diverged.
    """

    alpha: float
    eta0: float
    epochs: int
    losses: NDArray[np.float64]

    @property
    def loss(self) -> float:
        """Mean over the splits."""
        return float(self.losses.mean())


@dataclass
class Search:
    """The choice for one fit; call it once.

    Parameters
    ----------
    cv : "auto", "last" or int
        Which rows are held out: see ``splits.splits_of``.
    groups : ndarray of shape (n_samples,), or None
        Rows of a group are held out together.
    on_progress : callable or None
        Called with a SearchProgress after each judgement.

    Attributes
    ----------
    table : list of CandidateResult
        In the order in which they were judged.
    best : CandidateResult or None
        The choice; while the search runs, the best so far.
    converged : bool
        Whether more epochs were not worth it.
    n_rows, n_splits : int
    held_out : tuple of ndarrays or None
        Margins (n, n_outputs) of ``best``, labels and weights of rows held out, each once, by models that have not seen them.
    """

    cv: Any = "auto"
    groups: Array | None = None
    on_progress: Callable[[SearchProgress], None] | None = None
    table: list[CandidateResult] = field(default_factory=list)
    best: CandidateResult | None = None
    converged: bool = False
    n_rows: int = 0
    n_splits: int = 0
    held_out: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None = None

    def __call__(
        self, state: LogisticState, rows: Batch, options: FitOptions, config: TrainingConfig, validation: Batch | None
    ) -> FitOptions:
        """Return the options with what was found.

        Parameters
        ----------
        state : LogisticState
            Before the first step, standardised. Where Ctrl-C ends the search, the best candidate so far is its weights.
        rows : Batch
        options : FitOptions
        config : TrainingConfig
            Of ``options`` without L2: tells the step size that "auto" means.
        validation : Batch or None
            Judge by these rows instead; the number of epochs is then left to them.

        Raises
        ------
        FloatingPointError
            Every candidate diverges.
        """
        n_all = int(np.count_nonzero(rows.sample_weight))
        candidates = [(C, step) for C in C_GRID for step in ETA0_GRID]
        candidates, most_splits, most_rows = within_limits(candidates, rows, len(state.W))
        chosen = draw_rows(rows, options.seed, most=most_rows)
        splits: list[Split] = []
        judges = validation if validation is not None and isinstance(validation.X, type(rows.X)) else None
        if judges is None:
            groups = None if self.groups is None else self.groups[chosen]
            splits = splits_of(rows.y[chosen], self.cv, groups, options.seed, most_splits=most_splits)
            if len({label for _, held in splits for label in np.unique(rows.y[chosen][held])}) < 2:
                return options  # rows of one class cannot tell candidates apart
        sample = sample_of(state, rows, chosen, splits, judges)
        self.n_rows, self.n_splits = len(chosen), len(sample.tests)
        n_train = float((sample.trains[: len(chosen)] > 0).sum(axis=0).mean())
        if options.alpha == "auto" and options.eta0 != "auto":  # eta0 alpha must stay below 1
            allowed = [(C, step) for C, step in candidates if float(options.eta0) / (C * n_train) < 1]
            candidates = allowed or [(float(options.eta0), 1.0)]
        for attempt in range(4):
            unit = config.eta0 / ETA0_LOGISTIC / 1024**attempt
            configs = [options.config(alpha=1 / (C * n_train), eta0=step * unit) for C, step in candidates]
            shorter = (n_train / n_all) ** 0.5  # more rows, shorter steps: averaging does not remove the bias of long steps
            final = [options.config(alpha=1 / (C * n_all), eta0=shorter * step * unit) for C, step in candidates]
            unlike = [
                i for i, config in enumerate(final) if config not in final[:i]
            ]  # candidates are equal where an option is set, or the bound of a step applies
            configs, final = [configs[i] for i in unlike], [final[i] for i in unlike]
            if self._run(state, sample, configs, final, options, validation):
                return self._outcome(options, validation)
        raise FloatingPointError("training diverges even with very small steps; are the columns standardised?")

    def _run(
        self,
        state: LogisticState,
        sample: Sample,
        configs: list[TrainingConfig],
        final: list[TrainingConfig],
        options: FitOptions,
        validation: Any,
    ) -> bool:
        """Judge until nothing more is to be gained; return False where every candidate diverges.

        Parameters
        ----------
        state : LogisticState
            Overwritten only where Ctrl-C ends the search: by the weights of the best candidate so far.
        sample : Sample
        configs, final : list of TrainingConfig
            The candidates as they train on the sample, and the same as the fit on all rows would take them.
        options : FitOptions
            ``max_iter`` bounds the epochs.
        validation : Batch or None
            The caller's own validation rows, where there are some.
        """
        n_splits = len(sample.tests)
        models = self._models(state, sample, configs)
        most = MOST_EPOCHS if options.max_iter == "auto" else min(MOST_EPOCHS, int(options.max_iter))
        alive, before = list(range(len(configs))), np.full(len(configs), np.nan)
        epochs, rung, weights = 1, 0, None
        try:
            while True:
                began = perf_counter()
                models.train(epochs)
                losses = np.column_stack(
                    [models.losses(test, range(f, len(alive) * n_splits, n_splits)) for f, test in enumerate(sample.tests)]
                )
                judged = [
                    CandidateResult(final[c].alpha, final[c].eta0, epochs, of_splits)
                    for c, of_splits in zip(alive, losses, strict=True)
                ]
                mean = losses.mean(axis=1)
                if np.isnan(mean).all():
                    if not self.table:
                        return False
                    break
                self.table += judged
                self._choose(options, validation)
                assert self.best is not None
                if self.best in judged:
                    first = judged.index(self.best) * n_splits
                    weights = [part.copy() for part in models.weights(first)]
                    self._keep_held_out(sample, [models.margins(test, first + f) for f, test in enumerate(sample.tests)])
                least = min(result.loss for result in self.table if np.isfinite(result.loss))
                min_gain = max(GAIN * least, LEAST_GAIN)
                optimistic = mean - np.nan_to_num(before - mean, nan=np.inf) / 2  # if the next doubling gains half of the last
                going = [i for i in np.argsort(mean, kind="stable") if optimistic[i] < least - min_gain]
                self.converged = not going
                if not going or epochs >= most:
                    break
                going = going[: SURVIVORS_PER_RUNG[min(rung, len(SURVIVORS_PER_RUNG) - 1)]]
                seconds, share = perf_counter() - began, len(going) / len(alive)
                alive, before = [alive[i] for i in going], mean[going]
                models.keep([i * n_splits + f for i in going for f in range(n_splits)])
                more = min(2 * epochs, most)
                if self.on_progress is not None:
                    left = seconds / max(1, epochs // 2) * share * (most - epochs)
                    self.on_progress(SearchProgress(len(alive), epochs, self.n_rows, self.best.loss, left))
                epochs, rung = more, rung + 1
        except KeyboardInterrupt:
            if weights is not None:
                sample.adopt(state, *weights)
            raise
        return True

    def _models(
        self, state: LogisticState, sample: Sample, configs: list[TrainingConfig]
    ) -> LogisticModels | SparseLogisticModels:
        n_splits = len(sample.tests)
        each = [config for config in configs for _ in range(n_splits)]
        weight_multiplier = np.tile(sample.trains, len(configs))
        dtype = np.float32
        if isinstance(sample.rows.X, CSRRows) and len(state.W) == 1 and sample.scale is None:
            return SparseLogisticModels(
                sample.rows,
                each,
                weight_multiplier,
                dtype,
                fit_intercept=state.fit_intercept,
                averaged=state.averaged,
                intercept=state.b[0],
            )
        start = LogisticState.zeros(
            len(state.W),
            sample.rows.X.shape[1],
            dtype,
            fit_intercept=state.fit_intercept,
            averaged=state.averaged,
            one_vs_rest=state.one_vs_rest,
        )
        start.center, start.scale = sample.center, sample.scale
        start.replace_intercept(state.b)
        return LogisticModels(start, sample.rows, each, weight_multiplier)

    def _keep_held_out(self, sample: Sample, margins: list[NDArray[np.float64]]) -> None:
        held_out, first = np.unique(np.concatenate(sample.tests), return_index=True)
        self.held_out = np.concatenate(margins)[first], sample.rows.y[held_out], sample.rows.sample_weight[held_out]

    def _choose(self, options: FitOptions, validation: Batch | None) -> None:
        """Set ``best``: the least loss; of nearly the same, the fewest epochs. Where the epochs are not free, of the last."""
        table = [result for result in self.table if np.isfinite(result.loss)]
        if not self._epochs_are_free(options, validation):
            last = max(result.epochs for result in table)
            table = [result for result in table if result.epochs == last]
        least = min(result.loss for result in table)
        near = [result for result in table if result.loss <= least + max(GAIN * least, LEAST_GAIN) / 2]
        fewest = min(result.epochs for result in near)
        self.best = min((result for result in near if result.epochs == fewest), key=lambda result: result.loss)

    @staticmethod
    def _epochs_are_free(options: FitOptions, validation: Batch | None) -> bool:
        return validation is None and options.tol == "auto"

    def _outcome(self, options: FitOptions, validation: Batch | None) -> FitOptions:
        assert self.best is not None
        chosen = replace(options, alpha=self.best.alpha, eta0=self.best.eta0)
        if self._epochs_are_free(options, validation):
            chosen = replace(chosen, max_iter=self.best.epochs, tol=None)
        return chosen

    def as_dict(self) -> dict[str, Any]:
        """Return the table by columns, ``search_`` of the estimator."""
        columns: dict[str, Any] = {
            name: np.array([getattr(result, name) for result in self.table]) for name in ("alpha", "eta0", "epochs", "loss")
        }
        columns["losses"] = np.array([result.losses for result in self.table])
        return {**columns, "best_index": self.table.index(self.best) if self.best is not None else None, "n_rows": self.n_rows}


def within_limits(
    candidates: list[tuple[float, float]], rows: Batch, n_outputs: int
) -> tuple[list[tuple[float, float]], int, int]:
    """Return the candidates, how many splits and how many rows at most: fewer where weights or work would be beyond the limits.

    Splits are given up first, then rows, down to MANY / 5, then candidates.
    """
    n, cells = min(MOST_ROWS, len(rows)), rows.cells_per_row
    columns = min(rows.X.shape[1], n * cells)
    several, wide = n_outputs > 1 and n >= MANY // 2, rows.X.shape[1] > WIDE and n >= MANY
    most_splits = 1 if several or wide else MOST_SPLITS
    most_weights = MOST_WEIGHTS
    if isinstance(rows.X, CSRRows):
        most_weights = min(MOST_WEIGHTS, max(FREE_WEIGHTS, int(WEIGHTS_PER_NONZERO * n * cells)))
        columns = len(np.unique(rows.X[:n].stored_indices()))

    def beyond() -> bool:
        models = len(candidates) * most_splits
        return models * n_outputs * columns > most_weights or models * n_outputs * cells * n > MOST_WORK

    while beyond() and most_splits > 1:
        most_splits //= 2
    while beyond() and n > MANY // 5:
        n //= 2
        columns = min(rows.X.shape[1], n * cells)
    if beyond():
        candidates = [pair for pair in candidates if pair[0] in (1.0, 100.0) and pair[1] in (1 / 4, 1.0, 4.0)]
    return candidates, most_splits, n
