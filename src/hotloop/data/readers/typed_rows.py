"""The fast way from delimited text to columns: the kernel for plain pieces, pyarrow for others; odd text is left alone."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from hotloop.data.arrow_arrays import as_numpy
from hotloop.data.columns import EXACT
from hotloop.data.readers.ahead import ahead
from hotloop.data.readers.line_numbers import empty_lines, line_end, n_lines
from hotloop.data.readers.plain_numbers import is_whole, may_have_leading_zero, plain_numbers
from hotloop.data.readers.plain_rows import NUMBER, SKIPPED, TEXT, PlainRows
from hotloop.data.readers.quotes import opened_at_once
from hotloop.data.readers.source import last_row_end

_BLOCK_BYTES = 1 << 20

_LARGEST_BLOCK = (1 << 31) - 1  # pyarrow's block size is a 32-bit integer

# Below, pyarrow is given one thread, as its threads have made a process abort as it ended (apache/arrow#34314), and memory of
# the system: 10 MB for a small file in place of 28, but 580 MB for 1,000,000 rows of 26 words in place of 325.
SMALL_BYTES = 1 << 20

_HEAD_BYTES = 1 << 18

_MOST_THREADS = 4  # the thread that reads the file and gathers the columns keeps no more at work

_NULLS = ["", "?", " ", " ?"]  # with more blanks a cell is missing too, but takes a second look


def block_of(n_bytes: int) -> int:
    """Return a block size that holds so many bytes."""
    return min(n_bytes + 1, _LARGEST_BLOCK)


class OddTextError(Exception):
    """This text has to be read the careful way."""


@contextmanager
def _odd_text() -> Iterator[None]:
    """Ask for the careful way where pyarrow refuses text, or names cannot be bytes of it."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, UnicodeEncodeError):
        raise OddTextError from None


class Rows(NamedTuple):
    """Columns of rows that follow each other in a file.

    Attributes
    ----------
    columns : dict of str to ndarray of float64, or pyarrow.ChunkedArray
        Numbers, NaN where missing, or a dictionary of text.
    n_rows : int
    n_empty : int
        Empty lines passed over before and among the rows.
    n_behind : int
        Empty lines behind the last row.
    """

    columns: dict[str, Any]
    n_rows: int
    n_empty: int = 0
    n_behind: int = 0


