"""Rows to search on, and a fit by search."""

import numpy as np

from hotloop import LogisticSGDClassifier


def rows(n_samples=300, n_features=6, seed=0, positives=0.5, n_classes=2):
    draw = np.random.default_rng(seed)
    X = draw.standard_normal((n_samples, n_features))
    m = X @ draw.standard_normal((n_features, n_classes)) + draw.standard_normal((n_samples, n_classes))
    if n_classes > 2:
        return X, m.argmax(axis=1)
    m = m[:, 0] - m[:, 1]
    return X, (m > np.quantile(m, 1 - positives)).astype(int)


def fitted(X, y, **options):
    keys = ("sample_weight", "groups", "X_val", "y_val")
    given = {name: options.pop(name) for name in keys if name in options}
    return LogisticSGDClassifier(**{"random_state": 0} | options).fit(X, y, **given)
