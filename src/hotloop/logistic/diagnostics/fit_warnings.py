"""Warnings of a fit. Each has a name, a number and a remedy; docs/warnings.md lists them all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, distinct
from hotloop.logistic.diagnostics.calibration import check_calibration
from hotloop.logistic.diagnostics.leakage import column_in_words, find_leaked_label
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.state_adaptive import AdaptiveState
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.unscaled import find_unscaled, unscaled_warning
from hotloop.training.warnings import ConstantColumnWarning, DivergingWarning, FewRowsWarning, FitWarning, SeparableWarning

GUESSING = 1.5  # a loss of so many times that of guessing is too large


HeldOut = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]  # margins, labels, weights


@dataclass(frozen=True)
class FitFacts:
    """What the numbers of a fit do not show.

    Attributes
    ----------
    automatic_step : bool
        Whether ``eta0`` was "auto".
    searched : bool
        Whether the penalty was chosen by rows held out.
    reweighed : bool
        Whether class weights move the probabilities on purpose.
    dual : bool
        Whether the training was dual coordinate ascent, whose loss may rise before it falls.
    """

    automatic_step: bool = False
    searched: bool = False
    reweighed: bool = False
    dual: bool = False


def find_fit_warnings(
    state: LinearState,
    rows: Batch,
    config: TrainingConfig,
    history: TrainingHistory,
    classes: Array,
    names: Sequence[str] | None,
    held_out: HeldOut | None,
    facts: FitFacts,
) -> Iterator[FitWarning]:
    """Yield the warnings of a fit.

    Parameters
    ----------
    state : LinearState
        After the training.
    rows : Batch
        The rows that it was trained on.
    config : TrainingConfig
    history : TrainingHistory
    classes : ndarray of shape (n_classes,)
    names : sequence of str, or None
        Names of the columns.
    held_out : tuple of ndarrays, or None
        Margins, labels and weights of rows that the model, or one like it, was not trained on.
    facts : FitFacts
    """
    counted = None if rows.all_nonzero_weight else np.flatnonzero(rows.sample_weight)
    if not facts.dual:
        yield from _diverging(state, history, config, rows, len(classes), facts.automatic_step)
    yield from _constant(state, rows.X, names)
    if state.scale is None and (unscaled := find_unscaled(rows.X)):
        yield unscaled_warning(column_in_words(unscaled[0], names), unscaled[1])
    yield from _few_rows(state, rows.X, rows.n_nonzero_weight, config, facts.searched)
    yield from find_leaked_label(rows, counted, names)
    yield from _separable(state, rows, counted, history, config)
    if held_out is not None and not facts.reweighed:
        yield from check_calibration(*held_out, classes)


def _diverging(
    state: LinearState,
    history: TrainingHistory,
    config: TrainingConfig,
    rows: Batch,
    n_classes: int,
    automatic_step: bool,
) -> Iterator[FitWarning]:
    """Warn where the loss of the last epoch is far above that of guessing by the shares of the classes.

    Parameters
    ----------
    state : LinearState
        With ``one_vs_rest`` the loss is the sum over one model a class.
    history : TrainingHistory
        Its last loss is compared.
    config : TrainingConfig
    rows : Batch
    n_classes : int
    automatic_step : bool
        Whether ``eta0`` was "auto".
    """
    alike, total = len(distinct(rows.sample_weight)) == 1, rows.total_weight
    if n_classes == 2:
        second = float(rows.y.mean() if alike else rows.sample_weight @ rows.y / total)
        share = np.array([1 - second, second])
    else:
        share = np.bincount(rows.y.astype(np.intp), None if alike else rows.sample_weight)
        share = share / share.sum()
    share = share[share > 0]
    rest = 1 - share[share < 1]
    of_rest = (rest * np.log(rest)).sum() if state.one_vs_rest else 0.0  # each class has a model against the rest
    nats = -(share * np.log(share)).sum() - of_rest
    guessing = float(nats) * total / rows.n_nonzero_weight
    loss = history.loss_curve[-1]
    if guessing > 0 and loss > GUESSING * guessing:
        remedy = f"Take a smaller eta0 than {config.eta0:.3g}"
        if not automatic_step:
            remedy += ", or eta0='auto'"
        elif config.eta0 * config.alpha == 0.5 and not isinstance(state, AdaptiveState):
            bound = f"it bounds the step size, now {config.eta0:.3g}, by 0.5 / alpha"
            remedy = f"Take a smaller alpha than {config.alpha:.3g}: {bound}"
        yield DivergingWarning(
            f"diverging: the loss of the last epoch, {loss:.3g} nats a row, is {loss / guessing:.1f} times that of guessing "
            f"by the shares of the classes, {guessing:.3g}. {remedy}"
        )


def _constant(state: LinearState, X: Any, names: Sequence[str] | None) -> Iterator[FitWarning]:
    """Warn of dense columns of one value. A column of zeros is left out: it is often a category that these rows lack."""
    statistics = state.statistics
    if isinstance(X, CSRRows) or not statistics.total_weight[0]:
        return
    mean, deviation = statistics.moments()
    constant = np.flatnonzero((deviation == 0) & (mean != 0))
    if len(constant):
        first = column_in_words(int(constant[0]), names)
        yield ConstantColumnWarning(
            f"{len(constant)} of {len(mean)} columns have one value only, the first is {first}, always "
            f"{mean[constant[0]]:.6g}: they tell nothing apart and have weight 0. Drop them; an intercept needs no column"
        )


def _few_rows(state: LinearState, X: Any, n_rows: int, config: TrainingConfig, searched: bool) -> Iterator[FitWarning]:
    """Warn of fewer than two rows for each column that varies.

    Parameters
    ----------
    state : LinearState
        Its ``scale`` is 0 in columns that do not vary.
    X : ndarray or CSRRows
        Sparse rows give no warning.
    n_rows : int
        Rows of weight above 0.
    config : TrainingConfig
        An ``alpha`` above 1 / n_rows gives no warning.
    searched : bool
        Whether the penalty was chosen by rows held out: then there is no warning.
    """
    if isinstance(X, CSRRows) or searched or config.alpha * n_rows > 1 + 1e-9:
        return
    n_columns = X.shape[1] if state.scale is None else int(np.count_nonzero(state.scale))
    if n_rows < 2 * n_columns:
        yield FewRowsWarning(
            f"too few rows: {n_rows} for {n_columns} columns that vary. With fewer than two rows a column even labels drawn at "
            f"random can mostly be parted (Cover 1965). Raise alpha, now {config.alpha:.3g}, or take fewer columns; "
            "with more rows alpha='auto' and cv='auto' search for one"
        )


def _separable(
    state: LinearState,
    rows: Batch,
    counted: NDArray[np.intp] | None,
    history: TrainingHistory,
    config: TrainingConfig,
) -> Iterator[FitWarning]:
    """Warn of separable rows. They are read only where the penalty is next to 0 and the loss is small.

    Parameters
    ----------
    state : LinearState
    rows : Batch
    counted : ndarray, intp, or None
        Rows of weight above 0; None: all.
    history : TrainingHistory
    config : TrainingConfig
    """
    if config.alpha * rows.n_nonzero_weight > 1e-3 or history.loss_curve[-1] > 0.1 * rows.total_weight / rows.n_nonzero_weight:
        return
    m, y = state.margins(rows.X), rows.y.astype(np.intp)
    if counted is not None:
        m, y = m[counted], y[counted]
    if state.one_vs_rest:
        m[np.arange(len(y)), y] *= -1
        lead = -m.max(axis=1)
    elif m.shape[1] == 1:
        lead = np.where(y == 1, m[:, 0], -m[:, 0])
    else:
        of_label = m[np.arange(len(y)), y]
        m[np.arange(len(y)), y] = -np.inf
        lead = of_label - m.max(axis=1)
    if lead.min() > 0:
        yield SeparableWarning(
            f"separable: all {len(y)} rows lie on the side of their class, the nearest with a margin of {lead.min():.3g}, so "
            f"the weights grow as long as training lasts, and probabilities go to 0 and 1. "
            f"Give alpha > 0, now {config.alpha:.3g}"
        )
