"""Statistics of the columns, and the standardisation made of them (docs/equations.md, LR-9)."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import choose
from hotloop.sparse_rows import SparseRows
from hotloop.validation import Array

STANDARDIZE = ("auto", "std", "maxabs", "common", None)
TWO_VALUES, ROUNDING = 1e-8, 2.0**-43  # what rounding leaves of an equality: of the variance, and of mean times distance


class ColumnStatistics:
    """Running weighted mean, deviation and extremes of each column.

    The rows may come in any number of pieces: the same rows in the same order give the same bits. Rows of weight 0 do not
    count.

    Attributes
    ----------
    total_weight : ndarray of shape (1,), float64
    mean, deviation, lowest, highest : ndarray of shape (n_features,), float64
        ``deviation`` is the weighted sum of squared differences from the mean.
    seen : ndarray of shape (n_features,), float64, or None
        Weight of the rows that the others cover: rows given by their non-zeros count in the columns that they have, the zeros
        when the moments are asked for. None: all rows, in all columns.
    """

    ARRAYS = ("total_weight", "mean", "deviation", "lowest", "highest", "seen")

    def __init__(self, n_features: int) -> None:
        self.total_weight = np.zeros(1)
        self.mean, self.deviation, self.lowest, self.highest = np.zeros((4, n_features))
        self.seen: Array | None = None

    def copy(self) -> "ColumnStatistics":
        """Return an independent copy."""
        other = ColumnStatistics(len(self.mean))
        for name in self.ARRAYS:
            setattr(other, name, copy(getattr(self, name)))
        return other

    def update(self, X: Array | SparseRows, sample_weight: NDArray[np.float64]) -> None:
        """Take in the rows of X."""
        if isinstance(X, SparseRows):
            if self.seen is None:
                self.seen = np.full(len(self.mean), self.total_weight[0]) if self.total_weight[0] else np.zeros(len(self.mean))
            own = self.total_weight, self.seen, self.mean, self.deviation, self.lowest, self.highest
            with np.errstate(over="ignore", invalid="ignore"):
                choose().sparse_column_moments(*X.arrays, sample_weight, *own)
            return
        if self.seen is not None:
            (self.mean, self.deviation), (self.lowest, self.highest), self.seen = self.moments(), self.extremes(), None
        with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
            choose().column_moments(X, sample_weight, self.total_weight, self.mean, self.deviation, self.lowest, self.highest)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation over all rows."""
        if self.seen is None:
            return self.mean, self.deviation
        share = self.seen / max(self.total_weight[0], np.finfo(np.float64).tiny)
        return self.mean * share, self.deviation + self.seen * self.mean**2 * (1 - share)

    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the largest value over all rows."""
        if self.seen is None:
            return self.lowest, self.highest
        zeros = self.seen < self.total_weight
        lowest, highest = np.minimum(self.lowest, 0), np.maximum(self.highest, 0)
        return np.where(zeros, lowest, self.lowest), np.where(zeros, highest, self.highest)

    def is_finite(self) -> bool:
        """Tell whether every moment is a number; a NaN or infinity in the rows shows in those of its column."""
        return bool(np.isfinite(self.mean).all() and np.isfinite(self.deviation).all())

    def constants(self, standardize: str | None, dtype: Any) -> tuple[Array | None, Array | None]:
        """Return center and scale of z = (x - center) * scale, in dtype, or two times None.

        "auto" and "std" take the mean and :meth:`spread`, "maxabs" 0 and the largest absolute value, "common" 0 and the largest
        of all columns. A constant column gets scale 0: it can tell nothing apart, and its weight stays 0.
        """
        if standardize is None:
            return None, None
        if standardize in ("maxabs", "common"):
            spread = np.maximum(self.highest, -self.lowest)
            center = np.zeros_like(spread)
            if standardize == "common":
                spread = np.full_like(spread, spread.max())
        elif standardize in STANDARDIZE:
            center, spread = self.moments()[0], self.spread()
        else:
            raise ValueError(f"standardize is {standardize!r}, expected 'auto', 'std', 'maxabs', 'common' or None")
        return center.astype(dtype), scale_of(spread, dtype)

    def spread(self) -> NDArray[np.float64]:
        """Return the standard deviation of each column; of a column of two values the distance of the two, (LR-9).

        No variance is above (highest - mean) (mean - lowest), that of two values (Bhatia and Davis 2000).
        """
        (mean, deviation), (lowest, highest) = self.moments(), self.extremes()
        variance = deviation / self.total_weight
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            distance = highest - lowest
            rest = np.abs((highest - mean) * (mean - lowest) - variance)
            two = rest <= TWO_VALUES * variance + ROUNDING * distance * np.abs(mean)
            return np.where(two, distance, np.sqrt(variance))

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
