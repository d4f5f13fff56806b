"""Rows given by their non-zeros: a CSR matrix as the kernels read it, checked once. No SciPy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.validation import Array, check_finite, float_dtype


@dataclass(frozen=True)
class SparseRows:
    """Rows of a matrix of which only the non-zeros are stored, none twice.

    Attributes
    ----------
    starts : ndarray of shape (n_samples + 1,), int64
        Row i has the non-zeros starts[i] to starts[i + 1] - 1.
    places : ndarray, int32 or int64
        Their columns.
    values : ndarray of numbers, or None
        None: all are 1.
    n_features : int
    dtype : numpy dtype
        Of the values.
    longest : int
        Non-zeros of the longest row, or more.
    """

    starts: NDArray[np.int64]
    places: Array
    values: Array | None
    n_features: int
    dtype: Any
    longest: int

    @classmethod
    def of(cls, X: Any) -> "SparseRows":
        """Take a SciPy CSR matrix or array: its columns and values are not copied, unless a row names a column twice or does
        not list its columns in rising order.

        Raises
        ------
        ValueError
            It is malformed; nothing is read outside its arrays then.
        """
        n_samples, n_features = X.shape
        if n_features >= 2**31:
            raise ValueError(f"X has {n_features} columns; there may be 2^31 - 1 at most")
        for name, array in (("indptr", X.indptr), ("indices", X.indices)):
            if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype not in (np.int32, np.int64):
                raise ValueError(f"{name} must be a vector of int32 or int64")
        if not isinstance(X.data, np.ndarray) or X.data.ndim != 1 or X.data.dtype.kind not in "fiub":
            raise ValueError("the values of X must be a vector of numbers")
        if len(X.indptr) != n_samples + 1:
            raise ValueError(f"indptr has {len(X.indptr)} entries, expected {n_samples + 1}: one more than there are rows")
        if len(X.data) < X.indptr[-1]:
            raise ValueError(f"indptr ends with {X.indptr[-1]}, but there are {len(X.data)} values")
        starts, places = np.ascontiguousarray(X.indptr, np.int64), np.ascontiguousarray(X.indices)
        if not get_backend().check_nonzeros(starts, places, n_features):
            X = X.copy()
            X.has_sorted_indices = X.has_canonical_format = False  # whatever it believes
            X.sum_duplicates()
            starts, places = X.indptr.astype(np.int64), X.indices
        values = np.ascontiguousarray(X.data)[: starts[-1]]
        return cls(
            starts, places[: starts[-1]], None if are_ones(values) else values, n_features, values.dtype, _longest(starts)
        )

    @classmethod
    def of_arrays(cls, starts: NDArray[np.int64], places: Array, values: Array, n_features: int) -> "SparseRows":
        """Take arrays of rows that were stored; ValueError where they are malformed."""
        if not get_backend().check_nonzeros(starts, places, n_features) or starts[-1] != len(values):
            raise ValueError("the rows stored have no rising columns")
        return cls(starts, places, None if are_ones(values) else values, n_features, values.dtype, _longest(starts))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_features)"""
        return len(self), self.n_features

    @property
    def n_stored(self) -> int:
        """Non-zeros of all rows."""
        return int(self.starts[-1] - self.starts[0])

    @property
    def arrays(self) -> tuple[NDArray[np.int64], Array, Array | None, int]:
        """What the kernels take: starts, places, values, longest."""
        return self.starts, self.places, self.values, self.longest

    def own_places(self) -> Array:
        """Columns of all non-zeros."""
        return self.places[self.starts[0] : self.starts[-1]]

    def own_values(self) -> Array | None:
        """Values of all non-zeros; None: all are 1."""
        return None if self.values is None else self.values[self.starts[0] : self.starts[-1]]

    def all_values(self) -> Array:
        """Values of all non-zeros, ones too."""
        values = self.own_values()
        return np.ones(self.n_stored, self.dtype) if values is None else values

    def __getitem__(self, chosen: "slice | NDArray[Any]") -> "SparseRows":
        """Return a range of rows, which shares the arrays, or chosen ones (indices, or a bool a row), which are copied."""
        if isinstance(chosen, slice):
            start, stop, step = chosen.indices(len(self))
            assert step == 1
            starts = self.starts[start : max(start, stop) + 1]
            return replace(self, starts=starts)
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        counts = self.starts[chosen + 1] - self.starts[chosen]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        at = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], counts)
        return replace(self, starts=starts, places=self.places[at], values=None if self.values is None else self.values[at])

    def copied(self) -> "SparseRows":
        """Return a copy with arrays of its own, that holds no other rows."""
        values = self.own_values()
        values = None if values is None else values.copy()
        return replace(self, starts=self.starts - self.starts[0], places=self.own_places().copy(), values=values)

    @staticmethod
    def joined(parts: "Sequence[SparseRows]") -> "SparseRows":
        """Return the rows of all parts, one after the other."""
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        dtype = np.result_type(*(part.dtype for part in parts))
        values = None
        if any(part.values is not None for part in parts):
            values = np.concatenate([part.all_values().astype(dtype) for part in parts])
        places = np.concatenate([part.own_places().astype(np.int64, copy=False) for part in parts])
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return SparseRows(starts, places, values, parts[0].n_features, dtype, max(part.longest for part in parts))

    def of_type(self, dtype: Any) -> "SparseRows":
        """Return the rows with values that a kernel of ``dtype`` computes with exactly as they are, or converted to it."""
        if self.values is None or float_dtype(self.dtype) == dtype or dtype == np.float64:
            return self
        return replace(self, values=self.values.astype(dtype), dtype=np.dtype(dtype))

    def check_finite(self, columns: Sequence[str] | None = None) -> None:
        """Raise ValueError naming the first row and column of a NaN or infinity."""
        values = self.own_values()
        if values is None or values.dtype.kind != "f":
            return
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum(dtype=np.float32 if values.dtype == np.float16 else None)):
                return
        bad = np.flatnonzero(~np.isfinite(values))
        if not len(bad):  # the sum alone overflowed
            return
        row = int(np.searchsorted(self.starts, self.starts[0] + bad[0], side="right")) - 1
        column = int(self.own_places()[bad[0]])
        name = f" ({columns[column]})" if columns is not None else ""
        what = "NaN" if np.isnan(values[bad[0]]) else "infinity"
        raise ValueError(f"X contains {what} at row {row}, column {column}{name}; remove such rows or fill the cells in")


def check_finite_rows(X: Any, columns: Sequence[str] | None = None) -> None:
    """Raise ValueError naming the first row and column of a NaN or infinity in rows of either kind."""
    if isinstance(X, SparseRows):
        X.check_finite(columns)
    else:
        check_finite(X, "X", columns)


def _longest(starts: NDArray[np.int64]) -> int:
    return int(np.diff(starts).max(initial=0))


def are_ones(values: Array) -> bool:
    """Tell whether all values are 1."""
    if not len(values) or values[0] != 1:
        return not len(values)
    if values.itemsize > 8:
        return bool((values == 1).all())
    return bool(get_backend().all_alike(values.view(f"u{values.itemsize}")))  # the number 1 has one pattern of bits
