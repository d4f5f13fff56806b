"""Train a model on arrays with a progress bar, without scikit-learn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.cli.progress import epoch_bar
from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.logistic.auto import fit_logistic
from hotloop.logistic.diagnostics.fit_warnings import of_logistic_fit
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.search.halving import Search
from hotloop.logistic.state import LogisticState
from hotloop.predictor import Predictor
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.options import FitOptions
from hotloop.two_layer.auto import N_HIDDEN
from hotloop.two_layer.fit import fit_two_layer
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.options import TwoLayerOptions


@dataclass(frozen=True)
class Fit:
    """A trained model, the learner that goes on from it, and how the training went."""

    predictor: Predictor
    learner: LogisticLearner | TwoLayerLearner
    history: TrainingHistory
    config: TrainingConfig
    seconds: float
    n_rows: int
    complaints: Sequence[str]

    @property
    def rows_per_second(self) -> float:
        """Rows trained on, every epoch counted, in a second of the whole fit."""
        return self.n_rows * self.history.n_iter / self.seconds


def fit_arrays(
    X: Array,
    y: NDArray[np.float64],
    classes: Array | None,
    options: FitOptions,
    n_hidden: int | None,
    title: str,
    names: Sequence[str] | None = None,
) -> Fit:
    """Train on X (float32 or float64, C-contiguous) and y: class indices, or targets where ``classes`` is None.

    ``n_hidden`` None is logistic regression, which needs classes. The model is that of an estimator with these settings, its
    seed as ``random_state``; so are the complaints, where ``names`` are those of the columns.
    """
    rows = Batch(X, y, np.ones(len(X)))
    params: dict[str, Any] = {
        "alpha": options.alpha,
        "eta0": options.eta0,
        "max_iter": options.max_iter,
        "tol": options.tol,
        "random_state": options.seed,
    }
    options = replace(options, seed=int(np.random.RandomState(options.seed).randint(2**31 - 1)))  # as scikit-learn has it
    epochs = int(options.max_iter) if options.tol is None else None
    start = time.perf_counter()
    learner: LogisticLearner | TwoLayerLearner
    with epoch_bar(title, epochs) as (on_epoch, on_search):
        if n_hidden is None and classes is not None:
            n_outputs = 1 if len(classes) == 2 else len(classes)
            state = LogisticState.zeros(n_outputs, X.shape[1], X.dtype, fit_intercept=True, averaged=True)
            search = Search(on_progress=on_search) if "auto" in (options.alpha, options.eta0) else None
            trained, history, config = fit_logistic(state, rows, options, on_epoch=on_epoch, choose_options=search)
            learner = LogisticLearner(state=trained, options=options, config=config, weight_total=float(len(X)))
            name = "LogisticSGDClassifier"
        else:
            own = TwoLayerOptions(**vars(options), n_hidden=n_hidden or N_HIDDEN)
            fitted = fit_two_layer(rows, own, classes, callbacks=FitCallbacks(on_epoch=on_epoch))
            learner, history, config = fitted.learner, fitted.history, fitted.config
            name = "TwoLayerRegressor" if classes is None else "TwoLayerClassifier"
            params["n_hidden"] = own.n_hidden
    seconds = time.perf_counter() - start
    complaints = [text] if (text := history.convergence_message(config)) else []
    if isinstance(learner, LogisticLearner) and classes is not None:
        how = {"searched": search is not None and bool(search.table), "reweighed": False, "dual": False}
        held_out = None if search is None else search.held_out
        complaints += map(str, of_logistic_fit(learner.state, rows, config, history, held_out, classes, names, **how))
    predictor = Predictor(name, learner.state.view(), classes, params=params)
    return Fit(predictor, learner, history, config, seconds, len(rows), complaints)
