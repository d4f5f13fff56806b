"""Rows with many zeros, classes that follow them, and weights of which some are 0."""

import numpy as np


def weighted_rows(n_samples=60, n_features=5, n_classes=2, seed=0):
    draw = np.random.default_rng(seed)
    X = draw.standard_normal((n_samples, n_features)) * (draw.random((n_samples, n_features)) < 0.6)
    scores = X @ draw.standard_normal((n_features, n_classes)) + 0.7 * draw.standard_normal((n_samples, n_classes))
    return X, scores.argmax(axis=1), draw.choice([0.0, 0.5, 1.0, 3.0], n_samples)
