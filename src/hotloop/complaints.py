"""What there is to say against a fit, each with a name, a number and a remedy: docs/warnings.md has them all."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.logistic_state import LogisticState
from hotloop.losses import probabilities
from hotloop.sparse_rows import SparseRows
from hotloop.training import Course, Plan, Rows
from hotloop.validation import Array, distinct

LEAKED = 0.999  # share of a column's variance that the label explains
ENOUGH_TO_TELL = 30  # rows, below which a column may equal the label by chance
CELLS_LOOKED_AT = 4_000_000
NON_ZEROS_LOOKED_AT = 30_000  # they are copied together, cells of an array a few columns at a time
CELLS_AT_ONCE = 65_536
SCREENED, SUSPECT = 256, 0.99  # a look at so many rows leaves out the columns that explain less than this share of them
ENOUGH_TO_JUDGE = 200  # rows held out, below which calibration is not judged
SURE = 5.0  # standard errors
SHIFTED = 0.02  # mean probability less share
STRETCHED = 1.5  # factor of the log odds
GUESSING = 1.5  # times the loss of guessing


class FitWarning(UserWarning):
    """Base of all that a fit warns of."""


class DivergingWarning(FitWarning):
    """The loss is far above that of guessing: the steps are too long."""


class SeparableWarning(FitWarning):
    """A plane parts the classes and there is next to no penalty: the weights have no bound."""


class LeakedLabelWarning(FitWarning):
    """A column says what the label is."""


class ConstantColumnWarning(FitWarning):
    """Columns have one value only, and it is not 0."""


class CalibrationWarning(FitWarning):
    """Probabilities of rows held out are far from how often their classes came."""


class FewRowsWarning(FitWarning):
    """There are fewer than two rows a column, and the penalty is weak."""


def of_logistic_fit(
    state: LogisticState,
    rows: Rows,
    plan: Plan,
    course: Course,
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
    moving = None if rows.all_move else np.flatnonzero(rows.sample_weight)
    if not dual:  # whose loss may rise before it falls
        yield from _diverging(course, plan, rows, len(classes), state.one_vs_rest)
    yield from _constant(state, rows.X, names)
    yield from _few_rows(state, rows.X, rows.n_moving, plan, searched)
    yield from _leaked(rows, moving, names)
    yield from _separable(state, rows, moving, course, plan)
    if held_out is not None and not reweighed:
        yield from _calibration(*held_out, classes)


def _column(j: int, names: Sequence[str] | None) -> str:
    return f"column {j}" if names is None else f"column {names[j]!r}"


def _diverging(course: Course, plan: Plan, rows: Rows, n_classes: int, one_vs_rest: bool) -> Iterator[FitWarning]:
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
    guessing = float(nats) * total / rows.n_moving
    loss = course.loss_curve[-1]
    if loss > GUESSING * guessing:
        yield DivergingWarning(
            f"diverging: the loss of the last epoch, {loss:.3g} nats a row, is {loss / guessing:.1f} times that of guessing "
            f"by the shares of the classes, {guessing:.3g}. Take a smaller eta0 than {plan.eta0:.3g}, or eta0='auto'"
        )


def _constant(state: LogisticState, X: Any, names: Sequence[str] | None) -> Iterator[FitWarning]:
    """Columns of zeros are often categories that these rows lack, and not told."""
    statistics = state.statistics
    if isinstance(X, SparseRows) or not statistics.total_weight[0]:
        return
    mean, deviation = statistics.moments()
    found = np.flatnonzero((deviation == 0) & (mean != 0))
    if len(found):
        yield ConstantColumnWarning(
            f"{len(found)} of {len(mean)} columns have one value only, the first is {_column(int(found[0]), names)}, always "
            f"{mean[found[0]]:.6g}: they tell nothing apart and have weight 0. Drop them; an intercept needs no column"
        )


def _few_rows(state: LogisticState, X: Any, n_rows: int, plan: Plan, searched: bool) -> Iterator[FitWarning]:
    if isinstance(X, SparseRows) or searched or plan.alpha * n_rows > 1 + 1e-9:
        return
    n_columns = X.shape[1] if state.scale is None else int(np.count_nonzero(state.scale))
    if n_rows < 2 * n_columns:
        yield FewRowsWarning(
            f"too few rows: {n_rows} for {n_columns} columns that vary. With fewer than two rows a column even labels drawn at "
            f"random can mostly be parted (Cover 1965). Raise alpha, now {plan.alpha:.3g}, or take fewer columns; "
            "with more rows alpha='auto' and cv='auto' search for one"
        )


def _leaked(rows: Rows, moving: NDArray[np.intp] | None, names: Sequence[str] | None) -> Iterator[FitWarning]:
    """First some of the rows, then, of the columns suspected, all. ``moving``: the rows that moved something, None for all."""
    X, n_rows = rows.X, rows.n_moving
    if n_rows < ENOUGH_TO_TELL:
        return
    sparse = isinstance(X, SparseRows)
    looked_at = X.n_stored / NON_ZEROS_LOOKED_AT if sparse else X.size / CELLS_LOOKED_AT
    step = max(1, int(looked_at), n_rows // 4096)
    some = np.arange(0, n_rows, step)
    if len(some) < ENOUGH_TO_TELL:
        some = np.linspace(0, n_rows - 1, ENOUGH_TO_TELL).astype(np.intp)
    some = some if moving is None else moving[some]
    suspected = _suspected(X, some, rows.y[some].astype(np.intp))
    if not suspected:
        return
    everything = np.arange(n_rows) if moving is None else moving
    y = rows.y[everything].astype(np.intp)
    for j in suspected:
        share = float(_explained(_columns_of(X, everything, j), y)[0])
        if share >= LEAKED:
            yield LeakedLabelWarning(
                f"leaked label: {_column(j, names)} alone tells {share:.2%} of the label's classes apart (share of its "
                "variance between them). Is it the label, or made of it? Then drop it: rows to come will not have it"
            )
            return


def _suspected(X: Any, chosen: NDArray[np.intp], y: NDArray[np.intp]) -> list[int]:
    """Return the columns that tell the classes apart in the chosen rows; of an array a few are looked at at once."""
    if isinstance(X, SparseRows):
        columns, told = _explained_by_non_zeros(X[chosen], y)
        return [int(j) for j in columns[told >= LEAKED]]
    columns = np.arange(X.shape[1])
    if len(chosen) > 2 * SCREENED:
        few = _of_each_class(y, SCREENED)
        columns = columns[_explained_by_cells(X, chosen[few], columns, y[few]) >= SUSPECT]
    return [int(j) for j in columns[_explained_by_cells(X, chosen, columns, y) >= LEAKED]]


def _explained_by_cells(
    X: Any, chosen: NDArray[np.intp], columns: NDArray[np.intp], y: NDArray[np.intp]
) -> NDArray[np.float64]:
    at_once, told = max(1, CELLS_AT_ONCE // len(chosen)), np.zeros(len(columns))
    everything = len(columns) == X.shape[1]  # then slices, which are read twice as fast as columns by number
    for first in range(0, len(columns), at_once):
        some = slice(first, first + at_once)
        part = X[chosen, some] if everything else X[chosen[:, None], columns[some]]
        told[some] = _explained(part.astype(np.float64), y)
    return told


def _of_each_class(y: NDArray[np.intp], n_rows: int) -> NDArray[np.intp]:
    """Return about so many rows, of each class as many, evenly spread: there a column explains no less of its variance."""
    labels = np.unique(y)
    own = [np.flatnonzero(y == label) for label in labels]
    most = max(2, n_rows // len(labels))
    return np.concatenate([rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.intp)] for rows in own])


def _columns_of(X: Any, chosen: NDArray[np.intp], column: int) -> NDArray[np.float64]:
    """Return a column in the chosen rows, (n_rows, 1)."""
    if not isinstance(X, SparseRows):
        return X[chosen, column : column + 1].astype(np.float64)  # type: ignore[no-any-return]
    part = X[chosen]
    row = np.repeat(np.arange(len(chosen)), np.diff(part.starts))
    there = part.own_places() == column
    dense = np.zeros((len(chosen), 1))
    dense[row[there], 0] = part.all_values()[there]
    return dense


def _explained_by_non_zeros(part: SparseRows, y: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the columns that rows have and the share of the variance of each that lies between the classes; 0 where a column
    varies by less than 1e-9 of its mean square: these are sums of squares that cancel."""
    columns, at = np.unique(part.own_places(), return_inverse=True)
    values = part.all_values().astype(np.float64)
    label = np.repeat(y, np.diff(part.starts))
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.bincount(at, values**2, minlength=len(columns))
        total = square - np.bincount(at, values, minlength=len(columns)) ** 2 / len(part)
        between = total - square
        for c in np.unique(y):
            own = label == c
            between += np.bincount(at[own], values[own], minlength=len(columns)) ** 2 / np.count_nonzero(y == c)
        varies = (total > 1e-9 * square) & np.isfinite(total)
        share = np.divide(between, total, out=np.zeros_like(total), where=varies)
    return columns.astype(np.intp), np.where(np.isfinite(share), share, 0)


