"""What "auto" means for networks: step size, L2 strength and epochs from one read of the rows (docs/defaults.md)."""

from dataclasses import replace

import numpy as np

from hotloop.data.validation import Array
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions
from hotloop.two_layer.state import TwoLayerState

# eta0 is this number / E[weight ||do/dw||^2], of SGD. The gradient of the squared error has no bound, that of the log loss has:
# the step of the squared error is the smallest (diamonds has rows 50 deviations out).
ETA0_NETWORK = {"softmax": 1.0, "sigmoid": 0.1, "linear": 0.05, "sigmoid_sum": 0.3}

ETA0_OF_ACTIVATION = {"relu": 1.0, "tanh": 1.0, "logistic": 3.0}  # a factor of eta0

ETA0_ADAM = 1e-3  # eta0 of Kingma and Ba 2015

# Standard deviation of the first pre-activations. With a small one the network starts all but linear, and ends better: test
# errors of MNIST after 20 epochs are 1.95 % with 1.41 (He et al. 2015), 1.83 % with 0.51 and 1.77 % with 0.28.
SPREAD = {"relu": 0.28, "tanh": 1.0, "logistic": 1.0}

LONGEST = 8.0  # a row with a larger ||z||^2 + 1 than this times the mean takes shorter steps

ROWS_AT_ONCE = 4096

HORIZON_EPOCHS = {"softmax": 3, "sigmoid": 3, "linear": 10, "sigmoid_sum": 10}

# Rows that a network sees in all its epochs, and the least and the most epochs.
ROWS_IN_ALL = {
    "softmax": (400_000, 20, 100),
    "sigmoid": (400_000, 20, 60),
    "linear": (3_000_000, 50, 300),
    "sigmoid_sum": (3_000_000, 50, 300),
}

MAX_ITER_MINIBATCH = 200

N_HIDDEN = 64


def network_config(
    state: TwoLayerState, options: FitOptions, n_rows: int, square: float, mean_square: float, by_budget: bool
) -> TrainingConfig:
    """Return the options with every "auto" resolved to a number.

    Parameters
    ----------
    state : TwoLayerState
    options : FitOptions
    n_rows : int
        Rows of weight above 0.
    square : float
        E[weight ||do/dw||^2] before the first step.
    mean_square : float
        Mean ||z||^2 of the rows.
    by_budget : bool
        Whether per-sample SGD with ``max_iter="auto"`` and ``tol="auto"`` trains for as many epochs as ROWS_IN_ALL makes.
    """
    optimizer = state.optimizer
    automatic = options.max_iter == "auto"
    if not optimizer.by_sample:
        options = replace(options, max_iter=MAX_ITER_MINIBATCH) if automatic else options
    elif automatic and options.tol == "auto" and by_budget:
        in_all, least, most = ROWS_IN_ALL[state.output]
        options = replace(options, max_iter=min(max(in_all // n_rows, least), most), tol=None)
    if optimizer.name != "sgd":  # the size of its steps is eta0, whatever the gradient is
        return options.config(alpha=0.1 / n_rows, eta0=ETA0_ADAM, horizon=np.inf)
    eta0 = ETA0_NETWORK[state.output] * ETA0_OF_ACTIVATION[state.activation] / square
    eta0 *= (1 - optimizer.momentum) * optimizer.batch_size**0.5
    config = options.config(alpha=0.1 / n_rows, eta0=eta0, horizon=float(HORIZON_EPOCHS[state.output] * n_rows))
    bounded = options.eta0 == "auto" and state.output == "linear" and optimizer.by_sample
    return replace(config, longest=LONGEST * (mean_square + 1)) if bounded else config


def step_shares(X: Array | CSRRows, state: TwoLayerState, longest: float) -> Array | None:
    """Return min(1, longest / (||z||^2 + 1)) of each dense row; None where all are 1, and for sparse rows.

    The gradient of the squared error has no bound. A row far longer than the others, with a number fifty deviations out, would
    overshoot its target with the step that suits the others. Normalised least mean squares has 1 / ||z||^2 for this cause
    (Nagumo and Noda 1967).
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
