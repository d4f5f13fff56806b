"""The two-layer network: outputs and per-sample training (docs/equations.md, NN-1 to NN-11)."""

from typing import Any

import numpy as np

from hotloop.reference.losses import Array, log_loss, log_sum_exp, logistic, softmax

OUTPUTS = ("softmax", "sigmoid", "linear", "sigmoid_sum")
ACTIVATIONS = ("relu", "tanh", "logistic")


def two_layer_outputs(
    X: Any,
    center: Array | None,
    scale: Array | None,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    output: str,
    activation: str = "relu",
) -> Array:
    """Return the network's outputs for every row.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features) of numbers of any type, each row contiguous; or a tuple
        (starts, places, values, longest) of rows by their non-zeros, see ``CSRRows.arrays``.
    center, scale : ndarray of shape (n_features,), dtype of W1, or both None
        The rows are seen as (x - center) * scale, (LR-9); of rows by their non-zeros the center must be 0.
    W1, b1 : ndarray of shape (n_features, n_hidden) and (n_hidden,), float32 or float64
    W2, b2 : ndarray of shape (n_hidden, n_outputs) and (n_outputs,), dtype of W1
        With "sigmoid_sum" W2 is v, (NN-4), and b2 is not used.
    output : {"softmax", "sigmoid", "linear", "sigmoid_sum"}
    activation : {"relu", "tanh", "logistic"}, default="relu"
        Of the hidden units, (NN-2).

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs), float64
        The value; for softmax and sigmoid the margins before it.

    Raises
    ------
    ValueError
        Shapes disagree, or output or activation is unknown.
    """
    n_samples = _check_network(X, center, scale, W1, b1, W2, b2, output, activation)
    o = np.empty((n_samples, W2.shape[1]))
    for i in range(n_samples):
        o[i] = _forward(_row(X, i, center, scale, W1), W1, b1, W2, b2, output, activation)[3]
    return o


def two_layer_pass(
    X: Any,
    y: Array,
    sample_weight: Array,
    order: Array,
    eta: Array,
    alpha: float,
    center: Array | None,
    scale: Array | None,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    output: str,
    activation: str = "relu",
    dropout: float = 0.0,
    key: int = 0,
    t: int = 0,
    n_jobs: int = 1,
) -> tuple[float, int]:
    """Run per-sample SGD over the rows of X in the given order, updating W1, b1, W2 and b2 in place.

    Equations (NN-1) to (NN-11). The loss is the log loss, (LR-7) for softmax and the sum of (LR-3) over the outputs for
    sigmoid; half the squared error, summed over the outputs, for the others.

    Parameters
    ----------
    X, center, scale, W1, b1, W2, b2, output, activation
        As for :func:`two_layer_outputs`; the four weight arrays are overwritten.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
        Class index for softmax, else the targets, 0 to 1 for sigmoid.
    sample_weight, order, eta
        As for ``logistic_pass``.
    alpha : float, >= 0
        L2 strength on W1 and W2; b1 and b2 are not penalised.
    dropout : float from 0 to below 1, default=0
        Share of the hidden units that a step leaves out, (NN-11).
    key, t : int, default=0
        What is left out depends on the key, the number of the step, counted from t, and the unit alone.
    n_jobs : int, default=1
        Threads of the compiled pass, which share the hidden units. The result does not depend on it.

    Returns
    -------
    loss : float
        Sum over steps of weight times loss before the update.
    n_moved : int
        Number of steps, the rows of weight 0 not counted.

    Raises
    ------
    ValueError
        Shapes disagree, ``order`` points outside X, or a label is no class index.
    FloatingPointError
        An output is not finite; names the step. The weights are then as before that step.
    """
    n_samples, n_outputs = _check_network(X, center, scale, W1, b1, W2, b2, output, activation), W2.shape[1]
    y = _check_targets(y, n_samples, sample_weight, order, eta, output, n_outputs, dropout)
    loss, n_updates = 0.0, 0
    for place, i in enumerate(order):
        if not 0 <= i < n_samples:
            raise ValueError(f"order[{place}] = {i} is no row of X, which has {n_samples}")
        if sample_weight[i] == 0:
            continue
        if output == "softmax" and not 0 <= y[i, 0] < n_outputs:
            raise ValueError(f"y[{i}] = {y[i, 0]} is no class index below {n_outputs}")
        x = _row(X, i, center, scale, W1)
        mask = _mask(len(b1), dropout, key, t + n_updates)
        slope, z, s, o = _forward(x, W1, b1, W2, b2, output, activation, mask)
        if not np.isfinite(o).all():
            raise FloatingPointError(f"an output of row {i} is not finite at step {place} of the pass")
        of_row, delta = _loss_and_delta(o, y[i], output)  # (NN-7)
        loss += sample_weight[i] * of_row
        dW1, db1, dW2, db2 = _slopes(x, slope, z, s, W2, delta)
        step, keep = eta[n_updates] * sample_weight[i], 1 - eta[n_updates] * alpha
        W1[:] = keep * W1 - step * dW1  # (NN-9)
        W2[:] = keep * W2 - step * dW2
        b1 -= step * db1
        b2 -= step * db2
        n_updates += 1
    return loss, n_updates


