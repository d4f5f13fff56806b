"""Tables of numbers, dates and text as rows of numbers, dense or sparse: what each column became, and its use."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from typing import Any

import numpy as np

from hotloop.data.arrow_arrays import arrow, strings
from hotloop.data.columns import Column, as_column
from hotloop.data.errors import DataError
from hotloop.data.section import Arrays, Section
from hotloop.data.table import Table
from hotloop.data.validation import Array
from hotloop.preprocessing.cells import TrainingColumn, check_finite
from hotloop.preprocessing.column_encoders import Encoded, Encoder, NumberColumn, TextColumn, from_fields, to_fields
from hotloop.preprocessing.column_rules import TableOptions, fit_column
from hotloop.preprocessing.notations import PLAIN
from hotloop.preprocessing.text_notes import may_be_thousands
from hotloop.structs import CSRRows

VERSION = 2

# Columns for each entry of a row from which a table becomes sparse rows. With 8 (adult: 14 entries, 108 columns) an epoch of
# dense rows still takes 0.6 of that of sparse ones, and a cell at most 64 bytes.
SPARSE_FROM = 8


class FeatureNames(Sequence[str]):
    """The names of the columns of an encoding, made when one is asked for: millions of categories are never named in vain.

    Each name stands once: a repeated one gets " (2)", " (3)", ...
    """

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self._encoders = encoders

    def __len__(self) -> int:
        return sum(encoder.width for encoder in self._encoders)

    def __getitem__(self, place: Any) -> Any:
        return self._names[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and self._names == list(other)

    @cached_property
    def _names(self) -> list[str]:
        names: dict[str, None] = {}
        for encoder in self._encoders:
            for suffix in encoder.suffixes():
                name = unique = encoder.name + suffix
                times = 1
                while unique in names:
                    times += 1
                    unique = f"{name} ({times})"
                names[unique] = None
        return list(names)


class TableEncoding:
    """The columns of a training table, and how each becomes columns of numbers.

    docs/tables.md has the rules by which a column is a number, a date or text. A number stays as it is; missing cells become
    the mean of the training rows, marked in a further column ``name=missing`` if training had any. A date becomes days, month,
    weekday and hour. Text becomes one column of 0 and 1 for each category, ``name=value`` in sorted order; values beyond the
    limits share ``name=other``; missing cells have ``name=missing`` if training had any.

    Examples
    --------
    >>> encoding = TableEncoding.fit({"age": ["31", "?", "54"], "pet": ["cat", "dog", "cat"]})
    >>> list(encoding.feature_names)
    ['age', 'age=missing', 'pet=cat', 'pet=dog']
    >>> encoding.transform({"pet": ["dog", "emu"], "age": [20, 30]}).tolist()
    [[20.0, 0.0, 0.0, 1.0], [30.0, 0.0, 0.0, 0.0]]
    >>> encoding.notes
    ["pet: 1 cell not in training ('emu'): 0 in all its columns"]
    """

    def __init__(self, encoders: Sequence[Encoder], options: TableOptions | None = None) -> None:
        self.encoders = tuple(encoders)
        self.options = options or TableOptions()
        self.feature_names = FeatureNames(self.encoders)
        self._notes: list[str] = []

    @classmethod
    def fit(cls, columns: Mapping[str, Any] | Table, options: TableOptions | None = None) -> "TableEncoding":
        """Find out what each column holds.

        Parameters
        ----------
        columns : mapping of name to column, or Table
            Columns of one length: NumPy, pyarrow, pandas, polars or lists.
        options : TableOptions, default=None

        Raises
        ------
        DataError
            No column, no row, no value at all, columns of different lengths, an infinite number,
            or a column that is neither numbers, dates nor text.
        """
        options = options or TableOptions()
        source = _Source(columns)
        if not source.columns:
            raise DataError(f"{source.name}no columns")
        options.check_names(list(source.columns), source.name)
        kept = [name for name in source.columns if name not in options.drop]
        if not kept:
            raise DataError(f"{source.name}every column is left out")
        read = source.read(kept, options.missing)
        if _n_rows(read) == 0:
            raise DataError(f"{source.name}no rows")
        absent = Column("number", np.full(1, np.nan))  # a column that is left out is not looked at
        fitted = [fit_column(TrainingColumn(name, read.get(name, absent), source.where), options) for name in source.columns]
        notes = [note for _, of_column in fitted for note in of_column]
        if not any(encoder.width for encoder, _ in fitted):
            raise DataError("; ".join([f"{source.name}no column holds any value that a model can use", *notes[:3]]))
        encoding = cls([encoder for encoder, _ in fitted], options)
        encoding._notes = [*notes, *_notes_on_points(encoding.encoders, read)]
        return encoding

    def transform(
        self, columns: Mapping[str, Any] | Table, dtype: np.typing.DTypeLike = np.float32, *, sparse: bool = False
    ) -> Any:
        """Return the rows as numbers; `notes` then says what had not been met in training.

        Parameters
        ----------
        columns : mapping of name to column, or Table
            Found by name: their order does not matter, and further columns are ignored.
        dtype : float32 or float64
        sparse : bool, default=False
            Return CSRRows in place of an array.

        Returns
        -------
        X : ndarray of shape (n_rows, n_features), C-contiguous, or CSRRows

        Raises
        ------
        DataError
            A column is missing, text stands among numbers, or a number is infinite (in `dtype`).
        """
        dtype = check_float_dtype(dtype)
        source = _Source(columns)
        used = [encoder for encoder in self.encoders if encoder.width]
        lacking = [encoder.name for encoder in used if encoder.name not in source.columns]
        if lacking:
            raise DataError(
                f"{source.name}no column {', '.join(map(repr, lacking))}; there are {', '.join(map(repr, source.columns))}"
            )
        read = source.read([encoder.name for encoder in used], self.options.missing)
        encoded = [encoder.encode(read[encoder.name], source.where) for encoder in used]
        self._notes = [note for one in encoded for note in one.notes]
        firsts = np.cumsum([0, *(encoder.width for encoder in used)])[:-1]
        for encoder, one in zip(used, encoded, strict=True):
            if one.values is not None and dtype == np.float32:
                with np.errstate(over="ignore"):
                    check_finite(encoder.name, one.values.astype(dtype), one.values, source.where)
        build = _csr_rows if sparse else _dense_rows
        return build(encoded, firsts, (_n_rows(read), len(self.feature_names)), dtype)

    @property
    def is_sparse(self) -> bool:
        """Whether columns of text have so many values that the rows had better be sparse."""
        return len(self.feature_names) > SPARSE_FROM * sum(encoder.entries for encoder in self.encoders)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns that a reader should leave as they are written."""
        as_written = [e for e in self.encoders if e.kind in ("text", "date") or getattr(e, "notation", PLAIN) != PLAIN]
        return tuple(encoder.name for encoder in as_written)

    @property
    def notes(self) -> list[str]:
        """What `transform` last met that training had not; before it, what is odd in training."""
        return list(self._notes)

    def describe(self) -> list[str]:
        """Return one line a column of the table: what it holds and what becomes of it."""
        return [encoder.describe() for encoder in self.encoders]

    def to_section(self) -> Section:
        """Return what a file holds of the encoding; the categories of all columns are one array of bytes."""
        words = [word.encode() for e in self.encoders if isinstance(e, TextColumn) for word in e.categories.to_pylist()]
        ends = np.cumsum([0, *map(len, words)], dtype=np.int64)
        arrays: Arrays = {"words": np.frombuffer(b"".join(words), np.uint8), "ends": ends}
        options = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self.options).items()}
        columns = [to_fields(encoder) for encoder in self.encoders]
        return Section(arrays, {"version": VERSION, "options": options, "columns": columns})

    @classmethod
    def from_section(cls, section: Section) -> "TableEncoding":
        """Rebuild from `to_section`; ValueError where it is not what that makes, KeyError where something is missing."""
        values = section.values
        if values["version"] != VERSION:
            raise ValueError(f"table encoding: version {values['version']!r}, expected {VERSION}")
        options, columns = values["options"], values["columns"]
        if not isinstance(options, dict) or set(options) != {field.name for field in fields(TableOptions)}:
            raise ValueError("table encoding: other options")
        if not isinstance(columns, list) or not columns or not all(isinstance(column, dict) for column in columns):
            raise ValueError("table encoding: no list of columns")
        take = _Words(section)
        try:
            encoders = [from_fields(column, take.next) for column in columns]
            read = TableOptions(**options)
        except (TypeError, ValueError) as error:
            raise ValueError(f"table encoding: {error}") from None
        if len({encoder.name for encoder in encoders}) < len(encoders):
            raise ValueError("table encoding: a column name is repeated")
        take.check_used()
        return cls(encoders, read)


