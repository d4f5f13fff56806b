"""The two-layer network: the outputs of many rows (docs/equations.md, NN-1 to NN-4)."""

import numpy as np

from hotloop.reference.two_layer.network import check_network, check_rows, forward, row
from hotloop.structs import CSRRows, DenseRows, Network, Vector


def two_layer_outputs(rows: DenseRows | CSRRows, network: Network) -> Vector:
    """Return the network's outputs for every row.

    Parameters
    ----------
    rows : DenseRows or CSRRows
        CSR rows have no shift: None or 0.
    network : Network
        With "sigmoid_sum" W2 is v, (NN-4), and b2 is not used.

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs), float64
        The value; for softmax and sigmoid the margins before it.

    Raises
    ------
    ValueError
        Shapes disagree, or output or activation is unknown.
    """
    check_network(network)
    check_rows(rows, network)
    o = np.empty((len(rows), len(network.b2)))
    for i in range(len(rows)):
        o[i] = forward(row(rows, i, network.W1.dtype), network)[3]
    return o
