"""The scikit-learn surface: its own checks, its tools, what is refused, and results on real data with pure defaults."""

import inspect
import pickle
import re
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import hotloop
from hotloop import (
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

# The reference is some hundred times slower, and scikit-learn's checks fit some hundred times.
SLOW = hotloop.backend_info().backend == "reference"
FEW = {"max_iter": 20, "tol": 0.02, "n_iter_no_change": 2} if SLOW else {}
NO_SEARCH_IF_SLOW = {"cv": None} if SLOW else {}
SMALL_SEARCH = {"alpha": 1e-4, "eta0": 0.3, "cv": 2, "max_iter": 2} if SLOW else {"cv": 2}
NO_SEARCH = {LogisticSGDClassifier: {"cv": None}}
ALL = (LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor)
CLASSIFIERS = ALL[:2]
WEIGHT_OF_TWO = "per-sample SGD: weight 2 is one step of twice the size, not two steps"

each_estimator = pytest.mark.parametrize("estimator", ALL)
each_classifier = pytest.mark.parametrize("estimator", CLASSIFIERS)
pytestmark = pytest.mark.filterwarnings("ignore:not converged")


def raw(n_samples=120, n_classes=2, dtype=np.float64):
    """Columns of very different scale; labels that depend on all of them."""
    draw = np.random.default_rng(n_classes)
    Z = draw.standard_normal((n_samples, 4))
    scores = Z @ draw.standard_normal((4, n_classes)) + 0.7 * draw.standard_normal((n_samples, n_classes))
    return (Z * [1, 100, 0.01, 5] + [0, 1000, 0, 50]).astype(dtype), scores.argmax(axis=1)


def quick(estimator, **options):
    """Return an estimator that trains for a few epochs, without a search."""
    return estimator(**{"max_iter": 5, "random_state": 0} | NO_SEARCH.get(estimator, {}) | options)


def weights(model):
    return [model.coef_, model.intercept_] if isinstance(model, LogisticSGDClassifier) else [*model.coefs_, *model.intercepts_]


def assert_same_weights(found, expected):
    for a, b in zip(weights(found), weights(expected), strict=True):
        assert_array_equal(a, b)


@parametrize_with_checks(
    [
        LogisticSGDClassifier(**FEW, **NO_SEARCH_IF_SLOW),
        LogisticSGDClassifierCV(**SMALL_SEARCH),
        TwoLayerClassifier(**FEW),
        TwoLayerRegressor(**FEW),
    ],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": WEIGHT_OF_TWO,
        "check_sample_weight_equivalence_on_sparse_data": WEIGHT_OF_TWO,
    },
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@parametrize_with_checks([LogisticSDCAClassifier(alpha=0.1, tol=1e-18, max_iter=300)])
def test_scikit_learn_checks_at_the_optimum(estimator, check):
    """No failure is expected: a row of weight 2 is the row twice."""
    check(estimator)


@each_estimator
def test_parameters_are_stored_as_given_and_documented(estimator):
    parameters = estimator().get_params()
    assert parameters == {name: p.default for name, p in inspect.signature(estimator).parameters.items()}
    other = clone(estimator(random_state=3, eta0=0.5, alpha=0.25, standardize=None))
    assert other.get_params() == parameters | {"random_state": 3, "eta0": 0.5, "alpha": 0.25, "standardize": None}
    assert [name for name in parameters if not re.search(rf"\b{name}\b", estimator.__doc__)] == []


@each_estimator
def test_same_seed_same_bits(backend, dtype, estimator):
    X, y = raw(dtype=dtype)
    first, second = (quick(estimator).fit(X, y) for _ in range(2))
    assert_same_weights(first, second)
    assert first.loss_curve_ == second.loss_curve_
    other = quick(estimator, random_state=1).fit(X, y)
    assert (weights(other)[0] != weights(first)[0]).any()
    assert {w.dtype for w in weights(first)[: 1 if estimator is LogisticSGDClassifier else 4]} == {np.dtype(dtype)}


@each_estimator
def test_clone_and_pickle(backend, estimator):
    X, y = raw()
    model = quick(estimator).fit(X, y)
    assert_same_weights(pickle.loads(pickle.dumps(model)), model)
    copy = clone(model)
    with pytest.raises(NotFittedError):
        copy.predict(X)
    assert_same_weights(copy.fit(X, y), model)


@each_estimator
def test_the_rows_are_untouched_and_may_be_read_only(backend, dtype, estimator):
    X, y = raw(dtype=dtype)
    weight = np.ones(len(X))
    kept = X.copy(), y.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    model = quick(estimator).fit(X, y, sample_weight=weight, X_val=X, y_val=y)
    model.predict(X)
    assert_array_equal(X, kept[0])
    assert_array_equal(y, kept[1])


@each_estimator
def test_threads_share_the_rows(backend, estimator):
    X, y = raw()
    serial = [quick(estimator, random_state=seed).fit(X, y) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(
            pool.map(lambda seed: quick(estimator, random_state=seed).fit(X, y), range(4)), serial, strict=True
        ):
            assert_same_weights(found, expected)


@each_estimator
def test_permuted_columns_give_the_same_predictions(backend, estimator):
    """In a network the first weights must follow the columns, so it starts from those of the other."""
    X, y = raw()
    places = np.array([2, 0, 3, 1])
    options = {"max_iter": 5, "tol": None, "random_state": 0, "warm_start": True}
    straight, permuted = (estimator(**options | {"max_iter": 1}).fit(rows, y) for rows in (X, X[:, places]))
    if estimator is LogisticSGDClassifier:
        assert_allclose(permuted.coef_, straight.coef_[:, places], rtol=1e-10)
        return
    permuted._learner.state = straight._learner.state.copy()
    permuted._learner.state.W1 = straight._learner.state.W1[places].copy()
    permuted.fit(X[:, places], y)
    straight.fit(X, y)
    assert_allclose(permuted.coefs_[0], straight.coefs_[0][places], rtol=1e-8, atol=1e-12)
    assert_allclose(permuted.predict(X[:, places]), straight.predict(X), rtol=1e-8)


@each_estimator
def test_rows_of_weight_zero_are_as_good_as_absent(backend, estimator):
    X, y = raw()
    weight = np.random.default_rng(0).choice([0.0, 1.0, 2.0], len(y))
    X[weight == 0] = 1e6
    options = {"shuffle": False, "early_stopping": False}
    found = quick(estimator, **options).fit(X, y, weight)
    assert_same_weights(found, quick(estimator, **options).fit(X[weight > 0], y[weight > 0], weight[weight > 0]))
    assert found.t_ == 5 * (weight > 0).sum()


@each_estimator
def test_tools_of_scikit_learn(backend, estimator):
    X, y = raw()
    pipeline = make_pipeline(MinMaxScaler(), quick(estimator))
    search = GridSearchCV(pipeline, {f"{estimator.__name__.lower()}__alpha": [0.0, 0.01]}, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 2
    assert len(set(search.cv_results_["mean_test_score"])) > 0
    assert np.isfinite(cross_val_score(quick(estimator), X, y, cv=3)).all()


def test_pandas_keeps_names(backend):
    pd = pytest.importorskip("pandas")
    X, y = raw()
    frame, labels = pd.DataFrame(X, columns=list("abcd")), pd.Series(np.array(["no", "yes"])[y], index=range(7, 7 + len(y)))
    for estimator in CLASSIFIERS:
        model = quick(estimator).fit(frame, labels, sample_weight=pd.Series(np.ones(len(y))))
        assert model.feature_names_in_.tolist() == list("abcd")
        assert_same_weights(model, quick(estimator).fit(X, labels.to_numpy()))
        assert set(model.predict(frame)) <= {"no", "yes"}
        with pytest.raises(ValueError, match="feature names"):
            model.predict(frame.rename(columns={"b": "x"}))
        with pytest.raises(ValueError, match=r"NaN at row 5, column 2 \(c\)"):
            model.predict(frame.assign(c=np.where(np.arange(len(y)) == 5, np.nan, X[:, 2])))


def test_the_type_of_a_table_is_that_of_its_columns():
    pd = pytest.importorskip("pandas")
    X, y = raw(dtype=np.float32)
    model = quick(LogisticSGDClassifier).fit(pd.DataFrame(X), y)
    assert_same_weights(model, quick(LogisticSGDClassifier).fit(X, y))
    assert model.coef_.dtype == np.float32
    wide = quick(LogisticSGDClassifier).fit(pd.DataFrame(X).astype({0: np.float64}), y)
    assert wide.coef_.dtype == np.float64


@each_classifier
@pytest.mark.parametrize("labels", [["no", "yes"], [True, False], [-1.0, 7.0], [5, 3]])
def test_labels_of_every_type(backend, estimator, labels):
    X, y = raw()
    named = np.array(labels)[y]
    model = quick(estimator).fit(X, named)
    assert model.classes_.tolist() == sorted(labels)
    assert model.predict(X).dtype == named.dtype
    assert model.score(X, named) > 0.6
    p = model.predict_proba(X)
    assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(X))
    assert_array_equal(model.decision_function(X) > 0, model.predict(X) == model.classes_[1])


@each_classifier
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(backend, dtype, estimator, n_classes):
    X, y = raw(n_classes=n_classes, dtype=dtype)
    model = quick(estimator).fit(X, y)
    p, m = model.predict_proba(X), model.decision_function(X)
    assert p.shape == (len(X), n_classes)
    assert m.shape == ((len(X),) if n_classes == 2 else (len(X), n_classes))
    assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    assert_allclose(np.log(p), model.predict_log_proba(X), rtol=1e-10, atol=1e-12)
    expected = 1 / (1 + np.exp(-m)) if n_classes == 2 else np.exp(m[:, 1]) / np.exp(m).sum(axis=1)
    assert_allclose(p[:, 1], expected, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_decision_function_is_that_of_the_coefficients(backend, dtype, n_classes):
    """In the caller's units; a column 1,000 deviations from 0 cancels that many digits."""
    X, y = raw(n_classes=n_classes, dtype=dtype)
    X[:, 0] += 1000
    model = quick(LogisticSGDClassifier).fit(X, y)
    coef, X = model.coef_.astype(np.float64), X.astype(np.float64)
    m = (X @ coef.T + model.intercept_).squeeze()
    terms = (np.abs(X) @ np.abs(coef.T) + np.abs(model.intercept_)).squeeze()
    eps = {np.float32: 6e-8, np.float64: 1.2e-16}[dtype]
    assert (np.abs(model.decision_function(X.astype(dtype)) - m) <= 8 * eps * terms).all()


@each_classifier
def test_constant_columns_change_nothing(backend, estimator):
    X, y = raw()
    constant = np.full((len(X), 1), 0.1)
    model = quick(LogisticSGDClassifier).fit(np.hstack([constant, X, constant * 1e6]), y)
    assert_array_equal(model.coef_[:, [0, 5]], [[0, 0]])
    plain = quick(LogisticSGDClassifier).fit(X, y)
    assert_allclose(model.coef_[:, 1:5], plain.coef_, rtol=1e-10)


@each_classifier
def test_class_weights_are_sample_weights(backend, estimator):
    X, y = raw()
    y[:90] = 0
    counts = np.bincount(y)
    assert counts[0] > 2 * counts[1]
    for given, factors in (
        ({0: 0.5, 1: 3.0}, np.array([0.5, 3.0])),
        ("balanced", len(y) / (2 * counts)),
        ({1: 2.0}, np.array([1.0, 2.0])),
    ):
        found = quick(estimator, class_weight=given).fit(X, y)
        assert_same_weights(found, quick(estimator).fit(X, y, sample_weight=factors[y]))
    assert (weights(found)[0] != weights(quick(estimator).fit(X, y))[0]).any()
    twice = quick(estimator, class_weight={1: 2.0}).fit(X, y, sample_weight=np.linspace(1, 2, len(y)))
    assert_same_weights(twice, quick(estimator).fit(X, y, sample_weight=np.linspace(1, 2, len(y)) * factors[y]))


@each_estimator
def test_validation_rows_of_the_caller_keep_the_best_epoch(backend, estimator):
    X, y = raw(200)
    wild = {LogisticSGDClassifier: 0.3, TwoLayerClassifier: 0.3, TwoLayerRegressor: 0.03}[
        estimator
    ]  # so that the loss rises again
    options = {"max_iter": 8, "tol": None, "eta0": wild, "learning_rate": "constant"}
    model = quick(estimator, **options).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    best = int(np.argmin(model.validation_curve_))
    assert best < 7
    assert len(model.validation_curve_) == model.n_iter_ == 8
    assert_same_weights(model, quick(estimator, **options | {"max_iter": best + 1}).fit(X[:120], y[:120]))
    if estimator is not TwoLayerRegressor:
        p = model.predict_proba(X[120:])[np.arange(80), y[120:]]
        assert -np.log(p).mean() == pytest.approx(model.validation_curve_[best], rel=1e-10)


@each_estimator
def test_early_stopping_holds_rows_out(backend, estimator):
    X, y = raw(200)
    model = quick(estimator, early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert len(model.validation_curve_) == 5
    assert model.t_ in {n * epoch for epoch in range(1, 6) for n in (150, 151)}
    again = quick(estimator, early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert_same_weights(again, model)
    assert not hasattr(quick(estimator).fit(X, y), "validation_curve_")


@each_estimator
def test_warm_start_goes_on(backend, estimator):
    X, y = raw()
    cold, warm = (quick(estimator, warm_start=w, max_iter=30).fit(X, y) for w in (False, True))
    for model in (cold, warm):
        model.set_params(max_iter=1).fit(X, y)
    assert warm.loss_curve_[0] < cold.loss_curve_[0]
    first = quick(estimator, max_iter=1).fit(X, y)
    assert_same_weights(cold, first)


def test_warm_start_refuses_another_problem():
    X, y = raw()
    for estimator in ALL:
        model = quick(estimator, warm_start=True).fit(X, y)
        with pytest.raises(ValueError, match="warm_start"):
            model.fit(X[:, :3], y)
    with pytest.raises(ValueError, match=r"warm_start: y has classes \[5, 6\], the last fit had \[0, 1\]"):
        quick(LogisticSGDClassifier, warm_start=True).fit(X, y).fit(X, y + 5)


def test_a_warm_network_refuses_other_classes_and_outputs():
    X, y = raw()
    with pytest.raises(ValueError, match=r"warm_start: y has classes \[5, 6\], the last fit had \[0, 1\]"):
        quick(TwoLayerClassifier, warm_start=True).fit(X, y).fit(X, y + 5)
    with pytest.raises(ValueError, match="warm_start: the last fit had output linear, this one has sigmoid_sum"):
        quick(TwoLayerRegressor, warm_start=True).fit(X, y).set_params(output="sigmoid_sum").fit(X, y)


@each_estimator
def test_not_converged_says_so(estimator):
    X, y = raw()
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter=3 epochs: the last losses were"):
        estimator(max_iter=3, tol=0.0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator(max_iter=3, tol=None).fit(X, y)
        estimator(max_iter=1).fit(X, y)


def test_assigned_weights_replace_what_was_learnt(backend, dtype):
    X, y = raw(n_classes=3, dtype=dtype)
    model = quick(LogisticSGDClassifier).fit(X, y)
    coef, intercept = np.arange(12.0).reshape(3, 4) / 100, np.array([1.0, -1.0, 0.5])
    model.coef_ = coef
    model.intercept_ = intercept
    eps = np.finfo(dtype).eps
    assert_allclose(model.coef_, coef, rtol=2 * eps)
    assert_allclose(model.intercept_, intercept, rtol=0, atol=eps * np.abs(X * coef[2]).sum(axis=1).max())
    expected = X.astype(np.float64) @ coef.astype(dtype).astype(np.float64).T + intercept
    assert_allclose(model.decision_function(X), expected, rtol=1e-5 if dtype == np.float32 else 1e-13)
    model.partial_fit(X, y)
    assert (model.coef_ != coef).any()
    for name, wrong in (
        ("coef_", np.ones((2, 4))),
        ("coef_", coef * np.nan),
        ("intercept_", [1.0]),
        ("intercept_", [np.inf] * 3),
    ):
        with pytest.raises(ValueError, match="expected|must be finite"):
            setattr(model, name, wrong)


@each_estimator
def test_an_interrupted_fit_leaves_a_usable_model(backend, estimator, tmp_path):
    X, y = raw()

    def interrupt(history, tasks):
        if history.n_iter == 3:
            raise KeyboardInterrupt

    model = quick(estimator)
    model._report = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    del model._report
    expected = quick(estimator, max_iter=3).fit(X, y)
    assert_same_weights(model, expected)
    assert_array_equal(model.predict(X), expected.predict(X))
    model.save(tmp_path / "m")
    assert_array_equal(hotloop.load(tmp_path / "m").predict(X), expected.predict(X))
    assert_same_weights(model.fit(X, y), quick(estimator).fit(X, y))


@each_estimator
def test_verbose_prints_a_line_an_epoch(capsys, estimator):
    X, y = raw()
    quick(estimator, verbose=1, max_iter=2).fit(X, y, X_val=X, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{estimator.__name__}: epoch 2, loss ")
    assert ", validation loss " in lines[1]
    quick(estimator, max_iter=2).fit(X, y)
    assert capsys.readouterr().out == ""


def put(array, place, value):
    array = np.array(array, np.float64)
    array[place] = value
    return array


REFUSED = {
    "nan": (lambda X, y: {"X": put(X, (5, 2), np.nan)}, "X contains NaN at row 5, column 2"),
    "infinity": (lambda X, y: {"X": put(X, (5, 2), np.inf)}, "X contains infinity at row 5, column 2"),
    "nan-in-weights": (lambda X, y: {"sample_weight": put(y, 7, np.nan)}, "sample_weight contains NaN at row 7"),
    "negative-weight": (lambda X, y: {"sample_weight": put(y, 7, -2)}, r"sample_weight\[7\] is -2"),
    "all-weights-0": (lambda X, y: {"sample_weight": 0.0 * y}, "every sample_weight is zero"),
    "short-weights": (lambda X, y: {"sample_weight": np.ones(3)}, r"sample_weight has shape \(3,\), expected \(120,\)"),
    "short-y": (lambda X, y: {"y": y[:-1]}, "inconsistent"),
    "no-rows": (lambda X, y: {"X": X[:0], "y": y[:0]}, "minimum of 1 is required"),
    "no-columns": (lambda X, y: {"X": X[:, :0]}, "minimum of 1 is required"),
    "nan-in-validation": (lambda X, y: {"X_val": put(X, (1, 1), np.nan), "y_val": y}, "X contains NaN at row 1, column 1"),
    "narrow-validation": (lambda X, y: {"X_val": X[:, :3], "y_val": y}, "3 features"),
    "half-a-validation": (lambda X, y: {"X_val": X}, "X_val and y_val come together"),
    "other-half": (lambda X, y: {"y_val": y}, "X_val and y_val come together"),
}


@each_estimator
@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_with_its_place(estimator, name):
    X, y = raw()
    changed, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        quick(estimator).fit(**{"X": X, "y": y} | changed(X, y))


@each_estimator
def test_a_target_that_is_not_finite_is_refused_with_its_place(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="y contains NaN at row 5"):
        quick(estimator).fit(X, put(y, 5, np.nan))


@each_estimator
def test_short_validation_targets_are_refused(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="y_val"):
        quick(estimator).fit(X, y, X_val=X, y_val=y[:-1])


@each_estimator
def test_what_was_refused_is_not_fitted(estimator):
    X, y = raw()
    model = quick(estimator)
    for refused in ({"X_val": X}, {"X_val": X, "y_val": y[:3]}, {"sample_weight": 0.0 * y}):
        with pytest.raises(ValueError, match="come together|y_val|every sample_weight"):
            model.fit(X, y, **refused)
        with pytest.raises(NotFittedError):
            model.predict(X)


@each_classifier
def test_labels_that_cannot_be_are_refused(estimator):
    X, y = raw()
    with pytest.raises(ValueError, match="one class only, 1; a classifier needs at least two"):
        quick(estimator).fit(X, np.ones(len(y)).astype(int))
    with pytest.raises(ValueError, match="one class only"):
        quick(estimator).fit(X, y, sample_weight=y.astype(float))
    with pytest.raises(ValueError, match=r"y_val\[0\] is .*[78].*, which is none of the classes \[0, 1\]"):
        quick(estimator).fit(X, y, X_val=X, y_val=y + 7)


@each_estimator
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": "adaptive"}, "learning_rate is 'adaptive'"),
        ({"standardize": "minmax"}, "standardize is 'minmax'"),
        ({"eta0": 0.0}, "eta0 is 0.0, expected a positive number"),
        ({"eta0": 1.0, "alpha": 1.0}, r"eta0 \* alpha is 1; it must lie in \[0, 1\)"),
        ({"alpha": -1.0}, "alpha is -1.0, expected a number that is not negative"),
        ({"tol": np.nan}, "tol is nan, expected"),
        ({"early_stopping": True, "validation_fraction": 1.5}, "validation_fraction is 1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(estimator, options, message):
    X, y = raw()
    with pytest.raises(ValueError, match=message):
        quick(estimator, **options).fit(X, y)


def test_settings_of_one_estimator_that_cannot_be_are_refused():
    X, y = raw()
    for model, message in (
        (
            LogisticSGDClassifier(optimizer="adagrad", penalty="l1"),
            "penalty='l1' does not go with optimizer='adagrad'; take",
        ),
        (TwoLayerClassifier(n_hidden=0), "n_hidden is 0, expected a positive whole number or 'auto'"),
        (TwoLayerClassifier(n_hidden="many"), "n_hidden is 'many'"),
        (TwoLayerRegressor(output="softmax"), "output is 'softmax', expected 'linear' or 'sigmoid_sum'"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(X, y)


@each_estimator
def test_a_refused_refit_leaves_the_model(estimator):
    X, y = raw()
    model = quick(estimator).fit(X, y)
    before = model.predict(X)
    for refused in ({"learning_rate": "adaptive"}, {"standardize": "minmax"}, {"eta0": 1.0, "alpha": 2.0}, {"max_iter": 0}):
        with pytest.raises(ValueError, match="learning_rate|standardize|eta0|max_iter"):
            clone(model).set_params(**refused).fit(X, y)
        kept = model.get_params()
        with pytest.raises(ValueError, match="learning_rate|standardize|eta0|max_iter"):
            model.set_params(**refused).fit(X, 1 - y)
        assert_array_equal(model.set_params(**kept).predict(X), before)


@pytest.mark.parametrize("name", ["early_stopping", "shuffle", "warm_start"])
def test_what_is_true_or_false_is_nothing_else(name):
    with pytest.raises(ValueError, match=f"{name} is 'no', expected True or False"):
        LogisticSGDClassifier(**{name: "no"}).fit([[0.0], [1.0]], [0, 1])


@each_estimator
def test_divergence_with_an_explicit_step_is_an_error(backend, estimator):
    X, y = raw()
    if estimator is LogisticSGDClassifier:
        options = {"eta0": 1e308, "standardize": None, "alpha": 0.0}
    else:
        options = {"eta0": 1e6 if estimator is TwoLayerRegressor else 1e30, "alpha": 0.0}
    with pytest.raises(
        FloatingPointError, match="training diverged in epoch 1, after step .* Take a smaller step size: eta0 was"
    ):
        quick(estimator, **options).fit(X, y)


def test_no_penalty_is_alpha_zero(backend):
    X, y = raw()
    found = quick(LogisticSGDClassifier, penalty=None, eta0=0.01).fit(X, y)
    assert found.alpha_ == 0
    assert_same_weights(found, quick(LogisticSGDClassifier, alpha=0.0, eta0=0.01).fit(X, y))
    assert (quick(LogisticSGDClassifier, alpha=0.5, eta0=0.01).fit(X, y).coef_ != found.coef_).all()


def test_without_intercept(backend):
    X, y = raw()
    model = quick(LogisticSGDClassifier, fit_intercept=False, standardize="maxabs").fit(X, y)
    assert_array_equal(model.intercept_, [0])
    assert model.coef_.all()


def test_converges_to_the_optimum_of_logistic_regression(backend):
    """mean log loss + alpha / 2 ||w||^2 on standardised columns is C = 1 / (n alpha)."""
    X, y = raw()
    Z = StandardScaler().fit_transform(X)
    optimum = LogisticRegression(C=1 / (len(y) * 0.05), tol=1e-8).fit(Z, y)
    model = LogisticSGDClassifier(alpha=0.05, max_iter=200, tol=None, random_state=0).fit(X, y)
    assert_allclose(model.decision_function(X), optimum.decision_function(Z), atol=0.02)


def test_defaults_on_raw_breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=1))
    losses = [
        -cross_val_score(model, X, y, cv=5, scoring="neg_log_loss").mean()
        for model in (LogisticSGDClassifier(random_state=0), peer)
    ]
    assert losses[0] < 1.2 * losses[1]


@pytest.mark.parametrize(
    "estimator", [LogisticSGDClassifier(max_iter=16), TwoLayerClassifier(max_iter=16)], ids=lambda e: type(e).__name__
)
def test_defaults_on_digits(estimator):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    assert estimator.set_params(random_state=0).fit(X, y).score(X_test, y_test) > 0.93


@pytest.mark.parametrize("output", ["linear", "sigmoid_sum"])
def test_defaults_on_diabetes(output):
    """r^2 of 0 is the mean; linear regression reaches 0.48 in cross-validation."""
    X, y = load_diabetes(return_X_y=True)
    model = TwoLayerRegressor(output=output, random_state=0, max_iter=32)
    assert cross_val_score(model, X, y, cv=3).mean() > 0.3
    bounded = model.fit(X, y).predict(X * 1000)
    assert (np.ptp(bounded) < 9 * y.std()) == (output == "sigmoid_sum")


@pytest.mark.parametrize("how", [{}, {"standardize": None}, {"standardize": None, "eta0": 0.1}, {"early_stopping": True}])
@pytest.mark.parametrize("weight", [None, "some zero"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_cell_that_is_no_number_is_named_whatever_reads_it_first(backend, dtype, how, weight, value, n_classes):
    X, y = raw(n_classes=n_classes, dtype=dtype)
    model = quick(LogisticSGDClassifier, **how).fit(X[:, ::-1] / 1000, y)
    before = model.coef_
    broken = X / 1000
    broken[99, 2] = value
    sample_weight = None if weight is None else np.where(np.arange(len(y)) % 10 == 9, 0.0, 1.0)  # row 99 has none
    with pytest.raises(ValueError, match=f"X contains {'NaN' if np.isnan(value) else 'infinity'} at row 99, column 2"):
        model.fit(broken, y, sample_weight)
    assert_array_equal(model.coef_, before)
