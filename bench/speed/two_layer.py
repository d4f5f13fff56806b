"""The two-layer network: derivatives of the sum of sigmoids, and one pass of per-sample SGD, with peers (peers_two_layer.py).

Under ``pytest`` the cases have an eighth of their rows, and no peers.
"""

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse

from bench.measure import Candidate
from bench.speed import peers_two_layer
from hotloop import TwoLayerClassifier, kernels, reference

LEVELS = kernels.available_levels()
PREFIX = 1024  # rows over which the oracle is compared; longer, rounding turns some unit across its kink
REFERENCE_ROWS, REFERENCE_PRODUCTS = 20_000, 50_000_000  # of the oracle at most: rows, and products of the first layer
SOME_ROWS = 2_000  # from which the step size is found
BOUND = {np.float32: 1e-4, np.float64: 1e-10}  # of max|dw| / max|w|, above which a speed is no result


@dataclass(frozen=True)
class Network:
    """Rows and first weights of a network; ``output`` None is the sum of sigmoids without training.

    A ``batch`` is what the peers take at a time, None where there are no peers. Of ``nonzeros`` a row, the others are zero;
    ``kind`` says how the rows are kept: "dense", "csr", or "mnist", those of MNIST / 255 where HOTLOOP_DATA has them.
    """

    name: str
    n_samples: int
    n_features: int
    n_hidden: int
    n_outputs: int
    output: str | None
    dtype: Any = np.float32
    batch: int | None = None
    nonzeros: int | None = None
    kind: str = "dense"

    def arrays(self):
        """Return X, y, W1 and W2 of the dtype; y is float64."""
        draw = np.random.default_rng(0)
        W1 = draw.standard_normal((self.n_features, self.n_hidden)) * (2 / (self.nonzeros or self.n_features)) ** 0.5
        W2 = draw.standard_normal((self.n_hidden, self.n_outputs)) * self.n_hidden**-0.5
        true1, true2 = draw.standard_normal((self.n_features, 8)), draw.standard_normal((8, self.n_outputs))
        if self.kind == "mnist" and os.environ.get("HOTLOOP_DATA"):
            from bench.datasets import load

            mnist = load("mnist")
            X, y = mnist.X[: self.n_samples].astype(self.dtype) / 255, mnist.y[: self.n_samples].astype(np.float64)
            return X, y, W1.astype(self.dtype), W2.astype(self.dtype)
        X = self._rows(draw)
        true = np.maximum(X @ true1, 0) @ true2
        if self.nonzeros:  # values are not negative: without this a class would get nearly all rows
            true = (true - true.mean(axis=0)) / true.std(axis=0)
        y = true[:, 0] / true[:, 0].std()
        if self.output == "softmax":
            y = true.argmax(axis=1).astype(np.float64)
        elif self.output == "sigmoid":
            y = (true[:, 0] > np.median(true[:, 0])).astype(np.float64)
        return X.astype(self.dtype), y, W1.astype(self.dtype), W2.astype(self.dtype)

    def _rows(self, draw):
        shape = self.n_samples, self.n_features
        if self.nonzeros is None:
            return draw.standard_normal(shape)
        if self.kind == "mnist":
            return draw.integers(1, 256, shape) / 255 * (draw.random(shape, np.float32) < self.nonzeros / self.n_features)
        places = draw.integers(0, self.n_features, (self.n_samples, self.nonzeros), np.int32)
        starts = np.arange(self.n_samples + 1, dtype=np.int32) * self.nonzeros
        X = csr_matrix((draw.random(places.size), places.ravel(), starts), shape)
        X.sum_duplicates()
        return X


