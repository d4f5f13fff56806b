"""Checks of arrays before any kernel runs: dtype, shape, finite values, labels. No scikit-learn."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.structs import float_dtype

Array = NDArray[Any]


def readable(X: Array, dtype: Any) -> bool:
    """Tell whether the kernels that compute in ``dtype`` read the rows of X where they lie.

    Each row must be contiguous; the distance between rows is free. The numbers must be native, and ``dtype`` must hold them:
    float32 holds float32, float16, booleans and integers of up to 16 bits.
    """
    return bool(X.ndim == 2 and holds(X.dtype, dtype) and X.flags.aligned and (X.shape[1] <= 1 or X.strides[1] == X.itemsize))


def holds(of: np.dtype[Any], dtype: Any) -> bool:
    """Tell whether the kernels that compute in ``dtype`` read numbers of this type."""
    read = of.kind in "fiub" and of.itemsize <= 8 and of.isnative
    return bool(read and (dtype == np.float64 or float_dtype(of) == dtype))


def conversion(X: Any, dtype: Any, *, by_blocks: bool) -> dict[str, Any]:
    """Return the dtype and order to which rows are to be converted for kernels that compute in ``dtype``; None: as they are.

    Parameters
    ----------
    X : array-like
    dtype : numpy dtype
    by_blocks : bool
        Whether the caller converts an array of numbers itself, block by block.
    """
    if isinstance(X, np.ndarray):
        if readable(X, dtype) or (by_blocks and X.dtype.kind in "fiub"):
            return {"dtype": None, "order": None}
        if X.ndim == 2 and holds(X.dtype, dtype):  # the kernels read the numbers, only not as they lie: bytes stay bytes
            return {"dtype": None, "order": "C"}
    return {"dtype": dtype, "order": "C"}


def contiguous(array: Any, dtype: Any = None) -> Array:
    """Return the array in C order, of this type, at an address that its numbers may have; a copy only where one is needed.

    What the type does not hold becomes infinity, without a warning.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return np.require(array, dtype, ["C", "A"])


def as_rows(X: Any, name: str = "X") -> Array:
    """Return X as a C-contiguous 2-D array of float32 or float64; an array that is one already is not copied."""
    if hasattr(X, "tocsr"):
        raise ValueError(f"{name} is a sparse matrix; this takes dense rows, {name}.toarray()")
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"{name} has {X.ndim} dimensions, expected 2: one row a sample, one column a feature")
    if X.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {X.dtype}, expected numbers")
    return contiguous(X, float_dtype(X.dtype))


def check_finite(array: Array, name: str, columns: Sequence[str] | None = None, first: int = 0) -> None:
    """Raise ValueError naming the first row and column of a NaN or infinity.

    Parameters
    ----------
    array : ndarray of one or two dimensions
    name : str
        What the message calls the array.
    columns : sequence of str, or None
        Names of the columns, for the message.
    first : int
        Number of the first row, where the array is a part of the rows.
    """
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


def check_out(out: Any, shape: tuple[int, ...], X: Any) -> None:
    """Raise ValueError where ``out`` is no float64 array of this shape that can be filled while X is read."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise ValueError(f"out is a {type(out).__name__}, expected an array of shape {shape} and float64")
    if out.shape != shape or out.dtype != np.float64:
        raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}, expected {shape} and float64")
    if not out.flags.writeable or (out.size > 1 and 0 in out.strides):
        raise ValueError("out is read-only, or its entries lie one over the other; take an array of its own")
    if not out.flags.aligned:
        raise ValueError("out lies at an address where no float64 may lie; take an array of its own")
    if isinstance(X, np.ndarray) and np.may_share_memory(out, X):
        raise ValueError("out lies over X, which is still to be read; take an array of its own")


def check_labels(y: Any, n_samples: int) -> NDArray[np.float64]:
    """Return labels 0 and 1 as float64; ValueError names the first that is neither."""
    labels: NDArray[np.float64] = as_vector(y, n_samples, "y", np.float64)
    wrong = np.flatnonzero((labels != 0) & (labels != 1))
    if len(wrong):
        raise ValueError(f"y must hold 0 and 1 only; y[{wrong[0]}] is {labels[wrong[0]]:g}")
    return labels


def as_vector(values: Any, n: int, name: str, dtype: Any) -> Array:
    """Return values as a contiguous finite vector of n entries; a copy only where one is needed.

    Parameters
    ----------
    values : array-like of shape (n,)
        Numbers or booleans.
    n : int
    name : str
        What a message calls the values.
    dtype : dtype
        Of the result.

    Raises
    ------
    ValueError
        The shape or type is another, or a value is not finite.
    """
    values = np.asarray(values)
    if values.shape != (n,):
        raise ValueError(f"{name} has shape {values.shape}, expected ({n},)")
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {values.dtype}, expected numbers")
    vector = contiguous(values, dtype)
    check_finite(vector, name)
    return vector


def check_weights(sample_weight: Any, n_samples: int, *, some: bool = True) -> NDArray[np.float64]:
    """Return one weight >= 0 a row.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), or None
        None: every weight is 1, one number in memory (see :func:`distinct`).
    n_samples : int
    some : bool, default=True
        Whether at least one weight must not be 0.
    """
    if sample_weight is None:
        return np.broadcast_to(np.float64(1), n_samples)
    weight: NDArray[np.float64] = as_vector(sample_weight, n_samples, "sample_weight", np.float64)
    if weight.min(initial=0) < 0:
        raise ValueError(f"sample_weight must not be negative; sample_weight[{weight.argmin()}] is {weight.min():g}")
    with np.errstate(over="ignore"):
        if not np.isfinite(weight.sum()):
            raise ValueError(
                "the sum of sample_weight is beyond any number; only their ratios count: divide them by the largest"
            )
    if some and not weight.any():
        raise ValueError("every sample_weight is zero: there is nothing to learn from")
    return weight


def plain(value: Any) -> Any:
    """Return a number or text of NumPy as one of Python, for messages."""
    return value.item() if isinstance(value, np.generic) else value


def distinct(weights: Array) -> Array:
    """Return the weights; of one number that is broadcast to all rows (stride 0), that number alone."""
    return weights[:1] if weights.strides == (0,) else weights


def check_memory(n_bytes: int, what: str) -> None:
    """Raise MemoryError where less memory is left than ``n_bytes``, which ``what`` needs.

    Called before a large model is made. Below 256 MiB, and where the system does not tell, nothing is checked.
    """
    if n_bytes < 1 << 28 or not os.path.exists("/proc/meminfo"):
        return
    available = _memory_left()
    if n_bytes > available:
        raise MemoryError(f"{what} needs {n_bytes / 1e9:.1f} GB, and {available / 1e9:.1f} GB are left")


def _memory_left() -> float:
    """Return how many bytes Linux, and a limit of the process (``ulimit -v``), leave."""
    import resource  # not on Windows

    with open("/proc/meminfo", encoding="ascii") as lines:
        left = next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), np.inf)
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY:
        with open("/proc/self/statm", encoding="ascii") as file:
            left = min(left, limit - int(file.read().split()[0]) * resource.getpagesize())
    return max(left, 0.0)
