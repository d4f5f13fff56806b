"""The separator of delimited text, found from its first lines."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from hotloop.data.errors import DataError

# A blank comes last: ", " between cells would make it fit as well as the comma.
CANDIDATES = (",", "\t", ";", "|", " ")

FIRST_LINES = 20


def split_rows(raw: bytes, delimiter: str) -> Iterator[tuple[list[str], int, int]]:
    """Yield (cells, bytes read, lines read) of each row of `raw`, by the rules of CSV quoting.

    Both counts run from the start of `raw`. Empty lines are passed over. Bytes that are not UTF-8
    come as lone surrogates; the reader of the whole file reports them.
    """
    n_bytes = 0

    def lines() -> Iterator[str]:
        nonlocal n_bytes
        text = io.TextIOWrapper(io.BytesIO(raw), "utf-8", errors="surrogateescape", newline="")
        for line in text:
            n_bytes += len(line.encode("utf-8", "surrogateescape"))
            yield line

    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=delimiter != " ")
    for cells in reader:
        if cells:
            yield cells, n_bytes, reader.line_num


def find_separator(raw: bytes, name: str) -> str:
    r"""Return the separator of the delimited text `raw`, one of , tab ; | and blank.

    It is the candidate that stands equally often, and at all, in each of the first lines. Where a
    few of these lines are malformed the candidate of most lines is returned, or the only one seen,
    so that reading on reports the malformed line. Text of one column (no candidate seen) gets ",".

    Raises
    ------
    DataError
        No candidate fits, or several do.
    """
    counts = {delimiter: _counts(raw, delimiter) for delimiter in CANDIDATES}
    seen = [d for d in CANDIDATES if any(counts[d])]
    if not seen:
        return ","
    strong = [d for d in seen if d != " "]
    fits = [d for d in strong if _share(counts[d]) == 1.0]
    if "\t" in fits:  # in text a tab is hardly ever content
        return "\t"
    if len(fits) > 1:
        shown = " and ".join(repr(d) for d in fits)
        raise DataError(f"{name}: {shown} both fit as separator; choose one with --delimiter")
    most = fits or [d for d in strong if _share(counts[d]) > 0.5]
    if len(most) == 1:
        return most[0]
    if _share(counts[" "]) == 1.0:
        return " "
    if len(strong) == 1:
        return strong[0]
    if re.match(rb"\s*\S+( +\d+:\S+)+\s", raw):
        raise DataError(f"{name}: looks like svmlight, not CSV; in Python load_svmlight_file of sklearn.datasets reads it")
    raise DataError(
        f"{name}: no separator stands equally often in each of the first {len(counts[' '])} lines "
        "(tried , tab ; | and blank); name it with --delimiter"
    )


def _counts(raw: bytes, delimiter: str) -> list[int]:
    """How often the delimiter stands in each of the first rows that are not blank."""
    found: list[int] = []
    try:
        for cells, _, _ in islice(split_rows(raw, delimiter), FIRST_LINES):
            if len(cells) > 1 or cells[0].strip():
                found.append(len(cells) - 1)
    except csv.Error:  # a cell beyond the csv module's limit: judge by the rows before it
        pass
    return found


def _share(counts: list[int]) -> float:
    """The share of rows that have the first row's count; 0 where that count is 0."""
    if not counts or counts[0] == 0:
        return 0.0
    return counts.count(counts[0]) / len(counts)
