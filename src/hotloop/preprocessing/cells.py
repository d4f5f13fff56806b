"""The cells of a column of a table as numbers or dates; what does not fit is an error that names the cell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.columns import Column
from hotloop.data.errors import DataError
from hotloop.preprocessing.notations import Notation, is_missing_word, iso_dates

Where = Callable[[int], str]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingColumn:
    """A column of the training table: its name, its cells, and where a row stands in the file or table, for messages."""

    name: str
    column: Column
    where: Where


def read_numbers(name: str, column: Column, notation: Notation, where: Where) -> Vector:
    """Return a column as numbers, NaN where missing; DataError at a cell that is no number, or infinite.

    Parameters
    ----------
    name : str
    column : Column
    notation : Notation
        How numbers are written where the column holds text.
    where : callable
        Row number -> place in the file or table, for messages.
    """
    if column.kind == "date" and len(column):
        raise DataError(f"{where(0)}, column {name!r}: expected a number, found the date {column.cell(0)}")
    if column.codes is None:
        numbers: Vector = column.numbers
    else:
        values, bad = notation.parse(column.words)
        row = column.first_row(bad)
        if row is not None:
            raise DataError(f"{where(row)}, column {name!r}: expected a number, found {str(column.cell(row))[:80]!r}")
        numbers = np.append(values, np.nan)[column.codes]
    check_finite(name, numbers, numbers, where)
    return numbers


def read_dates(name: str, column: Column, where: Where) -> Vector:
    """Return a column as days since 1970-01-01, NaN where missing; DataError at a cell that is no date."""
    if column.kind == "date":
        return np.asarray(column.numbers)
    if column.missing.all():
        return np.full(len(column), np.nan)
    text = column.as_text()
    days, bad = iso_dates(text.words)
    row = text.first_row(bad & ~is_missing_word(text.words))
    if row is not None:
        place = f"{where(row)}, column {name!r}"
        raise DataError(f"{place}: expected a date such as 2026-01-31, found {str(text.cell(row))[:80]!r}")
    return np.asarray(np.append(days, np.nan)[text.codes])


def parts_of(days: Vector) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return month from 0, weekday from 0 (Monday) and hour of each moment."""
    moments = np.floor(days * 86_400 + 1e-4).astype("M8[s]")  # a second that rounding has brought below is whole
    whole = moments.astype("M8[D]")
    months = whole.astype("M8[M]").astype(np.intp) % 12
    weekdays = (whole.astype(np.intp) + 3) % 7  # 1970-01-01 was a Thursday
    hours = (moments - whole).astype(np.intp) // 3600
    return months, weekdays, hours


def holds_no_gaps(numbers: NDArray[Any]) -> bool:
    """Tell, in one read, that all numbers are finite; False may also be a sum that overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(numbers.sum()))


def check_finite(name: str, written: NDArray[Any], numbers: Vector, where: Where) -> None:
    """Raise DataError at an infinity. A NaN is a missing cell and passes.

    Parameters
    ----------
    name : str
        Of the column.
    written : ndarray of shape (n_rows,)
        The numbers in the dtype asked for.
    numbers : ndarray of shape (n_rows,), float64
        The numbers as they were read.
    where : callable
        Row number -> place, for the message.
    """
    if holds_no_gaps(written):
        return
    infinite = np.isinf(written)
    if infinite.any():
        row = int(infinite.argmax())
        found = "infinite" if np.isinf(numbers[row]) else f"too large for {written.dtype}"
        raise DataError(f"{where(row)}, column {name!r}: the number {numbers[row]} is {found}")


def cells(count: int) -> str:
    """Return "1 cell", "2 cells"."""
    return f"{count} cell" if count == 1 else f"{count} cells"
