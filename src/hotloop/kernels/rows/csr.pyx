"""Rows by their non-zeros (CSR), where they lie in memory, of whatever type."""
from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t

from hotloop.kernels.rows.dense import TYPES


cdef class NonZeros:
    """Columns (int32 or int64) and values (numbers of any type, None for ones) of all rows, and where each row starts.

    Holds the arrays' buffers, which may be read-only, as long as it lives. That columns exist is for ``check_nonzeros`` to find
    out before; rows that reach beyond the arrays or are longer than ``longest`` are found as they are taken.
    """

    def __cinit__(self, const int64_t[::1] starts not None, places not None, values, Py_ssize_t longest):
        PyObject_GetBuffer(places, &self.places, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
        if self.places.itemsize not in (4, 8) or self.places.format not in (b"i", b"l", b"q"):
            raise ValueError("the columns of the non-zeros must be int32 or int64")
        if starts.shape[0] < 1:
            raise ValueError("starts must have one entry more than there are rows")
        self.starts = starts
        self.rows = Csr(&starts[0], <const char *>self.places.buf, self.places.itemsize == 8, NULL, 0, 0, starts.shape[0] - 1,
                        longest, self.places.shape[0])
        if values is None:
            return
        PyObject_GetBuffer(values, &self.values, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
        name = self.values.format.decode()
        if name not in TYPES or self.values.shape[0] < self.places.shape[0]:
            raise ValueError("the values of the non-zeros must be numbers in native byte order, one a column")
        self.rows.values, self.rows.type, self.rows.itemsize = <const char *>self.values.buf, TYPES[name], self.values.itemsize

    def __dealloc__(self):
        PyBuffer_Release(&self.places)
        PyBuffer_Release(&self.values)
