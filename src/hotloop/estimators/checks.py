"""What the estimators share: checks of their input, and how a fit is carried out."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from hotloop.estimators.callbacks import CallbackSupportMixin, Tasks
from hotloop.estimators.complaints import NotConvergedWarning, warn
from hotloop.estimators.tables import column_types, gathered
from hotloop.fitting import Settings
from hotloop.progress import Shown
from hotloop.sparse_rows import SparseRows
from hotloop.training import Course, Plan, Rows, hold_out
from hotloop.validation import Array, as_vector, check_finite, float_dtype, holds, plain, readable

Method = TypeVar("Method", bound=Callable[..., Any])


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
    """Return X (and y) checked by scikit-learn's rules; with ``sparse`` a sparse matrix as SparseRows.

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
    rows = SparseRows.of(X)
    checked = validate_data(estimator, X, y, reset=reset, skip_check_array=True)
    if not rows.shape[0] or not rows.shape[1]:
        what = "sample(s)" if not rows.shape[0] else "feature(s)"
        raise ValueError(f"Found array with 0 {what} (shape={rows.shape}) while a minimum of 1 is required.")
    rows = rows.of_type(dtype)
    if finite:
        rows.check_finite(getattr(estimator, "feature_names_in_", None))
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


def come_together(X_val: Any, y_val: Any) -> None:
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


def encode_labels(y: Array, classes: Array, name: str = "y") -> NDArray[np.float64]:
    """Return the class index of each label; ValueError names labels that are not among the classes."""
    if len(classes) == 2 and y.dtype == classes.dtype and y.dtype.kind in "iub":  # a comparison instead of a search
        second = y == classes[1]
        if np.count_nonzero(second) + np.count_nonzero(y == classes[0]) == len(y):
            codes: NDArray[np.float64] = second.astype(np.float64)
            return codes
    position = np.searchsorted(classes, y)
    position[position == len(classes)] = 0
    unseen = classes[position] != y
    if unseen.any():
        row = int(np.flatnonzero(unseen)[0])
        raise ValueError(f"{name}[{row}] is {plain(y[row])!r}, which is none of the classes {classes.tolist()}")
    return position.astype(np.float64)


def find_classes(y: Array) -> Array:
    """Return the sorted labels; ValueError where there are fewer than two."""
    classes = _few_integers(y)
    if classes is None:
        check_classification_targets(y)
        classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs at least two classes")
    return np.asarray(classes)


def _few_integers(y: Array) -> Array | None:
    """Return the sorted values of integers within a range of 256, without sorting; None for anything else."""
    if y.ndim != 1 or not len(y) or y.dtype.kind not in "iub":
        return None
    lowest, highest = y.min(), y.max()
    if int(highest) - int(lowest) > 255:
        return None
    if int(highest) - int(lowest) <= 1:  # two neighbours, both there
        return np.unique(np.array([lowest, highest], dtype=y.dtype))
    counts = np.bincount((y - lowest).astype(np.uint8))
    return np.asarray((np.flatnonzero(counts) + int(lowest)).astype(y.dtype))


def class_factors(class_weight: Any, classes: Array, y: Array) -> NDArray[np.float64]:
    """Return the factor of each class by ``class_weight``: None, "balanced" or a dict."""
    return np.asarray(compute_class_weight(class_weight, classes=classes, y=y), dtype=np.float64)


def weigh_classes(rows: Rows, class_weight: Any, classes: Array) -> Rows:
    """Return the rows, of class indices y, with their weights times those of their classes."""
    if class_weight is None:
        return rows
    codes = rows.y.astype(np.intp)
    factors = class_factors(class_weight, classes, classes[codes[rows.sample_weight > 0]])
    if not np.isfinite(factors).all() or factors.min() < 0:
        raise ValueError(f"class_weight={class_weight!r} holds weights that are negative or not finite")
    weight = rows.sample_weight * factors[codes]
    if len(weight) and not weight.any() and rows.sample_weight.any():
        raise ValueError(f"class_weight={class_weight!r} leaves every row without weight")
    return Rows(rows.X, rows.y, weight)


