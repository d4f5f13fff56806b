"""TableEncoder: a transformer that makes numbers of tables of numbers, dates and text."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from hotloop.data.dataframes import table_columns
from hotloop.estimators.warnings import warn
from hotloop.preprocessing.column_rules import TableOptions
from hotloop.preprocessing.table_encoding import TableEncoding, check_float_dtype

MOST_NOTES = 3  # that one warning names


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn a table of numbers, dates, text and missing cells into numbers, as the command does.

    docs/tables.md has the rules by which a column is a number, a date or text. A column of numbers stays. Its missing cells
    become the mean of the training rows; if the training rows had missing cells, a further column marks them. A column of text
    becomes one column of 0 and 1 for each category. Categories of pandas, polars and Arrow are text, whatever they look like. A
    column without any value in the training rows, and a column of ids, is left out.

    A warning tells what a user may want otherwise: words taken as missing cells, columns left out, cells that the training rows
    did not have. ``encoding_.notes`` has all of them.

    Parameters
    ----------
    drop, number, text, date : sequence of str
        Names of columns to leave out, and of columns that are numbers, text or dates whatever the rules say.
    missing : sequence of str
        Words that stand for a missing cell in any column, besides an empty one and "?".
    decimal : {".", ","}, default=None
        Decimal mark of numbers in columns of text. None: found, where all cells of a column agree.
    thousands : str, default=None
        Mark between the thousands of such numbers. None: found.
    max_categories : int, default=1_000_000
        A column of text keeps so many of its categories, the most frequent ones.
    min_frequency : int, default=1
        A value in fewer cells than this is no category.
    other_columns : int, default=1
        Columns that the values which are no categories share, by a hash where there are several.
    sparse_output : bool or "auto", default="auto"
        Whether rows are returned as a CSR matrix. "auto": where there are more than 8 columns for each entry of a row.
    dtype : {"float32", "float64"}, default="float64"
        Type of the result. float32 does not hold every whole number beyond 2^24.

    Attributes
    ----------
    encoding_ : TableEncoding
        What each column holds; ``encoding_.describe()`` returns it in words.
    n_features_in_ : int
        Columns of the training rows.
    feature_names_in_ : ndarray of str
        Names of the columns, where they have names. The columns of an array are called x0, x1, ...

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [31, None, 54], "pet": ["cat", "dog", "cat"]})
    >>> encoder = TableEncoder().fit(table)
    >>> encoder.get_feature_names_out().tolist()
    ['age', 'age=missing', 'pet=cat', 'pet=dog']
    >>> encoder.transform(table).tolist()
    [[31.0, 0.0, 1.0, 0.0], [42.5, 1.0, 0.0, 1.0], [54.0, 0.0, 1.0, 0.0]]
    """

    def __init__(
        self,
        *,
        drop: Sequence[str] = (),
        number: Sequence[str] = (),
        text: Sequence[str] = (),
        date: Sequence[str] = (),
        missing: Sequence[str] = (),
        decimal: str | None = None,
        thousands: str | None = None,
        max_categories: int = 1_000_000,
        min_frequency: int = 1,
        other_columns: int = 1,
        sparse_output: bool | str = "auto",
        dtype: Any = "float64",
    ) -> None:
        self.drop = drop
        self.number = number
        self.text = text
        self.date = date
        self.missing = missing
        self.decimal = decimal
        self.thousands = thousands
        self.max_categories = max_categories
        self.min_frequency = min_frequency
        self.other_columns = other_columns
        self.sparse_output = sparse_output
        self.dtype = dtype

    def fit(self, X: Any, y: Any = None) -> "TableEncoder":
        """Find out what each column holds.

        Parameters
        ----------
        X : DataFrame, Arrow table or array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit to rows, and return them as numbers.

        Parameters
        ----------
        X : DataFrame, Arrow table or array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out), C-contiguous, or csr_matrix
        """
        columns = self._fit(X)
        return self._rows(columns)

    def _fit(self, X: Any) -> dict[str, Any]:
        """Find out what each column holds, and return the columns by name."""
        check_float_dtype(self.dtype)
        if self.sparse_output not in (True, False, "auto"):
            raise ValueError(f"sparse_output is {self.sparse_output!r}, expected True, False or 'auto'")
        columns = _columns(self, X, reset=True)
        self.encoding_ = TableEncoding.fit(
            columns, TableOptions(**{f.name: getattr(self, f.name) for f in fields(TableOptions)})
        )
        self._warn()
        return columns

    def _rows(self, columns: dict[str, Any]) -> Any:
        """Return columns as numbers, dense or sparse."""
        sparse = self.encoding_.is_sparse if self.sparse_output == "auto" else bool(self.sparse_output)
        rows = self.encoding_.transform(columns, self.dtype, sparse=sparse)
        return csr_matrix((rows.explicit_data(), rows.indices, rows.indptr), rows.shape) if sparse else rows

    def transform(self, X: Any) -> Any:
        """Return the rows as numbers.

        Parameters
        ----------
        X : DataFrame, Arrow table or array-like of shape (n_samples, n_features)

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out), C-contiguous, or csr_matrix
        """
        check_is_fitted(self)
        X_out = self._rows(_columns(self, X, reset=False))
        self._warn()
        return X_out

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of the result.

        Parameters
        ----------
        input_features : array-like of str, or None
            Names of the training columns; other names are refused.

        Returns
        -------
        names : ndarray of str objects
        """
        check_is_fitted(self)
        if input_features is not None:
            known = getattr(self, "feature_names_in_", input_features)  # an array has no names of its own
            if len(input_features) != self.n_features_in_ or list(input_features) != list(known):
                raise ValueError("input_features is not equal to feature_names_in_")
        return np.asarray(list(self.encoding_.feature_names), dtype=object)

    def _warn(self) -> None:
        notes = self.encoding_.notes
        if notes:
            more = [f"and {len(notes) - MOST_NOTES} more"] if len(notes) > MOST_NOTES else []
            warn(UserWarning("; ".join(notes[:MOST_NOTES] + more)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _columns(estimator: TableEncoder, X: Any, *, reset: bool) -> dict[str, Any]:
    """Return the columns of X by name, in whatever order they come; the encoding finds those that it needs."""
    columns = table_columns(X)
    if columns is None:
        X = validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
        return {f"x{i}": X[:, i] for i in range(X.shape[1])}
    columns = {name if isinstance(name, str) else f"x{name}": column for name, column in columns.items()}
    if reset:
        estimator.n_features_in_ = len(columns)
        estimator.feature_names_in_ = np.array(list(columns), dtype=object)
    return columns
