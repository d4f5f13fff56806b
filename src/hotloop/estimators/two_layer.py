"""TwoLayerClassifier and TwoLayerRegressor: one hidden layer of rectifiers, trained by exact per-sample SGD."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from hotloop.estimators.checks import (
    TrainedBySGD,
    check_rows,
    check_weights,
    class_factors,
    encode_labels,
    find_classes,
)
from hotloop.fitting import HOLD_OUT_FROM, N_HIDDEN, fit_two_layer
from hotloop.model import Model
from hotloop.training import Rows, hold_out
from hotloop.two_layer_state import TwoLayerState
from hotloop.validation import Array, check_finite


class _TwoLayer(TrainedBySGD):
    """What classifier and regressor share."""

    _state: TwoLayerState

    def _train(
        self, X: Array, y: Array, sample_weight: Array, n_outputs: int, output: str, X_val: Any, y_val: Any, factors: Any = None
    ) -> None:
        """Train on checked rows; y and y_val are class indices or targets, ``factors`` the class weights."""
        settings, rows, validation = self._settings(), Rows(X, y, sample_weight), None
        if X_val is not None:
            validation = Rows(check_rows(self, X_val, reset=False, dtype=X.dtype), y_val, np.ones(len(y_val)))
        elif self.early_stopping is True or (self.early_stopping == "auto" and len(rows) >= HOLD_OUT_FROM):
            training, held_out = hold_out(y, self.validation_fraction, settings.seed, stratify=output == "softmax")
            rows, validation = rows.take(training), rows.take(held_out)
        if factors is not None:
            rows = Rows(rows.X, rows.y, rows.sample_weight * factors(rows.y)[rows.y.astype(np.intp)])
        n_hidden = N_HIDDEN if self.n_hidden == "auto" else self.n_hidden
        if isinstance(n_hidden, str) or n_hidden < 1:
            raise ValueError(f"n_hidden is {n_hidden!r}, expected a positive whole number or 'auto'")
        shape = (X.shape[1], int(n_hidden), n_outputs)
        if self.warm_start and hasattr(self, "_state"):
            state = self._learnt().copy()
            had = (*state.W1.shape, state.W2.shape[1])
            if had != shape or state.W1.dtype != X.dtype:
                raise ValueError(f"warm_start: columns, hidden units and outputs are {shape}, the last fit had {had}")
        else:
            state = TwoLayerState.random(*shape, output, X.dtype, settings.seed)
        self._state = state
        self._state, course, plan = fit_two_layer(state, rows, settings, validation, self._report)
        self._keep(course, plan)

    def _check_validation(self, X_val: Any, y_val: Any) -> None:
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val come together")

    def _model(self) -> Model:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        params = self.get_params(deep=False)
        classes = getattr(self, "classes_", None)
        return Model(type(self).__name__, self._state, classes, None if names is None else list(names), params)

    def _predicting(self, X: Any, method: str) -> Array:
        rows = self._rows_to_predict(X)
        return getattr(self._model(), method)(rows)  # type: ignore[no-any-return]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_state")

    @property
    def coefs_(self) -> list[Array]:
        """[W1, W2], (n_features, n_hidden) and (n_hidden, n_outputs), on standardised columns."""
        return [self._learnt().W1, self._learnt().W2]

    @property
    def intercepts_(self) -> list[Array]:
        """[b1, b2], (n_hidden,) and (n_outputs,)."""
        return [self._learnt().b1, self._learnt().b2]

    @property
    def t_(self) -> int:
        """Steps taken."""
        return self._learnt().t

    def _learnt(self) -> TwoLayerState:
        if not hasattr(self, "_state"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._state

    @classmethod
    def _of_model(cls, model: Model) -> "_TwoLayer":
        estimator = cls(**model.params)
        assert isinstance(model.learnt, TwoLayerState)
        estimator._state = model.learnt
        if model.classes is not None:
            estimator.classes_ = model.classes
        estimator.n_features_in_ = model.n_features
        if model.feature_names is not None:
            estimator.feature_names_in_ = np.array(model.feature_names, dtype=object)
        return estimator


class TwoLayerClassifier(ClassifierMixin, _TwoLayer):  # type: ignore[misc]
    """Classifier with one hidden layer, z = max(W1^T x + b1, 0), and a softmax output, trained one sample at a time.

    Minimises mean(sample_weight * log loss) + alpha / 2 (||W1||^2 + ||W2||^2) by (NN-1) to (NN-9) of docs/equations.md. Raw
    columns need no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 32.
    alpha : float >= 0 or "auto", default="auto"
        L2 strength. "auto": 0.1 / n_samples.
    max_iter : int, default=1000
    tol : float, "auto" or None, default="auto"
        The fit stops when ``n_iter_no_change`` epochs in a row have not lowered the best loss by more than this. "auto": a
        thousandth of the best loss. None: train for ``max_iter`` epochs.
    shuffle : bool, default=True
    verbose : int, default=0
        1 prints a line an epoch.
    random_state : int, RandomState or None, default=None
        First weights, orders and the choice of validation rows depend on it.
    learning_rate : {"auto", "constant", "invscaling", "optimal"}, default="auto"
        (ST-1) to (ST-4) with a horizon of ten epochs.
    eta0 : float > 0 or "auto", default="auto"
        First step size. "auto": 0.3 / mean(sample_weight * ||do/dw||^2), as expected before the first step.
    power_t : float, default=0.25
    early_stopping : bool or "auto", default="auto"
        Hold out ``validation_fraction`` of the rows, stop by their log loss and keep the weights of the best epoch. "auto":
        from 1,000 rows up.
    validation_fraction : float, default=0.1
    n_iter_no_change : int, default=5
    class_weight : dict, "balanced" or None, default=None
    warm_start : bool, default=False
        ``fit`` starts from the weights of the last fit.
    standardize : {"auto", "std", "maxabs", None}, default="auto"
        As for LogisticSGDClassifier.

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

    def __init__(
        self,
        n_hidden: int | str = "auto",
        *,
        alpha: float | str = "auto",
        max_iter: int = 1000,
        tol: float | str | None = "auto",
        shuffle: bool = True,
        verbose: int = 0,
        random_state: Any = None,
        learning_rate: str = "auto",
        eta0: float | str = "auto",
        power_t: float = 0.25,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: Any = None,
        warm_start: bool = False,
        standardize: str | None = "auto",
    ) -> None:
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.eta0 = eta0
        self.power_t = power_t
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.standardize = standardize

    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerClassifier":
        """Train on all rows until the loss stands still; parameters and errors as for ``LogisticSGDClassifier.fit``."""
        self._check_validation(X_val, y_val)
        X, y = check_rows(self, X, y, reset=True)
        sample_weight = check_weights(sample_weight, X)
        classes = find_classes(y[sample_weight > 0])
        known = np.isin(y, classes)
        if not known.all():  # a class of which all rows weigh 0 is none
            X, y, sample_weight = X[known], y[known], sample_weight[known]
        self.classes_ = classes
        if y_val is not None:
            y_val = encode_labels(np.asarray(y_val), classes, "y_val")

        def factors(codes: Array) -> Array:
            return class_factors(self.class_weight, classes, classes[codes.astype(np.intp)])

        self._train(X, encode_labels(y, classes), sample_weight, len(classes), "softmax", X_val, y_val, factors)
        return self

    def decision_function(self, X: Any) -> Array:
        """Return the margins before the softmax: their difference (n_samples,) for two classes, else (n_samples, n_classes)."""
        return self._predicting(X, "decision_function")

    def predict_log_proba(self, X: Any) -> Array:
        """Return ln p of each class, (n_samples, n_classes); exact also where p underflows."""
        return self._predicting(X, "predict_log_proba")

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (n_samples, n_classes)."""
        return self._predicting(X, "predict_proba")

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row, (n_samples,)."""
        return self._predicting(X, "predict")


