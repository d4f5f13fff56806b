"""Documents, lists of tokens and tables hashed to sparse rows (docs/decisions/0014). Nothing is learnt; no scikit-learn."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from hotloop.backend import get_backend
from hotloop.data.columns import as_column
from hotloop.data.dataframes import table_columns
from hotloop.structs import Array

Segments = Iterable[Sequence[str]]

_WORD = re.compile(r"(?u)\b\w\w+\b")
_BLANKS = re.compile(r"\s\s+")


@dataclass(frozen=True)
class TokenHasher:
    """What a token is, and the column and sign that its hash gives it. The parameters are those of HashingEncoder."""

    n_features: int
    analyzer: str = "word"
    ngram_range: tuple[int, int] = (1, 1)
    lowercase: bool = True
    token_pattern: str | None = None
    alternate_sign: bool = True
    crosses: Sequence[tuple[str, str]] = ()

    def hash_rows(self, X: Iterable[Any]) -> tuple[str, Array, Array, Array]:
        """Hash documents, or lists of tokens; the first row says which.

        Parameters
        ----------
        X : iterable of str, or iterable of iterables of str

        Returns
        -------
        kind : {"text", "tokens"}
        indptr, indices, data : ndarray of int64, int32 and float32
            CSR rows, columns rising.

        Raises
        ------
        TypeError
            A document or token is no str; names its row.
        """
        first, X = _first_of(X)
        runs = (*self.ngram_range, self.n_features)
        if not isinstance(first, str):
            documents = (_token_segments(tokens, row) for row, tokens in enumerate(X))
            return "tokens", *get_backend().hash_units(documents, " ", *runs, self.alternate_sign)
        if self.analyzer == "word" and self.token_pattern is None:
            return "text", *get_backend().hash_words(X, *runs, self.lowercase, self.alternate_sign, self._words())
        segments = self._segments()
        documents = (segments(_document(document, row)) for row, document in enumerate(X))
        return "text", *get_backend().hash_units(documents, self._between(), *runs, self.alternate_sign)

    def hash_table(self, X: Any) -> tuple[int, Array, Array, Array]:
        """Hash the cells of a table, and the pairs of cells that ``crosses`` names.

        Returns
        -------
        n_rows : int
        rows, columns : ndarray, int64
        values : ndarray, float32
            Value of each entry; entries of the same row and column are to be summed.
        """
        rows, columns, values, n_rows = [], [], [], 0
        lengths: set[int] = set()
        for tokens, numbers, codes in self._columns_of_table(X):
            n_rows = len(codes)
            lengths.add(n_rows)
            column, sign = self._columns_and_signs(tokens)
            stored = np.flatnonzero((codes >= 0) & (numbers != 0) & ~np.isnan(numbers))
            rows.append(stored)
            columns.append(column[codes[stored]])
            with np.errstate(over="ignore"):
                values.append(sign[codes[stored]] * numbers[stored].astype(np.float32))
            if len(lengths) > 1:
                raise ValueError("the columns of the table have different lengths")
        if not rows:
            raise ValueError("the table has no columns")
        return n_rows, np.concatenate(rows), np.concatenate(columns), _finite(np.concatenate(values), np.concatenate(rows))

    def hash_records(self, X: Iterable[Any]) -> tuple[int, Array, Array, Array]:
        """Hash rows that are mappings of names to values: a number counts in "name", a text in "name=text", None and NaN not.

        Returns
        -------
        n_rows, rows, columns, values : as for :meth:`hash_table`

        Raises
        ------
        TypeError
            A row is no mapping, or a value neither a number nor text; names the row.
        """
        rows: list[int] = []
        places: list[int] = []
        values: list[float] = []
        known: dict[str, int] = {}
        n_rows = 0
        if self.crosses:
            raise ValueError("crosses needs a table of columns; rows of dicts have none")
        for row, record in enumerate(X):
            n_rows += 1
            for token, value in _record_tokens(record, row):
                rows.append(row)
                places.append(known.setdefault(token, len(known)))
                values.append(value)
        columns, sign = self._columns_and_signs(list(known))
        at = np.array(places, np.intp)
        with np.errstate(over="ignore"):
            counts = sign[at] * np.array(values).astype(np.float32)
        return n_rows, np.array(rows, np.int64), columns[at], _finite(counts, np.array(rows, np.int64))

    def _columns_and_signs(self, tokens: Sequence[str]) -> tuple[Array, Array]:
        """Return the column of each token, int64, and what it counts there, 1 or -1 as float32."""
        columns, negative = self.columns_of(tokens)
        return columns, np.where(negative & self.alternate_sign, np.float32(-1), np.float32(1))

    def columns_of(self, tokens: Sequence[str]) -> tuple[Array, Array]:
        """Return the column of each token, int64, and whether its hash is negative."""
        hashes = get_backend().murmurhash3(tokens).astype(np.int64)
        return np.abs(hashes) % self.n_features, hashes < 0

    def tokens(self, X: Any) -> Iterator[list[str]]:
        """Yield all tokens of X, a list for each segment of a row or column of a table."""
        if is_table(X):
            for tokens, _, _ in self._columns_of_table(X):
                yield tokens
            return
        first, X = _first_of(X)
        if isinstance(first, Mapping):
            yield [token for row, record in enumerate(X) for token, _ in _record_tokens(record, row)]
            return
        is_text, segments = isinstance(first, str), self._segments()
        between = self._between() if is_text else " "
        shortest, longest = self.ngram_range
        for row, document in enumerate(X):
            for units in segments(_document(document, row)) if is_text else _token_segments(document, row):
                yield [
                    between.join(units[i : i + length])
                    for length in range(shortest, min(longest, len(units)) + 1)
                    for i in range(len(units) - length + 1)
                ]

    def _between(self) -> str:
        """Return what stands between the units of a run: words or characters."""
        return " " if self.analyzer == "word" else ""

    def _words(self) -> Callable[[str], list[str]]:
        pattern = _WORD if self.token_pattern is None else re.compile(self.token_pattern)
        return (lambda text: pattern.findall(text.lower())) if self.lowercase else pattern.findall

    def _segments(self) -> Callable[[str], Segments]:
        """Return a function from a document to its segments, which no run crosses."""
        if self.analyzer == "word":
            words = self._words()
            return lambda text: [words(text)]

        def lowered(text: str) -> str:
            return text.lower() if self.lowercase else text

        if self.analyzer == "char":
            return lambda text: [_BLANKS.sub(" ", lowered(text))]
        shortest = self.ngram_range[0]
        # a word shorter than all runs counts once, as a whole: as a run with nothing after it
        return lambda text: [
            padded if len(padded) >= shortest else [padded, *[""] * (shortest - 1)]
            for padded in (f" {word} " for word in _BLANKS.sub(" ", lowered(text)).split())
        ]

    def _columns_of_table(self, X: Any) -> Iterator[tuple[list[str], Any, Array]]:
        """Yield of each column and cross its tokens, the number of each row, and the index of each row's token, -1 for none."""
        names = list(X) if isinstance(X, Mapping) else list(getattr(X, "column_names", X.columns))
        categories = {}
        for name in names:
            column = as_column(X[name], str(name))
            crossed = any(name in pair for pair in self.crosses)
            if column.kind != "number" or crossed:
                text = column.as_text()
                categories[name] = [f"{name}={value}" for value in text.words.to_pylist()], text.codes.astype(np.int64)
            if column.kind == "number":
                yield [str(name)], column.numbers, np.zeros(len(column), np.int64)
            else:
                yield categories[name][0], np.ones(len(column)), categories[name][1]
        for first, second in self.crosses:
            if first not in categories or second not in categories:
                raise ValueError(f"crosses names {first!r} and {second!r}; the table has the columns {names}")
            (left, a), (right, b) = categories[first], categories[second]
            both = np.where((a >= 0) & (b >= 0), a * len(right) + b, -1)
            pairs, codes = np.unique(both, return_inverse=True)
            missing = int(len(pairs) > 0 and pairs[0] < 0)
            tokens = [f"{left[pair // len(right)]}&{right[pair % len(right)]}" for pair in pairs[missing:].tolist()]
            yield tokens, np.ones(len(codes)), codes - missing


