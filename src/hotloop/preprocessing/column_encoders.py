"""One column of a table to columns of numbers: a number, text as categories, or nothing."""

import dataclasses
import heapq
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from hotloop.data.errors import DataError
from hotloop.preprocessing.arrow_columns import Column, arrow_strings, as_numpy, null_mask

Where = Callable[[int], str]

_SHOWN = 3  # values in a note

_FEW_WORDS = 0.1  # with a smaller share of words than this a column was perhaps meant as numbers


class Encoder(Protocol):
    """What `TableEncoding` asks of a column."""

    @property
    def name(self) -> str: ...
    @property
    def suffixes(self) -> list[str]: ...
    def describe(self) -> str: ...
    def fill(self, column: Column, out: np.ndarray, where: Where) -> list[str]: ...
    def to_dict(self) -> dict[str, Any]: ...


@dataclasses.dataclass(frozen=True)
class _Fields:
    """A dataclass whose fields are read back from a dict that may hold anything."""

    kind: ClassVar[str]
    name: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, and the kind, as JSON has them."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        lists = {key: list(v) if isinstance(v, tuple) else v for key, v in fields.items()}
        return {"kind": self.kind, **lists}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Any:
        """Rebuild; ValueError says which field is wrong."""
        expected = {"kind", *(f.name for f in dataclasses.fields(cls))}
        if set(fields) != expected:
            raise ValueError(f"table encoding: a column of kind {cls.kind} has other fields")
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in fields.items() if key != "kind"
        }
        for key, value in values.items():
            if not cls._valid(key, value):
                raise ValueError(f"table encoding: {key} of a column is {str(value)[:80]!r}")
        return cls(**values)

    @staticmethod
    def _valid(key: str, value: Any) -> bool:
        if key == "name":
            return isinstance(value, str)
        if key == "mean":
            return type(value) is float and math.isfinite(value)
        if key == "categories":
            return (
                isinstance(value, tuple)
                and len(value) > 0
                and all(isinstance(v, str) for v in value)
                and all(a < b for a, b in zip(value, value[1:], strict=False))
            )
        return type(value) is int and value >= 0


@dataclasses.dataclass(frozen=True)
class NumberColumn(_Fields):
    """A column of numbers: itself, and whether it is missing if training had missing cells."""

    kind: ClassVar[str] = "number"
    mean: float
    n_missing: int

    @property
    def suffixes(self) -> list[str]:
        """What the result's columns add to the name."""
        return ["", "=missing"] if self.n_missing else [""]

    def describe(self) -> str:
        """Return "age: number" and what is done to missing cells."""
        if not self.n_missing:
            return f"{self.name}: number"
        cells = _cells(self.n_missing)
        return f"{self.name}: number, {cells} missing (mean {self.mean:.6g}, own column)"

    def fill(self, column: Column, out: np.ndarray, where: Where) -> list[str]:
        """Write the column into `out` of shape (n_rows, n_suffixes), all 0; return notes."""
        numbers = _numbers(self.name, column, where)
        missing = np.isnan(numbers)
        with np.errstate(over="ignore"):
            out[:, 0] = np.where(missing, self.mean, numbers)
        _check_finite(self.name, out[:, 0], numbers, where)
        if self.n_missing:
            out[:, 1] = missing
        elif missing.any():
            n_missing = _cells(int(missing.sum()))
            return [f"{self.name}: {n_missing} missing, none in training: mean {self.mean:.6g}"]
        return []


@dataclasses.dataclass(frozen=True)
class TextColumn(_Fields):
    """A column of text: one of its categories, of the other values, or missing."""

    kind: ClassVar[str] = "text"
    categories: tuple[str, ...]
    n_distinct: int
    n_other: int
    n_missing: int

    def __post_init__(self) -> None:
        n = len(self.categories)
        if self.n_distinct < n or (self.n_distinct > n) != (self.n_other > 0):
            raise ValueError(f"table encoding: {n} categories of {self.n_distinct} values")

    @property
    def suffixes(self) -> list[str]:
        """What the result's columns add to the name."""
        rest = ["other"] * bool(self.n_other) + ["missing"] * bool(self.n_missing)
        return [f"={value}" for value in (*self.categories, *rest)]

    def describe(self) -> str:
        """Return "c2: text, 8 categories" and what is done to other and missing cells."""
        n = len(self.categories)
        if self.n_other:
            other = _cells(self.n_other)
            said = f"the {n} most frequent of {self.n_distinct} values, {other} other"
        else:
            said = f"{n} {'category' if n == 1 else 'categories'}"
        missing = f", {_cells(self.n_missing)} missing (own column)" if self.n_missing else ""
        return f"{self.name}: text, {said}{missing}"

    def fill(self, column: Column, out: np.ndarray, where: Where) -> list[str]:
        """Write the column into `out` of shape (n_rows, n_suffixes), all 0; return notes."""
        import pyarrow.compute as pc

        text = column.text()
        place = pc.index_in(text, value_set=arrow_strings(self.categories).cast(text.type))
        place = as_numpy(place, np.int32, -1)
        missing = null_mask(text)
        unseen = (place < 0) & ~missing
        n = len(self.categories)
        if self.n_missing:
            place = np.where(missing, n + bool(self.n_other), place)
        if self.n_other:
            place = np.where(place < 0, n, place)
        rows = np.flatnonzero(place >= 0)
        out[rows, place[rows]] = 1
        return self._notes(text, unseen, missing)

    def _notes(self, text: Any, unseen: np.ndarray, missing: np.ndarray) -> list[str]:
        fate = f"as {self.name}=other" if self.n_other else "0 in all its columns"
        notes = []
        if unseen.any():
            values = dict.fromkeys(text[int(i)].as_py() for i in np.flatnonzero(unseen)[:1000])
            shown = ", ".join(repr(value[:80]) for value in list(values)[:_SHOWN])
            more = ", ..." if len(values) > _SHOWN else ""
            count = _cells(int(unseen.sum()))
            kept = f"among the {len(self.categories)} categories" if self.n_other else "in training"
            notes.append(f"{self.name}: {count} not {kept} ({shown}{more}): {fate}")
        if missing.any() and not self.n_missing:
            count = _cells(int(missing.sum()))
            notes.append(f"{self.name}: {count} missing, none in training: {fate}")
        return notes


