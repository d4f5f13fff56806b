"""One column of a table, of whatever library, as numbers (a NumPy array) or as text (Arrow)."""

import contextlib
import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from hotloop.data.errors import DataError

# These stand for a missing number only where all other cells are numbers: in a column of text each
# may be a word like any other ("None" of a fence, "NA" of a continent, a person called Null).
_NO_NUMBER = "^(NA|N/A|NaN|nan|null|NULL|None)$"

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"

_INFINITY = r"^[+-]?(?i:inf|infinity)$"

_TEXT = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")

_EXACT = 2**53  # below it float64 holds each integer

_FIRST_ROWS = 64

_CELLS = (str, bytes, bool, np.bool_, int, np.integer, float, np.floating, Decimal)


@dataclasses.dataclass(frozen=True)
class Column:
    """A column that is typed as numbers, or holds text that may yet turn out to be numbers.

    Attributes
    ----------
    kind : "number", "boolean", "text" or "category"
        What the type says; a category (pandas, Arrow dictionary) is no number whatever its cells.
    values : ndarray of float64, or pyarrow.ChunkedArray of string
        Numbers and booleans as an array, NaN where missing; else trimmed text, null where missing.
    """

    kind: str
    values: Any

    def __len__(self) -> int:
        return len(self.values)

    def numbers(self) -> np.ndarray | None:
        """Return the cells as float64, NaN where missing, or None if some cell is no number.

        An infinity counts as a number here, so that the caller can refuse it with its place.
        """
        if isinstance(self.values, np.ndarray):
            return self.values
        pa, pc = _arrow()
        text = self.values
        with contextlib.suppress(pa.ArrowInvalid):
            text[:_FIRST_ROWS].cast(pa.float64())  # each cell that fails costs as much as 50 others
            numbers = text.cast(pa.float64())
            if pc.all(pc.is_finite(numbers)).as_py() is not False:  # None: no cell has a value
                return as_numpy(numbers, np.float64, np.nan)
        if len(self.words()):
            return None
        none = pc.match_substring_regex(text, _NO_NUMBER)
        text = pc.if_else(none, pa.NA, text)
        return as_numpy(text.cast(pa.float64()), np.float64, np.nan)

    def first_word(self) -> tuple[int, str]:
        """Return (row, cell) of the first cell that is no number; `numbers` returned None."""
        pc = _arrow()[1]
        row = pc.index(pc.is_in(self.values, value_set=self.words()), True).as_py()
        return row, self.values[row].as_py()

    def text(self) -> Any:
        """Return the cells as Arrow text, null where missing; whole numbers have no point."""
        if not isinstance(self.values, np.ndarray):
            return self.values
        pa, pc = _arrow()
        numbers = pa.chunked_array([pa.array(self.values, from_pandas=True)])
        if self.kind == "boolean":
            return pc.if_else(pc.equal(numbers, 1.0), "True", "False")
        whole = (np.abs(self.values) < _EXACT) & (self.values == np.rint(self.values))
        integers = pa.array(np.where(whole, self.values, 0.0).astype(np.int64))
        return pc.if_else(whole, integers.cast(pa.string()), numbers.cast(pa.string()))

    def words(self) -> Any:
        """Return the distinct cells that neither are numbers nor stand for a missing one."""
        pc = _arrow()[1]
        distinct = self.values.unique().drop_null()
        known = pc.match_substring_regex(distinct, f"{_NUMBER}|{_INFINITY}|{_NO_NUMBER}")
        return distinct.filter(pc.invert(known))


