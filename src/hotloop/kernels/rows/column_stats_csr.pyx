"""The columns of rows given by their non-zeros: whether they exist; statistics in one read, zeros counted afterwards."""
import numpy as np

from cython cimport floating
from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hotloop.kernels.rows.columns cimport Columns, Moments, take_value, weight_of
from hotloop.kernels.rows.source cimport Rows, Source, csr_rows, take_csr_row
from hotloop.kernels.rows.steps cimport prefetch
from hotloop.kernels.vectors cimport levels

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


def check_nonzeros(const int64_t[::1] indptr not None, const column[::1] indices not None, Py_ssize_t n_features):
    """See hotloop.reference.check_nonzeros. The GIL is released."""
    cdef Py_ssize_t row, n_samples = indptr.shape[0] - 1
    cdef int64_t j, begin, end, last, falls = 0, borders = 0
    cdef column outside
    if n_features < 0:
        raise ValueError(f"n_features is {n_features}, expected a number that is not negative")
    if n_samples < 0:
        raise ValueError("indptr is empty; it must have one entry more than there are rows")
    if indptr[0] != 0:
        raise ValueError(f"indptr starts with {indptr[0]}, expected 0")
    for row in range(n_samples):
        if indptr[row + 1] < indptr[row]:
            raise ValueError(f"indptr falls from {indptr[row]} to {indptr[row + 1]} at row {row}")
    end = indptr[n_samples]
    if end > indices.shape[0]:
        raise ValueError(f"indptr ends with {end}, but there are {indices.shape[0]} column indices")
    if end == 0:
        return True
    cdef const column *p = &indices[0]
    last = max(n_features, 0) - 1
    with nogil:
        outside = p[0] < 0 or p[0] > last
        begin, row = 0, 1
        while begin < end - 1:  # so few at once that they stay in the cache and no lane of a vector overflows
            j = min(<int64_t>COUNTED_AT_ONCE, end - 1 - begin)
            if column is int32_t:
                falls += levels.active.count_descents(j, p + begin, <int32_t>min(last, 0x7fffffff), &outside)
            else:
                falls += levels.active.count_descents_wide(j, p + begin, last, &outside)
            begin += j
            while row < n_samples and indptr[row] <= begin:  # falls from one row to the next
                if 0 < indptr[row] < end and indptr[row + 1] > indptr[row]:
                    borders += p[indptr[row]] <= p[indptr[row] - 1]
                row += 1
    if outside != 0:
        for row in range(n_samples):
            for j in range(indptr[row], indptr[row + 1]):
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


def csr_column_moments(rows not None, const double[:] sample_weight not None, moments not None):
    """See hotloop.reference.csr_column_moments. The GIL is released."""
    cdef Rows X = csr_rows(rows, sizeof(double), -1, False)
    cdef Columns columns = Columns(moments, X.source.n_features, True)
    check_weights(sample_weight, X.source.n_samples)
    cdef const Moments *of = &columns.moments
    cdef Py_ssize_t i, j, c, n = 0
    cdef const int32_t *at
    cdef const double *x
    cdef double weight, value, before
    with nogil:
        for i in range(X.source.n_samples):
            weight = weight_of(sample_weight, i)
            if weight == 0.0:
                continue
            of.total_weight[0] += weight
            n = take_csr_row(levels.active, &X.source, i, 0, &at, &x)
            if n < 0:
                break
            for j in range(n):  # (LR-9), over the rows that have the column
                c, value = at[j], 1.0 if x == NULL else x[j]
                if of.seen[c] == 0.0:
                    of.lowest[c], of.highest[c], of.others[c] = value, value, 0
                of.seen[c] += weight
                before = value - of.mean[c]
                of.mean[c] += weight / of.seen[c] * before
                of.deviation[c] += weight * before * (value - of.mean[c])
                take_value(value, &of.lowest[c], &of.highest[c], &of.others[c])
    check_row(i, n)


def csr_largest(rows not None, const double[:] sample_weight not None, floating[::1] largest not None):
    """See hotloop.reference.csr_largest. The GIL is released."""
    cdef Rows X = csr_rows(rows, sizeof(floating), -1, False)
    check_weights(sample_weight, X.source.n_samples)
    if largest.shape[0] != X.source.n_features:
        raise ValueError(f"largest must have {X.source.n_features} entries")
    cdef Py_ssize_t i, j, n = 0
    cdef const int32_t *at
    cdef const floating *x
    cdef floating value
    with nogil:
        for i in range(X.source.n_samples):
            if weight_of(sample_weight, i) == 0.0:
                continue
            n = take_csr_row(levels.active, &X.source, i, 0, &at, &x)
            if n < 0:
                break
            for j in range(n):
                value = 1 if x == NULL else <floating>fabs(x[j])
                if value > largest[at[j]]:
                    largest[at[j]] = value
    check_row(i, n)


cdef double square_of(const Source *X, const double[:] sample_weight, Py_ssize_t *row, Py_ssize_t *n, floating tag) noexcept nogil:
    """Sum the squares of all rows by weight, up to one that does not lie in the arrays: n is then -1, and row tells which."""
    cdef const int32_t *at
    cdef const floating *x
    cdef double total = 0.0, weight
    cdef Py_ssize_t i
    n[0] = 0
    for i in range(X.n_samples):
        weight = weight_of(sample_weight, i)
        if weight == 0.0:
            continue
        row[0], n[0] = i, take_csr_row(levels.active, X, i, 0, &at, &x)
        if n[0] < 0:
            return total
        total += weight * (n[0] if x == NULL else levels.sum_of_squares(levels.active, n[0], x))
    return total


def csr_square(rows not None, const double[:] sample_weight not None, dtype):
    """See hotloop.reference.csr_square. The GIL is released."""
    cdef bint narrow = np.dtype(dtype) == np.float32
    cdef Rows X = csr_rows(rows, sizeof(float) if narrow else sizeof(double), -1)
    check_weights(sample_weight, X.source.n_samples)
    cdef Py_ssize_t row = 0, n
    cdef double total
    with nogil:
        if narrow:
            total = square_of(&X.source, sample_weight, &row, &n, <float>0)
        else:
            total = square_of(&X.source, sample_weight, &row, &n, <double>0)
    check_row(row, n)
    return total


cdef int check_weights(const double[:] sample_weight, Py_ssize_t n_samples) except -1:
    if sample_weight.shape[0] != n_samples:
        raise ValueError("sample_weight must have one entry a row")
    return 0


cdef int check_row(Py_ssize_t row, Py_ssize_t n) except -1:
    if n < 0:
        raise ValueError(f"row {row} of X does not lie in its arrays, or has a column that does not exist")
    return 0
