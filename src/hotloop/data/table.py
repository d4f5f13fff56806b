"""A table of text cells: its columns by name, and where each row came from."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Table:
    """Columns of strings, and where each row stands in its file.

    Attributes
    ----------
    name : str
        The file, as messages name it.
    columns : dict of str to pyarrow.ChunkedArray of string
        Cells without the blanks around them; an empty cell is "".
    n_rows : int
    delimiter : str
    header : bool
        Whether the column names are the file's; else they are c1, c2, ...
    lines : sequence of int, or None
        Line in the file, from 1, where each row starts; None where that could not be told.
    notes : tuple of str
        What the user should know, one line each.
    """

    name: str
    columns: dict[str, Any]
    n_rows: int
    delimiter: str
    header: bool
    lines: Sequence[int] | np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def line(self, row: int) -> int | None:
        """Return the line in the file, from 1, where row `row` (from 0) starts, if it is known."""
        return None if self.lines is None else int(self.lines[row])

    def where(self, row: int) -> str:
        """Return "file, line N" of row `row` (from 0), or "file, row N", the first row being 1."""
        line = self.line(row)
        return f"{self.name}, row {row + 1}" if line is None else f"{self.name}, line {line}"

    def drop(self, *names: str) -> "Table":
        """Return the table without the columns named."""
        kept = {name: column for name, column in self.columns.items() if name not in names}
        return dataclasses.replace(self, columns=kept)
