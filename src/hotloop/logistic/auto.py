"""From settings as the user gives them to a trained state: what "auto" means, for either kind of model.

The rules behind "auto", all from one read of the rows (docs/defaults.md has the evidence):

- ``standardize``: mean and standard deviation of each column, or the distance of its two values; of sparse rows the largest
  absolute value.
- ``alpha``: 1 / n_samples for logistic regression, the strength of LogisticRegression(C=1); a tenth of it for networks.
- ``eta0``: a constant / E[weight ||do/dw||^2], with o an output and w all weights; for logistic regression ||do/dw||^2 is
  ||z||^2 + 1. A step size that diverges is halved and training starts again.
- ``optimizer`` other than "sgd": ``eta0`` is a constant / E[||z||^2]; no ``alpha`` for AdaGrad, which has no penalty.
- ``learning_rate``: (ST-4) with a horizon of 1 / (eta0 alpha) steps for logistic regression, of some epochs for networks.
- ``tol``: a thousandth of the best loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.data.csr import check_finite_rows
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.state_adaptive import STEP, AdaptiveState
from hotloop.metrics import mean_log_loss
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics, scale_of
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.history import OnEpoch, TrainingHistory
from hotloop.training.loop import OnStart, train
from hotloop.training.options import FitOptions

# Test log loss above that of a tuned LogisticRegression, worst of two seeds, with 0.25 / 1 / 4:
# adult +0.1 / +1.9 / +6 %, a9a +0.4 / +2.3 / +6 %, spambase -2 / -3 / -2 %, covtype_head10k +0.9 / +2.7 / +28 %,
# bank +0.6 / +0.8 / +3 %.
STEP_LOGISTIC = 0.25

# (state before the first step, rows, settings, plan without L2, validation rows) -> settings with what was found
ChooseOptions = Callable[[Any, Batch, "FitOptions", TrainingConfig, Batch | None], "FitOptions"]


def logistic_config(
    state: LinearState, options: FitOptions, n_rows: int, mean_weight: float, square: float | None = None
) -> TrainingConfig:
    """Return the plan for rows of which ``state.statistics`` tells the mean of weight ||z||^2, unless it is ``square``."""
    if options.eta0 != "auto":
        square = 0.0
    elif square is None:
        square = mean_weight * state.statistics.mean_square(state.center, state.scale)
    if isinstance(state, AdaptiveState):
        eta0 = STEP[state.rule] * mean_weight / square if square > 0 else STEP[state.rule]
        return options.config(alpha=state.usual_alpha(n_rows), eta0=eta0)
    square += mean_weight * state.fit_intercept
    return options.config(alpha=1 / n_rows, eta0=STEP_LOGISTIC / square if square > 0 else 1.0)


def start_logistic(
    state: LinearState, rows: Batch, options: FitOptions, columns: Sequence[str] | None = None
) -> TrainingConfig:
    """Standardise by the statistics of all rows and reset the counters; returns the plan. The weights stay what they tell.

    Rows that are not finite are found by their statistics, where there are some: ValueError, with the name in ``columns``.
    """
    state.t = 0
    state.statistics = ColumnStatistics(rows.X.shape[1])
    state.n_rows = rows.n_nonzero_weight
    mean_weight = rows.total_weight / state.n_rows
    if isinstance(rows.X, CSRRows):
        square = _start_sparse(state, rows.X, rows, options, columns)
        return logistic_config(state, options, state.n_rows, mean_weight, square)
    if options.need_statistics:
        state.statistics.update(rows.X, rows.sample_weight, largest=options.standardize in BY_LARGEST)
        if not state.statistics.is_finite():
            check_finite_rows(rows.X, columns)
    state.restandardize(*state.statistics.constants(options.standardize, state.dtype))
    state.restart_average()
    return logistic_config(state, options, state.n_rows, mean_weight)


def _start_sparse(state: LinearState, X: CSRRows, rows: Batch, options: FitOptions, columns: Sequence[str] | None) -> float:
    """Standardise sparse rows; returns the mean of weight ||z||^2, 0 where nobody asks for it.

    Rows that are not finite show in what is computed: ValueError; or, where nothing is, in their margins.

    The largest values alone cost a number a column, and nothing where every value is 1; the statistics of "std" six.
    """
    dtype, n_features, sample_weight = state.dtype, X.n_features, rows.sample_weight
    square, total = 0.0, rows.total_weight
    if options.standardize == "std":
        state.statistics.update(X, sample_weight)
        if not state.statistics.is_finite():
            check_finite_rows(X, columns)
        state.restandardize(*state.statistics.constants("std", dtype))
        square = total * state.statistics.mean_square(state.center, state.scale)
    else:
        center = scale = None
        if options.standardize == "maxabs" and X.data is not None:
            largest = np.zeros(n_features, dtype)
            with np.errstate(over="ignore", invalid="ignore"):
                get_backend().csr_largest(X, sample_weight, largest)
            if not np.isfinite(largest.max(initial=0)):  # a NaN does not show here
                check_finite_rows(X, columns)
            largest[largest == 0] = 1  # rows to come may have it
            center, scale = np.zeros(n_features, dtype), scale_of(largest, dtype)
        state.restandardize(center, scale)
        if options.eta0 == "auto":
            with np.errstate(over="ignore", invalid="ignore"):
                square = get_backend().csr_square(X.standardized(None, scale), sample_weight, dtype)
            if not np.isfinite(square):
                check_finite_rows(X, columns)
    state.restart_average()
    return square / state.n_rows


def fit_logistic(
    state: LinearState,
    rows: Batch,
    options: FitOptions,
    validation: Batch | None = None,
    on_epoch: OnEpoch | None = None,
    on_start: OnStart | None = None,
    columns: Sequence[str] | None = None,
    choose_options: ChooseOptions | None = None,
    first_pass: Callable[..., tuple[float, int]] | None = None,
) -> tuple[LinearState, TrainingHistory, TrainingConfig]:
    """Train ``state`` (its weights are where it starts) on all rows to the stop; see ``training.run_epochs``.

    ``choose_options`` chooses what is "auto" by a search (``search.Search``); without it the rules above do. ``on_start`` is
    called with the plan when all is checked, and again when the search has chosen. ``first_pass`` takes the first epoch.
    """
    automatic_step = options.eta0 == "auto"
    config = start_logistic(state, rows, options if choose_options is None else replace(options, alpha=0.0), columns)
    if on_start is not None:
        on_start(config)
    if choose_options is not None:
        config = choose_options(state, rows, options, config, validation).config(alpha=1 / state.n_rows, eta0=config.eta0)
        if on_start is not None:
            on_start(config)

    def validate(state: LinearState) -> float:
        assert validation is not None
        return mean_log_loss(state.scores(state.margins(validation.X)), validation.y, validation.sample_weight)

    return train(
        state,
        rows,
        config,
        automatic_step=automatic_step,
        validate=validate if validation is not None else None,
        on_epoch=on_epoch,
        first_pass=first_pass,
    )
