"""From options and rows to a trained network, without scikit-learn. Estimators and the command call this."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from hotloop.data.batch import Batch
from hotloop.data.class_weight import weigh_classes
from hotloop.data.validation import Array, check_memory
from hotloop.metrics import mean_log_loss, mean_log_loss_of_labels, mean_squared_error
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics
from hotloop.structs import float_dtype
from hotloop.training.callbacks import FitCallbacks
from hotloop.training.config import TrainingConfig
from hotloop.training.history import TrainingHistory
from hotloop.training.loop import train
from hotloop.training.order import hold_out
from hotloop.two_layer.auto import N_HIDDEN, SPREAD, network_config, step_shares
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.options import TwoLayerOptions
from hotloop.two_layer.state import TwoLayerState, network_output


@dataclass(frozen=True)
class TwoLayerFit:
    """A trained network.

    Attributes
    ----------
    learner : TwoLayerLearner
        Its ``state`` has the weights; it goes on learning, row by row.
    config : TrainingConfig
        What the options came to.
    history : TrainingHistory
    """

    learner: TwoLayerLearner
    config: TrainingConfig
    history: TrainingHistory


def fit_two_layer(
    rows: Batch,
    options: TwoLayerOptions,
    classes: Array | None = None,
    validation: Batch | None = None,
    start: TwoLayerState | None = None,
    callbacks: FitCallbacks | None = None,
) -> TwoLayerFit:
    """Train a network on rows until its loss stands still.

    Parameters
    ----------
    rows : Batch
        Class indices, (n_samples,), labels of 0 and 1, (n_samples, n_labels), or targets in the caller's units, (n_samples,) or
        (n_samples, n_targets).
    options : TwoLayerOptions
    classes : ndarray of shape (n_classes,) or (n_labels,), default=None
        None: regression.
    validation : Batch, default=None
        As ``rows``. The loss of these rows ends the training, and the weights of the best epoch are kept. None: rows held out
        with ``early_stopping``, else the training loss.
    start : TwoLayerState, default=None
        The network to start from, which is not changed. None: a new one.
    callbacks : FitCallbacks, default=None

    Returns
    -------
    fit : TwoLayerFit

    Raises
    ------
    ValueError
        The options do not go with these rows, or ``start`` is another kind of network.
    MemoryError
        So many weights do not fit.
    FloatingPointError
        The weights diverge with an explicit ``eta0``. The learner that ``on_start`` got has the weights of the last good epoch.
    """
    callbacks = callbacks or FitCallbacks()
    options = options.resolved(rows.X, targets_in_words(rows.y, classes))
    if validation is None and options.early_stopping:
        rows, validation = _hold_out(rows, options, stratify=classes is not None and rows.y.ndim == 1)
    if classes is not None:
        rows = weigh_classes(rows, options.class_weight, classes)
    state = new_network(rows, options, classes) if start is None else _continued(start, rows, options, classes)
    statistics, targets = _standardize(state, rows, options), ColumnStatistics(state.n_outputs)
    mean_square = statistics.mean_square(state.center, state.scale)
    if start is None:
        state.fit_to(mean_square, SPREAD[state.activation] if options.init == "auto" else None)
    nonzero = rows.sample_weight > 0
    if state.is_regression:
        state.scale_targets(rows.y[nonzero], rows.sample_weight[nonzero])
        targets.update(np.ascontiguousarray(rows.y.reshape(len(rows), -1)), rows.sample_weight, largest=False)
        rows = replace(rows, y=state.scaled_targets(rows.y))
        validation = None if validation is None else replace(validation, y=state.scaled_targets(validation.y))
    first = state.mean_squares(mean_square)
    square = float(rows.sample_weight[nonzero].mean()) * state.gradient_square(mean_square, *first)
    config = network_config(state, options, int(nonzero.sum()), square, mean_square, by_budget=validation is None)
    rows = replace(rows, step_share=step_shares(rows.X, state, config.longest))
    learner = TwoLayerLearner(
        state=state,
        options=options,
        config=config,
        init=options.init,
        statistics=statistics,
        targets=targets,
        n_rows=rows.n_nonzero_weight,
        weight_total=rows.total_weight,
        first_mean_squares=first,
    )
    if callbacks.on_start is not None:
        callbacks.on_start(learner, config, False)
    validate = None if validation is None else partial(network_loss, rows=validation)
    automatic_step = options.eta0 == "auto"
    state, history, config = train(
        state, rows, config, automatic_step=automatic_step, validate=validate, on_epoch=callbacks.on_epoch
    )
    return TwoLayerFit(replace(learner, state=state, config=config), config, history)


def new_network(rows: Batch, options: TwoLayerOptions, classes: Array | None) -> TwoLayerState:
    """Return a network for rows like these before its first step; its first weights depend on ``options.seed`` alone.

    Raises
    ------
    MemoryError
        So many weights do not fit.
    """
    n_features, dtype, n_hidden = rows.X.shape[1], float_dtype(rows.X.dtype), _n_hidden(options)
    output, n_outputs = _outputs(rows, options, classes)
    copies = 3 if options.optimizer == "sgd" else 5  # with those of the epoch before and the moments
    n_bytes = (n_features + n_outputs) * n_hidden * np.dtype(dtype).itemsize
    check_memory(copies * n_bytes, f"{n_features} columns and {n_hidden} hidden units")
    state = TwoLayerState.random(
        n_features, n_hidden, n_outputs, output, dtype, options.seed, activation=options.activation, init=options.init
    )
    state.optimizer = options.network_optimizer()
    return state


def targets_in_words(y: Array, classes: Array | None) -> str:
    """Return what a row has, as the rules of the options name it."""
    several = y.ndim == 2 and y.shape[1] > 1
    if classes is None:
        return "several targets a row" if several else "one target"
    return "several labels a row" if several else "one class"


def network_loss(state: TwoLayerState, rows: Batch) -> float:
    """Return the mean loss of rows whose targets are in the units of the outputs: the log loss, or the squared error."""
    outputs = state.outputs(rows.X)
    if state.output == "sigmoid" and outputs.shape[1] > 1:
        return mean_log_loss_of_labels(outputs, rows.y, rows.sample_weight)
    loss = mean_log_loss if state.output in ("softmax", "sigmoid") else mean_squared_error
    return loss(outputs, rows.y, rows.sample_weight)


def _n_hidden(options: TwoLayerOptions) -> int:
    return N_HIDDEN if options.n_hidden == "auto" else int(options.n_hidden)


def _outputs(rows: Batch, options: TwoLayerOptions, classes: Array | None) -> tuple[str, int]:
    """Return the kind and number of outputs for rows with these targets."""
    n_columns = rows.y.shape[1] if rows.y.ndim == 2 else 1
    if classes is None:
        return options.output, n_columns
    return ("sigmoid", n_columns) if rows.y.ndim == 2 else network_output(classes)


def _hold_out(rows: Batch, options: TwoLayerOptions, *, stratify: bool) -> tuple[Batch, Batch]:
    """Return the rows to train on and the rows held out; neither has rows of weight 0."""
    rows = rows.take(np.flatnonzero(rows.sample_weight))
    training, held_out = hold_out(rows.y, options.validation_fraction, options.seed, stratify=stratify)
    return rows.take(training), rows.take(held_out)


def _continued(start: TwoLayerState, rows: Batch, options: TwoLayerOptions, classes: Array | None) -> TwoLayerState:
    """Return a copy of an earlier network, to be trained by these options.

    Parameters
    ----------
    start : TwoLayerState
        Not changed.
    rows : Batch
    options : TwoLayerOptions
    classes : ndarray of shape (n_classes,), or None for regression

    Raises
    ------
    ValueError
        The earlier network has another shape, type, output or activation; names it.
    """
    output, n_outputs = _outputs(rows, options, classes)
    names = "columns", "hidden units", "outputs", "type", "output", "activation"
    earlier = (*start.W1.shape, start.W2.shape[1], start.W1.dtype, start.output, start.activation)
    expected = (rows.X.shape[1], _n_hidden(options), n_outputs, float_dtype(rows.X.dtype), output, options.activation)
    for name, old, new in zip(names, earlier, expected, strict=True):
        if old != new:
            raise ValueError(f"warm_start: the last fit had {name} {old}, this one has {new}")
    state = start.copy()
    state.set_optimizer(options.network_optimizer())
    return state


def _standardize(state: TwoLayerState, rows: Batch, options: TwoLayerOptions) -> ColumnStatistics:
    """Set the constants of the columns from the rows, and the step counter to 0; return the statistics of the columns."""
    statistics = ColumnStatistics(len(state.W1))
    statistics.update(rows.X, rows.sample_weight, largest=options.standardize in BY_LARGEST)
    state.t = 0
    state.center, state.scale = statistics.constants(options.standardize, state.W1.dtype)
    return statistics
