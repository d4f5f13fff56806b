"""Rows of delimited text as numbers and words, where every cell is plain."""

import math
import re
from fractions import Fraction
from itertools import combinations

import numpy as np

from hotloop.reference.losses import Array

SKIPPED, NUMBER, TEXT = 0, 1, 2  # kinds of columns

DIGITS = 19  # that any 64 bits hold
LEAST, MOST = -300, 288  # powers of ten

_EXPONENT_DIGITS = 3

_NUMBER = re.compile(
    rb" *(?P<number>-?((?P<whole>0|[1-9]\d*)(?P<fraction>\.\d*)?|(?P<only_fraction>\.\d+))([eE](?P<power>[+-]?\d+))?|\??) *"
)

_EXACT = 2**53  # below it float64 holds each integer


def delimited_cells(text: bytes, start: int, delimiter: int, kinds: Array, numbers: Array, ends: Array, words: Array) -> int:
    """Read rows of text; return how many there are, or -1 where one of them is odd.

    Odd among numbers is what is not surely one: a leading zero, a plus, a word, an integer of 2^53 and more. So are those that
    take a longer look: of 20 digits, an exponent of four, a whole number times 10^e with e below -300 or above 288, half way
    between two float64. So is a row of fewer or more cells, and a carriage return but before a line feed. Quotes are ordinary
    characters.

    Parameters
    ----------
    text : bytes
    start : int
        The rows are text[start:], a line each; the last one may lack its end.
    delimiter : int
        The byte between cells. It can be part of no number.
    kinds : ndarray of shape (n_columns,), int8
        SKIPPED, NUMBER or TEXT.
    numbers : ndarray of shape (n_numbers, room), float64
        Overwritten with the float64 nearest to each number, NaN where a cell is empty or a question mark. More rows are odd.
    ends : ndarray of shape (n_texts, more than room), int32
        Overwritten: cell i of a column of text is words[ends[i] : ends[i + 1]], blanks and all.
    words : ndarray of shape (n_texts, at least the bytes of the rows), uint8
        Overwritten.

    Raises
    ------
    ValueError
        The arrays do not have these shapes or share memory, or the delimiter can be part of a cell.
    """
    if (len(numbers), len(ends), len(words)) != ((kinds == NUMBER).sum(), (kinds == TEXT).sum(), (kinds == TEXT).sum()):
        raise ValueError("the arrays are not those of these columns")
    if not 0 <= start <= len(text):
        raise ValueError(f"rows from byte {start} on, of a text of {len(text)}")
    if ends.shape[1] <= numbers.shape[1] or words.shape[1] < len(text) - start:
        raise ValueError("the arrays have too little room")
    if any(np.may_share_memory(one, other) for one, other in combinations((kinds, numbers, ends, words), 2)):
        raise ValueError("the arrays overlap")
    if not len(kinds):
        raise ValueError("there are no columns")
    if not 0 < delimiter < 128 or chr(delimiter).isalnum() or chr(delimiter) in " .+-?\r\n":
        raise ValueError(f"the delimiter {delimiter} can be part of a cell")
    if b"\r" in text[start:].replace(b"\r\n", b""):
        return -1
    lines = text[start:].removesuffix(b"\n").split(b"\n") if start < len(text) else []
    if len(lines) > numbers.shape[1]:
        return -1
    ends[:, 0] = 0
    for row, line in enumerate(lines):
        cells = line.removesuffix(b"\r").split(bytes([delimiter]))
        if len(cells) != len(kinds):
            return -1
        found = [_number(cell) for cell, kind in zip(cells, kinds, strict=True) if kind == NUMBER]
        if None in found:
            return -1
        numbers[:, row] = found
        for column, cell in enumerate(cell for cell, kind in zip(cells, kinds, strict=True) if kind == TEXT):
            ends[column, row + 1] = ends[column, row] + len(cell)
            words[column, ends[column, row] : ends[column, row + 1]] = np.frombuffer(cell, np.uint8)
    return len(lines)


def _number(cell: bytes) -> float | None:
    """Return the number of a cell, None where it is odd."""
    match = _NUMBER.fullmatch(cell)
    if match is None:
        return None
    if not match["number"].strip(b"?"):
        return math.nan
    value, fraction = float(match["number"]), match["fraction"] or match["only_fraction"] or b""
    digits = ((match["whole"] or b"") + fraction).replace(b".", b"").lstrip(b"0")
    exponent = (match["power"] or b"").lstrip(b"+-").lstrip(b"0")
    if len(exponent) > _EXPONENT_DIGITS:
        return None
    given = -int(exponent or 0) if (match["power"] or b"").startswith(b"-") else int(exponent or 0)
    power = given - len(fraction.removeprefix(b"."))
    if not digits:
        return 0.0 * value
    if len(digits) > DIGITS or (not fraction and match["power"] is None and int(digits) >= _EXACT):
        return None
    if not LEAST <= power <= MOST:
        return None
    exact = abs(Fraction(match["number"].decode()))
    near = [math.nextafter(abs(value), to) for to in (0.0, math.inf)]
    return None if 2 * exact in [Fraction(abs(value)) + Fraction(other) for other in near] else value
