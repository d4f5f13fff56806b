"""Named cases, used by tests and benchmarks alike: rows with labels of a known logistic model."""

from dataclasses import dataclass
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


AGREEMENT = [
    Case(f"{np.dtype(dtype).name}-{k}", 2000, k, dtype, seed=k)
    for dtype in (np.float32, np.float64)
    for k in (1, 7, 16, 33, 130)
]

# Larger than any cache, so that rows come from memory.
BENCH = [
    Case("dense-8", 4_000_000, 8),
    Case("dense-28", 2_000_000, 28),
    Case("dense-128", 500_000, 128),
    Case("dense-1000", 64_000, 1000),
    Case("dense-10000", 6_400, 10_000),
]
