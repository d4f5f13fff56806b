"""What every estimator keeps: same seed same bits, inputs untouched, permutations, weights of 0, tools of scikit-learn."""

import copy
import inspect
import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from all_estimators import (
    CLASSIFIERS,
    FEW,
    NO_SEARCH_IF_SLOW,
    SMALL_SEARCH,
    assert_same_weights,
    each_classifier,
    each_estimator,
    quick,
    raw,
    weights,
)
from numpy.testing import assert_allclose, assert_array_equal
from passes import at_odd_address
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import hotloop
from hotloop import (
    LogisticSDCAClassifier,
    LogisticSGDClassifier,
    LogisticSGDClassifierCV,
    TwoLayerClassifier,
    TwoLayerRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore:not converged")

WEIGHT_OF_TWO = "per-sample SGD: weight 2 is one step of twice the size, not two steps"


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


@pytest.mark.long_on_reference
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
@pytest.mark.parametrize("sparse", [False, True])
def test_arrays_at_odd_addresses(backend, estimator, sparse):
    X, y = raw()
    weight = np.arange(len(X)) % 3 / 2
    X, odd = (csr_array(X), csr_array(X)) if sparse else (X, at_odd_address(X))
    if sparse:
        odd.data, odd.indices, odd.indptr = map(at_odd_address, (odd.data, odd.indices, odd.indptr))
    expected = quick(estimator, standardize=None).fit(X, y, weight, X_val=X, y_val=y)
    found = quick(estimator, standardize=None).fit(odd, at_odd_address(y), at_odd_address(weight), X_val=odd, y_val=y)
    assert_same_weights(found, expected)
    assert_array_equal(found.predict(odd), expected.predict(X))


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


@pytest.mark.parametrize("storage", [np.asarray, csr_matrix])
@pytest.mark.parametrize("standardize", ["auto", "std", "maxabs", None])
@each_estimator
def test_a_column_that_was_constant_in_fit_is_learnt_from_later_rows(compiled, estimator, standardize, storage):
    if estimator is not LogisticSGDClassifier and standardize == "std" and storage is csr_matrix:
        pytest.skip("networks do not centre sparse rows")
    draw = np.random.default_rng(0)
    X = draw.standard_normal((2000, 4)) * (draw.random((2000, 4)) < 0.7)
    X[:100, 1] = 0
    y, without = (X[:, 0] + 2 * X[:, 1] > 0).astype(int), X * [1, 0, 1, 1]
    model = quick(estimator, standardize=standardize).fit(storage(X[:100]), y[:100])
    if standardize is not None:
        assert_array_equal(model.predict(storage(X)), model.predict(storage(without)))
    for start in range(100, 2000, 100):
        model.partial_fit(storage(X[start : start + 100]), y[start : start + 100])
    assert model.score(storage(X), y) > model.score(storage(without), y) + 0.05


def by_file(model, path):
    model.save(path)
    return hotloop.load_estimator(path)


COPIES = {
    "copy": lambda model, path: copy.copy(model),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "file": by_file,
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("n_online", [None, 70])
@each_estimator
def test_a_copy_goes_on_alike_and_shares_nothing(compiled, estimator, how, n_online, tmp_path):
    X, y = raw()
    model = quick(estimator)
    if n_online is None:
        model.fit(X, y)
    else:
        model.partial_fit(X[:n_online], y[:n_online], **({} if estimator is TwoLayerRegressor else {"classes": [0, 1]}))
    twin = COPIES[how](model, tmp_path / "m")
    fitted = [name for name in vars(model) if name.endswith("_")]
    kept_by_files = [name for name in fitted if name not in ("loss_curve_", "n_iter_", "search_", "validation_curve_")]
    for name in kept_by_files if how == "file" else fitted:
        assert_array_equal(getattr(twin, name), getattr(model, name))
    before = model.predict(X)
    assert_array_equal(twin.predict(X), before)
    for _ in range(3):
        twin.partial_fit(X, 1 - y)
    assert_array_equal(model.predict(X), before)
    assert (twin.predict(X) != before).any()
    for _ in range(3):
        model.partial_fit(X, 1 - y)
    assert_same_weights(twin, model)
