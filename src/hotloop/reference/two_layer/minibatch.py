"""The two-layer network: training by minibatches (docs/equations.md, NN-1 to NN-8 and NN-11 to NN-13)."""

from collections.abc import Sequence
from itertools import islice

import numpy as np

from hotloop.reference.rows.steps import step_sizes
from hotloop.reference.two_layer.network import (
    check_network,
    check_outputs,
    check_rows,
    check_steps,
    dropout_mask,
    forward,
    gradients,
    loss_and_delta,
    row,
    updates,
    weights_of,
)
from hotloop.structs import OPTIMIZERS, Array, BatchOptimizer, CSRRows, DenseRows, Dropout, Network, Pass


def two_layer_minibatch_pass(
    rows: DenseRows | CSRRows,
    steps: Pass,
    network: Network,
    optimizer: BatchOptimizer,
    moments: Sequence[Array],
    dropout: Dropout,
) -> tuple[float, int]:
    """Train on the rows in the given order, a step a batch, updating W1, b1, W2, b2 and the moments in place.

    A batch is the next ``batch_size`` rows whose weight is not 0, the last of the pass what is left. Its gradient is the mean
    over its rows of weight times gradient, (NN-7) and (NN-8). Of CSR rows only the rows of W1 move that the batch touches,
    with their moments: L2, momentum and Adam are lazy.

    Parameters
    ----------
    rows, network, dropout
        As for ``two_layer_pass``.
    steps : Pass
        As for ``two_layer_pass``; eta is counted by the rows whose weight is not 0, a batch takes that of its first row.
    optimizer : BatchOptimizer
    moments : sequence of ndarray
        Overwritten: shaped as W1, b1, W2, b2, the velocities of "sgd", or the first moments and then, four more, the second.

    Returns
    -------
    loss, n_updates
        As for ``two_layer_pass``, each loss before the step of its batch.

    Raises
    ------
    ValueError
        As for ``two_layer_pass``.
    FloatingPointError
        An output is not finite; the weights are then as before the batch.
    """
    check_network(network)
    check_rows(rows, network)
    y = check_steps(steps, len(rows), network, dropout)
    if optimizer.name not in OPTIMIZERS:
        raise ValueError(f"optimizer is {optimizer.name!r}, expected one of {', '.join(OPTIMIZERS)}")
    if optimizer.batch_size < 1:
        raise ValueError(f"batch_size is {optimizer.batch_size}, expected a positive number")
    if not 0 <= optimizer.n_batches < 2**62:
        raise ValueError(f"n_batches is {optimizer.n_batches}, expected a number from 0 to below 2^62")
    eta, loss, n_updates, n_batches = step_sizes(steps), 0.0, 0, optimizer.n_batches
    walk = updates(steps, len(rows), network)
    while batch := list(islice(walk, optimizer.batch_size)):
        sums, columns, loss_of_batch = [np.zeros(w.shape) for w in weights_of(network)], set(), 0.0
        for of_batch, (place, i) in enumerate(batch):
            weight, x = steps.sample_weight[i], row(rows, i, network.W1.dtype)
            dz, z, s, o = forward(x, network, dropout_mask(len(network.b1), dropout, n_updates + of_batch))
            check_outputs(o, i, place)
            loss_of_row, delta = loss_and_delta(o, y[i], network.output)  # (NN-7)
            loss_of_batch += weight * loss_of_row
            for total, part in zip(sums, gradients(x, dz, z, s, network.W2, weight * delta), strict=True):
                total += part
            if isinstance(rows, CSRRows):
                columns.update(rows.indices[rows.indptr[i] : rows.indptr[i + 1]].tolist())
        n_batches += 1
        for k, (w, g) in enumerate(zip(weights_of(network), sums, strict=True)):
            if k == 3 and network.output == "sigmoid_sum":
                continue
            own = np.array(sorted(columns), dtype=np.intp) if k == 0 and isinstance(rows, CSRRows) else slice(None)
            kept = [moment[own] for moment in moments[k::4]]
            alpha = steps.alpha if k in (0, 2) else 0.0
            w[own], new = _step(w[own], g[own] / len(batch), kept, optimizer, eta[n_updates], alpha, n_batches)
            for moment, value in zip(moments[k::4], new, strict=False):
                moment[own] = value
        loss, n_updates = loss + loss_of_batch, n_updates + len(batch)
    return loss, n_updates


def _step(
    w: Array, g: Array, moments: list[Array], optimizer: BatchOptimizer, eta: float, alpha: float, n_batches: int
) -> tuple[Array, list[Array]]:
    """Return the weights and their moments after the step of one batch.

    Parameters
    ----------
    w, g : ndarray of one shape
        Weights, and the mean gradient of the batch by them; neither is changed.
    moments : list of ndarray like w
        The velocity of "sgd", or the first and the second moment of Adam.
    optimizer : BatchOptimizer
    eta : float, > 0
    alpha : float, >= 0
        L2 strength.
    n_batches : int, >= 1
        Batches so far, this one counted.
    """
    if optimizer.name == "sgd":
        step = eta * (g + alpha * w)
        velocity = optimizer.momentum * moments[0] - step  # (NN-12)
        return w + (optimizer.momentum * velocity - step if optimizer.nesterov else velocity), [velocity]
    inside, keep = (alpha, 1.0) if optimizer.name == "adam" else (0.0, 1 - eta * alpha)
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    g = g + inside * w
    first = beta_1 * moments[0] + (1 - beta_1) * g  # (NN-13)
    second = beta_2 * moments[1] + (1 - beta_2) * g**2
    size = eta * np.sqrt(1 - beta_2**n_batches) / (1 - beta_1**n_batches)
    return keep * w - size * first / (np.sqrt(second) + optimizer.epsilon), [first, second]
