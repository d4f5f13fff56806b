"""Tokens of documents hashed to columns: words and runs of them, runs of characters (docs/decisions/0014).

MurmurHash3 (x86, 32 bits, seed 0; Appleby 2011) of a token's UTF-8 bytes, read as a signed number: its absolute value modulo the
number of columns is the column, its sign that of the entry.
"""
import numpy as np

cimport cython
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy


cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)


cdef struct Tokens:
    # The units of a document, words or characters, one after the other in a buffer, and the entries that their runs make.
    uint8_t *text
    Py_ssize_t text_room  # bytes; the other rooms count elements
    Py_ssize_t *begin     # of each unit in text
    Py_ssize_t *end
    Py_ssize_t units_room
    uint64_t *entry       # column, then a bit that is 1 for a negative sign
    Py_ssize_t entries_room


@cython.auto_pickle(False)
cdef class _Buffers:
    """Owns the memory of Tokens."""
    cdef Tokens t

    def __dealloc__(self):
        free(self.t.text)
        free(self.t.begin)
        free(self.t.end)
        free(self.t.entry)


cdef inline uint32_t murmur(const uint8_t *x, Py_ssize_t n) noexcept nogil:
    cdef uint32_t h = 0, k
    cdef Py_ssize_t i = 0
    while i + 4 <= n:
        memcpy(&k, x + i, 4)
        k *= <uint32_t>0xcc9e2d51
        k = (k << 15) | (k >> 17)
        h ^= k * <uint32_t>0x1b873593
        h = (h << 13) | (h >> 19)
        h = h * 5 + <uint32_t>0xe6546b64
        i += 4
    k = 0
    if n - i >= 3:
        k ^= <uint32_t>x[i + 2] << 16
    if n - i >= 2:
        k ^= <uint32_t>x[i + 1] << 8
    if n - i >= 1:
        k = (k ^ x[i]) * <uint32_t>0xcc9e2d51
        h ^= ((k << 15) | (k >> 17)) * <uint32_t>0x1b873593
    h ^= <uint32_t>n
    h ^= h >> 16
    h *= <uint32_t>0x85ebca6b
    h ^= h >> 13
    h *= <uint32_t>0xc2b2ae35
    return h ^ h >> 16


cdef inline uint64_t entry_of(const uint8_t *x, Py_ssize_t n, uint32_t n_features) noexcept nogil:
    cdef uint32_t h = murmur(x, n), negative = h >> 31
    return (<uint64_t>((0 - h if negative else h) % n_features) << 1) | negative


