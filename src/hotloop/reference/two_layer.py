"""The two-layer network: the worked sum of sigmoids, and per-sample training (docs/equations.md, NN-1 to NN-9)."""

import numpy as np

from .losses import Array, log_sum_exp, logistic, softmax

OUTPUTS = ("softmax", "linear", "sigmoid_sum")


def sigmoid_sum_forward(X: Array, W: Array, v: Array, round_to: int | None = None) -> tuple[Array, Array, Array]:
    """Evaluate y = sum_j logistic(v_j max(x W_j, 0)) for every row, (NN-1), (NN-2) and (NN-4).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    W : ndarray of shape (n_features, n_hidden), dtype of X
    v : ndarray of shape (n_hidden,), dtype of X
    round_to : int, optional
        Round each value of the logistic function to that many decimals before it is used, as when working on paper.

    Returns
    -------
    r, s : ndarray of shape (n_samples, n_hidden)
        Hidden activations and their sigmoids.
    y : ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    _check_sum(X, W, v)
    r, s, y = np.zeros((len(X), len(v)), v.dtype), np.zeros((len(X), len(v)), v.dtype), np.zeros(len(X), v.dtype)
    for i, x in enumerate(X):
        r[i], s[i] = _hidden(x, W, v, round_to)
        y[i] = s[i].sum()  # (NN-4)
    return r, s, y


def sigmoid_sum_gradients(X: Array, W: Array, v: Array, round_to: int | None = None) -> tuple[Array, Array, Array]:
    """Return y and its derivatives by every weight, for every row, (NN-5) and (NN-6).

    Parameters as for :func:`sigmoid_sum_forward`. At r_j = 0 the derivative of max(., 0) is taken as 0.

    Returns
    -------
    y : ndarray of shape (n_samples,)
    dW : ndarray of shape (n_samples, n_features, n_hidden)
    dv : ndarray of shape (n_samples, n_hidden)

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    _check_sum(X, W, v)
    y, dW, dv = np.zeros(len(X), v.dtype), np.zeros((len(X), *W.shape), v.dtype), np.zeros((len(X), len(v)), v.dtype)
    for i, x in enumerate(X):
        r, s = _hidden(x, W, v, round_to)
        y[i] = s.sum()  # (NN-4)
        dv[i] = s * (1 - s) * r  # (NN-5)
        dW[i] = np.outer(x, s * (1 - s) * v * (r > 0))  # (NN-6)
    return y, dW, dv


def sigmoid_sum_backward(X: Array, W: Array, v: Array, dy: Array) -> tuple[Array, Array]:
    """Return the sum over rows of dy_i times the derivatives of y_i.

    Parameters as for :func:`sigmoid_sum_forward`, and

    dy : ndarray of shape (n_samples,), dtype of X
        Derivative of the caller's loss by each y_i.

    Returns
    -------
    dW : ndarray of shape (n_features, n_hidden)
    dv : ndarray of shape (n_hidden,)
        Summed in float64.

    Raises
    ------
    ValueError
        Shapes disagree.
    """
    _check_sum(X, W, v)
    if len(dy) != len(X):
        raise ValueError(f"dy has {len(dy)} entries, X has {len(X)} rows")
    dW, dv = np.zeros(W.shape), np.zeros(v.shape)
    for x, dy_i in zip(X, dy, strict=True):
        r, s = _hidden(x, W, v, None)
        dv += dy_i * s * (1 - s) * r  # (NN-5)
        dW += np.outer(x, dy_i * s * (1 - s) * v * (r > 0))  # (NN-6)
    return dW.astype(v.dtype), dv.astype(v.dtype)


def _hidden(x: Array, W: Array, v: Array, round_to: int | None) -> tuple[Array, Array]:
    r = np.maximum(x @ W, 0)  # (NN-1), (NN-2)
    s = logistic(v * r)  # (NN-4)
    return r, s if round_to is None else np.round(s, round_to)


def _check_sum(X: Array, W: Array, v: Array) -> None:
    if W.shape[0] != X.shape[1] or len(v) != W.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} columns, W has shape {W.shape}, v has {len(v)} entries; "
            "expected W (n_features, n_hidden) and v (n_hidden,)"
        )


def two_layer_outputs(
    X: Array, center: Array | None, scale: Array | None, W1: Array, b1: Array, W2: Array, b2: Array, output: str
) -> Array:
    """Return the network's outputs for every row.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64, C-contiguous
    center, scale : ndarray of shape (n_features,), dtype of X, or both None
        The rows are seen as (x - center) * scale, (LR-9).
    W1, b1 : ndarray of shape (n_features, n_hidden) and (n_hidden,), dtype of X
    W2, b2 : ndarray of shape (n_hidden, n_outputs) and (n_outputs,), dtype of X
        With "sigmoid_sum" W2 is v, (NN-4), and b2 is not used.
    output : {"softmax", "linear", "sigmoid_sum"}

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs), float64
        The value; for softmax the margins before it.

    Raises
    ------
    ValueError
        Shapes disagree, or the output is unknown.
    """
    _check_network(X, center, scale, W1, b1, W2, b2, output)
    o = np.empty((len(X), W2.shape[1]))
    for i, x in enumerate(X):
        o[i] = _forward(x if center is None else (x - center) * scale, W1, b1, W2, b2, output)[2]
    return o


