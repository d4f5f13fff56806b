"""What a column of a training table is: a number, a date, text, or nothing that a model can use (docs/tables.md)."""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import arrow, from_numbers
from hotloop.data.columns import Column
from hotloop.data.errors import DataError
from hotloop.preprocessing.cells import TrainingColumn, cells, parts_of, read_dates, read_numbers
from hotloop.preprocessing.column_encoders import DateColumn, DroppedColumn, Encoder, NumberColumn, TextColumn
from hotloop.preprocessing.notations import (
    PLAIN,
    TRUTH,
    Notation,
    are_codes,
    find_notation,
    is_missing_word,
    is_unusual,
    lacks_unit,
    parse_dates,
    without_missing_words,
)
from hotloop.preprocessing.text_notes import LEAST_ROWS, missing_words, no_numbers, notes_on_text

NEARLY_ALL = 0.95  # with a larger share of distinct values a column of text is one of ids, or free text


@dataclass(frozen=True)
class TableOptions:
    """What a user decides about the columns; each has a rule otherwise.

    Attributes
    ----------
    drop, number, text, date : tuple of str
        Columns to leave out, and columns that are numbers, text, dates.
    missing : tuple of str
        Words that stand for a missing cell in any column.
    decimal, thousands : str or None
        Marks in the numbers of columns of text.
    max_categories : int, >= 1
        A column of text gets so many categories at most, the most frequent ones.
    min_frequency : int, >= 1
        A value in fewer cells than this is no category.
    other_columns : int, >= 1
        Columns that the values which are no categories share, by a hash where there are several.
    """

    drop: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    max_categories: int = 1_000_000
    min_frequency: int = 1
    other_columns: int = 1

    def __post_init__(self) -> None:
        for name in ("max_categories", "min_frequency", "other_columns"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise ValueError(f"{name} must be an integer, got {value!r}")
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
            object.__setattr__(self, name, int(value))
        for name in ("drop", "number", "text", "date", "missing"):
            value = getattr(self, name)
            words = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (None,)
            if not all(isinstance(word, str) for word in words):
                raise ValueError(f"{name} must be a list of names, got {value!r}")
            object.__setattr__(self, name, words)
        if self.decimal is not None and (not isinstance(self.decimal, str) or self.decimal not in (".", ",")):
            raise ValueError(f"decimal must be '.' or ',', got {self.decimal!r}")
        if self.thousands is not None and (
            not isinstance(self.thousands, str)
            or len(self.thousands) != 1
            or self.thousands.isalnum()
            or self.thousands == self.decimal
        ):
            raise ValueError(f"thousands must be one mark other than the decimal one, got {self.thousands!r}")
        named = [name for kind in ("drop", "number", "text", "date") for name in set(getattr(self, kind))]
        if twice := {name for name in named if named.count(name) > 1}:
            raise ValueError(f"column {min(twice)!r} is named for two of drop, number, text and date: it can be one only")

    def check_names(self, names: Sequence[str], source: str) -> None:
        """Raise DataError for a column that the table does not have."""
        for kind in ("drop", "number", "text", "date"):
            for name in getattr(self, kind):
                if name not in names:
                    raise DataError(f"{source}no column {name!r} ({kind}); there are {', '.join(map(repr, names))}")


def fit_column(found: TrainingColumn, options: TableOptions) -> tuple[Encoder, list[str]]:
    """Decide what a training column is; return its encoder, and notes for the user.

    Raises
    ------
    DataError
        A number is infinite, or a cell is none though the user says that the column holds numbers or dates; names the place.
    """
    name, column = found.name, found.column
    if name in options.drop:
        return DroppedColumn(name, "left out"), []
    if column.missing.all():
        return DroppedColumn(name, "no value in training"), []
    as_numbers = name in options.number
    as_dates = name in options.date or (column.kind == "date" and not as_numbers)
    if name in options.text or (column.kind == "category" and not as_numbers and not as_dates):
        return _fit_text(name, column.as_text(), options), []
    if as_dates:
        return _fit_dates(name, read_dates(name, column, found.where)), []
    if column.numbers is None:
        return _fit_words(found, options)
    if not as_numbers and _are_row_numbers(column.numbers):
        note = f"{name}: counts the rows, left out as row numbers"
        return DroppedColumn(name, "row numbers"), [f"{note}; keep it by --number {name}"]
    notation = TRUTH if column.kind == "boolean" else PLAIN
    return _fit_numbers(name, read_numbers(name, column, PLAIN, found.where), notation), []


def _fit_words(found: TrainingColumn, options: TableOptions) -> tuple[Encoder, list[str]]:
    """Decide what a column of words is."""
    name, column = found.name, found.column
    words = column.used_words()
    if is_missing_word(words).all():
        return DroppedColumn(name, "no value in training"), []
    must = name in options.number
    notations = find_notation(words, options.decimal, options.thousands, codes=must)
    if len(notations) == 1:
        return _read_as_numbers(found, notations[0], options)
    if must:
        raise DataError(no_numbers(found, notations))
    if parse_dates(without_missing_words(words)) is not None:
        missing = [f"{name}: dates, {said}"] if (said := missing_words(column)) else []
        return _fit_dates(name, read_dates(name, column, found.where)), missing
    are_ids = _are_ids(column, len(words))
    notes = notes_on_text(found, notations, kept=not are_ids)
    if are_ids:
        distinct = f"nearly all of its {len(words):,} values are distinct"
        if notes:
            return DroppedColumn(name, "ids or free text"), [f"{notes[0]}; left out, since {distinct}"]
        note = f"{name}: {distinct}, left out as ids or free text; keep it by --text {name}"
        note += (
            f" or, as numbers, --number {name}"
            if are_codes(words)
            else ", or hash its words (HashingEncoder of this column alone)"
        )
        return DroppedColumn(name, "ids or free text"), [note]
    return _fit_text(name, column, options), notes


def _read_as_numbers(found: TrainingColumn, notation: Notation, options: TableOptions) -> tuple[Encoder, list[str]]:
    """Return the encoder of a column of words that are numbers; the notes tell how these were read."""
    name, column = found.name, found.column
    numbers = read_numbers(name, column, notation, found.where)
    notes, counts = [f"{name}: numbers, {said}"] if (said := missing_words(column)) else [], column.counts()
    if notation == TRUTH:
        return _fit_numbers(name, numbers, notation), notes
    if notation != PLAIN:
        without = int(counts[lacks_unit(column.words, notation) & (counts > 0)].sum())
        notes.append(f"{name}: numbers written with {notation}" + (f", {cells(without)} without the unit" if without else ""))
    elif is_unusual(column.used_words()):
        notes.append(f"{name}: numbers, of which some are written as (1.50) or with a typographic minus")
    elif (options.decimal or ".") != "." or options.thousands is not None:
        notes.append(f"{name}: numbers without the marks of --decimal or --thousands, read as they are")
    return _fit_numbers(name, numbers, notation), notes


def _fit_numbers(name: str, numbers: NDArray[np.float64], notation: Notation = PLAIN) -> Encoder:
    present = numbers[~np.isnan(numbers)]
    if not len(present):
        return DroppedColumn(name, "no value in training")
    return NumberColumn(name, _mean(present), len(numbers) - len(present), notation)


def _fit_dates(name: str, days: NDArray[np.float64]) -> Encoder:
    present = days[~np.isnan(days)]
    if not len(present):
        return DroppedColumn(name, "no value in training")
    months, weekdays, hours = (bool((part != part[0]).any()) for part in parts_of(present))
    return DateColumn(name, _mean(present), len(days) - len(present), months, weekdays, hours)


def _fit_text(name: str, column: Column, options: TableOptions) -> Encoder:
    counts = column.counts()
    used = np.flatnonzero(counts)
    kept = np.flatnonzero(counts >= options.min_frequency)
    words = column.words
    if len(kept) > options.max_categories:  # of equally frequent ones the first in the order of the alphabet
        ranked = ((-int(counts[place]), words[int(place)].as_py(), place) for place in kept)
        kept = np.array([place for _, _, place in heapq.nsmallest(options.max_categories, ranked)], np.intp)
    pa, pc = arrow()
    categories = words.take(from_numbers(kept))
    categories = categories.take(pc.sort_indices(categories))
    n_cells, n_kept = int(counts.sum()), int(counts[kept].sum())
    return TextColumn(name, categories, len(used), n_cells - n_kept, len(column) - n_cells, options.other_columns)


def _are_row_numbers(numbers: NDArray[np.float64]) -> bool:
    """Tell whether numbers count the rows from 0 or 1, as an index does."""
    return len(numbers) >= LEAST_ROWS and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())


def _are_ids(column: Column, n_distinct: int) -> bool:
    n_cells = int(column.counts().sum())
    return n_cells >= LEAST_ROWS and n_distinct > NEARLY_ALL * n_cells


def _mean(present: NDArray[np.float64]) -> float:
    with np.errstate(over="ignore"):
        mean = float(np.mean(present))
    return mean if math.isfinite(mean) else float(np.sum(present / len(present)))  # the sum is too large, the mean is not
