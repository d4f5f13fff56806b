"""Arrays to a fitted model of either family, without scikit-learn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.fit import LogisticFit, fit_logistic
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.options import NAMES, LogisticOptions
from hotloop.logistic.search.halving import Search
from hotloop.predictor import Predictor
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.options import FitOptions
from hotloop.training.progress_bar import ProgressBar
from hotloop.two_layer.auto import N_HIDDEN
from hotloop.two_layer.fit import TwoLayerFit, fit_two_layer
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.options import TwoLayerOptions

SHARED = tuple(option.name for option in fields(FitOptions) if option.name != "seed")
ALWAYS_KEPT = ("alpha", "eta0", "max_iter", "tol")  # among the parameters of the model; others where they were set


@dataclass(frozen=True)
class Fit:
    """A trained model, the learner that goes on from it, and how the training went.

    ``search`` is that of a logistic model, where one judged options by rows held out.
    """

    predictor: Predictor
    learner: LogisticLearner | TwoLayerLearner
    history: TrainingHistory
    config: TrainingConfig
    seconds: float
    n_rows: int
    warnings: Sequence[str]
    search: Search | None = None

    @property
    def rows_per_second(self) -> float:
        """Rows trained on, every epoch counted, in a second of the whole fit."""
        return self.n_rows * self.history.n_iter / self.seconds


def fit_arrays(
    rows: Batch,
    classes: Array | None,
    options: LogisticOptions,
    n_hidden: int | None = None,
    *,
    validation: Batch | None = None,
    groups: Array | None = None,
    names: Sequence[str] | None = None,
    progress: ProgressBar | None = None,
) -> Fit:
    """Train the model of the estimator with these options, to the bit; ``seed`` is its ``random_state``.

    Parameters
    ----------
    rows : Batch
        Dense or CSR rows; class indices, or targets where ``classes`` is None.
    classes : ndarray of shape (n_classes,), or None
        None: a regression.
    options : LogisticOptions
        A network takes those that both families have.
    n_hidden : int or None
        Hidden units of a network. None: logistic regression where there are classes, else a network of N_HIDDEN units.
    validation : Batch, default=None
        Rows to stop by.
    groups : ndarray of shape (n_rows,), default=None
        The search of a logistic model holds out the rows of a group together.
    names : sequence of str, default=None
        Names of the columns, for messages.
    progress : ProgressBar, default=None
    """
    options, seed = replace(options, seed=_drawn(options.seed)), options.seed
    began, callbacks = time.perf_counter(), _callbacks(progress)
    fit: LogisticFit | TwoLayerFit
    if n_hidden is None and classes is not None:
        name, params = "LogisticSGDClassifier", _params(options, LogisticOptions(), NAMES)
        fit = fit_logistic(rows, options, classes, validation=validation, groups=groups, names=names, callbacks=callbacks)
        found = [str(warning) for warning in fit.warnings]
    else:
        own, found = TwoLayerOptions(**vars(options.shared()), n_hidden=n_hidden or N_HIDDEN), []
        name, params = "TwoLayerRegressor" if classes is None else "TwoLayerClassifier", _params(own, TwoLayerOptions(), SHARED)
        params["n_hidden"] = own.n_hidden
        fit = fit_two_layer(rows, own, classes, validation, callbacks=callbacks)
    seconds = time.perf_counter() - began
    message = fit.history.convergence_message(fit.config)
    predictor = Predictor(name, fit.learner.state.view(), classes, params=params | {"random_state": seed})
    told = [*([message] if message else []), *found]
    search = fit.search if isinstance(fit, LogisticFit) else None
    return Fit(predictor, fit.learner, fit.history, fit.config, seconds, len(rows), told, search)


def _drawn(random_state: int) -> int:
    """Return the seed that scikit-learn draws for a ``random_state``."""
    return int(np.random.RandomState(random_state).randint(2**31 - 1))


def _params(options: Any, default: Any, names: Sequence[str]) -> dict[str, Any]:
    kept = [name for name in names if name in ALWAYS_KEPT or getattr(options, name) != getattr(default, name)]
    return {name: getattr(options, name) for name in kept}


def _callbacks(progress: ProgressBar | None) -> FitCallbacks:
    """Return what shows the progress of a fit."""
    if progress is None:
        return FitCallbacks()
    epochs: list[int | None] = [None]

    def on_start(learner: Any, config: TrainingConfig, searches: bool) -> None:
        epochs[0] = config.max_iter if config.tol is None else None
        progress.training()

    def on_epoch(history: TrainingHistory) -> None:
        progress.epoch(history, epochs[0])

    return FitCallbacks(on_start, progress.searching, on_epoch)