def two_layer_forward(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "relu") -> tuple[Array, Array]:
    """Return hidden units and outputs of every row, (NN-1) to (NN-3).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype of W1
    W1, b1, W2, b2, activation
        As for :func:`two_layer_outputs`.

    Returns
    -------
    z : ndarray of shape (n_samples, n_hidden), dtype of W1
    o : ndarray of shape (n_samples, n_outputs), dtype of W1

    Raises
    ------
    ValueError
        Shapes disagree, or the activation is unknown.
    """
    n_samples = _check_network(X, None, None, W1, b1, W2, b2, "linear", activation)
    z, o = np.empty((n_samples, len(b1)), W1.dtype), np.empty((n_samples, len(b2)), W1.dtype)
    for i, x in enumerate(X):
        _, z[i], _, o[i] = _forward(x, W1, b1, W2, b2, "linear", activation)
    return z, o


def two_layer_jacobians(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "relu"
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the outputs of every row and their derivatives by every weight, (NN-14).

    Parameters as for :func:`two_layer_forward`.

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs), dtype of W1
    dW1, db1, dW2, db2 : ndarray of shape (n_samples, n_outputs, *shape of the weights), dtype of W1

    Raises
    ------
    ValueError
        Shapes disagree, or the activation is unknown.
    """
    n_samples, n_outputs = _check_network(X, None, None, W1, b1, W2, b2, "linear", activation), len(b2)
    o = np.empty((n_samples, n_outputs), W1.dtype)
    derivatives = [np.zeros((n_samples, n_outputs, *w.shape), W1.dtype) for w in (W1, b1, W2, b2)]
    for i, x in enumerate(X):
        slope, z, _, o[i] = _forward(x, W1, b1, W2, b2, "linear", activation)
        for c in range(n_outputs):
            for d, found in zip(derivatives, _slopes(x, slope, z, None, W2, np.eye(n_outputs)[c]), strict=True):
                d[i, c] = found  # (NN-14)
    dW1, db1, dW2, db2 = derivatives
    return o, dW1, db1, dW2, db2


def _loss_and_delta(o: Array, y: Array, output: str) -> tuple[float, Array]:
    """Return the loss of a row of targets y, and its derivatives by the outputs."""
    if output == "softmax":
        return float(log_sum_exp(o) - o[int(y[0])]), softmax(o) - (np.arange(len(o)) == y[0])  # (LR-7), (NN-7)
    if output == "sigmoid":
        return float(log_loss(o, y).sum()), logistic(o) - y  # (LR-3), (NN-7)
    return 0.5 * float(((o - y) * (o - y)).sum()), o - y  # (NN-7)


def _slopes(x: Array, slope: Array, z: Array, s: Array | None, W2: Array, delta: Array) -> tuple[Array, Array, Array, Array]:
    """Return the slopes by W1, b1, W2 and b2 of one row."""
    if s is not None:
        of_sum = delta * s * (1 - s)  # (NN-5)
        da = of_sum * W2[:, 0] * slope  # (NN-8)
        return np.outer(x, da), da, (of_sum * z)[:, None], np.zeros(1)
    da = (W2 @ delta) * slope  # (NN-8)
    return np.outer(x, da), da, np.outer(z, delta), delta


def _row(X: Any, i: int, center: Array | None, scale: Array | None, W1: Array) -> Array:
    if isinstance(X, tuple):
        starts, places, values, _ = X
        x: Array = np.zeros(len(W1), W1.dtype)
        own = slice(starts[i], starts[i + 1])
        x[places[own]] = 1 if values is None else values[own]
    else:
        x = X[i]
    if scale is not None:
        x = x * scale if center is None or isinstance(X, tuple) else (x - center) * scale  # (LR-9)
    return x


def _mask(n_hidden: int, dropout: float, key: int, step: int) -> Array | float:
    """Return for each hidden unit 0 or 1 / (1 - dropout), (NN-11)."""
    if dropout == 0:
        return 1.0

    def mix(x: Array) -> Array:  # the finaliser of MurmurHash3, a hash of 32 bits
        x = (x ^ x >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        x = (x ^ x >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        mixed: Array = x ^ x >> 16
        return mixed

    row = mix(np.array(step + key & 0xFFFFFFFF, np.uint64))
    drawn = mix(row ^ np.arange(n_hidden, dtype=np.uint64) * 0x9E3779B9 & 0xFFFFFFFF)
    return np.where(drawn < int(min(dropout * 2**32, 2**32 - 1)), 0.0, 1 / (1 - dropout))


def _forward(
    x: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    output: str,
    activation: str,
    mask: Array | float = 1.0,
) -> tuple[Array, Array, Array | None, Array]:
    """Return the slopes dz/da, z, of a sum of sigmoids those, and the outputs."""
    a = x @ W1 + b1  # (NN-1)
    z: Array
    slope: Array
    if activation == "relu":
        z, slope = np.maximum(a, 0), a > 0  # (NN-2)
    elif activation == "tanh":
        z = np.tanh(a)
        slope = 1 - z * z
    else:
        z = logistic(a)
        slope = z * (1 - z)
    slope, z = slope * mask, z * mask  # (NN-11)
    if output == "sigmoid_sum":
        s = logistic(W2[:, 0] * z)
        return slope, z, s, s.sum(keepdims=True)  # (NN-4)
    return slope, z, None, z @ W2 + b2  # (NN-3)


def _check_targets(
    y: Array, n_samples: int, sample_weight: Array, order: Array, eta: Array, output: str, n_outputs: int, dropout: float
) -> Array:
    """Return y as (n_samples, n_targets)."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}, expected a number from 0 to below 1")
    y = y.reshape(-1, 1) if y.ndim == 1 else y
    n_targets = 1 if output == "softmax" else n_outputs
    if y.shape[1] != n_targets:
        raise ValueError(f"y has {y.shape[1]} columns, expected {n_targets} for output {output!r}")
    if len(y) != n_samples or len(sample_weight) != n_samples:
        raise ValueError("y and sample_weight must have one entry a row of X")
    if len(eta) < len(order):
        raise ValueError("eta must have one entry a step")
    return y


