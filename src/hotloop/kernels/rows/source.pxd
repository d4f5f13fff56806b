# Rows, dense or CSR, where they lie in memory, of whatever type: one way to the next row.
from cython cimport floating
from libc.stdint cimport int32_t, int64_t

from hotloop.kernels.vectors cimport levels
from hotloop.kernels.rows.steps cimport Steps, prefetch

# How far ahead of its step a CSR row is prefetched. Measured on Zen 5, ns a row of a pass, without and with: INDPTR on rows in random
# order 176 and 138 (75 of 47,236 columns); rows in order among 2^24 columns, where weights push them out, 116 and 90; weights of 4 MB
# in order 66 and 72, in random order 96 and 81, beside programs that use the third-level cache 105 and 78. The scale of 40 columns
# in order among 300,000 144 and 165, among 2^20 averaged 435 and 338, among 2^22 764 and 332, among 2^24 766 and 454.
cdef enum:
    CACHED = 1 << 20       # bytes of weights, above which they are prefetched, and rows also in order
    SCALE_CACHED = 8 << 20 # bytes of all arrays that have entries for each column, above which the scale is prefetched too
    INDPTR_PREFETCHED = 48 # where a row starts,
    ROWS_PREFETCHED = 24   # its columns and values,
    WEIGHTS_PREFETCHED = 4 # and the weights of its columns


cdef struct Source:
    bint sparse
    bint direct              # rows are read where they lie: dense ones neither converted nor standardised, CSR rows not converted
    int type                 # of the numbers, of vectors.h
    Py_ssize_t itemsize      # bytes of a number; 0 where there are no numbers
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
    int32_t *columns         # slots for the columns of CSR rows; of dense rows 0, 1, ..., or NULL


cdef struct Ahead:
    # Arrays with entries for each column: those of a row's columns are prefetched before its step.
    int n                     # 0: they stay in a cache
    const void *array[3]
    Py_ssize_t width[3]       # bytes a column


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
cdef Ahead new_ahead(
    const Source *X, Py_ssize_t itemsize, const void *W, Py_ssize_t width, const void *other, Py_ssize_t other_width
) noexcept


cdef inline const floating *load_row(const levels.vectors *v, const Source *X, const char *x, floating *scratch) noexcept nogil:
    """Return the dense row at x as a kernel reads it: where it lies, or converted and standardised (LR-9) into the scratch."""
    if X.direct:
        return <const floating *>x
    levels.load(v, X.type, X.n_features, x, <const floating *>X.center, <const floating *>X.scale, scratch)
    return scratch


cdef inline Py_ssize_t take_dense_row(
    const levels.vectors *v, const Source *X, Py_ssize_t row, Py_ssize_t slot, const int32_t **at, const floating **x
) noexcept nogil:
    """Find the standardised numbers of a dense row, where they lie or in a slot of the scratch; returns how many there are.

    ``at`` becomes its columns, NULL where the rows are taken without.
    """
    at[0] = X.columns
    x[0] = load_row(v, X, X.data + row * X.stride, <floating *>X.scratch + slot * X.room)
    return X.n_features


cdef inline Py_ssize_t take_csr_row(
    const levels.vectors *v, const Source *X, Py_ssize_t row, Py_ssize_t slot, const int32_t **at, const floating **x
) noexcept nogil:
    """Copy the columns of a CSR row to a slot, and find its scaled numbers, where they lie or in the slot.

    Returns how many columns there are, -1 where the row does not lie in its arrays or has a column that does not exist: another
    thread can change the arrays at any time. ``x`` becomes NULL where all numbers are 1.
    """
    cdef int64_t start = X.indptr[row], end = X.indptr[row + 1]
    if not 0 <= start <= end <= X.n_stored or end - start > X.room:
        return -1
    cdef Py_ssize_t n = end - start
    cdef int32_t *columns = X.columns + slot * X.room
    cdef bint outside
    if X.wide:
        outside = v.take_columns_wide(n, <const int64_t *>X.indices + start, X.n_features - 1, columns)
    else:
        outside = v.take_columns(n, <const int32_t *>X.indices + start, <int32_t>min(X.n_features - 1, 0x7fffffff), columns)
    if outside:
        return -1
    at[0] = columns
    x[0] = <const floating *>(X.data + start * X.itemsize)
    if not X.direct:
        x[0] = convert_csr_row(v, X, start, n, slot, x[0])
    if X.scale != NULL:
        levels.gather_scale(v, n, x[0], at[0], <const floating *>X.scale, <floating *>X.scratch + slot * X.room)
        x[0] = <const floating *>X.scratch + slot * X.room
    return n


cdef inline const floating *convert_csr_row(
    const levels.vectors *v, const Source *X, int64_t start, Py_ssize_t n, Py_ssize_t slot, const floating *x
) noexcept nogil:
    """Return the numbers of a row in the type of the weights: converted into the slot, or x where there is nothing to convert."""
    cdef floating *scratch = <floating *>X.scratch + slot * X.room
    if X.data == NULL or X.type == (levels.F32 if sizeof(floating) == sizeof(float) else levels.F64):
        return x
    levels.load(v, X.type, n, X.data + start * X.itemsize, <const floating *>NULL, <const floating *>NULL, scratch)
    return scratch


# Through the table of functions: the compiler drops calls that do nothing but prefetch where it sees them.
cdef inline void prefetch_row(const levels.vectors *v, const Source *X, Py_ssize_t row) noexcept nogil:
    """Prefetch the numbers of a row, and of a CSR row its columns."""
    cdef int64_t start, end
    cdef Py_ssize_t n, width = 8 if X.wide else 4
    if not X.sparse:
        v.prefetch(X.n_bytes, X.data + row * X.stride)
        return
    start, end = X.indptr[row], X.indptr[row + 1]
    if 0 <= start < end <= X.n_stored:
        n = end - start
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
    cdef int64_t start = X.indptr[row], end = X.indptr[row + 1]
    if 0 <= start < end <= X.n_stored:
        v.prefetch_indices(end - start, X.indices + start * (8 if X.wide else 4), X.wide, w, width)


cdef inline void look_ahead(const levels.vectors *v, const Source *X, const Steps *steps, const Ahead *arrays) noexcept nogil:
    """Prefetch CSR rows ahead of the next step, and of one of them the entries of its columns."""
    cdef Py_ssize_t place = min(steps.next + INDPTR_PREFETCHED, steps.n_steps - 1), row = steps.order[place]
    cdef int i
    if 0 <= row < X.n_samples:
        prefetch(X.indptr + row)
    place = min(steps.next + ROWS_PREFETCHED, steps.n_steps - 1)
    row = steps.order[place]
    if 0 <= row < X.n_samples and (arrays.n or place == 0 or row - 1 != steps.order[place - 1]):  # the others come by themselves
        prefetch_row(v, X, row)
    if arrays.n == 0:
        return
    row = steps.order[min(steps.next + WEIGHTS_PREFETCHED, steps.n_steps - 1)]
    if 0 <= row < X.n_samples:
        for i in range(arrays.n):
            prefetch_weights(v, X, row, arrays.array[i], arrays.width[i])
