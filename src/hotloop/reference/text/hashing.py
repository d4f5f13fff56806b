"""Tokens hashed to columns: MurmurHash3 and the entries it makes, in plain Python."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from hotloop.reference.losses import Array

MASK = 0xFFFFFFFF
Csr = tuple[Array, Array, Array]


def murmurhash3(tokens: Sequence[str]) -> Array:
    """Return the signed MurmurHash3 (x86, 32 bits, seed 0; Appleby 2011) of the UTF-8 bytes of each token, int32."""
    return np.array([_murmur(token.encode()) for token in tokens], np.uint32).astype(np.int32)


def hash_words(
    documents: Iterable[str],
    shortest: int,
    longest: int,
    n_features: int,
    lower: bool,
    signed: bool,
    words: Callable[[str], list[str]],
) -> Csr:
    """Return runs of shortest to longest words of each document as CSR rows.

    Parameters
    ----------
    documents : iterable of str
    shortest, longest : int
        A run is its words with a blank between them.
    n_features : int
        Columns: a token of hash h is in column |h| mod n_features.
    lower : bool
        Turn capital letters into small ones first. (``words`` does so by itself.)
    signed : bool
        An entry counts -1 where h < 0.
    words : callable
        str -> its words, of two characters and more; the compiled kernel finds those of ASCII documents by itself.

    Returns
    -------
    indptr : ndarray of shape (n_documents + 1,), int64
    indices : ndarray, int32
        Columns, rising in a row.
    data : ndarray, float32
        Sum over the runs of that column; it may be 0.

    Raises
    ------
    TypeError
        A document is no str; names it.
    ValueError
        There are no such runs or no columns.
    """

    def units(row: int, document: object) -> list[Sequence[str]]:
        if not isinstance(document, str):
            raise TypeError(f"document {row} is of type {type(document).__name__}, expected str")
        return [words(document)]

    return _rows((units(*pair) for pair in enumerate(documents)), shortest, longest, n_features, signed, " ")


def hash_units(
    documents: Iterable[Iterable[Sequence[str]]], between: str, shortest: int, longest: int, n_features: int, signed: bool
) -> Csr:
    """Return runs of units, such as characters, as :func:`hash_words` does.

    Parameters
    ----------
    documents : iterable of documents
        A document is an iterable of segments, a segment a sequence of units (str). No run crosses the end of a segment.
    between : {" ", ""}
        Stands between the units of a run.
    shortest, longest : int, >= 1
        Units of a run.
    n_features, signed : as for :func:`hash_words`
    """
    if between not in ("", " "):
        raise ValueError(f"between is {between!r}, expected a blank or nothing")
    return _rows(documents, shortest, longest, n_features, signed, between)


def _rows(
    documents: Iterable[Iterable[Sequence[str]]], shortest: int, longest: int, n_features: int, signed: bool, between: str
) -> Csr:
    """Count the runs of each document by the column of their hash. Parameters: as for :func:`hash_units`."""
    if not 1 <= shortest <= longest < 2**31:
        raise ValueError(f"runs have {shortest} to {longest} units, expected 1 <= shortest <= longest < 2^31")
    if not 1 <= n_features < 2**31:
        raise ValueError(f"n_features is {n_features}, expected a whole number from 1 to 2^31 - 1")
    indptr, indices, data = [0], [], []
    for segments in documents:
        found: dict[int, float] = {}
        for units in segments:
            for length in range(shortest, min(longest, len(units)) + 1):
                for i in range(len(units) - length + 1):
                    h = int(murmurhash3([between.join(units[i : i + length])])[0])
                    column = abs(h) % n_features
                    found[column] = found.get(column, 0.0) + (-1.0 if signed and h < 0 else 1.0)
        indices += sorted(found)
        data += [found[column] for column in sorted(found)]
        indptr.append(len(indices))
    return np.array(indptr, np.int64), np.array(indices, np.int32), np.array(data, np.float32)


def _murmur(text: bytes) -> int:
    h, whole = 0, len(text) // 4 * 4
    for i in range(0, whole, 4):
        h ^= _mixed(int.from_bytes(text[i : i + 4], "little"))
        h = (_rotated(h, 13) * 5 + 0xE6546B64) & MASK
    h ^= _mixed(int.from_bytes(text[whole:], "little"))
    h ^= len(text)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK
    return h ^ h >> 16


def _mixed(k: int) -> int:
    return (_rotated((k * 0xCC9E2D51) & MASK, 15) * 0x1B873593) & MASK


def _rotated(k: int, bits: int) -> int:
    return ((k << bits) | (k >> 32 - bits)) & MASK
