"""Rows held out: folds, groups, the last fifth, samples and their units."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.search.splits import draw_rows, renumbered, splits_of, standardise

pytestmark = pytest.mark.filterwarnings("ignore:not converged")

# What is held out


def test_folds_share_the_classes_and_hold_out_every_row_once():
    y = np.repeat([0.0, 1.0], [1700, 300])
    splits = splits_of(y, 5, None, 0)
    assert_array_equal(np.sort(np.concatenate([held for _, held in splits])), np.arange(2000))
    for train, held in splits:
        assert not train[held].any()
        assert train.sum() + len(held) == 2000
        assert y[held].mean() == pytest.approx(0.15, abs=0.003)
    assert (splits[0][1] != splits_of(y, 5, None, 1)[0][1][: len(splits[0][1])]).any()


def test_few_rows_are_split_several_times_and_many_only_twice():
    y = np.arange(20_000) % 2.0
    assert [len(splits_of(y[:n], "auto", None, 0)) for n in (100, 600, 1000, 9_999, 20_000)] == [20, 10, 5, 5, 2]
    assert len(splits_of(y, 5, None, 0)) == 5
    first, again = (splits_of(y[:100], "auto", None, 0)[i][1] for i in (0, 5))
    assert set(first) != set(again)


def test_groups_stay_together_and_folds_are_even():
    groups = np.repeat(np.arange(40), np.arange(40) + 1)
    splits = splits_of(np.arange(len(groups)) % 2.0, "auto", groups, 0)
    assert len(splits) == 5
    for train, held in splits:
        assert not set(groups[held]) & set(groups[train])
        assert len(held) == pytest.approx(len(groups) / 5, abs=5)
    assert len(splits_of(np.arange(6) % 2.0, "auto", np.array([1, 1, 2, 2, 3, 3]), 0)) == 3


def test_last_holds_out_the_last_fifth():
    ((train, held),) = splits_of(np.arange(103) % 2.0, "last", None, 0)
    assert_array_equal(held, np.arange(83, 103))
    assert_array_equal(np.flatnonzero(train), np.arange(83))


def test_a_class_of_one_row_is_trained_on_everywhere():
    y = np.array([0.0] * 30 + [1.0] + [2.0] * 30)
    splits = splits_of(y, 5, None, 0)
    assert len(splits) == 5
    for train, held in splits:
        assert train[30]
        assert 30 not in held


def test_rows_are_drawn_by_class_and_without_those_of_weight_zero():
    y = (np.arange(100_000) % 100 == 0).astype(float)
    weight = np.ones(100_000)
    weight[:50_000] = 0
    chosen = draw_rows(Batch(np.zeros((100_000, 1)), y, weight), 3)
    assert len(chosen) == 20_000
    assert (np.diff(chosen) > 0).all()
    assert chosen.min() >= 50_000
    assert y[chosen].sum() == 200
    assert len(draw_rows(Batch(np.zeros((100, 1)), y[:100], np.ones(100)), 3)) == 100


def test_columns_are_renumbered():
    X = sp.random_array((40, 50), density=0.05, format="csr", rng=1, dtype=np.float32)
    wide = sp.csr_array((X.data, X.indices * 1_000_003, X.indptr), shape=(40, 50_000_151))
    for matrix in (X, wide):
        found, columns = renumbered(from_scipy(matrix))
        assert_array_equal(columns, np.unique(matrix.indices))
        assert found.n_features == len(columns)
        assert_array_equal(columns[found.indices], matrix.indices)


def test_rows_are_standardised_in_the_type_of_the_weights():
    X = 1e9 + np.arange(8.0)[:, None]
    Z = np.zeros((3, 1), np.float32)
    standardise(X, np.array([7, 0, 2]), np.array([1e9 + 3.5]), np.array([2.0]), np.float64, Z)
    assert_array_equal(Z[:, 0], np.float32([7, -7, -3]))
