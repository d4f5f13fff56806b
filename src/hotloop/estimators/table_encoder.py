"""TableEncoder: a transformer that makes numbers of tables of numbers and text."""

from collections import Counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from hotloop.estimators.warnings import warn
from hotloop.preprocessing.table_encoding import TableEncoding, check_float_dtype

MOST_NOTES = 3  # that one warning names


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn a table of numbers, text and missing cells into numbers, as the command does.

    A column of numbers stays. Its missing cells become the mean of the training rows; if the training rows had missing cells, a
    further column marks them. A column of text becomes one column of 0 and 1 for each category. Categories of pandas, polars
    and Arrow are text, whatever they look like. A column without any value in the training rows is dropped.

    A warning names cells that the training rows did not have, and columns of numbers that are text because of a few cells.
    ``encoding_.notes`` has all of them.

    Parameters
    ----------
    max_categories : int, default=255
        A column of text keeps so many of its categories, the most frequent ones; all others share one column.
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

    def __init__(self, max_categories: int = 255, dtype: Any = "float64") -> None:
        self.max_categories = max_categories
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

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit to rows, and return them as numbers.

        Parameters
        ----------
        X : DataFrame, Arrow table or array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out), C-contiguous
        """
        columns = self._fit(X)
        return self.encoding_.transform(columns, self.dtype)

    def _fit(self, X: Any) -> dict[str, Any]:
        """Find out what each column holds, and return the columns by name."""
        check_float_dtype(self.dtype)
        columns = _columns(self, X, reset=True)
        self.encoding_ = TableEncoding.fit(columns, max_categories=self.max_categories)
        self._warn()
        return columns

    def transform(self, X: Any) -> np.ndarray:
        """Return the rows as numbers.

        Parameters
        ----------
        X : DataFrame, Arrow table or array-like of shape (n_samples, n_features)

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out), C-contiguous
        """
        check_is_fitted(self)
        X_out = self.encoding_.transform(_columns(self, X, reset=False), self.dtype)
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
            known = getattr(self, "feature_names_in_", None)
            if known is None:
                known = [f"x{i}" for i in range(self.n_features_in_)]
            if len(input_features) != self.n_features_in_ or list(input_features) != list(known):
                raise ValueError("input_features is not equal to feature_names_in_")
        return np.asarray(self.encoding_.feature_names, dtype=object)

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
    """Return the columns of X by name, after scikit-learn's checks of their names and number."""
    arrow_only = hasattr(X, "__arrow_c_stream__") and not hasattr(X, "columns")
    if arrow_only or hasattr(X, "column_names"):  # a stream, a record batch, an Arrow table
        import pyarrow as pa

        X = pa.table(X)
    if not hasattr(X, "columns"):
        X = validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
        return {f"x{i}": X[:, i] for i in range(X.shape[1])}
    if hasattr(X, "column_names"):  # pyarrow: `columns` are the arrays
        names, arrays = list(X.column_names), list(X.columns)
    else:
        names = list(X.columns)
        by_place = hasattr(X, "iloc")
        arrays = [X.iloc[:, i] if by_place else X[name] for i, name in enumerate(names)]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ValueError(f"column names repeated: {repeated}")
    validate_data(estimator, X, skip_check_array=True, reset=reset)
    if not all(isinstance(name, str) for name in names):
        names = [f"x{i}" for i in range(len(names))]
    return dict(zip(names, arrays, strict=True))
