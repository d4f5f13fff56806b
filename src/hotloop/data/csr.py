"""CSR matrices as the kernels read them, checked once. No SciPy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.validation import check_finite, check_memory, contiguous
from hotloop.structs import Array, CSRRows

# What SciPy, NumPy or the checks below raise of a matrix whose attributes are none of its format.
NONSENSE = (AttributeError, TypeError, LookupError, ArithmeticError, np.ma.MAError)


def as_csr(X: Any, dtype: Any) -> CSRRows:
    """Return a SciPy sparse matrix or array of any format as rows that kernels of ``dtype`` read.

    Raises
    ------
    ValueError
        It is no matrix of numbers, it is empty, or it is malformed.
    """
    rows = any_csr(X)
    if 0 in rows.shape:
        what = "sample(s)" if not rows.shape[0] else "feature(s)"
        raise ValueError(f"Found array with 0 {what} (shape={rows.shape}) while a minimum of 1 is required.")
    return rows.astype(dtype)


def any_csr(X: Any) -> CSRRows:
    """Return a sparse matrix of any format as rows, of the type of its numbers; ValueError where it is malformed."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # of places that are no whole numbers
            return from_scipy(_as_scipy_csr(X))
    except NONSENSE as error:
        raise ValueError(f"X is a malformed sparse matrix: {type(error).__name__}: {error}") from error


def _as_scipy_csr(X: Any) -> Any:
    """Return a matrix of any format in CSR, of numbers; ValueError before SciPy follows entries that point outside of it."""
    shape = X.shape
    if not isinstance(shape, tuple) or not all(isinstance(n, int | np.integer) and 0 <= n < 2**63 for n in shape):
        raise ValueError(f"X is a malformed sparse matrix: its shape is {shape!r}")
    if len(shape) != 2:
        raise ValueError(f"X has {len(shape)} dimensions, expected 2: one row a sample, one column a feature")
    if X.dtype.kind == "c":
        raise ValueError("Complex data not supported: X holds complex numbers")
    form = getattr(X, "format", "")  # of libraries like SciPy it has none
    if form == "csr":
        if X.dtype.kind in "fiub":
            return X
        return type(X)((X.data.astype(np.float64), X.indices, X.indptr), shape)  # X.astype would sort the rows
    if not _is_sound(X, form):
        raise ValueError(f"X is a malformed {form} matrix: its entries do not fit its shape {shape}, or each other")
    check_memory(8 * (shape[0] + 1), f"a sparse matrix of {shape[0]} rows")
    return (X if X.dtype.kind in "fiub" else X.astype(np.float64)).tocsr()


def _is_sound(X: Any, form: str) -> bool:
    """Tell whether a matrix that is not CSR is what its format says. Of others SciPy reads or writes outside their arrays."""
    if form in ("csc", "bsr"):
        return _are_compressed(X)
    if form == "coo":
        if len(X.coords) != 2:
            return False
        lengths = {len(X.data), *map(len, X.coords)}
        return len(lengths) == 1 and all(map(_are_places, X.coords, X.shape))
    if form == "dia":
        offsets, (n_rows, n_columns) = np.asarray(X.offsets), X.shape
        there = (
            offsets.ndim == 1
            and offsets.dtype.kind == "i"
            and X.data.ndim == 2
            and len(offsets) == len(X.data) == len(np.unique(offsets))
        )
        return bool(there and (offsets > -n_rows).all() and (offsets < n_columns).all())
    if form == "lil":
        pairs = zip(X.rows, X.data, strict=False)
        return X.rows.shape == X.data.shape == X.shape[:1] and all(len(places) == len(values) for places, values in pairs)
    return True  # dok: a dict


def _are_compressed(X: Any) -> bool:
    """Tell whether a CSC or BSR matrix has rising ends, and places within its shape. (SciPy's check changes the matrix.)"""
    size = X.blocksize if X.format == "bsr" else (1, 1)
    rows, columns = X.shape[0] // size[0], X.shape[1] // size[1]
    n, n_places = (rows, columns) if X.format == "bsr" else (columns, rows)
    ends = X.indptr
    if not (isinstance(ends, np.ndarray) and ends.shape == (n + 1,) and ends.dtype.kind == "i" and ends[0] == 0):
        return False
    if (np.diff(ends) < 0).any() or ends[-1] > min(len(X.indices), len(X.data)):
        return False
    if X.format == "bsr" and (X.data.ndim != 3 or X.data.shape[1:] != size or X.shape != (rows * size[0], columns * size[1])):
        return False
    return _are_places(X.indices[: ends[-1]], n_places)