MNIST = {"n_features": 784, "n_hidden": 128, "n_outputs": 10, "output": "softmax", "nonzeros": 150, "kind": "mnist"}
CASES = [
    Network("sigmoid-sum-2x2-float32", 1_000_000, 2, 2, 1, None),
    Network("sigmoid-sum-2x2-float64", 1_000_000, 2, 2, 1, None, np.float64),
    Network("net-28-32-1", 200_000, 28, 32, 1, "linear"),
    Network("net-64-32-10", 100_000, 64, 32, 10, "softmax"),
    Network("net-28-32-binary", 200_000, 28, 32, 1, "sigmoid", batch=1),
    Network("net-28-32-binary-128", 200_000, 28, 32, 1, "sigmoid", batch=128),
    Network("net-784-128-10", 60_000, **MNIST, batch=1),
    Network("net-784-128-10-128", 60_000, **MNIST, batch=128),
    Network("net-csr-10000-32-binary", 20_000, 10_000, 32, 1, "sigmoid", batch=1, nonzeros=50, kind="csr"),
    Network("net-csr-10000-32-binary-128", 20_000, 10_000, 32, 1, "sigmoid", batch=128, nonzeros=50, kind="csr"),
]
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in CASES]


def candidates(case: Network, peers: bool = True) -> list[Candidate]:
    """Return hotloop at each level, the peers and the reference over the rows of the case."""
    X, y, W1, W2 = case.arrays()
    *hotloop, oracle = ours(case, X, y, W1, W2)
    if peers and case.batch:
        task = task_of(case, X, y, W1, W2)
        hotloop += [*minibatches(task, case), *whole_fits(case, X, y), *peers_two_layer.candidates(case.name, task)]
    return [*hotloop, oracle]


def ours(case: Network, X, y, W1, W2) -> list[Candidate]:
    """Return the kernels at each level, and the reference last; they go row by row, whatever the batch of the peers."""
    n, row = X.shape[0], peers_two_layer.bytes_of_row(X)
    found = _derivatives(case, X, W1, W2) if case.output is None else _passes(case, X, y, W1, W2)
    return [
        Candidate(case.name, name, rows, int(rows * row), *parts)
        for name, rows, parts in ((name, min(n, rows or n), parts) for name, rows, parts in found)
    ]


def whole_fits(case: Network, X, y) -> list[Candidate]:
    """Return TwoLayerClassifier.fit of dense rows, one epoch as the peers do; its first weights are its own."""
    if issparse(X):
        return []
    own = {"alpha": 0.0, "eta0": step_size(case, X), "learning_rate": "constant", "max_iter": 1, "tol": None, "shuffle": False}
    if case.batch > 1:
        own |= {"batch_size": case.batch, "momentum": 0.0}
    model = TwoLayerClassifier(case.n_hidden, standardize=None, random_state=0, **own)

    def start():
        kernels.use_level(LEVELS[0])
        return model

    def train(model, n_samples):
        model.fit(X[:n_samples], y[:n_samples])

    return [Candidate(case.name, "TwoLayerClassifier.fit", len(X), X.nbytes, start, train, lambda model: [], None)]


def minibatches(task: peers_two_layer.Task, case: Network) -> list[Candidate]:
    """Return the kernel that takes the batches of the peers, at the highest level."""
    if case.batch == 1:
        return []
    n, rows, y = task.X.shape[0], rows_of(task.X), task.y.astype(np.float64)
    ones, order, steps = np.ones(n), np.arange(n, dtype=np.intp), np.full(n, task.eta)

    def start():
        return [w.copy() for w in task.first], [np.zeros_like(w) for w in task.first]

    def train(state, n_samples):
        weights, velocities = state
        own = rows, y, ones, order[:n_samples], steps[:n_samples], 0.0, None, None, *weights, case.output, "relu"
        kernels.two_layer_minibatch_pass(*own, case.batch, "sgd", velocities)

    start_here, oracle = _at_level(LEVELS[0], start), lru_cache(task.oracle)
    size = int(n * peers_two_layer.bytes_of_row(task.X))
    return [Candidate(case.name, "two_layer_minibatch_pass", n, size, start_here, train, lambda state: state[0], oracle)]