def _explained(part: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the share of each column's variance that lies between the classes; overwrites ``part``."""
    _, at, counts = np.unique(y, return_inverse=True, return_counts=True)
    indicator = (at == np.arange(len(counts))[:, None]).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = part.mean(axis=0)
        part -= mean
        total = np.einsum("ij,ij->j", part, part)
        between = ((indicator @ part) ** 2 / counts[:, None]).sum(axis=0)
        rounding = len(part) * (1e-13 * mean) ** 2  # of a column that is constant
        share = np.divide(between, total, out=np.zeros_like(total), where=(total > rounding) & np.isfinite(total))
    return np.where(np.isfinite(share), share, 0)


def _separable(
    state: LogisticState,
    rows: Rows,
    moving: NDArray[np.intp] | None,
    course: Course,
    plan: Plan,
) -> Iterator[FitWarning]:
    """The rows are read only where there is next to no penalty and the loss is small."""
    if plan.alpha * rows.n_moving > 1e-3 or course.loss_curve[-1] > 0.1 * rows.total_weight / rows.n_moving:
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
            f"the weights grow as long as training lasts, and probabilities go to 0 and 1. Give alpha > 0, now {plan.alpha:.3g}"
        )


def _calibration(
    m: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], classes: Array
) -> Iterator[FitWarning]:
    n, total = len(y), float(weight.sum())
    if n < ENOUGH_TO_JUDGE:
        return
    p = probabilities(m)
    share, mean = np.bincount(y.astype(np.intp), weight, p.shape[1]) / total, weight @ p / total
    error = np.sqrt(np.maximum(weight**2 @ (p * (1 - p)), 1e-12)) / total
    off = np.abs(share - mean)
    c = int(np.where(off > SURE * error, off, 0).argmax())
    remedy = "Hold out rows like those to come; raise alpha; or wrap the model in CalibratedClassifierCV"
    if off[c] > max(SHIFTED, SURE * error[c]):
        yield CalibrationWarning(
            f"badly calibrated: over the {n} rows held out class {classes.tolist()[c]!r} has a mean probability of "
            f"{mean[c]:.3f} and a share of {share[c]:.3f}. {remedy}"
        )
    elif m.shape[1] == 1:
        slope = float((weight * (y - p[:, 1])) @ m[:, 0])
        deviation = float(np.sqrt((weight**2 * p[:, 1] * p[:, 0]) @ m[:, 0] ** 2))
        if abs(slope) > SURE * deviation > 0 and not 1 / STRETCHED < (best := _slope(m[:, 0], y, weight)) < STRETCHED:
            yield CalibrationWarning(
                f"badly calibrated: over the {n} rows held out the log odds would be best times {best:.2f}. {remedy}"
            )


def _slope(m: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return the factor of the margins with the least log loss, from 0 to 10."""
    low, high = 0.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        p = probabilities((middle * m)[:, None])[:, 1]
        low, high = (middle, high) if (weight * (y - p)) @ m > 0 else (low, middle)
    return low
