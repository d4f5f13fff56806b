"""Permutations of row numbers."""
import numpy as np

from libc.stdint cimport uint32_t, uint64_t

from hotloop.kernels.vectors cimport levels


def permutation(Py_ssize_t n, const uint32_t[::1] keys not None):
    """See hotloop.reference.permutation. The GIL is released."""
    if keys.shape[0] != levels.ROUNDS:
        raise ValueError(f"keys has {keys.shape[0]} entries, expected {levels.ROUNDS}")
    if n < 0:
        raise ValueError(f"n is {n}, expected a number that is not negative")
    cdef int bits = max(n - 1, 1).bit_length()
    cdef int low_bits = (bits + 1) // 2
    order = np.empty(n, np.intp)
    cdef Py_ssize_t[::1] out = order
    cdef uint64_t places[levels.GROUP]
    cdef Py_ssize_t first = 0, found = 0, end = <Py_ssize_t>1 << bits, i
    with nogil:
        while found < n:
            levels.active.permute(first, low_bits, bits - low_bits, &keys[0], places)
            for i in range(min(<Py_ssize_t>levels.GROUP, end - first)):
                if places[i] < <uint64_t>n:
                    out[found] = <Py_ssize_t>places[i]
                    found += 1
            first += levels.GROUP
    return order
