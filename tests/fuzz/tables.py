"""Entry "tables": odd frames, mappings and Arrow tables for the encoders, and for estimators that take tables of numbers."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from hotloop import HashingEncoder, LogisticSGDClassifier, TableEncoder

from .brief import brief
from .damage import OTHERS, WORDS
from .subjects import FEW

CELLS = {
    "number": lambda draw: draw.gauss(0, 9),
    "whole": lambda draw: draw.randrange(-9, 9),
    "word": lambda draw: draw.choice(["a", "b", "Köln", "", " ", "?", "nan", "1", "1.5", "007", "1,5", "1 000"]),
    "date": lambda draw: draw.choice(
        ["2020-01-31", "2020-02-30", "", "1700-01-01T00:00", "9999-12-31", "2020-01-31 25:00", "0001-01-01"]
    ),
    "flag": lambda draw: draw.random() < 0.5,
    "large": lambda draw: draw.choice([2**63, -(2**63), 10**30, 10**400, 2**53 + 1, 1e308, 1e-320]),
    "missing": lambda draw: draw.choice([None, float("nan"), pd.NA, pd.NaT, np.nan, decimal.Decimal("NaN")]),
    "odd": lambda draw: draw.choice(OTHERS),
    "nested": lambda draw: draw.choice([[1], {"a": 1}, (1, 2), {1}, np.array([1]), [[]], b"x"]),
    "time": lambda draw: draw.choice(
        [datetime.datetime(2020, 1, 1), datetime.date(1, 1, 1), datetime.time(1), pd.Timestamp("2020"), pd.Timedelta(1)]
    ),
    "long": lambda draw: draw.choice(
        [decimal.Decimal("1.5"), decimal.Decimal("1e500"), 1j, np.float32(1), np.int8(1), np.str_("a")]
    ),
    "text": lambda draw: draw.choice([*WORDS, "x" * 3000, "a\0b", "\n", '"']),
}
PANDAS = [
    "Int64",
    "Float64",
    "boolean",
    "string",
    "category",
    "datetime64[ns]",
    "datetime64[ns, UTC]",
    "timedelta64[ns]",
    "complex128",
]
PANDAS += [
    "object",
    "float16",
    "Sparse[float]",
    "period[D]",
    "string[pyarrow]",
    "int64[pyarrow]",
    "uint8",
    "float32",
    "interval",
    "bytes",
]
ARROW = [
    pa.int64(),
    pa.float16(),
    pa.bool_(),
    pa.string(),
    pa.large_string(),
    pa.binary(),
    pa.date32(),
    pa.date64(),
    pa.null(),
    pa.uint64(),
]
ARROW += [
    pa.timestamp("ns"),
    pa.timestamp("s", "UTC"),
    pa.decimal128(10, 2),
    pa.list_(pa.int64()),
    pa.struct([("a", pa.int64())]),
]
ARROW += [
    pa.dictionary(pa.int32(), pa.string()),
    pa.duration("s"),
    pa.time32("s"),
    pa.float32(),
    pa.decimal256(50, 2),
    pa.string_view(),
]


def column(draw, n):
    """Return the cells of a column."""
    kinds = draw.choice(
        [["number"], ["word"], ["date"], ["whole"], ["flag"], [draw.choice(list(CELLS))], draw.sample(list(CELLS), 2)]
    )
    if draw.random() < 0.3:
        kinds = [*kinds, "missing"]
    return [CELLS[draw.choice(kinds)](draw) for _ in range(n)]


def plain(cell):
    """Return a cell as Python's own type: pyarrow itself does not survive dates of NumPy among its numbers."""
    return cell.item() if isinstance(cell, np.generic) else cell


def converted(draw, cells):
    """Return cells in a container of some library."""
    how = draw.random()
    try:
        if how < 0.3:
            return pd.Series(cells, dtype=object).astype(draw.choice(PANDAS))
        if how < 0.5:
            array = pa.array(cells, draw.choice(ARROW))
            return draw.choice([array, pa.chunked_array([array[:1], array[1:]]), array.slice(0, len(array))])
        if how < 0.6:
            return pd.Series(cells).astype("category")
        if how < 0.8:
            return np.array(cells, draw.choice([None, object, "f8", "U", "f4", "i8", "S", "M8[ns]", "?"]))
    except Exception:
        return cells
    return cells


def drawn_table(draw, n, names):
    """Return a table of n rows with these columns, of some kind."""
    columns = {name: converted(draw, column(draw, n if draw.random() < 0.97 else n + 1)) for name in names}
    how = draw.random()
    try:
        if how < 0.4:
            return pd.DataFrame({name: pd.Series(cells) for name, cells in columns.items()})
        if how < 0.6:
            return pa.table(
                {
                    name: cells if isinstance(cells, pa.Array | pa.ChunkedArray) else pa.array(list(map(plain, cells)))
                    for name, cells in columns.items()
                }
            )
        if how < 0.7:
            return np.array([list(cells) for cells in columns.values()], object).T
    except Exception:
        return columns
    return columns


def case(draw):
    """Return what tells the case, and its call."""
    n = draw.choice([0, 1, 2, 9, 40])
    names = draw.choice(
        [["a"], ["a", "b"], ["a", "b", "c"], ["", "b"], [0, 1], ["a", 1], [None, "b"], [("a", 1), ("b", 2)], []]
    )
    first, second = (
        drawn_table(draw, n, names),
        drawn_table(draw, draw.choice([n, 3]), names if draw.random() < 0.8 else ["a", "z"]),
    )
    if draw.random() < 0.05:
        first = draw.choice(OTHERS)
    if draw.random() < 0.3 and isinstance(first, pd.DataFrame) and len(names) > 1:
        first.columns = [names[0]] * len(first.columns) if draw.random() < 0.3 else first.columns
    own = {
        "sparse_output": draw.choice([True, False, "auto"]),
        "min_frequency": draw.choice([1, 2]),
        "decimal": draw.choice([None, ","]),
    }
    kind = draw.choice(["encoder", "encoder", "hashing", "documents", "estimator"])

    def call():
        if kind == "encoder":
            encoder = TableEncoder(**own).fit(first)
            encoder.transform(first)
            encoder.get_feature_names_out()
            encoder.transform(second)
        elif kind == "hashing":
            crosses = [tuple(names[:2])] if len(names) > 1 else ()
            HashingEncoder(64, crosses=crosses).fit(first).transform(second)
        elif kind == "documents":
            cells = first if not isinstance(first, dict) else next(iter(first.values()), [])
            HashingEncoder(64, keep_names=True).fit(cells).transform(cells)
        else:
            y = np.arange(n) % 2
            model = LogisticSGDClassifier(cv=None, **FEW).fit(first, y)
            model.predict(first)
            model.predict(second)

    return lambda: f"{kind} {own} {told(first)} then {told(second)}", call


def told(table):
    """Return a table in one line."""
    if isinstance(table, pd.DataFrame):
        return f"DataFrame {dict(table.dtypes.astype(str).items())} {table.head(4).to_dict('list')}"[:600]
    return brief(table)[:600]
