"""One column of a table to columns of numbers: a number, a date, text as categories, or nothing."""

import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import arrow, as_numpy, from_mask
from hotloop.data.columns import Column
from hotloop.preprocessing.cells import Where, cells, holds_no_gaps, parts_of, read_dates, read_numbers
from hotloop.preprocessing.notations import PLAIN, Notation, lacks_unit

SHOWN = 3  # values in a note

MONTHS = tuple(f"=month {month:02}" for month in range(1, 13))
WEEKDAYS = ("=Monday", "=Tuesday", "=Wednesday", "=Thursday", "=Friday", "=Saturday", "=Sunday")
HOURS = tuple(f"=hour {hour:02}" for hour in range(24))


@dataclass(frozen=True)
class Encoded:
    """What a column of a table becomes, in columns that are counted from its first one.

    Attributes
    ----------
    values : ndarray of shape (n_rows,), float64, or None
        Numbers of the first column; None: there are no numbers.
    places : list of ndarray of shape (n_rows,), int32
        Columns that are 1 in each row, rising from array to array; -1 for none.
    notes : list of str
        What training had not.
    """

    values: NDArray[np.float64] | None
    places: list[NDArray[np.int32]]
    notes: list[str]


class Encoder(Protocol):
    """What ``TableEncoding`` asks of a column."""

    kind: ClassVar[str]

    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def entries(self) -> int: ...
    def suffixes(self) -> list[str]: ...
    def describe(self) -> str: ...
    def encode(self, column: Column, where: Where) -> Encoded: ...


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: itself, and whether it is missing if training had missing cells."""

    kind: ClassVar[str] = "number"
    name: str
    mean: float
    n_missing: int
    notation: Notation = PLAIN

    def __post_init__(self) -> None:
        _check(self.kind, mean=math.isfinite(self.mean), n_missing=self.n_missing >= 0)

    @property
    def width(self) -> int:
        """Columns of the result."""
        return 1 + bool(self.n_missing)

    @property
    def entries(self) -> int:
        """Entries of the result that a row without missing cells has."""
        return 1

    def suffixes(self) -> list[str]:
        """Return what the result's columns add to the name."""
        return ["", "=missing"][: self.width]

    def describe(self) -> str:
        """Return "age: number" and what is done to missing cells."""
        said = f"{self.name}: number" + (f" ({self.notation})" if self.notation != PLAIN else "")
        return f"{said}, {cells(self.n_missing)} missing (mean {self.mean:.6g}, own column)" if self.n_missing else said

    def encode(self, column: Column, where: Where) -> Encoded:
        """Return the numbers; DataError at text or an infinity."""
        numbers = read_numbers(self.name, column, self.notation, where)
        missing = np.zeros(len(numbers), bool) if holds_no_gaps(numbers) else np.isnan(numbers)
        n_missing = int(np.count_nonzero(missing))
        if n_missing:
            numbers = np.where(missing, self.mean, numbers)
        notes = self._notes(column)
        if self.n_missing:
            return Encoded(numbers, [np.where(missing, np.int32(1), np.int32(-1))], notes)
        if n_missing:
            notes.append(f"{self.name}: {cells(n_missing)} missing, none in training: mean {self.mean:.6g}")
        return Encoded(numbers, [], notes)

    def _notes(self, column: Column) -> list[str]:
        """Return what to tell of cells without the unit that training had."""
        unit = self.notation.before or self.notation.after
        if not unit:
            return []
        if column.codes is None:
            without = len(column) - int(column.missing.sum())
        else:
            without = int(column.counts()[lacks_unit(column.words, self.notation)].sum())
        return [f"{self.name}: {cells(without)} without {unit!r}, taken in that unit"] if without else []


