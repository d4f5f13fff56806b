"""The two-layer network: per-sample training (docs/equations.md, NN-1 to NN-11)."""

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
from hotloop.structs import CSRRows, DenseRows, Dropout, Network, Pass


def two_layer_pass(
    rows: DenseRows | CSRRows, steps: Pass, network: Network, dropout: Dropout, n_jobs: int = 1
) -> tuple[float, int]:
    """Run per-sample SGD over the rows in the given order, updating W1, b1, W2 and b2 in place.

    Equations (NN-1) to (NN-11). The loss is the log loss, (LR-7) for softmax and the sum of (LR-3) over the outputs for
    sigmoid; half the squared error, summed over the outputs, for the others.

    Parameters
    ----------
    rows : DenseRows or CSRRows
        CSR rows have no shift: None or 0.
    steps : Pass
        y is the class index for softmax, else the targets (n_samples, n_outputs), 0 to 1 for sigmoid. alpha is the L2
        strength on W1 and W2; b1 and b2 are not penalised.
    network : Network
        The four weight arrays are overwritten.
    dropout : Dropout
    n_jobs : int, default=1
        Threads of the compiled pass, which share the hidden units. The result does not depend on it.

    Returns
    -------
    loss : float
        Sum over steps of weight times loss before the update.
    n_updates : int
        Number of steps, the rows of weight 0 not counted.

    Raises
    ------
    ValueError
        Shapes disagree, ``order`` points outside the rows, or a label is no class index.
    FloatingPointError
        An output is not finite; names the step. The weights are then as before that step.
    """
    check_network(network)
    check_rows(rows, network)
    y = check_steps(steps, len(rows), network, dropout)
    W1, b1, W2, b2 = weights_of(network)
    eta, loss, n_updates = step_sizes(steps), 0.0, 0
    for place, i in updates(steps, len(rows), network):
        weight = steps.sample_weight[i]
        x = row(rows, i, W1.dtype)
        dz, z, s, o = forward(x, network, dropout_mask(len(b1), dropout, n_updates))
        check_outputs(o, i, place)
        loss_of_row, delta = loss_and_delta(o, y[i], network.output)  # (NN-7)
        loss += weight * loss_of_row
        dW1, db1, dW2, db2 = gradients(x, dz, z, s, W2, delta)
        step, keep = eta[n_updates] * weight, 1 - eta[n_updates] * steps.alpha
        W1[:] = keep * W1 - step * dW1  # (NN-9)
        W2[:] = keep * W2 - step * dW2
        b1 -= step * db1
        b2 -= step * db2
        n_updates += 1
    return loss, n_updates
