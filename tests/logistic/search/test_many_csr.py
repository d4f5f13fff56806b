"""Many models of sparse rows are those of dense rows."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from searches import rows
from tolerances import relative_error

from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.search.many_csr import SparseLogisticModels
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.state import LogisticState
from hotloop.training.config import TrainingConfig

pytestmark = pytest.mark.filterwarnings("ignore:not converged")

# Many models over sparse rows


@pytest.mark.parametrize("averaged", [True, False])
def test_sparse_models_are_those_of_dense_rows(compiled, averaged):
    X, y = rows(200, 30)
    X = (X * (np.random.default_rng(1).random(X.shape) < 0.2)).astype(np.float32)
    counts = np.random.default_rng(2).integers(0, 2, (200, 5)).astype(np.uint8)
    configs = [TrainingConfig(eta0=0.1 * (1 + m // 2), alpha=0.01, horizon=100.0, seed=3) for m in range(5)]
    start = LogisticState.zeros(1, 30, np.float32, fit_intercept=True, averaged=averaged)
    start.b[:] = -0.5
    weight = np.random.default_rng(3).choice([0.0, 1.0, 2.0], 200)
    dense = LogisticModels(start, Batch(X, y.astype(float), weight), configs, counts)
    sparse_rows = Batch(from_scipy(sp.csr_array(X)), y.astype(float), weight)
    options = {"fit_intercept": True, "averaged": averaged, "intercept": -0.5}
    sparse = SparseLogisticModels(sparse_rows, configs, counts, np.float32, **options)
    chosen, left = np.flatnonzero(counts[:, 0] == 0), [4, 1, 2]
    for epochs in (1, 6):
        dense.train(epochs)
        sparse.train(epochs)
        assert_allclose(sparse.losses(chosen, [0, 2]), dense.losses(chosen, [0, 2]), rtol=1e-5)
        for m in range(5):
            assert relative_error(sparse.weights(m), dense.weights(m)) < 1e-5
    for models in (dense, sparse):
        models.keep(left)
        models.train(8)  # no new mean of iterates begins
    for m in range(3):
        assert relative_error(sparse.weights(m), dense.weights(m)) < 1e-5


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_models_that_are_kept_go_on_as_if_alone(compiled, n_classes, storage):
    X, y = rows(200, 6, n_classes=n_classes)
    own = Batch(from_scipy(sp.csr_array(X)) if storage == "sparse" else X, y.astype(float), np.ones(200))
    configs = [TrainingConfig(eta0=0.05 * (1 + m), alpha=0.01, seed=3) for m in range(4)]
    n_outputs = 1 if n_classes == 2 else n_classes
    start = LogisticState.zeros(n_outputs, 6, np.float64, fit_intercept=True, averaged=True)
    counts = np.random.default_rng(2).integers(0, 2, (200, 4)).astype(np.uint8)
    whole, cut = (LogisticModels(start, own, configs, counts) for _ in range(2))
    whole.train(4)
    cut.train(3)  # in the midst of a mean of iterates
    cut.keep([3, 1])
    cut.train(4)
    for m, of in enumerate([3, 1]):
        assert relative_error(cut.weights(m), whole.weights(of)) < 1e-12
