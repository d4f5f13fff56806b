"""Columns that every sparse row has: found, and standardised as those of dense rows."""

import numpy as np
import pytest
from scipy import sparse

from hotloop import LogisticSGDClassifier
from hotloop.data.csr import from_scipy
from hotloop.preprocessing import full_columns as module
from hotloop.preprocessing.full_columns import full_columns, statistics_of
from hotloop.preprocessing.standardization import ColumnStatistics


def mixed(n=60, seed=0):
    """Rows with numbers in columns 0 and 3, and one of three categories in columns 1, 2 and 4."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n, 5))
    X[:, 0], X[:, 3] = rng.normal(5, 2, n), rng.normal(-100, 30, n)
    X[np.arange(n), np.array([1, 2, 4])[rng.integers(3, size=n)]] = 1
    return X


@pytest.mark.parametrize("cells_at_once", [1, 7, 1 << 20])
def test_columns_that_every_row_has(cells_at_once, monkeypatch):
    monkeypatch.setattr(module, "CELLS_AT_ONCE", cells_at_once)
    X = mixed()
    rows = from_scipy(sparse.csr_matrix(X))
    assert full_columns(rows).tolist() == [0, 3]
    weights = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
    found, expected = statistics_of(rows, np.array([0, 3]), weights), ColumnStatistics(2)
    expected.update(np.ascontiguousarray(X[:, [0, 3]]), weights)
    for name in ("mean", "deviation", "lowest", "highest"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-12)


def test_no_column_is_full():
    assert full_columns(from_scipy(sparse.csr_matrix(np.eye(4)))).tolist() == []
    last_row_lacks_it = mixed()
    last_row_lacks_it[-1, 0] = 0
    assert full_columns(from_scipy(sparse.csr_matrix(last_row_lacks_it))).tolist() == [3]


def test_auto_standardises_numbers_among_categories(backend):
    """z of a full column as in dense rows; a category keeps its unit."""
    X, y = mixed(400), np.arange(400) % 2
    y = (X[:, 0] + X[:, 1] * 3 + np.random.default_rng(2).normal(size=400) > 5.5).astype(int)
    how = {"alpha": 1e-3, "eta0": 0.05, "max_iter": 3, "tol": None, "random_state": 0}
    model = LogisticSGDClassifier(**how).fit(sparse.csr_matrix(X), y)
    Z = X.copy()
    for j in (0, 3):
        Z[:, j] = (X[:, j] - X[:, j].mean()) / X[:, j].std()
    expected = LogisticSGDClassifier(standardize=None, **how).fit(Z, y)
    assert model.decision_function(X) == pytest.approx(expected.decision_function(Z), rel=1e-9, abs=1e-9)
    far = sparse.csr_matrix(X * np.array([1e3, 1, 1, 1e-3, 1]))
    assert LogisticSGDClassifier(**how).fit(far, y).score(far, y) == model.score(X, y)
