"""Delimited text (CSV and its kin), one file or several, as one table; read by pyarrow (the `cli` extra)."""

from collections.abc import Collection, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from hotloop.data.errors import DataError
from hotloop.data.readers.delimited_reader import DelimitedReader
from hotloop.data.readers.growing_column import GrowingColumn
from hotloop.data.readers.plain_numbers import settled
from hotloop.data.table import Place, Table

__all__ = ["DataError", "DelimitedReader", "Table", "read_table"]


def read_table(
    path: str | Path | Sequence[str | Path],
    *,
    header: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    text: Collection[str] = (),
    numbers: bool = True,
    columns: Collection[str] | None = None,
    drop: Collection[str] = (),
) -> Table:
    """Read a file of delimited text, or several with the same columns, as one table.

    A column is numbers where every cell of it is a plain number or missing. Whole numbers are text if one of them has a leading
    zero, or more digits than float64 can hold.

    Parameters
    ----------
    path : str, Path, or sequence of them
        "-" is the standard input. Data packed by gzip, bzip2 or zstd is unpacked.
    header : bool
        Whether the first line holds the column names; without them they are c1, c2, ...
    delimiter : str of one ASCII character, or None
        None finds it from the first lines. A tab may be written as backslash and t.
    encoding : str
        A codec of Python's.
    text : collection of str
        Columns to keep as text, whatever they hold.
    numbers : bool
        False: all columns are kept as text.
    columns : collection of str, or None
        The only columns to read.
    drop : collection of str
        Columns not to read.

    Returns
    -------
    Table
        Empty lines are passed over, but in a file of one column each is a missing cell. Blanks around cells are dropped, quotes
        resolved.

    Raises
    ------
    DataError
        A file is empty or not in this encoding, a line has too few or too many cells, a quote stays open, column names are
        empty, repeated or not the same in all files, or the separator cannot be told.
    ImportError
        pyarrow is missing.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    readers = [
        DelimitedReader(p, header=header, delimiter=delimiter, encoding=encoding, text=text, columns=columns, drop=drop)
        for p in paths
    ]
    first = readers[0]
    text = text if numbers else first.names
    order_notes = [note for other in readers[1:] for note in _match_columns(first, other)]
    growing, n_rows = _gather(readers, first.wanted, text)
    if mixed := [name for name, column in growing.items() if len(column.kinds) > 1]:
        growing |= _gather(readers, mixed, mixed)[0]
    table = {}
    for name in first.wanted:
        column = growing.pop(name).column()
        table[name] = settled(column) if column.codes is not None and name not in text else column
    return Table(
        name=first.name if len(readers) == 1 else f"{first.name} and {len(readers) - 1} more",
        columns=table,
        n_rows=sum(n_rows),
        delimiter=first.delimiter,
        header=header,
        notes=(*(note for reader in readers for note in reader.notes), *order_notes),
        place=_Places(readers, n_rows),
    )


class _Places:
    """Where a row of several files stands."""

    def __init__(self, readers: Sequence[DelimitedReader], n_rows: Sequence[int]) -> None:
        self._readers, self._ends = readers, list(accumulate(n_rows))

    def __call__(self, row: int) -> Place:
        file = int(np.searchsorted(self._ends, row, side="right"))
        return self._readers[file].place(row - (self._ends[file - 1] if file else 0))


def _match_columns(first: DelimitedReader, other: DelimitedReader) -> list[str]:
    """Return a note if the columns stand in another order; refuse other columns."""
    for one, two in ((first, other), (other, first)):
        lacking = [repr(name) for name in one.names if name not in two.names]
        if lacking:
            more = f", ... ({len(lacking)} of {len(one.names)})" if len(lacking) > 10 else ""
            raise DataError(f"{two.name}: no column {', '.join(lacking[:10])}{more}, which {one.name} has")
    if first.names == other.names:
        return []
    return [f"{other.name}: its columns stand in another order than in {first.name}; they are taken by name"]


def _gather(
    readers: Sequence[DelimitedReader], wanted: Collection[str], text: Collection[str]
) -> tuple[dict[str, GrowingColumn], list[int]]:
    """Return the columns of all files, and how many rows each file has."""
    columns = {name: GrowingColumn() for name in wanted}
    counts: list[int] = []
    for reader in readers:
        before, n_rows = sum(counts), 0
        for first_row, rows in reader.pieces(wanted, text):
            for name, column in columns.items():
                column.cut(before + first_row)
                column.append(rows.columns[name], before + reader.n_expected)
            n_rows = first_row + rows.n_rows
        counts.append(n_rows)
    return columns, counts
