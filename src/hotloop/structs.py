"""What the kernels of both backends take: rows, a pass over them, a network. Plain containers; the kernels check them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")

Array = NDArray[Any]
Vector = NDArray[np.float64]

OUTPUTS = ("softmax", "sigmoid", "linear", "sigmoid_sum")
ACTIVATIONS = ("relu", "tanh", "logistic")
OPTIMIZERS = ("sgd", "adam", "adamw")


@dataclass(frozen=True, slots=True)
class DenseRows:
    """Rows of an array, standardised as they are read: z = (x - center) * scale, (LR-9).

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
        float16, float32, float64, bool or integers; each row contiguous.
    center, scale : ndarray of shape (n_features,), dtype of the weights, or both None
        None: the rows are taken as they are.
    """

    X: Array
    center: Array | None = None
    scale: Array | None = None

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_features(self) -> int:
        """Columns."""
        return int(self.X.shape[1])


@dataclass(frozen=True)
class CSRRows:
    """Rows of which only the non-zeros are stored, none twice; :func:`hotloop.data.csr.from_scipy` makes them.

    Attributes
    ----------
    indptr : ndarray of shape (n_samples + 1,), int64
        Row i has the non-zeros indptr[i] to indptr[i + 1] - 1.
    indices : ndarray, int32 or int64
        Their columns.
    data : ndarray of numbers, or None
        Their values. None: all are 1.
    n_features : int
    dtype : numpy dtype
        Of the values.
    max_row_nnz : int
        Non-zeros of the longest row, or more.
    shift, scale : ndarray of shape (n_features,), dtype of the weights, or None
        Rows are seen as x * scale - shift, (LR-15). None: 0 and 1.
    """

    indptr: NDArray[np.int64]
    indices: Array
    data: Array | None
    n_features: int
    dtype: Any
    max_row_nnz: int
    shift: Array | None = None
    scale: Array | None = None

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(n_samples, n_features)"""
        return len(self), self.n_features

    @property
    def nnz(self) -> int:
        """Non-zeros of all rows."""
        return int(self.indptr[-1] - self.indptr[0])

    def stored_indices(self) -> Array:
        """Return the columns of the non-zeros of all rows."""
        return self.indices[self.indptr[0] : self.indptr[-1]]

    def stored_data(self) -> Array | None:
        """Return the values of the non-zeros of all rows; None: all are 1."""
        return None if self.data is None else self.data[self.indptr[0] : self.indptr[-1]]

    def explicit_data(self) -> Array:
        """Return the values of the non-zeros of all rows, ones too."""
        data = self.stored_data()
        return np.ones(self.nnz, self.dtype) if data is None else data

    def standardized(self, shift: Array | None, scale: Array | None) -> "CSRRows":
        """Return the same rows, seen as x * scale - shift."""
        return self if shift is scale is self.shift is self.scale else replace(self, shift=shift, scale=scale)

    def __getitem__(self, chosen: "slice | NDArray[Any]") -> "CSRRows":
        """Return a range of rows, which shares the arrays, or chosen ones (indices, or a bool a row), which are copied."""
        if isinstance(chosen, slice):
            start, stop, step = chosen.indices(len(self))
            assert step == 1
            return replace(self, indptr=self.indptr[start : max(start, stop) + 1])
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        counts = self.indptr[chosen + 1] - self.indptr[chosen]
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[chosen] - indptr[:-1], counts)
        return replace(self, indptr=indptr, indices=self.indices[at], data=None if self.data is None else self.data[at])

    def copy(self) -> "CSRRows":
        """Return a copy with arrays of its own, that holds no other rows."""
        data = self.stored_data()
        data = None if data is None else data.copy()
        return replace(self, indptr=self.indptr - self.indptr[0], indices=self.stored_indices().copy(), data=data)

    @staticmethod
    def concat(parts: "Sequence[CSRRows]") -> "CSRRows":
        """Return the rows of all parts, one after the other."""
        counts = np.concatenate([np.diff(part.indptr) for part in parts])
        dtype = np.result_type(*(part.dtype for part in parts))
        data = None
        if any(part.data is not None for part in parts):
            data = np.concatenate([part.explicit_data().astype(dtype) for part in parts])
        indices = np.concatenate([part.stored_indices().astype(np.int64, copy=False) for part in parts])
        indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return CSRRows(indptr, indices, data, parts[0].n_features, dtype, max(part.max_row_nnz for part in parts))

    def astype(self, dtype: Any) -> "CSRRows":
        """Return the rows with values that a kernel of ``dtype`` computes with exactly as they are, or converted to it."""
        if self.data is None or float_dtype(self.dtype) == dtype or dtype == np.float64:
            return self
        return replace(self, data=self.data.astype(dtype), dtype=np.dtype(dtype))


