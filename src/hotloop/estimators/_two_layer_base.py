"""What the estimators of networks share: their parameters, and how a network is trained, asked and stored."""

from collections.abc import Callable
from dataclasses import KW_ONLY, replace
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.validation import Array
from hotloop.estimators._base import TrainedBySGD
from hotloop.estimators._callbacks import Tasks
from hotloop.estimators._parameters import with_constructor
from hotloop.estimators.warnings import warn
from hotloop.predictor import Predictor
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig
from hotloop.training.rules import check_rules
from hotloop.training.unscaled import find_unscaled, unscaled_warning
from hotloop.two_layer.fit import fit_two_layer, new_network, targets_in_words
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.options import RULES, TwoLayerOptions, facts
from hotloop.two_layer.state import TwoLayerState

PARAMETERS = """
activation : {"relu", "tanh", "logistic"}, default="relu"
alpha : float >= 0 or "auto", default="auto"
    L2 strength. "auto": 0.1 / n_samples.
max_iter : int or "auto", default="auto"
    Most epochs. "auto": as many as 400,000 rows make, at least 20 and at most 100; for two classes at most 60; for regression
    as many as 3,000,000 rows make, at least 50 and at most 300. With validation rows "auto" is 1000, with batches, momentum or
    Adam 200.
tol : float, "auto" or None, default="auto"
    The fit stops when ``n_iter_no_change`` epochs in a row have not lowered the best loss by more than this. None: the fit
    trains for ``max_iter`` epochs. "auto": a thousandth of the best loss; but None where ``max_iter`` is "auto" and there are
    neither validation rows nor batches, momentum or Adam.
shuffle : bool, default=True
    Whether ``fit`` visits the rows in a new order in each epoch.
verbose : int, default=0
    1 shows the epochs and the time to go: a bar with rich in a terminal, else a line each.
random_state : int, RandomState or None, default=None
    First weights, orders, dropout and the choice of validation rows depend on it.
learning_rate : {"auto", "constant", "invscaling", "optimal"}, default="auto"
    Schedule of the step size, (ST-1) to (ST-4); its horizon is three epochs, for regression ten.
eta0 : float > 0 or "auto", default="auto"
    First step size. "auto": a constant / mean(sample_weight * ||do/dw||^2), as expected before the first step, times
    (1 - momentum) sqrt(batch_size). The constant is 1 for a softmax, 0.1 for sigmoids, 0.05 for "linear" and 0.3 for
    "sigmoid_sum", times 3 with logistic activation. For Adam "auto" is 0.001.
power_t : float, default=0.25
    Exponent of "invscaling".
early_stopping : bool, default=False
    Hold out ``validation_fraction`` of the rows, stop by their loss and keep the weights of the best epoch.
validation_fraction : float between 0 and 1, default=0.1
n_iter_no_change : int, default=5
warm_start : bool, default=False
    ``fit`` starts from the weights of the last fit; momentum and Adam go on from their moments.
standardize : {"auto", "std", "maxabs", "common", None}, default="auto"
    As for LogisticSGDClassifier. Sparse rows are not centred: "auto" is "maxabs" for them. "common" divides all columns by the
    largest absolute value of all; "auto" takes it for dense rows of bytes (uint8), as of pictures.
dropout : float from 0 to below 1, default=0
    Share of the hidden units that each step leaves out, (NN-11).
init : {"auto", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal"}, default="auto"
    First weights. For W1 the mean square norm of the rows stands for the number of columns. "auto": "lecun_normal" for W2, and
    normal W1 whose pre-activations have standard deviation 0.28 for relu, 1 for the others.
optimizer : {"sgd", "adam", "adamw"}, default="sgd"
    "sgd" with one row a batch and no momentum takes the exact steps of (NN-9) in blocks; else each batch is a step, (NN-12) or
    (NN-13). "adamw" shrinks the weights beside Adam's step. Of sparse rows such a step moves only the columns of its batch.
batch_size : int, default=1
    Rows of a step.
momentum : float from 0 to below 1, default=0
    Of "sgd".
nesterovs_momentum : bool, default=True
    Whether the momentum is Nesterov's.
beta_1, beta_2, epsilon : float, default=0.9, 0.999 and 1e-8
    Of "adam" and "adamw".
n_jobs : int or None, default=None
    Threads, which share the hidden units; the model has the same bits for any number. None: 1; -1: as many as CPUs. They help
    from some hundred hidden units on, and not with batches.
"""


@with_constructor
class TwoLayerParameters:
    """The parameters that classifier and regressor share; PARAMETERS documents them."""

    n_hidden: int | str = "auto"
    _: KW_ONLY
    activation: str = "relu"
    alpha: float | str = "auto"
    max_iter: int | str = "auto"
    tol: float | str | None = "auto"
    shuffle: bool = True
    verbose: int = 0
    random_state: Any = None
    learning_rate: str = "auto"
    eta0: float | str = "auto"
    power_t: float = 0.25
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 5
    warm_start: bool = False
    standardize: str | None = "auto"
    dropout: float = 0.0
    init: str = "auto"
    optimizer: str = "sgd"
    batch_size: int = 1
    momentum: float = 0.0
    nesterovs_momentum: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_jobs: int | None = None


