"""Tables of numbers and text as a dense matrix of numbers: what each column became, and its use."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hotloop.data.errors import DataError
from hotloop.data.table import Table
from hotloop.preprocessing.arrow_columns import as_column
from hotloop.preprocessing.column_encoders import ENCODERS, Encoder, fit_column

_VERSION = 1

_FIELDS = ("version", "max_categories", "columns")


class TableEncoding:
    """The columns of a training table, and how each becomes columns of numbers.

    A column is a number if each cell that is not missing reads as one, else text. A number stays
    as it is; its missing cells become the mean of the training rows, marked in a further column
    ``name=missing`` if training had any. Text becomes one column of 0 and 1 for each category,
    ``name=value`` in sorted order. Beyond `max_categories` distinct values the less frequent ones
    share ``name=other``; missing cells have ``name=missing`` if training had any. A column without
    any value is dropped.

    Missing are an empty cell, "?", None and NaN, in columns of numbers also NA, N/A, NaN, nan,
    null, NULL and None.

    Examples
    --------
    >>> encoding = TableEncoding.fit({"age": ["31", "?", "54"], "pet": ["cat", "dog", "cat"]})
    >>> encoding.feature_names
    ['age', 'age=missing', 'pet=cat', 'pet=dog']
    >>> encoding.transform({"pet": ["dog", "emu"], "age": [20, 30]}).tolist()
    [[20.0, 0.0, 0.0, 1.0], [30.0, 0.0, 0.0, 0.0]]
    >>> encoding.notes
    ["pet: 1 cell not in training ('emu'): 0 in all its columns"]
    """

    def __init__(self, encoders: list[Encoder], max_categories: int = 255) -> None:
        self.encoders = tuple(encoders)
        self.max_categories = max_categories
        self._notes: list[str] = []

    @classmethod
    def fit(cls, columns: Mapping[str, Any] | Table, *, max_categories: int = 255) -> "TableEncoding":
        """Find out what each column holds.

        Parameters
        ----------
        columns : mapping of name to column, or Table
            Columns of one length: NumPy, pyarrow, pandas, polars or lists.
        max_categories : int, >= 1
            A column of text gets at most this many categories, besides other and missing.

        Raises
        ------
        DataError
            No column, no row, no value at all, columns of different lengths, an infinite number,
            or a column that is neither numbers nor text.
        """
        if isinstance(max_categories, bool) or not isinstance(max_categories, int | np.integer):
            raise ValueError(f"max_categories must be an integer, got {max_categories!r}")
        if max_categories < 1:
            raise ValueError(f"max_categories must be at least 1, got {max_categories}")
        source = _Source(columns)
        if not source.columns:
            raise DataError(f"{source.name}no columns")
        read = {name: as_column(values, name) for name, values in source.columns.items()}
        if _n_rows(read) == 0:
            raise DataError(f"{source.name}no rows")
        fitted = [fit_column(name, column, int(max_categories), source.where) for name, column in read.items()]
        if not any(encoder.suffixes for encoder, _ in fitted):
            raise DataError(f"{source.name}no column holds any value")
        encoding = cls([encoder for encoder, _ in fitted], int(max_categories))
        encoding._notes = [note for _, notes in fitted for note in notes]
        return encoding

    def transform(self, columns: Mapping[str, Any] | Table, dtype: np.typing.DTypeLike = np.float32) -> np.ndarray:
        """Return the rows as numbers; `notes` then says what had not been met in training.

        Parameters
        ----------
        columns : mapping of name to column, or Table
            Found by name: their order does not matter, and further columns are ignored.
        dtype : float32 or float64

        Returns
        -------
        X : ndarray of shape (n_rows, n_features), C-contiguous

        Raises
        ------
        DataError
            A column is missing, text stands among numbers, or a number is infinite (in `dtype`).
        """
        dtype = check_float_dtype(dtype)
        source = _Source(columns)
        used = [encoder for encoder in self.encoders if encoder.suffixes]
        lacking = [encoder.name for encoder in used if encoder.name not in source.columns]
        if lacking:
            raise DataError(
                f"{source.name}no column {', '.join(map(repr, lacking))}; there are {', '.join(map(repr, source.columns))}"
            )
        read = {e.name: as_column(source.columns[e.name], e.name) for e in used}
        X = np.zeros((_n_rows(read), len(self.feature_names)), dtype)
        notes: list[str] = []
        first = 0
        for encoder in used:
            last = first + len(encoder.suffixes)
            notes += encoder.fill(read[encoder.name], X[:, first:last], source.where)
            first = last
        self._notes = notes
        return X

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns of the result, each once: a repeated one gets " (2)", " (3)", ..."""
        names: dict[str, None] = {}
        for encoder in self.encoders:
            for suffix in encoder.suffixes:
                name = unique = encoder.name + suffix
                times = 1
                while unique in names:
                    times += 1
                    unique = f"{name} ({times})"
                names[unique] = None
        return list(names)

    @property
    def notes(self) -> list[str]:
        """What `transform` last met that training had not; before it, what is odd in training."""
        return list(self._notes)

    def describe(self) -> list[str]:
        """Return one line a column of the table: what it holds and what becomes of it."""
        return [encoder.describe() for encoder in self.encoders]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as a dict that JSON keeps exactly."""
        columns = [encoder.to_dict() for encoder in self.encoders]
        return {"version": _VERSION, "max_categories": self.max_categories, "columns": columns}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "TableEncoding":
        """Rebuild from `to_dict`.

        Raises
        ------
        ValueError
            The dict is not one that `to_dict` makes.
        """
        if not isinstance(fields, Mapping) or set(fields) != set(_FIELDS):
            raise ValueError(f"table encoding: expected the fields {', '.join(_FIELDS)}")
        if fields["version"] != _VERSION:
            raise ValueError(f"table encoding: version {fields['version']!r}, expected {_VERSION}")
        limit, columns = fields["max_categories"], fields["columns"]
        if type(limit) is not int or limit < 1:
            raise ValueError(f"table encoding: max_categories is {limit!r}")
        if not isinstance(columns, list) or not columns:
            raise ValueError("table encoding: no list of columns")
        encoders = []
        for column in columns:
            kind = column.get("kind") if isinstance(column, dict) else None
            if not isinstance(kind, str) or kind not in ENCODERS:
                raise ValueError(f"table encoding: a column of kind {kind!r}")
            encoders.append(ENCODERS[kind].from_dict(column))
        if len({encoder.name for encoder in encoders}) < len(encoders):
            raise ValueError("table encoding: a column name is repeated")
        return cls(encoders, limit)


def check_float_dtype(dtype: np.typing.DTypeLike) -> np.dtype[Any]:
    """Return the dtype if it is float32 or float64, else raise ValueError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return found


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


def _n_rows(columns: Mapping[str, Any]) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise DataError(f"columns of different lengths: {shown}")
    return next(iter(lengths.values()), 0)
