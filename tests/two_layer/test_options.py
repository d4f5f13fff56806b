"""Options of networks: each value and each combination either fits or is refused, by the tables alone."""

import inspect
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from hotloop import TwoLayerClassifier, TwoLayerRegressor
from hotloop.data.batch import Batch
from hotloop.data.csr import as_csr
from hotloop.training.values import one_of
from hotloop.two_layer.fit import fit_two_layer
from hotloop.two_layer.options import RULES, VALUES, TwoLayerOptions, count_threads

N_ROWS = 15
DRAW = np.random.default_rng(0)
X = DRAW.integers(0, 5, (N_ROWS, 4)).astype(np.float64)
STORAGES = {"dense": X, "bytes": X.astype(np.uint8), "sparse": as_csr(sp.csr_matrix(X), np.float64)}

# What a row has: targets and classes.
TARGETS = {
    "two classes": (np.arange(float(N_ROWS)) % 2, np.arange(2)),
    "three classes": (np.arange(float(N_ROWS)) % 3, np.arange(3)),
    "labels": ((X[:, :3] > 2).astype(np.float64), np.arange(3)),
    "number": (X[:, :1] + 0.5, None),
    "numbers": (X[:, :2] + 0.5, None),
}

# Every value of the options that are names, and two values of the others.
CHOICES = {
    "optimizer": ("sgd", "adam", "adamw"),
    "batch_size": (1, 7),
    "momentum": (0.0, 0.9),
    "nesterovs_momentum": (True, False),
    "beta_1": (0.9, 0.8),
    "output": ("linear", "sigmoid_sum"),
    "standardize": ("auto", "std", "maxabs", "common", None),
    "class_weight": (None, "balanced", {0: 2.0}),
}
OTHERS = {
    "activation": ("relu", "tanh", "logistic"),
    "init": ("auto", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal"),
    "dropout": (0.0, 0.3),
    "learning_rate": ("auto", "constant", "invscaling", "optimal"),
    "early_stopping": (False, True),
    "shuffle": (False, True),
    "eta0": ("auto", 0.001),
    "alpha": ("auto", 0.0, 0.01),
    "tol": ("auto", None, 0.1),
    "n_jobs": (None, 2),
    "n_hidden": ("auto", 3),
    "optimizer": ("sgd", "adam", "adamw"),
    "batch_size": (1, 7),
}


def refused(options, storage, targets):
    """Tell whether the documented rules refuse these options; written a second time, without the tables."""
    adam, sparse = options.get("optimizer", "sgd") != "sgd", storage == "sparse"
    return (
        (adam and options.get("momentum", 0.0) != 0)
        or (adam and not options.get("nesterovs_momentum", True))
        or (not adam and options.get("beta_1", 0.9) != 0.9)
        or (sparse and options.get("standardize", "auto") in ("std", "common"))
        or (targets == "numbers" and options.get("output", "linear") == "sigmoid_sum")
        or (targets == "labels" and options.get("class_weight") is not None)
    )


def fit(options, storage, targets):
    """Return the fit of one epoch of a small network, or the message that refuses it."""
    y, classes = TARGETS[targets]
    given = {"max_iter": 1, "tol": None, "n_hidden": 3} | options
    try:
        return fit_two_layer(Batch(STORAGES[storage], y, np.ones(N_ROWS)), TwoLayerOptions(**given), classes)
    except ValueError as error:
        return str(error)


def check(options, storage, targets):
    found = fit(options, storage, targets)
    if refused(options, storage, targets):
        assert isinstance(found, str), (options, storage, targets)
        named, other = found.split(";")[0].split(" does not go with ")
        assert named.split("=")[0] in options
        assert other.split("=")[0] in (*options, "optimizer", "sparse rows", "several targets a row", "several labels a row")
        return "refused"
    assert not isinstance(found, str), (options, storage, targets, found)
    assert found.learner.state.is_finite()
    assert found.history.n_iter == 1
    return "fits"


def test_every_combination_either_fits_or_is_refused():
    """Each storage, kind of targets and value of the options that the rules are about."""
    counts = {"fits": 0, "refused": 0}
    for values in product(*CHOICES.values()):
        options = dict(zip(CHOICES, values, strict=True))
        if options["class_weight"] is not None and (options["beta_1"], options["nesterovs_momentum"]) != (0.9, True):
            continue  # these three meet in pairs, below
        for storage, targets in product(("dense", "sparse"), ("three classes", "labels", "number", "numbers")):
            if options["output"] == "sigmoid_sum" and TARGETS[targets][1] is not None:
                continue  # classes decide their output
            counts[check(options, storage, targets)] += 1
    assert min(counts.values()) > 500


@pytest.mark.parametrize(("storage", "targets"), [("dense", "two classes"), ("bytes", "numbers"), ("sparse", "labels")])
def test_every_pair_of_values_either_fits_or_is_refused(storage, targets):
    choices = [(name, value) for name, values in (CHOICES | OTHERS).items() for value in values]
    for (one, value), (other, other_value) in product(choices, repeat=2):
        if one < other:
            options = {one: value, other: other_value}
            check(options, storage, targets)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.option} of {dict(rule.when)}")