def check_pattern(pattern: Any) -> None:
    """Raise ValueError where this is no regular expression that finds words."""
    try:
        n_groups = re.compile(pattern).groups if isinstance(pattern, str) else 2
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"token_pattern is {pattern!r}, which is no regular expression: {error}") from None
    if n_groups > 1:
        raise ValueError(f"token_pattern is {pattern!r}, expected a regular expression (str) with one group at most")


def is_table(X: Any) -> bool:
    """Tell a table of named columns from a sequence of documents."""
    return isinstance(X, Mapping) or hasattr(X, "columns") or hasattr(X, "column_names")


def _finite(values: Array, rows: Array) -> Array:
    """Return values of tokens; ValueError names the row of one that is infinite in float32."""
    if not np.isfinite(values).all():
        raise ValueError(f"row {rows[int(np.flatnonzero(~np.isfinite(values))[0])]} has a number that is infinite in float32")
    return values


def documents_of(X: Any) -> Any:
    """Return the documents of a table of one column of text, empty where it is missing; anything else as it is."""
    columns = table_columns(X) if is_table(X) else None
    if columns is None or len(columns) != 1:
        return X
    ((name, values),) = columns.items()
    column = as_column(values, str(name))
    return [cell or "" for cell in column.cells()] if column.kind == "text" else X


