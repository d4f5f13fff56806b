"""The rules on arrays of many samples, without an estimator. Each call takes ``backend="auto" | "compiled" | "reference"``.

X is (n_samples, n_features), of any number type: float32 and narrower are computed in float32, the rest in float64; rows that
are C-contiguous and of that dtype are not copied. NaN and infinity are refused with the row and column. Nothing is overwritten.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from hotloop.backend import get_backend
from hotloop.data.validation import Array, as_rows, as_vector, check_finite, check_labels, check_memory, contiguous
from hotloop.structs import DenseRows, Network, Pass

P = ParamSpec("P")
T = TypeVar("T")

__all__ = [
    "logistic_gradient",
    "logistic_loss",
    "logistic_probability",
    "logistic_sgd",
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
    "two_layer_backward",
    "two_layer_forward",
    "two_layer_jacobians",
]


def logistic_probability(X: Any, w: Any, *, backend: str = "auto") -> Array:
    """Return the probability 1 / (1 + exp(-w . x)) of class 1 for each row, (LR-1) and (LR-2).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    w : array-like of shape (n_features,)
    backend : {"auto", "compiled", "reference"}

    Returns
    -------
    p : ndarray of shape (n_samples,), float32 or float64 after X

    Raises
    ------
    ValueError
        Shapes disagree, or a value is not finite.

    Examples
    --------
    >>> logistic_probability([[1.0, 2.0], [0.0, 0.0]], [2.0, -1.0])
    array([0.5, 0.5])
    """
    X, w = _rows_and_weights(X, w)
    return _compute(get_backend(backend).logistic_probability, X, w)


def logistic_loss(X: Any, y: Any, w: Any, *, backend: str = "auto") -> Array:
    """Return the loss -[y ln p + (1 - y) ln(1 - p)] of each row in nats, (LR-3).

    Parameters
    ----------
    X, w, backend : as for :func:`logistic_probability`
    y : array-like of shape (n_samples,), 0 or 1

    Returns
    -------
    loss : ndarray of shape (n_samples,)
    """
    X, w = _rows_and_weights(X, w)
    return _compute(get_backend(backend).logistic_loss, X, check_labels(y, len(X)), w)


def logistic_gradient(X: Any, y: Any, w: Any, *, backend: str = "auto") -> Array:
    """Return dL/dw = (p - y) x of each row, (LR-4) and (LR-5).

    Parameters: as for :func:`logistic_loss`.

    Returns
    -------
    gradient : ndarray of shape (n_samples, n_features)
    """
    X, w = _rows_and_weights(X, w)
    return _compute(get_backend(backend).logistic_gradient, X, check_labels(y, len(X)), w)


def logistic_sgd(X: Any, y: Any, w: Any, eta: Any, *, backend: str = "auto") -> Array:
    """Run one pass of w <- w + eta x (y - p) over the rows in their order, (LR-5), and return the new weights.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,), 0 or 1
    w : array-like of shape (n_features,)
        Weights before the pass; not changed.
    eta : float or array-like of shape (n_samples,), > 0
        Step size, of all rows or of each.
    backend : {"auto", "compiled", "reference"}

    Returns
    -------
    w : ndarray of shape (n_features,), float32 or float64 after X

    Raises
    ------
    ValueError
        Shapes disagree, a value is not finite, or a step size is not positive.
    FloatingPointError
        The weights diverge; names the step.

    Examples
    --------
    >>> logistic_sgd([[2.0, 4.0]], [1], [0.0, 0.0], eta=0.5)   # 0 + 0.5 * (2, 4) * (1 - 0.5)
    array([0.5, 1. ])
    """
    X, w = _rows_and_weights(X, w)
    y, n = check_labels(y, len(X)), len(X)
    eta = as_vector(np.broadcast_to(eta, (n,)) if np.ndim(eta) == 0 else eta, n, "eta", np.float64)
    if n and eta.min() <= 0:
        raise ValueError(f"eta must be positive; eta[{eta.argmin()}] is {eta.min():g}")
    W = w[None, :].copy()
    steps = Pass(np.arange(n, dtype=np.intp), y, np.ones(n), eta)
    _compute(get_backend(backend).logistic_pass, DenseRows(X), steps, W, None, None, None)
    if not np.isfinite(W).all():
        raise FloatingPointError(f"the weights are not finite after step {n - 1}; take a smaller eta")
    new: Array = W[0]
    return new


def sigmoid_sum_forward(X: Any, W: Any, v: Any, *, backend: str = "auto") -> tuple[Array, Array, Array]:
    """Evaluate y = sum_j logistic(v_j max(x W_j, 0)) for each row, (NN-1), (NN-2) and (NN-4).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    W : array-like of shape (n_features, n_hidden)
    v : array-like of shape (n_hidden,)
    backend : {"auto", "compiled", "reference"}

    Returns
    -------
    r, s : ndarray of shape (n_samples, n_hidden)
        Hidden activations max(x W_j, 0), and the sigmoids.
    y : ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        Shapes disagree, or a value is not finite.
    """
    return _compute(get_backend(backend).sigmoid_sum_forward, *_network(X, W, v))


def sigmoid_sum_gradients(X: Any, W: Any, v: Any, *, backend: str = "auto") -> tuple[Array, Array, Array]:
    """Return y of each row and its derivatives by every weight, (NN-5) and (NN-6).

    Parameters: as for :func:`sigmoid_sum_forward`. At a hidden activation of 0 the derivative of max(., 0) is taken as 0.

    Returns
    -------
    y : ndarray of shape (n_samples,)
    dW : ndarray of shape (n_samples, n_features, n_hidden)
    dv : ndarray of shape (n_samples, n_hidden)

    Examples
    --------
    >>> y, dW, dv = sigmoid_sum_gradients([[1.0, -1.0]], [[4.0, 1.0], [2.0, 2.0]], [1.0, 1.0])
    >>> y.round(6), dv.round(6)
    (array([1.380797]), array([[0.209987, 0.      ]]))
    """
    return _compute(get_backend(backend).sigmoid_sum_gradients, *_network(X, W, v))


def sigmoid_sum_backward(X: Any, W: Any, v: Any, dy: Any, *, backend: str = "auto") -> tuple[Array, Array]:
    """Return the sum over rows of dy_i times the derivatives of y_i: the gradient of any loss of the y_i.

    Parameters
    ----------
    X, W, v, backend : as for :func:`sigmoid_sum_forward`
    dy : array-like of shape (n_samples,)
        Derivative of the loss by each y_i.

    Returns
    -------
    dW : ndarray of shape (n_features, n_hidden)
    dv : ndarray of shape (n_hidden,)
        Summed in float64.
    """
    X, W, v = _network(X, W, v)
    dy = as_vector(dy, len(X), "dy", X.dtype)
    return _compute(get_backend(backend).sigmoid_sum_backward, X, W, v, dy)


def two_layer_forward(
    X: Any, W1: Any, b1: Any, W2: Any, b2: Any, *, activation: str = "relu", backend: str = "auto"
) -> tuple[Array, Array]:
    """Evaluate z = activation(X W1 + b1) and o = z W2 + b2 for each row, (NN-1) to (NN-3).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    W1, b1 : array-like of shape (n_features, n_hidden) and (n_hidden,)
    W2, b2 : array-like of shape (n_hidden, n_outputs) and (n_outputs,)
    activation : {"relu", "tanh", "logistic"}, default="relu"
    backend : {"auto", "compiled", "reference"}

    Returns
    -------
    z : ndarray of shape (n_samples, n_hidden)
    o : ndarray of shape (n_samples, n_outputs)
        Values, or what a sigmoid or softmax of the caller's turns into probabilities. float32 or float64 after X.

    Raises
    ------
    ValueError
        Shapes disagree, or a value is not finite.
    """
    return _compute(get_backend(backend).two_layer_forward, *_two_layer(X, W1, b1, W2, b2), activation)


def two_layer_jacobians(
    X: Any, W1: Any, b1: Any, W2: Any, b2: Any, *, activation: str = "relu", backend: str = "auto"
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the outputs of each row and the derivatives of each output by every weight, (NN-14).

    Parameters: as for :func:`two_layer_forward`.

    Returns
    -------
    o : ndarray of shape (n_samples, n_outputs)
    dW1, db1, dW2, db2 : ndarray of shape (n_samples, n_outputs, *shape of the weights)
        At a pre-activation of 0 the derivative of relu is taken as 0.

    Raises
    ------
    ValueError
        Shapes disagree, or a value is not finite.
    MemoryError
        The derivatives do not fit into the memory that is left: take fewer rows at a time.

    Examples
    --------
    >>> o, dW1, db1, dW2, db2 = two_layer_jacobians([[1.0, -1.0]], [[4.0, 1.0], [2.0, 2.0]], [0.0, 0.0], [[1.0], [3.0]], [0.5])
    >>> o, dW1[0, 0], dW2[0, 0]   # z = (2, 0): the second unit is off
    (array([[2.5]]), array([[ 1.,  0.],
           [-1., -0.]]), array([[2.],
           [0.]]))
    """
    X, W1, b1, W2, b2 = _two_layer(X, W1, b1, W2, b2)
    n_weights = W1.size + b1.size + W2.size + b2.size
    check_memory(len(X) * len(b2) * n_weights * X.itemsize, f"the derivatives of {len(X)} rows")
    return _compute(get_backend(backend).two_layer_jacobians, X, W1, b1, W2, b2, activation)


