"""The columns of rows given by their non-zeros: whether they exist, and their statistics (docs/equations.md, LR-9)."""

import numpy as np
from numpy.typing import DTypeLike

from hotloop.reference.logistic.model import sum_of_squares
from hotloop.reference.losses import Array
from hotloop.reference.rows.source import csr_rows
from hotloop.structs import ColumnMoments, CSRRows


def all_alike(values: Array) -> bool:
    """Tell whether all values, given by their bits as unsigned integers, are those of the first."""
    return all(value == values[0] for value in values)


def check_nonzeros(indptr: Array, indices: Array, n_features: int) -> bool:
    """Refuse what is no CSR matrix; tell whether the columns of each row rise, so that none stands twice.

    Raises
    ------
    ValueError
        ``indptr`` does not start with 0, falls, or leads beyond ``indices``; a column is negative or not below ``n_features``.
    """
    if n_features < 0:
        raise ValueError(f"n_features is {n_features}, expected a number that is not negative")
    if len(indptr) < 1:
        raise ValueError("indptr is empty; it must have one entry more than there are rows")
    if indptr[0] != 0:
        raise ValueError(f"indptr starts with {indptr[0]}, expected 0")
    rising = True
    for i in range(len(indptr) - 1):
        if indptr[i + 1] < indptr[i]:
            raise ValueError(f"indptr falls from {indptr[i]} to {indptr[i + 1]} at row {i}")
    if indptr[-1] > len(indices):
        raise ValueError(f"indptr ends with {indptr[-1]}, but there are {len(indices)} column indices")
    for i in range(len(indptr) - 1):
        own = indices[indptr[i] : indptr[i + 1]]
        wrong = own[(own < 0) | (own >= n_features)]
        if len(wrong):
            raise ValueError(f"row {i} has column index {wrong[0]}, expected 0 to {n_features - 1}")
        rising = rising and bool((own[1:] > own[:-1]).all())
    return rising


def csr_column_moments(rows: CSRRows, sample_weight: Array, moments: ColumnMoments) -> None:
    """Take rows, as they are stored, into the running statistics of the non-zeros of each column.

    Parameters
    ----------
    rows : CSRRows
    sample_weight : ndarray of shape (n_samples,), float64
        A row of weight 0 is passed over.
    moments : ColumnMoments
        Of the rows that have the column: sum of their weights ``seen``, mean, weighted sum of squared differences from it (West
        1979), the extremes. Overwritten.
    """
    total_weight, seen, mean, deviation = moments.total_weight, moments.seen, moments.mean, moments.deviation
    lowest, highest, others = moments.lowest, moments.highest, moments.others
    if len(sample_weight) != len(csr_rows(rows)):
        raise ValueError("sample_weight must have one entry a row")
    if seen is None or {len(a) for a in (seen, mean, deviation, lowest, highest, others)} != {rows.n_features}:
        raise ValueError(f"seen, mean, deviation, lowest, highest and others must have {rows.n_features} entries")
    if len(total_weight) != 1:
        raise ValueError("total_weight must have one entry")
    for i, weight in enumerate(sample_weight):
        if weight == 0:
            continue
        total_weight += weight
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        at, x = rows.indices[own], _stored(rows, own)
        first = seen[at] == 0
        lowest[at[first]], highest[at[first]], others[at[first]] = x[first], x[first], 0
        seen[at] += weight
        before = x - mean[at]
        mean[at] += weight / seen[at] * before
        deviation[at] += weight * before * (x - mean[at])
        low, high = lowest[at], highest[at]
        others[at[(x != low) & (x != high) & (low != high)]] = 1
        lowest[at], highest[at] = np.fmin(low, x), np.fmax(high, x)


def csr_largest(rows: CSRRows, sample_weight: Array, largest: Array) -> None:
    """Raise ``largest``, (n_features,), to the largest absolute value stored of each column, in rows of weight > 0."""
    if len(sample_weight) != len(csr_rows(rows)):
        raise ValueError("sample_weight must have one entry a row")
    if len(largest) != rows.n_features:
        raise ValueError(f"largest must have {rows.n_features} entries")
    for i in np.flatnonzero(sample_weight):
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        size = np.abs(np.ones(1) if rows.data is None else rows.data[own])
        np.maximum.at(largest, rows.indices[own], size.astype(largest.dtype))


def csr_square(rows: CSRRows, sample_weight: Array, dtype: DTypeLike) -> float:
    """Return the sum over rows of weight times ||x * scale||^2.

    Parameters
    ----------
    rows : CSRRows
    sample_weight : ndarray of shape (n_samples,), float64
    dtype : float32 or float64
        Type of the scale, in which the compiled kernel computes.
    """
    if len(sample_weight) != len(csr_rows(rows)):
        raise ValueError("sample_weight must have one entry a row")
    total = 0.0
    for i, weight in enumerate(sample_weight):
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        x = _stored(rows, own)
        total += weight * sum_of_squares(x if rows.scale is None else x * rows.scale[rows.indices[own]])
    return float(total)


def _stored(rows: CSRRows, own: slice) -> Array:
    return np.ones(own.stop - own.start) if rows.data is None else rows.data[own].astype(np.float64)
