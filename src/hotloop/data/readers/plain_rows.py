"""The fastest way from delimited text to columns: rows of plain numbers, and words without quotes, by the kernel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotloop.backend import backend_info, get_backend

SKIPPED, NUMBER, TEXT = 0, 1, 2

_LONGEST = 1 << 31  # bytes of text

_MOST_BYTES = 1 << 26  # room for words; huge pages make it memory where little is written


class PlainRows:
    """Reads pieces of text that are plain from the first cell to the last, in memory that it uses again."""

    def __init__(self) -> None:
        self._room = np.zeros(0)

    def read(self, piece: bytes, start: int, delimiter: str, kinds: Sequence[int]) -> list[Any] | None:
        """Return the columns of rows, None where the text is odd.

        Parameters
        ----------
        piece, start : bytes, int
            The text, and where the first row begins.
        delimiter : str
        kinds : sequence of int
            SKIPPED, NUMBER or TEXT for each column.

        Returns
        -------
        list of ndarray of float64, and of pyarrow.ChunkedArray (a dictionary of text), or None
            Of the columns that are not skipped. Numbers are overwritten by the next call.
        """
        import pyarrow as pa

        n_bytes, n_columns, n_numbers, n_texts = len(piece) - start, len(kinds), kinds.count(NUMBER), kinds.count(TEXT)
        if backend_info().backend == "reference":  # pyarrow is a hundred times as fast
            return None
        # Among more words than numbers pyarrow is as fast: 0.95 s for 26 columns of words, the kernel 1.05.
        if n_texts > n_numbers or n_texts * n_bytes > _MOST_BYTES:
            return None
        if n_columns < 2 or delimiter not in ",;|\t" or n_bytes >= _LONGEST or piece.find(b'"', start) >= 0:
            return None
        room = 1 + n_bytes // n_columns  # a row has as many separators and line ends as columns
        if len(self._room) < n_numbers * room:
            self._room = np.empty(n_numbers * room)
        numbers = self._room[: n_numbers * room].reshape(n_numbers, room)
        ends, words = np.empty((n_texts, room + 1), np.int32), np.empty((n_texts, n_bytes), np.uint8)
        n_rows = get_backend().delimited_cells(piece, start, ord(delimiter), np.array(kinds, np.int8), numbers, ends, words)
        if n_rows < 0:
            return None
        columns, check = zip(ends, words, strict=True), n_texts > 0 and not piece.isascii()
        try:
            texts = iter([_dictionary(ends[: n_rows + 1], words, check) for ends, words in columns])
        except pa.ArrowInvalid:  # words that are not UTF-8
            return None
        arrays = iter(numbers[:, :n_rows])
        return [next(arrays) if kind == NUMBER else next(texts) for kind in kinds if kind != SKIPPED]


def _dictionary(ends: NDArray[np.int32], words: NDArray[np.uint8], check: bool) -> Any:
    """Return cells as an Arrow dictionary.

    Parameters
    ----------
    ends : ndarray of shape (n_rows + 1,)
    words : ndarray, uint8
    check : bool
        Whether the words may not be UTF-8.
    """
    import pyarrow as pa

    cells = pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(words))
    if check:
        cells.validate(full=True)
    return pa.chunked_array([cells.dictionary_encode()])
