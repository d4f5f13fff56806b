"""Rows by their non-zeros (CSR), where they lie in memory, of whatever type; and the check that they are such rows."""
from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int32_t, int64_t

ctypedef fused column:
    int32_t
    int64_t

from hotloop.kernels.samples import TYPES


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


def check_nonzeros(const int64_t[::1] starts not None, const column[::1] places not None, Py_ssize_t n_features):
    """See hotloop.reference.check_nonzeros. The GIL is released."""
    cdef Py_ssize_t row, n_samples = starts.shape[0] - 1
    cdef int64_t j, begin, end, falls = 0, borders = 0
    cdef column lowest = 0, highest = 0
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
    with nogil:
        lowest = highest = p[0]
        for j in range(1, end):
            lowest = min(lowest, p[j])
            highest = max(highest, p[j])
            falls += p[j] <= p[j - 1]
        for row in range(1, n_samples):
            begin = starts[row]
            if 0 < begin < end and starts[row + 1] > begin:
                borders += p[begin] <= p[begin - 1]
    if lowest < 0 or highest >= n_features:
        for row in range(n_samples):
            for j in range(starts[row], starts[row + 1]):
                if not 0 <= p[j] < n_features:
                    raise ValueError(f"row {row} has column index {p[j]}, expected 0 to {n_features - 1}")
    return falls == borders