@dataclass(frozen=True, slots=True)
class Pass:
    """The steps of one pass.

    Attributes
    ----------
    order : ndarray of shape (n_steps,), intp
        Row visited at each step; repeats are allowed.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets), float64
        Class indices, or targets.
    sample_weight : ndarray of shape (n_samples,), float64, >= 0
        A row of weight 0 moves nothing, and takes no step size.
    eta : ndarray of shape (n_steps,), float64, > 0; (n_steps, n_models) for many models; or None
        Step sizes, in the order in which they are taken. None where the rule has its own.
    alpha : float >= 0; ndarray of shape (n_models,) for many models
        Strength of the penalty.
    """

    order: NDArray[np.intp]
    y: Vector
    sample_weight: Vector
    eta: Vector | None = None
    alpha: Any = 0.0


@dataclass(frozen=True, slots=True)
class AdaptiveRule:
    """A rule by which each weight has a step size of its own, (AD-1) to (AD-3).

    Attributes
    ----------
    name : {"adagrad", "ftrl", "normalized"}
    eta : float, > 0
        Numerator of the step size eta / (beta + root of the sum of squared gradients).
    beta : float, >= 0
    l1, l2 : float, >= 0
        alpha l1_ratio and alpha (1 - l1_ratio) of "ftrl"; the others have no penalty.
    t : float
        Steps taken before.
    """

    name: str
    eta: float
    beta: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    t: float = 0.0


@dataclass(eq=False)
class ColumnMoments:
    """Running statistics of the columns, overwritten by the kernels.

    Attributes
    ----------
    total_weight : ndarray of shape (1,), float64
        Sum of the weights of all rows so far.
    mean, deviation, lowest, highest, others : ndarray of shape (n_features,), float64
        Mean, weighted sum of squared differences from it, the extremes, and 1 where there are other values than these two,
        else 0.
    seen : ndarray of shape (n_features,), float64, or None
        Weight of the rows that have the column, where only non-zeros are taken in. None: all rows have all columns.
    """

    total_weight: Vector
    mean: Vector
    deviation: Vector
    lowest: Vector
    highest: Vector
    others: Vector
    seen: Vector | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """Weights of a two-layer network, (NN-1) to (NN-4).

    Attributes
    ----------
    W1, b1, W2, b2 : ndarrays of shapes (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,), one dtype
    output : {"softmax", "sigmoid", "linear", "sigmoid_sum"}
    activation : {"relu", "tanh", "logistic"}
    """

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    output: str
    activation: str = "relu"


@dataclass(frozen=True, slots=True)
class Dropout:
    """Which hidden units each step drops, (NN-11): a function of key, step and unit alone.

    Attributes
    ----------
    rate : float from 0 to below 1
        Share of the hidden units that a step drops.
    key : int
    t : int
        Steps taken before the pass.
    """

    rate: float = 0.0
    key: int = 0
    t: int = 0


@dataclass(frozen=True, slots=True)
class BatchOptimizer:
    """How a network takes the step of a batch.

    Attributes
    ----------
    name : {"sgd", "adam", "adamw"}
        (NN-12) or (NN-13); "adamw" shrinks the weights beside Adam's step instead of within it.
    batch_size : int, >= 1
    momentum, nesterov : float, bool
        Of "sgd".
    beta_1, beta_2, epsilon : float
        Of Adam.
    n_batches : int
        Batches that the moments have seen before the pass.
    """

    name: str = "sgd"
    batch_size: int = 1
    momentum: float = 0.0
    nesterov: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_batches: int = 0


# Errors by which a function, or the interpreter before it, refuses what is no argument of it at all.
NO_ARGUMENT = (AttributeError, BufferError, ArithmeticError, LookupError, AssertionError, NotImplementedError, np.ma.MAError)


def guarded(function: Callable[P, T], package: str) -> Callable[P, T]:
    """Return a function of a backend that refuses what is no argument at all with a TypeError or ValueError that names it.

    Arrays of records are refused before Cython looks at their fields, of which it follows a null pointer; numbers at odd
    addresses before C reads them. The functions that hash call what the user gives: its errors are none of theirs.
    """
    refused = (OverflowError,) if function.__name__.startswith("hash_") else NO_ARGUMENT

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for given in (*args, *kwargs.values()):
            if isinstance(given, np.ndarray | memoryview):
                array = np.asarray(given)
                if array.dtype.kind in "cV":
                    raise TypeError(f"{function.__name__} takes arrays of real numbers, not of {array.dtype}")
                if not array.flags.aligned:
                    raise ValueError(f"{function.__name__} takes arrays that are aligned to their elements")
        try:
            return function(*args, **kwargs)
        except FloatingPointError:
            raise
        except refused as error:
            kind = ValueError if isinstance(error, ArithmeticError | LookupError) else TypeError
            raise kind(f"{function.__name__} does not take these arguments: {error}") from error

    call.__module__ = package
    return call


def float_dtype(dtype: Any) -> type[np.floating[Any]]:
    """Return the type to compute in: float32 for float32 and narrower numbers, float64 for everything else."""
    dtype = np.dtype(dtype).newbyteorder("=")
    narrow = dtype.kind in "fiub" and (dtype.itemsize <= 2 or dtype == np.float32)
    return np.float32 if narrow else np.float64
