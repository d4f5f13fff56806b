"""One table of named cases, for tests and benchmarks alike: rows with labels of a known model, dense, CSR, or of a network.

``AGREEMENT`` has shapes at the edges of a vector, for the laws; ``BENCH`` what is timed, larger than any cache so that rows
come from memory. ``few`` makes of a timed case one that the oracle passes in a moment, so that what is timed is also checked.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """Dense rows of independent columns, labels drawn from a logistic model.

    ``eta`` is the largest step for which the sequential rule is well conditioned: 1 / mean ||x||^2.
    """

    name: str
    n_samples: int
    n_features: int
    dtype: Any = np.float32
    seed: int = 0

    def rows(self):
        """Return X (n_samples, n_features) and y (n_samples,), float64 0 and 1."""
        draw = np.random.default_rng(self.seed)
        X = draw.standard_normal((self.n_samples, self.n_features), dtype=self.dtype)
        w = draw.standard_normal(self.n_features) / np.sqrt(self.n_features)
        y = (draw.random(self.n_samples) < 1 / (1 + np.exp(-2 * (X @ w)))).astype(np.float64)
        return X, y

    @property
    def eta(self):
        """1 / mean ||x||^2, which is 1 / n_features for these rows."""
        return 1 / self.n_features


@dataclass(frozen=True)
class CSRCase:
    """CSR rows of some columns drawn by Zipf's law and spread over all, a value each or all 1; ``eta`` suits them."""

    name: str
    n_samples: int
    n_features: int
    n_drawn: int
    ones: bool
    eta: float
    dtype: Any = np.float32

    def rows(self):
        """Return X, a SciPy CSR matrix with rising columns, and y, float64 0 and 1."""
        from scipy.sparse import csr_matrix

        draw = np.random.default_rng(0)
        ranks = np.exp(draw.random((self.n_samples, self.n_drawn)) * np.log(self.n_features)) - 1
        spread = ranks.astype(np.uint64) * np.uint64(2654435761) % np.uint64(self.n_features)
        indices = np.sort(spread.astype(np.int32), axis=1)
        first = np.ones(indices.shape, bool)
        first[:, 1:] = indices[:, 1:] != indices[:, :-1]
        indptr = np.concatenate([[0], np.cumsum(first.sum(axis=1))]).astype(np.int32)
        indices = indices[first]
        data = np.ones(len(indices), self.dtype) if self.ones else draw.random(len(indices), self.dtype) + self.dtype(0.5)
        X = csr_matrix((data, indices, indptr), shape=(self.n_samples, self.n_features))
        w = draw.standard_normal(self.n_features).astype(self.dtype) / self.dtype(np.sqrt(self.n_drawn))
        y = draw.random(self.n_samples) < 1 / (1 + np.exp(-2 * (X @ w)))
        return X, y.astype(np.float64)


@dataclass(frozen=True)
class NetworkCase:
    """Rows and first weights of a network; ``output`` None is the sum of sigmoids without training.

    The peers of a benchmark take ``batch`` rows at a time, None where there are no peers. A row has at most ``nonzeros`` values
    that are not zero. ``kind`` says how rows are kept: "dense", "csr", or "mnist", dense rows with the zeros of MNIST / 255.
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
        from scipy.sparse import csr_matrix

        shape = self.n_samples, self.n_features
        if self.nonzeros is None:
            return draw.standard_normal(shape)
        if self.kind == "mnist":
            return draw.integers(1, 256, shape) / 255 * (draw.random(shape, np.float32) < self.nonzeros / self.n_features)
        indices = draw.integers(0, self.n_features, (self.n_samples, self.nonzeros), np.int32)
        indptr = np.arange(self.n_samples + 1, dtype=np.int32) * self.nonzeros
        X = csr_matrix((draw.random(indices.size), indices.ravel(), indptr), shape)
        X.sum_duplicates()
        return X


def few(case, n_samples=200, n_features=5000):
    """Return the case with at most so many rows and columns."""
    return replace(case, n_samples=min(n_samples, case.n_samples), n_features=min(n_features, case.n_features))


AGREEMENT = [
    Case(f"{np.dtype(dtype).name}-{k}", 2000, k, dtype, seed=k)
    for dtype in (np.float32, np.float64)
    for k in (1, 7, 16, 33, 130)
]
BENCH = [
    Case("dense-8", 4_000_000, 8),
    Case("dense-28", 2_000_000, 28),
    Case("dense-128", 500_000, 128),
    Case("dense-1000", 64_000, 1000),
    Case("dense-10000", 6_400, 10_000),
]
BENCH_CSR = [
    CSRCase("rcv1-shape", 200_000, 47_236, 75, False, 0.02),
    CSRCase("clicks-2^20", 500_000, 1 << 20, 39, True, 0.03),
    CSRCase("clicks-2^24", 500_000, 1 << 24, 39, True, 0.03),
]
MNIST = {"n_features": 784, "n_hidden": 128, "n_outputs": 10, "output": "softmax", "nonzeros": 150, "kind": "mnist"}
BENCH_NETWORKS = [
    NetworkCase("sigmoid-sum-2x2-float32", 1_000_000, 2, 2, 1, None),
    NetworkCase("sigmoid-sum-2x2-float64", 1_000_000, 2, 2, 1, None, np.float64),
    NetworkCase("net-28-32-1", 200_000, 28, 32, 1, "linear"),
    NetworkCase("net-64-32-10", 100_000, 64, 32, 10, "softmax"),
    NetworkCase("net-28-32-binary", 200_000, 28, 32, 1, "sigmoid", batch=1),
    NetworkCase("net-28-32-binary-128", 200_000, 28, 32, 1, "sigmoid", batch=128),
    NetworkCase("net-784-128-10", 60_000, **MNIST, batch=1),
    NetworkCase("net-784-128-10-128", 60_000, **MNIST, batch=128),
    NetworkCase("net-csr-10000-32-binary", 20_000, 10_000, 32, 1, "sigmoid", batch=1, nonzeros=50, kind="csr"),
    NetworkCase("net-csr-10000-32-binary-128", 20_000, 10_000, 32, 1, "sigmoid", batch=128, nonzeros=50, kind="csr"),
]
AGREEMENT_CSR = [
    replace(few(case), name=f"{case.name}-{np.dtype(of).name}", dtype=of)
    for case in BENCH_CSR[:2]
    for of in (np.float32, np.float64)
]
AGREEMENT_NETWORKS = [few(case, 60, 700) for case in BENCH_NETWORKS if case.output and case.batch != 128]

# One step on so few rows that each entry of a gradient is a difference of two losses.
GRADIENT = [Case("gradient-1", 6, 1, np.float64), Case("gradient-6", 4, 6, np.float64)]
GRADIENT_CSR = [
    CSRCase("gradient-csr", 4, 7, 3, False, 0.1, np.float64),
    CSRCase("gradient-csr-ones", 4, 7, 3, True, 0.1, np.float64),
]
GRADIENT_NETWORKS = [
    NetworkCase("gradient-linear", 3, 4, 3, 1, "linear", np.float64),
    NetworkCase("gradient-sigmoid", 4, 4, 3, 1, "sigmoid", np.float64),
    NetworkCase("gradient-softmax", 6, 4, 3, 3, "softmax", np.float64),
    NetworkCase("gradient-csr", 3, 6, 3, 3, "softmax", np.float64, nonzeros=2, kind="csr"),
]