@dataclass(frozen=True)
class DateColumn:
    """A column of dates or times: days since 1970, and month, weekday and hour where training had several.

    A time with a zone is taken in UTC.
    """

    kind: ClassVar[str] = "date"
    name: str
    mean: float
    n_missing: int
    months: bool
    weekdays: bool
    hours: bool

    def __post_init__(self) -> None:
        _check(self.kind, mean=math.isfinite(self.mean), n_missing=self.n_missing >= 0)

    @property
    def width(self) -> int:
        """Columns of the result."""
        return len(self.suffixes())

    @property
    def entries(self) -> int:
        """Entries of the result that a row without missing cells has."""
        return 1 + self.months + self.weekdays + self.hours

    def suffixes(self) -> list[str]:
        """Return what the result's columns add to the name."""
        parts = (MONTHS * self.months, WEEKDAYS * self.weekdays, HOURS * self.hours, ("=missing",) * bool(self.n_missing))
        return ["=days", *(suffix for part in parts for suffix in part)]

    def describe(self) -> str:
        """Return "day: date" and the parts that are taken of it."""
        more = ["month"] * self.months + ["weekday"] * self.weekdays + ["hour"] * self.hours
        missing = f", {cells(self.n_missing)} missing (mean, own column)" if self.n_missing else ""
        return f"{self.name}: date, as {', '.join(['days since 1970', *more])}{missing}"

    def encode(self, column: Column, where: Where) -> Encoded:
        """Return the days, and the places of month, weekday and hour; DataError at a cell that is no date."""
        days = read_dates(self.name, column, where)
        missing = np.isnan(days)
        places, first = [], 1
        for wanted, part, width in zip(
            (self.months, self.weekdays, self.hours), parts_of(np.where(missing, 0, days)), (12, 7, 24), strict=True
        ):
            if wanted:
                places.append(np.where(missing, np.int32(-1), (first + part).astype(np.int32)))
                first += width
        if self.n_missing:
            places.append(np.where(missing, np.int32(first), np.int32(-1)))
        notes = []
        if missing.any() and not self.n_missing:
            notes = [f"{self.name}: {cells(int(missing.sum()))} missing, none in training: mean"]
        return Encoded(np.where(missing, self.mean, days), places, notes)


@dataclass(frozen=True, eq=False)
class TextColumn:
    """A column of text: one of its categories, of the other values, or missing.

    Attributes
    ----------
    name : str
    categories : pyarrow.Array of strings
        Rising.
    n_distinct, n_other, n_missing : int
        Values of the training rows; their cells whose value is no category; their missing cells.
    other_columns : int
        Columns that the values which are no categories share, by a hash where there are several.
    """

    kind: ClassVar[str] = "text"
    name: str
    categories: Any
    n_distinct: int
    n_other: int
    n_missing: int
    other_columns: int

    def __post_init__(self) -> None:
        n = len(self.categories)
        fits = self.n_distinct >= n and (self.n_distinct > n) == (self.n_other > 0)
        _check(self.kind, categories=n > 0 or self.n_other > 0, n_distinct=fits, other_columns=self.other_columns > 0)

    @property
    def width(self) -> int:
        """Columns of the result."""
        return len(self.categories) + self._n_shared + bool(self.n_missing)

    @property
    def _n_shared(self) -> int:
        return self.other_columns if self.n_other else 0

    @property
    def entries(self) -> int:
        """Entries of the result that a row without missing cells has."""
        return 1

    def suffixes(self) -> list[str]:
        """Return what the result's columns add to the name."""
        shared = ["other"] if self._n_shared == 1 else [f"other {place}" for place in range(self._n_shared)]
        return [f"={value}" for value in (*self.categories.to_pylist(), *shared, *["missing"] * bool(self.n_missing))]

    def describe(self) -> str:
        """Return "c2: text, 8 categories" and what is done to other and missing cells."""
        n = len(self.categories)
        if self.n_other:
            said = f"the {n} most frequent of {self.n_distinct} values, {cells(self.n_other)} other"
            said += f" (in {self.other_columns} columns by hash)" if self.other_columns > 1 else ""
        else:
            said = f"{n} {'category' if n == 1 else 'categories'}"
        missing = f", {cells(self.n_missing)} missing (own column)" if self.n_missing else ""
        return f"{self.name}: text, {said}{missing}"

    def encode(self, column: Column, where: Where) -> Encoded:
        """Return the places of the categories; a value that training had not is 0 in all columns, or among the others."""
        pa, pc = arrow()
        column = column.as_text()
        known = pc.index_in(column.words, value_set=self.categories.cast(column.words.type))
        of_words = as_numpy(known, np.int32, -1)
        unseen = of_words < 0
        if self.n_other and unseen.any():
            others = column.words.filter(from_mask(unseen)).to_pylist()
            shared = [zlib.crc32(word.encode()) % self.other_columns for word in others]
            of_words[unseen] = len(self.categories) + np.array(shared, np.int32)
        missing = self.width - 1 if self.n_missing else -1
        places = np.append(of_words, np.int32(missing))[column.codes]
        return Encoded(None, [places], self._notes(column, unseen))

    def _notes(self, column: Column, unseen: NDArray[np.bool_]) -> list[str]:
        fate = f"as {self.name}=other" if self.n_other else "0 in all its columns"
        notes, counts = [], column.counts()
        unseen = unseen & (counts > 0)
        if unseen.any():
            places = np.flatnonzero(unseen)
            values = [column.words[int(place)].as_py()[:80] for place in places[:SHOWN]]
            shown = ", ".join(map(repr, values)) + (", ..." if len(places) > SHOWN else "")
            kept = f"among the {len(self.categories)} categories" if self.n_other else "in training"
            notes.append(f"{self.name}: {cells(int(counts[unseen].sum()))} not {kept} ({shown}): {fate}")
        n_missing = len(column) - int(counts.sum())
        if n_missing and not self.n_missing:
            notes.append(f"{self.name}: {cells(n_missing)} missing, none in training: 0 in all its columns")
        return notes