cdef void sort(uint64_t *a, Py_ssize_t n) noexcept nogil:
    """Ascending: quicksort by the median of three, short pieces by insertion."""
    cdef Py_ssize_t i, j
    cdef uint64_t x, t
    while n > 16:
        i, j = 0, n - 1
        if a[n // 2] < a[0]:
            a[0], a[n // 2] = a[n // 2], a[0]
        if a[n - 1] < a[0]:
            a[0], a[n - 1] = a[n - 1], a[0]
        if a[n - 1] < a[n // 2]:
            a[n - 1], a[n // 2] = a[n // 2], a[n - 1]
        x = a[n // 2]
        while i <= j:
            while a[i] < x:
                i += 1
            while a[j] > x:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if j + 1 < n - i:  # the shorter piece first: the stack stays flat
            sort(a, j + 1)
            a, n = a + i, n - i
        else:
            sort(a + i, n - i)
            n = j + 1
    for i in range(1, n):
        t = a[i]
        j = i
        while j > 0 and a[j - 1] > t:
            a[j] = a[j - 1]
            j -= 1
        a[j] = t


cdef void *grown(void *p, Py_ssize_t n_bytes) except NULL:
    p = realloc(p, n_bytes)
    if p == NULL:
        raise MemoryError()
    return p


cdef int reserve(Tokens *t, Py_ssize_t text, Py_ssize_t units, Py_ssize_t entries) except -1:
    """Make room for so many bytes, units and entries."""
    if text > 0x7fffffff:
        raise ValueError(f"a document has {text} bytes, there may be 2^31 - 1 at most")
    if text > t.text_room:
        t.text = <uint8_t *>grown(t.text, 2 * text)
        t.text_room = 2 * text
    if units > t.units_room:
        t.begin = <Py_ssize_t *>grown(t.begin, 2 * units * sizeof(Py_ssize_t))
        t.end = <Py_ssize_t *>grown(t.end, 2 * units * sizeof(Py_ssize_t))
        t.units_room = 2 * units
    if entries > t.entries_room:
        t.entry = <uint64_t *>grown(t.entry, 2 * entries * sizeof(uint64_t))
        t.entries_room = 2 * entries
    return 0


cdef inline bint is_word(uint8_t c) noexcept nogil:
    return c'a' <= c <= c'z' or c'0' <= c <= c'9' or c'A' <= c <= c'Z' or c == c'_'


cdef Py_ssize_t words_of_ascii(Tokens *t, const uint8_t *x, Py_ssize_t n, bint lower) noexcept nogil:
    """Write the words of two characters and more into the buffer, a blank between them; returns how many there are."""
    cdef Py_ssize_t i = 0, j, at = 0, found = 0
    cdef uint8_t c
    while i < n:
        if not is_word(x[i]):
            i += 1
            continue
        j = i
        while j < n and is_word(x[j]):
            j += 1
        if j - i >= 2:
            t.begin[found] = at
            while i < j:
                c = x[i]
                t.text[at] = c + 32 if lower and c'A' <= c <= c'Z' else c
                at += 1
                i += 1
            t.end[found] = at
            t.text[at] = c' '
            at += 1
            found += 1
        i = j
    return found


cdef Py_ssize_t add_runs(
    Tokens *t, Py_ssize_t n_entries, Py_ssize_t units, Py_ssize_t shortest, Py_ssize_t longest, uint32_t n_features
) noexcept nogil:
    """Hash the runs of shortest to longest units behind n_entries entries; returns how many entries there are then."""
    cdef Py_ssize_t length, i
    for length in range(shortest, min(longest, units) + 1):
        for i in range(units - length + 1):
            t.entry[n_entries] = entry_of(t.text + t.begin[i], t.end[i + length - 1] - t.begin[i], n_features)
            n_entries += 1
    return n_entries


cdef int check_runs(Py_ssize_t shortest, Py_ssize_t longest, Py_ssize_t n_features) except -1:
    if not 1 <= shortest <= longest < 1 << 31:
        raise ValueError(f"runs have {shortest} to {longest} units, expected 1 <= shortest <= longest < 2^31")
    if not 1 <= n_features <= 0x7fffffff:
        raise ValueError(f"n_features is {n_features}, expected a whole number from 1 to 2^31 - 1")
    return 0


cdef inline Py_ssize_t most_runs(Py_ssize_t units, Py_ssize_t shortest, Py_ssize_t longest) noexcept:
    """Return at least how many runs of shortest to longest units there are."""
    return max(0, min(longest, units) - shortest + 1) * units


cdef Py_ssize_t take_units(Tokens *t, units, const char *between) except -1:
    """Write strings into the buffer, ``between`` (a character or none) after each; returns how many there are."""
    cdef Py_ssize_t at = 0, found = 0, n = 0
    cdef const char *x
    reserve(t, 1, 1, 0)
    for unit in units:
        x = PyUnicode_AsUTF8AndSize(unit, &n)
        reserve(t, at + n + 1, found + 1, 0)
        memcpy(t.text + at, x, n)
        t.begin[found], t.end[found] = at, at + n
        at += n
        if between[0] != 0:
            t.text[at] = between[0]
            at += 1
        found += 1
    return found


cdef Py_ssize_t take_words(Tokens *t, document, Py_ssize_t row, bint lower, words) except -1:
    """Write the words of a document into the buffer; returns how many there are."""
    cdef Py_ssize_t n = 0, units
    cdef const char *x
    if not isinstance(document, str):
        raise TypeError(f"document {row} is of type {type(document).__name__}, expected str")
    if not PyUnicode_IS_ASCII(document):
        return take_units(t, words(document), b" ")
    x = PyUnicode_AsUTF8AndSize(document, &n)
    reserve(t, n + 1, n // 2 + 1, 0)
    with nogil:
        units = words_of_ascii(t, <const uint8_t *>x, n, lower)
    return units


@cython.auto_pickle(False)
cdef class _CSRBuilder:
    """CSR rows that grow."""
    cdef list indptr
    cdef object indices, data
    cdef int32_t[::1] index
    cdef float[::1] value
    cdef Py_ssize_t n

    def __init__(self):
        self.indptr, self.indices, self.data, self.n = [0], np.empty(1 << 16, np.int32), np.empty(1 << 16, np.float32), 0
        self.index, self.value = self.indices, self.data

    cdef int add_row(self, uint64_t *entry, Py_ssize_t n, bint signed) except -1:
        """Add a row of entries, those of one column summed."""
        cdef Py_ssize_t i
        cdef int64_t last = -1
        cdef float one
        if self.n + n > self.index.shape[0]:
            room = 2 * (self.n + n)
            self.indices, self.data = np.resize(self.indices, room), np.resize(self.data, room)
            self.index, self.value = self.indices, self.data
        with nogil:
            sort(entry, n)
            for i in range(n):
                one = -1 if signed and entry[i] & 1 else 1
                if <int64_t>(entry[i] >> 1) == last:
                    self.value[self.n - 1] += one
                else:
                    last = <int64_t>(entry[i] >> 1)
                    self.index[self.n], self.value[self.n] = <int32_t>last, one
                    self.n += 1
        self.indptr.append(self.n)
        return 0

    cdef tuple rows(self):
        return np.array(self.indptr, np.int64), self.indices[:self.n], self.data[:self.n]


def hash_words(documents, Py_ssize_t shortest, Py_ssize_t longest, Py_ssize_t n_features, bint lower, bint signed, words):
    """See hotloop.reference.hash_words."""
    cdef _Buffers buffers = _Buffers()
    cdef Tokens *t = &buffers.t
    cdef _CSRBuilder csr = _CSRBuilder()
    cdef Py_ssize_t units, n_entries
    check_runs(shortest, longest, n_features)
    for row, document in enumerate(documents):
        units = take_words(t, document, row, lower, words)
        reserve(t, 0, 0, most_runs(units, shortest, longest))
        with nogil:
            n_entries = add_runs(t, 0, units, shortest, longest, <uint32_t>n_features)
        csr.add_row(t.entry, n_entries, signed)
    return csr.rows()


def hash_units(documents, str between, Py_ssize_t shortest, Py_ssize_t longest, Py_ssize_t n_features, bint signed):
    """See hotloop.reference.hash_units."""
    cdef _Buffers buffers = _Buffers()
    cdef Tokens *t = &buffers.t
    cdef _CSRBuilder csr = _CSRBuilder()
    cdef Py_ssize_t units, n_entries
    cdef const char *blank = b" " if between else b""
    if between not in ("", " "):
        raise ValueError(f"between is {between!r}, expected a blank or nothing")
    check_runs(shortest, longest, n_features)
    for segments in documents:
        n_entries = 0
        for segment in segments:
            units = take_units(t, segment, blank)
            reserve(t, 0, 0, n_entries + max(1, most_runs(units, shortest, longest)))
            with nogil:
                n_entries = add_runs(t, n_entries, units, shortest, longest, <uint32_t>n_features)
        csr.add_row(t.entry, n_entries, signed)
    return csr.rows()


def murmurhash3(tokens):
    """See hotloop.reference.murmurhash3."""
    tokens = list(tokens)
    found = np.empty(len(tokens), np.int32)
    cdef int32_t[::1] h = found
    cdef Py_ssize_t n = 0, i = 0
    cdef const char *x
    for token in tokens:
        x = PyUnicode_AsUTF8AndSize(token, &n)
        h[i] = <int32_t>murmur(<const uint8_t *>x, n)
        i += 1
    return found
