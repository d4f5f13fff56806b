"""The same rule elsewhere: the same order, step size, dtype and number of passes, no penalty, one thread.

Where the comparison is unequal:

- SGDClassifier.fit is the whole call: it checks its input and makes arrays around the pass, as LogisticSGDClassifier.fit does.
  Its pass alone has no public name.
- Of the others each takes its own rule and prepares its rows beforehand: LogisticRegression goes over all of them until it
  stops by itself, torch takes a step of SGD for 256 rows, river a dict of columns, Vowpal Wabbit its binary cache and its own
  step sizes (adaptive, normalised, invariant). Their weights are not compared; each has fewer rows.
- The numba loop is the pass alone, with fastmath: the compiler may reorder its sums. Its compilation is not timed. Its margin
  is summed in float32, that of hotloop in float32 lanes and then carried in float64.
"""

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from math import exp
from pathlib import Path
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


Other = tuple[str, str, int, Callable[[], Any], Callable[[Any, int], None]]


def others(X: np.ndarray, y: np.ndarray, eta: float) -> list[Other]:
    """Return key, name, rows, start and train of what is installed of the others."""
    made = {"sklearn": logistic_regression, "torch": torch_batches, "river": river_rows, "vowpalwabbit": vowpal_wabbit}
    return [make(X, y, eta) for module, make in made.items() if find_spec(module) is not None]


def logistic_regression(X: np.ndarray, y: np.ndarray, eta: float) -> Other:
    """LogisticRegression as it stands, by lbfgs."""
    from sklearn.linear_model import LogisticRegression

    labels, n = y.astype(np.int64), min(len(y), max(1000, 4_000_000 // X.shape[1]))
    return (
        "logistic_regression",
        "scikit-learn LogisticRegression.fit",
        n,
        LogisticRegression,
        lambda model, n_samples: model.fit(X[:n_samples], labels[:n_samples]),
    )


def torch_batches(X: np.ndarray, y: np.ndarray, eta: float) -> Other:
    """A linear layer of torch by SGD, rows in order, 256 a step."""
    import torch

    torch.set_num_threads(1)
    n = min(len(y), max(1000, 10_000_000 // X.shape[1]))
    rows, labels = torch.from_numpy(X[:n]), torch.from_numpy(y[:n].astype(X.dtype))[:, None]

    def train(layer: Any, n_samples: int) -> None:
        optimizer, loss = torch.optim.SGD(layer.parameters(), lr=eta), torch.nn.BCEWithLogitsLoss()
        for first in range(0, n_samples, 256):
            part = slice(first, min(first + 256, n_samples))
            optimizer.zero_grad()
            loss(layer(rows[part]), labels[part]).backward()
            optimizer.step()

    return "torch@256", "torch, SGD, batch 256", n, lambda: torch.nn.Linear(X.shape[1], 1), train


def river_rows(X: np.ndarray, y: np.ndarray, eta: float) -> Other:
    """LogisticRegression of river, row by row."""
    from river import linear_model, optim

    n = min(len(y), max(200, 100_000 // X.shape[1]))
    rows, labels = [dict(enumerate(row)) for row in X[:n].tolist()], y[:n].astype(bool).tolist()

    def train(model: Any, n_samples: int) -> None:
        for row, label in zip(rows[:n_samples], labels[:n_samples], strict=True):
            model.learn_one(row, label)

    return "river", "river, row by row", n, lambda: linear_model.LogisticRegression(optim.SGD(eta), intercept_lr=eta), train


def vowpal_wabbit(X: np.ndarray, y: np.ndarray, eta: float) -> Other:
    """Vowpal Wabbit as it stands, logistic loss, from its binary cache."""
    from vowpalwabbit import Workspace

    n = min(len(y), max(1000, 2_000_000 // X.shape[1]))
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "rows.txt"
    with path.open("w") as lines:
        for row, label in zip(X[:n].tolist(), y[:n].tolist(), strict=True):
            lines.write(f"{2 * int(label) - 1} | " + " ".join(f"{j}:{value:.7g}" for j, value in enumerate(row)) + "\n")
    own = f"--loss_function logistic -b 18 -d {path} --cache_file {path}.cache --holdout_off --quiet"
    Workspace(own).finish()  # writes the cache

    def train(state: Any, n_samples: int) -> None:
        Workspace(own).finish()

    train.folder = folder  # type: ignore[attr-defined]  # which lasts as long
    return "vowpal_wabbit", "Vowpal Wabbit", n, lambda: None, train
