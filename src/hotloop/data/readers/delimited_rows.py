"""The careful way from delimited text to columns: all cells as strings, and for each malformed row its line."""

import contextlib
import dataclasses
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from hotloop.data.errors import DataError
from hotloop.data.readers.line_numbers import empty_lines, line_of_byte, n_lines, row_lines, row_starts
from hotloop.data.readers.plain_numbers import plain_numbers
from hotloop.data.readers.quotes import opened_at_once, quotes_pair_up
from hotloop.data.readers.typed_rows import SMALL_BYTES, Rows, block_of

_BLOCK_BYTES = 1 << 22

_SHOWN = 80


@dataclasses.dataclass(frozen=True)
class Body:
    """The rows below the header: `raw` from byte `start` on, which is in line `first_line`."""

    name: str
    raw: bytes
    start: int
    first_line: int
    names: list[str]
    delimiter: str
    quotes: bool = True  # whether a quote at the start of a cell encloses it

    @property
    def one_block(self) -> int:
        """A block size that holds all rows."""
        return block_of(len(self.raw))

    @property
    def one_column(self) -> bool:
        """Whether an empty line is a row whose cell is missing."""
        return len(self.names) == 1


@dataclasses.dataclass(frozen=True)
class CarefulRows:
    """What the careful way has read.

    Attributes
    ----------
    rows : Rows
    lines : sequence of int, or None
        The line of each row, None where that cannot be told.
    notes : list of str
    """

    rows: Rows
    lines: Sequence[int] | np.ndarray | None
    notes: list[str]


def read_rows(body: Body, wanted: Collection[str], text: Collection[str]) -> CarefulRows:
    """Read all rows.

    Text separated by tabs often has quotes that enclose nothing. Where they would swallow line
    ends irregularly, they are read as ordinary characters, and a note says so.

    Parameters
    ----------
    body : Body
    wanted, text : collection of str
        As for `TypedRows`.

    Raises
    ------
    DataError
        A row has too few or too many cells, a quote stays open, or a byte is not UTF-8.
    """
    if b'"' in body.raw and (even := opened_at_once(body.raw, body.start, body.delimiter)) is not None:
        body = dataclasses.replace(body, raw=even)
    body, (columns, lines), notes = _read_either_way(body)
    n_rows = len(columns[body.names[0]])
    typed = {}
    for name in body.names:
        cells = columns.pop(name)
        if name in wanted:
            numbers = None if name in text else plain_numbers(cells)
            typed[name] = cells.dictionary_encode() if numbers is None else numbers
    n_empty = n_behind = 0
    if not body.one_column and lines is not None and n_lines(body.raw, body.start) > n_rows:
        n_empty, n_behind = empty_lines(body.raw, body.start, body.quotes)
    return CarefulRows(Rows(typed, n_rows, n_empty - n_behind, n_behind), lines, notes)


_Cells = tuple[dict[str, Any], Sequence[int] | np.ndarray | None]


def _read_either_way(body: Body) -> tuple[Body, _Cells, list[str]]:
    found: _Cells | None = None
    error: DataError | None = None
    try:
        found = _read(body)
    except DataError as bad:
        error = bad
    if b'"' in body.raw and (found is None or found[1] is None):
        if body.delimiter == "\t" and not quotes_pair_up(body.raw, body.start, "\t"):
            plain = dataclasses.replace(body, quotes=False)
            with contextlib.suppress(DataError):
                cells = _read(plain)
                if cells[1] is not None:
                    return plain, cells, [f"{body.name}: quotes do not pair up: read as ordinary characters, a line a row"]
        if found is not None:
            return body, found, [f"{body.name}: quotes within cells are irregular: check that no lines were joined"]
    if found is None:
        raise error or DataError(f"{body.name}: cannot be read")
    return body, found, []


