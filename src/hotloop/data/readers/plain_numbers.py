"""Which columns of text are numbers: each cell a plain number, and none of them a code."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import as_mask, as_numpy
from hotloop.data.columns import EXACT, INFINITY, NUMBER, Column, trimmed

_LEADING_ZERO = r"^[+-]?0\d"

_DIGITS = r"^[+-]?\d+$"

_FIRST_ROWS = 64

_SLICE_BYTES = 1 << 17


def plain_numbers(text: Any, fraction: bool = False) -> NDArray[np.float64] | None:
    """Return Arrow text as numbers, NaN where missing; None if it is no column of numbers.

    A column of whole numbers is none if one of them has a leading zero, or has more digits than float64 can hold.

    Parameters
    ----------
    text : pyarrow.ChunkedArray or Array of string
    fraction : bool
        Whether another cell of the column is no whole number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        trimmed(text[:_FIRST_ROWS]).cast(pa.float64())  # each cell that fails costs as much as 50 others
        text = trimmed(text)
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    odd = text.filter(pc.invert(pc.is_finite(numbers)))
    if not pc.all(pc.match_substring_regex(odd, f"^({NUMBER}|{INFINITY})$"), min_count=0).as_py():
        return None  # nan
    values: NDArray[np.float64] = as_numpy(numbers, np.float64, np.nan)
    if fraction or not is_whole(values):
        return values
    long = np.abs(values) >= EXACT
    if long.any():
        long &= as_mask(pc.match_substring_regex(text, _DIGITS))
    zero = pc.any(pc.match_substring_regex(text, _LEADING_ZERO), min_count=0).as_py()
    return None if zero or long.any() else values


def settled(column: Column) -> Column:
    """Return a column of text as numbers if its words are."""
    assert column.codes is not None
    numbers = plain_numbers(column.words)
    if numbers is None:
        return column
    return Column("number", np.append(numbers, np.nan)[column.codes])  # the last place is -1


def is_whole(numbers: NDArray[np.float64]) -> bool:
    """Whether all numbers are whole; a missing one, NaN, is no matter."""
    return all(bool(((part == np.rint(part)) | np.isnan(part)).all()) for part in (numbers[:_FIRST_ROWS], numbers))


def may_have_leading_zero(raw: bytes, start: int, delimiter: str) -> bool:
    """Whether some cell from byte `start` on begins with a zero and a digit, perhaps behind a sign; other text may, too."""
    if re.compile(rb"[+-]?0\d").match(raw, start):
        return True
    text, mark = np.frombuffer(raw, np.uint8), ord(delimiter)
    for first in range(start, len(text) - 2, _SLICE_BYTES):  # a slice stays in the caches
        part = text[first : first + _SLICE_BYTES + 2]
        found = part[1:-1] == ord("0")
        found &= part[2:] - np.uint8(ord("0")) < 10
        found &= _outside(part[:-2], mark)
        places = np.flatnonzero(found) + first
        before = text[places]
        signed = (before == ord("+")) | (before == ord("-"))
        before[signed] = text[places[signed] - 1]
        if _outside(before, mark).any():
            return True
    return False


def _outside(text: NDArray[np.uint8], mark: int) -> NDArray[np.bool_]:
    """Where a byte is a separator, a line end, a blank, a quote or a sign; some other marks are taken for such."""
    outside = text < ord(".")
    return outside if mark < ord(".") else outside | (text == mark)
