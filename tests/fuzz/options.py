"""Entry "options": parameters of every estimator and encoder with values of right and wrong types, in combination."""

import numpy as np
from sklearn.base import clone

from hotloop import (
    HashingEncoder,
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
    TableEncoder,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

from .brief import brief
from .damage import FLOATS, NUMBERS, OTHERS, WORDS
from .subjects import table

ESTIMATORS = (
    *(LogisticSGDClassifier, LogisticSGDClassifier, LogisticSGDClassifierCV, LogisticSDCAClassifier),
    *(TwoLayerClassifier, TwoLayerRegressor, TableEncoder, HashingEncoder),
)
KNOWN = {
    "optimizer": ["auto", "sgd", "adagrad", "ftrl", "normalized", "adam", "adamw"],
    "penalty": ["l2", "l1", "elasticnet", None],
    "learning_rate": ["auto", "constant", "invscaling", "optimal"],
    "standardize": ["auto", "std", "maxabs", "common", None],
    "multi_class": ["multinomial", "ovr"],
    "class_weight": [
        None,
        "balanced",
        {0: 2.0},
        {0: 0, 1: 0},
        {"x": 1},
        {0: -1.0},
        {0: np.nan},
        {9: 1},
        {0: "a"},
        {(): 1},
        {0: 1e300},
    ],
    "output": ["auto", "softmax", "sigmoid", "linear", "sigmoid_sum"],
    "activation": ["relu", "tanh", "logistic"],
    "cv": [None, "auto", 2, 3, 40, 1000],
    "alpha": ["auto", 1e-3, 0.0, [1e-3, 1e-2], [], [[1]], (1e-2,), np.array([0.1])],
    "eta0": ["auto", 0.1, [0.1, 1.0], [-1.0], np.array([])],
    "random_state": [None, 0, np.random.default_rng(0), np.random.RandomState(0), -1, 2**40],
    "average": ["auto", True, False],
    "tol": ["auto", None, 1e-3],
    "n_hidden": ["auto", 1, 3, 17, 2**40, 2**62, 10**30],
    "batch_size": ["auto", 1, 7, 1000, 2**62, 10**30],
    "dropout": [0.0, 0.5, 0.999, 1.0],
    "ngram_range": [(1, 1), (1, 3), (2, 1), (0, 1), (1,), [1, 2], (1, 2**62), ("a", "b"), (1.5, 2)],
    "analyzer": ["word", "char", "char_wb", "tokens", str.split],
    "token_pattern": [None, r"\w+", r"(a)(b)", "(", r"[", "", r"(?i)x*"],
    "norm": ["auto", "l1", "l2", None],
    "crosses": [(), [("a", "b")], [("a",)], "ab", [("a", "zz")], [1], [("a", "a")]],
    "n_features": [1, 2, 2**20, 2**31 - 1, 2**31],
    "dtype": ["float32", "float64", np.float32, "float16", "int64", "O", "x", None],
    "drop": [(), ["a"], ["zz"], "a", ["a", "b", "c"], [1], [None]],
    "sparse_output": ["auto", True, False],
    "decimal": [None, ",", "."],
    "thousands": [None, ",", " ", "."],
}
KNOWN |= dict.fromkeys(("number", "text", "date", "missing"), KNOWN["drop"])
SMALL = [
    0,
    1,
    2,
    3,
    0.5,
    -1,
    -0.5,
    1.0,
    True,
    False,
    None,
    "auto",
    "x",
    np.float32(0.1),
    np.int64(2),
    np.True_,
    1e-300,
    1e300,
    5.5,
]
WORK = ("max_iter", "n_hidden", "n_iter_no_change", "n_init")  # many of it take long


def value_of(draw, name):
    """Return a value of a parameter, right or wrong."""
    how = draw.random()
    if how < 0.5 and name in KNOWN:
        return draw.choice(KNOWN[name])
    if how < 0.8 or name in WORK:
        return draw.choice(SMALL)
    return draw.choice([draw.choice(OTHERS), draw.choice(NUMBERS), draw.choice(FLOATS), draw.choice(WORDS)])


def case(draw):
    """Return what tells the case, and its call."""
    kind = draw.choice(ESTIMATORS)
    names = list(kind().get_params())
    options = {"max_iter": 2, "random_state": 0} if "max_iter" in names else {}
    if kind is LogisticSGDClassifier and draw.random() < 0.7:
        options["cv"] = None
    for name in draw.sample(names, min(len(names), draw.choice([1, 1, 2, 3, 6]))):
        options[name] = value_of(draw, name)
    X, y = table(30, draw.randrange(5))
    y = y * 10.0 if kind is TwoLayerRegressor else y if draw.random() < 0.5 else y > 0
    partial = draw.random() < 0.4
    return lambda: f"{kind.__name__}({brief(options)}) partial={partial}", lambda: use(kind, options, X, y, partial)


def use(kind, options, X, y, partial):
    """Fit an estimator with these options, and use it."""
    model = kind(**options)
    if kind is TableEncoder:
        columns = {"a": [1.0, None, 3.5], "b": ["x", "y", "1,5"], "c": ["2020-01-31", "", "x"]}
        model.fit(columns).transform(columns)
        model.get_feature_names_out()
        return
    if kind is HashingEncoder:
        documents = ["a cat so", "naïve", ""]
        if options.get("crosses") or options.get("analyzer") == "columns":
            documents = {"a": ["x", "y"], "b": [1, 2]}
        elif options.get("analyzer") == "tokens":
            documents = [["a", "b"], []]
        model.fit(documents)
        model.transform(documents)
        return
    clone(model)
    if partial and hasattr(model, "partial_fit"):
        classes = {} if kind is TwoLayerRegressor else {"classes": np.unique(y)}
        model.partial_fit(X, y, **classes).partial_fit(X, y)
    else:
        model.fit(X, y)
    model.predict(X)
    model.score(X, y)
