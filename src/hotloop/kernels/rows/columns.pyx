"""The arrays that the statistics of the columns overwrite, checked."""
import numpy as np

cimport cython


@cython.auto_pickle(False)
cdef class Columns:
    """The arrays of hotloop.structs.ColumnMoments, of n_features columns; holds them as long as it lives."""

    def __cinit__(self, moments, Py_ssize_t n_features, bint with_seen):
        for name in ("total_weight", "mean", "deviation", "lowest", "highest", "others", "seen"):
            array = getattr(moments, name)
            if array is not None and (not isinstance(array, np.ndarray) or array.dtype != np.float64):
                raise TypeError(f"{name} must be an array of float64")
        self.total_weight = moments.total_weight
        self.mean, self.deviation = moments.mean, moments.deviation
        self.lowest, self.highest, self.others = moments.lowest, moments.highest, moments.others
        if with_seen and moments.seen is not None:
            self.seen = moments.seen
        if not (n_features == self.mean.shape[0] == self.deviation.shape[0] == self.lowest.shape[0] == self.highest.shape[0]
                == self.others.shape[0]):
            raise ValueError(f"mean, deviation, lowest, highest and others must have {n_features} entries")
        if with_seen and (self.seen is None or self.seen.shape[0] != n_features):
            raise ValueError(f"seen must have {n_features} entries")
        if self.total_weight.shape[0] != 1:
            raise ValueError("total_weight must have one entry")
        self.moments.total_weight = &self.total_weight[0]
        if n_features:
            self.moments.mean, self.moments.deviation = &self.mean[0], &self.deviation[0]
            self.moments.lowest, self.moments.highest, self.moments.others = &self.lowest[0], &self.highest[0], &self.others[0]
            if with_seen:
                self.moments.seen = &self.seen[0]
