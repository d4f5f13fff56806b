"""Columns of sparse rows that every row has: numbers among the categories of a table, standardised as in dense rows."""

import numpy as np
from numpy.typing import NDArray

from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows

CELLS_AT_ONCE = 1 << 18


def full_columns(X: CSRRows) -> NDArray[np.intp]:
    """Return the columns that have an entry in every row, rising; most matrices show after a few rows that they have none."""
    first = X[:1]
    columns = first.stored_indices().astype(np.intp)
    for rows in _blocks(X):
        if not len(columns):
            break
        counts = np.bincount(_places(rows, columns, X.n_features), minlength=len(columns) + 1)
        columns = columns[counts[:-1] == len(rows)]
    return columns


def statistics_of(X: CSRRows, columns: NDArray[np.intp], sample_weight: Array) -> ColumnStatistics:
    """Return the statistics of columns that every row has, as of dense rows."""
    statistics, start = ColumnStatistics(len(columns)), 0
    for rows in _blocks(X):
        held = _places(rows, columns, X.n_features) < len(columns)
        values = rows.explicit_data()[held].reshape(len(rows), len(columns))
        statistics.update(values, sample_weight[start : start + len(rows)])
        start += len(rows)
    return statistics


def _blocks(X: CSRRows) -> "list[CSRRows]":
    size = max(1, CELLS_AT_ONCE // max(1, X.max_row_nnz))
    return [X[start : start + size] for start in range(0, len(X), size)]


def _places(rows: CSRRows, columns: NDArray[np.intp], n_features: int) -> NDArray[np.uint16]:
    """Return for each entry the place of its column among ``columns``, or their number where it is none of them."""
    places = np.full(n_features, len(columns), np.min_scalar_type(len(columns)))
    places[columns] = np.arange(len(columns))
    found: NDArray[np.uint16] = places[rows.stored_indices()]
    return found
