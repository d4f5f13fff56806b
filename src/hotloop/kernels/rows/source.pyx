"""Rows, dense or CSR, where they lie in memory, of whatever type; all checks of them."""
cimport cython
from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free

from hotloop.kernels.vectors cimport levels

from hotloop.structs import CSRRows, DenseRows

cdef extern from "<stdlib.h>" nogil:
    void *aligned_alloc(size_t, size_t)

TYPES = {
    "?": levels.U8, "B": levels.U8, "b": levels.I8, "H": levels.U16, "h": levels.I16, "e": levels.F16, "f": levels.F32,
    "d": levels.F64, "I": levels.U32, "i": levels.I32, "Q": levels.U64, "q": levels.I64,
    "L": levels.U64 if sizeof(long) == 8 else levels.U32, "l": levels.I64 if sizeof(long) == 8 else levels.I32,
}

cdef size_t LINE = 64  # bytes of a cache line


cdef void *allocate(Py_ssize_t n_bytes) except NULL:
    """Return memory from the start of a cache line on."""
    cdef void *memory = aligned_alloc(LINE, (max(n_bytes, 1) + LINE - 1) // LINE * LINE)
    if memory == NULL:
        raise MemoryError(f"no memory for {n_bytes} bytes of rows")
    return memory


@cython.auto_pickle(False)
cdef class Rows:
    """The rows that a kernel takes, checked: DenseRows or CSRRows, standardised as they are read.

    Holds the buffers of the arrays, which may be read-only, as long as it lives. CSR rows that reach beyond the arrays, are longer than
    ``max_row_nnz`` or have a column that does not exist are found as they are taken.

    Parameters
    ----------
    rows : hotloop.structs.DenseRows or CSRRows
    itemsize : int
        4 or 8: bytes of a weight.
    n_features : int
        Columns that the weights have; -1: any number.
    n_slots : int
        Converted rows that the scratch has room for.
    with_columns : bool
        Whether dense rows are taken with their columns 0, 1, ...
    standardized : bool
        False: center, shift and scale of the rows are passed over.
    """

    def __cinit__(
        self, rows, Py_ssize_t itemsize, Py_ssize_t n_features=-1, Py_ssize_t n_slots=1, bint with_columns=False,
        bint standardized=True
    ):
        kind = type(rows)
        if kind is DenseRows:
            self.take_dense(rows.X, itemsize)
            if standardized and (rows.center is None) != (rows.scale is None):
                raise ValueError("center and scale come together or not at all")
            center = rows.center
        elif kind is CSRRows:
            self.take_csr(rows)
            center = rows.shift
        else:
            raise TypeError(f"rows is a {kind.__name__}, expected DenseRows or CSRRows")
        if n_features >= 0 and self.source.n_features != n_features:
            raise ValueError(f"the weights have {n_features} columns, they must have {self.source.n_features} as the rows have")
        if standardized:
            self.take_constants(center, rows.scale, itemsize)
        same_type = self.source.type == (levels.F32 if itemsize == 4 else levels.F64) or not self.source.itemsize
        self.source.direct = same_type and not self.source.wide and (self.source.sparse or self.source.scale == NULL)
        self.make_room(itemsize, n_slots, with_columns)

    cdef int take_dense(self, X, Py_ssize_t itemsize) except -1:
        cdef Py_buffer *view = &self.data
        PyObject_GetBuffer(X, view, PyBUF_FORMAT | PyBUF_STRIDES)
        if view.ndim != 2:
            raise ValueError(f"X has {view.ndim} dimensions, expected 2")
        name = view.format.decode()
        if name not in TYPES:
            raise ValueError(f"X has elements of type {name!r}, expected numbers in native byte order")
        if view.shape[1] > 1 and view.strides[1] != view.itemsize:
            raise ValueError("the rows of X must be contiguous")
        if <size_t>view.buf % view.itemsize or view.strides[0] % view.itemsize:
            raise ValueError("X must be aligned to its elements")
        self.source.sparse, self.source.type, self.source.itemsize = False, TYPES[name], view.itemsize
        self.source.n_samples, self.source.n_features = view.shape[0], view.shape[1]
        self.source.data, self.source.stride = <const char *>view.buf, view.strides[0]
        self.source.n_bytes, self.source.room = view.shape[1] * view.itemsize, view.shape[1]
        return 0

    cdef int take_csr(self, rows) except -1:
        PyObject_GetBuffer(rows.indptr, &self.indptr, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
        PyObject_GetBuffer(rows.indices, &self.indices, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
        if self.indptr.itemsize != 8 or self.indptr.format not in (b"l", b"q") or self.indptr.ndim != 1:
            raise ValueError("indptr must be int64")
        if self.indices.itemsize not in (4, 8) or self.indices.format not in (b"i", b"l", b"q") or self.indices.ndim != 1:
            raise ValueError("the columns of the non-zeros must be int32 or int64")
        if self.indptr.shape[0] < 1:
            raise ValueError("indptr must have one entry more than there are rows")
        self.source.sparse, self.source.n_samples, self.source.n_features = True, self.indptr.shape[0] - 1, rows.n_features
        if self.source.n_features < 0:
            raise ValueError(f"n_features is {self.source.n_features}, expected a number that is not negative")
        self.source.indptr, self.source.indices = <const int64_t *>self.indptr.buf, <const char *>self.indices.buf
        self.source.wide, self.source.n_stored = self.indices.itemsize == 8, self.indices.shape[0]
        self.source.room = max(min(<Py_ssize_t>rows.max_row_nnz, self.source.n_stored), 1)  # no row is longer than all of them
        if rows.data is None:
            return 0
        PyObject_GetBuffer(rows.data, &self.data, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
        name = self.data.format.decode()
        if self.data.ndim != 1 or name not in TYPES or self.data.shape[0] < self.indices.shape[0]:
            raise ValueError("the values of the non-zeros must be numbers in native byte order, one a column")
        self.source.data, self.source.type, self.source.itemsize = <const char *>self.data.buf, TYPES[name], self.data.itemsize
        return 0

    cdef int take_constants(self, center, scale, Py_ssize_t itemsize) except -1:
        if center is not None:
            PyObject_GetBuffer(center, &self.center, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
            self.source.center = <const void *>self.center.buf
            self.check_constant("shift" if self.source.sparse else "center", &self.center, itemsize)
        if scale is not None:
            PyObject_GetBuffer(scale, &self.scale, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
            self.source.scale = <const void *>self.scale.buf
            self.check_constant("scale", &self.scale, itemsize)
        return 0

    cdef int check_constant(self, str name, const Py_buffer *view, Py_ssize_t itemsize) except -1:
        if view.itemsize != itemsize or view.format[0] != (c"f" if itemsize == 4 else c"d"):
            raise ValueError(f"{name} must have the type of the weights")
        if view.ndim != 1 or view.shape[0] != self.source.n_features:
            raise ValueError(f"{name} must have {self.source.n_features} entries")
        return 0

    cdef int make_room(self, Py_ssize_t itemsize, Py_ssize_t n_slots, bint with_columns) except -1:
        cdef Py_ssize_t j, n_entries = n_slots * self.source.room
        if self.source.sparse or not self.source.direct:  # of CSR rows a network needs the ones
            self.source.scratch = allocate(n_entries * itemsize)
        if self.source.sparse:
            self.source.columns = <int32_t *>allocate(n_entries * sizeof(int32_t))
        elif with_columns:
            self.source.columns = <int32_t *>allocate(self.source.n_features * sizeof(int32_t))
            for j in range(self.source.n_features):
                self.source.columns[j] = <int32_t>j
        return 0

    def __dealloc__(self):
        free(self.source.scratch)
        free(self.source.columns)
        PyBuffer_Release(&self.data)
        PyBuffer_Release(&self.indptr)
        PyBuffer_Release(&self.indices)
        PyBuffer_Release(&self.center)
        PyBuffer_Release(&self.scale)


cdef Rows dense_rows(rows, Py_ssize_t itemsize, Py_ssize_t n_features, Py_ssize_t n_slots, bint standardized=True):
    """Return the rows for a kernel that takes dense ones only."""
    if type(rows) is not DenseRows:
        raise TypeError(f"rows is a {type(rows).__name__}, expected DenseRows")
    return Rows(rows, itemsize, n_features, n_slots, False, standardized)


cdef Rows csr_rows(rows, Py_ssize_t itemsize, Py_ssize_t n_features, bint standardized=True):
    """Return the rows for a kernel that takes CSR rows only."""
    if type(rows) is not CSRRows:
        raise TypeError(f"rows is a {type(rows).__name__}, expected CSRRows")
    return Rows(rows, itemsize, n_features, 1, False, standardized)


cdef Ahead new_ahead(
    const Source *X, Py_ssize_t itemsize, const void *W, Py_ssize_t width, const void *other, Py_ssize_t other_width
) noexcept:
    """Return what is prefetched of the columns of CSR rows: nothing where the weights stay in a cache.

    Parameters
    ----------
    X : Source
    itemsize : int
        Bytes of a weight.
    W, other : pointers
        The weights, and an array beside them that is read where they are; other may be NULL.
    width, other_width : int
        Bytes a column of each.
    """
    cdef Ahead ahead = Ahead(0, [NULL, NULL, NULL], [0, 0, 0])
    cdef Py_ssize_t n_bytes = X.n_features * (width + itemsize)
    if X.n_features * width <= CACHED:
        return ahead
    ahead.array[0], ahead.width[0], ahead.n = W, width, 1
    if other != NULL:
        ahead.array[1], ahead.width[1], ahead.n = other, other_width, 2
        n_bytes += X.n_features * other_width
    if X.scale != NULL and n_bytes > SCALE_CACHED:
        ahead.array[ahead.n], ahead.width[ahead.n] = X.scale, itemsize
        ahead.n += 1
    return ahead