def test_each_rule_says_what_to_do(rule):
    """The message names both options, and what it says helps: every value that it tells to take is one of the option."""
    for name, values in rule.when.items():
        assert name in ("rows", "targets", "method") or all(VALUES[name].allow(value) for value in values)
    for option, value in [part.split("=") for part in rule.instead.replace(",", " ").split() if "=" in part]:
        assert VALUES[option].allow(eval(value))
    assert VALUES[rule.option] != rule.allowed


def test_what_rules_say():
    for options, storage, targets, message in (
        (
            {"optimizer": "adam", "momentum": 0.9},
            "dense",
            "number",
            "momentum=0.9 does not go with optimizer='adam'; "
            "Adam has its own, beta_1: leave momentum=0, or take optimizer='sgd'",
        ),
        (
            {"standardize": "std"},
            "sparse",
            "number",
            "standardize='std' does not go with sparse rows; "
            "a network does not centre sparse rows: take standardize='maxabs' or None",
        ),
        (
            {"output": "sigmoid_sum"},
            "dense",
            "numbers",
            "output='sigmoid_sum' does not go with several targets a row; "
            "a sum of sigmoids has one value: take output='linear'",
        ),
    ):
        assert fit(options, storage, targets) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_hidden": 0}, "n_hidden is 0, expected a positive whole number or 'auto'"),
        ({"activation": "step"}, "activation is 'step', expected 'relu', 'tanh' or 'logistic'"),
        ({"output": "softmax"}, "output is 'softmax', expected 'linear' or 'sigmoid_sum'"),
        ({"init": "zeros"}, "init is 'zeros', expected 'auto', 'he_normal'"),
        ({"dropout": 1}, "dropout is 1, expected a number from 0 to below 1"),
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs', expected 'sgd', 'adam' or 'adamw'"),
        ({"batch_size": 0}, "batch_size is 0, expected a positive whole number"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"momentum": np.nan}, "momentum is nan"),
        ({"nesterovs_momentum": 1}, "nesterovs_momentum is 1, expected True or False"),
        ({"optimizer": "adam", "beta_1": -0.1}, "beta_1 is -0.1"),
        ({"optimizer": "adam", "beta_2": 1}, "beta_2 is 1"),
        ({"optimizer": "adam", "epsilon": 0}, "epsilon is 0, expected a positive number"),
        ({"early_stopping": "no"}, "early_stopping is 'no', expected True or False"),
        ({"validation_fraction": 1.5}, "validation_fraction is 1.5, expected a number between 0 and 1"),
        ({"warm_start": None}, "warm_start is None, expected True or False"),
        ({"class_weight": "even"}, "class_weight is 'even', expected a dict, 'balanced' or None"),
        ({"n_jobs": 0}, "n_jobs is 0, expected a positive whole number, -1 or None"),
        ({"standardize": "minmax"}, "standardize is 'minmax'"),
        ({"alpha": -1}, "alpha is -1, expected a number that is not negative or 'auto'"),
    ],
    ids=str,
)
def test_values_that_an_option_does_not_have(options, message):
    with pytest.raises(ValueError, match=message):
        TwoLayerOptions(**options)


def test_bytes_have_one_unit():
    for storage, expected in (("dense", "std"), ("bytes", "common"), ("sparse", "maxabs")):
        assert TwoLayerOptions().resolved(STORAGES[storage], "one class").standardize == expected
        given = TwoLayerOptions(standardize=None).resolved(STORAGES[storage], "one class")
        assert given.standardize is None


def test_pieces_have_no_balanced_classes():
    options = TwoLayerOptions(class_weight="balanced")
    assert options.resolved(X, "one class").class_weight == "balanced"
    with pytest.raises(ValueError, match="class_weight='balanced' does not go with partial_fit; .* give a dict of weights"):
        options.resolved(X, "one class", "partial_fit")
    TwoLayerOptions(class_weight={0: 2}).resolved(X, "one class", "partial_fit")


def test_threads():
    assert count_threads(None) == count_threads(1) == 1
    assert count_threads(10**6) == count_threads(-1) >= 1


@pytest.mark.parametrize("estimator", [TwoLayerClassifier, TwoLayerRegressor])
def test_estimators_have_the_options_and_their_defaults(estimator):
    parameters = {name: p.default for name, p in inspect.signature(estimator).parameters.items()}
    options = {name: p.default for name, p in inspect.signature(TwoLayerOptions).parameters.items() if name != "seed"}
    only = {"verbose": 0, "random_state": None}
    absent = {"output"} if estimator is TwoLayerClassifier else {"class_weight"}
    assert parameters == only | {name: default for name, default in options.items() if name not in absent}
    assert set(options) == set(VALUES)


DOCS = Path(__file__).parents[2] / "docs" / "options.md"


@pytest.mark.skipif(not DOCS.exists(), reason="docs/ is not beside the tests")
def test_the_documentation_has_the_tables():
    _, _, section = DOCS.read_text().partition("## Networks")
    found = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    expected = [f"| `{name}` | {values} |" for name, values in VALUES.items()]
    for rule in RULES:
        where = " and ".join(f"`{name}` is {one_of(*values)}" for name, values in rule.when.items())
        expected.append(f"| `{rule.option}` | {where} | {rule.allowed} | {rule.instead} |")
    assert found == expected
