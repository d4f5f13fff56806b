"""What the logistic estimators share: rows and labels, what is stored after a fit, predictions, weights."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.dataframes import block_of, column_types, rows_at_once
from hotloop.data.validation import Array, check_weights, distinct
from hotloop.estimators._base import TrainedBySGD
from hotloop.estimators._callbacks import Tasks
from hotloop.estimators._labels import encode_labels, find_classes
from hotloop.estimators._validation import check_rows
from hotloop.estimators.warnings import warn
from hotloop.logistic.fit import LogisticFit
from hotloop.logistic.online import LogisticLearner
from hotloop.predictor import Predictor
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig


def labelled_rows(estimator: BaseEstimator, X: Any, y: Any, sample_weight: Any, *, finite: bool = True) -> tuple[Batch, Array]:
    """Return the rows of a fit, with class indices and weights, and the classes.

    Parameters
    ----------
    estimator : estimator
        ``n_features_in_`` and the names of the columns are set.
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Labels. A class of which all rows weigh 0 is none.
    sample_weight : array-like of shape (n_samples,), or None
    finite : bool
        False: cells may be NaN or infinite.
    """
    X, y = check_rows(estimator, X, y, reset=True, finite=finite, sparse=True)
    sample_weight = check_weights(sample_weight, len(X))
    has_zero_weights = not distinct(sample_weight).all()
    classes = find_classes(y[sample_weight > 0] if has_zero_weights else y)
    if has_zero_weights:
        y = np.where(np.isin(y, classes), y, classes[0])
    return Batch(X, encode_labels(y, classes), sample_weight), classes


class LogisticClassifier(ClassifierMixin, TrainedBySGD):  # type: ignore[misc]
    """Base of the estimators whose model is one logistic or softmax regression."""

    classes_: Array
    _learner: LogisticLearner
    _takes_sparse = True
    _sparsified = False

    def decision_function(self, X: Any, out: Array | None = None) -> Array:
        """Return the margins X coef^T + intercept: (n_samples,) for two classes, else (n_samples, n_classes), float64.

        ``out``, an array of that shape, is filled and returned.
        """
        return self._predicting(X, "decision_function", out=out)

    def predict_log_proba(self, X: Any) -> Array:
        """Return ln p of each class, (n_samples, n_classes); exact also where p underflows."""
        return self._predicting(X, "predict_log_proba")

    def predict_proba(self, X: Any, out: Array | None = None) -> Array:
        """Return the probability of each class, (n_samples, n_classes); fills ``out``, float64 of that shape."""
        return self._predicting(X, "predict_proba", out=out)

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, (n_samples,)."""
        return self._predicting(X, "predict")

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, a float32 or float64 array of n_features: P(``classes_[1]``), or all probabilities.

        The function is for services that score single rows. It checks only type and length. Later training does not change it.
        """
        return self._predictor().scorer()

    def sparsify(self) -> Self:
        """Let ``coef_`` be a CSR matrix, without the weights that are 0, until :meth:`densify`; returns self."""
        self._sparsified = True
        return self

    def densify(self) -> Self:
        """Let ``coef_`` be an array again; returns self."""
        self._sparsified = False
        return self

    @property
    def coef_(self) -> Array:
        """Weights in the caller's units, (1 or n_classes, n_features), a copy; after :meth:`sparsify` a CSR matrix."""
        coef = self._fitted_learner().flushed_state().coef()
        return csr_matrix(coef) if self._sparsified else coef

    @coef_.setter
    def coef_(self, coef: Any) -> None:
        self._replace(coef.toarray() if issparse(coef) else np.asarray(coef), self.intercept_)

    @property
    def intercept_(self) -> Array:
        """Intercepts in the caller's units, (1 or n_classes,), float64."""
        return self._fitted_learner().flushed_state().intercept()

    @intercept_.setter
    def intercept_(self, intercept: Any) -> None:
        self._replace(self._fitted_learner().flushed_state().coef(), np.asarray(intercept, dtype=np.float64).reshape(-1))

    @property
    def t_(self) -> int:
        """Steps taken."""
        return self._fitted_learner().flushed_state().t

    def _fitted_attributes(self) -> dict[str, Any]:
        return {"_learner": replace(self._learner, state=self._learner.state.copy())}

    def _fitted_learner(self) -> LogisticLearner:
        if not hasattr(self, "_learner"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._learner

    def _replace(self, coef: Array, intercept: Array) -> None:
        learner = self._fitted_learner()
        shape = learner.state.n_outputs, learner.state.n_features
        if coef.shape != shape or intercept.shape != shape[:1]:
            raise ValueError(f"coef_ has shape {coef.shape} and intercept_ {intercept.shape}; expected {shape} and {shape[:1]}")
        if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
            raise ValueError("coef_ and intercept_ must be finite")
        learner.replace_weights(coef, intercept)

    @property
    def _names(self) -> Sequence[str] | None:
        return getattr(self, "feature_names_in_", None)

    def _callbacks(self, tasks: Tasks, classes: Array) -> FitCallbacks:
        """Return what a fit calls: the model so far is stored, the progress shown, scikit-learn's callbacks told."""

        def on_start(learner: LogisticLearner, config: TrainingConfig, searches: bool) -> None:
            self.classes_, self._learner = classes, learner
            if self.verbose:
                self._progress_bar.training()
            tasks.training_begins(config, searches=searches)

        on_search = self._progress_bar.searching if self.verbose else None
        return FitCallbacks(on_start, on_search, partial(self._report, tasks=tasks))

    def _store(self, fit: LogisticFit) -> None:
        """Store what a fit has found, and give its warnings."""
        self._learner = fit.learner
        self._keep(fit.history, fit.config)
        for warning in fit.warnings:
            warn(warning)

    def _epochs_to_come(self) -> int | None:
        config = self._learner.config
        return config.max_iter if config is not None and config.tol is None else None

    def _predicting(self, X: Any, method: str, **options: Any) -> Array:
        check_is_fitted(self, "classes_")
        model = self._predictor()
        size = 0 if column_types(X) is None else rows_at_once(X)
        if not 0 < size < X.shape[0]:
            return getattr(model, method)(self._rows_to_predict(X, by_blocks=True), **options)  # type: ignore[no-any-return]
        out, parts = options.get("out"), []
        for start in range(0, X.shape[0], size):  # a table is never copied whole
            try:
                part = getattr(model, method)(self._rows_to_predict(block_of(X, start, start + size), by_blocks=True))
            except ValueError:
                self._rows_to_predict(X)  # names the row of the whole table
                raise
            if out is None:
                parts.append(part)
            elif out.shape != (X.shape[0], *part.shape[1:]) or out.dtype != part.dtype:
                expected = (X.shape[0], *part.shape[1:])
                raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}, expected {expected} and {part.dtype}")
            else:
                out[start : start + size] = part
        return np.concatenate(parts) if out is None else out

    def _predictor(self) -> Predictor:
        check_is_fitted(self, "classes_")
        names = None if self._names is None else list(self._names)
        weights = self._learner.flushed_state().view()
        return Predictor(type(self).__name__, weights, self.classes_, names, self.get_params(deep=False))