def _are_places(places: Array, n: int) -> bool:
    """Tell whether all are whole numbers from 0 to n - 1."""
    return places.dtype.kind == "i" and (not len(places) or bool(places.min() >= 0 and places.max() < n))


def from_scipy(X: Any) -> CSRRows:
    """Return a SciPy CSR matrix or array as rows.

    Columns and values are copied only where a row names a column twice or does not list its columns in rising order.

    Raises
    ------
    ValueError
        It is malformed. Nothing is read outside its arrays.
    """
    n_samples, n_features = X.shape
    if n_features >= 2**31:
        raise ValueError(f"X has {n_features} columns; there may be 2^31 - 1 at most")
    for name, array in (("indptr", X.indptr), ("indices", X.indices)):
        if not _is_vector(array) or array.dtype not in (np.int32, np.int64):
            raise ValueError(f"{name} must be a vector of int32 or int64")
    if not _is_vector(X.data) or X.data.dtype.kind not in "fiub":
        raise ValueError("the values of X must be a vector of numbers")
    if len(X.indptr) != n_samples + 1:
        raise ValueError(f"indptr has {len(X.indptr)} entries, expected {n_samples + 1}: one more than there are rows")
    if len(X.data) < X.indptr[-1]:
        raise ValueError(f"indptr ends with {X.indptr[-1]}, but there are {len(X.data)} values")
    indptr, indices = contiguous(X.indptr, np.int64), contiguous(X.indices)
    if not get_backend().check_nonzeros(indptr, indices, n_features):
        X = X.copy()
        X.sum_duplicates()
        indptr, indices = X.indptr.astype(np.int64), X.indices
    data = contiguous(X.data)[: indptr[-1]]
    return CSRRows(
        indptr, indices[: indptr[-1]], None if are_ones(data) else data, n_features, data.dtype, _max_row_nnz(indptr)
    )


def _is_vector(array: Any) -> bool:
    return isinstance(array, np.ndarray) and not isinstance(array, np.ma.MaskedArray) and array.ndim == 1


def from_arrays(indptr: NDArray[np.int64], indices: Array, data: Array, n_features: int) -> CSRRows:
    """Return rows whose arrays were stored; ValueError where the arrays are malformed.

    Parameters
    ----------
    indptr : ndarray of shape (n_samples + 1,), int64
    indices : ndarray of shape (n_nonzeros,), int32 or int64
        Columns, rising in a row.
    data : ndarray of shape (n_nonzeros,), float32 or float64
        Values, not copied. Values that are all 1 are left out.
    n_features : int
    """
    if not get_backend().check_nonzeros(indptr, indices, n_features) or indptr[-1] != len(data):
        raise ValueError("the rows stored have no rising columns")
    return CSRRows(indptr, indices, None if are_ones(data) else data, n_features, data.dtype, _max_row_nnz(indptr))


def check_finite_csr(rows: CSRRows, columns: Sequence[str] | None = None) -> None:
    """Raise ValueError naming the first row and column of a NaN or infinity."""
    data = rows.stored_data()
    if data is None or data.dtype.kind != "f":
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(data.sum(dtype=np.float32 if data.dtype == np.float16 else None)):
            return
    bad = np.flatnonzero(~np.isfinite(data))
    if not len(bad):  # the sum alone overflowed
        return
    row = int(np.searchsorted(rows.indptr, rows.indptr[0] + bad[0], side="right")) - 1
    column = int(rows.stored_indices()[bad[0]])
    name = f" ({columns[column]})" if columns is not None else ""
    what = "NaN" if np.isnan(data[bad[0]]) else "infinity"
    raise ValueError(f"X contains {what} at row {row}, column {column}{name}; remove such rows or fill the cells in")


def check_finite_rows(X: Any, columns: Sequence[str] | None = None) -> None:
    """Raise ValueError naming the first row and column of a NaN or infinity in rows of either kind."""
    if isinstance(X, CSRRows):
        check_finite_csr(X, columns)
    else:
        check_finite(X, "X", columns)


def _max_row_nnz(indptr: NDArray[np.int64]) -> int:
    return int(np.diff(indptr).max(initial=0))


def are_ones(data: Array) -> bool:
    """Tell whether all data are 1."""
    if not len(data) or data[0] != 1:
        return not len(data)
    if data.itemsize > 8:
        return bool((data == 1).all())
    return bool(get_backend().all_alike(data.view(f"u{data.itemsize}")))  # the number 1 has one pattern of bits
