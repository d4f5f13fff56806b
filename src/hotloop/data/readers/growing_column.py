"""A column that rows are appended to, a piece of a file at a time; there is no second copy of it at the end."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.data.arrow_arrays import as_numpy
from hotloop.data.columns import Column, trimmed

_SPARE = 1.02  # room beyond the rows expected


class GrowingColumn:
    """Numbers, or codes of words, in an array with room for more.

    Attributes
    ----------
    kinds : set of {"number", "text"}
        Of the pieces appended. With both there is no column to return.
    """

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self._n_rows = 0
        self._values: NDArray[Any] = np.zeros(0)
        self._words: list[tuple[int, Any]] = []  # of each chunk: its first row, its words

    def append(self, cells: Any, n_expected: float) -> None:
        """Append numbers, or a pyarrow.ChunkedArray of a dictionary of text; `n_expected` is a guess at the rows at the end."""
        is_text = not isinstance(cells, np.ndarray)
        self.kinds.add("text" if is_text else "number")
        first = self._n_rows
        self._n_rows += len(cells)
        if len(self.kinds) > 1:
            return
        self._make_room(first, n_expected, np.dtype(np.int32 if is_text else np.float64))
        if not is_text:
            self._values[first : self._n_rows] = cells
            return
        for chunk in cells.chunks:
            self._words.append((first, chunk.dictionary))
            codes = as_numpy(chunk.indices, np.int32, -1)
            self._values[first : first + len(codes)] = codes
            first += len(codes)

    def cut(self, n_rows: int) -> None:
        """Keep the first rows only."""
        self._n_rows = n_rows
        self._words = [(first, words) for first, words in self._words if first < n_rows]
        if not n_rows:
            self.kinds, self._values = set(), np.zeros(0)

    def column(self) -> Column:
        """Return the column. It has the array, so that nothing can be appended any more."""
        values = self._values[: self._n_rows]
        if self._values.dtype == np.float64:
            return Column("number", values)
        import pyarrow as pa

        chunks = [words for _, words in self._words]
        words, places = _distinct(pa.chunked_array(chunks, pa.string()))
        words, again = _distinct(trimmed(words))  # trimming may make words equal
        places = np.append(again, np.int32(-1))[places]
        end, n_words = len(values), len(places)
        for first, own in reversed(self._words):
            n_words -= len(own)
            place = np.append(places[n_words : n_words + len(own)], np.int32(-1))  # the last is that of code -1
            values[first:end] = place[values[first:end]]
            end = first
        return Column("text", codes=values, words=words)

    def _make_room(self, n_kept: int, n_expected: float, dtype: np.dtype[Any]) -> None:
        if self._n_rows > len(self._values):
            room = max(self._n_rows, int(_SPARE * n_expected), len(self._values) * 3 // 2)
            values = np.empty(room, dtype)  # memory that is not written to is not taken
            values[:n_kept] = self._values[:n_kept]
            self._values = values


def as_column(cells: Any) -> Column:
    """Return numbers, or a pyarrow.ChunkedArray of a dictionary of text, as a column."""
    growing = GrowingColumn()
    growing.append(cells, n_expected=0)
    return growing.column()


def _distinct(words: Any) -> tuple[Any, NDArray[np.int32]]:
    """Return the distinct words of Arrow text, and the place among them of each, -1 where null."""
    import pyarrow as pa

    encoded = words.dictionary_encode()
    chunks = encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]
    places = as_numpy(pa.chunked_array([chunk.indices for chunk in chunks], pa.int32()), np.int32, -1)
    return (chunks[0].dictionary if chunks else pa.nulls(0, pa.string())), places
