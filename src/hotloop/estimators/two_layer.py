"""TwoLayerClassifier and TwoLayerRegressor: networks with one hidden layer."""

from dataclasses import KW_ONLY
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import column_or_1d

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, check_weights
from hotloop.estimators._base import restore_on_error, with_progress_bar
from hotloop.estimators._callbacks import Tasks, with_callbacks
from hotloop.estimators._labels import (
    as_targets,
    classes_with_weight,
    encode_labels,
    encode_multilabel,
    has_several_columns,
    known_classes,
)
from hotloop.estimators._parameters import with_constructor, with_docs
from hotloop.estimators._two_layer_base import PARAMETERS, TwoLayerBase
from hotloop.estimators._validation import check_rows, check_validation_pair


@with_docs(parameters=PARAMETERS)
@with_constructor
class TwoLayerClassifier(ClassifierMixin, TwoLayerBase):  # type: ignore[misc]
    """Classifier with one hidden layer, z = activation(W1^T x + b1), trained one sample at a time.

    Minimises mean(sample_weight * log loss) + alpha / 2 (||W1||^2 + ||W2||^2) by (NN-1) to (NN-11) of docs/equations.md. Two
    classes have one sigmoid output, more classes a softmax; where rows may have several labels, each label has a sigmoid. Raw
    columns need no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 64.
    {parameters}
    class_weight : dict, "balanced" or None, default=None
        Weights of classes, times ``sample_weight``. "balanced" is not for ``partial_fit``; rows of several labels have none.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, n_iter_, t_, eta0_, alpha_, loss_curve_, validation_curve_
        As for LogisticSGDClassifier.
    coefs_, intercepts_ : list of ndarray
        [W1, W2] and [b1, b2], on standardised columns.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from hotloop import TwoLayerClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = TwoLayerClassifier(random_state=0).fit(X[:1500], y[:1500])
    >>> model.score(X[1500:], y[1500:]) > 0.9
    True
    """

    _: KW_ONLY
    class_weight: Any = None

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerClassifier":
        """Train on all rows until the loss stands still.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As for ``LogisticSGDClassifier.fit``.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels of two classes or more; or 0 and 1, a label a column.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 0 moves nothing.
        X_val, y_val : array-like, default=None
            Own validation rows: the fit stops by their log loss and keeps the weights of the best epoch.

        Returns
        -------
        self

        Raises
        ------
        ValueError, FloatingPointError, MemoryError, KeyboardInterrupt
            As for ``LogisticSGDClassifier.fit``.
        """
        check_validation_pair(X_val, y_val)
        tasks = Tasks(self, self._fitted_attributes, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, sparse=True, multi_output=True)
        sample_weight = check_weights(sample_weight, len(X))
        if has_several_columns(y):
            classes = np.arange(y.shape[1])
            encode = partial(encode_multilabel, n_labels=len(classes))
        else:
            y, classes = classes_with_weight(y, sample_weight)
            encode = partial(encode_labels, classes=classes)
        validation = self._own_validation(X_val, y_val, partial(encode, name="y_val"), X.dtype)
        return self._fit(Batch(X, encode(y), sample_weight), classes, validation, tasks)

    @restore_on_error
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> "TwoLayerClassifier":
        """Train once on rows in the order given; pieces of any size give the bits of one call.

        Standardisation and what is "auto" follow the rows seen so far, and change at 64, 128, 256, ... rows; after ``fit``, and
        of a model from a file, they stay. Rows wait until there are 64, or a batch of them; predictions are as if the waiting
        rows had been learnt.

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`fit`
        classes : array-like, default=None
            All labels that will come; needed at the first call. Of rows of several labels: the numbers of their columns.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for :meth:`fit`; a label that is not among ``classes``. Nothing is learnt then.
        FloatingPointError
            The weights diverge; nothing is learnt from these rows.
        """
        known = self.classes_ if hasattr(self, "_learner") else None
        X, y = check_rows(self, X, y, reset=known is None, dtype=self._dtype_of_weights, sparse=True, multi_output=True)
        sample_weight = check_weights(sample_weight, len(X), some=False)
        if has_several_columns(y):
            known = known_classes(np.arange(y.shape[1]) if classes is None else classes, known)
            codes = encode_multilabel(y, len(known))
        else:
            known = known_classes(classes, known)
            codes = encode_labels(column_or_1d(y, warn=True), known)
        return self._partial_fit(Batch(X, codes, sample_weight), known)

    def decision_function(self, X: Any) -> Array:
        """Return the margins before softmax or sigmoid: (n_samples,) for two classes, else (n_samples, n_classes)."""
        return self._predicting(X, "decision_function")

    def predict_log_proba(self, X: Any) -> Array:
        """Return ln p of each class or label, (n_samples, n_classes); exact also where p underflows."""
        return self._predicting(X, "predict_log_proba")

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class or label, (n_samples, n_classes)."""
        return self._predicting(X, "predict_proba")

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, (n_samples,), or its labels, (n_samples, n_labels) of 0 and 1."""
        return self._predicting(X, "predict")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@with_docs(parameters=PARAMETERS)
