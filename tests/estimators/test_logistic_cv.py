"""LogisticSGDClassifierCV: its scores are those of separate fits, its choice the best of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from tolerances import WEIGHTS

import hotloop
from hotloop import LogisticSGDClassifier, LogisticSGDClassifierCV
from hotloop.estimators.warnings import AbsentClassWarning


def rows(n_samples=120, n_classes=2, dtype=np.float64):
    draw = np.random.default_rng(n_classes)
    X = draw.standard_normal((n_samples, 4))
    scores = X @ draw.standard_normal((4, n_classes)) + draw.standard_normal((n_samples, n_classes))
    return X.astype(dtype), np.array(["no", "perhaps", "yes"])[scores.argmax(axis=1)]


def search(**options):
    return LogisticSGDClassifierCV(
        **{"alpha": [1e-3, 0.1], "eta0": [0.3, 0.05], "cv": 3, "max_iter": 3, "random_state": 0} | options
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_those_of_separate_fits(backend, dtype, n_classes):
    X, y = rows(n_classes=n_classes, dtype=dtype)
    weight = np.random.default_rng(1).choice([0.5, 1.0, 2.0], len(y))
    found = search(standardize=None, shuffle=False).fit(X, y, sample_weight=weight)
    splits = list(StratifiedKFold(3).split(X, y))
    assert found.n_splits_ == 3
    assert [p["max_iter"] for p in found.cv_results_["params"]] == [1] * 4 + [2] * 4 + [3] * 4
    for place, params in enumerate(found.cv_results_["params"]):
        for f, (train, test) in enumerate(splits):
            alone = LogisticSGDClassifier(**params, tol=None, shuffle=False, standardize=None)
            p = alone.fit(X[train], y[train], weight[train]).predict_proba(X[test])
            expected = -log_loss(y[test], p, sample_weight=weight[test], labels=alone.classes_)
            assert_allclose(found.cv_results_[f"split{f}_test_score"][place], expected, rtol=10 * WEIGHTS[dtype])
            assert found.cv_results_["param_alpha"][place] == params["alpha"]


def test_the_best_is_chosen_and_refitted(backend):
    X, y = rows()
    found = search(random_state=4).fit(X, y)
    results = found.cv_results_
    of_splits = np.column_stack([results[f"split{f}_test_score"] for f in range(3)])
    assert_allclose(results["mean_test_score"], of_splits.mean(axis=1))
    assert_allclose(results["std_test_score"], of_splits.std(axis=1))
    assert found.best_index_ == np.argmax(results["mean_test_score"]) == np.argmin(results["rank_test_score"])
    assert sorted(results["rank_test_score"]) == list(range(1, 13))
    assert found.best_params_ == results["params"][found.best_index_]
    assert found.best_score_ == results["mean_test_score"][found.best_index_]
    again = clone(found.best_estimator_).fit(X, y)
    assert {name: again.get_params()[name] for name in found.best_params_} == found.best_params_
    assert again.n_iter_ == found.best_params_["max_iter"]
    assert_array_equal(again.coef_, found.coef_)
    assert_array_equal(again.intercept_, found.intercept_)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        assert_array_equal(getattr(found, method)(X), getattr(again, method)(X))
    assert found.scorer()(X[0]) == again.scorer()(X[0])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_defaults_beat_the_worst_step_by_far_and_repeat(compiled, n_classes):
    X, y = rows(400, n_classes)
    first, second = (LogisticSGDClassifierCV(random_state=7).fit(X * [1, 100, 1e-3, 1], y) for _ in range(2))
    assert_array_equal(first.coef_, second.coef_)
    assert len(first.cv_results_["params"]) == 5 * len({(p["alpha"], p["eta0"]) for p in first.cv_results_["params"]})
    assert {p["max_iter"] for p in first.cv_results_["params"]} == {1, 2, 4, 8, 16}
    alone = LogisticSGDClassifier(random_state=7, cv=None).fit(X, y)
    assert -first.best_score_ < 1.1 * log_loss(y, alone.predict_proba(X))


def test_any_splitter_and_groups(backend):
    X, y = rows()
    groups = np.arange(len(y)) % 4
    by_groups = search(cv=GroupKFold(4)).fit(X, y, groups=groups)
    assert by_groups.n_splits_ == 4
    given = search(cv=list(GroupKFold(4).split(X, y, groups))).fit(X, y)
    assert_array_equal(by_groups.cv_results_["mean_test_score"], given.cv_results_["mean_test_score"])
    last_held_out = search(cv=[(np.arange(90), np.arange(90, 120))]).fit(X, y)
    assert last_held_out.n_splits_ == 1


def test_one_value_is_tried_alone(backend):
    X, y = rows()
    found = search(alpha=0.01, eta0=0.1, max_iter=1).fit(X, y)
    assert found.best_params_ == {"alpha": 0.01, "eta0": 0.1, "max_iter": 1}


def test_automatic_steps_suit_a_strong_penalty(compiled):
    X, y = rows()
    found = search(alpha=[1.0, 1e-3], eta0="auto").fit(X, y)
    pairs = [(p["alpha"], p["eta0"]) for p in found.cv_results_["params"][:9]]
    unit = 1 / (4 + 1)  # mean ||z||^2 of four standardised columns, and the intercept
    strong, weak = ([eta0 for alpha, eta0 in pairs if alpha == of] for of in (1.0, 1e-3))
    assert_allclose(weak, [unit / 16, unit / 4, unit, 4 * unit, 16 * unit])
    assert_allclose(strong, [unit / 16, unit / 4, unit, 0.5])


def test_a_candidate_that_diverges_is_listed_and_never_chosen(backend):
    X, y = rows()
    found = search(alpha=0.0, eta0=[1e308, 0.1], standardize=None).fit(1e10 * X, y)
    scores = found.cv_results_["mean_test_score"]
    assert np.isnan(scores[::2]).all()
    assert np.isfinite(scores[1::2]).all()
    assert found.best_params_["eta0"] == 0.1
    assert (found.cv_results_["rank_test_score"][::2] == 4).all()
    with pytest.raises(FloatingPointError, match="every candidate diverged"):
        search(alpha=0.0, eta0=[1e308], standardize=None).fit(1e10 * X, y)


def test_what_cannot_be_searched_is_refused():
    X, y = rows()
    with pytest.raises(ValueError, match="split 0 of cv has no row of class 'no' to train on"):
        search(cv=KFold(2)).fit(X, np.sort(y))
    with pytest.raises(ValueError, match="split 2 of cv has no row to judge by"):
        search(cv=KFold(3)).fit(X, y, sample_weight=np.repeat([1.0, 1.0, 0.0], 40))
    with pytest.raises(ValueError, match=r"eta0 is -1.* expected a positive number"):
        search(eta0=[0.1, -1.0]).fit(X, y)
    with pytest.raises(ValueError, match=r"eta0 \* alpha is 2"):
        search(alpha=[4.0], eta0=[0.5]).fit(X, y)
    with pytest.raises(ValueError, match="at least one value"):
        search(alpha=[]).fit(X, y)
    with pytest.raises(ValueError, match="cv gives no split"):
        search(cv=[]).fit(X, y)
    with pytest.raises(ValueError, match="cv names a row that X, of 120 rows, does not have"):
        search(cv=[(np.arange(100), [120])]).fit(X, y)
    for wrong in ({"max_iter": 0}, {"average": "no"}, {"standardize": "no"}, {"learning_rate": "no"}):
        with pytest.raises(ValueError, match=f"^{next(iter(wrong))} is"):
            search(**wrong, cv="never reached").fit(X, y)
    with pytest.raises(ValueError, match="X contains NaN at row 1, column 2"):
        search().fit(np.where(np.arange(480).reshape(120, 4) == 6, np.nan, X), y)


def test_rows_of_weight_zero_do_not_count(backend):
    X, y = rows()
    weight = np.ones(120)
    weight[::3] = 0
    odd = X.copy()
    odd[::3] = 1e6
    other = np.where(weight > 0, y, "elsewhere")
    splits = list(KFold(3).split(X))
    a, b = (search(cv=splits).fit(X_, y_, sample_weight=weight) for X_, y_ in ((X, y), (odd, other)))
    assert_array_equal(a.classes_, b.classes_)
    assert_array_equal(a.cv_results_["mean_test_score"], b.cv_results_["mean_test_score"])


def test_the_refitted_model_is_saved(tmp_path):
    X, y = rows()
    found = search().fit(X, y)
    found.save(tmp_path / "m.safetensors")
    assert_array_equal(hotloop.load(tmp_path / "m.safetensors").predict_proba(X), found.predict_proba(X))


def test_verbose_shows_each_judgement(compiled, capsys):
    X, y = rows()
    search(verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("LogisticSGDClassifierCV: search after ") for line in lines] == [True] * 3
    assert ", 4 candidates go on" in lines[0]


@pytest.mark.parametrize("storage", [np.asarray, csr_matrix])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_training_row_named_several_times_has_several_times_the_weight(backend, storage, n_classes):
    X, y = rows(n_classes=n_classes)
    n = len(y)
    half, counts = np.arange(n // 2), np.arange(n // 2) % 4
    scores = []
    for train, weight in ((np.repeat(half, counts), None), (half, np.r_[counts, np.ones(n - n // 2)])):
        found = search(cv=[(train, np.arange(n // 2, n))], standardize=None).fit(storage(X), y, sample_weight=weight)
        scores.append(found.cv_results_["mean_test_score"])
    assert_allclose(*scores, rtol=1e-6)
    once = search(cv=[(half[counts > 0], np.arange(n // 2, n))], standardize=None).fit(storage(X), y)
    assert (np.abs(once.cv_results_["mean_test_score"] - scores[0]) > 1e-4).all()
    with pytest.raises(ValueError, match="split 0 of cv names a row to train on more than 255 times"):
        search(cv=[(np.r_[half, np.zeros(255, int)], half)]).fit(storage(X), y)


def test_a_class_that_a_split_lacks_stops_no_search(compiled):
    draw = np.random.default_rng(0)
    for y, cv in ((np.r_[[0] * 15, [1] * 14, [2]], 5), (np.repeat([0, 1, 2], 60), KFold(3))):
        X = draw.standard_normal((len(y), 2)) + y[:, None]
        with pytest.warns(AbsentClassWarning, match="splits of cv have no row of some class to train on"):
            found = search(cv=cv).fit(X, y)
        assert np.isfinite(found.predict_proba(X)).all()
        assert found.classes_.tolist() == [0, 1, 2]
        assert np.isfinite(found.cv_results_["mean_test_score"]).all()
