"""Statistics of the columns, and the standardisation made of them (docs/equations.md, LR-9)."""

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import get_backend
from hotloop.data.section import Section
from hotloop.data.validation import Array
from hotloop.structs import ColumnMoments, CSRRows, DenseRows

STANDARDIZE = ("auto", "std", "maxabs", "common", None)

# Of a weight, and of the spread of a column whose constants follow the rows, by the bytes of a weight. What is larger overflows
# when it meets the other: other constants are other units of the weights.
LARGEST = {4: 1e18, 8: 1e75}

NARROW_SQUARE = 1e-76  # the mean square of a column whose spread may be too narrow, in float32 too

LEAST_SPREAD = 1e-152  # the squares of smaller differences are no normal numbers

BY_LARGEST = ("maxabs", "common")  # these need the extremes of all columns


class ColumnStatistics(ColumnMoments):
    """Running weighted mean, deviation and extremes of each column, and whether it has other values than these two.

    The rows may come in any number of pieces: the same rows in the same order give the same bits. Rows of weight 0 do not
    count.

    Attributes
    ----------
    total_weight : ndarray of shape (1,), float64
    mean, deviation, lowest, highest, others : ndarray of shape (n_features,), float64
        ``deviation`` is the weighted sum of squared differences from the mean; ``others`` is 1 where there is a third value,
        and the extremes 0 there, after an update without ``largest``.
    seen : ndarray of shape (n_features,), float64, or None
        Weight of the rows that the others cover: rows given by their non-zeros count in the columns that they have, the zeros
        when the moments are asked for. None: all rows, in all columns.
    """

    ARRAYS = ("total_weight", "mean", "deviation", "lowest", "highest", "others", "seen")

    def __init__(self, n_features: int) -> None:
        super().__init__(np.zeros(1), *(np.zeros(n_features) for _ in range(5)))

    def to_section(self) -> Section:
        """Return what a file holds of the statistics."""
        return Section.of(self, self.ARRAYS)

    @classmethod
    def from_section(cls, section: Section, n_features: int) -> "ColumnStatistics":
        """Return the statistics of so many columns that a file holds; ValueError where they are others."""
        statistics = cls(n_features)
        for name in cls.ARRAYS:
            read = section.array_or_none if name == "seen" else section.array
            setattr(statistics, name, read(name, (1,) if name == "total_weight" else (n_features,), np.float64))
        total_weight, deviation, seen = statistics.total_weight[0], statistics.deviation, statistics.seen
        if total_weight < 0 or (total_weight == 0 and deviation.any()):
            raise ValueError("the statistics have a sum of weights below 0, or squares without weight")
        if seen is not None and ((seen < 0).any() or (seen > total_weight).any()):
            raise ValueError("the statistics have columns in rows of less weight than 0 or more than that of all rows")
        return statistics

    def copy(self) -> "ColumnStatistics":
        """Return an independent copy."""
        other = ColumnStatistics(len(self.mean))
        for name in self.ARRAYS:
            setattr(other, name, copy(getattr(self, name)))
        return other

    def update(self, X: Array | CSRRows, sample_weight: NDArray[np.float64], *, largest: bool = True) -> None:
        """Take in the rows of X; ``largest``: with the extremes of all columns, not only of those of two values."""
        if isinstance(X, CSRRows):
            if self.seen is None:
                self.seen = np.full(len(self.mean), self.total_weight[0]) if self.total_weight[0] else np.zeros(len(self.mean))
            with np.errstate(over="ignore", invalid="ignore"):
                get_backend().csr_column_moments(X, sample_weight, self)
            return
        if self.seen is not None:
            (self.mean, self.deviation), (self.lowest, self.highest, self.others) = self.moments(), self.extremes()
            self.seen = None
        with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
            get_backend().column_moments(DenseRows(X), sample_weight, self, largest)

    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation over all rows."""
        deviation = np.maximum(self.deviation, 0)  # a row of 1e30 times the weight of the others leaves its rounding
        if self.seen is None:
            return self.mean, deviation
        share = self.seen / max(self.total_weight[0], np.finfo(np.float64).tiny)
        with np.errstate(over="ignore", invalid="ignore"):  # shows in is_finite
            return self.mean * share, deviation + self.seen * self.mean**2 * (1 - share)

    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the largest value over all rows, and 1 where there are others."""
        if self.seen is None:
            return self.lowest, self.highest, self.others
        zeros = self.seen < self.total_weight
        lowest = np.where(zeros, np.minimum(self.lowest, 0), self.lowest)
        highest = np.where(zeros, np.maximum(self.highest, 0), self.highest)
        third = zeros & (self.lowest != self.highest) & (self.lowest != 0) & (self.highest != 0)
        return lowest, highest, np.where(third, 1.0, self.others)

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
        if standardize in BY_LARGEST:
            spread = np.maximum(self.highest, -self.lowest)
            center = np.zeros_like(spread)
            if standardize == "common":
                spread = np.full_like(spread, spread.max())
            narrow = np.flatnonzero((spread > 0) & (spread < LEAST_SPREAD))
        elif standardize in STANDARDIZE:
            center, spread = self.moments()[0], self.spread()
            lowest, highest, others = self.extremes()
            narrow = np.flatnonzero(((others != 0) | (lowest != highest)) & (spread < LEAST_SPREAD))
        else:
            raise ValueError(f"standardize is {standardize!r}, expected 'auto', 'std', 'maxabs', 'common' or None")
        if len(narrow):
            raise ValueError(_too_narrow(narrow[0]))
        return center.astype(dtype), scale_of(spread, dtype)

    def spread(self) -> NDArray[np.float64]:
        """Return the standard deviation of each column; of a column of two values the distance of the two, (LR-9)."""
        lowest, highest, others = self.extremes()
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused by scale_of
            variance = self.moments()[1] / self.total_weight
            return np.where((others == 0) & (variance > 0) & (variance < np.inf), highest - lowest, np.sqrt(variance))

    def take(self, columns: Array) -> "ColumnStatistics":
        """Return the statistics of some columns."""
        some = ColumnStatistics(len(columns))
        for name in self.ARRAYS:
            array = getattr(self, name)
            setattr(some, name, array[columns] if name != "total_weight" and array is not None else array)
        return some

    def check_range(self, standardize: str | None, dtype: Any, columns: Array | None = None) -> None:
        """Raise ValueError where a column is too wide or too narrow for constants, or for its mean square.

        Parameters
        ----------
        standardize, dtype : as for :meth:`constants`
        columns : ndarray of int, or None
            The columns to look at; None: all.
        """
        some = self if columns is None else self.take(columns)
        deviation = some.moments()[1]
        wide = np.flatnonzero(~(np.sqrt(deviation) <= LARGEST[np.dtype(dtype).itemsize] * np.sqrt(self.total_weight[0])))
        if len(wide):
            raise ValueError(_too_wide(wide[0] if columns is None else columns[wide[0]]))
        if deviation.min(initial=1) >= NARROW_SQUARE * self.total_weight[0]:
            return  # nearly always: what follows costs more
        try:
            some.constants(standardize, dtype)
        except ValueError:
            self.constants(standardize, dtype)  # names the column by its place among all
            raise

    def mean_square(self, center: Array | None, scale: Array | None) -> float:
        """Return the weighted mean of ||z||^2 over the rows seen; ValueError where it overflows."""
        mean, deviation = self.moments()
        with np.errstate(over="ignore", invalid="ignore"):  # shows below
            squares = deviation / self.total_weight + (mean if center is None else mean - center) ** 2
            square = float((squares if scale is None else squares * scale.astype(np.float64) ** 2).sum())
        if not np.isfinite(square):
            raise ValueError("the values of X are so large that their squares overflow: scale them down")
        return square


def scale_of(spread: Array, dtype: Any) -> Array:
    """Return 1 / spread in dtype, 0 for a column without spread; ValueError names one too wide or too narrow for dtype."""
    if not np.isfinite(spread.max(initial=0)):
        wide = np.flatnonzero(~np.isfinite(spread))
        raise ValueError(_too_wide(wide[0]))
    with np.errstate(divide="ignore", over="ignore"):  # shows below
        scale: Array = (1 / spread).astype(dtype, copy=False)
    narrow = np.flatnonzero(~np.isfinite(scale) & (spread > 0))
    if len(narrow):
        raise ValueError(_too_narrow(narrow[0]))
    scale[~np.isfinite(scale)] = 0
    return scale


def _too_wide(column: int) -> str:
    return f"column {column} spans too wide a range to be standardised: scale it down first"


def _too_narrow(column: int) -> str:
    return f"column {column} spans too narrow a range to be standardised: scale it up first"
