"""A file of delimited text: its separator and header, and its rows piece by piece."""

import contextlib
import csv
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from hotloop.data.errors import DataError
from hotloop.data.readers.delimited_rows import Body, read_rows
from hotloop.data.readers.growing_column import as_column
from hotloop.data.readers.header import names_of_header, numbered
from hotloop.data.readers.line_numbers import line_end, row_starts
from hotloop.data.readers.quotes import quotes_pair_up
from hotloop.data.readers.separator import find_separator, split_rows
from hotloop.data.readers.source import Source
from hotloop.data.readers.typed_rows import OddTextError, Rows, TypedRows
from hotloop.data.table import Place, Table

_HEAD_BYTES = 1 << 20


class DelimitedReader:
    """Reads a file of delimited text in pieces, and again when asked again.

    Memory is that of some pieces of 4 MB of text, whatever the size of the file. Only text that is odd (quotes within cells,
    a malformed line) is looked at as a whole.

    Parameters
    ----------
    path, header, delimiter, encoding, text, columns, drop
        As for ``read_table``, one path.

    Attributes
    ----------
    name : str
        The file, as messages name it.
    names : list of str
        All columns of the file.
    wanted : list of str
        The columns that are read.
    delimiter : str
    header : bool
    n_expected : float
        A guess at the rows, by the first piece; packed text has more.

    Raises
    ------
    DataError
        The file is empty, names are empty or repeated, or the separator cannot be told.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        header: bool = True,
        delimiter: str | None = None,
        encoding: str = "utf-8",
        text: Collection[str] = (),
        columns: Collection[str] | None = None,
        drop: Collection[str] = (),
    ) -> None:
        try:
            import pyarrow.csv  # noqa: F401
        except ImportError:
            raise ImportError("reading CSV needs pyarrow: pip install 'hotloop[cli]'") from None
        given = None if delimiter is None else _checked(delimiter)
        self._source = Source(path, encoding)
        self.name, self.header = self._source.name, header
        head = self._head()
        self.delimiter = find_separator(head, self.name) if given is None else given
        try:
            first, n_bytes, n_lines = next(split_rows(head, self.delimiter))
        except csv.Error as error:
            raise DataError(f"{self.name}, line 1: {error}") from None
        if header:
            self.names, self._header_notes = names_of_header(first, f"{self.name}, line {n_lines}")
            if not re.compile(rb"\S").search(head, n_bytes):
                raise DataError(f"{self.name}: there is a header, but no rows")
            self._start, self._first_line = n_bytes, n_lines + 1
        else:
            self.names, self._header_notes = numbered(len(first)), []
            self._start, self._first_line = 0, 1
        self.wanted = [name for name in self.names if (columns is None or name in columns) and name not in drop]
        self._text = frozenset(text)
        self.n_expected = 0.0
        self._is_odd = False
        self._lines: Sequence[int] | np.ndarray | None = None  # of odd text
        self._odd_notes: list[str] = []
        self._n_empty = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the header, and of the rows read so far."""
        lines = "1 empty line" if self._n_empty == 1 else f"{self._n_empty:,} empty lines"
        passed = [f"{self.name}: {lines} passed over"] if self._n_empty else []
        return (*self._header_notes, *self._odd_notes, *passed)

    def batches(self) -> Iterator[Table]:
        """Yield the rows in pieces.

        A column that is numbers in one piece may be text in those that follow; `text` names columns that are text in all.
        """
        n_rows = 0
        for first_row, rows in self.pieces(self.wanted, self._text):
            known = n_rows - first_row  # the careful way begins again with the first row
            columns = {name: as_column(cells[known:]) for name, cells in rows.columns.items()}
            n_rows = first_row + rows.n_rows
            n_new = rows.n_rows - known
            yield Table(self.name, columns, n_new, self.delimiter, self.header, self.notes, n_rows - n_new, self.place)

    def pieces(self, wanted: Collection[str], text: Collection[str]) -> Iterator[tuple[int, Rows]]:
        """Yield (rows before, rows) of each piece. Where the careful way takes over, it yields all rows, 0 before them."""
        n_rows = n_behind = self._n_empty = 0
        if not self._is_odd:
            typed = TypedRows(self.names, self.delimiter, wanted, text)
            try:
                for piece, rows in typed.read(self._texts_of_quoted_cells()):
                    if not rows.n_rows:
                        n_behind += rows.n_behind
                        continue
                    self._n_empty += n_behind + rows.n_empty
                    n_behind = rows.n_behind
                    if not n_rows:
                        self.n_expected = rows.n_rows * self._source.size / len(piece)
                    yield n_rows, rows
                    n_rows += rows.n_rows
                return
            except OddTextError:
                self._is_odd = True
        body = Body(self.name, self._source.read(), self._start, self._first_line, self.names, self.delimiter)
        careful = read_rows(body, wanted, text)
        self.n_expected = careful.rows.n_rows
        self._lines, self._odd_notes, self._n_empty = careful.lines, careful.notes, careful.rows.n_empty
        yield 0, careful.rows

    def _texts_of_quoted_cells(self) -> Iterator[tuple[bytes, int]]:
        """Yield pieces of text; OddTextError if quotes do not pair up: between tabs all are ordinary characters then."""
        checked = self.delimiter != "\t"
        for piece, start in self._texts():
            if not checked and b'"' in piece:
                if not all(quotes_pair_up(text, first, self.delimiter) for text, first in self._texts()):
                    raise OddTextError
                checked = True
            yield piece, start

    def place(self, row: int) -> Place:
        """Return where row `row` (from 0) stands; the file is read again for it."""
        if self._is_odd:
            return Place(self.name, row, None if self._lines is None else int(self._lines[row]))
        n_rows, line = 0, self._first_line
        with contextlib.suppress(OSError):  # the file is gone
            for text, start in self._texts():
                lines, _ = row_starts(text, start, b'"' in text, empty_rows=len(self.names) == 1)
                if row < n_rows + len(lines):
                    return Place(self.name, row, line + int(lines[row - n_rows]))
                n_rows += len(lines)
                line += text.count(line_end(text), start)
        return Place(self.name, row, None)

    def _head(self) -> bytes:
        """Return the first rows: the header, and at least one row more if there is one."""
        head = b""
        for piece in self._source.pieces(_HEAD_BYTES):
            head += piece
            if re.search(rb"\S[^\r\n]*[\r\n]\s*\S", head):
                break
        if not head or head.isspace():
            raise DataError(f"{self.name}: the file is empty")
        return head

    def _texts(self) -> Iterator[tuple[bytes, int]]:
        """Yield pieces of text, and where the rows begin in each."""
        before = self._start
        for text in self._source.pieces():
            if before < len(text):
                yield text, before
            before = max(0, before - len(text))


def _checked(delimiter: str) -> str:
    mark = "\t" if delimiter == "\\t" else delimiter
    if len(mark) != 1 or not mark.isascii() or mark in '"\r\n':
        raise ValueError(f"the delimiter must be one ASCII character, got {delimiter!r}")
    return mark