class TypedRows:
    """Reads piece after piece of a file; a column that was text in one piece is text in those that follow.

    Parameters
    ----------
    names : sequence of str
        All columns of the file.
    delimiter : str
    wanted : collection of str
        The columns to read.
    text : collection of str
        Columns that are text whatever they hold.
    """

    def __init__(self, names: Sequence[str], delimiter: str, wanted: Collection[str], text: Collection[str]) -> None:
        self._names, self._delimiter = list(names), delimiter
        self._wanted = [name for name in names if name in wanted]
        self._text = set(text)
        self._fractions: set[str] = set()  # columns of numbers that are not all whole
        self._guessed = False

    def read(self, texts: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, Rows]]:
        """Yield each piece of text and its rows, good until the next; OddTextError asks for the careful way.

        Parameters
        ----------
        texts : iterable of (bytes, int)
            A piece, and where the first row begins.
        """
        import pyarrow as pa

        n_threads = min(pa.cpu_count(), _MOST_THREADS)
        readers = cycle([PlainRows() for _ in range(n_threads + 1)])
        for piece, start, expected, plain in ahead((self._task(*text, next(readers)) for text in texts), n_threads):
            yield piece, self._rows(piece, start, plain if expected == self._text else None)

    def _task(self, piece: bytes, start: int, reader: PlainRows) -> Callable[[], tuple[bytes, int, set[str], list[Any] | None]]:
        """Return what reads a piece if it is plain, given that the columns of text known by now are all."""
        if not self._guessed and not self._is_blank(piece, start):
            with _odd_text():
                self._guess(self._even(piece, start), start)
        text = set(self._text)
        wanted = set(self._wanted)
        kinds = [SKIPPED if name not in wanted else TEXT if name in text else NUMBER for name in self._names]
        return lambda: (piece, start, text, reader.read(piece, start, self._delimiter, kinds))

    def _rows(self, piece: bytes, start: int, plain: list[Any] | None) -> Rows:
        """Return the rows of a piece; `plain` are its columns if it was plain."""
        if plain:
            columns = dict(zip(self._wanted, plain, strict=True))
            for name in set(columns) - self._text - self._fractions:
                if not is_whole(columns[name]):
                    self._fractions.add(name)
            return Rows(columns, len(plain[0]))
        if self._is_blank(piece, start):
            return Rows({}, 0, 0, n_lines(piece, start))
        piece = self._even(piece, start)
        if piece.startswith(BOM_UTF8, start):  # pyarrow would drop it
            raise OddTextError
        with _odd_text():
            columns, n_rows = self._columns(piece, start)
        if len(self._names) == 1 or n_lines(piece, start) == n_rows:
            return Rows(columns, n_rows)
        n_empty, n_behind = empty_lines(piece, start, quotes=b'"' in piece)
        return Rows(columns, n_rows, n_empty - n_behind, n_behind)

    def _is_blank(self, piece: bytes, start: int) -> bool:
        return start == len(piece) or not (len(self._names) == 1 or re.compile(rb"[^\r\n]").search(piece, start))

    def _even(self, piece: bytes, start: int) -> bytes:
        """Return the text as pyarrow reads it; OddTextError if there is no such text."""
        if piece.find(b"\r", start) >= 0 and b"\n" in piece and piece.count(b"\r", start) != piece.count(b"\r\n", start):
            raise OddTextError
        if piece.find(b'"', start) < 0:
            return piece
        even = opened_at_once(piece, start, self._delimiter)
        if even is None:
            raise OddTextError
        return even

    def _guess(self, piece: bytes, start: int) -> None:
        """Find columns of text by the first rows."""
        import pyarrow as pa

        self._guessed = True
        head = piece[start : start + _HEAD_BYTES]
        stop = last_row_end(head, line_end(piece))
        numbers = [name for name in self._wanted if name not in self._text]
        if stop and numbers:
            cells = self._parse(head[:stop], 0, dict.fromkeys(numbers, pa.string()))
            self._text |= {name for name in numbers if plain_numbers(cells.column(name)) is None}

    def _columns(self, piece: bytes, start: int) -> tuple[dict[str, Any], int]:
        """Return the columns, and how many rows they have."""
        import pyarrow as pa

        types = {name: self._type(name) for name in self._wanted}
        numbers = [name for name in self._wanted if name not in self._text]
        try:
            table = self._parse(piece, start, types)
            columns = {name: table.column(name) for name in self._wanted}
            suspects = self._take_numbers(columns, numbers, piece, start)
            cells = self._parse(piece, start, dict.fromkeys(suspects, pa.string())) if suspects else table
        except pa.ArrowInvalid as error:
            if "conversion error to double" not in str(error):
                raise
            suspects = numbers
            table = cells = self._parse(piece, start, types | dict.fromkeys(numbers, pa.string()))
            columns = {name: table.column(name) for name in self._wanted}
        for name in suspects:
            columns[name] = plain_numbers(cells.column(name), name in self._fractions)
            if columns[name] is None:
                self._text.add(name)
                columns[name] = cells.column(name).dictionary_encode()
            elif not is_whole(columns[name]):
                self._fractions.add(name)
        return columns, table.num_rows

    def _type(self, name: str) -> Any:
        import pyarrow as pa

        return pa.dictionary(pa.int32(), pa.string()) if name in self._text else pa.float64()

    def _take_numbers(self, columns: dict[str, Any], numbers: list[str], piece: bytes, start: int) -> list[str]:
        """Turn columns of numbers into arrays; return those that may hold codes, or the word nan.

        Parameters
        ----------
        columns : dict of str to pyarrow.ChunkedArray
            Overwritten.
        numbers : list of str
            The columns of numbers.
        piece, start
            As for `read`.
        """
        zero = None
        suspects = []
        for name in numbers:
            cells = columns[name]
            columns[name] = values = as_numpy(cells, np.float64, np.nan)
            missing = np.isnan(values)
            n_missing = np.count_nonzero(missing)
            if n_missing > cells.null_count:
                suspects.append(name)
            elif n_missing < len(values) and name not in self._fractions:
                if not is_whole(values):
                    self._fractions.add(name)
                    continue
                if zero is None:
                    zero = may_have_leading_zero(piece, start, self._delimiter)
                if zero or (np.abs(values) >= EXACT).any():
                    suspects.append(name)
        return suspects

    def _parse(self, text: bytes, start: int, types: dict[str, Any]) -> Any:
        """Return the columns that have a type, as a pyarrow.Table."""
        import pyarrow as pa

        types = types or {self._names[0]: pa.binary()}  # no type would mean all columns
        whole = block_of(len(text))
        # Between blocks pyarrow (26.0) loses a line feed if the cut lies within a CR LF in quotes.
        size = whole if b'"' in text and b"\r\n" in text else _BLOCK_BYTES
        try:
            return self._parse_blocks(text, start, types, size)
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error):  # else: one row is longer than a block
                raise
            return self._parse_blocks(text, start, types, whole)

    def _parse_blocks(self, text: bytes, start: int, types: dict[str, Any], block_size: int) -> Any:
        """Parse in blocks of one size.

        Parameters
        ----------
        text : bytes
        start : int
        types : dict of str to pyarrow.DataType
        block_size : int
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        return arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(text).slice(start)),
            read_options=arrow_csv.ReadOptions(
                column_names=self._names, block_size=block_size, use_threads=len(text) >= SMALL_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=b'"' in text,
                ignore_empty_lines=len(self._names) > 1,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types, include_columns=list(types), null_values=_NULLS, strings_can_be_null=True
            ),
            memory_pool=pa.system_memory_pool() if len(text) < SMALL_BYTES else pa.default_memory_pool(),
        )