def _notes_on_points(encoders: Sequence[Encoder], read: Mapping[str, Column]) -> list[str]:
    """Return notes on numbers with points that may be marks of thousands: in a table of decimal commas."""
    notations = {encoder.name: encoder.notation for encoder in encoders if isinstance(encoder, NumberColumn)}
    if "," not in [notation.decimal for notation in notations.values()]:
        return []
    plain = [name for name, notation in notations.items() if notation == PLAIN and read[name].numbers is not None]
    said = "numbers with three digits behind each point, beside decimal commas in other columns"
    return [
        f"{name}: {said}; if the point marks thousands, say --decimal , --thousands ."
        for name in plain
        if may_be_thousands(read[name].numbers)
    ]


def check_float_dtype(dtype: np.typing.DTypeLike) -> np.dtype[Any]:
    """Return the dtype if it is float32 or float64, else raise ValueError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


def _dense_rows(encoded: Sequence[Encoded], firsts: Array, shape: tuple[int, int], dtype: Any) -> Array:
    """Return encoded columns as an array.

    Parameters
    ----------
    encoded : sequence of Encoded
    firsts : ndarray of shape (n_columns,)
        First column of the result of each.
    shape : tuple
        Of the result.
    dtype : float32 or float64
    """
    X = np.zeros(shape, dtype)
    # blocks that stay in the second-level cache: 1,000,000 rows of 28 numbers take 0.07 s, in blocks of four times the size 0.5
    for start in range(0, shape[0], rows := max(1, 2**16 // max(1, shape[1]))):
        part = slice(start, start + rows)
        block = X[part]
        for first, one in zip(firsts, encoded, strict=True):
            if one.values is not None:
                block[:, first] = one.values[part]
            for places in one.places:
                ones = np.flatnonzero(places[part] >= 0)
                block[ones, first + places[part][ones]] = 1
    return X


def _csr_rows(encoded: Sequence[Encoded], firsts: Array, shape: tuple[int, int], dtype: Any) -> CSRRows:
    """Return encoded columns as rows of non-zeros; a number of 0 is stored. Parameters: as for :func:`_dense_rows`."""
    n_rows, slots = shape[0], sum((one.values is not None) + len(one.places) for one in encoded)
    indices = np.empty((n_rows, slots), np.int32)
    data = np.ones((n_rows, slots), dtype) if any(one.values is not None for one in encoded) else None
    slot = 0
    for first, one in zip(firsts, encoded, strict=True):
        if one.values is not None and data is not None:
            indices[:, slot], data[:, slot] = first, one.values
            slot += 1
        for places in one.places:
            indices[:, slot] = np.where(places < 0, -1, places + first)
            slot += 1
    held = indices >= 0
    if held.all():
        indptr = np.arange(n_rows + 1, dtype=np.int64) * slots
        return CSRRows(indptr, indices.reshape(-1), None if data is None else data.reshape(-1), shape[1], dtype, slots)
    counts = np.count_nonzero(held, axis=1)
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return CSRRows(indptr, indices[held], None if data is None else data[held], shape[1], dtype, int(counts.max(initial=0)))


class _Words:
    """The categories of all columns as a file holds them, taken one column after the other."""

    def __init__(self, section: Section) -> None:
        words, ends = section.arrays["words"], section.arrays["ends"]
        if words.dtype != np.uint8 or ends.dtype != np.int64 or ends.ndim != 1 or words.ndim != 1 or not len(ends):
            raise ValueError("table encoding: categories of another type")
        if ends[0] != 0 or ends[-1] != len(words) or (np.diff(ends) < 0).any():
            raise ValueError("table encoding: categories that do not follow each other")
        self._text, self._ends, self._taken = words.tobytes(), ends, 0

    def next(self, count: int) -> Any:
        """Return the next categories; ValueError where there are fewer, or they do not rise."""
        ends = self._ends[self._taken : self._taken + count + 1]
        if len(ends) != count + 1:
            raise ValueError("categories are missing")
        words = strings([self._text[start:stop].decode() for start, stop in zip(ends, ends[1:], strict=False)])
        self._taken += count
        pc = arrow()[1]
        if count > 1 and not pc.all(pc.less(words[:-1], words[1:])).as_py():
            raise ValueError("categories do not rise")
        return words

    def check_used(self) -> None:
        """Raise ValueError where categories are left."""
        if self._taken != len(self._ends) - 1:
            raise ValueError("table encoding: categories of no column")


class _Source:
    """A mapping or a Table: its columns, its name for messages, and where a row stands."""

    def __init__(self, columns: Mapping[str, Any] | Table) -> None:
        table = columns if isinstance(columns, Table) else None
        self.columns = columns.columns if isinstance(columns, Table) else dict(columns)
        self.name = "" if table is None else f"{table.name}: "
        self._table = table
        odd = [name for name in self.columns if not isinstance(name, str)]
        if odd:
            raise DataError(f"column names must be text, got {odd[0]!r}")

    def where(self, row: int) -> str:
        return f"row {row} (from 0)" if self._table is None else self._table.where(row)

    def read(self, names: Sequence[str], missing: Sequence[str]) -> dict[str, Column]:
        """Return columns whose cells that are one of the missing words are missing."""
        return {name: as_column(self.columns[name], name).without(missing) for name in names}


def _n_rows(columns: Mapping[str, Any]) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise DataError(f"columns of different lengths: {shown}")
    return next(iter(lengths.values()), 0)