def two_layer_pass(
    X: Array,
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
) -> tuple[float, int]:
    """Run per-sample SGD over the rows of X in the given order, updating W1, b1, W2 and b2 in place.

    Equations (NN-1) to (NN-9). The loss is the log loss (LR-7) for softmax, half the squared error for the other outputs.

    Parameters
    ----------
    X, center, scale, W1, b1, W2, b2, output
        As for :func:`two_layer_outputs`; the four weight arrays are overwritten.
    y : ndarray of shape (n_samples,), float64
        Class index for softmax, else the target.
    sample_weight, order, eta
        As for ``logistic_pass``.
    alpha : float, >= 0
        L2 strength on W1 and W2; b1 and b2 are not penalised.

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
    _check_network(X, center, scale, W1, b1, W2, b2, output)
    n_outputs = W2.shape[1]
    if len(y) != len(X) or len(sample_weight) != len(X):
        raise ValueError("y and sample_weight must have one entry a row of X")
    if len(eta) < len(order):
        raise ValueError("eta must have one entry a step")
    loss, moved = 0.0, 0
    for t, i in enumerate(order):
        if not 0 <= i < len(X):
            raise ValueError(f"order[{t}] = {i} is no row of X, which has {len(X)}")
        if sample_weight[i] == 0:
            continue
        if output == "softmax" and not 0 <= y[i] < n_outputs:
            raise ValueError(f"y[{i}] = {y[i]} is no class index below {n_outputs}")
        x = X[i] if center is None else (X[i] - center) * scale  # (LR-9)
        z, s, o = _forward(x, W1, b1, W2, b2, output)
        if not np.isfinite(o).all():
            raise FloatingPointError(f"an output of row {i} is not finite at step {t} of the pass")
        if output == "softmax":
            loss += sample_weight[i] * float(log_sum_exp(o) - o[int(y[i])])  # (LR-7)
            delta = softmax(o) - (np.arange(n_outputs) == y[i])  # (NN-7)
        else:
            loss += sample_weight[i] * 0.5 * float((o[0] - y[i]) * (o[0] - y[i]))
            delta = o - y[i]  # (NN-7)
        if s is not None:
            slope = delta * s * (1 - s)
            dz, dW2, db2 = slope * W2[:, 0], (slope * z)[:, None], 0.0  # (NN-8)
        else:
            dz, dW2, db2 = W2 @ delta, np.outer(z, delta), delta  # (NN-8)
        da = dz * (z > 0)
        step, keep = eta[moved] * sample_weight[i], 1 - eta[moved] * alpha
        W1[:] = keep * W1 - step * np.outer(x, da)  # (NN-9)
        W2[:] = keep * W2 - step * dW2
        b1 -= step * da
        b2 -= step * db2
        moved += 1
    return loss, moved


def _forward(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, output: str) -> tuple[Array, Array | None, Array]:
    z = np.maximum(x @ W1 + b1, 0)  # (NN-1), (NN-2)
    if output == "sigmoid_sum":
        s = logistic(W2[:, 0] * z)
        return z, s, s.sum(keepdims=True)  # (NN-4)
    return z, None, z @ W2 + b2  # (NN-3)


def _check_network(
    X: Array, center: Array | None, scale: Array | None, W1: Array, b1: Array, W2: Array, b2: Array, output: str
) -> None:
    if output not in OUTPUTS:
        raise ValueError(f"output is {output!r}, expected one of {', '.join(OUTPUTS)}")
    n_hidden, n_outputs = W2.shape
    if X.shape[1] < 1 or n_hidden < 1 or n_outputs < 1:
        raise ValueError("a network needs at least one column, one hidden unit and one output")
    if W1.shape != (X.shape[1], n_hidden) or len(b1) != n_hidden or len(b2) != n_outputs:
        raise ValueError(
            f"X has {X.shape[1]} columns, W1 shape {W1.shape}, b1 {len(b1)} entries, W2 shape {W2.shape}, "
            f"b2 {len(b2)} entries: they do not fit together"
        )
    if output != "softmax" and n_outputs != 1:
        raise ValueError(f"output {output!r} has one column of W2, not {n_outputs}")
    if (center is None) != (scale is None):
        raise ValueError("center and scale come together or not at all")
    if center is not None and scale is not None and not len(center) == len(scale) == X.shape[1]:
        raise ValueError(f"center and scale must have {X.shape[1]} entries")
