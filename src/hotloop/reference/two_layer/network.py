"""The two-layer network on one row: outputs, loss and gradients (docs/equations.md, NN-1 to NN-8 and NN-11); checks."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hotloop.reference.losses import log_loss, log_sum_exp, logistic, softmax
from hotloop.reference.rows.source import WrittenOut
from hotloop.reference.rows.steps import check_pass, visits
from hotloop.structs import ACTIVATIONS, OUTPUTS, Array, CSRRows, DenseRows, Dropout, Network, Pass


def forward(x: Array, network: Network, mask: Array | float = 1.0) -> tuple[Array, Array, Array | None, Array]:
    """Return the derivatives dz/da, the hidden units z, the sigmoids of a sum of sigmoids, and the outputs."""
    a = x @ network.W1 + network.b1  # (NN-1)
    z: Array
    dz: Array
    if network.activation == "relu":
        z, dz = np.maximum(a, 0), a > 0  # (NN-2)
    elif network.activation == "tanh":
        z = np.tanh(a)
        dz = 1 - z * z
    else:
        z = logistic(a)
        dz = z * (1 - z)
    dz, z = dz * mask, z * mask  # (NN-11)
    if network.output == "sigmoid_sum":
        s = logistic(network.W2[:, 0] * z)
        return dz, z, s, s.sum(keepdims=True)  # (NN-4)
    return dz, z, None, z @ network.W2 + network.b2  # (NN-3)


def loss_and_delta(o: Array, y: Array, output: str) -> tuple[float, Array]:
    """Return the loss of a row of targets y, and its gradient by the outputs."""
    if output == "softmax":
        return float(log_sum_exp(o) - o[int(y[0])]), softmax(o) - (np.arange(len(o)) == y[0])  # (LR-7), (NN-7)
    if output == "sigmoid":
        return float(log_loss(o, y).sum()), logistic(o) - y  # (LR-3), (NN-7)
    return 0.5 * float(((o - y) * (o - y)).sum()), o - y  # (NN-7)


def gradients(x: Array, dz: Array, z: Array, s: Array | None, W2: Array, delta: Array) -> tuple[Array, Array, Array, Array]:
    """Return the gradients of one row by W1, b1, W2 and b2.

    Parameters
    ----------
    x : ndarray of shape (n_features,)
    dz, z : ndarray of shape (n_hidden,)
        Derivatives of the hidden units and the hidden units, as :func:`forward` returns them.
    s : ndarray of shape (n_hidden,), or None
        Sigmoids of the output "sigmoid_sum"; None for the other outputs.
    W2 : ndarray of shape (n_hidden, n_outputs)
    delta : ndarray of shape (n_outputs,)
        Gradient of the loss by the outputs.
    """
    if s is not None:
        ds = delta * s * (1 - s)  # (NN-5)
        da = ds * W2[:, 0] * dz  # (NN-8)
        return np.outer(x, da), da, (ds * z)[:, None], np.zeros(1)
    da = (W2 @ delta) * dz  # (NN-8)
    return np.outer(x, da), da, np.outer(z, delta), delta


def row(rows: DenseRows | CSRRows, i: int, dtype: Any) -> Array:
    """Return row i as the network sees it; a CSR row with its zeros, in dtype."""
    if isinstance(rows, CSRRows):
        x: Array = np.zeros(rows.n_features, dtype)
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        x[rows.indices[own]] = 1 if rows.data is None else rows.data[own]
        if rows.scale is not None:
            x = x * rows.scale
        return x
    x = rows.X[i]
    if rows.center is not None and rows.scale is not None:
        x = (x - rows.center) * rows.scale  # (LR-9)
    return x


def dropout_mask(n_hidden: int, dropout: Dropout, step: int) -> Array | float:
    """Return for each hidden unit 0 or 1 / (1 - rate) at a step of the pass, (NN-11)."""
    if dropout.rate == 0:
        return 1.0

    def mix(x: Array) -> Array:  # the finaliser of MurmurHash3, a hash of 32 bits
        x = (x ^ x >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        x = (x ^ x >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        mixed: Array = x ^ x >> 16
        return mixed

    of_step = mix(np.array(dropout.t + step + dropout.key & 0xFFFFFFFF, np.uint64))
    drawn = mix(of_step ^ np.arange(n_hidden, dtype=np.uint64) * 0x9E3779B9 & 0xFFFFFFFF)
    return np.where(drawn < int(min(dropout.rate * 2**32, 2**32 - 1)), 0.0, 1 / (1 - dropout.rate))


def weights_of(network: Network) -> tuple[Array, Array, Array, Array]:
    """Return W1, b1, W2 and b2."""
    return network.W1, network.b1, network.W2, network.b2


def check_network(network: Network) -> None:
    """Refuse kinds that are unknown and shapes that disagree."""
    if network.output not in OUTPUTS:
        raise ValueError(f"output is {network.output!r}, expected one of {', '.join(OUTPUTS)}")
    if network.activation not in ACTIVATIONS:
        raise ValueError(f"activation is {network.activation!r}, expected one of {', '.join(ACTIVATIONS)}")
    W1, b1, W2, b2 = weights_of(network)
    n_features, (n_hidden, n_outputs) = len(W1), W2.shape
    if n_features < 1 or n_hidden < 1 or n_outputs < 1:
        raise ValueError("a network needs at least one column, one hidden unit and one output")
    if W1.shape != (n_features, n_hidden) or len(b1) != n_hidden or len(b2) != n_outputs:
        raise ValueError(
            f"W1 has shape {W1.shape}, b1 {len(b1)} entries, W2 shape {W2.shape}, b2 {len(b2)} entries: "
            "they do not fit together"
        )
    if network.output == "sigmoid_sum" and n_outputs != 1:
        raise ValueError(f"output {network.output!r} has one column of W2, not {n_outputs}")


def check_rows(rows: DenseRows | CSRRows, network: Network) -> None:
    """Refuse rows that do not fit the weights; CSR rows have no shift."""
    WrittenOut(rows, len(network.W1))
    if isinstance(rows, CSRRows) and rows.shift is not None and rows.shift.any():
        raise ValueError("CSR rows of a network have no shift: it must be 0")


def check_steps(steps: Pass, n_samples: int, network: Network, dropout: Dropout) -> Array:
    """Raise ValueError where the steps or the dropout do not fit; return y of shape (n_samples, n_targets).

    Parameters
    ----------
    steps : Pass
    n_samples : int
        Rows that ``order`` may point to.
    network : Network
    dropout : Dropout
    """
    if not 0 <= dropout.rate < 1:
        raise ValueError(f"dropout is {dropout.rate}, expected a number from 0 to below 1")
    y: Array = steps.y.reshape(-1, 1) if steps.y.ndim == 1 else steps.y
    n_targets = 1 if network.output == "softmax" else len(network.b2)
    if y.shape[1] != n_targets:
        raise ValueError(f"y has {y.shape[1]} columns, expected {n_targets} for output {network.output!r}")
    check_pass(steps, n_samples)
    return y


def updates(steps: Pass, n_samples: int, network: Network) -> Iterator[tuple[int, int]]:
    """Yield step and row of each step whose weight is not 0; the labels of softmax are checked."""
    return visits(steps, n_samples, len(network.b2) if network.output == "softmax" else 0)


def check_outputs(o: Array, i: int, place: int) -> None:
    """Refuse outputs of a row that are not finite."""
    if not np.isfinite(o).all():
        raise FloatingPointError(f"an output of row {i} is not finite at step {place} of the pass")
