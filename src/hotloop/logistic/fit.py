"""The one way from options and rows to a trained logistic model. The estimators, the command and searches all take it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.csr import check_finite_rows
from hotloop.data.validation import Array
from hotloop.logistic.auto import start_at_shares, start_logistic
from hotloop.logistic.diagnostics.duality_gap import Certificate
from hotloop.logistic.diagnostics.fit_warnings import FitFacts, find_fit_warnings
from hotloop.logistic.linear_state import LinearState
from hotloop.logistic.new_state import check_room, count_outputs, new_learner
from hotloop.logistic.online import LogisticLearner
from hotloop.logistic.options import LogisticOptions, check_options, facts_of_rows
from hotloop.logistic.sdca import SDCAOptions, fit_dual
from hotloop.logistic.search.halving import Search
from hotloop.logistic.search.splits import check_splitting
from hotloop.logistic.state import LogisticState
from hotloop.metrics import mean_log_loss
from hotloop.structs import CSRRows, float_dtype
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.loop import OnStart, train
from hotloop.training.options import FitOptions
from hotloop.training.order import hold_out
from hotloop.training.warnings import FitWarning

S = TypeVar("S", bound=LinearState)


@dataclass(frozen=True)
class LogisticFit:
    """A trained logistic model, and how its training went.

    Attributes
    ----------
    learner : LogisticLearner
        The trained state; it can go on learning.
    config : TrainingConfig
        What every "auto" came to.
    history : TrainingHistory
    warnings : list of FitWarning
    search : Search or None
        The search that chose the options, where there was one that judged something.
    certificate : Certificate or None
        Of a fit by dual coordinate ascent.
    """

    learner: LogisticLearner
    config: TrainingConfig
    history: TrainingHistory
    warnings: list[FitWarning]
    search: Search | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class StartWeights:
    """The weights of an earlier fit, in the caller's units, for ``warm_start``."""

    coef: Array
    intercept: NDArray[np.float64]
    classes: Array

    def check(self, X: Any, classes: Array) -> None:
        """Raise ValueError where the rows have other columns or classes than the earlier fit."""
        if self.coef.shape[1] != X.shape[1]:
            raise ValueError(f"warm_start: X has {X.shape[1]} columns, the last fit had {self.coef.shape[1]}")
        if not np.array_equal(classes, self.classes):
            raise ValueError(f"warm_start: y has classes {classes.tolist()}, the last fit had {self.classes.tolist()}")


