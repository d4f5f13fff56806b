"""The columns of rows given by their non-zeros: whether they exist; statistics in one read, zeros counted afterwards."""
import numpy as np

from cython cimport floating
from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows cimport csr as nonzeros
from hotloop.kernels.rows.columns cimport take_value
from hotloop.kernels.rows.csr cimport NonZeros
from hotloop.kernels.rows.cursor cimport prefetch

ctypedef fused column:
    int32_t
    int64_t

ctypedef fused bits:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


cdef enum:
    COUNTED_AT_ONCE = 1 << 15


def check_nonzeros(const int64_t[::1] starts not None, const column[::1] places not None, Py_ssize_t n_features):
    """See hotloop.reference.check_nonzeros. The GIL is released."""
    cdef Py_ssize_t row, n_samples = starts.shape[0] - 1
    cdef int64_t j, begin, end, last, falls = 0, borders = 0
    cdef column outside
    if n_samples < 0:
        raise ValueError("indptr is empty; it must have one entry more than there are rows")
    if starts[0] != 0:
        raise ValueError(f"indptr starts with {starts[0]}, expected 0")
    for row in range(n_samples):
        if starts[row + 1] < starts[row]:
            raise ValueError(f"indptr falls from {starts[row]} to {starts[row + 1]} at row {row}")
    end = starts[n_samples]
    if end > places.shape[0]:
        raise ValueError(f"indptr ends with {end}, but there are {places.shape[0]} column indices")
    if end == 0:
        return True
    cdef const column *p = &places[0]
    last = max(n_features, 0) - 1
    with nogil:
        outside = p[0] < 0 or p[0] > last
        begin, row = 0, 1
        while begin < end - 1:  # so few at once that they stay in the cache and no lane of a vector overflows
            j = min(<int64_t>COUNTED_AT_ONCE, end - 1 - begin)
            if column is int32_t:
                falls += levels.active.falls(j, p + begin, <int32_t>min(last, 0x7fffffff), &outside)
            else:
                falls += levels.active.falls_wide(j, p + begin, last, &outside)
            begin += j
            while row < n_samples and starts[row] <= begin:  # falls from one row to the next
                if 0 < starts[row] < end and starts[row + 1] > starts[row]:
                    borders += p[starts[row]] <= p[starts[row] - 1]
                row += 1
    if outside != 0:
        for row in range(n_samples):
            for j in range(starts[row], starts[row + 1]):
                if not 0 <= p[j] < n_features:
                    raise ValueError(f"row {row} has column index {p[j]}, expected 0 to {n_features - 1}")
    return falls == borders


def all_alike(const bits[::1] values not None):
    """See hotloop.reference.all_alike. The GIL is released."""
    cdef Py_ssize_t n = values.shape[0], i = 0, j
    if n == 0:
        return True
    cdef const bits *p = &values[0]
    cdef bits first = p[0], differs = 0
    with nogil:
        while i + 64 <= n and differs == 0:  # what lies ahead is fetched: a core reads twice as fast
            for j in range(<Py_ssize_t>sizeof(bits)):
                prefetch(<const char *>(p + i) + 8192 + 64 * j)
            for j in range(64):
                differs |= p[i + j] ^ first
            i += 64
        for j in range(i, n):
            differs |= p[j] ^ first
            if differs != 0:
                break
    return differs == 0


def sparse_column_moments(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const double[:] sample_weight not None,
    double[::1] total_weight not None,
    double[::1] seen not None,
    double[::1] mean not None,
    double[::1] deviation not None,
    double[::1] lowest not None,
    double[::1] highest not None,
    double[::1] others not None,
):
    """See hotloop.reference.sparse_column_moments. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, n_features = mean.shape[0], i, j, n = 0
    if sample_weight.shape[0] != n_samples:
        raise ValueError("sample_weight must have one entry a row")
    if not n_features == seen.shape[0] == deviation.shape[0] == lowest.shape[0] == highest.shape[0] == others.shape[0]:
        raise ValueError(f"seen, deviation, lowest, highest and others must have {n_features} entries")
    if total_weight.shape[0] != 1:
        raise ValueError("total_weight must have one entry")
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef double[::1] scratch = np.empty(max(longest, 1))
    cdef const int32_t *at
    cdef const double *x
    cdef double weight, value, before
    with nogil:
        for i in range(n_samples):
            weight = sample_weight[i]
            if weight == 0.0:
                continue
            total_weight[0] += weight
            n = nonzeros.take_row(levels.active, &X.rows, i, <const double *>NULL, &found_places[0], &scratch[0], &at, &x)
            if n < 0:
                break
            for j in range(n):  # (LR-9), over the rows that have the column
                value = 1.0 if x == NULL else x[j]
                if seen[at[j]] == 0.0:
                    lowest[at[j]], highest[at[j]], others[at[j]] = value, value, 0
                seen[at[j]] += weight
                before = value - mean[at[j]]
                mean[at[j]] += weight / seen[at[j]] * before
                deviation[at[j]] += weight * before * (value - mean[at[j]])
                take_value(value, &lowest[at[j]], &highest[at[j]], &others[at[j]])
    if n < 0:
        raise ValueError(f"row {i} does not lie in the arrays")


def sparse_largest(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const double[:] sample_weight not None,
    floating[::1] largest not None,
):
    """See hotloop.reference.sparse_largest. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, i, j, n = 0
    if sample_weight.shape[0] != n_samples:
        raise ValueError("sample_weight must have one entry a row")
    dtype = np.float32 if floating is float else np.float64
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype)
    cdef const int32_t *at
    cdef const floating *x
    cdef floating value
    with nogil:
        for i in range(n_samples):
            if sample_weight[i] == 0.0:
                continue
            n = nonzeros.take_row(levels.active, &X.rows, i, <const floating *>NULL, &found_places[0], &scratch[0], &at, &x)
            if n < 0:
                break
            for j in range(n):
                value = 1 if x == NULL else <floating>fabs(x[j])
                if value > largest[at[j]]:
                    largest[at[j]] = value
    if n < 0:
        raise ValueError(f"row {i} does not lie in the arrays")


def sparse_square(
    const int64_t[::1] starts not None,
    places not None,
    values,
    Py_ssize_t longest,
    const double[:] sample_weight not None,
    const floating[::1] scale not None,
):
    """See hotloop.reference.sparse_square. The GIL is released."""
    cdef NonZeros X = NonZeros(starts, places, values, longest)
    cdef Py_ssize_t n_samples = X.rows.n_samples, i, n = 0
    if sample_weight.shape[0] != n_samples:
        raise ValueError("sample_weight must have one entry a row")
    dtype = np.float32 if floating is float else np.float64
    cdef int32_t[::1] found_places = np.empty(max(longest, 1), np.int32)
    cdef floating[::1] scratch = np.empty(max(longest, 1), dtype)
    cdef const floating *scale0 = NULL if scale.shape[0] == 0 else &scale[0]
    cdef const int32_t *at
    cdef const floating *x
    cdef double total = 0.0
    with nogil:
        for i in range(n_samples):
            if sample_weight[i] == 0.0:
                continue
            n = nonzeros.take_row(levels.active, &X.rows, i, scale0, &found_places[0], &scratch[0], &at, &x)
            if n < 0:
                break
            total += sample_weight[i] * (n if x == NULL else levels.sum_of_squares(levels.active, n, x))
    if n < 0:
        raise ValueError(f"row {i} does not lie in the arrays")
    return total
