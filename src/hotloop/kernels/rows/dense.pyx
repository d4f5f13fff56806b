"""The rows of a 2-D array, where they lie in memory, of whatever type: what the kernels of dense rows read."""
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBuffer_Release, PyObject_GetBuffer

from hotloop.kernels.vectors cimport levels

TYPES = {
    "?": levels.U8, "B": levels.U8, "b": levels.I8, "H": levels.U16, "h": levels.I16, "e": levels.F16, "f": levels.F32,
    "d": levels.F64, "I": levels.U32, "i": levels.I32, "Q": levels.U64, "q": levels.I64,
    "L": levels.U64 if sizeof(long) == 8 else levels.U32, "l": levels.I64 if sizeof(long) == 8 else levels.I32,
}


cdef class Samples:
    """Rows of an array of float16, float32, float64, bool or integers, each row contiguous and in native byte order.

    Holds the array's buffer, which may be read-only, as long as it lives.
    """

    def __cinit__(self, X):
        PyObject_GetBuffer(X, &self.view, PyBUF_FORMAT | PyBUF_STRIDES)
        if self.view.ndim != 2:
            raise ValueError(f"X has {self.view.ndim} dimensions, expected 2")
        name = self.view.format.decode()
        if name not in TYPES:
            raise ValueError(f"X has elements of type {name!r}, expected numbers in native byte order")
        self.n_samples, self.n_features = self.view.shape[0], self.view.shape[1]
        if self.n_features > 1 and self.view.strides[1] != self.view.itemsize:
            raise ValueError("the rows of X must be contiguous")
        if <size_t>self.view.buf % self.view.itemsize or self.view.strides[0] % self.view.itemsize:
            raise ValueError("X must be aligned to its elements")
        self.data, self.type = <const char *>self.view.buf, TYPES[name]
        self.stride, self.n_bytes = self.view.strides[0], self.n_features * self.view.itemsize

    def __dealloc__(self):
        PyBuffer_Release(&self.view)
