"""One column of a table, of whatever library, as numbers (a NumPy array) or as text (Arrow)."""

from typing import Any

import numpy as np

from hotloop.errors import DataError

MISSING = ("", "?")
# These stand for a missing number only where all other cells are numbers: in a column of text each
# may be a word like any other ("None" of a fence, "NA" of a continent, a person called Null).
MISSING_NUMBERS = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None")

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INFINITY = r"^[+-]?(?i:inf|infinity)$"


def as_column(values: Any, name: str) -> np.ndarray | Any:
    """Return a column as a float64 array (NaN where missing) or as Arrow text (null where missing).

    Parameters
    ----------
    values : ndarray, pyarrow array, pandas or polars column, or sequence, one-dimensional
    name : str
        For messages.

    Returns
    -------
    column : ndarray of float64, or pyarrow.ChunkedArray of string
        Typed numbers and booleans never go through text. Text is trimmed.

    Raises
    ------
    DataError
        The column holds something else: dates, lists, complex numbers.
    ImportError
        The column is not a NumPy array of numbers, and pyarrow is missing.
    """
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise DataError(f"column {name!r} has {values.ndim} dimensions, expected 1")
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        numbers = np.asarray(values, np.float64)
        mask = np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None
        return numbers if mask is None else np.where(mask, np.nan, numbers)
    pa, pc = _arrow()
    column = _arrow_column(values, name)
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(kind):
        return column.cast(pa.uint8()).cast(pa.float64()).to_numpy()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False).to_numpy()
    text_kinds = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")
    if str(kind) not in text_kinds:
        raise DataError(f"column {name!r} holds {kind}: turn it into numbers or text first")
    if str(kind) not in ("string", "large_string"):
        column = column.cast(pa.large_string())
    text = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(text, value_set=pa.array(MISSING, text.type))
    return pc.if_else(missing, pa.scalar(None, text.type), text)


def is_category(values: Any) -> bool:
    """Whether the column says itself that it is one of categories, whatever they look like."""
    kind = getattr(values, "type", None)  # pyarrow
    if kind is not None and str(kind).startswith("dictionary"):
        return True
    return type(getattr(values, "dtype", None)).__name__ in ("CategoricalDtype", "Categorical", "Enum")


def as_numbers(text: Any) -> np.ndarray | None:
    """Return Arrow text as float64 (NaN where missing), or None if a cell is not a number.

    "inf" counts as a number here, so that the caller can refuse it with its place.
    """
    pa, pc = _arrow()
    try:
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        pass
    else:
        if pc.all(pc.is_finite(numbers)).as_py() is not False:  # None: no cell has a value
            return numbers.to_numpy()
    if len(_words(text)):
        return None
    none = pc.is_in(text, value_set=pa.array(MISSING_NUMBERS, text.type))
    return pc.if_else(none, pa.scalar(None, text.type), text).cast(pa.float64()).to_numpy()


def first_word(text: Any) -> tuple[int, str]:
    """Return (row, cell) of the first cell that is not a number."""
    pc = _arrow()[1]
    row = pc.index(pc.is_in(text, value_set=_words(text)), True).as_py()
    return row, text[row].as_py()


def as_text(column: Any) -> Any:
    """Return a column of `as_column` as Arrow text: whole numbers without a point."""
    pa, pc = _arrow()
    if not isinstance(column, np.ndarray):
        return column
    numbers = pa.chunked_array([pa.array(column, from_pandas=True)])
    return pc.cast(numbers, pa.string())


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        message = "encoding text needs pyarrow: pip install 'hotloop[cli]'"
        raise ImportError(message) from None
    return pa, pc


def _words(text: Any) -> Any:
    """The distinct cells that neither are numbers nor stand for a missing one."""
    pa, pc = _arrow()
    distinct = text.unique().drop_null()
    known = pc.or_(
        pc.match_substring_regex(distinct, f"{_NUMBER}|{_INFINITY}"),
        pc.is_in(distinct, value_set=pa.array(MISSING_NUMBERS, distinct.type)),
    )
    return distinct.filter(pc.invert(known))


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
        array = pa.array([_as_cell(value) for value in values], pa.string())
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _as_cell(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float | np.floating):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(float(value))
    return None if value is None or type(value).__name__ in ("NAType", "NaTType") else str(value)
