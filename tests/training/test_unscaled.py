"""The column whose values are too large or too small, if there is one."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from hotloop.data.csr import from_scipy
from hotloop.training.unscaled import LARGE, ROWS, SMALL, find_unscaled

pytestmark = pytest.mark.no_backend


@pytest.mark.parametrize("of", [np.asarray, lambda X: from_scipy(csr_matrix(X))], ids=["dense", "csr"])
@pytest.mark.parametrize("value", [2 * LARGE, -2 * LARGE, SMALL / 2])
def test_a_column_is_found_by_its_largest_value(of, value):
    X = np.zeros((ROWS + 1, 5))
    X[:, 3] = np.where(np.arange(ROWS + 1) == 7, value, 0)
    X[:, 0], X[:, 1] = 1, SMALL / 2  # a value that is not the largest
    X[4, 1] = 1
    assert find_unscaled(of(X)) == (3, abs(value))
    X[7, 3] = LARGE if abs(value) > 1 else SMALL
    assert find_unscaled(of(X)) is None
    X[ROWS, 3] = 2 * LARGE
    assert find_unscaled(of(X)) is None


def test_bytes_are_read_as_they_are():
    assert find_unscaled(np.full((3, 2), -128, np.int8)) is None
