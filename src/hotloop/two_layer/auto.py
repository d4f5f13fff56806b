"""What "auto" means for networks: step size, L2 strength and epochs from one read of the rows (docs/defaults.md)."""

from dataclasses import replace

import numpy as np

from hotloop.data.batch import Batch
from hotloop.data.validation import Array
from hotloop.metrics import mean_log_loss, mean_log_loss_of_labels, mean_squared_error
from hotloop.preprocessing.standardization import BY_LARGEST, ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.history import OnEpoch, TrainingHistory
from hotloop.training.loop import OnStart, train
from hotloop.training.options import FitOptions
from hotloop.two_layer.state import TwoLayerState

# Networks; squared error bears less than the log loss, as its gradient has no bound (diamonds has rows 50 deviations out).
STEP_NETWORK = {"softmax": 1.0, "sigmoid": 0.1, "linear": 0.05, "sigmoid_sum": 0.3}

# Deviation of the first pre-activations. Small ones start where the network is all but linear, and end at better ones: MNIST
# at 20 epochs 1.95 % (1.41, as by He et al. 2015), 1.83 (0.51), 1.77 (0.28).
SPREAD = {"relu": 0.28, "tanh": 1.0, "logistic": 1.0}

STEP_OF_ACTIVATION = {"relu": 1.0, "tanh": 1.0, "logistic": 3.0}

LONGEST = 8.0  # times the mean ||z||^2 + 1 of the rows: longer rows take shorter steps

ROWS_AT_ONCE = 4096

STEP_ADAM = 1e-3  # of Kingma and Ba 2015

HORIZON_EPOCHS = {"softmax": 3, "sigmoid": 3, "linear": 10, "sigmoid_sum": 10}

# Rows that a network sees in all, and the least and most epochs that they make.
ROWS_IN_ALL = {
    "softmax": (400_000, 20, 100),
    "sigmoid": (400_000, 20, 60),
    "linear": (3_000_000, 50, 300),
    "sigmoid_sum": (3_000_000, 50, 300),
}

MAX_ITER_MINIBATCH = 200

N_HIDDEN = 64


def fit_two_layer(
    state: TwoLayerState,
    rows: Batch,
    options: FitOptions,
    validation: Batch | None = None,
    on_epoch: OnEpoch | None = None,
    on_start: OnStart | None = None,
    init: str | None = "auto",
) -> tuple[TwoLayerState, TrainingHistory, TrainingConfig]:
    """As :func:`fit_logistic`; regression targets are in the caller's units, and scaled here.

    ``init``: how the first weights were drawn, which are scaled to the rows; None where they are those of an earlier fit.
    """
    options = network_options(options, rows.X)
    statistics = ColumnStatistics(len(state.W1))
    statistics.update(rows.X, rows.sample_weight, largest=options.standardize in BY_LARGEST)
    state.t = 0
    state.center, state.scale = statistics.constants(options.standardize, state.W1.dtype)
    mean_square = statistics.mean_square(state.center, state.scale)
    if init is not None:
        state.fit_to(mean_square, SPREAD[state.activation] if init == "auto" else None)
    moving = rows.sample_weight > 0
    if state.is_regression:
        with np.errstate(over="ignore"):
            state.scale_targets(rows.y[moving], rows.sample_weight[moving])
        rows = Batch(rows.X, state.scaled_targets(rows.y), rows.sample_weight)
        if validation is not None:
            validation = Batch(validation.X, state.scaled_targets(validation.y), validation.sample_weight)
    square = float(rows.sample_weight[moving].mean()) * state.gradient_square(mean_square, *state.mean_squares(mean_square))
    config = network_config(state, options, int(moving.sum()), square, mean_square, by_budget=validation is None)
    rows = replace(rows, step_share=step_shares(rows.X, state, config.longest))
    if on_start is not None:
        on_start(config)

    def validate(state: TwoLayerState) -> float:
        assert validation is not None
        return network_loss(state, validation)

    return train(
        state,
        rows,
        config,
        automatic_step=options.eta0 == "auto",
        validate=validate if validation is not None else None,
        on_epoch=on_epoch,
    )


def network_options(options: FitOptions, X: Array | CSRRows) -> FitOptions:
    """Return the settings with the standardisation of rows of this kind: bytes, as of pictures, have one unit."""
    if isinstance(X, CSRRows):
        if options.standardize == "std":
            raise ValueError(
                "a network does not centre sparse rows: standardize='std' is for dense ones, take 'maxabs' or 'auto'"
            )
    elif X.dtype == np.uint8 and options.standardize == "auto":
        return replace(options, standardize="common")
    return options.of_rows(X)


def network_config(
    state: TwoLayerState, options: FitOptions, n_rows: int, square: float, mean_square: float, by_budget: bool
) -> TrainingConfig:
    """Return the plan for n_rows rows with E[weight ||do/dw||^2] = square before the first step, and that mean ||z||^2.

    ``by_budget``: where neither epochs nor the stop are given, per-sample SGD trains for as many epochs as ROWS_IN_ALL makes.
    """
    rule = state.rule
    automatic = options.max_iter == "auto"
    if not rule.by_sample:
        options = replace(options, max_iter=MAX_ITER_MINIBATCH) if automatic else options
    elif automatic and options.tol == "auto" and by_budget:
        in_all, least, most = ROWS_IN_ALL[state.output]
        options = replace(options, max_iter=min(max(in_all // n_rows, least), most), tol=None)
    if rule.optimizer != "sgd":  # its steps have the size of eta0, whatever the slopes
        return options.config(alpha=0.1 / n_rows, eta0=STEP_ADAM, horizon=np.inf)
    eta0 = STEP_NETWORK[state.output] * STEP_OF_ACTIVATION[state.activation] / square
    eta0 *= (1 - rule.momentum) * rule.batch_size**0.5
    config = options.config(alpha=0.1 / n_rows, eta0=eta0, horizon=float(HORIZON_EPOCHS[state.output] * n_rows))
    bounded = options.eta0 == "auto" and state.output == "linear" and rule.by_sample
    return replace(config, longest=LONGEST * (mean_square + 1)) if bounded else config


def step_shares(X: Array | CSRRows, state: TwoLayerState, longest: float) -> Array | None:
    """Return min(1, longest / (||z||^2 + 1)) of each dense row, None where all are 1.

    A squared error has no bound: a row far longer than the others, as with a number fifty deviations out, would overshoot
    its target with the step that suits them (normalised least mean squares has 1 / ||z||^2, Nagumo and Noda 1967).
    """
    if not np.isfinite(longest) or isinstance(X, CSRRows):
        return None
    share = np.ones(len(X))
    for start in range(0, len(X), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        z = X[part].astype(np.float64)
        if state.center is not None and state.scale is not None:
            z = (z - state.center) * state.scale
        share[part] = np.minimum(1.0, longest / (np.einsum("ij,ij->i", z, z) + 1))
    return share if (share < 1).any() else None


def network_loss(state: TwoLayerState, rows: Batch) -> float:
    """Return the mean loss of rows whose targets are in the units of the outputs: the log loss, or the squared error."""
    outputs = state.outputs(rows.X)
    if state.output == "sigmoid" and outputs.shape[1] > 1:
        return mean_log_loss_of_labels(outputs, rows.y, rows.sample_weight)
    loss = mean_log_loss if state.output in ("softmax", "sigmoid") else mean_squared_error
    return loss(outputs, rows.y, rows.sample_weight)