def draw_seed(random_state: Any) -> int:
    """Return one whole number drawn by scikit-learn's rules for random_state."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def refusals_change_nothing(method: Method) -> Method:
    """Decorate fit or partial_fit: where it refuses its input, the estimator is left as it was."""

    @functools.wraps(method)
    def guarded(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        except (ValueError, TypeError):
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded  # type: ignore[return-value]


def shows_progress(method: Method) -> Method:
    """Decorate fit: with ``verbose`` there is ``_shown`` while it runs."""

    @functools.wraps(method)
    def shown(self: BaseEstimator, *args: Any, **kwargs: Any) -> Any:
        if not self.verbose:
            return method(self, *args, **kwargs)
        progress = self._shown = Shown(type(self).__name__)
        progress.training()
        try:
            return method(self, *args, **kwargs)
        finally:
            progress.stop()
            vars(self).pop("_shown", None)

    return shown  # type: ignore[return-value]


class TrainedBySGD(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the estimators: settings in common, and what is stored after a fit."""

    _takes_sparse = False
    _shown: Shown

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def _settings(self) -> Settings:
        for name in ("shuffle", "early_stopping", "warm_start"):
            if not isinstance(value := getattr(self, name, False), bool | np.bool_):
                raise ValueError(f"{name} is {value!r}, expected True or False")
        return Settings(
            alpha=self.alpha,
            eta0=self.eta0,
            learning_rate=self.learning_rate,
            power_t=self.power_t,
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=draw_seed(self.random_state),
            standardize=self.standardize,
        )

    def _validation(
        self, rows: Rows, X_val: Any, y_val: Any, encode: Callable[[Array], Array], *, stratify: bool, seed: int
    ) -> tuple[Rows, Rows | None]:
        """Return the rows to train on and those to validate on: the caller's own, rows held out, or none."""
        if X_val is not None:
            X_val = check_rows(self, X_val, reset=False, dtype=float_dtype(rows.X.dtype), sparse=self._takes_sparse)
            return rows, Rows(X_val, encode(check_targets(y_val, X_val)), np.broadcast_to(np.float64(1), len(X_val)))
        if self.early_stopping:
            rows = rows.take(np.flatnonzero(rows.sample_weight))
            training, held_out = hold_out(rows.y, self.validation_fraction, seed, stratify=stratify)
            return rows.take(training), rows.take(held_out)
        return rows, None

    def _keep(self, course: Course, plan: Plan) -> None:
        """Store how the fit went; warn where it did not converge."""
        self.n_iter_ = course.n_iter
        self.loss_curve_ = course.loss_curve
        if course.validation_curve:
            self.validation_curve_ = course.validation_curve
        self.eta0_, self.alpha_ = plan.eta0, plan.alpha
        if complaint := course.complaint(plan):
            warn(NotConvergedWarning(complaint))

    def _report(self, course: Course, tasks: Tasks) -> bool:
        """Tell of an epoch; whether a callback asks to stop."""
        if self.verbose:
            self._shown.epoch(course, self._epochs_to_come())
        return tasks.epoch(course)

    def _epochs_to_come(self) -> int | None:
        """All epochs of the training that goes on, None where its loss decides."""
        return self.max_iter if self.tol is None and isinstance(self.max_iter, int) else None

    def _rows_to_predict(self, X: Any, **how: Any) -> Array:
        check_is_fitted(self)
        how["sparse"] = self._takes_sparse
        return check_rows(self, X, reset=False, dtype=self._model().dtype, **how)  # type: ignore[no-any-return]

    def save(self, path: Any) -> None:
        """Write the fitted model to ``path``; :func:`hotloop.load` reads it. No pickle: nothing in the file is executed."""
        check_is_fitted(self)
        self._model().save(path)
