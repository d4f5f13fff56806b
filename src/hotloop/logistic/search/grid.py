"""A search of a grid: every candidate on every split and all rows, judged after 1, 2, 4, ... epochs by the rows held out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.auto import ETA0_LOGISTIC, start_logistic
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig
from hotloop.training.history import SearchProgress
from hotloop.training.options import FitOptions
from hotloop.training.warnings import AbsentClassWarning, FitWarning

ALPHA_GRID = tuple(10.0**power for power in range(-6, 0))

ETA0_GRID = tuple(4.0**power for power in range(-2, 3))  # over mean(||z||^2 + 1)

MOST_REPEATS = 255  # of a row in the training part of a split

Split = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows to train on, rows held out


@dataclass(frozen=True)
class GridSearch:
    """The scores of a grid.

    Attributes
    ----------
    candidates : list of (TrainingConfig, int)
        A pair of ``alpha`` and ``eta0``, and the number of epochs that it was trained.
    scores : ndarray of shape (n_candidates, n_splits)
        Minus the log loss of the rows held out; NaN where the candidate diverged.
    """

    candidates: list[tuple[TrainingConfig, int]]
    scores: NDArray[np.float64]

    @property
    def best_index(self) -> int:
        """Candidate with the largest mean score; FloatingPointError where all diverged."""
        if np.isnan(self.mean).all():
            raise FloatingPointError("every candidate diverged; try smaller values of eta0, or standardize='auto'")
        return int(self._ranked.argmax())

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean score of each candidate."""
        return np.asarray(self.scores.mean(axis=1))

    @property
    def params(self) -> list[dict[str, Any]]:
        """Parameters of the estimator that is each candidate."""
        return [{"alpha": config.alpha, "eta0": config.eta0, "max_iter": epochs} for config, epochs in self.candidates]

    @property
    def _ranked(self) -> NDArray[np.float64]:
        return np.where(np.isnan(self.mean), -np.inf, self.mean)

    def as_dict(self) -> dict[str, Any]:
        """Return the table by columns, as ``cv_results_`` of GridSearchCV has it."""
        params, ranked = self.params, self._ranked
        with np.errstate(invalid="ignore"):  # scores of -inf have no deviation
            deviation = self.scores.std(axis=1)
        return {
            "params": params,
            **{f"param_{name}": np.ma.array([p[name] for p in params]) for name in params[0]},
            **{f"split{f}_test_score": self.scores[:, f] for f in range(self.scores.shape[1])},
            "mean_test_score": self.mean,
            "std_test_score": deviation,
            "rank_test_score": (1 + (ranked[:, None] < ranked).sum(axis=1)).astype(np.int32),
        }


def search_grid(
    start: LogisticState,
    rows: Batch,
    configs: Sequence[TrainingConfig],
    splits: Sequence[Split],
    on_progress: Callable[[SearchProgress], Any] | None = None,
) -> GridSearch:
    """Train every candidate on every split, all in the same reads, and judge them after 1, 2, 4, ... epochs.

    Parameters
    ----------
    start : LogisticState
        Where each candidate starts; its standardisation holds for all.
    rows : Batch
    configs : sequence of TrainingConfig
        ``max_iter`` is that of the first.
    splits : sequence of (ndarray, ndarray)
        Rows to train on, and rows held out. A row that is named k times to train on has k times the weight.
    on_progress : callable of SearchProgress, or None
        Called after each judgement.
    """
    n_splits, most = len(splits), configs[0].max_iter
    weight_multiplier = np.zeros((len(rows), len(configs) * n_splits), np.uint8)
    for f, (train, _) in enumerate(splits):
        weight_multiplier[:, f::n_splits] = np.bincount(train, minlength=len(rows))[:, None]
    models = LogisticModels(start, rows, [config for config in configs for _ in splits], weight_multiplier)
    rungs, scores, began = [*(2**i for i in range((most - 1).bit_length())), most], [], perf_counter()
    for epochs in rungs:
        models.train(epochs)
        scores.append(
            np.column_stack(
                [-models.losses(test, range(f, weight_multiplier.shape[1], n_splits)) for f, (_, test) in enumerate(splits)]
            )
        )
        if on_progress is not None:
            best = float(np.nanmax(scores[-1].mean(axis=1), initial=-np.inf))
            left = (perf_counter() - began) / epochs * (most - epochs)
            on_progress(SearchProgress(len(configs), epochs, len(rows), -best, left))
    return GridSearch([(config, epochs) for epochs in rungs for config in configs], np.concatenate(scores))


def grid_of(start: LogisticState, rows: Batch, options: FitOptions, alphas: Any, steps: Any) -> list[TrainingConfig]:
    """Return the config of each pair of strength and step size, none twice; standardise ``start``.

    Parameters
    ----------
    start : LogisticState
        Before the first step.
    rows : Batch
    options : FitOptions
        What the candidates have in common, resolved for these rows.
    alphas, steps : float, sequence of float, or "auto"
        "auto": ALPHA_GRID; ETA0_GRID over the mean of weight (||z||^2 + 1), at most 1 / (2 alpha).
    """
    automatic = isinstance(steps, str) and steps == "auto"
    alone = replace(options, alpha=0.0, eta0="auto" if automatic else 1.0)
    unit = start_logistic(start, rows, alone).eta0 / ETA0_LOGISTIC
    alphas = ALPHA_GRID if isinstance(alphas, str) and alphas == "auto" else _values(alphas)
    steps = [c * unit for c in ETA0_GRID] if automatic else _values(steps)
    if not alphas or not steps:
        raise ValueError("alpha and eta0 must name at least one value each")
    configs: list[TrainingConfig] = []
    for alpha in alphas:
        for eta0 in steps:
            pair = replace(options, alpha=alpha, eta0=eta0)  # refuses what is no strength or step size
            if automatic and alpha > 0:
                pair = replace(pair, eta0=min(eta0, 0.5 / alpha))
            config = pair.config(alpha=0.0, eta0=0.0)
            if config not in configs:
                configs.append(config)
    return configs


def check_splits(splits: Sequence[Split], rows: Batch, classes: Array) -> Iterator[FitWarning]:
    """Yield a warning of splits that lack a class to train on; ValueError where there is nothing to train on or to judge by.

    Parameters
    ----------
    splits : sequence of (ndarray, ndarray)
    rows : Batch
    classes : ndarray of shape (n_classes,)
    """
    if not splits:
        raise ValueError("cv gives no split")
    lacking = []
    for f, (train, test) in enumerate(splits):
        if len(train) and np.bincount(train).max() > MOST_REPEATS:
            raise ValueError(f"split {f} of cv names a row to train on more than {MOST_REPEATS} times")
        present = np.unique(rows.y[train[rows.sample_weight[train] > 0]]).astype(int)
        absent = np.delete(classes, present).tolist()
        if len(present) < 2:
            raise ValueError(f"split {f} of cv has no row of class {absent[0]!r} to train on; take fewer splits or stratify")
        if not rows.sample_weight[test].any():
            raise ValueError(f"split {f} of cv has no row to judge by")
        lacking += [(f, label) for label in absent]
    if lacking:
        of_split, label = lacking[0]
        yield AbsentClassWarning(
            f"absent class: {len({f for f, _ in lacking})} of {len(splits)} splits of cv have no row of some class to train "
            f"on, the first is split {of_split}, without class {label!r}: rows held out that have it count as wrong. "
            f"Take fewer splits, or stratify"
        )


def _values(given: Any) -> list[Any]:
    return [given] if given is None or np.ndim(given) == 0 else list(given)