@dataclass(frozen=True)
class DroppedColumn:
    """A column that is left out: no value in training, an id, or left out by the user."""

    kind: ClassVar[str] = "dropped"
    name: str
    reason: str

    @property
    def width(self) -> int:
        """No columns."""
        return 0

    @property
    def entries(self) -> int:
        """Entries of the result that a row without missing cells has."""
        return 0

    def suffixes(self) -> list[str]:
        """Return no suffix."""
        return []

    def describe(self) -> str:
        """Return that it is dropped, and why."""
        return f"{self.name}: {self.reason}, dropped"

    def encode(self, column: Column, where: Where) -> Encoded:
        """Return nothing."""
        return Encoded(None, [], [])


ENCODERS: dict[str, Any] = {kind.kind: kind for kind in (NumberColumn, DateColumn, TextColumn, DroppedColumn)}


def to_fields(encoder: Encoder) -> dict[str, Any]:
    """Return the fields of an encoder as JSON; of categories their number."""
    fields = {field.name: getattr(encoder, field.name) for field in dataclasses.fields(type(encoder))}  # type: ignore[arg-type]
    fields["kind"] = encoder.kind
    if "categories" in fields:
        fields["categories"] = len(fields["categories"])
    if "notation" in fields:
        fields["notation"] = dataclasses.asdict(fields["notation"])
    return fields


def from_fields(fields: Mapping[str, Any], categories: Callable[[int], Any]) -> Encoder:
    """Rebuild an encoder; ValueError says which field is wrong.

    Parameters
    ----------
    fields : mapping
        Of :func:`to_fields`; may hold anything.
    categories : callable
        Returns the next so many categories.
    """
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in ENCODERS:
        raise ValueError(f"a column of kind {kind!r}")
    types = {field.name: field.type for field in dataclasses.fields(ENCODERS[kind])}
    if set(fields) != {"kind", *types}:
        raise ValueError(f"a column of kind {kind} has other fields")
    values = {name: fields[name] for name in types}
    for name, value in values.items():
        expected: Any = {"categories": int, "notation": dict}.get(name, types[name])
        if type(value) is not expected or (expected is int and value < 0):
            raise ValueError(f"{name} of a column is {str(value)[:80]!r}")
    if "categories" in values:
        values["categories"] = categories(values["categories"])
    if "notation" in values:
        values["notation"] = _notation(values["notation"])
    encoder: Encoder = ENCODERS[kind](**values)
    return encoder


def _notation(values: dict[str, Any]) -> Notation:
    names = {field.name for field in dataclasses.fields(Notation)}
    if set(values) != names or not all(isinstance(v, str) for v in values.values()) or values["decimal"] not in (".", ","):
        raise ValueError(f"a notation of {values!r}"[:120])
    return Notation(**values)


def _check(kind: str, **right: bool) -> None:
    for name, is_right in right.items():
        if not is_right:
            raise ValueError(f"{name} of a column of kind {kind} does not fit")
