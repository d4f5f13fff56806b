"""Quotes around cells: whether they pair up, and blanks that stand before them."""

import numpy as np
from numpy.typing import NDArray

_BLANKS = b" \t"

_QUOTE = ord('"')


def quotes_pair_up(raw: bytes, start: int, delimiter: str) -> bool:
    """Whether each first quote of a pair opens a cell, or follows a second one, and the reverse.

    A quote in the middle of an unquoted cell, as in 5" pipe, does not.
    """
    text = np.frombuffer(raw, np.uint8)[start:]
    return _pair_up(text, np.flatnonzero(text == _QUOTE), delimiter)


def opened_at_once(raw: bytes, start: int, delimiter: str) -> bytes | None:
    """Return the text without blanks before the quotes that open cells, from byte `start` on; None if quotes do not pair up."""
    text = np.frombuffer(raw, np.uint8)[start:]
    marks = np.flatnonzero(text == _QUOTE)
    if not _pair_up(text, marks, delimiter):
        return None
    blank = _table(_BLANKS.replace(delimiter.encode(), b""))
    before = marks[0::2] - 1
    before = before[before >= 0]
    before = before[blank[text[before]]]
    if not len(before):
        return raw
    keep = np.ones(len(text), bool)
    while len(before):
        keep[before] = False
        before = before[before > 0] - 1
        at_cell = _table(b"\r\n" + delimiter.encode())[text[before]]
        before = before[~at_cell]
        if not blank[text[before]].all():
            return None  # a quote within a cell
    return raw[:start] + text[keep].tobytes()


def _pair_up(text: NDArray[np.uint8], marks: NDArray[np.intp], delimiter: str) -> bool:
    beside = _table(_BLANKS + b'\r\n"' + delimiter.encode())
    opening, closing = marks[0::2], marks[1::2]
    before = beside[text[opening[opening > 0] - 1]]
    after = beside[text[closing[closing < len(text) - 1] + 1]]
    return len(marks) % 2 == 0 and bool(before.all() and after.all())


def _table(characters: bytes) -> NDArray[np.bool_]:
    """Return for each byte whether it is one of these."""
    return np.isin(np.arange(256), list(characters))
