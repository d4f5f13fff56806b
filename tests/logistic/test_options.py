"""The tables of options: every combination fits or is refused with what to do; page and constraints follow the tables."""

import re
import warnings
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

from hotloop import LogisticSDCAClassifier, LogisticSGDClassifier, backend_info
from hotloop.logistic.options import NUMBERS_PER_WEIGHT, RULES, VALUES, LogisticOptions, bytes_per_weight
from hotloop.logistic.options_page import options_section
from hotloop.logistic.sdca import SDCAOptions

PAGE = Path(__file__).parents[2] / "docs" / "options.md"

# Option: values that are not its default, or that decide with others.
AWAY = {
    "alpha": [0.01, 0.0],
    "l1_ratio": [0.5],
    "fit_intercept": [False],
    "max_iter": [1],
    "tol": ["auto", 0.01],
    "shuffle": [False],
    "learning_rate": ["constant", "invscaling", "optimal"],
    "eta0": [0.05],
    "power_t": [0.5],
    "early_stopping": [True],
    "validation_fraction": [0.5],
    "n_iter_no_change": [2],
    "class_weight": ["balanced", {0: 2.0}],
    "warm_start": [True],
    "average": [True, False],
    "standardize": ["std", "maxabs", "common", None],
    "cv": ["last", 2],
    "multi_class": ["ovr"],
    "importance_aware": [True],
}
CASES = [(name, value) for name, values in AWAY.items() for value in values]
OPTIMIZERS, PENALTIES = VALUES["optimizer"].names, VALUES["penalty"].names


@cache
def rows(storage, n_classes):
    draw = np.random.default_rng(n_classes)
    X = draw.standard_normal((40, 3)) * (draw.random((40, 3)) < 0.7)
    return csr_matrix(X) if storage == "csr" else X, np.arange(40) % n_classes


def test_every_option_is_tried_away_from_its_default():
    assert set(AWAY) == set(VALUES) - {"optimizer", "penalty"}


@pytest.mark.skipif(backend_info().backend == "reference", reason="thousands of fits")
@pytest.mark.filterwarnings("ignore::hotloop.estimators.warnings.FitWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("storage", ["dense", "csr"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_combination_fits_or_says_what_to_do(optimizer, storage, n_classes):
    X, y = rows(storage, n_classes)
    refusals = 0
    for penalty, (name, value) in product(PENALTIES, CASES):
        own = {"max_iter": 2, "tol": None, "cv": None, "random_state": 0, name: value}
        model = LogisticSGDClassifier(optimizer=optimizer, penalty=penalty, **own)
        try:
            model.fit(X, y)
        except ValueError as error:
            message, refusals = str(error), refusals + 1
            broken = [rule for rule in RULES if message.endswith(f"; {rule.instead}") and message.startswith(f"{rule.option}=")]
            assert broken, message
            assert any(all(_named(with_what, model, message) for with_what in rule.when) for rule in broken), message
            assert not hasattr(model, "classes_")
        else:
            assert np.isfinite(model.coef_).all(), (penalty, name, value)
    assert 0 < refusals < len(PENALTIES) * len(CASES)


def _named(fact, model, message):
    """Tell whether a message names an option with its value, or the rows or classes that it is about."""
    if fact == "optimizer":
        return "optimizer=" in message
    in_words = {"rows": "sparse rows", "classes": "more than two classes"}
    return in_words.get(fact, f"{fact}={getattr(model, fact, None)!r}") in message


@pytest.mark.filterwarnings("ignore::hotloop.estimators.warnings.FitWarning")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join([rule.option, *rule.when]))
def test_each_rule_refuses_and_what_it_advises_fits(compiled, rule):
    """A rule that another one before it always hides would be dead."""
    first = {name: values[0] for name, values in rule.when.items()}
    X, y = rows("csr" if first.pop("rows", None) == "sparse rows" else "dense", 3 if first.pop("classes", None) else 2)
    method = first.pop("method", "fit")
    own = {"max_iter": 2, "tol": None, "cv": None, **first}
    other = next(value for value in AWAY.get(rule.option, ["l1"]) if not rule.allowed.allow(value))
    more = {"classes": np.unique(y)} if method == "partial_fit" else {}
    with pytest.raises(ValueError, match=re.escape(f"{rule.option}={other!r} does not go with ")) as refused:
        getattr(LogisticSGDClassifier(**{**own, rule.option: other}), method)(X, y, **more)
    assert str(refused.value).endswith(rule.instead)
    for allowed in rule.allowed.names:
        getattr(LogisticSGDClassifier(**{**own, rule.option: allowed}), method)(X, y, **more)


def test_values_come_before_what_goes_together():
    X, y = rows("dense", 2)
    with pytest.raises(ValueError, match="^optimizer is 'foo', expected 'auto', 'sgd'"):
        LogisticSGDClassifier(optimizer="foo", multi_class="ovr").fit(X, y)


