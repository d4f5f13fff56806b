"""Statistics of the columns, and the standardisation made of them (docs/equations.md, LR-9)."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import choose
from hotloop.sparse_rows import SparseRows
from hotloop.validation import Array

STANDARDIZE = ("auto", "std", "maxabs", "common", None)
BY_LARGEST = ("maxabs", "common")  # what these need is ColumnStatistics.largest


class ColumnStatistics:
    """Running weighted mean, deviation and largest absolute value of each column.

    The rows may come in any number of pieces: the same rows in the same order give the same bits. Rows of weight 0 do not
    count.

    Attributes
    ----------
    total_weight : ndarray of shape (1,), float64
    mean, deviation, largest : ndarray of shape (n_features,), float64
        ``deviation`` is the weighted sum of squared differences from the mean.
    seen : ndarray of shape (n_features,), float64, or None
        Weight of the rows that mean and deviation cover: rows given by their non-zeros count in the columns that they have, the
        zeros when the moments are asked for. None: all rows, in all columns.
    """

    ARRAYS = ("total_weight", "mean", "deviation", "largest", "seen")

    def __init__(self, n_features: int) -> None:
        self.total_weight = np.zeros(1)
        self.mean, self.deviation, self.largest = np.zeros(n_features), np.zeros(n_features), np.zeros(n_features)
        self.seen: Array | None = None

    def copy(self) -> "ColumnStatistics":
        """Return an independent copy."""
        other = ColumnStatistics(len(self.mean))
        for name in self.ARRAYS:
            setattr(other, name, copy(getattr(self, name)))
        return other

    def update(self, X: Array | SparseRows, sample_weight: NDArray[np.float64], *, largest: bool = True) -> None:
        """Take in the rows of X; dense ones without ``largest``, which costs most, if it is False."""
        if isinstance(X, SparseRows):
            if self.seen is None:
                self.seen = np.full(len(self.mean), self.total_weight[0]) if self.total_weight[0] else np.zeros(len(self.mean))
            own = self.total_weight, self.seen, self.mean, self.deviation, self.largest
            with np.errstate(over="ignore", invalid="ignore"):
                choose().sparse_column_moments(*X.arrays, sample_weight, *own)
            return
        (self.mean, self.deviation), self.seen = self.moments(), None
        with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
            choose().column_moments(X, sample_weight, self.total_weight, self.mean, self.deviation)
        if largest:
            counted = X if sample_weight.all() else X[sample_weight != 0]
            if len(counted):
                lowest = counted.min(axis=0).astype(np.float64)  # the negative of an integer may be none of its type
                np.maximum(self.largest, np.maximum(counted.max(axis=0), -lowest), out=self.largest)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation over all rows."""
        if self.seen is None:
            return self.mean, self.deviation
        share = self.seen / max(self.total_weight[0], np.finfo(np.float64).tiny)
        return self.mean * share, self.deviation + self.seen * self.mean**2 * (1 - share)

    def is_finite(self) -> bool:
        """Tell whether every moment is a number; a NaN or infinity in the rows shows in those of its column."""
        return bool(np.isfinite(self.mean).all() and np.isfinite(self.deviation).all())

    def constants(self, standardize: str | None, dtype: Any) -> tuple[Array | None, Array | None]:
        """Return center and scale of z = (x - center) * scale, in dtype, or two times None.

        "auto" and "std" take mean and standard deviation, "maxabs" 0 and the largest absolute value, "common" 0 and the largest
        of all columns. A constant column gets scale 0: it can tell nothing apart, and its weight stays 0.
        """
        if standardize is None:
            return None, None
        if standardize in BY_LARGEST:
            center, spread = np.zeros_like(self.largest), self.largest
            if standardize == "common":
                spread = np.full_like(spread, spread.max())
        elif standardize in STANDARDIZE:
            center, deviation = self.moments()
            spread = np.sqrt(deviation / self.total_weight)
        else:
            raise ValueError(f"standardize is {standardize!r}, expected 'auto', 'std', 'maxabs', 'common' or None")
        return center.astype(dtype), scale_of(spread, dtype)

    def mean_square(self, center: Array | None, scale: Array | None) -> float:
        """Return the weighted mean of ||z||^2 over the rows seen."""
        mean, deviation = self.moments()
        variance = deviation / self.total_weight
        if center is None or scale is None:
            return float((variance + mean**2).sum())
        return float(((variance + (mean - center) ** 2) * scale.astype(np.float64) ** 2).sum())


def scale_of(spread: Array, dtype: Any) -> Array:
    """Return 1 / spread in dtype, 0 for a column without spread or with one below the smallest number of dtype."""
    if not np.isfinite(spread.max(initial=0)):
        wide = np.flatnonzero(~np.isfinite(spread))
        raise ValueError(f"column {wide[0]} spans too wide a range to be standardised: scale it down first")
    with np.errstate(divide="ignore", over="ignore"):
        scale: Array = (1 / spread).astype(dtype, copy=False)
    scale[~np.isfinite(scale)] = 0
    return scale
