"""The containers that the kernels take: parts of CSR rows stay rows, copied or not."""

import numpy as np
import pytest
from csr_rows import drawn
from hypothesis import given
from numpy.testing import assert_array_equal
from strategies import csr_rows

from hotloop.data.csr import from_scipy
from hotloop.structs import CSRRows


def written_out(rows):
    """Return the rows as an array."""
    X = np.zeros(rows.shape)
    for i in range(len(rows)):
        own = slice(rows.indptr[i], rows.indptr[i + 1])
        X[i, rows.indices[own]] = 1 if rows.data is None else rows.data[own]
    return X


@pytest.mark.parametrize("ones", [False, True])
def test_parts_of_csr_rows(ones):
    X, _ = drawn(30, 12)
    X.data[:] = 1 if ones else X.data
    rows, expected = from_scipy(X), X.toarray()
    assert (rows.data is None) == ones
    part = rows[10:20]
    assert part.indptr[0] > 0
    assert part.nnz == np.count_nonzero(expected[10:20]) == len(part.stored_indices())
    copy = part.copy()
    assert (copy.indptr[0], copy.indptr[-1]) == (0, copy.nnz)
    assert not np.shares_memory(copy.indices, rows.indices)
    chosen = np.array([3, 29, 3, 0])
    for found, wanted in (
        (part, expected[10:20]),
        (copy, expected[10:20]),
        (rows[chosen], expected[chosen]),
        (rows[expected.any(axis=1)], expected[expected.any(axis=1)]),
        (CSRRows.concat([part, rows[chosen]]), np.concatenate([expected[10:20], expected[chosen]])),
    ):
        assert_array_equal(written_out(found), wanted)


@given(X=csr_rows())
def test_rows_of_any_shape_are_cut_and_joined(X):
    """Empty rows and columns, and no row at all."""
    rows, middle = from_scipy(X), X.shape[0] // 2
    assert_array_equal(written_out(rows), X.toarray())
    assert_array_equal(written_out(CSRRows.concat([rows[:middle].copy(), rows[middle:]])), X.toarray())
