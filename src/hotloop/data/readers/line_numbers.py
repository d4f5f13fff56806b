"""Where the rows of delimited text start: lines that are empty or lie inside quotes start none."""

from collections.abc import Sequence

import numpy as np


def line_end(raw: bytes) -> bytes:
    """Return the byte that ends the lines of `raw`; a line feed also stands for the pair CR LF."""
    return b"\n" if b"\n" in raw else b"\r"


def line_of_byte(raw: bytes, position: int) -> int:
    """Return the line, from 1, of the byte at `position`."""
    return raw.count(line_end(raw), 0, position) + 1


def row_starts(raw: bytes, start: int, quotes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return (line, byte) of each row of `raw` from byte `start` on; lines count from 0 at `start`.

    With `quotes` a line lies inside them if an odd number stands before it: right if
    `quotes_pair_up`.
    """
    text = np.frombuffer(raw, np.uint8)[start:]
    end = line_end(raw)[0]
    starts = np.concatenate(([0], np.flatnonzero(text == end) + 1))
    starts = starts[starts < len(text)]
    marks = np.flatnonzero(text == ord('"')) if quotes else np.zeros(0, np.intp)
    inside = np.searchsorted(marks, starts) % 2 == 1
    after = np.minimum(starts + 1, len(text) - 1)
    empty = (text[starts] == end) | ((text[starts] == ord("\r")) & (text[after] == end))
    rows = np.flatnonzero(~inside & ~empty)
    return rows, starts[rows] + start


def quotes_pair_up(raw: bytes, start: int, delimiter: str) -> bool:
    """Whether each first quote of a pair opens a cell, or follows a second one, and the reverse.

    A quote in the middle of an unquoted cell, as in 5" pipe, does not.
    """
    text = np.frombuffer(raw, np.uint8)[start:]
    marks = np.flatnonzero(text == ord('"'))
    beside = np.isin(np.arange(256), list(b' \t\r\n"' + delimiter.encode()))
    opening, closing = marks[0::2], marks[1::2]
    before = beside[text[opening[opening > 0] - 1]]
    after = beside[text[closing[closing < len(text) - 1] + 1]]
    return len(marks) % 2 == 0 and bool(before.all() and after.all())


def row_lines(raw: bytes, start: int, first_line: int, n_rows: int, delimiter: str) -> Sequence[int] | np.ndarray | None:
    """Return the line in the file of each of `n_rows` rows, or None where that cannot be told.

    Parameters
    ----------
    raw : bytes
    start : int
        First byte of the rows.
    first_line : int
        Line of that byte.
    n_rows : int
        Rows that the reader found.
    delimiter : str
    """
    end = line_end(raw)
    if raw.count(end, start) + (not raw.endswith(end)) == n_rows:  # each line is a row
        return range(first_line, first_line + n_rows)
    lines, _ = row_starts(raw, start, quotes=False)
    if len(lines) > n_rows and quotes_pair_up(raw, start, delimiter):
        lines, _ = row_starts(raw, start, quotes=True)
    return lines + first_line if len(lines) == n_rows else None
