"""The two-layer network: hidden units, outputs and the derivatives of each output (docs/equations.md, NN-1 to NN-3, NN-14)."""

import numpy as np

from hotloop.reference.two_layer.network import check_network, check_rows, forward, gradients, weights_of
from hotloop.structs import Array, DenseRows, Network


def two_layer_forward(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "relu") -> tuple[Array, Array]:
    """Return hidden units and outputs of every row, (NN-1) to (NN-3).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype of W1
    W1, b1, W2, b2, activation
        As in :class:`hotloop.structs.Network`.

    Returns
    -------
    z : ndarray of shape (n_samples, n_hidden), dtype of W1
    o : ndarray of shape (n_samples, n_outputs), dtype of W1

    Raises
    ------
    ValueError
        Shapes disagree, or the activation is unknown.
    """
    network = _linear_network(X, W1, b1, W2, b2, activation)
    z, o = np.empty((len(X), len(b1)), W1.dtype), np.empty((len(X), len(b2)), W1.dtype)
    for i, x in enumerate(X):
        _, z[i], _, o[i] = forward(x, network)
    return z, o


def two_layer_jacobians(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str = "relu"
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the outputs of every row and their derivatives by every weight, (NN-14).

    Parameters: as for :func:`two_layer_forward`.

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs), dtype of W1
    dW1, db1, dW2, db2 : ndarray of shape (n_samples, n_outputs, *shape of the weights), dtype of W1

    Raises
    ------
    ValueError
        Shapes disagree, or the activation is unknown.
    """
    network, n_outputs = _linear_network(X, W1, b1, W2, b2, activation), len(b2)
    o = np.empty((len(X), n_outputs), W1.dtype)
    derivatives = [np.zeros((len(X), n_outputs, *w.shape), W1.dtype) for w in weights_of(network)]
    for i, x in enumerate(X):
        dz, z, _, o[i] = forward(x, network)
        for c in range(n_outputs):
            for d, found in zip(derivatives, gradients(x, dz, z, None, W2, np.eye(n_outputs)[c]), strict=True):
                d[i, c] = found  # (NN-14)
    dW1, db1, dW2, db2 = derivatives
    return o, dW1, db1, dW2, db2


def _linear_network(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, activation: str) -> Network:
    """Return the network with linear outputs, checked. Parameters: as for :func:`two_layer_forward`."""
    network = Network(W1, b1, W2, b2, "linear", activation)
    check_network(network)
    check_rows(DenseRows(X), network)
    return network
