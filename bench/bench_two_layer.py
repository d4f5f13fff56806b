"""The two-layer network: derivatives of the sum of sigmoids, and one pass of per-sample SGD.

Under ``pytest`` the cases have an eighth of their rows.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from bench.measure import Candidate
from hotloop import kernels, reference

LEVELS = kernels.available_levels()
PREFIX = 1000  # rows over which the oracle is compared; longer, rounding turns some unit across its kink
REFERENCE_ROWS = 20_000
BOUND = {np.float32: 1e-4, np.float64: 1e-10}  # of max|dw| / max|w|, above which a speed is no result


@dataclass(frozen=True)
class Network:
    """Rows and first weights of a network; ``output`` None is the sum of sigmoids without training."""

    name: str
    n_samples: int
    n_features: int
    n_hidden: int
    n_outputs: int
    output: str | None
    dtype: Any = np.float32

    def arrays(self):
        """Return X, y, W1 and W2 of the dtype; y is float64."""
        draw = np.random.default_rng(0)
        W1 = draw.standard_normal((self.n_features, self.n_hidden)) * (2 / self.n_features) ** 0.5
        W2 = draw.standard_normal((self.n_hidden, self.n_outputs)) * self.n_hidden**-0.5
        true1, true2 = draw.standard_normal((self.n_features, 8)), draw.standard_normal((8, self.n_outputs))
        X = draw.standard_normal((self.n_samples, self.n_features))
        true = np.maximum(X @ true1, 0) @ true2
        y = true.argmax(axis=1).astype(np.float64) if self.output == "softmax" else true[:, 0] / true[:, 0].std()
        return X.astype(self.dtype), y, W1.astype(self.dtype), W2.astype(self.dtype)


CASES = [
    Network("sigmoid-sum-2x2-float32", 1_000_000, 2, 2, 1, None),
    Network("sigmoid-sum-2x2-float64", 1_000_000, 2, 2, 1, None, np.float64),
    Network("net-28-32-1", 200_000, 28, 32, 1, "linear"),
    Network("net-64-32-10", 100_000, 64, 32, 10, "softmax"),
]
QUICK = [replace(case, n_samples=case.n_samples // 8) for case in CASES]


def candidates(case: Network) -> list[Candidate]:
    """Return hotloop at each level and the reference over the rows of the case."""
    X, y, W1, W2 = case.arrays()
    n = len(X)
    found = _derivatives(case, X, W1, W2) if case.output is None else _passes(case, X, y, W1, W2)
    return [
        Candidate(case.name, name, rows, rows * X[0].nbytes, *parts)
        for name, rows, parts in ((name, min(n, rows or n), parts) for name, rows, parts in found)
    ]


def _at_level(level, start):
    def at_level():
        kernels.use_level(level)
        return start()

    return at_level


def _ways():
    """Return backend, name, level and rows of each candidate."""
    ways = [(kernels, level, level, None) for level in LEVELS]
    return [*ways, (reference, "reference, plain Python", LEVELS[0], REFERENCE_ROWS)]


def _derivatives(case, X, W, W2):
    v = np.ascontiguousarray(W2[:, 0])

    @lru_cache
    def oracle(n_samples):
        return reference.sigmoid_sum_gradients(*(a.astype(np.float64) for a in (X[:n_samples], W, v)))

    def train(backend):
        return lambda out, n_samples: out.update(found=backend.sigmoid_sum_gradients(X[:n_samples], W, v))

    for backend, name, level, rows in _ways():
        name = name if backend is reference else f"sigmoid_sum_gradients, {name}"
        yield name, rows, (_at_level(level, dict), train(backend), lambda out: out["found"], oracle)


def _passes(case, X, y, W1, W2):
    eta = 0.3 / (case.n_hidden + 1 + (case.n_features + 1) / 2)
    first = W1, np.zeros(case.n_hidden, case.dtype), W2, np.zeros(case.n_outputs, case.dtype)
    n = len(X)
    ones, order, steps = np.ones(n), np.arange(n, dtype=np.intp), np.full(n, eta)

    def run(backend, X, weights, n_samples):
        backend.two_layer_pass(X, y, ones, order[:n_samples], steps[:n_samples], 0.0, None, None, *weights, case.output)

    @lru_cache
    def oracle(n_samples):
        weights = [w.astype(np.float64) for w in first]
        run(reference, X.astype(np.float64), weights, n_samples)
        return weights

    def train(backend):
        return lambda weights, n_samples: run(backend, X, weights, n_samples)

    def start():
        return [w.copy() for w in first]

    for backend, name, level, rows in _ways():
        name = name if backend is reference else f"two_layer_pass, {name}"
        yield name, rows, (_at_level(level, start), train(backend), lambda weights: weights, oracle)


@pytest.mark.parametrize("place", range(len(LEVELS)), ids=LEVELS)
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_two_layer(benchmark, case, place):
    found = _of(case)[place]
    benchmark.extra_info.update(n_samples=found.n_samples, error=found.error(PREFIX))
    assert benchmark.extra_info["error"] < BOUND[case.dtype]
    benchmark.pedantic(lambda state: found.train(state, found.n_samples), setup=lambda: ((found.start(),), {}), rounds=5)


@lru_cache(maxsize=1)
def _of(case):
    return candidates(case)
