"""What "auto" means for logistic regression where no search chooses.

The rules, all from one read of the rows (docs/defaults.md has the evidence):

- ``standardize``: mean and standard deviation of each column, or the distance of its two values; of a column that some sparse
  rows lack the largest absolute value.
- ``alpha``: 1 / n_samples, the strength of LogisticRegression(C=1).
- ``eta0``: a constant / E[weight (||z||^2 + 1)], z the standardised row. A step size that diverges is halved and training
  starts again.
- ``optimizer`` other than "sgd": ``eta0`` is a constant / E[||z||^2]; no ``alpha`` for AdaGrad, which has no penalty.
- ``learning_rate``: (ST-4) with a horizon of 1 / (eta0 alpha) steps.
- ``tol``: a thousandth of the best loss.
- The intercepts start at 0; at the shares of the classes where a given ``alpha`` makes the step size fall within an epoch.
"""

from collections.abc import Sequence

import numpy as np

from hotloop.backend import get_backend
from hotloop.data.batch import Batch
from hotloop.data.csr import check_finite_rows
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.state_adaptive import ETA0_ADAPTIVE, AdaptiveState
from hotloop.preprocessing.full_columns import full_columns, statistics_of
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics, scale_of
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions

# Test log loss above that of a tuned LogisticRegression, worst of two seeds, with 0.25 / 1 / 4:
# adult +0.1 / +1.9 / +6 %, a9a +0.4 / +2.3 / +6 %, spambase -2 / -3 / -2 %, covtype_head10k +0.9 / +2.7 / +28 %,
# bank +0.6 / +0.8 / +3 %.
ETA0_LOGISTIC = 0.25


def logistic_config(
    state: LinearState, options: FitOptions, n_rows: int, mean_weight: float, square: float | None = None
) -> TrainingConfig:
    """Return the config with every "auto" resolved by the rules.

    Parameters
    ----------
    state : LinearState
        Its ``statistics`` are those of the rows.
    options : FitOptions
    n_rows : int
        Rows of weight above 0.
    mean_weight : float
    square : float or None
        Mean of weight ||z||^2; None: from the statistics.
    """
    if options.eta0 != "auto":
        square = 0.0
    elif square is None:
        square = mean_weight * state.statistics.mean_square(state.center, state.scale)
    if isinstance(state, AdaptiveState):
        eta0 = ETA0_ADAPTIVE[state.rule] * mean_weight / square if square > 0 else ETA0_ADAPTIVE[state.rule]
        return options.config(alpha=state.usual_alpha(n_rows), eta0=eta0)
    square += mean_weight * state.fit_intercept
    return options.config(alpha=1 / n_rows, eta0=ETA0_LOGISTIC / square if square > 0 else 1.0)


def start_logistic(
    state: LinearState, rows: Batch, options: FitOptions, columns: Sequence[str] | None = None
) -> TrainingConfig:
    """Standardise by the statistics of all rows, reset the counters, and return the config by the rules.

    The weights are re-expressed, so that no prediction changes.

    Parameters
    ----------
    state : LinearState
        Changed in place.
    rows : Batch
    options : FitOptions
        Resolved for these rows.
    columns : sequence of str, or None
        Names of the columns, for messages.

    Raises
    ------
    ValueError
        The statistics show a cell that is not finite. Without statistics such a cell is not found here.
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


def start_at_shares(state: LinearState, rows: Batch, horizon: float) -> None:
    """Start the intercepts at the shares of the classes where the penalty shortens the steps within the first epoch.

    Such steps reach the optimal weights, which are small; the intercept has no penalty, and they would not reach its optimum.
    With weights of 0 that is the logarithm of the odds of the class; of a softmax the logarithm of the share.

    Parameters
    ----------
    state : LinearState
        Ready to train. Its intercepts are overwritten, unless weights other than 0 go with them.
    rows : Batch
    horizon : float
        Steps after which the step size is half of the first; with more than the rows nothing changes.
    """
    if not state.fit_intercept or horizon >= state.n_rows or state.weights()[0].any():
        return
    shares = np.bincount(rows.y.astype(np.intp), rows.sample_weight, max(state.n_outputs, 2))
    shares = np.maximum(shares, rows.total_weight / state.n_rows / 2)  # a class without a row
    if state.n_outputs == 1 or state.one_vs_rest:
        state.replace_intercept(np.log(shares / (shares.sum() - shares))[-state.n_outputs :])
    else:
        state.replace_intercept(np.log(shares) - np.log(shares).mean())


def _start_sparse(state: LinearState, X: CSRRows, rows: Batch, options: FitOptions, columns: Sequence[str] | None) -> float:
    """Standardise sparse rows; return the mean of weight ||z||^2, or 0 where ``eta0`` is given.

    ValueError names a cell that is not finite, where the sums computed here show one. The largest values cost one number a
    column, and nothing where every value is 1; the statistics of "std" cost six numbers a column.

    Parameters
    ----------
    state : LinearState
        Changed in place.
    X : CSRRows
        ``rows.X``.
    rows : Batch
    options : FitOptions
    columns : sequence of str, or None
        Names of the columns, for messages.
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
        full = np.zeros(0, np.intp)
        if options.standardize in ("auto", "maxabs") and X.data is not None:
            largest = np.zeros(n_features, dtype)
            with np.errstate(over="ignore", invalid="ignore"):
                get_backend().csr_largest(X, sample_weight, largest)
            if not np.isfinite(largest.max(initial=0)):  # a NaN does not show here
                check_finite_rows(X, columns)
            largest[largest == 0] = 1  # rows to come may have it
            center, scale = np.zeros(n_features, dtype), scale_of(largest, dtype)
            if options.standardize == "auto":
                full = full_columns(X)
            if len(full):
                statistics = statistics_of(X, full, sample_weight)
                center[full], scale[full] = statistics.constants("std", dtype)
                square = total * statistics.mean_square(center[full], scale[full])
        state.restandardize(center, scale)
        if options.eta0 == "auto":
            with np.errstate(over="ignore", invalid="ignore"):
                of_others = scale
                if scale is not None and len(full):
                    of_others = scale.copy()
                    of_others[full] = 0
                square += get_backend().csr_square(X.standardized(None, of_others), sample_weight, dtype)
            if not np.isfinite(square):
                check_finite_rows(X, columns)
    state.restart_average()
    return square / state.n_rows
