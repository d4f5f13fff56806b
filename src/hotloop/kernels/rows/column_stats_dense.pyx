"""Statistics of the columns of dense rows, in one read."""
import numpy as np

from cython cimport floating

from hotloop.kernels.rows.columns cimport Columns, Moments, take_value
from hotloop.kernels.rows.source cimport Rows, Source, dense_rows, load_row
from hotloop.kernels.vectors cimport levels

cdef enum:
    AT_ONCE = 4      # rows
    AHEAD = 16       # rows
    PREFETCHED = 1024  # bytes of a row, at most: 128 float32 columns 62 -> 28 ns a row, while 1,000 would take 316 -> 350 (Zen 4)


cdef void take_extremes(
    const Moments *moments, Py_ssize_t n_features, const floating *low, const floating *high, const floating *other, bint first,
    bint extremes
) noexcept nogil:
    """Take the extremes of some rows, and whether they have other values, into those of all rows."""
    cdef Py_ssize_t j
    cdef double *lowest = moments.lowest
    cdef double *highest = moments.highest
    cdef double *others = moments.others
    for j in range(n_features):
        if first:
            lowest[j], highest[j], others[j] = low[j], low[j], 0
        take_value(low[j], &lowest[j], &highest[j], &others[j])
        take_value(high[j], &lowest[j], &highest[j], &others[j])
        if other[j] != 0:
            others[j] = 1
        if others[j] != 0 and not extremes:
            lowest[j] = highest[j] = 0


cdef void take_rows(
    const levels.vectors *v, const Source *X, const double[:] sample_weight, const Moments *moments, floating *low, bint extremes
) noexcept nogil:
    """Take rows into the statistics. ``low``, room for three rows, holds the extremes in the type of the rows: half the cost."""
    cdef bint first = moments.total_weight[0] == 0.0, begun = False
    cdef Py_ssize_t i, j, n = 0, n_features = X.n_features
    cdef double[AT_ONCE] weight, share
    cdef const floating *x[AT_ONCE]
    cdef floating *high = low + n_features
    cdef floating *other = high + n_features
    cdef levels.column_moments columns = levels.column_moments(moments.mean, moments.deviation, low, high, other, extremes)
    for i in range(X.n_samples):
        if X.n_bytes <= PREFETCHED:
            v.prefetch(X.n_bytes, X.data + min(i + AHEAD, X.n_samples - 1) * X.stride)
        weight[n] = sample_weight[i]
        if weight[n] != 0.0:
            moments.total_weight[0] += weight[n]
            share[n] = weight[n] / moments.total_weight[0]
            x[n] = load_row(v, X, X.data + i * X.stride, <floating *>X.scratch + n * n_features)
            if not begun:
                for j in range(n_features):
                    low[j], high[j], other[j] = x[n][j], x[n][j], 0
                begun = True
            n += 1
        if n == AT_ONCE or i == X.n_samples - 1:
            levels.moments(v, n_features, n, x, weight, share, &columns)                  # (LR-9)
            n = 0
    if begun:
        take_extremes(moments, n_features, <const floating *>low, <const floating *>high, <const floating *>other, first, extremes)


def column_moments(rows not None, const double[:] sample_weight not None, moments not None, bint extremes):
    """See hotloop.reference.column_moments. The GIL is released."""
    cdef Rows X = dense_rows(rows, sizeof(double), -1, AT_ONCE, False)
    cdef Source *source = &X.source
    cdef bint narrow = source.type in (levels.F32, levels.F16, levels.U8, levels.I8, levels.U16, levels.I16)
    cdef Columns columns = Columns(moments, source.n_features, False)
    if sample_weight.shape[0] != source.n_samples:
        raise ValueError("sample_weight must have one entry a row of X")
    cdef Py_ssize_t i
    if source.n_samples == 0 or source.n_features == 0:
        for i in range(source.n_samples):
            columns.total_weight[0] += sample_weight[i]
        return
    source.direct = source.type in (levels.F32, levels.F64)  # narrow rows are computed with in float32
    cdef double[::1] low = np.empty(3 * source.n_features)
    with nogil:
        if narrow:
            take_rows(levels.active, source, sample_weight, &columns.moments, <float *>&low[0], extremes)
        else:
            take_rows(levels.active, source, sample_weight, &columns.moments, &low[0], extremes)
