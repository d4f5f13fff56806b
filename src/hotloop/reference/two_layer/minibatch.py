"""The two-layer network by minibatches, and sums of gradients (docs/equations.md, NN-1 to NN-8 and NN-11 to NN-13)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hotloop.reference.losses import Array
from hotloop.reference.two_layer.sgd import _check_network, _check_targets, _forward, _loss_and_delta, _mask, _row, _slopes

OPTIMIZERS = ("sgd", "adam", "adamw")


def two_layer_minibatch_pass(
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
    activation: str,
    batch_size: int,
    optimizer: str,
    moments: Sequence[Array],
    n_batches: int = 0,
    momentum: float = 0.0,
    nesterov: bool = False,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    dropout: float = 0.0,
    key: int = 0,
    t: int = 0,
) -> tuple[float, int]:
    """Train on the rows of X in the given order, a step a batch, updating W1, b1, W2, b2 and the moments in place.

    A batch is the next ``batch_size`` rows whose weight is not 0, the last of the pass what is left. Its slope is the mean over
    its rows of weight times slope, (NN-7) and (NN-8). Of rows by their non-zeros only the rows of W1 move that the batch
    touches, with their moments: L2, momentum and Adam are lazy.

    Parameters
    ----------
    X, y, sample_weight, order, alpha, center, scale, W1, b1, W2, b2, output, activation, dropout, key, t
        As for ``two_layer_pass``.
    eta : ndarray of shape (n_steps,), float64, > 0
        By rows that move: a batch takes that of its first row.
    batch_size : int, >= 1
    optimizer : {"sgd", "adam", "adamw"}
        (NN-12) or (NN-13); "adamw" shrinks the weights beside Adam's step instead of within it.
    moments : sequence of ndarray
        Overwritten: shaped as W1, b1, W2, b2, the velocities of "sgd", or the first moments and then, four more, the second.
    n_batches : int, default=0
        Steps that the moments have seen.
    momentum, nesterov : float, bool
        Of "sgd".
    beta_1, beta_2, epsilon : float
        Of Adam.

    Returns
    -------
    loss, n_moved
        As for ``two_layer_pass``, each loss before the step of its batch.

    Raises
    ------
    ValueError
        As for ``two_layer_pass``.
    FloatingPointError
        An output is not finite; the weights are then as before the batch.
    """
    n_samples = _check_network(X, center, scale, W1, b1, W2, b2, output, activation)
    y = _check_targets(y, n_samples, sample_weight, order, eta, output, W2.shape[1], dropout)
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer is {optimizer!r}, expected one of {', '.join(OPTIMIZERS)}")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected a positive number")
    weights, loss, n_updates, place = (W1, b1, W2, b2), 0.0, 0, 0
    while place < len(order):
        slopes, touched, taken, of_batch = [np.zeros(w.shape) for w in weights], set(), 0, 0.0
        while place < len(order) and taken < batch_size:
            i = order[place]
            if not 0 <= i < n_samples:
                raise ValueError(f"order[{place}] = {i} is no row of X, which has {n_samples}")
            if sample_weight[i] != 0:
                if output == "softmax" and not 0 <= y[i, 0] < W2.shape[1]:
                    raise ValueError(f"y[{i}] = {y[i, 0]} is no class index below {W2.shape[1]}")
                x, mask = _row(X, i, center, scale, W1), _mask(len(b1), dropout, key, t + n_updates + taken)
                slope, z, s, o = _forward(x, W1, b1, W2, b2, output, activation, mask)
                if not np.isfinite(o).all():
                    raise FloatingPointError(f"an output of row {i} is not finite at step {place} of the pass")
                of_row, delta = _loss_and_delta(o, y[i], output)  # (NN-7)
                of_batch += sample_weight[i] * of_row
                for total, part in zip(slopes, _slopes(x, slope, z, s, W2, sample_weight[i] * delta), strict=True):
                    total += part
                if isinstance(X, tuple):
                    touched.update(X[1][X[0][i] : X[0][i + 1]].tolist())
                taken += 1
            place += 1
        if taken == 0:
            break
        n_batches += 1
        for k, (w, g) in enumerate(zip(weights, slopes, strict=True)):
            if k == 3 and output == "sigmoid_sum":
                continue
            own = np.array(sorted(touched), dtype=np.intp) if k == 0 and isinstance(X, tuple) else slice(None)
            part, strength = g[own] / taken, alpha if k in (0, 2) else 0.0
            if optimizer == "sgd":
                step = eta[n_updates] * (part + strength * w[own])
                velocity = momentum * moments[k][own] - step  # (NN-12)
                moments[k][own] = velocity
                w[own] += momentum * velocity - step if nesterov else velocity
                continue
            inside, keep = (strength, 1.0) if optimizer == "adam" else (0.0, 1 - eta[n_updates] * strength)
            part = part + inside * w[own]
            first = beta_1 * moments[k][own] + (1 - beta_1) * part  # (NN-13)
            second = beta_2 * moments[4 + k][own] + (1 - beta_2) * part**2
            moments[k][own], moments[4 + k][own] = first, second
            size = eta[n_updates] * np.sqrt(1 - beta_2**n_batches) / (1 - beta_1**n_batches)
            w[own] = keep * w[own] - size * first / (np.sqrt(second) + epsilon)
        loss, n_updates = loss + of_batch, n_updates + taken
    return loss, n_updates


def two_layer_backward(
    X: Any,
    delta: Array,
    center: Array | None,
    scale: Array | None,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    output: str,
    activation: str = "relu",
) -> tuple[Array, Array, Array, Array]:
    """Return the sum over rows of sum_c delta_ic times the derivative of output c, (NN-8): the gradient of any loss of them.

    Parameters
    ----------
    X, center, scale, W1, b1, W2, b2, output, activation
        As for ``two_layer_outputs``.
    delta : ndarray of shape (n_samples, n_outputs), float64
        Derivatives of the loss by the outputs.

    Returns
    -------
    dW1, db1, dW2, db2 : ndarray
        Shaped as the weights, of their dtype.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    n_samples = _check_network(X, center, scale, W1, b1, W2, b2, output, activation)
    if delta.shape != (n_samples, W2.shape[1]):
        raise ValueError(f"delta has shape {delta.shape}, expected {(n_samples, W2.shape[1])}: one slope a row and output")
    sums = [np.zeros(w.shape) for w in (W1, b1, W2, b2)]
    for i in range(n_samples):
        x = _row(X, i, center, scale, W1)
        slope, z, s, _ = _forward(x, W1, b1, W2, b2, output, activation)
        for total, part in zip(sums, _slopes(x, slope, z, s, W2, delta[i]), strict=True):
            total += part
    dW1, db1, dW2, db2 = (total.astype(W1.dtype) for total in sums)
    return dW1, db1, dW2, db2
