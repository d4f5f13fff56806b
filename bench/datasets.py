"""Real data sets from the folder HOTLOOP_DATA, split into training and test rows; categories one-hot, nothing scaled.

Where there is no official test part: a permutation drawn by default_rng(0), the first 80 % to train on. Empty numeric cells
take the median of the training rows.
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack, issparse
from sklearn.datasets import load_svmlight_file
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import OneHotEncoder


@dataclass(frozen=True)
class Split:
    """Raw columns, arrays or CSR matrices, and labels (or targets) of one data set."""

    X: Any
    y: np.ndarray
    X_test: Any
    y_test: np.ndarray


def folder() -> Path:
    """Return the folder HOTLOOP_DATA; SystemExit where it is not set."""
    if not os.environ.get("HOTLOOP_DATA"):
        raise SystemExit("set HOTLOOP_DATA to the folder with the data sets; docs/defaults.md names them")
    return Path(os.environ["HOTLOOP_DATA"])


def load(name: str) -> Split:
    """Return a data set by name, one of BINARY, SPARSE, MULTICLASS or REGRESSION."""
    return {**BINARY, **SPARSE, **MULTICLASS, **REGRESSION}[name]()


def _permuted(X, y) -> Split:
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[: int(0.8 * len(y))], order[int(0.8 * len(y)) :]
    rows = X.iloc if isinstance(X, pd.DataFrame) else X
    return _encoded(rows[train], y[train], rows[test], y[test])


def _encoded(train, y, test, y_test) -> Split:
    if issparse(train):
        return Split(train, y, test, y_test)
    if not isinstance(train, pd.DataFrame):
        return Split(np.ascontiguousarray(train), y, np.ascontiguousarray(test), y_test)
    middle = train.median(numeric_only=True)
    train, test = pd.get_dummies(train.fillna(middle)), pd.get_dummies(test.fillna(middle))
    test = test.reindex(columns=train.columns, fill_value=0)
    return Split(np.ascontiguousarray(train, np.float64), y, np.ascontiguousarray(test, np.float64), y_test)


def _table(path, **options) -> pd.DataFrame:
    return pd.read_csv(folder() / path, **options)


def _svmlight(*paths, sparse: bool = False) -> Split:
    """One file is split, two are training and test part; labels are 0 and 1."""
    parts = [load_svmlight_file(str(folder() / path)) for path in paths]
    n_features = max(X.shape[1] for X, _ in parts)
    found = []
    for X, y in parts:
        X.resize(X.shape[0], n_features)
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        found += [X if sparse else X.toarray(), (y > 0).astype(int)]
    return _permuted(*found) if len(paths) == 1 else Split(*found)


def _one_hot(train, y, test, y_test) -> Split:
    """Every column is a category; those of the test rows alone are left out."""
    encoder = OneHotEncoder(handle_unknown="ignore").fit(train)
    return Split(encoder.transform(train), y, encoder.transform(test), y_test)


def _counted(train, y, test, y_test) -> Split:
    """How often each word occurs."""
    counter = CountVectorizer().fit(train)
    return Split(
        *(
            part.astype(np.float64) if i % 2 == 0 else part
            for i, part in enumerate((counter.transform(train), y, counter.transform(test), y_test))
        )
    )


def _cut(n: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(n)
    return order[: int(0.8 * n)], order[int(0.8 * n) :]


def _lines(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what stands before and behind the first tab of each line."""
    data = (folder() / path).read_bytes()
    lines = (gzip.decompress(data) if path.endswith(".gz") else data).decode().split("\n")
    labels, texts = zip(*(line.split("\t", 1) for line in lines if line), strict=True)
    return np.array(labels), np.array(texts, dtype=object)


def _imdb() -> Split:
    (y, train), (y_test, test) = (_lines(f"imdb/imdb_{part}.tsv.gz") for part in ("train", "test"))
    return _counted(train, (y == "1").astype(int), test, (y_test == "1").astype(int))


def _sms_spam() -> Split:
    labels, texts = _lines("sms_spam/SMSSpamCollection")
    y, (train, test) = (labels == "spam").astype(int), _cut(len(labels))
    return _counted(texts[train], y[train], texts[test], y[test])


def _amazon_employee() -> Split:
    table = _table("amazon_employee/amazon_employee.csv.gz")
    y, (train, test) = table.pop("ACTION").to_numpy(), _cut(len(table))
    return _one_hot(table.iloc[train], y[train], table.iloc[test], y[test])


def _criteo_index() -> Split:
    train, test = (_table(f"criteo_index/criteo_index_{part}.csv.gz", header=None) for part in ("train", "test"))
    return _one_hot(train.drop(columns=0), train[0].to_numpy(), test.drop(columns=0), test[0].to_numpy())


