"""Delimited text (CSV and its kin) as columns of strings, read by pyarrow (the `cli` extra)."""

import csv
import re
import sys
from collections import Counter
from pathlib import Path

from hotloop.data.errors import DataError
from hotloop.data.readers.delimited_rows import Body, read_rows
from hotloop.data.readers.separator import find_separator, split_rows
from hotloop.data.table import Table

__all__ = ["DataError", "Table", "read_table"]

_PACKED = (
    (rb"\x1f\x8b\x08", "gzip"),
    (rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", "bz2"),
    (rb"\x28\xb5\x2f\xfd", "zstd"),
)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_HEADER_HINT = "(no header in this file? --no-header)"


def read_table(path: str | Path, *, header: bool = True, delimiter: str | None = None) -> Table:
    """Read a file of delimited text whole, all cells as strings.

    Parameters
    ----------
    path : str or Path
        "-" is the standard input. Data packed by gzip, bzip2 or zstd is unpacked.
    header : bool
        Whether the first line holds the column names; without them they are c1, c2, ...
    delimiter : str of one ASCII character, or None
        None finds it from the first lines. A tab may be written as backslash and t.

    Returns
    -------
    Table
        Empty lines are passed over, blanks around cells dropped, quotes resolved.

    Raises
    ------
    DataError
        The file is empty or not UTF-8, a line has too few or too many cells, a quote stays open,
        column names are empty or repeated, or the separator cannot be told.
    ImportError
        pyarrow is missing.
    """
    try:
        import pyarrow.csv  # noqa: F401
    except ImportError:
        raise ImportError("reading CSV needs pyarrow: pip install 'hotloop[cli]'") from None
    stdin = str(path) == "-"
    name = "standard input" if stdin else str(path)
    raw = _unpacked(sys.stdin.buffer.read() if stdin else Path(path).read_bytes(), name)
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    if not raw or raw.isspace():
        raise DataError(f"{name}: the file is empty")
    mark = find_separator(raw, name) if delimiter is None else _checked(delimiter)
    try:
        first, n_bytes, n_lines = next(split_rows(raw, mark))
    except csv.Error as error:
        raise DataError(f"{name}, line 1: {error}") from None
    if header:
        names = [cell.strip() for cell in first]
        notes = _check_header(names, f"{name}, line {n_lines}")
        if not re.compile(rb"\S").search(raw, n_bytes):
            raise DataError(f"{name}: there is a header, but no rows")
        body = Body(name, raw, n_bytes, n_lines + 1, names, mark)
    else:
        notes = []
        body = Body(name, raw, 0, 1, [f"c{i + 1}" for i in range(len(first))], mark)
    columns, lines, more = read_rows(body)
    n_rows = len(columns[body.names[0]])
    return Table(name, columns, n_rows, mark, header, lines, tuple(notes + more))


def _unpacked(raw: bytes, name: str) -> bytes:
    import pyarrow as pa

    for magic, packing in _PACKED:
        if re.match(magic, raw):
            try:
                with pa.input_stream(pa.py_buffer(raw), compression=packing) as stream:
                    return bytes(stream.read())
            except OSError as error:
                raise DataError(f"{name}: damaged {packing} data: {error}") from None
    return raw


def _checked(delimiter: str) -> str:
    mark = "\t" if delimiter == "\\t" else delimiter
    if len(mark) != 1 or not mark.isascii() or mark in '"\r\n':
        raise ValueError(f"the delimiter must be one ASCII character, got {delimiter!r}")
    return mark


def _check_header(names: list[str], where: str) -> list[str]:
    """Refuse names that are empty or repeated; return a note if some look like data."""
    empty = [str(i + 1) for i, name in enumerate(names) if not name]
    if empty:
        raise DataError(f"{where}: no name for column {', '.join(empty)} {_HEADER_HINT}")
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        shown = ", ".join(repeated[:10]) + (f", ... ({len(repeated)} of {len(names)})" if len(repeated) > 10 else "")
        raise DataError(f"{where}: column names repeated: {shown} {_HEADER_HINT}")
    numbers = [name for name in names if re.fullmatch(r"[+-]?\d+(\.\d*)?", name)]
    if not numbers:
        return []
    note = f"{where}: taken as column names, though {len(numbers)} of {len(names)} are numbers"
    return [f"{note} {_HEADER_HINT}"]
