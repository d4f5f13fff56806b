"""Real data sets from the folder HOTLOOP_DATA, split into training and test rows; categories one-hot, nothing scaled.

Where there is no official test part: a permutation drawn by default_rng(0), the first 80 % to train on. Empty numeric cells
take the median of the training rows.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_svmlight_file


@dataclass(frozen=True)
class Split:
    """Raw columns and labels (or targets) of one data set."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def folder() -> Path:
    """Return the folder HOTLOOP_DATA; SystemExit where it is not set."""
    if not os.environ.get("HOTLOOP_DATA"):
        raise SystemExit("set HOTLOOP_DATA to the folder with the data sets; docs/defaults.md names them")
    return Path(os.environ["HOTLOOP_DATA"])


def load(name: str) -> Split:
    """Return a data set by name, one of BINARY, MULTICLASS or REGRESSION."""
    return {**BINARY, **MULTICLASS, **REGRESSION}[name]()


def _permuted(X, y) -> Split:
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[: int(0.8 * len(y))], order[int(0.8 * len(y)) :]
    rows = X.iloc if isinstance(X, pd.DataFrame) else X
    return _encoded(rows[train], y[train], rows[test], y[test])


def _encoded(train, y, test, y_test) -> Split:
    if not isinstance(train, pd.DataFrame):
        return Split(np.ascontiguousarray(train), y, np.ascontiguousarray(test), y_test)
    middle = train.median(numeric_only=True)
    train, test = pd.get_dummies(train.fillna(middle)), pd.get_dummies(test.fillna(middle))
    test = test.reindex(columns=train.columns, fill_value=0)
    return Split(np.ascontiguousarray(train, np.float64), y, np.ascontiguousarray(test, np.float64), y_test)


def _table(path, **options) -> pd.DataFrame:
    return pd.read_csv(folder() / path, **options)


def _svmlight(*paths) -> Split:
    """One file is split, two are training and test part; labels are 0 and 1."""
    parts = [load_svmlight_file(str(folder() / path)) for path in paths]
    n_features = max(X.shape[1] for X, _ in parts)
    dense = []
    for X, y in parts:
        X.resize(X.shape[0], n_features)
        dense += [X.toarray(), (y > 0).astype(int)]
    return _permuted(*dense) if len(paths) == 1 else Split(*dense)


def _adult() -> Split:
    parts = [_table(f"adult/adult_{part}.csv.gz", header=None, skipinitialspace=True) for part in ("train", "test")]
    labels = [part[14].str.startswith(">50K").to_numpy().astype(int) for part in parts]
    return _encoded(parts[0].drop(columns=14), labels[0], parts[1].drop(columns=14), labels[1])


def _bank() -> Split:
    table = _table("bank/bank-additional-full.csv.gz")  # duration leaks the label
    return _permuted(table.drop(columns=["duration", "y"]), (table["y"] == "yes").to_numpy().astype(int))


def _kdd99() -> Split:
    table = _table("kdd99/kddcup.data_10_percent.gz", header=None)
    table = table.iloc[np.random.default_rng(0).permutation(len(table))[:125_000]].reset_index(drop=True)
    return _permuted(table.drop(columns=41), (table[41] != "normal.").to_numpy().astype(int))


def _spambase() -> Split:
    table = _table("spambase/spambase.data", header=None).to_numpy(np.float64)
    return _permuted(table[:, :-1], table[:, -1].astype(int))


def _covtype(label: int | None = None) -> Split:
    table = _table("covtype_head10k/covtype_head10k.csv.gz").to_numpy(np.float64)
    y = table[:, -1].astype(int)
    return _permuted(table[:, :-1], y if label is None else (y == label).astype(int))


def _higgs7000() -> Split:
    parts = [np.loadtxt(folder() / f"higgs7000/binary.{part}.gz", delimiter="\t") for part in ("train", "test")]
    return Split(*(array for part in parts for array in (np.ascontiguousarray(part[:, 1:]), part[:, 0].astype(int))))


def _titanic() -> Split:
    table = _table("small/titanic.csv")
    table = table[["survived", "pclass", "sex", "age", "sibsp", "parch", "fare", "embarked"]]
    return _permuted(table.drop(columns="survived"), table["survived"].to_numpy())


def _digits() -> Split:
    table = _table("small/digits.csv.gz", header=None).to_numpy(np.float64)
    return _permuted(table[:, :-1], table[:, -1].astype(int))


def _letter() -> Split:
    table = _table("letter/LetterRecognition.csv.gz")
    X, y = np.ascontiguousarray(table.drop(columns="lettr"), np.float64), table["lettr"].to_numpy(str)
    return Split(X[:16_000], y[:16_000], X[16_000:], y[16_000:])


def _diamonds() -> Split:
    table = _table("diamonds/diamonds.csv.gz")
    return _permuted(table.drop(columns="price"), table["price"].to_numpy(np.float64))


def _california_housing() -> Split:
    table = _table("california_housing/housing.csv")
    return _permuted(table.drop(columns="median_house_value"), table["median_house_value"].to_numpy(np.float64))


def _abalone() -> Split:
    table = _table("abalone/abalone.csv", header=None)
    return _permuted(table.drop(columns=8), table[8].to_numpy(np.float64))


BINARY = {
    "adult": _adult,
    "a9a": lambda: _svmlight("a9a/a9a.gz", "a9a/a9a.t.gz"),
    "spambase": _spambase,
    "covtype_head10k": lambda: _covtype(2),
    "bank": _bank,
    "kdd99": _kdd99,
    "phishing": lambda: _svmlight("phishing/phishing_8405.gz"),
    "mushrooms": lambda: _svmlight("mushrooms/agaricus.txt.train", "mushrooms/agaricus.txt.test"),
    "higgs7000": _higgs7000,
    "titanic": _titanic,
    "heart_scale": lambda: _svmlight("small/heart_scale"),
}
# The step constants of hotloop.fitting were chosen on these; the others of BINARY are fresh.
CHOSEN_ON = ("adult", "a9a", "spambase", "covtype_head10k", "bank")
MULTICLASS = {"digits": _digits, "covtype, 7 classes": _covtype, "higgs7000, network": _higgs7000, "letter": _letter}
REGRESSION = {"diamonds": _diamonds, "california_housing": _california_housing, "abalone": _abalone}
