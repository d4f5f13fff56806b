"""The data of the fingerprints, all from fixed seeds."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

N_TRAIN, N_HELD, N_FEATURES = 160, 40, 21  # columns: whole vectors of every level and a rest

PIECES = (1, 7, 64, N_TRAIN)  # rows of the calls of partial_fit, the last takes what is left

STORAGES = ("dense", "csr")

DTYPES = ("float32", "float64")

CLASSES = ("binary", "softmax")

TARGETS = ("binary", "softmax", "labels", "value", "values", "sigmoid_sum")

ANSWERS = ("two", "three", "value")  # columns of tables

OPTIMIZERS = ("auto", "sgd", "adagrad", "ftrl", "normalized", "sdca")

STANDARDIZE = ("std", "maxabs", "common", None)

INIT = ("he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal")

PLAIN: dict[str, Any] = {"cv": None, "max_iter": 3, "tol": None, "random_state": 0}  # of a logistic model

SMALL: dict[str, Any] = {"n_hidden": 19, "max_iter": 2, "tol": None, "random_state": 0}  # of a network


@cache
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Return rows, half of whose cells are 0, the columns of different size and the last one of 0 and 1, and a score a row."""
    draw = np.random.default_rng(20)
    n = N_TRAIN + N_HELD
    z = draw.standard_normal((n, N_FEATURES)) * (draw.random((n, N_FEATURES)) < 0.5)
    z[:, -1] = draw.random(n) < 0.3
    return z * 10.0 ** (np.arange(N_FEATURES) % 4 - 1), z @ draw.standard_normal(N_FEATURES) + draw.standard_normal(n)


def rows(storage: str = "dense", dtype: str = "float64") -> Any:
    """Return all rows, dense or CSR; bytes are of their own."""
    if dtype == "uint8":
        X = np.random.default_rng(21).integers(0, 256, (N_TRAIN + N_HELD, N_FEATURES), dtype=np.uint8)
        return np.where(drawn()[0] == 0, np.uint8(0), X) if storage == "dense" else scipy.sparse.csr_array(X)
    X = drawn()[0].astype(dtype)
    return X if storage == "dense" else scipy.sparse.csr_matrix(X)


def wide_rows() -> Any:
    """Return CSR rows of some cells in a thousand columns."""
    draw = np.random.default_rng(28)
    columns = np.sort(np.argsort(draw.random((N_TRAIN + N_HELD, 1000)), axis=1)[:, :4], axis=1)
    starts = np.arange(0, columns.size + 1, 4)
    return scipy.sparse.csr_matrix((draw.standard_normal(columns.size), columns.ravel(), starts), shape=(len(columns), 1000))


def targets(kind: str) -> np.ndarray:
    """Return what to learn of all rows."""
    score = drawn()[1]
    three = np.searchsorted(np.quantile(score, (0.4, 0.7)), score)
    values = np.stack([100 + 30 * score, np.sin(score), score**2], axis=1)
    return {
        "binary": (score > 0.5).astype(np.int64),
        "softmax": np.array(["ash", "beech", "cedar"])[three],
        "labels": np.stack([score > 0, np.abs(score) < 2, score > 3], axis=1).astype(np.int64),
        "value": values[:, 0],
        "sigmoid_sum": values[:, 0],
        "values": values,
    }[kind]


def weights() -> np.ndarray:
    """Return weights of the training rows, some of them 0."""
    return np.random.default_rng(22).integers(0, 4, N_TRAIN) / 2


def table(n_rows: int, seed: int) -> pd.DataFrame:
    """Return columns of numbers and text with missing cells, and a target of each kind."""
    draw = np.random.default_rng(seed)
    age, town, colour = draw.integers(18, 90, n_rows), draw.integers(0, 5, n_rows), draw.integers(0, 3, n_rows)
    size = draw.standard_normal(n_rows) * 1000
    score = age / 30 + (town == 2) + size / 1000 + colour * (draw.random(n_rows) < 0.7)
    data = {
        "age": np.where(draw.random(n_rows) < 0.1, np.nan, age),
        "town": np.where(draw.random(n_rows) < 0.1, None, np.array(["Ulm", "Hof", "Köln", "Bad Ems", "Au"], object)[town]),
        "size": size.round(3),
        "colour": np.array(["red", "green", "blue"], object)[colour],
        "two": np.where(score > 3, "yes", "no"),
        "three": np.searchsorted([2.5, 4], score),
        "value": (score * 10).round(4),
    }
    return pd.DataFrame(data)
