"""What there is to say against a fit, each with a name, a number and a remedy: docs/warnings.md has them all."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, distinct
from hotloop.logistic.diagnostics.calibration import _calibration
from hotloop.logistic.diagnostics.leakage import _column, _leaked
from hotloop.logistic.linear_state import LinearState
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.warnings import ConstantColumnWarning, DivergingWarning, FewRowsWarning, FitWarning, SeparableWarning

GUESSING = 1.5  # times the loss of guessing


def of_logistic_fit(
    state: LinearState,
    rows: Batch,
    config: TrainingConfig,
    history: TrainingHistory,
    held_out: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None,
    classes: Array,
    names: Sequence[str] | None,
    *,
    searched: bool,
    reweighed: bool,
    dual: bool,
) -> Iterator[FitWarning]:
    """Yield what there is to say of a fit.

    ``held_out``: margins, labels and weights of rows that the model, or one like it, was not trained on. ``searched``: the
    penalty was chosen by rows held out; ``reweighed``: class weights move the probabilities on purpose; ``dual``: by "sdca".
    """
    moving = None if rows.all_nonzero_weight else np.flatnonzero(rows.sample_weight)
    if not dual:  # whose loss may rise before it falls
        yield from _diverging(history, config, rows, len(classes), state.one_vs_rest)
    yield from _constant(state, rows.X, names)
    yield from _few_rows(state, rows.X, rows.n_nonzero_weight, config, searched)
    yield from _leaked(rows, moving, names)
    yield from _separable(state, rows, moving, history, config)
    if held_out is not None and not reweighed:
        yield from _calibration(*held_out, classes)


def _diverging(
    history: TrainingHistory, config: TrainingConfig, rows: Batch, n_classes: int, one_vs_rest: bool
) -> Iterator[FitWarning]:
    alike, total = len(distinct(rows.sample_weight)) == 1, rows.total_weight
    if n_classes == 2:
        second = float(rows.y.mean() if alike else rows.sample_weight @ rows.y / total)
        share = np.array([1 - second, second])
    else:
        share = np.bincount(rows.y.astype(np.intp), None if alike else rows.sample_weight)
        share = share / share.sum()
    share = share[share > 0]
    rest = 1 - share[share < 1]
    nats = -(share * np.log(share)).sum() - one_vs_rest * (rest * np.log(rest)).sum()  # that of each class against the rest
    guessing = float(nats) * total / rows.n_nonzero_weight
    loss = history.loss_curve[-1]
    if loss > GUESSING * guessing:
        yield DivergingWarning(
            f"diverging: the loss of the last epoch, {loss:.3g} nats a row, is {loss / guessing:.1f} times that of guessing "
            f"by the shares of the classes, {guessing:.3g}. Take a smaller eta0 than {config.eta0:.3g}, or eta0='auto'"
        )


def _constant(state: LinearState, X: Any, names: Sequence[str] | None) -> Iterator[FitWarning]:
    """Columns of zeros are often categories that these rows lack, and not told."""
    statistics = state.statistics
    if isinstance(X, CSRRows) or not statistics.total_weight[0]:
        return
    mean, deviation = statistics.moments()
    found = np.flatnonzero((deviation == 0) & (mean != 0))
    if len(found):
        yield ConstantColumnWarning(
            f"{len(found)} of {len(mean)} columns have one value only, the first is {_column(int(found[0]), names)}, always "
            f"{mean[found[0]]:.6g}: they tell nothing apart and have weight 0. Drop them; an intercept needs no column"
        )


def _few_rows(state: LinearState, X: Any, n_rows: int, config: TrainingConfig, searched: bool) -> Iterator[FitWarning]:
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
    moving: NDArray[np.intp] | None,
    history: TrainingHistory,
    config: TrainingConfig,
) -> Iterator[FitWarning]:
    """The rows are read only where there is next to no penalty and the loss is small."""
    if config.alpha * rows.n_nonzero_weight > 1e-3 or history.loss_curve[-1] > 0.1 * rows.total_weight / rows.n_nonzero_weight:
        return
    m, y = state.margins(rows.X), rows.y.astype(np.intp)
    if moving is not None:
        m, y = m[moving], y[moving]
    if state.one_vs_rest:
        m[np.arange(len(y)), y] *= -1
        lead = -m.max(axis=1)
    elif m.shape[1] == 1:
        lead = np.where(y == 1, m[:, 0], -m[:, 0])
    else:
        own = m[np.arange(len(y)), y]
        m[np.arange(len(y)), y] = -np.inf
        lead = own - m.max(axis=1)
    if lead.min() > 0:
        yield SeparableWarning(
            f"separable: all {len(y)} rows lie on the side of their class, the nearest with a margin of {lead.min():.3g}, so "
            f"the weights grow as long as training lasts, and probabilities go to 0 and 1. "
            f"Give alpha > 0, now {config.alpha:.3g}"
        )
