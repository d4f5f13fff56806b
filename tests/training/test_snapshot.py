"""A snapshot brings every public attribute back, in slots or not, whole or by columns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.testing import assert_array_equal

from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.training.snapshot import Snapshot


@dataclass(slots=True)
class InSlots:
    weights: np.ndarray
    n: int = 0


@dataclass
class Owner(InSlots):
    sums: np.ndarray = field(default_factory=lambda: np.zeros(4))
    _cache: int = 0

    def copy(self):
        return Owner(self.weights.copy(), self.n, self.sums.copy(), self._cache)


def changed(owner):
    owner.weights[:], owner.n, owner._cache = -1, 5, 7
    owner.sums += 3
    return owner


def test_all_public_attributes_come_back():
    owner = Owner(np.arange(4.0))
    snapshot = Snapshot.of(owner)
    snapshot.restore(changed(owner))
    assert_array_equal(owner.weights, np.arange(4.0))
    assert_array_equal(owner.sums, np.zeros(4))
    assert (owner.n, owner._cache) == (0, 7)  # a cache is the owner's to clear


def test_columns_come_back_in_place():
    owner = Owner(np.arange(4.0))
    weights, columns = owner.weights, np.array([1, 3])
    snapshot = Snapshot.of_columns(owner, columns, [owner.weights], [owner.sums])
    owner.weights[columns], owner.sums[:], owner.n = 9, 9, 9
    snapshot.restore(owner)
    assert owner.weights is weights
    assert_array_equal(weights, np.arange(4.0))
    assert_array_equal(owner.sums, np.zeros(4))
    assert owner.n == 0


def test_statistics_come_back(backend):
    draw = np.random.default_rng(0)
    statistics = ColumnStatistics(5)
    statistics.update(draw.standard_normal((6, 5)), np.ones(6))
    before = statistics.copy().to_section().arrays
    snapshot = Snapshot.of(statistics)
    statistics.update(draw.standard_normal((3, 5)) * 1e200, np.ones(3))
    assert (statistics.mean != before["mean"]).all()
    snapshot.restore(statistics)
    for name, array in statistics.to_section().arrays.items():
        assert_array_equal(array, before[name], err_msg=name)