def are_records(X: Any) -> tuple[bool, Any]:
    """Tell whether rows are mappings; return the rows, too, as a generator gives its first one only once."""
    if is_table(X):
        return False, X
    first, X = _first_of(X)
    return isinstance(first, Mapping), X


def _record_tokens(record: Any, row: int) -> Iterator[tuple[str, float]]:
    """Yield the tokens of a row that is a mapping, and their values."""
    if not isinstance(record, Mapping):
        raise TypeError(f"row {row} is of type {type(record).__name__}, expected a mapping as in row 0")
    for name, value in record.items():
        if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
            continue
        if isinstance(value, str | bool | np.bool_):
            yield f"{name}={value}", 1.0
        elif isinstance(value, int | float | np.integer | np.floating):
            if value:
                yield str(name), float(min(max(value, -1e300), 1e300))  # beyond float32 either way; a NaN is none
        else:
            raise TypeError(f"row {row} has a {type(value).__name__} for {name!r}, expected a number or text")


def _first_of(X: Iterable[Any]) -> tuple[Any, Iterable[Any]]:
    """Return the first row, "" where there is none, and all rows."""
    if isinstance(X, str):
        raise ValueError("X is one string; give a list of documents")
    try:
        rows = iter(X)
    except TypeError:
        raise TypeError(f"X is a {type(X).__name__}, expected documents, lists of tokens, dicts or a table") from None
    try:
        first = next(rows)
    except StopIteration:
        return "", []
    return first, chain([first], rows)


def _document(document: Any, row: int) -> str:
    if not isinstance(document, str):
        raise TypeError(f"document {row} is of type {type(document).__name__}, expected str")
    return document


def _token_segments(tokens: Any, row: int) -> Segments:
    """Return the one segment of a list of tokens."""
    if isinstance(tokens, str):
        raise TypeError(f"row {row} is a str, expected a list of tokens as in row 0")
    if isinstance(tokens, Mapping) or not isinstance(tokens, Iterable):
        raise TypeError(f"row {row} is of type {type(tokens).__name__}, expected a document (str) or a list of tokens")
    listed = list(tokens)
    for token in listed:
        if not isinstance(token, str):
            raise TypeError(f"row {row} has a token of type {type(token).__name__}, expected str")
    return [listed]
