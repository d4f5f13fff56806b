"""The sum of sigmoids of the worked example: values and derivatives (docs/equations.md, NN-1 to NN-6)."""

import numpy as np

from hotloop.reference.losses import Array, logistic


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

    Parameters: as for :func:`sigmoid_sum_forward`. At r_j = 0 the derivative of max(., 0) is taken as 0.

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

    Parameters
    ----------
    X, W, v : as for :func:`sigmoid_sum_forward`
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
    """Return hidden activations and their sigmoids of one row, (n_hidden,) each.

    Parameters
    ----------
    x : ndarray of shape (n_features,)
    W, v, round_to : as for :func:`sigmoid_sum_forward`
    """
    r = np.maximum(x @ W, 0)  # (NN-1), (NN-2)
    s = logistic(v * r)  # (NN-4)
    return r, s if round_to is None else np.round(s, round_to)


def _check_sum(X: Array, W: Array, v: Array) -> None:
    if W.shape[0] != X.shape[1] or len(v) != W.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} columns, W has shape {W.shape}, v has {len(v)} entries; "
            "expected W (n_features, n_hidden) and v (n_hidden,)"
        )