def fit_logistic(
    rows: Batch,
    options: LogisticOptions,
    classes: Array,
    *,
    validation: Batch | None = None,
    start: StartWeights | None = None,
    groups: Array | None = None,
    names: Sequence[str] | None = None,
    callbacks: FitCallbacks | None = None,
) -> LogisticFit:
    """Choose what is "auto" and train on all rows.

    Parameters
    ----------
    rows : Batch
        ``y`` holds class indices. Cells may be NaN or infinite: that is found, and refused.
    options : LogisticOptions
    classes : ndarray of shape (n_classes,)
        The labels that the class indices stand for.
    validation : Batch, default=None
        Rows to judge candidates and to stop by. None: ``early_stopping`` holds some rows out.
    start : StartWeights, default=None
        Where the weights start; None: at 0.
    groups : ndarray of shape (n_samples,), default=None
        The search holds out the rows of a group together.
    names : sequence of str, default=None
        Names of the columns, for messages.
    callbacks : FitCallbacks, default=None

    Returns
    -------
    LogisticFit

    Raises
    ------
    ValueError
        Options do not go together; a cell is not finite (names row and column); ``cv`` or ``groups`` do not suit the rows.
    FloatingPointError
        The weights diverge with an explicit ``eta0``; the state is then as after the last good epoch.
    MemoryError
        So many weights do not fit. Nothing is made then.
    KeyboardInterrupt
        The learner that ``callbacks.on_start`` was given is then trained so far.
    """
    sparse, callbacks = isinstance(rows.X, CSRRows), callbacks or FitCallbacks()
    X, automatic_step = rows.X, options.eta0 == "auto"
    options = options.resolved(sparse=sparse, n_classes=len(classes))
    if options.early_stopping or not rows.all_nonzero_weight or _training_overlooks_nan(options, sparse):
        check_finite_rows(X, names)
    if start is not None:
        start.check(X, classes)
    if validation is None and options.early_stopping:
        rows, validation = hold_out_rows(rows, options.validation_fraction, options.seed)
    rows = weigh_classes(rows, options.class_weight, classes)
    search = _new_search(options, start is not None, groups, len(X), callbacks)
    learner = replace(new_learner(options, X, len(classes)), weight_total=rows.total_weight)
    learner.frozen = sparse and options.standardize != "std"  # the statistics of sparse rows are those of "std" alone
    if start is not None:
        learner.state.replace_weights(start.coef, start.intercept)

    def on_start(config: TrainingConfig) -> None:
        learner.config = config
        if callbacks.on_start is not None:
            callbacks.on_start(learner, config, search is not None)

    try:
        state, history, config = train_state(
            learner.state,
            rows,
            learner.options,
            validation,
            search,
            names=names,
            on_start=on_start,
            on_epoch=callbacks.on_epoch,
        )
    except FloatingPointError:
        check_finite_rows(X, names)
        raise
    search = search if search is not None and search.table else None
    held_out = None if search is None else search.held_out
    if validation is not None:
        held_out = state.scores(state.margins(validation.X)), validation.y, validation.sample_weight
    facts = FitFacts(automatic_step, searched=search is not None, reweighed=options.class_weight is not None)
    fit_warnings = list(find_fit_warnings(state, rows, config, history, classes, names, held_out, facts))
    return LogisticFit(replace(learner, state=state, config=config), config, history, fit_warnings, search)


def fit_sdca(
    rows: Batch,
    options: SDCAOptions,
    classes: Array,
    *,
    names: Sequence[str] | None = None,
    callbacks: FitCallbacks | None = None,
) -> LogisticFit:
    """Train to the optimum by dual coordinate ascent.

    Parameters
    ----------
    rows, classes, names, callbacks : as for :func:`fit_logistic`
    options : SDCAOptions

    Returns
    -------
    LogisticFit
        With its ``certificate``.

    Raises
    ------
    ValueError, FloatingPointError, MemoryError, KeyboardInterrupt
        As for :func:`fit_logistic`.
    """
    sparse, callbacks = isinstance(rows.X, CSRRows), callbacks or FitCallbacks()
    X, resolved = rows.X, options.shared().of_rows(rows.X)
    if sparse or not rows.all_nonzero_weight:
        check_finite_rows(X, names)
    rows = weigh_classes(rows, options.class_weight, classes)
    check_room("sdca", X, len(classes), options.max_iter)
    n_outputs, dtype = count_outputs(len(classes)), float_dtype(X.dtype)
    state = LogisticState.zeros(n_outputs, X.shape[1], dtype, fit_intercept=options.fit_intercept)
    learner = LogisticLearner(state=state, options=resolved, weight_total=rows.total_weight, frozen=sparse)

    def on_start(config: TrainingConfig) -> None:
        learner.config = config
        if callbacks.on_start is not None:
            callbacks.on_start(learner, config, False)

    try:
        state, history, config, certificate = fit_dual(state, rows, resolved, callbacks.on_epoch, on_start, names)
    except FloatingPointError:
        check_finite_rows(X, names)
        raise
    facts = FitFacts(reweighed=options.class_weight is not None, dual=True)
    fit_warnings = list(find_fit_warnings(state, rows, config, history, classes, names, None, facts))
    return LogisticFit(replace(learner, state=state, config=config), config, history, fit_warnings, certificate=certificate)


