"""Error bars of the weights: their spread over bootstrap replicas (Efron 1979)."""

import numpy as np
from numpy.typing import NDArray

from hotloop.data.batch import Batch
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig


def bootstrap_counts(n_samples: int, n_replicas: int, seed: int) -> NDArray[np.uint8]:
    """Return how often each row is drawn in each replica, n_samples draws with replacement: (n_samples, n_replicas), uint8."""
    counts = np.empty((n_samples, n_replicas), np.uint8)
    for r in range(n_replicas):
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63 + r], dtype=np.uint64)))
        drawn = generator.integers(n_samples, size=n_samples)
        counts[:, r] = np.minimum(np.bincount(drawn, minlength=n_samples), 255)
    return counts


def bootstrap_deviations(
    start: LogisticState, rows: Batch, config: TrainingConfig, epochs: int, n_replicas: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the standard deviations of weights and intercepts, in the caller's units, over replicas of a model.

    Parameters
    ----------
    start : LogisticState
        Where each replica starts, standardised.
    rows : Batch
    config : TrainingConfig
        Of the model; its seed draws the rows of the replicas.
    epochs : int
        Epochs that the model was trained.
    n_replicas : int >= 2
    """
    counts = bootstrap_counts(len(rows), n_replicas, config.seed)
    replicas = LogisticModels(start, rows, [config] * n_replicas, counts)
    replicas.train(epochs)
    coef_std = np.std([replica.coef() for replica in replicas.states], axis=0, ddof=1, dtype=np.float64)
    return coef_std, np.std([replica.intercept() for replica in replicas.states], axis=0, ddof=1)
