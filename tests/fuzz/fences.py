"""Arrays that end, or begin, where no memory is: a kernel that leaves them ends the process, without any special build."""

import ctypes
import mmap

import numpy as np

PAGE, PAGES, ARENAS = mmap.PAGESIZE, 16, 40
NO_ACCESS = 0  # PROT_NONE

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Fences:
    """Room for some arrays, each between two pages that nobody may read or write."""

    def __init__(self):
        self.arenas = [self._arena() for _ in range(ARENAS)]
        self.taken = 0

    @staticmethod
    def _arena():
        n_bytes = (PAGES + 2) * PAGE
        start = libc.mmap(None, n_bytes, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        for page in (start, start + n_bytes - PAGE):
            if libc.mprotect(page, PAGE, NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")
        return np.frombuffer((ctypes.c_uint8 * (PAGES * PAGE)).from_address(start + PAGE), np.uint8)

    def clear(self):
        """Take all arrays back."""
        self.taken = 0

    def copy(self, array, at_end):
        """Return a copy beside a fence; of an array that is not contiguous, or finds no room, the array itself."""
        contiguous = array.flags.c_contiguous or array.flags.f_contiguous
        if type(array) is not np.ndarray or array.dtype.hasobject or not contiguous or self.taken == ARENAS:
            return array
        if array.nbytes > PAGES * PAGE or not array.dtype.itemsize:
            return array
        arena, self.taken = self.arenas[self.taken], self.taken + 1
        offset = PAGES * PAGE - array.nbytes if at_end else 0
        order = "C" if array.flags.c_contiguous else "F"
        copy = np.ndarray(array.shape, array.dtype, arena, offset, order=order)
        copy[...] = array
        copy.flags.writeable = array.flags.writeable
        return copy
