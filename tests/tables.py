"""A table of numbers, text and missing cells, and its encoding as lists."""

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.preprocessing.column_rules import TableOptions
from hotloop.preprocessing.table_encoding import TableEncoding

MIXED = {
    "age": ["31", "?", "54", " 20 "],
    "pet": ["dog", "cat", "", "cat"],
    "void": ["", "?", "NA", ""],
    "rich": ["1e3", "-.5", "+7", "2."],
}


def encode(columns, *more, dtype=np.float64, **options):
    """The names and the rows of the table itself, or of further ones."""
    encoding = TableEncoding.fit(columns, TableOptions(**options))
    return list(encoding.feature_names), encoding.transform(*(more or (columns,)), dtype=dtype).tolist()
