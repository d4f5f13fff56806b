"""Rows of delimited text as numbers and words, where every cell is plain; anything else is left to a reader that knows more.

A number of up to 19 digits, w, times a power of ten is a product of integers: w and the leading 64 bits of the power, or 128 where
the first do not settle which float64 is nearest (Lemire 2021, Number Parsing at a Gigabyte per Second).
"""
from itertools import combinations

import numpy as np

from libc.stdint cimport int8_t, int32_t, uint8_t, uint64_t
from libc.string cimport memcpy


cdef extern from *:
    """
    typedef unsigned __int128 hotloop_uint128;
    """
    ctypedef unsigned long long uint128 "hotloop_uint128"
    int __builtin_clzll(uint64_t x) noexcept nogil
    int __builtin_ctzll(uint64_t x) noexcept nogil

cdef enum:
    LEAST = -300  # powers of ten: no product is subnormal, none overflows
    MOST = 288
    MOST_GIVEN = 999
    DIGITS = 19   # that any 64 bits hold
    SKIPPED = 0
    NUMBER = 1
    TEXT = 2

cdef uint64_t upper[MOST - LEAST + 1]  # (upper 2^64 + lower) 2^(exponent - 64) is 10^e cut off, upper >= 2^63
cdef uint64_t lower[MOST - LEAST + 1]
cdef int exponent[MOST - LEAST + 1]
cdef uint64_t tens[9]
cdef double NAN = float("nan")


cdef void make_tables():
    for e in range(9):
        tens[e] = 10 ** e
    for e in range(LEAST, MOST + 1):
        power = 10 ** e if e >= 0 else (1 << 1200) // 10 ** -e
        bits = power.bit_length()
        power = power << 128 >> bits
        upper[e - LEAST], lower[e - LEAST] = power >> 64, power & ((1 << 64) - 1)
        exponent[e - LEAST] = bits - 64 - (1200 if e < 0 else 0)


make_tables()


cdef inline uint128 normalised(uint128 product, int *power) noexcept nogil:
    """Shift the highest bit up. No branch: it would be guessed wrong at every third number."""
    cdef int shift = 1 - <int>(product >> 127)
    power[0] -= shift
    return product << shift


cdef inline bint is_undecided(uint128 product, uint128 error) noexcept nogil:
    """Whether the bits behind the leading 53 are so near to a half that the error of the product decides."""
    cdef uint128 half = <uint128>1 << 74
    return (product & (2 * half - 1)) - half + error <= 2 * error


cdef inline bint nearest(uint64_t w, int e, bint negative, double *value) noexcept nogil:
    """Write the float64 nearest to w 10^e, w > 0; returns False where it is half way between two."""
    cdef int zeros = __builtin_clzll(w), power = exponent[e - LEAST] - zeros
    cdef int first_power = power
    cdef uint128 first = <uint128>(w << zeros) * upper[e - LEAST]
    cdef uint128 product = normalised(first, &power)
    cdef uint64_t bits
    if is_undecided(product, <uint128>2 << 64):
        power = first_power
        product = normalised(first + (<uint128>(w << zeros) * lower[e - LEAST] >> 64), &power)
        if is_undecided(product, 4):
            return False
    bits = <uint64_t>(product >> 75) - (<uint64_t>1 << 52) + (<uint64_t>(product >> 74) & 1)
    bits += <uint64_t>(power + 127 + 1023) << 52
    bits |= <uint64_t>negative << 63
    memcpy(value, &bits, 8)
    return True


cdef inline bint is_digit(uint8_t c) noexcept nogil:
    return <uint8_t>(c - c'0') <= 9


cdef inline int leading_digits(const uint8_t *p, uint64_t *w) noexcept nogil:
    """Append the digits that 8 bytes begin with to w; returns how many there are."""
    cdef uint64_t t, odd
    cdef int n
    memcpy(&t, p, 8)
    t ^= <uint64_t>0x3030303030303030
    odd = ((t + <uint64_t>0x7676767676767676) | t) & <uint64_t>0x8080808080808080  # the lowest bit is that of the first other byte
    n = __builtin_ctzll(odd) >> 3 if odd else 8
    t = t << 8 * (7 - n) << 8 if n < 8 else t  # zeros go before
    t = t * 10 + (t >> 8)
    t = ((t & <uint64_t>0x000000ff000000ff) * <uint64_t>0x000f424000000064
         + ((t >> 16) & <uint64_t>0x000000ff000000ff) * <uint64_t>0x0000271000000001) >> 32
    w[0] = w[0] * tens[n] + t
    return n


cdef inline const uint8_t *read_digits(const uint8_t *p, const uint8_t *stop, uint64_t *w) noexcept nogil:
    """Append digits to w; returns the end of them."""
    cdef int n = 8
    while n == 8 and stop - p >= 8:
        n = leading_digits(p, w)
        p += n
    while stop - p < 8 and is_digit(p[0]):
        w[0] = 10 * w[0] + (p[0] - c'0')
        p += 1
    return p


cdef inline const uint8_t *read_exponent(const uint8_t *p, int *e) noexcept nogil:
    """Add the exponent at p to e; returns its end, p where there is none, or one of four digits."""
    cdef const uint8_t *q = p + (p[0] == c'-' or p[0] == c'+')
    cdef int given = 0
    if not is_digit(q[0]):
        return p
    while is_digit(q[0]):
        given = 10 * given + (q[0] - c'0')
        if given > MOST_GIVEN:  # beside as many digits behind the point the sum would be in range
            return p
        q += 1
    e[0] += -given if p[0] == c'-' else given
    return q