def as_column(values: Any, name: str) -> Column:
    """Return a one-dimensional column of any library; typed numbers never go through text.

    Parameters
    ----------
    values : ndarray, pyarrow array, pandas or polars column, or sequence
    name : str
        For messages.

    Raises
    ------
    DataError
        The column holds something else: dates, lists, complex numbers.
    ImportError
        The column is not a NumPy array of numbers, and pyarrow is missing.
    """
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise DataError(f"column {name!r} has {values.ndim} dimensions, expected 1")
        if values.dtype.kind in "biuf" and not isinstance(values, np.ma.MaskedArray):
            kind = "boolean" if values.dtype.kind == "b" else "number"
            return Column(kind, values.astype(np.float64, copy=False))
        if values.dtype.kind == "c":
            raise DataError(f"column {name!r} holds complex numbers")
    pa = _arrow()[0]
    array = _arrow_column(values, name)
    if pa.types.is_dictionary(array.type):
        array = _decoded(array)
        if pa.types.is_integer(array.type):
            return Column("category", array.cast(pa.string()))
        return Column("category", _trimmed(Column(*_typed(array, name)).text()))
    return Column(*_typed(array, name))


def arrow_strings(values: Sequence[str]) -> Any:
    """Return strings as a pyarrow array."""
    pa = _arrow()[0]
    cells = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, cells)], dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(cells))]
    return pa.Array.from_buffers(pa.large_string(), len(cells), buffers)


def as_numpy(column: Any, dtype: np.typing.DTypeLike, fill: float) -> np.ndarray:
    """Return a pyarrow.ChunkedArray of the same fixed width as an array, `fill` where null."""
    values = np.empty(len(column), dtype)
    first = 0
    for chunk in column.chunks:
        part = slice(chunk.offset, chunk.offset + len(chunk))
        last = first + len(chunk)
        if len(chunk):
            values[first:last] = np.frombuffer(chunk.buffers()[1], dtype)[part]
        first = last
    values[null_mask(column)] = fill
    return values


def null_mask(column: Any) -> np.ndarray:
    """Return where a pyarrow.ChunkedArray is null."""
    masks = [np.zeros(0, bool)]
    for chunk in column.chunks:
        mask = np.zeros(len(chunk), bool)
        if chunk.null_count:
            bits = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
            mask = bits[chunk.offset : chunk.offset + len(chunk)] == 0
        masks.append(mask)
    return np.concatenate(masks)


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        message = "encoding text needs pyarrow: pip install 'hotloop[cli]'"
        raise ImportError(message) from None
    return pa, pc


def _typed(array: Any, name: str) -> tuple[str, Any]:
    """The kind and values of an Arrow array that is no dictionary."""
    pa = _arrow()[0]
    kind = array.type
    if pa.types.is_null(kind):
        return "number", np.full(len(array), np.nan)
    if pa.types.is_boolean(kind):
        numbers = array.cast(pa.uint8()).cast(pa.float64())
        return "boolean", as_numpy(numbers, np.float64, np.nan)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number", as_numpy(array.cast(pa.float64(), safe=False), np.float64, np.nan)
    if str(kind) not in _TEXT:
        raise DataError(f"column {name!r} holds {kind}: turn it into numbers or text first")
    return "text", _trimmed(array)


def _decoded(array: Any) -> Any:
    """A dictionary array as its values."""
    pa = _arrow()[0]
    chunks = [(chunk.dictionary, chunk.indices) for chunk in array.chunks]
    if str(array.type.value_type) == "string_view":  # polars; Arrow cannot take from it
        chunks = [(values.cast(pa.large_string()), indices) for values, indices in chunks]
    if not chunks:
        return pa.chunked_array([], array.type.value_type)
    return pa.chunked_array([values.take(indices) for values, indices in chunks])


def _trimmed(text: Any) -> Any:
    """Drop the blanks around cells; a cell that then is empty or "?" is missing."""
    pa, pc = _arrow()
    if str(text.type) not in ("string", "large_string"):
        text = text.cast(pa.large_string())
    text = pc.utf8_trim_whitespace(text)
    missing = pc.match_substring_regex(text, r"^\??$")
    return pc.if_else(missing, pa.NA, text)


def _arrow_column(values: Any, name: str) -> Any:
    """Any column as a pyarrow.ChunkedArray; one of mixed Python objects becomes text."""
    pa = _arrow()[0]
    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    try:
        if hasattr(values, "__arrow_c_stream__"):
            return pa.chunked_array(values)
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([_as_cell(value, name) for value in values], pa.string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


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
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else str(value)
    return str(value)
