"""The two-layer network: derivatives of the sum of sigmoids, and one pass of per-sample SGD, with peers (peers/two_layer.py).

Under ``pytest`` the cases have an eighth of their rows, and no peers.
"""

import os
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from cases import BENCH_NETWORKS, NetworkCase
from scipy.sparse import issparse

from bench.measure import Candidate
from bench.speed.peers.task import Task
from bench.speed.peers.two_layer import bytes_of_row
from bench.speed.peers.two_layer import candidates as peers_of
from hotloop import TwoLayerClassifier, kernels, reference
from hotloop.data.csr import from_scipy
from hotloop.structs import BatchOptimizer, DenseRows, Dropout, Network, Pass

LEVELS = kernels.available_levels()
PREFIX = 1024  # rows over which the oracle is compared; longer, rounding turns some unit across its kink
REFERENCE_ROWS, REFERENCE_PRODUCTS = 20_000, 50_000_000  # of the oracle at most: rows, and products of the first layer
SOME_ROWS = 2_000  # from which the step size is found
BOUND = {np.float32: 1e-4, np.float64: 1e-10}  # of max|dw| / max|w|, above which a speed is no result

CASES = BENCH_NETWORKS
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in CASES]


def candidates(case: NetworkCase, peers: bool = True) -> list[Candidate]:
    """Return hotloop at each level, the peers and the reference over the rows of the case."""
    X, y, W1, W2 = arrays_of(case)
    *hotloop, oracle = ours(case, X, y, W1, W2)
    if peers and case.batch:
        task = task_of(case, X, y, W1, W2)
        hotloop += [*minibatches(task, case), *whole_fits(case, X, y), *peers_of(case.name, task)]
    return [*hotloop, oracle]


def arrays_of(case: NetworkCase):
    """Return X, y, W1 and W2; the rows of MNIST are the real ones where HOTLOOP_DATA has them."""
    X, y, W1, W2 = case.arrays()
    if case.kind == "mnist" and os.environ.get("HOTLOOP_DATA"):
        from bench.datasets import load

        mnist = load("mnist")
        X, y = mnist.X[: case.n_samples].astype(case.dtype) / 255, mnist.y[: case.n_samples].astype(np.float64)
    return X, y, W1, W2


def ours(case: NetworkCase, X, y, W1, W2) -> list[Candidate]:
    """Return the kernels at each level, and the reference last; they go row by row, whatever the batch of the peers."""
    n, row = X.shape[0], bytes_of_row(X)
    found = _derivatives(case, X, W1, W2) if case.output is None else _passes(case, X, y, W1, W2)
    return [
        Candidate(case.name, key, name, rows, int(rows * row), *parts)
        for key, name, rows, parts in ((key, name, min(n, rows or n), parts) for key, name, rows, parts in found)
    ]


def whole_fits(case: NetworkCase, X, y) -> list[Candidate]:
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

    return [
        Candidate(case.name, "two_layer_fit", "TwoLayerClassifier.fit", len(X), X.nbytes, start, train, lambda model: [], None)
    ]


def minibatches(task: Task, case: NetworkCase) -> list[Candidate]:
    """Return the kernel that takes the batches of the peers, at the highest level."""
    if case.batch == 1:
        return []
    n, rows, y = task.X.shape[0], rows_of(task.X), task.y.astype(np.float64)
    ones, order, eta, optimizer = (
        np.ones(n),
        np.arange(n, dtype=np.intp),
        np.full(n, task.eta),
        BatchOptimizer("sgd", case.batch),
    )

    def start():
        return [w.copy() for w in task.first], [np.zeros_like(w) for w in task.first]

    def train(state, n_samples):
        weights, velocities = state
        steps, network = Pass(order[:n_samples], y, ones, eta[:n_samples]), Network(*weights, case.output)
        kernels.two_layer_minibatch_pass(rows, steps, network, optimizer, velocities, Dropout())

    start_here, oracle = _at_level(LEVELS[0], start), lru_cache(task.oracle)
    size = int(n * bytes_of_row(task.X))
    return [
        Candidate(
            case.name,
            "two_layer_minibatch_pass",
            "two_layer_minibatch_pass",
            n,
            size,
            start_here,
            train,
            lambda state: state[0],
            oracle,
        )
    ]


def task_of(case: NetworkCase, X, y, W1, W2) -> Task:
    """Return what the peers do."""
    first = W1, np.zeros(case.n_hidden, case.dtype), W2, np.zeros(case.n_outputs, case.dtype)
    return Task(X, y.astype(np.int64), first, step_size(case, X), case.batch)


def step_size(case: NetworkCase, X) -> float:
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


def _key_and_name(function, backend, name):
    return ("reference", name) if backend is reference else (f"{function}@{name}", f"{function}, {name}")


def _derivatives(case, X, W, W2):
    v = np.ascontiguousarray(W2[:, 0])

    @lru_cache
    def oracle(n_samples):
        return reference.sigmoid_sum_gradients(*(a.astype(np.float64) for a in (X[:n_samples], W, v)))

    def train(backend):
        return lambda out, n_samples: out.update(found=backend.sigmoid_sum_gradients(X[:n_samples], W, v))

    for backend, name, level, rows in _ways(case):
        key, name = _key_and_name("sigmoid_sum_gradients", backend, name)
        yield key, name, rows, (_at_level(level, dict), train(backend), lambda out: out["found"], oracle)


def rows_of(X):
    """Return the rows as the kernels take them."""
    return from_scipy(X) if issparse(X) else DenseRows(X)


def _passes(case, X, y, W1, W2):
    eta = step_size(case, X)
    first = W1, np.zeros(case.n_hidden, case.dtype), W2, np.zeros(case.n_outputs, case.dtype)
    n = X.shape[0]
    ones, order, eta = np.ones(n), np.arange(n, dtype=np.intp), np.full(n, eta)

    def run(backend, rows, weights, n_samples):
        steps = Pass(order[:n_samples], y, ones, eta[:n_samples])
        backend.two_layer_pass(rows, steps, Network(*weights, case.output), Dropout())

    @lru_cache
    def oracle(n_samples):
        weights = [w.astype(np.float64) for w in first]
        run(reference, rows_of(X.astype(np.float64)), weights, n_samples)
        return weights

    def train(backend, rows):
        return lambda weights, n_samples: run(backend, rows, weights, n_samples)

    def start():
        return [w.copy() for w in first]

    for backend, name, level, few in _ways(case):
        key, name = _key_and_name("two_layer_pass", backend, name)
        if backend is reference and case.kind == "mnist":
            constants = np.zeros(case.n_features, case.dtype), np.full(case.n_features, 1 / 255, case.dtype)
            pixels = train(kernels, DenseRows(np.rint(X * 255).astype(np.uint8), *constants))
            ours = _at_level(LEVELS[0], start), pixels, lambda weights: weights, oracle
            yield "two_layer_pass@uint8", "two_layer_pass, uint8 rows", None, ours
        yield key, name, few, (_at_level(level, start), train(backend, rows_of(X)), lambda weights: weights, oracle)


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