cdef const uint8_t *read_number(const uint8_t *p, const uint8_t *stop, double *value) noexcept nogil:
    """Read a cell of a number; returns its end, NULL where it is odd. A byte that is no part of a number stands at `stop`."""
    cdef const uint8_t *first
    cdef const uint8_t *digits
    cdef uint64_t w = 0
    cdef Py_ssize_t n_digits
    cdef int e = 0
    cdef bint negative, is_whole = True
    while p[0] == c' ':
        p += 1
    negative = p[0] == c'-'
    digits = first = p + negative
    p = read_digits(digits, stop, &w)
    n_digits = p - digits
    if n_digits > 1 and digits[0] == c'0':  # perhaps a code
        return NULL
    if p[0] == c'.':
        digits = p + 1
        p = read_digits(digits, stop, &w)
        e = <int>(digits - p)
        n_digits -= e
        is_whole = False
    if n_digits == 0:
        if p != first or negative:
            return NULL
        value[0] = NAN
        return p + (p[0] == c'?')
    if p[0] == c'e' or p[0] == c'E':
        digits = p + 1
        p = read_exponent(digits, &e)
        if p == digits:
            return NULL
        is_whole = False
    if n_digits > DIGITS:
        while n_digits > DIGITS and (first[0] == c'0' or first[0] == c'.'):
            n_digits -= first[0] == c'0'
            first += 1
        if n_digits > DIGITS:
            return NULL
    if w == 0:
        value[0] = -0.0 if negative else 0.0
        return p
    if is_whole and w >= <uint64_t>1 << 53:  # float64 may not hold its digits
        return NULL
    return p if LEAST <= e <= MOST and nearest(w, e, negative, value) else NULL


cdef inline const uint8_t *end_of_cell(const uint8_t *p, const uint8_t *stop, uint8_t mark) noexcept nogil:
    while p < stop and p[0] != mark and p[0] != c'\n' and p[0] != c'\r':
        p += 1
    return p


cdef Py_ssize_t read_rows(
    const uint8_t *p, const uint8_t *stop, uint8_t mark, const int8_t[::1] kinds, double[:, ::1] numbers, int32_t[:, ::1] ends,
    uint8_t[:, ::1] words,
) noexcept nogil:
    """Read rows; returns how many there are, -1 where one is odd."""
    cdef Py_ssize_t n_columns = kinds.shape[0], row = 0, column, number, word
    cdef const uint8_t *end
    cdef double value = 0.0
    while p < stop:
        if row == numbers.shape[1]:
            return -1
        number = word = 0
        for column in range(n_columns):
            if kinds[column] == NUMBER:
                end = read_number(p, stop, &value)
                if end == NULL:
                    return -1
                numbers[number, row] = value
                number += 1
                while end < stop and end[0] == c' ':
                    end += 1
            else:
                end = end_of_cell(p, stop, mark)
                if kinds[column] == TEXT:
                    memcpy(&words[word, ends[word, row]], p, end - p)
                    ends[word, row + 1] = ends[word, row] + <int32_t>(end - p)
                    word += 1
            p = end
            if column < n_columns - 1:
                if p >= stop or p[0] != mark:
                    return -1
                p += 1
        row += 1
        if p < stop:
            p += p[0] == c'\r'
            if p[0] != c'\n':
                return -1
            p += 1
    return row if p == stop else -1


def delimited_cells(
    bytes text not None, Py_ssize_t start, int delimiter, const int8_t[::1] kinds not None, double[:, ::1] numbers not None,
    int32_t[:, ::1] ends not None, uint8_t[:, ::1] words not None,
):
    """Read plain cells; the reference has the description."""
    cdef const uint8_t *first = text
    cdef Py_ssize_t n_rows, n_bytes = len(text) - start, column
    cdef int n_numbers = 0, n_texts = 0
    if not 0 <= start <= len(text) or n_bytes >= 1 << 31:
        raise ValueError(f"rows from byte {start} on, of a text of {len(text)}")
    if not 0 < delimiter < 128 or chr(delimiter).isalnum() or chr(delimiter) in " .+-?\r\n":
        raise ValueError(f"the delimiter {delimiter} can be part of a cell")
    if not kinds.shape[0]:
        raise ValueError("there are no columns")
    for column in range(kinds.shape[0]):
        if not SKIPPED <= kinds[column] <= TEXT:
            raise ValueError(f"column {column} is of kind {kinds[column]}")
        n_numbers += kinds[column] == NUMBER
        n_texts += kinds[column] == TEXT
    if numbers.shape[0] != n_numbers or ends.shape[0] != n_texts or words.shape[0] != n_texts:
        raise ValueError("the arrays are not those of these columns")
    if ends.shape[1] <= numbers.shape[1] or words.shape[1] < n_bytes:
        raise ValueError("the arrays have too little room")
    if any(np.may_share_memory(one, other) for one, other in combinations((kinds, numbers, ends, words), 2)):
        raise ValueError("the arrays overlap")
    for column in range(n_texts):
        ends[column, 0] = 0
    with nogil:
        n_rows = read_rows(first + start, first + start + n_bytes, <uint8_t>delimiter, kinds, numbers, ends, words)
    return n_rows
