"""The same rule elsewhere: the same order, step size, dtype and number of passes, no penalty, one thread.

Where the comparison is unequal:

- SGDClassifier.fit is the whole call: it checks its input and makes arrays around the pass, as LogisticSGDClassifier.fit does.
  Its pass alone has no public name.
- The numba loop is the pass alone, with fastmath: the compiler may reorder its sums. Its compilation is not timed. Its margin
  is summed in float32, that of hotloop in float32 lanes and then carried in float64.
"""

from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np

Peer = tuple[Callable[[], Any], Callable[[Any, int], None], Callable[[Any], list[np.ndarray]]]


def scikit_learn(X: np.ndarray, y: np.ndarray, eta: float, shuffle: bool = False) -> Peer:
    """Return start, train and weights (see bench.measure.Candidate) of SGDClassifier, one epoch."""
    from sklearn.linear_model import SGDClassifier

    labels = y.astype(np.int64)

    def start() -> SGDClassifier:
        return SGDClassifier(
            loss="log_loss", penalty=None, learning_rate="constant", eta0=eta, max_iter=1, tol=None, shuffle=shuffle
        )

    def train(model: SGDClassifier, n_samples: int) -> None:
        model.fit(X[:n_samples], labels[:n_samples])

    return start, train, lambda model: [np.append(model.coef_, model.intercept_)]


def numba_loop(X: np.ndarray, y: np.ndarray, eta: float) -> Peer | None:
    """Return the same of a plain loop compiled by numba; None where numba is not installed."""
    try:
        from numba import njit
    except ImportError:
        return None

    @njit(fastmath=True)
    def logistic_pass(X, y, eta, w):  # w holds the intercept in its last place
        k = X.shape[1]
        one = np.float32(1)
        for i in range(len(X)):
            m = w[k]
            for j in range(k):
                m += X[i, j] * w[j]
            step = eta * (y[i] - one / (one + np.float32(exp(-m))))
            for j in range(k):
                w[j] += step * X[i, j]
            w[k] += step

    labels = y.astype(X.dtype)

    def train(w: np.ndarray, n_samples: int) -> None:
        logistic_pass(X[:n_samples], labels[:n_samples], X.dtype.type(eta), w)

    def start() -> np.ndarray:
        return np.zeros(X.shape[1] + 1, X.dtype)

    train(start(), 10)  # compile
    return start, train, lambda w: [w.astype(np.float64)]


def numba_sparse_loop(X: Any, y: np.ndarray, eta: float) -> Peer | None:
    """Return the same of a plain loop over CSR rows compiled by numba; None where numba is not installed."""
    try:
        from numba import njit
    except ImportError:
        return None

    @njit(fastmath=True)
    def logistic_pass(starts, places, values, n_samples, y, eta, w):  # w holds the intercept in its last place
        k = len(w) - 1
        one = np.float32(1)
        for i in range(n_samples):
            m = w[k]
            for j in range(starts[i], starts[i + 1]):
                m += values[j] * w[places[j]]
            step = eta * (y[i] - one / (one + np.float32(exp(-m))))
            for j in range(starts[i], starts[i + 1]):
                w[places[j]] += step * values[j]
            w[k] += step

    labels = y.astype(X.dtype)

    def train(w: np.ndarray, n_samples: int) -> None:
        logistic_pass(X.indptr, X.indices, X.data, n_samples, labels, X.dtype.type(eta), w)

    def start() -> np.ndarray:
        w = np.empty(X.shape[1] + 1, X.dtype)
        w[:] = 0  # its memory is there before the clock starts
        return w

    train(start(), 10)  # compile
    return start, train, lambda w: [w.astype(np.float64)]
