"""Columns of sparse rows that every row has: numbers among the categories of a table, standardised as in dense rows."""

import numpy as np
from numpy.typing import NDArray

from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows

CELLS_AT_ONCE = 1 << 18


def full_columns(X: CSRRows) -> NDArray[np.intp]:
    """Return the columns that have an entry in every row, rising; most matrices show after a few rows that they have none."""
    columns = X[:1].stored_indices().astype(np.intp)
    places = _places(columns, X.n_features)
    for rows in _blocks(X):
        counts = np.bincount(places[rows.stored_indices()], minlength=len(columns) + 1)
        full = counts[:-1] == len(rows)
        if not full.all():
            columns = columns[full]
            places = _places(columns, X.n_features)
        if not len(columns):
            break
    return columns


def statistics_of(X: CSRRows, columns: NDArray[np.intp], sample_weight: Array) -> ColumnStatistics:
    """Return the statistics of columns that every row has, as of dense rows."""
    statistics, places, start = ColumnStatistics(len(columns)), _places(columns, X.n_features), 0
    for rows in _blocks(X):
        held = places[rows.stored_indices()] < len(columns)
        values = rows.explicit_data()[held].reshape(len(rows), len(columns))
        statistics.update(values, sample_weight[start : start + len(rows)])
        start += len(rows)
    return statistics


def _blocks(X: CSRRows) -> "list[CSRRows]":
    size = max(1, CELLS_AT_ONCE // max(1, X.max_row_nnz))
    return [X[start : start + size] for start in range(0, len(X), size)]


def _places(columns: NDArray[np.intp], n_features: int) -> Array:
    """Return for each of all columns its place among ``columns``, or their number where it is none of them."""
    places = np.full(n_features, len(columns), np.min_scalar_type(len(columns)))
    places[columns] = np.arange(len(columns))
    return places
