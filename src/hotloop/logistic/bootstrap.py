"""Error bars of the weights: bootstrap replicas (Efron 1979)."""

import numpy as np
from numpy.typing import NDArray


def bootstrap_counts(n_samples: int, n_replicas: int, seed: int) -> NDArray[np.uint8]:
    """Return how often each row is drawn in each replica, n_samples draws with replacement: (n_samples, n_replicas), uint8."""
    counts = np.empty((n_samples, n_replicas), np.uint8)
    for r in range(n_replicas):
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63 + r], dtype=np.uint64)))
        drawn = generator.integers(n_samples, size=n_samples)
        counts[:, r] = np.minimum(np.bincount(drawn, minlength=n_samples), 255)
    return counts
