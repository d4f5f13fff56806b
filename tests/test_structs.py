"""The containers that the kernels take: parts of CSR rows stay rows, copied or not."""

import numpy as np
import pytest
from csr_rows import drawn
from hypothesis import given
from numpy.testing import assert_array_equal
from passes import at_odd_address
from strategies import csr_rows

from hotloop.data.csr import from_scipy
from hotloop.structs import ColumnMoments, CSRRows, DenseRows


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


def test_what_is_no_argument_at_all_is_refused_by_name(backend):
    X, y = np.ones((3, 2)), np.zeros(3)
    with pytest.raises(TypeError, match="logistic_pass does not take these arguments: 'int' object has no attribute"):
        backend.logistic_pass(DenseRows(X), 3, np.zeros((1, 2)), None, None, None)
    with pytest.raises(ValueError, match="permutation does not take these arguments"):
        backend.permutation(2**70, np.zeros(6, np.uint32))
    with pytest.raises(TypeError, match="logistic_loss takes arrays of real numbers, not of complex128"):
        backend.logistic_loss(X, y, np.zeros(2, complex))
    with pytest.raises(ValueError, match="logistic_loss takes arrays that are aligned to their elements"):
        backend.logistic_loss(at_odd_address(X), y, np.zeros(2))
    with pytest.raises(ValueError, match="logistic_loss takes arrays that are aligned to their elements"):
        backend.logistic_loss(X, memoryview(at_odd_address(y)), np.zeros(2))


@pytest.mark.parametrize("dtype", ["f4,f8", "f4,i4"])
def test_records_are_refused_before_cython_looks_at_their_fields(compiled, dtype):
    """Cython follows a null pointer where a record begins with the number that is expected."""
    with pytest.raises(TypeError, match="logistic_probability takes arrays of real numbers"):
        compiled.logistic_probability(np.zeros((3, 2), np.float32), np.zeros(2, dtype))
    moments = ColumnMoments(np.zeros(1), np.zeros(2, "f8,i4"), *np.zeros((4, 2)))
    with pytest.raises(TypeError, match="mean must be an array of float64"):
        compiled.column_moments(DenseRows(np.zeros((3, 2))), np.ones(3), moments, True)


def test_the_errors_of_what_the_user_gives_are_its_own(backend):
    def words(text):
        raise AttributeError("no words today")

    with pytest.raises(AttributeError, match="no words today"):
        backend.hash_words(["ä"], 1, 1, 8, True, True, words)
