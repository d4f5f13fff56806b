"""The names of columns: the header of a file, or c1, c2, ..."""

import re
from collections import Counter
from collections.abc import Sequence

from hotloop.data.errors import DataError

_NO_HEADER = " (no header in this file? --no-header)"

_SHOWN = 10


def numbered(n_columns: int) -> list[str]:
    """Return the names of columns without a header."""
    return [f"c{i + 1}" for i in range(n_columns)]


def names_of_header(cells: Sequence[str], where: str) -> tuple[list[str], list[str]]:
    """Return the names in a header line, and notes.

    A first column without a name, such as the index that pandas writes, is called unnamed.

    Raises
    ------
    DataError
        Another name is empty, or names are repeated.
    """
    names = [cell.strip() for cell in cells]
    numbers = [name for name in names if re.fullmatch(r"[+-]?\d+(\.\d*)?", name)]
    hint = _NO_HEADER if numbers else ""
    notes = []
    if not names[0] and len(names) > 1 and any(names[1:]):
        if names[1:] == [str(i) for i in range(len(names) - 1)]:
            numbers = []  # pandas numbers columns, too
        names[0] = _new_name(names)
        notes.append(f"{where}: the first column has no name, as an index that pandas has written; read as {names[0]!r}")
    empty = [str(i + 1) for i, name in enumerate(names) if not name]
    if empty:
        raise DataError(f"{where}: no name for column {', '.join(empty)}{hint}")
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1]
    if repeated:
        more = f", ... ({len(repeated)} of {len(names)})" if len(repeated) > _SHOWN else ""
        raise DataError(f"{where}: column names repeated: {', '.join(repeated[:_SHOWN])}{more}{hint}")
    if numbers:
        notes.append(f"{where}: taken as column names, though {len(numbers)} of {len(names)} are numbers{hint}")
    return names, notes


def _new_name(names: Sequence[str]) -> str:
    name, n = "unnamed", 1
    while name in names:
        n += 1
        name = f"unnamed_{n}"
    return name
