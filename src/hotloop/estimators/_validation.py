"""Rows, targets and weights as users give them, checked by scikit-learn's rules."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import validate_data

from hotloop.data.csr import check_finite_csr, from_scipy
from hotloop.data.dataframes import column_types, gathered
from hotloop.data.validation import Array, as_vector, check_finite, holds, readable
from hotloop.structs import float_dtype


def check_rows(
    estimator: BaseEstimator,
    X: Any,
    y: Any = "no_validation",
    *,
    reset: bool,
    dtype: Any = None,
    as_they_lie: bool = True,
    by_blocks: bool = False,
    finite: bool = True,
    sparse: bool = False,
    multi_output: bool = False,
) -> Any:
    """Return X (and y) checked by scikit-learn's rules; with ``sparse`` a sparse matrix as CSRRows.

    With ``as_they_lie`` an array that the kernels read where it is (see ``validation.readable``) is returned itself. Anything
    else is copied to C order and ``dtype``, by default float32 or float64. With ``by_blocks`` the caller
    converts arrays and looks for NaN, block by block; without ``finite`` it looks for NaN.
    """
    if y is not None and not isinstance(y, str):
        labels = np.asarray(y)
        if labels.dtype.kind == "f":
            check_finite(labels.reshape(-1), "y")
    wanted = dtype if dtype is not None else float_dtype(_dtype_of(X))
    if sparse and issparse(X):
        return _check_sparse(estimator, X, y, wanted, reset, finite, multi_output)
    if column_types(X) is not None:
        return _check_table(estimator, X, y, wanted, reset, finite, multi_output)
    how: dict[str, Any] = {"dtype": wanted, "order": "C"}
    if as_they_lie and isinstance(X, np.ndarray):
        if readable(X, wanted) or (by_blocks and X.dtype.kind in "fiub"):
            how = {"dtype": None}
        elif X.ndim == 2 and holds(X.dtype, wanted):  # but for how its rows lie: bytes stay bytes
            how = {"dtype": None, "order": "C"}
    targets = {"multi_output": True} if multi_output else {}
    try:
        checked = validate_data(estimator, X, y, reset=reset, ensure_all_finite=False, accept_sparse=False, **how, **targets)
    except ValueError as error:
        if str(error).startswith("could not convert string"):
            text = str(error).removeprefix("could not convert string to float: ")
            raise ValueError(
                f"X holds text, {text}: TableEncoder makes numbers of the columns of a table, HashingEncoder of documents"
            ) from None
        raise
    rows = checked if isinstance(y, str) else checked[0]
    if finite and not by_blocks:
        check_finite(rows, "X", getattr(estimator, "feature_names_in_", None))
    return checked


def _check_sparse(estimator: BaseEstimator, X: Any, y: Any, dtype: Any, reset: bool, finite: bool, multi_output: bool) -> Any:
    if X.ndim != 2:
        raise ValueError(f"X has {X.ndim} dimensions, expected 2: one row a sample, one column a feature")
    if X.dtype.kind == "c":
        raise ValueError("Complex data not supported: X holds complex numbers")
    if X.dtype.kind not in "fiub":
        X = X.astype(np.float64)
    if X.format != "csr":
        X = X.tocsr()
    rows = from_scipy(X)
    checked = validate_data(estimator, X, y, reset=reset, skip_check_array=True)
    if not rows.shape[0] or not rows.shape[1]:
        what = "sample(s)" if not rows.shape[0] else "feature(s)"
        raise ValueError(f"Found array with 0 {what} (shape={rows.shape}) while a minimum of 1 is required.")
    rows = rows.astype(dtype)
    if finite:
        check_finite_csr(rows, getattr(estimator, "feature_names_in_", None))
    return _with_labels(rows, checked, y, multi_output)


def _check_table(estimator: BaseEstimator, X: Any, y: Any, dtype: Any, reset: bool, finite: bool, multi_output: bool) -> Any:
    checked = validate_data(estimator, X, y, reset=reset, skip_check_array=True)  # names and number of columns
    if set(column_types(X) or ()) == {np.dtype(np.uint8)}:  # bytes stay bytes
        dtype = np.uint8
    rows = check_array(gathered(X, dtype), dtype=None, ensure_all_finite=False, estimator=estimator)
    if finite:
        check_finite(rows, "X", getattr(estimator, "feature_names_in_", None))
    return _with_labels(rows, checked, y, multi_output)


def _with_labels(rows: Any, checked: Any, y: Any, multi_output: bool) -> Any:
    """Return the rows, and the labels where there are some, as scikit-learn checks them."""
    if isinstance(y, str):
        return rows
    labels = checked[1] if y is not None else None
    y = np.asarray(labels) if multi_output and y is not None else column_or_1d(labels, warn=True)
    check_consistent_length(rows, y)
    return rows, y


def _dtype_of(X: Any) -> Any:
    """The type of an array, or the one that holds all columns of a table."""
    types = column_types(X)
    try:
        if types is not None:
            return np.result_type(*types)
        return X.dtype if hasattr(X, "dtype") else np.result_type(*X.dtypes)
    except (AttributeError, TypeError):  # lists, and tables of other libraries or types
        return np.float64


def check_validation_pair(X_val: Any, y_val: Any) -> None:
    """Refuse validation rows without targets and targets without rows."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val come together")


def check_targets(y_val: Any, X_val: Array) -> Array:
    """Return the validation rows' labels or targets as a vector of one entry a row."""
    targets = np.asarray(y_val)
    if targets.ndim == 0 or len(targets) != len(X_val):
        raise ValueError(f"y_val has shape {targets.shape}, expected ({len(X_val)},): one entry a row of X_val")
    return targets


def check_weights(sample_weight: Any, X: Array, *, some: bool = True) -> NDArray[np.float64]:
    """Return one weight >= 0 a row, float64; with ``some`` at least one is not 0."""
    if sample_weight is None:
        return np.broadcast_to(np.float64(1), len(X))  # one number that stands for all
    weight: NDArray[np.float64] = as_vector(sample_weight, len(X), "sample_weight", np.float64)
    if weight.min() < 0:
        raise ValueError(f"sample_weight must not be negative; sample_weight[{weight.argmin()}] is {weight.min():g}")
    if some and not weight.any():
        raise ValueError("every sample_weight is zero: there is nothing to learn from")
    return weight
