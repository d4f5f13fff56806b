"""CSR matrices of normal values, and labels that follow them."""

import numpy as np
import pytest

from hotloop.structs import CSRRows

sp = pytest.importorskip("scipy.sparse")


def drawn(n_samples=400, n_features=40, density=0.25, seed=0, n_classes=2):
    """Return a CSR matrix with normal values, some rows and columns empty, and labels that follow it."""
    draw = np.random.default_rng(seed)
    X = sp.random(n_samples, n_features, density, format="csr", random_state=seed)
    X.data = draw.standard_normal(X.nnz) * 3
    X = sp.diags((np.arange(n_samples) % 9 > 0) * 1.0) @ X
    X = (X @ sp.diags((np.arange(n_features) % 11 > 0) * 1.0)).tocsr()
    X.eliminate_zeros()
    S = X @ draw.standard_normal((n_features, n_classes))
    return X, (S + draw.standard_normal(S.shape)).argmax(axis=1)


def csr_rows(X, dtype, *, index=np.int32, ones=False):
    """Return a CSR matrix as the backends take it; with ``ones`` without its values."""
    data = None if ones else X.data.astype(dtype)
    longest = int(np.diff(X.indptr).max(initial=0))
    return CSRRows(X.indptr.astype(np.int64), X.indices.astype(index), data, X.shape[1], np.dtype(dtype), longest)
