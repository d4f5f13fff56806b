# What the statistics of dense and of CSR columns share.
from libc.string cimport memcpy


cdef struct Moments:
    # See hotloop.structs.ColumnMoments.
    double *total_weight
    double *mean
    double *deviation
    double *lowest
    double *highest
    double *others
    double *seen             # NULL: all rows have all columns


cdef class Columns:
    cdef double[::1] total_weight, mean, deviation, lowest, highest, others, seen
    cdef Moments moments


cdef inline double weight_of(const double[:] sample_weight, Py_ssize_t row) noexcept nogil:
    """Return the weight of a row, wherever it lies: as the field of a packed record at an address that is no multiple of 8."""
    cdef double weight
    memcpy(&weight, &sample_weight[row], sizeof(double))
    return weight


cdef inline void take_value(double value, double *lowest, double *highest, double *others) noexcept nogil:
    """Take a value of a column into its extremes; others becomes 1 with a third value."""
    if value != lowest[0] and value != highest[0]:
        if lowest[0] != highest[0]:
            others[0] = 1
        lowest[0], highest[0] = min(lowest[0], value), max(highest[0], value)
