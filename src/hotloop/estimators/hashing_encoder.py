"""HashingEncoder: documents, lists of tokens and tables as sparse rows, without a vocabulary."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize

from hotloop.data.validation import Array
from hotloop.preprocessing.hashing import TokenHasher, are_records, check_pattern, documents_of, is_table


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
    [[0, 2, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0]]
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
        hasher = self._hasher()
        if not self.keep_names:
            return self
        names: dict[int, str] = {}
        distinct: set[str] = set()
        for tokens_of_part in hasher.tokens(X if self.crosses else documents_of(X)):
            distinct.update(tokens_of_part)
        tokens = sorted(distinct)  # the same names whatever the order of the rows
        for column, token in zip(hasher.columns_of(tokens)[0].tolist(), tokens, strict=True):
            names.setdefault(column, token)
        self._names, self.n_collisions_ = names, len(tokens) - len(names)
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Return CSR rows of float32 with int32 columns, rising in each row.

        Parameters
        ----------
        X : iterable of str, iterable of lists of str, iterable of dicts, or table
            Documents, tokens, rows, or a DataFrame, Arrow table or mapping of columns. In a table or dict a text or category
            makes the token "column=value", a number the token "column" with the number as its value; what is missing makes
            none. A table of one column of text (no category) is one of documents: its words are hashed.

        Raises
        ------
        TypeError
            A document or token is no str, or a value of a dict neither a number nor text; names its row.
        """
        hasher = self._hasher()
        records, X = are_records(X if self.crosses else documents_of(X))
        if records or is_table(X):
            n_rows, rows, columns, values = hasher.hash_records(X) if records else hasher.hash_table(X)
            matrix = coo_matrix((values, (rows, columns)), shape=(n_rows, self.n_features)).tocsr()
            matrix.sum_duplicates()
            return self._finished(matrix, "table")
        kind, indptr, indices, data = hasher.hash_rows(X)
        index = np.int32 if indptr[-1] < 2**31 else np.int64
        matrix = csr_matrix(
            (data, indices.astype(index, copy=False), indptr.astype(index)), shape=(len(indptr) - 1, self.n_features)
        )
        return self._finished(matrix, kind)

    def feature_names(self) -> dict[int, str]:
        """Return the token of each column that ``fit`` met, the first in alphabetical order where several share it."""
        if not hasattr(self, "_names"):
            raise AttributeError("names are kept by fit with keep_names=True")
        return dict(self._names)

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return a name for each column: its token where ``fit`` met one, else "column" and its number.

        Needs ``keep_names=True``; ``input_features`` is not used.
        """
        names = self.feature_names()
        return np.array([names.get(column, f"column {column}") for column in range(int(self.n_features))], dtype=object)

    def weights_by_name(self, coef: Array) -> list[tuple[str, float]]:
        """Return (token, weight) of one row of ``coef_``, the largest absolute weights first, those of 0 left out.

        The weight is that of the token, not of its column: the sign of its hash is taken off.
        """
        coef = np.asarray(coef).reshape(-1)
        if len(coef) != self.n_features:
            raise ValueError(f"coef has {len(coef)} entries, expected {self.n_features}: one row of coef_")
        names = self.feature_names()
        listed, signs = list(names.values()), np.ones(len(names))
        if self.alternate_sign and not self.binary:
            signs = np.where(self._hasher().columns_of(listed)[1], -1.0, 1.0)
        weights = coef[list(names)] * signs
        order = np.argsort(-np.abs(weights), kind="stable")
        return [(listed[i], float(weights[i])) for i in order if weights[i]]

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def _hasher(self) -> TokenHasher:
        """Check the parameters and return what hashes by them."""
        if not isinstance(self.n_features, int | np.integer) or not 1 <= self.n_features < 2**31:
            raise ValueError(f"n_features is {self.n_features!r}, expected a whole number from 1 to 2^31 - 1")
        if self.analyzer not in ("word", "char", "char_wb"):
            raise ValueError(f"analyzer is {self.analyzer!r}, expected 'word', 'char' or 'char_wb'")
        if self.norm not in ("l1", "l2", None, "auto"):
            raise ValueError(f"norm is {self.norm!r}, expected 'l1', 'l2', None or 'auto'")
        lengths = tuple(self.ngram_range) if isinstance(self.ngram_range, tuple | list) else ()
        if len(lengths) != 2 or not all(isinstance(n, int) for n in lengths) or not 1 <= lengths[0] <= lengths[1] < 2**31:
            raise ValueError(f"ngram_range is {self.ngram_range!r}, expected (shortest, longest), 1 <= shortest <= longest")
        crosses = self.crosses if isinstance(self.crosses, Iterable) else [None]
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in crosses):
            raise ValueError(f"crosses is {self.crosses!r}, expected pairs of column names")
        if self.token_pattern is not None:
            check_pattern(self.token_pattern)
        return TokenHasher(
            n_features=int(self.n_features),
            analyzer=self.analyzer,
            ngram_range=lengths,
            lowercase=bool(self.lowercase),
            token_pattern=self.token_pattern,
            alternate_sign=bool(self.alternate_sign),
            crosses=self.crosses,
        )

    def _finished(self, rows: csr_matrix, kind: str) -> csr_matrix:
        """Apply ``binary`` and ``norm``; "auto" is "l2" for kind "text"."""
        if self.binary:
            rows.data[:] = 1
        norm = ("l2" if kind == "text" else None) if self.norm == "auto" else self.norm
        return rows if norm is None or not rows.shape[0] else normalize(rows, norm=norm, copy=False)
