"""Checks of arrays before any kernel runs: dtype, shape, finite values, labels. No scikit-learn."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.structs import float_dtype

Array = NDArray[Any]


def readable(X: Array, dtype: Any) -> bool:
    """Tell whether the kernels that compute in ``dtype`` read the rows of X where they lie, whatever type they have.

    Rows must be contiguous, at any distance, of native numbers that ``dtype`` holds: float32 takes float32, float16, booleans
    and integers of up to 16 bits.
    """
    return bool(X.ndim == 2 and holds(X.dtype, dtype) and X.flags.aligned and (X.shape[1] <= 1 or X.strides[1] == X.itemsize))


def holds(of: np.dtype[Any], dtype: Any) -> bool:
    """Tell whether the kernels that compute in ``dtype`` read numbers of this type."""
    read = of.kind in "fiub" and of.itemsize <= 8 and of.isnative
    return bool(read and (dtype == np.float64 or float_dtype(of) == dtype))


def as_rows(X: Any, name: str = "X") -> Array:
    """Return X as a C-contiguous 2-D array of float32 or float64, without a copy where it is one already."""
    if hasattr(X, "tocsr"):
        raise ValueError(f"{name} is a sparse matrix; this takes dense rows, {name}.toarray()")
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"{name} has {X.ndim} dimensions, expected 2: one row a sample, one column a feature")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {X.dtype}, expected numbers")
    return np.ascontiguousarray(X, dtype=float_dtype(X.dtype))


def check_finite(array: Array, name: str, columns: Sequence[str] | None = None, first: int = 0) -> None:
    """Raise ValueError naming the first row, counted from ``first``, and column of a NaN or infinity."""
    if array.dtype.kind != "f":
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum(dtype=np.float32 if array.dtype == np.float16 else None)):
            return
    bad = ~np.isfinite(array)
    if not bad.any():  # the sum alone overflowed
        return
    where = tuple(int(i[0]) for i in np.nonzero(bad))
    value = array[where]
    what = "NaN" if np.isnan(value) else "infinity"
    place = f"row {first + where[0]}"
    if array.ndim == 2:
        place += f", column {where[1]}" + (f" ({columns[where[1]]})" if columns is not None else "")
    raise ValueError(f"{name} contains {what} at {place}; remove such rows or fill the cells in")


def check_labels(y: Any, n_samples: int) -> NDArray[np.float64]:
    """Return labels 0 and 1 as float64; ValueError names the first that is neither."""
    labels: NDArray[np.float64] = as_vector(y, n_samples, "y", np.float64)
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if len(wrong):
        raise ValueError(f"y must hold 0 and 1 only; y[{wrong[0]}] is {labels[wrong[0]]:g}")
    return labels


def as_vector(values: Any, n: int, name: str, dtype: Any) -> Array:
    """Return values as a contiguous finite vector of n entries."""
    values = np.asarray(values)
    if values.shape != (n,):
        raise ValueError(f"{name} has shape {values.shape}, expected ({n},)")
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {values.dtype}, expected numbers")
    vector: Array = np.ascontiguousarray(values, dtype=dtype)
    check_finite(vector, name)
    return vector


def plain(value: Any) -> Any:
    """Return a number or text of NumPy as one of Python, as messages show them."""
    return value.item() if isinstance(value, np.generic) else value


def distinct(weights: Array) -> Array:
    """Return the weights, of one number that stands for all (stride 0) one: whole rows of them need not be read."""
    return weights[:1] if weights.strides == (0,) else weights


def check_memory(n_bytes: int, what: str) -> None:
    """Raise MemoryError where the system tells that it has less than this left; asked before a large model is made."""
    if n_bytes < 1 << 28 or not os.path.exists("/proc/meminfo"):
        return
    with open("/proc/meminfo", encoding="ascii") as lines:
        available = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")), None)
    if available is not None and n_bytes > available:
        raise MemoryError(f"{what} needs {n_bytes / 1e9:.1f} GB, and {available / 1e9:.1f} GB are left")
