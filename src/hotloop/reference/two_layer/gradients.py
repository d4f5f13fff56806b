"""The two-layer network: sums of gradients over rows (docs/equations.md, NN-1 to NN-8)."""

import numpy as np

from hotloop.reference.two_layer.network import check_network, check_rows, forward, gradients, row, weights_of
from hotloop.structs import Array, CSRRows, DenseRows, Network, Vector


def two_layer_backward(rows: DenseRows | CSRRows, delta: Vector, network: Network) -> tuple[Array, Array, Array, Array]:
    """Return the sum over rows of sum_c delta_ic times the derivative of output c, (NN-8): the gradient of any loss of them.

    Parameters
    ----------
    rows, network
        As for ``two_layer_outputs``.
    delta : ndarray of shape (n_samples, n_outputs), float64
        Gradient of the loss by the outputs of each row.

    Returns
    -------
    dW1, db1, dW2, db2 : ndarray
        Shaped as the weights, of their dtype.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    check_network(network)
    check_rows(rows, network)
    expected = len(rows), len(network.b2)
    if delta.shape != expected:
        raise ValueError(f"delta has shape {delta.shape}, expected {expected}: one derivative a row and output")
    sums = [np.zeros(w.shape) for w in weights_of(network)]
    for i in range(len(rows)):
        x = row(rows, i, network.W1.dtype)
        dz, z, s, _ = forward(x, network)
        for total, part in zip(sums, gradients(x, dz, z, s, network.W2, delta[i]), strict=True):
            total += part
    dW1, db1, dW2, db2 = (total.astype(network.W1.dtype) for total in sums)
    return dW1, db1, dW2, db2