class TwoLayerBase(TwoLayerParameters, TrainedBySGD):
    """Base of the estimators of networks: they check and convert rows and targets, and call this."""

    _learner: TwoLayerLearner
    classes_: Array
    class_weight: Any
    _takes_sparse = True
    _options_class = TwoLayerOptions

    def _fit(self, rows: Batch, classes: Array | None, validation: Batch | None, tasks: Tasks) -> Self:
        """Train on checked rows.

        Parameters
        ----------
        rows : Batch
            Class indices, labels or targets.
        classes : ndarray or None
            None: regression.
        validation : Batch or None
        tasks : Tasks
            What callbacks are told.
        """
        start = self._start(classes)

        def on_start(learner: TwoLayerLearner, config: TrainingConfig, _: bool) -> None:
            self._learner = learner  # the model from now on, even if training is interrupted
            if classes is not None:
                self.classes_ = classes
            tasks.training_begins(config)

        callbacks = FitCallbacks(on_start, on_epoch=partial(self._report, tasks=tasks))
        fit = fit_two_layer(rows, self._options(), classes, validation, start, callbacks)
        self._learner = fit.learner
        self._keep(fit.history, fit.config)
        if fit.learner.state.scale is None and (unscaled := find_unscaled(rows.X)):
            warn(unscaled_warning(f"column {unscaled[0]}", unscaled[1]))
        tasks.end()
        return self

    def _start(self, classes: Array | None) -> TwoLayerState | None:
        """Return the network that ``fit`` starts from; None: a new one."""
        if not self.warm_start or not hasattr(self, "_learner"):
            return None
        if classes is not None and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start: y has classes {classes.tolist()}, the last fit had {self.classes_.tolist()}")
        return self._fitted_state()

    def _partial_fit(self, rows: Batch, classes: Array | None) -> Self:
        """Train once on checked rows, in their order; ``rows`` and ``classes`` as for :meth:`_fit`."""
        targets = targets_in_words(rows.y, classes)
        check_rules(self, RULES, facts(rows.X, targets, "partial_fit"))  # parameters may have changed since the first call
        weighed = rows
        if classes is not None:
            self.classes_ = classes
            weighed = weigh_classes(rows, self.class_weight, classes)
        learner = getattr(self, "_learner", None)
        if learner is None:
            options = self._options().resolved(rows.X, targets, "partial_fit")
            learner = TwoLayerLearner.new(new_network(rows, options, classes), options, options.init)
        learner.partial_fit(weighed, rows.sample_weight)
        self.n_iter_, self._learner = 1, learner
        if self._learner.config is not None:
            self.eta0_, self.alpha_ = self._learner.config.eta0, self._learner.config.alpha
        return self

    @property
    def _dtype_of_weights(self) -> Any:
        """The type of the weights; None before the first rows."""
        return self._learner.state.W1.dtype if hasattr(self, "_learner") else None

    def scorer(self) -> Callable[[Array], Any]:
        """Return a function of one row, a float32 or float64 array of n_features, for services that score single rows.

        A classifier returns P(``classes_[1]``), or the probabilities of all classes or labels, a regressor the value or values.
        The function checks nothing but type and length. Later training does not change it.
        """
        return self._predictor().scorer()

    def _predicting(self, X: Any, method: str) -> Array:
        """Return what a method of the model predicts for rows."""
        rows = self._rows_to_predict(X, by_blocks=True)
        return getattr(self._predictor(), method)(rows)  # type: ignore[no-any-return]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learner")

    @property
    def coefs_(self) -> list[Array]:
        """[W1, W2], (n_features, n_hidden) and (n_hidden, n_outputs), on standardised columns."""
        return [self._fitted_state().W1, self._fitted_state().W2]

    @property
    def intercepts_(self) -> list[Array]:
        """[b1, b2], (n_hidden,) and (n_outputs,)."""
        return [self._fitted_state().b1, self._fitted_state().b2]

    @property
    def t_(self) -> int:
        """Steps taken."""
        return self._fitted_state().t

    def _fitted_state(self) -> TwoLayerState:
        """Return the network, with the rows that wait for others applied."""
        if not hasattr(self, "_learner"):
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._learner.flushed_state()

    def _fitted_attributes(self) -> dict[str, Any]:
        return {"_learner": replace(self._learner, state=self._learner.state.copy())}

    def _predictor(self) -> Predictor:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        classes, weights = getattr(self, "classes_", None), self._fitted_state().view()
        names = None if names is None else list(names)
        return Predictor(type(self).__name__, weights, classes, names, self.get_params(deep=False))