def task_of(case: Network, X, y, W1, W2) -> peers_two_layer.Task:
    """Return what the peers do."""
    first = W1, np.zeros(case.n_hidden, case.dtype), W2, np.zeros(case.n_outputs, case.dtype)
    return peers_two_layer.Task(X, y.astype(np.int64), first, step_size(case, X), case.batch)


def step_size(case: Network, X) -> float:
    """Return 0.3 over what the squared slope of an output by all weights is about."""
    some = X[:SOME_ROWS]
    squares = float(np.square(some.data if issparse(X) else some, dtype=np.float64).sum())
    return 0.3 / (case.n_hidden + 1 + (squares / some.shape[0] + 1) / 2)


def _at_level(level, start):
    def at_level():
        kernels.use_level(level)
        return start()

    return at_level


def _ways(case):
    """Return backend, name, level and rows of each candidate."""
    ways = [(kernels, level, level, None) for level in LEVELS]
    few = min(REFERENCE_ROWS, REFERENCE_PRODUCTS // (case.n_features * case.n_hidden))
    return [*ways, (reference, "reference, plain Python", LEVELS[0], few)]


def _derivatives(case, X, W, W2):
    v = np.ascontiguousarray(W2[:, 0])

    @lru_cache
    def oracle(n_samples):
        return reference.sigmoid_sum_gradients(*(a.astype(np.float64) for a in (X[:n_samples], W, v)))

    def train(backend):
        return lambda out, n_samples: out.update(found=backend.sigmoid_sum_gradients(X[:n_samples], W, v))

    for backend, name, level, rows in _ways(case):
        name = name if backend is reference else f"sigmoid_sum_gradients, {name}"
        yield name, rows, (_at_level(level, dict), train(backend), lambda out: out["found"], oracle)


def rows_of(X):
    """Return dense rows as they are, and of CSR rows what the kernels take."""
    return (X.indptr.astype(np.int64), X.indices, X.data, int(np.diff(X.indptr).max())) if issparse(X) else X


def _passes(case, X, y, W1, W2):
    eta = step_size(case, X)
    first = W1, np.zeros(case.n_hidden, case.dtype), W2, np.zeros(case.n_outputs, case.dtype)
    n = X.shape[0]
    ones, order, steps = np.ones(n), np.arange(n, dtype=np.intp), np.full(n, eta)

    def run(backend, rows, weights, n_samples, center=None, scale=None):
        backend.two_layer_pass(rows, y, ones, order[:n_samples], steps[:n_samples], 0.0, center, scale, *weights, case.output)

    @lru_cache
    def oracle(n_samples):
        weights = [w.astype(np.float64) for w in first]
        run(reference, rows_of(X.astype(np.float64)), weights, n_samples)
        return weights

    def train(backend, rows, **units):
        return lambda weights, n_samples: run(backend, rows, weights, n_samples, **units)

    def start():
        return [w.copy() for w in first]

    for backend, name, level, few in _ways(case):
        name = name if backend is reference else f"two_layer_pass, {name}"
        if backend is reference and case.kind == "mnist":
            units = {"center": np.zeros(case.n_features, case.dtype), "scale": np.full(case.n_features, 1 / 255, case.dtype)}
            pixels = train(kernels, np.rint(X * 255).astype(np.uint8), **units)
            yield "two_layer_pass, uint8 rows", None, (_at_level(LEVELS[0], start), pixels, lambda weights: weights, oracle)
        yield name, few, (_at_level(level, start), train(backend, rows_of(X)), lambda weights: weights, oracle)


@pytest.mark.parametrize("place", range(len(LEVELS)), ids=LEVELS)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_two_layer(benchmark, case, place):
    found = _of(case)[place]
    benchmark.extra_info.update(n_samples=found.n_samples, error=found.error(PREFIX))
    assert benchmark.extra_info["error"] < BOUND[case.dtype]
    benchmark.pedantic(lambda state: found.train(state, found.n_samples), setup=lambda: ((found.start(),), {}), rounds=5)


@lru_cache(maxsize=1)
def _of(case):
    return candidates(case, peers=False)
