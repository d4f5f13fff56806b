"""What the estimators share: checks of their input, and how a fit is carried out."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from hotloop.fitting import Settings
from hotloop.training import Course, Plan
from hotloop.validation import Array, check_finite, float_dtype


def check_rows(estimator: BaseEstimator, X: Any, y: Any = "no_validation", *, reset: bool, dtype: Any = None) -> Any:
    """Return X (and y) checked by scikit-learn's rules, C-contiguous, float32 or float64; no copy where it is that already."""
    wanted = dtype if dtype is not None else float_dtype(getattr(X, "dtype", np.float64))
    checked = validate_data(estimator, X, y, reset=reset, dtype=wanted, order="C", ensure_all_finite=False, accept_sparse=False)
    rows = checked if isinstance(y, str) else checked[0]
    check_finite(rows, "X", getattr(estimator, "feature_names_in_", None))
    return checked


def check_weights(sample_weight: Any, X: Array) -> NDArray[np.float64]:
    """Return one weight >= 0 a row, float64; at least one is not 0."""
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not weight.any():
        raise ValueError("every sample_weight is zero: there is nothing to learn from")
    return np.ascontiguousarray(weight)


def encode_labels(y: Array, classes: Array, name: str = "y") -> NDArray[np.float64]:
    """Return the class index of each label; ValueError names labels that are not among the classes."""
    position = np.searchsorted(classes, y)
    position[position == len(classes)] = 0
    unseen = classes[position] != y
    if unseen.any():
        row = int(np.flatnonzero(unseen)[0])
        raise ValueError(f"{name}[{row}] is {y[row]!r}, which is none of the classes {classes.tolist()}")
    return position.astype(np.float64)


def find_classes(y: Array) -> Array:
    """Return the sorted labels; ValueError where there are fewer than two."""
    check_classification_targets(y)
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes.tolist()[0]!r}; a classifier needs at least two classes")
    return np.asarray(classes)


def class_factors(class_weight: Any, classes: Array, y: Array) -> NDArray[np.float64]:
    """Return the factor of each class by ``class_weight``: None, "balanced" or a dict."""
    return np.asarray(compute_class_weight(class_weight, classes=classes, y=y), dtype=np.float64)


def draw_seed(random_state: Any) -> int:
    """Return one whole number drawn by scikit-learn's rules for random_state."""
    return int(check_random_state(random_state).randint(2**31 - 1))


class TrainedBySGD(BaseEstimator):  # type: ignore[misc]
    """Base of the estimators: settings in common, and what is stored after a fit."""

    def _settings(self) -> Settings:
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

    def _keep(self, course: Course, plan: Plan) -> None:
        """Store how the fit went; warn where it did not converge."""
        self.n_iter_ = course.n_iter
        self.loss_curve_ = course.loss_curve
        if course.validation_curve:
            self.validation_curve_ = course.validation_curve
        self.eta0_, self.alpha_ = plan.eta0, plan.alpha
        if complaint := course.complaint(plan):
            warnings.warn(complaint, ConvergenceWarning, stacklevel=3)

    def _report(self, course: Course) -> None:
        if self.verbose:
            loss = f"loss {course.loss_curve[-1]:.6f}"
            if course.validation_curve:
                loss += f", validation loss {course.validation_curve[-1]:.6f}"
            print(f"{type(self).__name__}: epoch {course.n_iter}, {loss}", flush=True)

    def _rows_to_predict(self, X: Any) -> Array:
        check_is_fitted(self)
        return check_rows(self, X, reset=False, dtype=self._model().dtype)  # type: ignore[no-any-return]

    def save(self, path: Any) -> None:
        """Write the fitted model to ``path``; :func:`hotloop.load` reads it. No pickle: nothing in the file is executed."""
        check_is_fitted(self)
        self._model().save(path)
