"""Statistics of the columns of rows by their non-zeros are those of the rows written out."""

import numpy as np
import pytest
from csr_rows import drawn
from tolerances import SAMPLE

from hotloop.data.csr import from_scipy
from hotloop.structs import ColumnMoments, CSRRows


def test_statistics(backend, dtype):
    X, _ = drawn()
    weight = np.random.default_rng(3).choice([0.0, 1.0, 2.5], X.shape[0])
    rows = from_scipy(X.astype(dtype))
    exact, counted = X.astype(dtype).toarray().astype(np.float64), weight > 0
    total, seen, mean, deviation, lowest, highest, others = np.zeros(1), *np.zeros((6, X.shape[1]))
    backend.csr_column_moments(rows, weight, ColumnMoments(total, mean, deviation, lowest, highest, others, seen))
    assert total[0] == pytest.approx(weight.sum())
    assert seen == pytest.approx(weight @ (exact != 0))
    assert (lowest, highest) == (pytest.approx(exact[counted].min(axis=0)), pytest.approx(exact[counted].max(axis=0)))
    assert others.tolist() == [len(np.unique(x[counted & (x != 0)])) > 2 for x in exact.T]
    share = seen / total
    assert mean * share == pytest.approx(np.average(exact, axis=0, weights=weight))
    variance = np.average((exact - mean * share) ** 2, axis=0, weights=weight)
    assert (deviation + seen * mean**2 * (1 - share)) / total == pytest.approx(variance)
    alone = np.zeros(X.shape[1], dtype)
    backend.csr_largest(rows, weight, alone)
    assert alone == pytest.approx(np.maximum(highest, -lowest))
    for scale in (None, np.linspace(0.5, 2, X.shape[1]).astype(dtype)):
        expected = weight @ ((exact * (1 if scale is None else scale)) ** 2).sum(axis=1)
        square = backend.csr_square(rows.standardized(None, scale), weight, dtype)
        assert square == pytest.approx(expected, rel=SAMPLE[dtype].rtol)


@pytest.mark.parametrize("name", ["csr_column_moments", "csr_largest", "csr_square"])
def test_weights_at_odd_strides_are_refused(backend, name):
    """Weights of a packed record lie 12 bytes apart: no address of a double, in C."""
    rows = from_scipy(drawn()[0])
    weight = np.zeros(rows.shape[0], [("number", np.int32), ("weight", np.float64)])["weight"]
    with pytest.raises(ValueError, match=f"{name} takes arrays that are aligned"):
        getattr(backend, name)(rows, weight, None)


def test_a_negative_number_of_columns_is_refused(backend):
    with pytest.raises(ValueError, match="n_features is -"):
        backend.check_nonzeros(np.array([0, 1]), np.array([0]), -(2**63))
    rows = CSRRows(np.array([0, 1]), np.array([0], np.int32), np.ones(1), -(2**63), np.dtype(np.float64), 1)
    with pytest.raises(ValueError, match="n_features is -"):
        backend.csr_square(rows, np.ones(1), np.float64)
