# Rows, dense or CSR, where they lie in memory, of whatever type: one way to the next row.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows.steps cimport prefetch

# How far ahead of its step a CSR row is prefetched. Measured on Zen 5, ns a row of a pass, without and with: INDPTR on rows in random
# order 176 and 138 (75 of 47,236 columns); rows in order among 2^24 columns, where weights push them out, 116 and 90; weights of 4 MB
# in order 66 and 72, in random order 96 and 81, beside programs that use the third-level cache 105 and 78.
cdef enum:
    CACHED = 1 << 20       # bytes of weights, above which they are prefetched, and rows also in order
    INDPTR_PREFETCHED = 48 # where a row starts,
    ROWS_PREFETCHED = 24   # its columns and values,
    WEIGHTS_PREFETCHED = 4 # and the weights of its columns


cdef struct Source:
    bint sparse
    bint direct              # dense rows are read where they lie: neither converted nor standardised
    int type                 # of the numbers, of vectors.h
    Py_ssize_t itemsize      # bytes of a number
    Py_ssize_t n_samples
    Py_ssize_t n_features
    const char *data         # dense: row i starts at data + i stride; CSR: the values of the non-zeros, NULL: all are 1
    Py_ssize_t stride        # bytes from one dense row to the next
    Py_ssize_t n_bytes       # of one dense row
    const int64_t *indptr    # CSR row i has the non-zeros indptr[i] to indptr[i + 1] - 1
    const char *indices
    bint wide                # int64 indices instead of int32
    int64_t n_stored         # non-zeros that indices and data hold
    const void *center       # (LR-9), of the type of the weights, NULL: 0; of CSR rows the shift of (LR-15), for the kernel to subtract
    const void *scale        # NULL: 1
    Py_ssize_t room          # entries of a slot: n_features, or the non-zeros of the longest CSR row
    void *scratch            # slots for converted rows, of the type of the weights, from the start of a cache line on
    int32_t *columns         # slots for int64 indices as int32; of dense rows 0, 1, ..., or NULL


cdef class Rows:
    cdef Source source
    cdef Py_buffer data
    cdef Py_buffer indptr
    cdef Py_buffer indices
    cdef Py_buffer center
    cdef Py_buffer scale
    cdef int take_dense(self, X, Py_ssize_t itemsize) except -1
    cdef int take_csr(self, rows) except -1
    cdef int take_constants(self, center, scale, Py_ssize_t itemsize) except -1
    cdef int check_constant(self, str name, const Py_buffer *view, Py_ssize_t itemsize) except -1
    cdef int make_room(self, Py_ssize_t itemsize, Py_ssize_t n_slots, bint with_columns) except -1


cdef Rows dense_rows(rows, Py_ssize_t itemsize, Py_ssize_t n_features, Py_ssize_t n_slots, bint standardized=*)
cdef Rows csr_rows(rows, Py_ssize_t itemsize, Py_ssize_t n_features, bint standardized=*)


cdef inline const floating *load_row(const levels.vectors *v, const Source *X, const char *x, floating *scratch) noexcept nogil:
    """Return the dense row at x as a kernel reads it: where it lies, or converted and standardised (LR-9) into the scratch."""
    if X.direct:
        return <const floating *>x
    levels.load(v, X.type, X.n_features, x, <const floating *>X.center, <const floating *>X.scale, scratch)
    return scratch


cdef inline Py_ssize_t take_row(
    const levels.vectors *v, const Source *X, Py_ssize_t row, Py_ssize_t slot, const int32_t **at, const floating **x
) noexcept nogil:
    """Find the columns and the numbers of a row, where they lie or in a slot of the scratch.

    Dense rows are standardised, CSR rows scaled. Returns how many columns there are, -1 where a CSR row does not lie in its arrays.
    ``x`` becomes NULL where all numbers are 1; ``at`` is NULL for dense rows without columns.
    """
    cdef floating *scratch = <floating *>X.scratch + slot * X.room
    if X.sparse:
        return take_csr_row(v, X, row, X.columns + slot * X.room, scratch, at, x)
    at[0] = X.columns
    x[0] = load_row(v, X, X.data + row * X.stride, scratch)
    return X.n_features