@dataclasses.dataclass(frozen=True)
class EmptyColumn(_Fields):
    """A column without any value in training: dropped."""

    kind: ClassVar[str] = "empty"

    @property
    def suffixes(self) -> list[str]:
        """No columns."""
        return []

    def describe(self) -> str:
        """Return that it is dropped."""
        return f"{self.name}: no value in training, dropped"

    def fill(self, column: Column, out: np.ndarray, where: Where) -> list[str]:
        """Write nothing."""
        return []


ENCODERS: dict[str, type[_Fields]] = {encoder.kind: encoder for encoder in (NumberColumn, TextColumn, EmptyColumn)}


def fit_column(name: str, column: Column, max_categories: int, where: Where) -> tuple[Encoder, list[str]]:
    """Choose the encoder of a training column; return it, and notes for the user.

    Parameters
    ----------
    name : str
    column : Column
        The cells of training.
    max_categories : int
        Values of a text column that get a column of their own, the most frequent first.
    where : callable
        Row number -> place in the file or table, for messages.

    Raises
    ------
    DataError
        A number is infinite; names the place.
    """
    numbers = None if column.kind == "category" else column.numbers()
    if numbers is None:
        return _fit_text(name, column, max_categories, where)
    _check_finite(name, numbers, numbers, where)
    present = numbers[~np.isnan(numbers)]
    if len(present) == 0:
        return EmptyColumn(name), []
    with np.errstate(over="ignore"):
        mean = float(np.mean(present))
    if not math.isfinite(mean):  # the sum is too large, the mean is not
        mean = float(np.sum(present / len(present)))
    return NumberColumn(name, mean, len(numbers) - len(present)), []


def _fit_text(name: str, column: Column, max_categories: int, where: Where) -> tuple[Encoder, list[str]]:
    """Return the encoder of a column of text, and notes. Parameters: as for :func:`fit_column`."""
    text = column.text()
    counted = text.drop_null().value_counts()
    counts = dict(zip(*(part.to_pylist() for part in counted.flatten()), strict=True))
    if not counts:
        return EmptyColumn(name), []
    kept = heapq.nsmallest(max_categories, counts, key=lambda value: (-counts[value], value))
    n_cells = len(text) - text.null_count
    n_other = n_cells - sum(counts[value] for value in kept)
    encoder = TextColumn(name, tuple(sorted(kept)), len(counts), n_other, text.null_count)
    if column.kind == "category":
        return encoder, []
    n_words = sum(counts[word] for word in column.words().to_pylist())
    if n_words > _FEW_WORDS * n_cells:
        return encoder, []
    row, cell = column.first_word()
    note = f"{name}: text, since {_cells(n_words)} of {n_cells} no numbers, the first {cell[:80]!r}"
    return encoder, [f"{note} in {where(row)}"]


def _numbers(name: str, column: Column, where: Where) -> np.ndarray:
    numbers = column.numbers()
    if numbers is None:
        row, cell = column.first_word()
        raise DataError(f"{where(row)}, column {name!r}: expected a number, found {cell[:80]!r}")
    return numbers


def _check_finite(name: str, written: np.ndarray, numbers: np.ndarray, where: Where) -> None:
    """Raise DataError at an infinity. A NaN is a missing cell and passes.

    Parameters
    ----------
    name : str
        Of the column.
    written : ndarray of shape (n_samples,)
        The numbers in the dtype asked for.
    numbers : ndarray of shape (n_samples,), float64
        The numbers as they were read.
    where : callable
        Row number -> place, for the message.
    """
    infinite = np.isinf(written)
    if infinite.any():
        row = int(infinite.argmax())
        found = "infinite" if np.isinf(numbers[row]) else f"too large for {written.dtype}"
        raise DataError(f"{where(row)}, column {name!r}: the number {numbers[row]} is {found}")


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"
