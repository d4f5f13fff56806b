"""Rows, a start and plans of six models that are trained in the same reads."""

from dataclasses import replace

import numpy as np

from hotloop.data.batch import Batch
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig

N_SAMPLES, N_FEATURES, N_MODELS = 90, 5, 6


def rows_of(n_classes, dtype):
    draw = np.random.default_rng(n_classes)
    X = draw.standard_normal((N_SAMPLES, N_FEATURES)).astype(dtype)
    y = (X @ draw.standard_normal((N_FEATURES, n_classes)) + draw.standard_normal((N_SAMPLES, n_classes))).argmax(axis=1)
    return Batch(X, y.astype(np.float64), draw.choice([0.0, 0.5, 1.0], N_SAMPLES))


def start_of(n_classes, dtype, **options):
    state = LogisticState.zeros(
        1 if n_classes == 2 else n_classes, N_FEATURES, dtype, **{"fit_intercept": True, "averaged": True} | options
    )
    state.center, state.scale = np.full(N_FEATURES, 0.1, dtype), np.full(N_FEATURES, 0.9, dtype)
    return state


def configs_of(**options):
    config = TrainingConfig(eta0=0.2, alpha=0.01, horizon=50.0, max_iter=1, tol=None, seed=3)
    pairs = [(0.2, 0.0), (0.2, 0.0), (0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.05, 0.01)]
    return [replace(config, eta0=eta0, alpha=alpha, **options) for eta0, alpha in pairs]


COUNTS = np.random.default_rng(0).integers(0, 3, (N_SAMPLES, N_MODELS)).astype(np.uint8)
