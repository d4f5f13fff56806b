"""Rows and targets as users give them, checked by scikit-learn's rules."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import validate_data

from hotloop.data.csr import as_csr, check_finite_rows
from hotloop.data.dataframes import column_types, computing_dtype, gathered, sparse_matrix
from hotloop.data.validation import Array, check_finite, conversion
from hotloop.estimators._labels import check_no_missing

NO_TARGETS = "no_validation"  # what scikit-learn's validate_data takes for "there is no y"


def check_rows(
    estimator: BaseEstimator,
    X: Any,
    y: Any = NO_TARGETS,
    *,
    reset: bool,
    dtype: Any = None,
    by_blocks: bool = False,
    finite: bool = True,
    sparse: bool = False,
    multi_output: bool = False,
) -> Any:
    """Return X, or X and y, checked by scikit-learn's rules, as the kernels read them.

    An array that the kernels read where it lies (see ``data.validation.readable``) is returned itself. A table of numbers is
    gathered. Anything else is copied to C order and ``dtype``.

    Parameters
    ----------
    estimator : estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    X : array-like, table or sparse matrix of shape (n_samples, n_features)
        A table of sparse columns of pandas is a sparse matrix.
    y : array-like of shape (n_samples,); with ``multi_output`` also (n_samples, n_outputs), which may be sparse
        Left out: X is returned alone.
    reset : bool
        Whether the number and the names of the columns are set, as in ``fit``; else they are compared.
    dtype : numpy dtype, default=None
        Type that the kernels compute in. None: float32 or float64, after X.
    by_blocks : bool, default=False
        Whether the caller converts an array, and looks for NaN in it, block by block.
    finite : bool, default=True
        Whether NaN and infinity are refused; else the caller looks for them.
    sparse : bool, default=False
        Whether a sparse matrix is taken, and returned as CSRRows.
    multi_output : bool, default=False
        Whether y may have several columns.
    """
    if issparse(y):
        if not multi_output:
            raise ValueError("y is a sparse matrix, expected one label or number a row")
        y = y.toarray()
    if y is not None and not isinstance(y, str):
        check_no_missing(y)
    if isinstance(X, np.ndarray) and not X.flags.aligned:
        X = X.copy()
    matrix = X if issparse(X) else sparse_matrix(X)
    dtype = computing_dtype(X) if dtype is None else dtype
    if column_types(X) is None and not (sparse and matrix is not None):
        how = conversion(X, dtype, by_blocks=by_blocks) | ({} if isinstance(y, str) else {"multi_output": multi_output})
        checked = _validate_array(estimator, X, y, reset=reset, **how)
        if finite and not by_blocks:
            check_finite(checked if isinstance(y, str) else checked[0], "X", getattr(estimator, "feature_names_in_", None))
        return checked
    rows = None if matrix is None else as_csr(matrix, dtype)
    checked = validate_data(estimator, X, y, reset=reset, skip_check_array=True)  # names and number of columns
    if rows is None:
        rows = check_array(gathered(X, dtype), dtype=None, ensure_all_finite=False, estimator=estimator)
    if finite:
        check_finite_rows(rows, getattr(estimator, "feature_names_in_", None))
    if isinstance(y, str):
        return rows
    labels = checked[1] if y is not None else None
    labels = np.asarray(labels) if multi_output and y is not None else column_or_1d(labels, warn=True)
    check_consistent_length(rows, labels)
    return rows, labels


def _validate_array(estimator: BaseEstimator, X: Any, y: Any, **how: Any) -> Any:
    """Call scikit-learn's ``validate_data``; where X holds text, say which transformers make numbers of text."""
    if any(getattr(of, "kind", "") == "c" for of in getattr(X, "dtypes", ())):  # NumPy would drop the imaginary parts
        raise ValueError("Complex data not supported: X has a column of complex numbers")
    try:
        return validate_data(estimator, X, y, ensure_all_finite=False, accept_sparse=False, **how)
    except OverflowError:
        raise ValueError("X has a number that is beyond float64") from None
    except ValueError as error:
        if not str(error).startswith("could not convert string"):
            raise
        text = str(error).removeprefix("could not convert string to float: ")
        raise ValueError(
            f"X holds text, {text}: TableEncoder makes numbers of the columns of a table, HashingEncoder of documents"
        ) from None


def check_validation_pair(X_val: Any, y_val: Any) -> None:
    """Refuse validation rows without targets, and targets without rows."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val come together")


def check_targets(y_val: Any, X_val: Array) -> Array:
    """Return labels or targets of the validation rows, one entry or row for each row of X_val."""
    targets = np.asarray(y_val)
    if targets.ndim == 0 or len(targets) != len(X_val):
        raise ValueError(f"y_val has shape {targets.shape}, expected ({len(X_val)},): one entry a row of X_val")
    check_no_missing(targets, "y_val")
    return targets
