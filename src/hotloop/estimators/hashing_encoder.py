"""HashingEncoder: documents, lists of tokens and tables as sparse rows, without a vocabulary."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize

from hotloop.backend import get_backend
from hotloop.data.validation import Array
from hotloop.preprocessing.arrow_columns import as_column

_WORD = re.compile(r"(?u)\b\w\w+\b")
_BLANKS = re.compile(r"\s\s+")
Segments = Iterable[Sequence[str]]


class HashingEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Text, tokens and categories as CSR rows: each token counts in the column that its hash names.

    Nothing is learnt from the data, so that rows of a stream, of several machines and of tomorrow fit together (Weinberger et
    al. 2009). The columns, signs and values are those of scikit-learn's HashingVectorizer (documents) and FeatureHasher (lists
    of tokens, tables), found four times as fast (docs/decisions/0014).

    Parameters
    ----------
    n_features : int, default=2**20
        Columns.
    analyzer : {"word", "char", "char_wb"}, default="word"
        Of documents: words, runs of characters, or runs of characters within words and their blanks.
    ngram_range : tuple (shortest, longest), default=(1, 1)
        Lengths of the runs of words, characters or tokens.
    lowercase : bool, default=True
        Of documents.
    token_pattern : str or None, default=None
        Regular expression of a word; None: two word characters or more, which is found in compiled code in ASCII documents.
    alternate_sign : bool, default=True
        A token counts 1 or -1, by its hash: tokens that share a column then cancel in the mean.
    binary : bool, default=False
        Every entry becomes 1.
    norm : {"l1", "l2", None, "auto"}, default="auto"
        Length that each row is scaled to; "auto" is "l2" for documents, else None.
    crosses : sequence of pairs of column names, default=()
        Of tables: the two values of a row together are a token, too.
    keep_names : bool, default=False
        ``fit`` keeps the token of each column: see :meth:`feature_names`, :meth:`weights_by_name`, ``n_collisions_``.
        ``transform`` changes nothing.

    Attributes
    ----------
    n_collisions_ : int
        Tokens that ``fit`` met whose column another token had taken; with ``keep_names``.

    Examples
    --------
    >>> from hotloop import HashingEncoder
    >>> HashingEncoder(n_features=16, norm=None).transform(["good, good film", "bad film"]).toarray().astype(int).tolist()
    [[0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0]]
    """

    def __init__(
        self,
        n_features: int = 2**20,
        *,
        analyzer: str = "word",
        ngram_range: tuple[int, int] = (1, 1),
        lowercase: bool = True,
        token_pattern: str | None = None,
        alternate_sign: bool = True,
        binary: bool = False,
        norm: str | None = "auto",
        crosses: Sequence[tuple[str, str]] = (),
        keep_names: bool = False,
    ) -> None:
        self.n_features = n_features
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.alternate_sign = alternate_sign
        self.binary = binary
        self.norm = norm
        self.crosses = crosses
        self.keep_names = keep_names

    def fit(self, X: Any, y: Any = None) -> "HashingEncoder":
        """Check the parameters; with ``keep_names`` keep the tokens of X."""
        self._check()
        if not self.keep_names:
            return self
        names: dict[int, str] = {}
        tokens: set[str] = set()
        for some in self._tokens(X):
            tokens.update(some)
        for token in sorted(tokens):  # the same names whatever the order of the rows
            names.setdefault(self._column(token), token)
        self._names, self.n_collisions_ = names, len(tokens) - len(names)
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Return CSR rows of float32 with int32 columns, rising in each row.

        Parameters
        ----------
        X : iterable of str, iterable of lists of str, or table
            Documents, tokens, or a DataFrame, Arrow table or mapping of columns. In a table a text or category makes the token
            "column=value", a number the token "column" with the number as its value; what is missing makes none.

        Raises
        ------
        TypeError
            A document or token is no str; names its row.
        """
        self._check()
        if is_table(X):
            return self._finished(self._of_table(X), "table")
        first, X = _first(X)
        signed, runs = bool(self.alternate_sign), (*self.ngram_range, int(self.n_features))
        if not isinstance(first, str):
            rows = get_backend().hash_units((_checked(tokens, row) for row, tokens in enumerate(X)), " ", *runs, signed)
        elif self.analyzer == "word" and self.token_pattern is None:
            rows = get_backend().hash_words(X, *runs, bool(self.lowercase), signed, self._words())
        else:
            segments = self._segments()
            between = " " if self.analyzer == "word" else ""
            documents = (segments(_text(document, row)) for row, document in enumerate(X))
            rows = get_backend().hash_units(documents, between, *runs, signed)
        starts, places, values = rows
        index = np.int32 if starts[-1] < 2**31 else np.int64
        found = csr_matrix(
            (values, places.astype(index, copy=False), starts.astype(index)), shape=(len(starts) - 1, self.n_features)
        )
        return self._finished(found, "text" if isinstance(first, str) else "tokens")

    def feature_names(self) -> dict[int, str]:
        """Return the token of each column that ``fit`` met, the first in alphabetical order where several share it."""
        if not hasattr(self, "_names"):
            raise AttributeError("names are kept by fit with keep_names=True")
        return dict(self._names)

    def weights_by_name(self, coef: Array) -> list[tuple[str, float]]:
        """Return (token, weight) of one row of ``coef_``, the largest absolute weights first, those of 0 left out.

        The weight is that of the token, not of its column: the sign of its hash is taken off.
        """
        coef = np.asarray(coef).reshape(-1)
        if len(coef) != self.n_features:
            raise ValueError(f"coef has {len(coef)} entries, expected {self.n_features}: one row of coef_")
        names = self.feature_names()
        signs = np.ones(len(names))
        if self.alternate_sign and not self.binary:
            signs = np.where(get_backend().murmurhash3(list(names.values())) < 0, -1.0, 1.0)
        weights = coef[list(names)] * signs
        order = np.argsort(-np.abs(weights), kind="stable")
        listed = list(names.values())
        return [(listed[i], float(weights[i])) for i in order if weights[i]]

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def _check(self) -> None:
        if not isinstance(self.n_features, int | np.integer) or not 1 <= self.n_features < 2**31:
            raise ValueError(f"n_features is {self.n_features!r}, expected a whole number from 1 to 2^31 - 1")
        if self.analyzer not in ("word", "char", "char_wb"):
            raise ValueError(f"analyzer is {self.analyzer!r}, expected 'word', 'char' or 'char_wb'")
        if self.norm not in ("l1", "l2", None, "auto"):
            raise ValueError(f"norm is {self.norm!r}, expected 'l1', 'l2', None or 'auto'")
        lengths = tuple(self.ngram_range)
        if len(lengths) != 2 or not all(isinstance(n, int) for n in lengths) or not 1 <= lengths[0] <= lengths[1]:
            raise ValueError(f"ngram_range is {self.ngram_range!r}, expected (shortest, longest), 1 <= shortest <= longest")

    def _finished(self, rows: csr_matrix, kind: str) -> csr_matrix:
        if self.binary:
            rows.data[:] = 1
        norm = ("l2" if kind == "text" else None) if self.norm == "auto" else self.norm
        return rows if norm is None or not rows.shape[0] else normalize(rows, norm=norm, copy=False)

    def _words(self) -> Callable[[str], list[str]]:
        pattern = _WORD if self.token_pattern is None else re.compile(self.token_pattern)
        return (lambda text: pattern.findall(text.lower())) if self.lowercase else pattern.findall

    def _segments(self) -> Callable[[str], Segments]:
        """Return what makes of a document the segments that no run crosses."""
        if self.analyzer == "word":
            words = self._words()
            return lambda text: [words(text)]

        def lowered(text: str) -> str:
            return text.lower() if self.lowercase else text

        if self.analyzer == "char":
            return lambda text: [_BLANKS.sub(" ", lowered(text))]
        shortest = self.ngram_range[0]
        # a word shorter than all runs counts as a whole, once: as a run with nothing after it
        return lambda text: [
            padded if len(padded) >= shortest else [padded, *[""] * (shortest - 1)]
            for padded in (f" {word} " for word in _BLANKS.sub(" ", lowered(text)).split())
        ]

    def _of_table(self, X: Any) -> csr_matrix:
        rows, places, values, n = [], [], [], 0
        for tokens, numbers, codes in self._columns(X):
            n = len(codes)
            hashes = get_backend().murmurhash3(tokens).astype(np.int64)
            column = np.abs(hashes) % self.n_features
            sign = np.where((hashes < 0) & bool(self.alternate_sign), np.float32(-1), np.float32(1))
            there = np.flatnonzero((codes >= 0) & (numbers != 0) & ~np.isnan(numbers))
            rows.append(there)
            places.append(column[codes[there]])
            values.append(sign[codes[there]] * numbers[there].astype(np.float32))
        if not rows:
            raise ValueError("the table has no columns")
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(places))
        found = coo_matrix(entries, shape=(n, self.n_features)).tocsr()
        found.sum_duplicates()
        return found

    def _columns(self, X: Any) -> Iterator[tuple[list[str], Array, Array]]:
        """Yield of each column and cross its tokens, and of each row the number and which token, -1 for none."""
        names = list(X) if isinstance(X, Mapping) else list(getattr(X, "column_names", X.columns))
        categories = {}
        for name in names:
            column = as_column(X[name], str(name))
            crossed = any(name in pair for pair in self.crosses)
            if column.kind != "number" or crossed:
                encoded = column.text().combine_chunks().dictionary_encode()
                codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
                categories[name] = [f"{name}={value}" for value in encoded.dictionary.to_pylist()], codes
            if column.kind == "number":
                yield [str(name)], column.values, np.zeros(len(column), np.int64)
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

    def _column(self, token: str) -> int:
        return abs(int(get_backend().murmurhash3([token])[0])) % int(self.n_features)

    def _tokens(self, X: Any) -> Iterator[list[str]]:
        if is_table(X):
            for tokens, _, _ in self._columns(X):
                yield tokens
            return
        first, X = _first(X)
        segments = self._segments() if isinstance(first, str) else lambda tokens: [tokens]
        between = "" if isinstance(first, str) and self.analyzer != "word" else " "
        shortest, longest = self.ngram_range
        for document in X:
            for units in segments(document):
                yield [
                    between.join(units[i : i + length])
                    for length in range(shortest, longest + 1)
                    for i in range(len(units) - length + 1)
                ]


def is_table(X: Any) -> bool:
    """Tell a table of named columns from a sequence of documents."""
    return isinstance(X, Mapping) or hasattr(X, "columns")


def _first(X: Iterable[Any]) -> tuple[Any, Iterable[Any]]:
    if isinstance(X, str):
        raise ValueError("X is one string; give a list of documents")
    rows = iter(X)
    try:
        first = next(rows)
    except StopIteration:
        return "", []
    return first, chain([first], rows)


def _text(document: Any, row: int) -> str:
    if not isinstance(document, str):
        raise TypeError(f"document {row} is of type {type(document).__name__}, expected str")
    return document


def _checked(tokens: Any, row: int) -> Segments:
    if isinstance(tokens, str):
        raise TypeError(f"row {row} is a str, expected a list of tokens as in row 0")
    if isinstance(tokens, Mapping) or not isinstance(tokens, Iterable):
        raise TypeError(f"row {row} is of type {type(tokens).__name__}, expected a document (str) or a list of tokens")
    listed = list(tokens)
    for token in listed:
        if not isinstance(token, str):
            raise TypeError(f"row {row} has a token of type {type(token).__name__}, expected str")
    return [listed]
