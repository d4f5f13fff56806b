# Rows by their non-zeros (CSR), where they lie in memory, of whatever type.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels cimport levels
from hotloop.kernels.steps cimport prefetch


cdef struct Csr:
    const int64_t *starts        # row i is starts[i] to starts[i + 1] - 1
    const char *places
    bint wide                    # int64 columns instead of int32
    const char *values           # NULL: all are 1
    int type                     # of the values, of vectors.h
    Py_ssize_t itemsize
    Py_ssize_t n_samples
    Py_ssize_t longest           # non-zeros of the longest row


cdef class NonZeros:
    cdef Py_buffer places
    cdef Py_buffer values
    cdef const int64_t[::1] starts
    cdef Csr rows


cdef inline void fetch_row(const Csr *X, Py_ssize_t row) noexcept nogil:
    """Bring the columns and values of a row into the cache."""
    cdef int64_t start = X.starts[row], stop = X.starts[row + 1]
    cdef const char *p = X.places + start * (8 if X.wide else 4)
    cdef const char *end = X.places + stop * (8 if X.wide else 4)
    while p < end:
        prefetch(p)
        p += 64
    if X.values != NULL:
        p, end = X.values + start * X.itemsize, X.values + stop * X.itemsize
        while p < end:
            prefetch(p)
            p += 64


cdef inline void fetch_weights(const Csr *X, Py_ssize_t row, const char *w, Py_ssize_t width) noexcept nogil:
    """Bring what a row meets into the cache: entries of ``width`` bytes from w on."""
    cdef int64_t j
    if X.wide:
        for j in range(X.starts[row], X.starts[row + 1]):
            prefetch(w + (<const int64_t *>X.places)[j] * width)
    else:
        for j in range(X.starts[row], X.starts[row + 1]):
            prefetch(w + (<const int32_t *>X.places)[j] * width)


cdef inline Py_ssize_t take_row(
    const levels.vectors *v, const Csr *X, Py_ssize_t row, const floating *scale, int32_t *places, floating *scratch,
    const int32_t **at, const floating **x
) noexcept nogil:
    """Find the columns and scaled values of a row: where they lie, or converted into the scratch. Returns how many there are."""
    cdef int64_t start = X.starts[row]
    cdef Py_ssize_t n = X.starts[row + 1] - start, j
    cdef const int64_t *far
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
