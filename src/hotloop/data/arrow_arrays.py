"""Between NumPy and Arrow by their buffers: pyarrow's own ways import pandas where it is installed, which takes 0.3 s."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def arrow() -> tuple[Any, Any]:
    """Return pyarrow and pyarrow.compute; ImportError says which extra has them."""
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        message = "encoding text needs pyarrow: pip install 'hotloop[cli]'"
        raise ImportError(message) from None
    return pa, pc


def as_numpy(array: Any, dtype: np.typing.DTypeLike, fill: float) -> NDArray[Any]:
    """Return a pyarrow array, chunked or not, as an array of the same fixed width, `fill` where null."""
    values = np.empty(len(array), dtype)
    first = 0
    for chunk in getattr(array, "chunks", [array]):
        part = slice(chunk.offset, chunk.offset + len(chunk))
        last = first + len(chunk)
        if len(chunk):
            values[first:last] = np.frombuffer(chunk.buffers()[1], dtype)[part]
        if chunk.null_count:
            bits = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
            values[first:last][bits[part] == 0] = fill
        first = last
    return values


def as_mask(array: Any) -> NDArray[np.bool_]:
    """Return a pyarrow array of booleans as an array, False where null."""
    return np.asarray(as_numpy(array.cast(arrow()[0].uint8()), np.uint8, 0) == 1)


def from_numbers(values: NDArray[Any]) -> Any:
    """Return an array of numbers as a pyarrow array, of the same memory."""
    pa = arrow()[0]
    values = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def from_mask(mask: NDArray[np.bool_]) -> Any:
    """Return an array of booleans as a pyarrow array."""
    pa = arrow()[0]
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, pa.py_buffer(np.packbits(mask, bitorder="little"))])


def strings(values: Sequence[str]) -> Any:
    """Return strings as a pyarrow array."""
    pa = arrow()[0]
    cells = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, cells)], dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(cells))]
    return pa.Array.from_buffers(pa.large_string(), len(cells), buffers)
