"""Small files to read, and what read_table says of them."""

import pytest

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError
from hotloop.data.readers.delimited import read_table

SMALL = b"age,pet\n31,cat\n54, dog \n,\n"


def cells(table):
    """The cells of each column as text, None where missing; numbers as Python writes them."""
    return {name: column.cells() for name, column in table.columns.items()}


def refused(path, **options):
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message