def _check_network(
    X: Any,
    center: Array | None,
    scale: Array | None,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    output: str,
    activation: str,
) -> int:
    """Return how many rows there are."""
    if output not in OUTPUTS:
        raise ValueError(f"output is {output!r}, expected one of {', '.join(OUTPUTS)}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
    sparse = isinstance(X, tuple)
    n_features, (n_hidden, n_outputs) = len(W1) if sparse else X.shape[1], W2.shape
    if n_features < 1 or n_hidden < 1 or n_outputs < 1:
        raise ValueError("a network needs at least one column, one hidden unit and one output")
    if W1.shape != (n_features, n_hidden) or len(b1) != n_hidden or len(b2) != n_outputs:
        raise ValueError(
            f"X has {n_features} columns, W1 shape {W1.shape}, b1 {len(b1)} entries, W2 shape {W2.shape}, "
            f"b2 {len(b2)} entries: they do not fit together"
        )
    if output == "sigmoid_sum" and n_outputs != 1:
        raise ValueError(f"output {output!r} has one column of W2, not {n_outputs}")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and scale is not None and not len(center) == len(scale) == n_features:
        raise ValueError(f"center and scale must have {n_features} entries")
    if sparse and center is not None and center.any():
        raise ValueError("the rows of a network by their non-zeros have no center: it must be 0")
    return len(X[0]) - 1 if sparse else len(X)