def test_options_come_before_the_rows():
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="learning_rate='optimal' does not go with optimizer='ftrl'; leave"):
            getattr(LogisticSGDClassifier(optimizer="ftrl", learning_rate="optimal"), method)("no rows", "no labels")


def test_what_the_optimizer_auto_is_is_said():
    X, y = rows("csr", 3)
    message = r"average=True does not go with optimizer='ftrl' \(what optimizer='auto' is here\); leave"
    with pytest.raises(ValueError, match=message):
        LogisticSGDClassifier(penalty="l1", average=True).fit(X, y)
    streamed = LogisticOptions().resolved(sparse=True, n_classes=3, method="partial_fit")
    assert streamed.optimizer == "ftrl"
    for options in ({"eta0": 0.1}, {"average": True}, {"learning_rate": "constant"}, {"standardize": "std"}):
        assert LogisticOptions(**options).resolved(sparse=True, n_classes=3, method="partial_fit").optimizer == "sgd"
    for sparse, method in ((False, "partial_fit"), (True, "fit")):
        assert LogisticOptions().resolved(sparse=sparse, n_classes=3, method=method).optimizer == "sgd"


def test_what_options_resolve_to():
    def resolved(sparse=False, **options):
        return LogisticOptions(**options).resolved(sparse=sparse, n_classes=2)

    assert resolved().standardize == "std"
    assert resolved(sparse=True).standardize == "auto"  # by the rows: columns that all have are centred
    assert resolved(sparse=True, penalty="l1").standardize == "maxabs"
    assert LogisticOptions().resolved(sparse=True, n_classes=2, method="partial_fit").standardize == "maxabs"
    normalized = resolved(optimizer="normalized")
    assert (normalized.standardize, normalized.eta0, normalized.learning_rate) == (None, 0.5, "constant")
    assert resolved(penalty=None).alpha == 0
    assert [resolved(**own).kind_of_state for own in ({}, {"average": False}, {"optimizer": "sgd", "penalty": "l1"})] == [
        "sgd with averaging",
        "sgd",
        "sgd with an L1 penalty",
    ]


def test_memory_is_that_of_the_states():
    """The arrays that a state keeps for each weight, after an epoch of sparse rows."""
    X, y = csr_matrix(np.eye(400, 1000)), np.arange(400) % 2
    kinds = {
        "sgd": {"average": False},
        "sgd with averaging": {},
        "sgd with an L1 penalty": {"optimizer": "sgd", "penalty": "l1"},
        **{name: {"optimizer": name} for name in ("adagrad", "ftrl", "normalized")},
    }
    assert set(kinds) == set(NUMBERS_PER_WEIGHT) - {"sdca"}
    for kind, own in kinds.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = LogisticSGDClassifier(**own, cv=None, max_iter=1).fit(X, y)._learner.state
        held = ("W", "W_total", "applied_l1", "accumulators", "feature_scale")
        arrays = [getattr(state, name) for name in held if hasattr(state, name)]
        kept = sum(array.nbytes for array in arrays if array is not None)
        assert kept == bytes_per_weight(kind, 8) * 1000, kind


@pytest.mark.skipif(not PAGE.exists(), reason="docs/options.md is not beside the tests")
def test_the_page_is_made_of_the_tables():
    head, _, section = PAGE.read_text().partition("## Logistic regression")
    assert head
    assert ("## Logistic regression" + section.partition("## Networks")[0]).rstrip() == options_section().rstrip()


VALUES_TRIED = [
    "auto",
    "last",
    "l1",
    "std",
    "balanced",
    "ovr",
    "sdca",
    "no",
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    0.0,
    0.5,
    1.0,
    7.5,
]
VALUES_TRIED += [np.nan, np.inf, {0: 1.0}, np.float32(0.25), np.int64(3), np.bool_(True), [1], (2,)]


BOTH = [(LogisticSGDClassifier, LogisticOptions), (LogisticSDCAClassifier, SDCAOptions)]


@pytest.mark.parametrize(("estimator", "options"), BOTH)
def test_scikit_learn_has_the_same_constraints(estimator, options):
    assert set(estimator._parameter_constraints) == set(estimator().get_params())
    for name, allowed in options.VALUES.items():
        for value in VALUES_TRIED:
            try:
                validate_parameter_constraints(estimator._parameter_constraints, {name: value}, estimator.__name__)
            except InvalidParameterError:
                accepted = False
            else:
                accepted = True
            number = isinstance(value, bool) and True not in allowed.names  # to scikit-learn True is the number 1
            if number or (isinstance(value, float) and value == np.inf):  # which it lets pass where there is no upper end
                assert not allowed.allow(value)
            else:
                assert allowed.allow(value) == accepted, (name, value)


def test_defaults_are_those_of_the_estimators():
    for estimator, options in ((LogisticSGDClassifier(), LogisticOptions()), (LogisticSDCAClassifier(), SDCAOptions())):
        given = {name: value for name, value in estimator.get_params().items() if name not in ("verbose", "random_state")}
        assert given == {name: getattr(options, name) for name in given}
