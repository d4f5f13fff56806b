"""TwoLayerClassifier and TwoLayerRegressor: one hidden layer of rectifiers, trained by exact per-sample SGD."""

from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from hotloop.estimators.callbacks import Tasks, with_callbacks
from hotloop.estimators.checks import (
    TrainedBySGD,
    check_rows,
    check_weights,
    come_together,
    encode_labels,
    find_classes,
    refusals_change_nothing,
    shows_progress,
    weigh_classes,
)
from hotloop.fitting import N_HIDDEN, Settings, fit_two_layer
from hotloop.model import Model
from hotloop.training import Plan, Rows
from hotloop.two_layer_state import TwoLayerState
from hotloop.validation import Array, as_vector


class _TwoLayer(TrainedBySGD):
    """What classifier and regressor share."""

    _state: TwoLayerState
    classes_: Array

    def _train(
        self, rows: Rows, classes: Array | None, output: str, settings: Settings, validation: Rows | None, tasks: Tasks
    ) -> None:
        """Train on checked rows, whose y holds class indices, or targets where ``classes`` is None."""
        n_hidden = N_HIDDEN if self.n_hidden == "auto" else self.n_hidden
        if not isinstance(n_hidden, int | np.integer) or n_hidden < 1:
            raise ValueError(f"n_hidden is {n_hidden!r}, expected a positive whole number or 'auto'")
        shape = (rows.X.shape[1], int(n_hidden), 1 if classes is None else len(classes))
        state = TwoLayerState.random(*shape, output, rows.X.dtype, settings.seed)
        if self.warm_start and hasattr(self, "_state"):
            last = self._learnt()
            same = all(a.shape == b.shape and a.dtype == b.dtype for a, b in ((last.W1, state.W1), (last.W2, state.W2)))
            if not same or last.output != output or (classes is not None and not np.array_equal(classes, self.classes_)):
                raise ValueError("warm_start: columns, type, hidden units, classes and output must be those of the last fit")
            state = last.copy()

        def keep(plan: Plan) -> None:
            self._state = state
            if classes is not None:
                self.classes_ = classes
            tasks.planned(plan)

        report = partial(self._report, tasks=tasks)
        self._state, course, plan = fit_two_layer(state, rows, settings, validation, report, keep)
        self._keep(course, plan)
        tasks.end()

    def _model(self) -> Model:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        params = self.get_params(deep=False)
        classes = getattr(self, "classes_", None)
        return Model(type(self).__name__, self._state, classes, None if names is None else list(names), params)

    def _predicting(self, X: Any, method: str) -> Array:
        rows = self._rows_to_predict(X, as_they_lie=False)
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

    def _learnt_so_far(self) -> dict[str, Any]:
        return {"_state": self._state.copy()}

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
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows, stop by their log loss and keep the weights of the best epoch.
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
        early_stopping: bool = False,
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

    @shows_progress
    @refusals_change_nothing
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerClassifier":
        """Train on all rows until the loss stands still; parameters and errors as for ``LogisticSGDClassifier.fit``."""
        come_together(X_val, y_val)
        tasks = Tasks(self, self._learnt_so_far, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, as_they_lie=False)
        sample_weight = check_weights(sample_weight, X)
        classes = find_classes(y[sample_weight > 0])
        known = np.isin(y, classes)
        if not known.all():  # a class of which all rows weigh 0 is none
            X, y, sample_weight = X[known], y[known], sample_weight[known]
        settings = self._settings()
        rows, validation = self._validation(
            Rows(X, encode_labels(y, classes), sample_weight),
            X_val,
            y_val,
            lambda labels: encode_labels(labels, classes, "y_val"),
            stratify=True,
            seed=settings.seed,
        )
        self._train(weigh_classes(rows, self.class_weight, classes), classes, "softmax", settings, validation, tasks)
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
        early_stopping: bool = False,
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

    @shows_progress
    @refusals_change_nothing
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerRegressor":
        """Train on all rows until the loss stands still; y holds numbers, the rest as for ``TwoLayerClassifier.fit``."""
        if self.output not in ("linear", "sigmoid_sum"):
            raise ValueError(f"output is {self.output!r}, expected 'linear' or 'sigmoid_sum'")
        come_together(X_val, y_val)
        tasks = Tasks(self, self._learnt_so_far, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, as_they_lie=False)
        settings = self._settings()

        def numbers(targets: Array) -> Array:
            return as_vector(targets, len(targets), "y", np.float64)

        rows = Rows(X, numbers(np.asarray(y, dtype=np.float64)), check_weights(sample_weight, X))
        rows, validation = self._validation(rows, X_val, y_val, numbers, stratify=False, seed=settings.seed)
        self._train(rows, None, self.output, settings, validation, tasks)
        return self

    def predict(self, X: Any) -> Array:
        """Return the value of each row, (n_samples,), float64."""
        return self._predicting(X, "predict")
