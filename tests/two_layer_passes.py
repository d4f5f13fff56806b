"""Arguments of the two-layer kernels by name, drawn from a seed, and calls of the kernels with them.

A test changes one argument of a dict; the calls make the structs that the kernels take.
"""

import numpy as np
from passes import common_arguments

from hotloop.structs import BatchOptimizer, CSRRows, DenseRows, Dropout, Network, Pass

WEIGHTS = ("W1", "b1", "W2", "b2")
OF_DTYPE = ("X", "center", "scale", *WEIGHTS)  # have the dtype of X; everything else is float64 or intp
OF_OPTIMIZER = ("name", "batch_size", "momentum", "nesterov", "beta_1", "beta_2", "epsilon", "n_batches")


def two_layer_arguments(
    X, n_hidden, output, n_outputs=3, *, eta=None, alpha=0.0, weighted=False, standardised=False, shuffled=False, seed=0
):
    """Return the arguments of ``two_layer_pass`` by name; y is drawn; only softmax and sigmoid have ``n_outputs``."""
    draw = np.random.default_rng(seed)
    n_samples, n_features = X.shape
    target = np.tanh(X @ draw.standard_normal((n_features, 3)) / np.sqrt(n_features)) + 0.3 * draw.standard_normal(
        (n_samples, 3)
    )
    if output == "softmax":
        y = (target.argmax(axis=1) % n_outputs).astype(np.float64)
    elif output == "sigmoid":
        y = (target[:, np.arange(n_outputs) % 3] > 0).astype(np.float64)
    else:
        n_outputs, y = 1, target[:, 0] + (n_hidden / 2 if output == "sigmoid_sum" else 0)
    return common_arguments(X, draw, eta, alpha, weighted, standardised, shuffled) | {
        "y": y,
        "W1": draw.standard_normal((n_features, n_hidden)) * np.sqrt(2 / n_features),
        "b1": 0.1 * draw.standard_normal(n_hidden),
        "W2": draw.standard_normal((n_hidden, n_outputs)) / np.sqrt(n_hidden),
        "b2": 0.1 * draw.standard_normal(n_outputs),
        "output": output,
    }


def csr_of(X, *, wide=False):
    """Return the non-zeros of X as CSRRows, with int64 columns where ``wide``."""
    rows, columns = np.nonzero(X)
    indptr = np.searchsorted(rows, np.arange(len(X) + 1)).astype(np.int64)
    columns = columns.astype(np.int64 if wide else np.int32)
    return CSRRows(indptr, columns, X[rows, columns], X.shape[1], X.dtype, X.shape[1])


def of_dtype(arguments, dtype):
    """Return the arguments with X and the arrays of its kind in dtype, all arrays their own, those only read read-only."""
    own = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            value = np.array(value, dtype if name in OF_DTYPE else value.dtype, order="C")
            value.flags.writeable = name in WEIGHTS
        own[name] = value
    return own


def rows_of(own):
    """Return the rows with their constants; of CSR rows the center is the shift."""
    X, center, scale = own["X"], own.get("center"), own.get("scale")
    if isinstance(X, CSRRows):
        return CSRRows(X.indptr, X.indices, X.data, X.n_features, X.dtype, X.max_row_nnz, center, scale)
    return DenseRows(X, center, scale)


def network_of(own):
    """Return the network, which shares the weights."""
    return Network(*(own[name] for name in WEIGHTS), own["output"], own.get("activation", "relu"))


def _pass_of(own):
    steps = Pass(own["order"], own["y"], own["sample_weight"], own["eta"], own["alpha"])
    return rows_of(own), steps, network_of(own), Dropout(own.get("dropout", 0.0), own.get("key", 0), own.get("t", 0))


def train(backend, own):
    """Call ``two_layer_pass``, which overwrites the weights; return its loss and steps."""
    return backend.two_layer_pass(*_pass_of(own), own.get("n_jobs", 1))


def train_batches(backend, own):
    """Call ``two_layer_minibatch_pass``, which overwrites weights and moments; return its loss and steps."""
    rows, steps, network, dropout = _pass_of(own)
    optimizer = BatchOptimizer(**{name: own[name] for name in OF_OPTIMIZER if name in own})
    return backend.two_layer_minibatch_pass(rows, steps, network, optimizer, own["moments"], dropout)


def outputs(backend, own):
    """Call ``two_layer_outputs``."""
    return backend.two_layer_outputs(rows_of(own), network_of(own))


def backward(backend, delta, own):
    """Call ``two_layer_backward``."""
    return backend.two_layer_backward(rows_of(own), delta, network_of(own))


def trained(backend, arguments, dtype, **changed):
    """Train copies of the weights by ``two_layer_pass``; return them by name, with "loss" and "n_updates"."""
    own = of_dtype(arguments, dtype) | changed
    loss, n_updates = train(backend, own)
    return {name: own[name] for name in WEIGHTS} | {"loss": loss, "n_updates": n_updates}
