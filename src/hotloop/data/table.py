"""A table of a file: its columns by name, and where each row came from."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from hotloop.data.columns import Column


class Place(NamedTuple):
    """Where a row stands: the file, the row in it, from 0, and its line, from 1, None where that cannot be told."""

    name: str
    row: int
    line: int | None


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Columns of a file, or of some of its rows, and where each row stands.

    Attributes
    ----------
    name : str
        The file, as messages name it.
    columns : dict of str to Column
        A column is numbers where each cell is a plain number or missing (empty, or a question mark); else text.
    n_rows : int
    delimiter : str
    header : bool
        Whether the column names are the file's; else they are c1, c2, ...
    notes : tuple of str
        What the user should know, one line each.
    first_row : int
        Rows of the file before the first one here.
    place : callable of (row of the file), or None
        Looks for the line of a row; the file is read again for it.
    """

    name: str
    columns: dict[str, Column]
    n_rows: int
    delimiter: str
    header: bool
    notes: tuple[str, ...] = ()
    first_row: int = 0
    place: Callable[[int], Place] | None = None

    def line(self, row: int) -> int | None:
        """Return the line in the file, from 1, where row `row` (from 0) starts, if it is known."""
        return self._place(row).line

    def where(self, row: int) -> str:
        """Return "file, line N" of row `row` (from 0), or "file, row N", the first row being 1."""
        place = self._place(row)
        return f"{place.name}, row {place.row + 1}" if place.line is None else f"{place.name}, line {place.line}"

    def drop(self, *names: str) -> "Table":
        """Return the table without the columns named."""
        kept = {name: column for name, column in self.columns.items() if name not in names}
        return dataclasses.replace(self, columns=kept)

    def _place(self, row: int) -> Place:
        row += self.first_row
        return Place(self.name, row, None) if self.place is None else self.place(row)