def _read(body: Body) -> _Cells:
    import pyarrow as pa

    try:
        split_end = body.quotes and b'"' in body.raw and b"\r\n" in body.raw  # see TypedRows
        table = _parse(body, body.one_block if split_end else _BLOCK_BYTES)
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:  # the latter: bytes of the names
        if "straddl" not in str(error):  # else: one row is longer than a block
            raise _explained(body, error) from None
        try:
            table = _parse(body, body.one_block)
        except pa.ArrowInvalid as again:
            raise _explained(body, again) from None
    if body.quotes:
        _check_last_quote(body, table)
    # Not where quoted cells begin with a blank and a quote: pyarrow has resolved those already.
    blank_before_quote = body.quotes and b' "' in body.raw and not re.search(rb'" +""', body.raw)
    columns = {n: _cleaned(table.column(n), blank_before_quote) for n in body.names}
    lines = row_lines(body.raw, body.start, body.first_line, table.num_rows, body.delimiter, body.one_column)
    return columns, lines


def _parse(body: Body, block_size: int, on_bad_row: Any = None) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    return arrow_csv.read_csv(
        pa.BufferReader(pa.py_buffer(body.raw).slice(body.start)),
        read_options=arrow_csv.ReadOptions(
            column_names=body.names,
            block_size=block_size,
            use_threads=on_bad_row is None and len(body.raw) >= SMALL_BYTES,  # rows are numbered by one thread only
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=body.delimiter,
            quote_char='"' if body.quotes else False,
            newlines_in_values=body.quotes and b'"' in body.raw,
            ignore_empty_lines=not body.one_column,
            invalid_row_handler=on_bad_row,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in body.names}, strings_can_be_null=False
        ),
    )


def _cleaned(column: Any, blank_before_quote: bool) -> Any:
    """Drop the blanks around cells, and the quotes of cells that have a blank before the quote."""
    import pyarrow.compute as pc

    if blank_before_quote:
        inner = pc.replace_substring_regex(column, r'^\s+"((?:[^"]|"")*)"\s*$', r"\1")
        unquoted = pc.replace_substring(inner, '""', '"')
        column = pc.if_else(pc.equal(inner, column), column, unquoted)
    return pc.utf8_trim_whitespace(column)


def _check_last_quote(body: Body, table: Any) -> None:
    """An open quote swallows the rest of the file into the last cell: compare both ends."""
    if b'"' not in body.raw or table.num_rows == 0:
        return
    cell = table.column(table.num_columns - 1)[-1].as_py()
    opened = b'"' + cell.replace('"', '""').encode()
    closed = tuple(opened + b'"' + end for end in (b"", b"\n", b"\r\n", b"\r"))
    if body.raw.endswith(opened) and not body.raw.endswith(closed):
        line = line_of_byte(body.raw, len(body.raw) - len(opened))
        raise DataError(f"{body.name}, line {line}: the quote opened here is never closed: {_cut(cell)}")


def _explained(body: Body, error: Exception) -> DataError:
    """Find the first row that is wrong, by one slower read, and say where and how."""
    import pyarrow as pa

    try:
        body.raw.decode()
    except UnicodeDecodeError as bad:
        place = f"{body.name}, line {line_of_byte(body.raw, bad.start)}"
        return DataError(
            f"{place}: not UTF-8 (byte 0x{body.raw[bad.start]:02x}); name its encoding, for example --encoding latin-1"
        )
    rows: list[Any] = []

    def keep(row: Any) -> str:
        rows.append(row)
        return "error"

    with contextlib.suppress(pa.ArrowInvalid):
        _parse(body, body.one_block, keep)
    if not rows:
        return DataError(f"{body.name}: {str(error).splitlines()[0]}")
    row = rows[0]
    return DataError(
        f"{body.name}, {_place(body, row)}: expected {len(body.names)} cells separated by "
        f"{body.delimiter!r}, found {row.actual_columns}: {_cut(row.text)}"
    )


def _place(body: Body, row: Any) -> str:
    """The line of a bad row: pyarrow counts the rows it parses from 1, without the empty lines."""
    quotes = body.quotes and quotes_pair_up(body.raw, body.start, body.delimiter)
    lines, starts = row_starts(body.raw, body.start, quotes, body.one_column)
    at = row.number - 1
    if at < len(lines) and body.raw.startswith(row.text.encode(), starts[at]):
        return f"line {lines[at] + body.first_line}"
    return f"row {row.number}"


def _cut(text: str) -> str:
    """One line of at most 80 characters of the text."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