def check_going_on(options: LogisticOptions, learner: LogisticLearner, X: Any, n_classes: int) -> None:
    """Raise ValueError where a learner cannot go on with these rows under these options.

    Parameters
    ----------
    options : LogisticOptions
    learner : LogisticLearner
        Its state says by which rule it was trained.
    X : ndarray or CSRRows
    n_classes : int
    """
    known = facts_of_rows(sparse=isinstance(X, CSRRows), n_classes=n_classes, method="partial_fit")
    check_options(options, known, getattr(learner.state, "rule", "sgd"))


def train_state(
    state: LinearState,
    rows: Batch,
    options: FitOptions,
    validation: Batch | None = None,
    search: Search | None = None,
    *,
    names: Sequence[str] | None = None,
    on_start: OnStart | None = None,
    on_epoch: Any = None,
) -> tuple[LinearState, TrainingHistory, TrainingConfig]:
    """Train ``state``, whose weights are where it starts, on all rows to the stop; see ``training.loop.run_epochs``.

    Parameters
    ----------
    state : LinearState
        Trained in place.
    rows : Batch
    options : FitOptions
        Resolved for these rows.
    validation : Batch or None
        Rows whose loss ends the training; the weights of the best epoch are then kept.
    search : Search or None
        Chooses what is "auto"; None: the rules of ``logistic.auto`` do.
    names : sequence of str, or None
        Names of the columns, for messages.
    on_start : callable of TrainingConfig, or None
        Called when all is checked, and again when the search has chosen.
    on_epoch : callable of TrainingHistory, or None
        Called after each epoch.

    Returns
    -------
    state, history, config
        The state to keep, how it went, and the constants of the last training.
    """
    automatic_step = options.eta0 == "auto"
    config = start_logistic(state, rows, options if search is None else replace(options, alpha=0.0), names)
    if automatic_step and options.alpha != "auto":
        start_at_shares(state, rows, options.config(alpha=0.0, eta0=config.eta0).horizon)
    if on_start is not None:
        on_start(config)
    if search is not None:
        assert isinstance(state, LogisticState)  # none else is searched
        config = search(state, rows, options, config, validation).config(alpha=1 / state.n_rows, eta0=config.eta0)
        if on_start is not None:
            on_start(config)

    def validate(state: LinearState) -> float:
        assert validation is not None
        return mean_log_loss(state.scores(state.margins(validation.X)), validation.y, validation.sample_weight)

    judge = None if validation is None else validate
    return train(state, rows, config, automatic_step=automatic_step, validate=judge, on_epoch=on_epoch)


def hold_out_rows(rows: Batch, fraction: float, seed: int) -> tuple[Batch, Batch]:
    """Return the rows to train on and the rows held out, of each class its share; rows of weight 0 are in neither."""
    rows = rows.take(np.flatnonzero(rows.sample_weight))
    training, held_out = hold_out(rows.y, fraction, seed, stratify=True)
    return rows.take(training), rows.take(held_out)


def _training_overlooks_nan(options: LogisticOptions, sparse: bool) -> bool:
    """Tell whether neither the statistics of the columns nor the first epoch would find a cell that is not finite."""
    return sparse and (options.optimizer != "sgd" or (options.eta0 != "auto" and options.alpha == "auto"))


def _new_search(
    options: LogisticOptions, warm: bool, groups: Array | None, n_samples: int, callbacks: FitCallbacks
) -> Search | None:
    """Return the search of a fit; None where there is nothing to search.

    Parameters
    ----------
    options : LogisticOptions
        Resolved.
    warm : bool
        Whether training starts at the weights of an earlier fit: then nothing is searched.
    groups : array-like of shape (n_samples,), or None
    n_samples : int
    callbacks : FitCallbacks
        ``on_search`` is called after each judgement.
    """
    check_splitting(options.cv, groups, n_samples)
    automatic = options.alpha == "auto" or options.eta0 == "auto"
    without = warm or options.optimizer != "sgd" or options.has_l1 or options.importance_aware
    if options.cv is None or without or not automatic:
        return None
    return Search(options.cv, None if groups is None else np.asarray(groups), callbacks.on_search)
