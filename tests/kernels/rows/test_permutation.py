"""Permutations by keys: every row once, the same on every backend, and no pattern that training could notice."""

import numpy as np
import pytest

from hotloop import reference
from hotloop.training.order import epoch_order


def keys(seed):
    return np.random.default_rng(seed).integers(0, 2**32, 6, dtype=np.uint32)


@pytest.mark.parametrize("n", [*range(20), 255, 256, 257, 1000, 4096, 4097, 100_003])
def test_each_number_comes_once(backend, n):
    order = backend.permutation(n, keys(n))
    assert order.dtype == np.intp
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    np.testing.assert_array_equal(order, reference.permutation(n, keys(n)))


def test_wrong_arguments_are_refused(backend):
    with pytest.raises(ValueError, match="keys has 5 entries, expected 6"):
        backend.permutation(10, keys(0)[:5])
    with pytest.raises(ValueError, match="n is -1"):
        backend.permutation(-1, keys(0))


def test_epochs_and_seeds_differ(backend):
    orders = [epoch_order(50, epoch, seed).tolist() for epoch in range(10) for seed in range(10)]
    assert len({tuple(order) for order in orders}) == 100


def chi_square(counts):
    expected = counts.sum() / counts.size
    return ((counts - expected) ** 2 / expected).sum()


@pytest.mark.parametrize("n", [5, 12, 40])
def test_every_row_comes_at_every_place_alike(backend, n):
    """Over 4,000 seeds: the statistic of n x n counts has (n - 1)^2 degrees of freedom; five deviations are allowed."""
    orders = np.array([backend.permutation(n, keys(seed)) for seed in range(4000)])
    counts = np.array([np.bincount(orders[:, place], minlength=n) for place in range(n)])
    freedom = (n - 1) ** 2
    assert abs(chi_square(counts) - freedom) < 5 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("lag", [1, 2, 7, 256])
def test_places_do_not_tell_their_neighbours(backend, lag):
    """Correlations of a million rows with their place and with the row `lag` places on: of the size 1 / sqrt(n)."""
    n = 1_000_000
    order = backend.permutation(n, keys(3)).astype(np.float64)
    bound = 5 / np.sqrt(n)
    assert abs(np.corrcoef(order[:-lag], order[lag:])[0, 1]) < bound
    assert abs(np.corrcoef(order, np.arange(n))[0, 1]) < bound


def test_pairs_of_neighbours_fill_the_square(backend):
    n = 1_000_000
    order = backend.permutation(n, keys(4)) * 32 // n
    counts = np.bincount(order[:-1] * 32 + order[1:], minlength=1024)
    assert abs(chi_square(counts) - 1023) < 5 * np.sqrt(2 * 1023)
