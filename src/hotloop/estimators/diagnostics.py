"""What can be asked of a fitted logistic model: how far it is from the optimum, how sure its weights are, how it predicts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.validation import check_weights
from hotloop.estimators._labels import encode_labels
from hotloop.estimators._logistic import LogisticClassifier
from hotloop.estimators._validation import check_rows
from hotloop.estimators.logistic_cv import LogisticSGDClassifierCV
from hotloop.estimators.logistic_sdca import LogisticSDCAClassifier
from hotloop.logistic.bootstrap import bootstrap_deviations
from hotloop.logistic.diagnostics.duality_gap import Certificate, certify
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.new_state import restarted
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig
from hotloop.training.progressive_validation import ProgressiveValidation


def duality_gap(model: Any, X: Any, y: Any, sample_weight: Any = None) -> Certificate:
    """Return how far a model is from the optimum of its objective, by one read of the rows, (DU-1) to (DU-3).

    Objective and gap are exact, in float64. After SGD the gap is a weak bound: a gradient of norm s makes it s^2 / (2 alpha).

    Parameters
    ----------
    model : LogisticSGDClassifier, LogisticSDCAClassifier or LogisticSGDClassifierCV
        Fitted, without an L1 penalty.
    X, y, sample_weight : as for its ``fit``
        The rows whose objective is meant: those of the fit.

    Returns
    -------
    certificate : Certificate
        ``objective``, ``gradient_norm`` and ``gap``: the objective is at most ``gap`` above its minimum, in nats a row.

    Raises
    ------
    ValueError
        The model is of another kind, or the rows do not suit it.

    Examples
    --------
    >>> import hotloop
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = hotloop.LogisticSGDClassifier(random_state=0).fit(X, y)
    >>> hotloop.duality_gap(model, X, y).gap > hotloop.duality_gap(hotloop.LogisticSDCAClassifier().fit(X, y), X, y).gap
    True
    """
    model, state, config = _trained(model)
    if getattr(state, "l1_ratio", 0) > 0:
        raise ValueError(f"duality_gap does not go with penalty={model.penalty!r}; fit a model with penalty='l2'")
    if state.one_vs_rest:
        raise ValueError("duality_gap does not go with multi_class='ovr'; take OneVsRestClassifier, and each of its models")
    rows = _rows_for(model, X, y, sample_weight)
    total = rows.sample_weight.sum() if isinstance(model, LogisticSDCAClassifier) else rows.n_nonzero_weight
    return certify(state, rows, config.alpha, float(total))[0]


def bootstrap_std(
    model: Any, X: Any, y: Any, n_replicas: int, sample_weight: Any = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the standard deviations of the weights and intercepts of a model over bootstrap replicas (Efron 1979).

    They say how much the weights depend on the rows that happened to be drawn. Each replica is trained on n_samples rows drawn
    with replacement, from weights 0, with the standardisation, the constants and the epochs of the model. For two classes and
    dense rows all replicas share each read.

    Parameters
    ----------
    model : LogisticSGDClassifier or LogisticSGDClassifierCV
        Fitted by optimizer "sgd" without an L1 penalty.
    X, y, sample_weight : as for its ``fit``
    n_replicas : int >= 2
        A few dozen give the size of the deviations, hundreds a second digit.

    Returns
    -------
    coef_std : ndarray of shape (1, n_features) or (n_classes, n_features), float64
    intercept_std : ndarray of shape (1,) or (n_classes,), float64

    Raises
    ------
    ValueError
        The model is of another kind, or the rows do not suit it.

    Examples
    --------
    >>> import hotloop
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = hotloop.LogisticSGDClassifier(random_state=0).fit(X, y)
    >>> coef_std, intercept_std = hotloop.bootstrap_std(model, X, y, n_replicas=20)
    >>> coef_std.shape
    (1, 30)
    """
    if isinstance(n_replicas, bool) or not isinstance(n_replicas, int | np.integer) or n_replicas < 2:
        raise ValueError(f"n_replicas is {n_replicas!r}, expected a whole number of at least 2")
    model, state, config = _trained(model)
    if not isinstance(state, LogisticState) or state.importance_aware or isinstance(model, LogisticSDCAClassifier):
        raise ValueError(
            "bootstrap_std goes with models of LogisticSGDClassifier(optimizer='sgd') without an L1 penalty and without "
            "importance_aware=True only; fit one"
        )
    if not hasattr(model, "n_iter_"):
        raise ValueError("bootstrap_std needs n_iter_, which model files do not keep; fit the model")
    rows = _rows_for(model, X, y, sample_weight)
    return bootstrap_deviations(restarted(state), rows, config, model.n_iter_, int(n_replicas))


def progressive_validation(model: Any, X: Any, y: Any, sample_weight: Any = None) -> ProgressiveValidation:
    """Return how well a first epoch predicts each row before it is trained on that row.

    A copy of the model is trained for one epoch, from weights 0, with the standardisation, the constants and the order of the
    rows of the model. The judgement is honest, although all rows are trained on; it is of a model in its first epoch.

    Parameters
    ----------
    model : LogisticSGDClassifier or LogisticSGDClassifierCV
        Fitted; it is not changed.
    X, y, sample_weight : as for its ``fit``

    Returns
    -------
    validation : ProgressiveValidation
        ``log_loss``, ``auc`` and ``reliability``.

    Raises
    ------
    ValueError
        The model is of another kind, or the rows do not suit it.

    Examples
    --------
    >>> import hotloop
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = hotloop.LogisticSGDClassifier(random_state=0).fit(X, y)
    >>> 0.9 < hotloop.progressive_validation(model, X, y).auc < 1
    True
    """
    model, state, config = _trained(model)
    if isinstance(model, LogisticSDCAClassifier):
        raise ValueError("progressive_validation goes with LogisticSGDClassifier only: one epoch of SDCA says little")
    return ProgressiveValidation.of_first_epoch(restarted(state), _rows_for(model, X, y, sample_weight), config)


def _trained(model: Any) -> tuple[LogisticClassifier, LinearState, TrainingConfig]:
    """Return the fitted estimator that a model is, or that its search has chosen; with its state and config.

    Raises
    ------
    ValueError
        The model is of another kind, or has seen too few rows to have a config.
    """
    if isinstance(model, LogisticSGDClassifierCV):
        check_is_fitted(model, "best_estimator_")
        model = model.best_estimator_
    if not isinstance(model, LogisticClassifier):
        raise ValueError(f"model is a {type(model).__name__}, expected LogisticSGDClassifier or LogisticSDCAClassifier")
    check_is_fitted(model, "classes_")
    learner = model._learner
    if learner.config is None:
        raise ValueError(f"the model has seen {learner.state.n_rows} rows, too few to have constants; train it on 64 or more")
    return model, learner.flushed_state(), learner.config


def _rows_for(model: LogisticClassifier, X: Any, y: Any, sample_weight: Any) -> Batch:
    """Return rows as the fit of a model sees them, class weights included.

    Parameters
    ----------
    model : estimator of logistic regression
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Labels. Those of rows of weight 0 do not count.
    sample_weight : array-like of shape (n_samples,), or None
    """
    X, y = check_rows(model, X, y, reset=False, dtype=model._learner.state.dtype, sparse=True)
    sample_weight = check_weights(sample_weight, len(X))
    if not sample_weight.all():  # the labels of rows of weight 0 do not count
        y = np.where(sample_weight > 0, y, model.classes_[0])
    return weigh_classes(Batch(X, encode_labels(y, model.classes_), sample_weight), model.class_weight, model.classes_)
