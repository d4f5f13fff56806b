"""Statistics of the columns of dense rows, in one read."""
import numpy as np

from cython cimport floating

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport dense as samples
from hotloop.kernels.rows.columns cimport take_value

cdef enum:
    AT_ONCE = 4      # rows
    AHEAD = 16       # rows
    FETCHED = 1024   # bytes of a row, at most: 128 float32 columns 62 -> 28 ns a row, while 1,000 would take 316 -> 350 (Zen 4)


cdef void take_rows(
    const levels.vectors *v, const char *X, Py_ssize_t stride, Py_ssize_t n_bytes, int type, Py_ssize_t n_samples,
    Py_ssize_t n_features, floating *scratch, const double *sample_weight, Py_ssize_t weight_stride, double *total_weight, double *mean,
    double *deviation, bint extremes, double *lowest, double *highest, double *others
) noexcept nogil:
    """scratch has room for AT_ONCE + 3 rows: the extremes go along in the type of the rows, which costs half."""
    cdef bint first = total_weight[0] == 0.0, begun = False
    cdef Py_ssize_t i, j, n = 0
    cdef double[AT_ONCE] weight, share
    cdef const floating *x[AT_ONCE]
    cdef floating *low = scratch + AT_ONCE * n_features
    cdef floating *high = low + n_features
    cdef floating *other = high + n_features
    for i in range(n_samples):
        if n_bytes <= FETCHED:
            v.fetch(n_bytes, X + min(i + AHEAD, n_samples - 1) * stride)
        weight[n] = sample_weight[i * weight_stride]
        if weight[n] != 0.0:
            total_weight[0] += weight[n]
            share[n] = weight[n] / total_weight[0]
            x[n] = samples.row(v, X + i * stride, type, n_features, <const floating *>NULL, <const floating *>NULL,
                               scratch + n * n_features)
            if not begun:
                for j in range(n_features):
                    low[j], high[j], other[j] = x[n][j], x[n][j], 0
                begun = True
            n += 1
        if n == AT_ONCE or i == n_samples - 1:
            levels.moments(v, n_features, n, x, weight, share, mean, deviation, extremes, low, high, other)  # (LR-9)
            n = 0
    if begun:
        for j in range(n_features):
            if first:
                lowest[j], highest[j], others[j] = low[j], low[j], 0
            take_value(low[j], &lowest[j], &highest[j], &others[j])
            take_value(high[j], &lowest[j], &highest[j], &others[j])
            if other[j] != 0:
                others[j] = 1
            if others[j] != 0 and not extremes:
                lowest[j] = highest[j] = 0


def column_moments(
    X not None,
    const double[:] sample_weight not None,
    double[::1] total_weight not None,
    double[::1] mean not None,
    double[::1] deviation not None,
    double[::1] lowest not None,
    double[::1] highest not None,
    double[::1] others not None,
    bint extremes,
):
    """See hotloop.reference.column_moments. The GIL is released."""
    cdef samples.Samples rows = samples.Samples(X)
    if sample_weight.shape[0] != rows.n_samples:
        raise ValueError("sample_weight must have one entry a row of X")
    if not (rows.n_features == mean.shape[0] == deviation.shape[0] == lowest.shape[0] == highest.shape[0]
            == others.shape[0]):
        raise ValueError(f"mean, deviation, lowest, highest and others must have {rows.n_features} entries")
    if total_weight.shape[0] != 1:
        raise ValueError("total_weight must have one entry")
    cdef Py_ssize_t i
    if rows.n_samples == 0 or rows.n_features == 0:
        for i in range(rows.n_samples):
            total_weight[0] += sample_weight[i]
        return
    cdef double[::1] scratch = np.empty((AT_ONCE + 3) * rows.n_features)
    cdef const double *weight0 = &sample_weight[0]
    cdef Py_ssize_t stride = sample_weight.strides[0] // <Py_ssize_t>sizeof(double)
    with nogil:
        if rows.type in (levels.F32, levels.F16, levels.U8, levels.I8, levels.U16, levels.I16):
            take_rows(levels.active, rows.data, rows.stride, rows.n_bytes, rows.type, rows.n_samples, rows.n_features, <float *>&scratch[0],
                      weight0, stride, &total_weight[0], &mean[0], &deviation[0], extremes,
                      &lowest[0], &highest[0], &others[0])
        else:
            take_rows(levels.active, rows.data, rows.stride, rows.n_bytes, rows.type, rows.n_samples, rows.n_features, &scratch[0], weight0,
                      stride, &total_weight[0], &mean[0], &deviation[0], extremes,
                      &lowest[0], &highest[0], &others[0])