def two_layer_backward(
    X: Any, W1: Any, b1: Any, W2: Any, b2: Any, do: Any, *, activation: str = "relu", backend: str = "auto"
) -> tuple[Array, Array, Array, Array]:
    """Return the sum over rows and outputs of do_ic times the derivatives of o_ic: the gradient of any loss of them, (NN-8).

    Parameters
    ----------
    X, W1, b1, W2, b2, activation, backend : as for :func:`two_layer_forward`
    do : array-like of shape (n_samples, n_outputs)
        Derivative of the loss by each output.

    Returns
    -------
    dW1, db1, dW2, db2 : ndarray
        Shaped as the weights.
    """
    X, W1, b1, W2, b2 = _two_layer(X, W1, b1, W2, b2)
    do = np.ascontiguousarray(as_rows(do, "do"), np.float64)
    if do.shape != (len(X), len(b2)):
        raise ValueError(f"do has shape {do.shape}, expected ({len(X)}, {len(b2)}): one derivative a row and output")
    check_finite(do, "do")
    network = Network(W1, b1, W2, b2, "linear", activation)
    return _compute(get_backend(backend).two_layer_backward, DenseRows(X), do, network)


def _compute(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function of a backend; what is too large for the type of its result is infinity there, without a warning."""
    with np.errstate(over="ignore", invalid="ignore"):
        return function(*args, **kwargs)


def _rows_and_weights(X: Any, w: Any) -> tuple[Array, Array]:
    X = as_rows(X)
    check_finite(X, "X")
    return X, as_vector(w, X.shape[1], "w", X.dtype)


def _network(X: Any, W: Any, v: Any) -> tuple[Array, Array, Array]:
    X, W = as_rows(X), as_rows(W, "W")
    if len(W) != X.shape[1]:
        raise ValueError(f"W has shape {W.shape}, expected ({X.shape[1]}, n_hidden): one row a column of X")
    W = contiguous(W, X.dtype)
    check_finite(X, "X")
    check_finite(W, "W")
    return X, W, as_vector(v, W.shape[1], "v", X.dtype)


def _two_layer(X: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Return rows and weights as arrays of one type that the kernels read. Parameters: as for :func:`two_layer_forward`."""
    X, W1, W2 = as_rows(X), as_rows(W1, "W1"), as_rows(W2, "W2")
    if len(W1) != X.shape[1] or len(W2) != W1.shape[1]:
        raise ValueError(
            f"W1 has shape {W1.shape} and W2 has shape {W2.shape}, expected ({X.shape[1]}, n_hidden), (n_hidden, n_outputs): "
            "one row of W1 a column of X, one of W2 a hidden unit"
        )
    W1, W2 = contiguous(W1, X.dtype), contiguous(W2, X.dtype)
    for array, name in ((X, "X"), (W1, "W1"), (W2, "W2")):
        check_finite(array, name)
    return X, W1, as_vector(b1, W1.shape[1], "b1", X.dtype), W2, as_vector(b2, W2.shape[1], "b2", X.dtype)
