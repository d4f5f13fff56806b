"""TwoLayerClassifier and TwoLayerRegressor: one hidden layer, trained by exact per-sample SGD."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.validation import Array, check_finite, check_memory
from hotloop.estimators._base import TrainedBySGD, restore_on_error, with_progress_bar
from hotloop.estimators._callbacks import Tasks, with_callbacks
from hotloop.estimators._labels import encode_labels, find_classes, weigh_classes
from hotloop.estimators._validation import check_rows, check_validation_pair, check_weights
from hotloop.persistence.checkpoint import Checkpoint
from hotloop.predictor import Predictor
from hotloop.structs import float_dtype
from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions
from hotloop.two_layer.auto import N_HIDDEN, fit_two_layer, network_options
from hotloop.two_layer.online import TwoLayerStream
from hotloop.two_layer.optimizer import NetworkRule
from hotloop.two_layer.state import TwoLayerState, network_output
from hotloop.two_layer.weights import ACTIVATIONS


class _TwoLayer(TrainedBySGD):
    """What classifier and regressor share."""

    _stream: TwoLayerStream
    classes_: Array
    _takes_sparse = True

    def _train(
        self,
        rows: Batch,
        classes: Array | None,
        output: str,
        n_outputs: int,
        options: FitOptions,
        validation: Batch | None,
        tasks: Tasks,
    ) -> None:
        """Train on checked rows, whose y holds class indices, or targets where ``classes`` is None."""
        state = self._new_state(rows.X, output, n_outputs, options.seed)
        warm = self.warm_start and hasattr(self, "_stream")
        if warm:
            last = self._learnt()
            same = all(a.shape == b.shape and a.dtype == b.dtype for a, b in ((last.W1, state.W1), (last.W2, state.W2)))
            same &= (last.output, last.activation) == (state.output, state.activation)
            if not same or (classes is not None and not np.array_equal(classes, self.classes_)):
                raise ValueError("warm_start: columns, type, hidden units, classes and output must be those of the last fit")
            rule = state.rule
            state = last.copy()
            state.keep_rule(rule)

        def keep(config: TrainingConfig) -> None:
            self._stream = TwoLayerStream(state, network_options(options, rows.X), config=config)
            if classes is not None:
                self.classes_ = classes
            tasks.training_begins(config)

        report = partial(self._report, tasks=tasks)
        init = None if warm else self.init
        self._stream.state, history, config = fit_two_layer(state, rows, options, validation, report, keep, init)
        self._stream.config = config
        self._keep(history, config)
        tasks.end()

    def _take(self, rows: Batch, sample_weight: Array, output: str, n_outputs: int) -> None:
        """Train once on checked rows."""
        if not hasattr(self, "_stream"):
            options = self._options()
            state = self._new_state(rows.X, output, n_outputs, options.seed)
            self._stream = TwoLayerStream.fresh(state, network_options(options, rows.X), self.init)
        self._stream.take(rows, sample_weight)
        self.n_iter_ = 1
        if self._stream.config is not None:
            self.eta0_, self.alpha_ = self._stream.config.eta0, self._stream.config.alpha

    def _new_state(self, X: Any, output: str, n_outputs: int, seed: int) -> TwoLayerState:
        n_hidden = N_HIDDEN if self.n_hidden == "auto" else self.n_hidden
        if not isinstance(n_hidden, int | np.integer) or n_hidden < 1:
            raise ValueError(f"n_hidden is {n_hidden!r}, expected a positive whole number or 'auto'")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation is {self.activation!r}, expected one of {', '.join(ACTIVATIONS)}")
        n_features, dtype = X.shape[1], float_dtype(X.dtype)
        n_bytes = (n_features + n_outputs) * int(n_hidden) * np.dtype(dtype).itemsize
        check_memory((3 if self.optimizer == "sgd" else 5) * n_bytes, f"{n_features} columns and {n_hidden} hidden units")
        state = TwoLayerState.random(
            n_features, int(n_hidden), n_outputs, output, dtype, seed, activation=self.activation, init=self.init
        )
        state.rule = self._rule(seed)
        return state

    def _rule(self, seed: int) -> NetworkRule:
        return NetworkRule(
            self.optimizer,
            self.batch_size,
            self.momentum,
            bool(self.nesterovs_momentum),
            self.beta_1,
            self.beta_2,
            self.epsilon,
            self.dropout,
            seed,
            count_jobs(self.n_jobs),
        )

    def _predictor(self) -> Predictor:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        classes, weights = getattr(self, "classes_", None), self._learnt().view()
        names = None if names is None else list(names)
        return Predictor(type(self).__name__, weights, classes, names, self.get_params(deep=False))

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, a float32 or float64 array of n_features: P(``classes_[1]``), the probabilities of all
        classes or labels, or the value or values of a regressor.

        For services that score single rows: it checks nothing but type and length. Later training does not change it.
        """
        return self._predictor().scorer()

    def _predicting(self, X: Any, method: str) -> Array:
        rows = self._rows_to_predict(X, by_blocks=True)
        return getattr(self._predictor(), method)(rows)  # type: ignore[no-any-return]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_stream")

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
        return {"_stream": replace(self._stream, state=self._stream.state.copy())}

    def _learnt(self) -> TwoLayerState:
        if not hasattr(self, "_stream"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._stream.flushed_state()

    @classmethod
    def _of_checkpoint(cls, checkpoint: Checkpoint) -> "_TwoLayer":
        predictor, learner = checkpoint.predictor, checkpoint.learner
        estimator = cls(**predictor.params)
        assert isinstance(learner, TwoLayerStream)
        options = estimator._options()
        learner.state.keep_rule(estimator._rule(estimator._options().seed))
        estimator._stream = replace(learner, options=options, init=estimator.init)
        if predictor.classes is not None:
            estimator.classes_ = predictor.classes
        estimator.n_features_in_ = predictor.n_features
        if predictor.feature_names is not None:
            estimator.feature_names_in_ = np.array(predictor.feature_names, dtype=object)
        return estimator


class TwoLayerClassifier(ClassifierMixin, _TwoLayer):  # type: ignore[misc]
    """Classifier with one hidden layer, z = activation(W1^T x + b1), trained one sample at a time.

    Minimises mean(sample_weight * log loss) + alpha / 2 (||W1||^2 + ||W2||^2) by (NN-1) to (NN-11) of docs/equations.md, with
    one sigmoid output for two classes, a softmax for more, and a sigmoid a label where rows may have several. Raw columns need
    no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 64.
    activation : {"relu", "tanh", "logistic"}, default="relu"
    alpha : float >= 0 or "auto", default="auto"
        L2 strength. "auto": 0.1 / n_samples.
    max_iter : int or "auto", default="auto"
        Most epochs. "auto": as many as 400,000 rows make, from 20 to 100 (two classes: to 60; regression: 3,000,000 rows, 50 to
        300); with validation rows 1000, with batches 200.
    tol : float, "auto" or None, default="auto"
        The fit stops when ``n_iter_no_change`` epochs in a row have not lowered the best loss by more than this. None: train
        for ``max_iter`` epochs. "auto": a thousandth of the best loss; but None where ``max_iter`` is "auto" and there are no
        validation rows and no batches.
    shuffle : bool, default=True
    verbose : int, default=0
        1 shows the epochs and the time to go: a bar with rich in a terminal, else a line each.
    random_state : int, RandomState or None, default=None
        First weights, orders and the choice of validation rows depend on it.
    learning_rate : {"auto", "constant", "invscaling", "optimal"}, default="auto"
        (ST-1) to (ST-4) with a horizon of three epochs, of regression ten.
    eta0 : float > 0 or "auto", default="auto"
        First step size. "auto": a constant / mean(sample_weight * ||do/dw||^2), as expected before the first step, times
        (1 - momentum) sqrt(batch_size); for Adam 0.001.
    power_t : float, default=0.25
    early_stopping : bool, default=False
        Hold out ``validation_fraction`` of the rows, stop by their log loss and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
    n_iter_no_change : int, default=5
    class_weight : dict, "balanced" or None, default=None
    warm_start : bool, default=False
        ``fit`` starts from the weights of the last fit, and momentum and Adam from what they had.
    standardize : {"auto", "std", "maxabs", "common", None}, default="auto"
        As for LogisticSGDClassifier; sparse rows are not centred. "common" divides all columns by the largest absolute value of
        all; "auto" takes it for dense rows of bytes (uint8), as of pictures.
    dropout : float from 0 to below 1, default=0
        Share of the hidden units that each step leaves out, (NN-11).
    init : {"auto", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal"}, default="auto"
        First weights, with the rows' mean square norm for the number of columns. "auto": "lecun_normal" for W2, and normal W1
        whose pre-activations have deviation 0.28 for relu, 1 for the others.
    optimizer : {"sgd", "adam", "adamw"}, default="sgd"
        "sgd" with one row a batch and no momentum takes the exact steps of (NN-9) in blocks; else a step a batch by (NN-12) or
        (NN-13). "adamw" shrinks the weights beside Adam's step. Of sparse rows only what a batch touches moves then.
    batch_size : int, default=1
        Rows of a step.
    momentum, nesterovs_momentum : float, default=0, and bool, default=True
        Of "sgd".
    beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
        Of Adam.
    n_jobs : int or None, default=None
        Threads, which share the hidden units; the model has the same bits for any number. None: 1; -1: as many as CPUs. They
        help from some hundred hidden units on, and not with batches.

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
        activation: str = "relu",
        alpha: float | str = "auto",
        max_iter: int | str = "auto",
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
        dropout: float = 0.0,
        init: str = "auto",
        optimizer: str = "sgd",
        batch_size: int = 1,
        momentum: float = 0.0,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_jobs: int | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.activation = activation
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
        self.dropout = dropout
        self.init = init
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_jobs = n_jobs

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerClassifier":
        """Train on all rows until the loss stands still; parameters and errors as for ``LogisticSGDClassifier.fit``.

        y may also be an array (n_samples, n_labels) of 0 and 1, a label a column.
        """
        check_validation_pair(X_val, y_val)
        tasks = Tasks(self, self._learnt_so_far, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, sparse=True, multi_output=True)
        options, sample_weight = self._options(), check_weights(sample_weight, X)
        if y.ndim == 2 and y.shape[1] > 1:
            labels = check_labels_of_rows(y)
            if self.class_weight is not None:
                raise ValueError("class_weight is for classes; rows of several labels have sample_weight")
            rows, validation = self._validation(
                Batch(X, labels, sample_weight), X_val, y_val, check_labels_of_rows, stratify=False, seed=options.seed
            )
            self._train(rows, np.arange(labels.shape[1]), "sigmoid", labels.shape[1], options, validation, tasks)
            return self
        y = column_or_1d(y, warn=True)
        classes = find_classes(y[sample_weight > 0])
        known = np.isin(y, classes)
        if not known.all():  # a class of which all rows weigh 0 is none
            y = np.where(known, y, classes[0])
        rows, validation = self._validation(
            Batch(X, encode_labels(y, classes), sample_weight),
            X_val,
            y_val,
            lambda labels: encode_labels(labels, classes, "y_val"),
            stratify=True,
            seed=options.seed,
        )
        rows = weigh_classes(rows, self.class_weight, classes)
        self._train(rows, classes, *network_output(classes), options, validation, tasks)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @restore_on_error
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> "TwoLayerClassifier":
        """Train once on rows in the order given; pieces of any size give the bits of one call.

        Standardisation and what is "auto" follow the rows seen so far and take effect at 64, 128, 256, ... rows; after ``fit``,
        and of a model from a file, they stay. Rows wait until there are 64, or a batch of them; predictions are as if they had
        been learnt.

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`fit`
        classes : array-like, default=None
            All labels that will come; needed at the first call. Of rows of several labels: the numbers of their columns.

        Raises
        ------
        ValueError
            As for :meth:`fit`; a label that is not among ``classes``. Nothing is learnt then.
        FloatingPointError
            The weights diverge; nothing is learnt from these rows.
        """
        first = not hasattr(self, "_stream")
        dtype = None if first else self._stream.state.W1.dtype
        X, y = check_rows(self, X, y, reset=first, dtype=dtype, sparse=True, multi_output=True)
        if self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' needs all labels at once; give partial_fit a dict of weights")
        sample_weight = check_weights(sample_weight, X, some=False)
        if y.ndim == 2 and y.shape[1] > 1:
            known, codes, kind = np.arange(y.shape[1]), check_labels_of_rows(y), ("sigmoid", y.shape[1])
        else:
            y = column_or_1d(y, warn=True)
            if first and classes is None:
                raise ValueError("the first call of partial_fit needs classes=, all labels that will come")
            known = find_classes(np.asarray(classes)) if first else self.classes_
            codes, kind = encode_labels(y, known), network_output(known)
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(f"y has labels in {len(known)} columns, the first call had {len(self.classes_)}")
        if not first and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={np.unique(classes).tolist()}, but the first call had {self.classes_.tolist()}")
        self.classes_ = known
        rows = Batch(X, codes, sample_weight)
        rows = rows if kind[0] == "sigmoid" and kind[1] > 1 else weigh_classes(rows, self.class_weight, known)
        self._take(rows, sample_weight, *kind)
        return self

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


class TwoLayerRegressor(RegressorMixin, _TwoLayer):  # type: ignore[misc]
    """Regressor with one hidden layer, z = activation(W1^T x + b1), trained one sample at a time.

    Minimises mean(sample_weight * squared error) / 2 + alpha / 2 (||W1||^2 + ||W2||^2), the targets scaled on the fly, by
    (NN-1) to (NN-11) of docs/equations.md. Raw columns and targets need no scaling.

    Parameters
    ----------
    n_hidden : int or "auto", default="auto"
        Hidden units. "auto": 64.
    output : {"linear", "sigmoid_sum"}, default="linear"
        W2^T z + b2, or sum_j logistic(v_j z_j) (v the only column of W2), whose predictions are bounded to about four
        deviations of the training targets around their mean.
    activation, alpha, max_iter, tol, shuffle, verbose, random_state, learning_rate, power_t, early_stopping, \
validation_fraction, n_iter_no_change, warm_start, standardize, dropout, init, optimizer, batch_size, momentum, \
nesterovs_momentum, beta_1, beta_2, epsilon, n_jobs
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
        activation: str = "relu",
        output: str = "linear",
        alpha: float | str = "auto",
        max_iter: int | str = "auto",
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
        dropout: float = 0.0,
        init: str = "auto",
        optimizer: str = "sgd",
        batch_size: int = 1,
        momentum: float = 0.0,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_jobs: int | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.activation = activation
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
        self.dropout = dropout
        self.init = init
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_jobs = n_jobs

    @with_progress_bar
    @restore_on_error
    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> "TwoLayerRegressor":
        """Train on all rows until the loss stands still; as ``TwoLayerClassifier.fit``.

        y holds numbers, (n_samples,) or (n_samples, n_targets).
        """
        if self.output not in ("linear", "sigmoid_sum"):
            raise ValueError(f"output is {self.output!r}, expected 'linear' or 'sigmoid_sum'")
        check_validation_pair(X_val, y_val)
        tasks = Tasks(self, self._learnt_so_far, X, y, sample_weight)
        X, y = check_rows(self, X, y, reset=True, sparse=True, multi_output=True)
        options = self._options()
        targets = numbers(y)
        if self.output == "sigmoid_sum" and targets.shape[1] > 1:
            raise ValueError(f"y has {targets.shape[1]} targets; output='sigmoid_sum' has one")
        rows = Batch(X, targets, check_weights(sample_weight, X))
        rows, validation = self._validation(rows, X_val, y_val, numbers, stratify=False, seed=options.seed)
        if validation is not None and validation.y.shape[1] != targets.shape[1]:
            raise ValueError(f"y_val has {validation.y.shape[1]} targets, y has {targets.shape[1]}")
        self._train(rows, None, self.output, targets.shape[1], options, validation, tasks)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @restore_on_error
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "TwoLayerRegressor":
        """Train once on rows in the order given, as ``TwoLayerClassifier.partial_fit``; the targets' scaling follows, too."""
        if self.output not in ("linear", "sigmoid_sum"):
            raise ValueError(f"output is {self.output!r}, expected 'linear' or 'sigmoid_sum'")
        first = not hasattr(self, "_stream")
        dtype = None if first else self._stream.state.W1.dtype
        X, y = check_rows(self, X, y, reset=first, dtype=dtype, sparse=True, multi_output=True)
        targets, sample_weight = numbers(y), check_weights(sample_weight, X, some=False)
        n_targets = targets.shape[1] if first else len(self._stream.state.b2)
        if targets.shape[1] != n_targets or (self.output == "sigmoid_sum" and n_targets > 1):
            raise ValueError(f"y has {targets.shape[1]} targets, expected {1 if self.output == 'sigmoid_sum' else n_targets}")
        self._take(Batch(X, targets, sample_weight), sample_weight, self.output, n_targets)
        return self

    def predict(self, X: Any) -> Array:
        """Return the value of each row, (n_samples,) or (n_samples, n_targets), float64."""
        return self._predicting(X, "predict")


def check_labels_of_rows(y: Any) -> Array:
    """Return labels (n_samples, n_labels) as 0.0 and 1.0."""
    labels = np.asarray(y)
    if labels.ndim != 2 or labels.dtype.kind not in "fiub" or not np.isin(labels, (0, 1)).all():
        raise ValueError("y of several columns must hold 0 and 1, a label a column; for classes give one column")
    return np.ascontiguousarray(labels, dtype=np.float64)


def numbers(y: Any) -> Array:
    """Return targets as an array (n_samples, n_targets) of finite float64."""
    targets = np.asarray(y, dtype=np.float64)
    if targets.ndim not in (1, 2):
        raise ValueError(f"y has {targets.ndim} dimensions, expected one target a row or a row of targets")
    check_finite(targets, "y")
    return np.ascontiguousarray(targets.reshape(len(targets), -1))


def count_jobs(n_jobs: Any) -> int:
    """Return the number of threads that ``n_jobs`` stands for."""
    if n_jobs is None:
        return 1
    if not isinstance(n_jobs, int | np.integer) or n_jobs == 0 or n_jobs < -1:
        raise ValueError(f"n_jobs is {n_jobs!r}, expected a positive whole number, -1 or None")
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(int(n_jobs), cpus) if n_jobs > 0 else cpus
