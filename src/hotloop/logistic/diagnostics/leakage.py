"""A leaked label: a column that alone tells the classes apart."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.structs import CSRRows
from hotloop.training.warnings import FitWarning, LeakedLabelWarning

LEAKED = 0.999  # share of a column's variance that the label explains

ENOUGH_TO_TELL = 30  # rows, below which a column may equal the label by chance

CELLS_LOOKED_AT = 4_000_000

NON_ZEROS_LOOKED_AT = 30_000  # fewer than cells: non-zeros are copied together, cells a few columns at a time

CELLS_AT_ONCE = 65_536

# A first look at SCREENED rows drops the columns of whose variance less than SUSPECT lies between the classes.
SCREENED, SUSPECT = 256, 0.99


def column_in_words(j: int, names: Sequence[str] | None) -> str:
    """Return a column by its name, or by its number where columns have no names."""
    return f"column {j}" if names is None else f"column {names[j]!r}"


def find_leaked_label(rows: Batch, counted: NDArray[np.intp] | None, names: Sequence[str] | None) -> Iterator[FitWarning]:
    """Yield a warning for the first column that alone tells the classes apart.

    A sample of the rows is read first; then all rows, but only of the columns that stood out in the sample.

    Parameters
    ----------
    rows : Batch
    counted : ndarray of intp, or None
        Rows of weight above 0; None: all.
    names : sequence of str, or None
        Names of the columns.
    """
    X, n_rows = rows.X, rows.n_nonzero_weight
    if n_rows < ENOUGH_TO_TELL:
        return
    sparse = isinstance(X, CSRRows)
    looked_at = X.nnz / NON_ZEROS_LOOKED_AT if sparse else X.size / CELLS_LOOKED_AT
    step = max(1, int(looked_at), n_rows // 4096)
    sample = np.arange(0, n_rows, step)
    if len(sample) < ENOUGH_TO_TELL:
        sample = np.linspace(0, n_rows - 1, ENOUGH_TO_TELL).astype(np.intp)
    sample = sample if counted is None else counted[sample]
    suspected = _suspected(X, sample, rows.y[sample].astype(np.intp))
    if not suspected:
        return
    everything = np.arange(n_rows) if counted is None else counted
    y = rows.y[everything].astype(np.intp)
    for j in suspected:
        share = float(_explained(_columns_of(X, everything, j), y)[0])
        if share >= LEAKED:
            yield LeakedLabelWarning(
                f"leaked label: {column_in_words(j, names)} alone tells {share:.2%} of the label's classes apart (share of its "
                "variance between them). Is it the label, or made of it? Then drop it: rows to come will not have it"
            )
            return


def _suspected(X: Any, chosen: NDArray[np.intp], y: NDArray[np.intp]) -> list[int]:
    """Return the columns that tell the classes apart in the chosen rows."""
    if isinstance(X, CSRRows):
        columns, share = _explained_by_non_zeros(X[chosen], y)
        return [int(j) for j in columns[share >= LEAKED]]
    columns = np.arange(X.shape[1])
    if len(chosen) > 2 * SCREENED:
        few = _of_each_class(y, SCREENED)
        columns = columns[_explained_by_cells(X, chosen[few], columns, y[few]) >= SUSPECT]
    return [int(j) for j in columns[_explained_by_cells(X, chosen, columns, y) >= LEAKED]]


def _explained_by_cells(
    X: Any, chosen: NDArray[np.intp], columns: NDArray[np.intp], y: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return for each of the columns the share of its variance that lies between the classes, beyond chance: at most 1.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    chosen : ndarray of shape (n_chosen,), intp
        Rows to look at.
    columns : ndarray of shape (n_columns,), intp
        Columns to look at.
    y : ndarray of shape (n_chosen,), intp
        Class indices of the rows chosen.
    """
    at_once, share = max(1, CELLS_AT_ONCE // len(chosen)), np.zeros(len(columns))
    everything = len(columns) == X.shape[1]  # then slices, which are read twice as fast as columns by number
    for first in range(0, len(columns), at_once):
        chunk = slice(first, first + at_once)
        part = X[chosen, chunk] if everything else X[chosen[:, None], columns[chunk]]
        share[chunk] = _explained(part.astype(np.float64), y)
    return share


def _of_each_class(y: NDArray[np.intp], n_rows: int) -> NDArray[np.intp]:
    """Return about ``n_rows`` rows, evenly spread, of each class equally many.

    In such a sample the classes explain at least the share of a column's variance that they explain in all rows.
    """
    labels = np.unique(y)
    rows_by_class = [np.flatnonzero(y == label) for label in labels]
    most = max(2, n_rows // len(labels))
    return np.concatenate([rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.intp)] for rows in rows_by_class])


def _columns_of(X: Any, chosen: NDArray[np.intp], column: int) -> NDArray[np.float64]:
    """Return a column in the chosen rows, (n_rows, 1)."""
    if not isinstance(X, CSRRows):
        return X[chosen, column : column + 1].astype(np.float64)  # type: ignore[no-any-return]
    part = X[chosen]
    row = np.repeat(np.arange(len(chosen)), np.diff(part.indptr))
    there = part.stored_indices() == column
    dense = np.zeros((len(chosen), 1))
    dense[row[there], 0] = part.explicit_data()[there]
    return dense


def _explained_by_non_zeros(part: CSRRows, y: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the columns with non-zeros, and the share of the variance of each that lies between the classes.

    The share is 0 where a column varies by less than 1e-9 of its mean square: there the sums of squares cancel.
    """
    columns, at = np.unique(part.stored_indices(), return_inverse=True)
    values = part.explicit_data().astype(np.float64)
    label = np.repeat(y, np.diff(part.indptr))
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.bincount(at, values**2, minlength=len(columns))
        total = square - np.bincount(at, values, minlength=len(columns)) ** 2 / len(part)
        between = total - square
        for c in np.unique(y):
            of_class = label == c
            between += np.bincount(at[of_class], values[of_class], minlength=len(columns)) ** 2 / np.count_nonzero(y == c)
        varies = (total > 1e-9 * square) & np.isfinite(total)
        share = np.divide(between, total, out=np.zeros_like(total), where=varies)
    return columns.astype(np.intp), _beyond_chance(share, len(part), len(np.unique(y)))


def _explained(part: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the share of each column's variance that lies between the classes; overwrites ``part``."""
    _, at, counts = np.unique(y, return_inverse=True, return_counts=True)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = part.mean(axis=0)
        part -= mean
        total = np.einsum("ij,ij->j", part, part)
        between = np.array([(np.bincount(at, column) ** 2 / counts).sum() for column in part.T])
        rounding = len(part) * (1e-13 * mean) ** 2  # of a column that is constant
        share = np.divide(between, total, out=np.zeros_like(total), where=(total > rounding) & np.isfinite(total))
    return _beyond_chance(share, len(part), len(counts))


def _beyond_chance(share: NDArray[np.float64], n_rows: int, n_classes: int) -> NDArray[np.float64]:
    """Return shares of variance without what classes of a few rows explain of any column (adjusted R^2); 0 where not finite."""
    if n_rows <= n_classes:
        return np.zeros_like(share)
    return np.where(np.isfinite(share), 1 - (1 - share) * (n_rows - 1) / (n_rows - n_classes), 0)