def _avazu_tiny() -> Split:
    """The development and test parts are both tested on; the hour without its day."""
    head = list(_table("avazu_tiny/avazu_train.csv.gz", nrows=0))
    train = _table("avazu_tiny/avazu_train.csv.gz", dtype=str)
    test = pd.concat(
        [_table(f"avazu_tiny/avazu_{part}.csv.gz", header=None, names=head, dtype=str) for part in ("dev", "test")]
    )
    y, y_test = (part.pop("click").to_numpy(int) for part in (train, test))
    train, test = (part.drop(columns="id").assign(hour=part["hour"].str[-2:]) for part in (train, test))
    return _one_hot(train, y, test, y_test)


def _criteo_tiny() -> Split:
    """Thirteen numbers, an empty one the median and a column that says so, and categories, one CSR matrix."""
    parts = [_table(f"criteo_tiny/criteo_{part}.tsv.gz", header=None, sep="\t") for part in ("train", "dev", "test")]
    train, test = parts[0], pd.concat(parts[1:])
    categories = _one_hot(
        *(
            part.iloc[:, 14:].astype(str) if i % 2 == 0 else part[0].to_numpy()
            for i, part in enumerate((train, train, test, test))
        )
    )
    middle = train.iloc[:, 1:14].median()
    numbers = [
        np.hstack([part.iloc[:, 1:14].fillna(middle).to_numpy(np.float64), part.iloc[:, 1:14].isna().to_numpy(np.float64)])
        for part in (train, test)
    ]
    return Split(
        hstack([csr_matrix(numbers[0]), categories.X], format="csr"),
        categories.y,
        hstack([csr_matrix(numbers[1]), categories.X_test], format="csr"),
        categories.y_test,
    )


def _mnist() -> Split:
    def part(name: str) -> list[np.ndarray]:
        found = []
        for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
            data = gzip.decompress((folder() / f"mnist/{name}-{kind}-ubyte.gz").read_bytes())
            found.append(np.frombuffer(data, np.uint8, offset=header))
        return [found[0].reshape(len(found[1]), -1), found[1].astype(int)]

    return Split(*part("train"), *part("t10k"))


def _adult() -> Split:
    parts = [_table(f"adult/adult_{part}.csv.gz", header=None, skipinitialspace=True) for part in ("train", "test")]
    labels = [part[14].str.startswith(">50K").to_numpy().astype(int) for part in parts]
    return _encoded(parts[0].drop(columns=14), labels[0], parts[1].drop(columns=14), labels[1])


def _bank() -> Split:
    table = _table("bank/bank-additional-full.csv.gz")  # duration leaks the label
    return _permuted(table.drop(columns=["duration", "y"]), (table["y"] == "yes").to_numpy().astype(int))


def _kdd99(n_rows: int | None = None) -> Split:
    table = _table("kdd99/kddcup.data_10_percent.gz", header=None)
    if n_rows is not None:
        table = table.iloc[np.random.default_rng(0).permutation(len(table))[:n_rows]].reset_index(drop=True)
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


def _breast_cancer() -> Split:
    table = _table("small/breast_cancer.csv")
    return _permuted(table.iloc[:, :-1].to_numpy(np.float64), table.iloc[:, -1].to_numpy(int))


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
    "kdd99": lambda: _kdd99(125_000),
    "phishing": lambda: _svmlight("phishing/phishing_8405.gz"),
    "mushrooms": lambda: _svmlight("mushrooms/agaricus.txt.train", "mushrooms/agaricus.txt.test"),
    "higgs7000": _higgs7000,
    "titanic": _titanic,
    "heart_scale": lambda: _svmlight("small/heart_scale"),
}
SPARSE = {
    "a9a, sparse": lambda: _svmlight("a9a/a9a.gz", "a9a/a9a.t.gz", sparse=True),
    "phishing, sparse": lambda: _svmlight("phishing/phishing_8405.gz", sparse=True),
    "mushrooms, sparse": lambda: _svmlight("mushrooms/agaricus.txt.train", "mushrooms/agaricus.txt.test", sparse=True),
    "imdb": _imdb,
    "sms_spam": _sms_spam,
    "criteo_index": _criteo_index,
    "amazon_employee": _amazon_employee,
    "avazu_tiny": _avazu_tiny,
    "criteo_tiny": _criteo_tiny,
    "kdd99, all rows": _kdd99,
    "breast_cancer": _breast_cancer,
    "mnist": _mnist,
}
MULTICLASS = {"digits": _digits, "covtype, 7 classes": _covtype, "higgs7000, network": _higgs7000, "letter": _letter}
REGRESSION = {"diamonds": _diamonds, "california_housing": _california_housing, "abalone": _abalone}
