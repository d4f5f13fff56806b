"""One column of a table, of whatever library: numbers, or codes of distinct words. No Python object a cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import arrow, as_mask, as_numpy, from_mask, from_numbers, strings
from hotloop.data.errors import DataError

EXACT = 2**53  # below it float64 holds each integer

# A plain number, and one that is none but is read as one, to be refused with its place.
NUMBER, INFINITY = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", r"[+-]?(?i:inf|infinity)"

MISSING = ("", "?")  # these stand for a missing cell in every column

_TEXT = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")

_CELLS = (str, bytes, bool, np.bool_, int, np.integer, float, np.floating, Decimal)

_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass(frozen=True, eq=False)
class Column:
    """The cells of a column.

    Attributes
    ----------
    kind : {"number", "boolean", "date", "text", "category"}
        What the type says. Text may yet turn out to be numbers; a category (pandas, Arrow dictionary) stays one.
    numbers : ndarray of shape (n_rows,), float64, or None
        Cells of a number, boolean or date, NaN where missing; a date in days since 1970-01-01.
    codes : ndarray of shape (n_rows,), int32, or None
        Cells of text and categories: the place of each in ``words``, -1 where missing.
    words : pyarrow.StringArray or LargeStringArray, or None
        The distinct words, without blanks around them. Some may stand in no cell.
    """

    kind: str
    numbers: Any = None
    codes: Any = None
    words: Any = None

    def __len__(self) -> int:
        return len(self.numbers if self.codes is None else self.codes)

    def __getitem__(self, rows: "slice | NDArray[Any]") -> "Column":
        """Return some of the rows; the words stay."""
        if self.codes is None:
            return Column(self.kind, self.numbers[rows])
        return Column(self.kind, codes=self.codes[rows], words=self.words)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where a cell is missing."""
        return np.asarray(np.isnan(self.numbers) if self.codes is None else self.codes < 0)

    def as_text(self) -> "Column":
        """Return the column as text: whole numbers without a point, booleans as True and False, dates in ISO 8601."""
        if self.codes is not None:
            return self
        pa, pc = arrow()
        distinct, codes = np.unique(self.numbers[~self.missing], return_inverse=True)
        if self.kind == "boolean":
            words = strings(np.where(distinct == 1, "True", "False").tolist())
        elif self.kind == "date":
            words = strings(list(map(iso_8601, distinct)))
        else:
            whole = (np.abs(distinct) < EXACT) & (distinct == np.rint(distinct))
            integers = from_numbers(np.where(whole, distinct, 0.0).astype(np.int64)).cast(pa.string())
            words = pc.if_else(from_mask(whole), integers, from_numbers(distinct).cast(pa.string()))
        places = np.full(len(self), -1, np.int32)
        places[~self.missing] = codes
        return Column("text", codes=places, words=words)

    def without(self, words: Sequence[str]) -> "Column":
        """Return the column with cells that are one of these words, or one of these numbers, missing; dates as they are."""
        if not words or self.kind in ("date", "boolean"):
            return self
        if self.codes is not None:
            pa, pc = arrow()
            absent = as_mask(pc.is_in(self.words, value_set=strings(words).cast(self.words.type)))
            codes = np.where(np.append(absent, True)[self.codes], np.int32(-1), self.codes)
            return Column(self.kind, codes=codes, words=self.words)
        absent = np.isin(self.numbers, [float(word) for word in words if _is_number(word)])
        return Column(self.kind, np.where(absent, np.nan, self.numbers))

    def cell(self, row: int) -> str | None:
        """Return a cell as text, None where it is missing."""
        one = self[row : row + 1].as_text()
        return None if one.codes[0] < 0 else str(one.words[int(one.codes[0])].as_py())

    def cells(self) -> list[str | None]:
        """Return all cells as text, None where missing."""
        text = self.as_text()
        words = [*text.words.to_pylist(), None]
        return [words[code] for code in text.codes.tolist()]

    def counts(self) -> NDArray[np.intp]:
        """Return the number of cells that hold each word."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    def used_words(self) -> Any:
        """Return the words that stand in some cell."""
        return self.words.filter(from_mask(self.counts() > 0))

    def first_row(self, of_words: NDArray[np.bool_]) -> int | None:
        """Return the first row whose word is among some, None where there is none."""
        chosen = np.append(of_words, False)[self.codes]  # the last place is -1
        return int(chosen.argmax()) if chosen.any() else None


def as_column(values: Any, name: str) -> Column:
    """Return a one-dimensional column of any library; typed numbers never go through text.

    Whole numbers beyond 2^53 become text, so that no digit is lost.

    Parameters
    ----------
    values : Column, ndarray, pyarrow array, pandas or polars column, or sequence
    name : str
        For messages.

    Raises
    ------
    DataError
        The column holds something else: lists, complex numbers.
    ImportError
        The column is not a NumPy array of numbers, and pyarrow is missing.
    """
    if isinstance(values, Column):
        return values
    if hasattr(getattr(values, "dtype", None), "fill_value"):  # a sparse column of pandas
        values = np.asarray(values)
    if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
        raise DataError(f"column {name!r} is a {type(values).__name__}, expected a list or array of cells")
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "M":
            values = values.astype("M8[us]")
        if values.ndim != 1:
            raise DataError(f"column {name!r} has {values.ndim} dimensions, expected 1")
        if values.dtype.kind == "c":
            raise DataError(f"column {name!r} holds complex numbers")
        if values.dtype.kind in "biuf" and not isinstance(values, np.ma.MaskedArray):
            if values.dtype.kind == "b":
                return Column("boolean", values.astype(np.float64))
            if values.dtype.kind == "f" or _is_exact(values):
                return Column("number", values.astype(np.float64, copy=False))
    return _of_arrow(_arrow_column(values, name), name)


def text_column(array: Any) -> Column:
    """Return a pyarrow array, or chunked array, of text or of a dictionary of text as a column of text.

    Blanks around cells are dropped. An empty cell, and "?", is missing.
    """
    pa, _ = arrow()
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    if not chunks:
        return Column("text", codes=np.zeros(0, np.int32), words=pa.nulls(0, pa.string()))
    array = pa.chunked_array(chunks)
    if not len(array):
        return Column("text", codes=np.zeros(0, np.int32), words=pa.nulls(0, pa.string()))
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    array = array.unify_dictionaries()
    codes = as_numpy(pa.chunked_array([chunk.indices for chunk in array.chunks]).cast(pa.int32()), np.int32, -1)
    return _trimmed("text", codes, array.chunk(0).dictionary)


def _trimmed(kind: str, codes: NDArray[np.int32], words: Any) -> Column:
    """Return a column of words without the blanks around them; words that stand for a missing cell are none."""
    pa, pc = arrow()
    if str(words.type) not in ("string", "large_string"):
        words = words.cast(pa.large_string())
    text = trimmed(words)
    changed = text.null_count or not pc.all(pc.equal(text, words)).as_py()
    if changed or pc.count_distinct(words).as_py() < len(words):
        encoded = text.dictionary_encode()
        places = as_numpy(encoded.indices, np.int32, -1)
        codes = np.append(places, np.int32(-1))[codes]  # -1 is the last place
        words = encoded.dictionary
    return Column(kind, codes=codes, words=words)


def trimmed(text: Any) -> Any:
    """Return Arrow text without the blanks around cells, null where a cell then is missing."""
    pa, pc = arrow()
    text = pc.utf8_trim_whitespace(text)
    missing = pc.is_in(text, value_set=strings(MISSING).cast(text.type))
    return pc.if_else(missing, pa.NA, text)


def iso_8601(days: float) -> str:
    """Return days since 1970-01-01 as a day, or as a time where they are no whole day; beyond the year 275,000 as a number."""
    if abs(days) > 1e8:
        return f"{days:.6g} days from 1970-01-01"
    moment = np.rint(days * _A_DAY["us"]).astype("M8[us]")
    for unit in ("D", "s"):
        if moment.astype(f"M8[{unit}]") == moment:
            return str(moment.astype(f"M8[{unit}]"))
    return str(moment)


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False


def _is_exact(integers: NDArray[Any]) -> bool:
    return integers.itemsize < 8 or not len(integers) or (integers.min() > -EXACT and integers.max() < EXACT)


def _of_arrow(array: Any, name: str) -> Column:
    """Return a pyarrow.ChunkedArray as a column."""
    pa, pc = arrow()
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _category(array, name)
    if pa.types.is_null(kind):
        return Column("number", np.full(len(array), np.nan))
    if pa.types.is_boolean(kind):
        return Column("boolean", as_numpy(array.cast(pa.uint8()).cast(pa.float64()), np.float64, np.nan))
    if pa.types.is_integer(kind) and kind.bit_width == 64:
        extremes = pc.min_max(array).as_py()
        if extremes["min"] is not None and (extremes["min"] <= -EXACT or extremes["max"] >= EXACT):
            return text_column(array.cast(pa.string()))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Column("number", as_numpy(array.cast(pa.float64(), safe=False), np.float64, np.nan))
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        unit = kind.unit if pa.types.is_timestamp(kind) else None
        ticks = as_numpy((array if unit else array.cast(pa.timestamp("s"))).cast(pa.int64()), np.int64, 0)
        days = ticks / _A_DAY[unit or "s"]
        days[as_mask(array.is_null())] = np.nan
        return Column("date", days)
    if str(kind) not in _TEXT:
        raise DataError(f"column {name!r} holds {kind}: turn it into numbers or text first")
    try:
        return text_column(array if str(kind) in ("string", "large_string") else array.cast(pa.large_string()))
    except pa.ArrowInvalid:
        raise DataError(f"column {name!r} holds bytes that are not UTF-8") from None


def _category(array: Any, name: str) -> Column:
    """Return a dictionary array as a column; the codes are taken as they are."""
    pa, _ = arrow()
    if str(array.type.value_type) == "string_view":  # polars; Arrow cannot unify these
        chunks = [pa.DictionaryArray.from_arrays(c.indices, c.dictionary.cast(pa.large_string())) for c in array.chunks]
        array = pa.chunked_array(chunks, pa.dictionary(array.type.index_type, pa.large_string()))
    if sum(len(chunk.dictionary) for chunk in array.chunks) == 0:
        return Column("category", codes=np.full(len(array), -1, np.int32), words=pa.nulls(0, pa.string()))
    if any(chunk.dictionary.null_count for chunk in array.chunks):  # Arrow cannot unify these
        array = pa.chunked_array([chunk.dictionary_decode() for chunk in array.chunks]).dictionary_encode()
    array = array.unify_dictionaries()
    codes = as_numpy(pa.chunked_array([chunk.indices.cast(pa.int32()) for chunk in array.chunks]), np.int32, -1)
    of_words = _of_arrow(pa.chunked_array([array.chunk(0).dictionary]), name)
    words = of_words.as_text()
    if of_words.codes is None or not np.array_equal(words.codes, np.arange(len(words))):
        codes = np.append(words.codes, np.int32(-1)).astype(np.int32)[codes]
    return Column("category", codes=codes, words=words.words)


def _arrow_column(values: Any, name: str) -> Any:
    """Return any column as a pyarrow.ChunkedArray; one of mixed Python objects becomes text."""
    pa = arrow()[0]
    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    if not len(values):
        return pa.chunked_array([pa.nulls(0, pa.string())])
    try:
        if _ends_the_process(values):
            raise TypeError("cells that pyarrow does not survive")
        if hasattr(values, "__arrow_c_stream__"):
            return pa.chunked_array(values)
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([_as_cell(value, name) for value in values], pa.string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _ends_the_process(values: Any) -> bool:
    """Tell whether dates of NumPy stand among its other types, or cells in cells: pyarrow 26 may follow a null pointer."""
    categories = getattr(getattr(values, "dtype", None), "categories", None)
    cells: Any = categories if hasattr(categories, "dtype") else values  # those of pandas
    if hasattr(cells, "dtype"):
        if cells.dtype != np.dtype(object):
            return False
        cells = np.asarray(cells)
    kinds = set(map(type, cells))
    dates = any(issubclass(kind, np.datetime64) for kind in kinds)
    others = any(issubclass(kind, np.generic) and not issubclass(kind, np.datetime64) for kind in kinds)
    nested = any(issubclass(kind, list | tuple | dict | set | np.ndarray) for kind in kinds)
    return (dates and others) or nested


def _as_cell(value: Any, name: str) -> str | None:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if not isinstance(value, _CELLS):
        raise DataError(f"column {name!r} holds {type(value).__name__}: expected numbers or text")
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float | np.floating):
        value = float(value)
        if np.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else str(value)
    return str(value)