class TwoLayerRegressor(RegressorMixin, _TwoLayer):  # type: ignore[misc]
    """Regressor with one hidden layer, z = max(W1^T x + b1, 0), trained one sample at a time.

    Minimises mean(sample_weight * squared error) / 2 + alpha / 2 (||W1||^2 + ||W2||^2), the target scaled on the fly, by
    (NN-1) to (NN-9) of docs/equations.md. Raw columns and targets need no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 32.
    output : {"linear", "sigmoid_sum"}, default="linear"
        W2^T z + b2, or sum_j logistic(v_j z_j) (v the only column of W2), whose predictions are bounded to about four
        deviations of the training targets around their mean.
    alpha, max_iter, tol, shuffle, verbose, random_state, learning_rate, power_t, early_stopping, validation_fraction, \
n_iter_no_change, warm_start, standardize
        As for TwoLayerClassifier.
    eta0 : float > 0 or "auto", default="auto"
        First step size. "auto": 0.1 (linear) or 0.3 (sigmoid_sum) / mean(sample_weight * ||do/dw||^2).

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

    def __init__(
        self,
        n_hidden: int | str = "auto",
        *,
        output: str = "linear",
        alpha: float | str = "auto",
        max_iter: int = 1000,
        tol: float | str | None = "auto",
        shuffle: bool = True,
        verbose: int = 0,
        random_state: Any = None,
        learning_rate: str = "auto",
        eta0: float | str = "auto",
        power_t: float = 0.25,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        warm_start: bool = False,
        standardize: str | None = "auto",
    ) -> None:
        self.n_hidden = n_hidden
        self.output = output
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.verbose = verbose
        self.random_state = random_state
        self.learning_rate = learning_rate
        self.eta0 = eta0
        self.power_t = power_t
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.standardize = standardize

    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerRegressor":
        """Train on all rows until the loss stands still; y holds numbers, the rest as for ``TwoLayerClassifier.fit``."""
        if self.output not in ("linear", "sigmoid_sum"):
            raise ValueError(f"output is {self.output!r}, expected 'linear' or 'sigmoid_sum'")
        self._check_validation(X_val, y_val)
        X, y = check_rows(self, X, y, reset=True)
        y = np.ascontiguousarray(y, dtype=np.float64)
        check_finite(y, "y")
        if y_val is not None:
            y_val = np.ascontiguousarray(y_val, dtype=np.float64)
            check_finite(y_val, "y_val")
        self._train(X, y, check_weights(sample_weight, X), 1, self.output, X_val, y_val)
        return self

    def predict(self, X: Any) -> Array:
        """Return the value of each row, (n_samples,), float64."""
        return self._predicting(X, "predict")
