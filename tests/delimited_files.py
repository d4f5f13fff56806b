"""Small files to read, and what read_table says of them."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest

pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

from hotloop.data.errors import DataError
from hotloop.data.readers import source, typed_rows
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


@contextmanager
def pieces_of(piece, block, head):
    """Cut the text into pieces, and these into blocks, of so many bytes."""
    with (
        patch.object(source, "PIECE_BYTES", piece),
        patch.object(typed_rows, "_BLOCK_BYTES", block),
        patch.object(typed_rows, "_HEAD_BYTES", head),
    ):
        yield
