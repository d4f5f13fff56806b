# Rows by their non-zeros (CSR), where they lie in memory, of whatever type.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows.cursor cimport prefetch

# How far ahead of its step a row is fetched. Measured on Zen 5, ns a row of a pass, without and with: STARTS on rows in random order
# 176 and 138 (75 of 47,236 columns); rows in order among 2^24 columns, where weights push them out, 116 and 90; weights of 4 MB in
# order 66 and 72, in random order 96 and 81, beside programs that use the third-level cache 105 and 78.
cdef enum:
    CACHED = 1 << 20      # bytes of weights, above which they are fetched, and rows also in order
    STARTS_FETCHED = 48   # where a row starts,
    ROWS_FETCHED = 24     # its columns and values,
    WEIGHTS_FETCHED = 4   # and the weights that they meet


cdef struct Csr:
    const int64_t *starts        # row i is starts[i] to starts[i + 1] - 1
    const char *places
    bint wide                    # int64 columns instead of int32
    const char *values           # NULL: all are 1
    int type                     # of the values, of vectors.h
    Py_ssize_t itemsize
    Py_ssize_t n_samples
    Py_ssize_t longest           # non-zeros of the longest row: room in the scratch
    int64_t n_stored


cdef class NonZeros:
    cdef Py_buffer places
    cdef Py_buffer values
    cdef const int64_t[::1] starts
    cdef Csr rows


# Through the table of functions: the compiler drops calls that do nothing but prefetch where it sees them.
cdef inline void fetch_row(const levels.vectors *v, const Csr *X, Py_ssize_t row) noexcept nogil:
    """Bring the columns and values of a row into the cache."""
    cdef int64_t start = X.starts[row], n = X.starts[row + 1] - start
    if n > 0 and start >= 0 and start + n <= X.n_stored:
        if X.values != NULL and X.itemsize == (8 if X.wide else 4):
            v.fetch_pair(n * X.itemsize, X.places + start * X.itemsize, X.values + start * X.itemsize)
            return
        v.fetch(n * (8 if X.wide else 4), X.places + start * (8 if X.wide else 4))
        if X.values != NULL:
            v.fetch(n * X.itemsize, X.values + start * X.itemsize)


cdef inline void fetch_weights(
    const levels.vectors *v, const Csr *X, Py_ssize_t row, const void *w, Py_ssize_t width
) noexcept nogil:
    """Bring what a row meets into the cache: entries of ``width`` bytes from w on."""
    cdef int64_t start = X.starts[row], n = X.starts[row + 1] - start
    if n > 0 and start >= 0 and start + n <= X.n_stored:
        v.fetch_places(n, X.places + start * (8 if X.wide else 4), X.wide, w, width)


cdef inline Py_ssize_t look_ahead(
    const levels.vectors *v, const Csr *X, const Py_ssize_t *order, Py_ssize_t next, Py_ssize_t n_steps, bint fetch
) noexcept nogil:
    """Fetch rows ahead of the next step; returns the row whose weights are to be fetched, -1 where ``fetch`` is False."""
    cdef Py_ssize_t ahead = min(next + STARTS_FETCHED, n_steps - 1), row = order[ahead]
    if 0 <= row < X.n_samples:
        prefetch(X.starts + row)
    ahead = min(next + ROWS_FETCHED, n_steps - 1)
    row = order[ahead]
    if 0 <= row < X.n_samples and (fetch or ahead == 0 or row != order[ahead - 1] + 1):  # the others come by themselves
        fetch_row(v, X, row)
    if not fetch:
        return -1
    row = order[min(next + WEIGHTS_FETCHED, n_steps - 1)]
    return row if 0 <= row < X.n_samples else -1


cdef inline Py_ssize_t take_row(
    const levels.vectors *v, const Csr *X, Py_ssize_t row, const floating *scale, int32_t *places, floating *scratch,
    const int32_t **at, const floating **x
) noexcept nogil:
    """Find the columns and scaled values of a row: where they lie, or converted into the scratch. Returns how many there are, -1
    where the row does not lie in the arrays."""
    cdef int64_t start = X.starts[row]
    cdef Py_ssize_t n = X.starts[row + 1] - start, j
    cdef const int64_t *far
    if start < 0 or n < 0 or n > X.longest or start + n > X.n_stored:
        return -1
    if X.wide:
        far = <const int64_t *>X.places + start
        for j in range(n):
            places[j] = <int32_t>far[j]
        at[0] = places
    else:
        at[0] = <const int32_t *>X.places + start
    if X.values == NULL:
        x[0] = NULL
    elif (floating is float and X.type == levels.F32) or (floating is double and X.type == levels.F64):
        x[0] = <const floating *>(X.values + start * X.itemsize)
    else:
        levels.load(v, X.type, n, X.values + start * X.itemsize, <const floating *>NULL, <const floating *>NULL, scratch)
        x[0] = scratch
    if scale != NULL:
        levels.gather_scale(v, n, x[0], at[0], scale, scratch)
        x[0] = scratch
    return n