@with_constructor
class TwoLayerRegressor(RegressorMixin, TwoLayerBase):  # type: ignore[misc]
    """Regressor with one hidden layer, z = activation(W1^T x + b1), trained one sample at a time.

    Minimises mean(sample_weight * squared error) / 2 + alpha / 2 (||W1||^2 + ||W2||^2), the targets scaled on the fly, by
    (NN-1) to (NN-11) of docs/equations.md. Raw columns and targets need no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 64.
    {parameters}
    output : {"linear", "sigmoid_sum"}, default="linear"
        "linear": W2^T z + b2. "sigmoid_sum": sum_j logistic(v_j z_j), where v is the only column of W2; its predictions are
        bounded to about four deviations of the training targets around their mean.

    Attributes
    ----------
    n_features_in_, feature_names_in_, n_iter_, t_, eta0_, alpha_, loss_curve_, validation_curve_, coefs_, intercepts_
        As for TwoLayerClassifier; losses are of the scaled target.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from hotloop import TwoLayerRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = TwoLayerRegressor(n_hidden=8, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.5
    True
    """

    _: KW_ONLY
    output: str = "linear"

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerRegressor":
        """Train on all rows until the loss stands still.

        Parameters
        ----------
        X, sample_weight : as for ``TwoLayerClassifier.fit``
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers.
        X_val, y_val : array-like, default=None
            Own validation rows: the fit stops by their loss and keeps the weights of the best epoch.

        Returns
        -------
        self

        Raises
        ------
        ValueError, FloatingPointError, MemoryError, KeyboardInterrupt
            As for ``LogisticSGDClassifier.fit``.
        """
        check_validation_pair(X_val, y_val)
        tasks = Tasks(self, self._fitted_attributes, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, sparse=True, multi_output=True)
        targets = as_targets(y)
        encode = partial(as_targets, name="y_val", n_targets=targets.shape[1])
        validation = self._own_validation(X_val, y_val, encode, X.dtype)
        return self._fit(Batch(X, targets, check_weights(sample_weight, len(X))), None, validation, tasks)

    @restore_on_error
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "TwoLayerRegressor":
        """Train once on rows in the order given, as ``TwoLayerClassifier.partial_fit``; so does the scaling of the targets."""
        n_targets = len(self._learner.state.b2) if hasattr(self, "_learner") else None
        X, y = check_rows(self, X, y, reset=n_targets is None, dtype=self._dtype_of_weights, sparse=True, multi_output=True)
        sample_weight = check_weights(sample_weight, len(X), some=False)
        return self._partial_fit(Batch(X, as_targets(y, n_targets=n_targets), sample_weight), None)

    def predict(self, X: Any) -> Array:
        """Return the value of each row, (n_samples,) or (n_samples, n_targets), float64."""
        return self._predicting(X, "predict")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