cdef inline Py_ssize_t take_csr_row(
    const levels.vectors *v, const Source *X, Py_ssize_t row, int32_t *columns, floating *scratch, const int32_t **at,
    const floating **x
) noexcept nogil:
    """Find the columns and scaled values of a CSR row, see take_row."""
    cdef int64_t start = X.indptr[row]
    cdef Py_ssize_t n = X.indptr[row + 1] - start, j
    cdef const int64_t *far
    if start < 0 or n < 0 or n > X.room or start + n > X.n_stored:
        return -1
    if X.wide:
        far = <const int64_t *>X.indices + start
        for j in range(n):
            columns[j] = <int32_t>far[j]
        at[0] = columns
    else:
        at[0] = <const int32_t *>X.indices + start
    if X.data == NULL:
        x[0] = NULL
    elif (floating is float and X.type == levels.F32) or (floating is double and X.type == levels.F64):
        x[0] = <const floating *>(X.data + start * X.itemsize)
    else:
        levels.load(v, X.type, n, X.data + start * X.itemsize, <const floating *>NULL, <const floating *>NULL, scratch)
        x[0] = scratch
    if X.scale != NULL:
        levels.gather_scale(v, n, x[0], at[0], <const floating *>X.scale, scratch)
        x[0] = scratch
    return n


# Through the table of functions: the compiler drops calls that do nothing but prefetch where it sees them.
cdef inline void prefetch_row(const levels.vectors *v, const Source *X, Py_ssize_t row) noexcept nogil:
    """Prefetch the numbers of a row, and of a CSR row its columns."""
    cdef int64_t start, n
    cdef Py_ssize_t width = 8 if X.wide else 4
    if not X.sparse:
        v.prefetch(X.n_bytes, X.data + row * X.stride)
        return
    start = X.indptr[row]
    n = X.indptr[row + 1] - start
    if n > 0 and start >= 0 and start + n <= X.n_stored:
        if X.data != NULL and X.itemsize == width:
            v.prefetch_pair(n * width, X.indices + start * width, X.data + start * width)
            return
        v.prefetch(n * width, X.indices + start * width)
        if X.data != NULL:
            v.prefetch(n * X.itemsize, X.data + start * X.itemsize)


cdef inline void prefetch_weights(
    const levels.vectors *v, const Source *X, Py_ssize_t row, const void *w, Py_ssize_t width
) noexcept nogil:
    """Prefetch the weights of the columns of a CSR row: entries of ``width`` bytes from w on."""
    cdef int64_t start = X.indptr[row], n = X.indptr[row + 1] - start
    if n > 0 and start >= 0 and start + n <= X.n_stored:
        v.prefetch_indices(n, X.indices + start * (8 if X.wide else 4), X.wide, w, width)


cdef inline Py_ssize_t prefetch_ahead(
    const levels.vectors *v, const Source *X, const Py_ssize_t *order, Py_ssize_t next, Py_ssize_t n_steps, bint weights
) noexcept nogil:
    """Prefetch CSR rows ahead of the next step; returns the row whose weights are to be prefetched, -1 where ``weights`` is False."""
    cdef Py_ssize_t ahead = min(next + INDPTR_PREFETCHED, n_steps - 1), row = order[ahead]
    if 0 <= row < X.n_samples:
        prefetch(X.indptr + row)
    ahead = min(next + ROWS_PREFETCHED, n_steps - 1)
    row = order[ahead]
    if 0 <= row < X.n_samples and (weights or ahead == 0 or row != order[ahead - 1] + 1):  # the others come by themselves
        prefetch_row(v, X, row)
    if not weights:
        return -1
    row = order[min(next + WEIGHTS_PREFETCHED, n_steps - 1)]
    return row if 0 <= row < X.n_samples else -1
