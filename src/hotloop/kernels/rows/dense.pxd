# The rows of a 2-D array, where they lie in memory, of whatever type.
from cython cimport floating

from hotloop.kernels.vectors cimport levels


cdef struct Dense:
    const char *data
    Py_ssize_t stride            # bytes from one row to the next
    int type                     # of vectors.h


cdef class Samples:
    cdef Py_buffer view
    cdef const char *data
    cdef readonly Py_ssize_t n_samples
    cdef readonly Py_ssize_t n_features
    cdef Py_ssize_t stride       # bytes from one row to the next
    cdef Py_ssize_t n_bytes      # of one row
    cdef int type                # of vectors.h


cdef inline bint as_they_are(int type, const floating *center, const floating *w) noexcept nogil:
    """Whether rows of this type can be read where they lie, by a kernel of the type of w: no conversion, no standardisation."""
    if floating is float:
        return type == levels.F32 and center == NULL
    else:
        return type == levels.F64 and center == NULL


cdef inline const floating *row(
    const levels.vectors *v, const char *x, int type, Py_ssize_t n, const floating *center, const floating *scale,
    floating *scratch
) noexcept nogil:
    """Return the row at x as a kernel reads it: where it lies, or converted and standardised (LR-9) into the scratch."""
    if as_they_are(type, center, <const floating *>scratch):
        return <const floating *>x
    levels.load(v, type, n, x, center, scale, scratch)
    return scratch
