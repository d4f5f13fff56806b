"""Statistics of the columns, and the standardisation made of them (docs/equations.md, LR-9)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import choose
from hotloop.validation import Array

STANDARDIZE = ("auto", "std", "maxabs", None)


class ColumnStatistics:
    """Running weighted mean, deviation and largest absolute value of each column.

    The rows may come in any number of pieces: the same rows in the same order give the same bits. Rows of weight 0 do not
    count.

    Attributes
    ----------
    total_weight : ndarray of shape (1,), float64
    mean, deviation, largest : ndarray of shape (n_features,), float64
        ``deviation`` is the weighted sum of squared differences from the mean.
    """

    ARRAYS = ("total_weight", "mean", "deviation", "largest")

    def __init__(self, n_features: int) -> None:
        self.total_weight = np.zeros(1)
        self.mean, self.deviation, self.largest = np.zeros(n_features), np.zeros(n_features), np.zeros(n_features)

    def copy(self) -> "ColumnStatistics":
        """Return an independent copy."""
        other = ColumnStatistics(len(self.mean))
        for name in self.ARRAYS:
            setattr(other, name, getattr(self, name).copy())
        return other

    def update(self, X: Array, sample_weight: NDArray[np.float64], *, largest: bool = True) -> None:
        """Take in the rows of X, float32 or float64 and C-contiguous; without ``largest``, which costs most, if it is False."""
        with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
            choose().column_moments(X, sample_weight, self.total_weight, self.mean, self.deviation)
        if largest:
            counted = X if sample_weight.all() else X[sample_weight != 0]
            if len(counted):
                np.maximum(self.largest, np.maximum(counted.max(axis=0), -counted.min(axis=0)), out=self.largest)

    def is_finite(self) -> bool:
        """Tell whether every moment is a number; a NaN or infinity in the rows shows in those of its column."""
        return bool(np.isfinite(self.mean).all() and np.isfinite(self.deviation).all())

    def constants(self, standardize: str | None, dtype: Any) -> tuple[Array | None, Array | None]:
        """Return center and scale of z = (x - center) * scale, in dtype, or two times None.

        "auto" and "std" take mean and standard deviation, "maxabs" 0 and the largest absolute value. A constant column gets
        scale 0: it can tell nothing apart, and its weight stays 0.
        """
        if standardize is None:
            return None, None
        if standardize == "maxabs":
            center, spread = np.zeros_like(self.largest), self.largest
        elif standardize in STANDARDIZE:
            center, spread = self.mean, np.sqrt(self.deviation / self.total_weight)
        else:
            raise ValueError(f"standardize is {standardize!r}, expected 'auto', 'std', 'maxabs' or None")
        wide = np.flatnonzero(~np.isfinite(spread))
        if len(wide):
            raise ValueError(f"column {wide[0]} spans too wide a range to be standardised: scale it down first")
        with np.errstate(divide="ignore", over="ignore"):
            scale = np.where(spread > 0, 1 / spread, 0.0).astype(dtype)
        scale[~np.isfinite(scale)] = 0.0  # a spread below the smallest number of dtype
        return center.astype(dtype), scale

    def mean_square(self, center: Array | None, scale: Array | None) -> float:
        """Return the weighted mean of ||z||^2 over the rows seen."""
        variance = self.deviation / self.total_weight
        if center is None or scale is None:
            return float((variance + self.mean**2).sum())
        return float(((variance + (self.mean - center) ** 2) * scale.astype(np.float64) ** 2).sum())
