"""The default fit chooses for itself: what is held out, what goes on, what is obeyed; and how far it comes."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from searches import fitted, rows
from sklearn.metrics import log_loss
from tolerances import relative_error

from hotloop import LogisticSGDClassifier
from hotloop.data.batch import Batch
from hotloop.data.csr import from_scipy
from hotloop.logistic.fit import train_state
from hotloop.logistic.search.halving import C_GRID, ETA0_GRID, GAIN, LEAST_GAIN, MOST_EPOCHS, SURVIVORS_PER_RUNG, Search
from hotloop.logistic.search.many_dense import LogisticModels
from hotloop.logistic.search.splits import splits_of
from hotloop.logistic.state import LogisticState
from hotloop.training.options import FitOptions

pytestmark = pytest.mark.filterwarnings("ignore:not converged")

# What is chosen


def test_the_table_and_the_choice(compiled):
    X, y = rows(400)
    model = fitted(X, y)
    table = model.search_
    assert len(C_GRID) * len(ETA0_GRID) == (table["epochs"] == 1).sum() == 20
    counts = [int((table["epochs"] == e).sum()) for e in np.unique(table["epochs"])]
    assert counts == sorted(counts, reverse=True)
    assert table["losses"].shape == (len(table["loss"]), 15)
    assert_allclose(table["loss"], table["losses"].mean(axis=1))
    best = table["best_index"]
    assert (model.alpha_, model.eta0_, model.n_iter_) == (table["alpha"][best], table["eta0"][best], table["epochs"][best])
    assert table["loss"][best] <= np.nanmin(table["loss"]) * 1.001
    again = LogisticSGDClassifier(alpha=model.alpha_, eta0=model.eta0_, max_iter=model.n_iter_, tol=None, random_state=0).fit(
        X, y
    )
    assert_array_equal(again.coef_, model.coef_)
    assert not hasattr(again, "search_")


def test_those_go_on_that_are_among_the_best_and_still_gain(compiled):
    for seed in range(3):
        table = fitted(*rows(400, 10, seed)).search_
        of = {
            (a, e, n): loss
            for a, e, n, loss in zip(*(table[name] for name in ("alpha", "eta0", "epochs", "loss")), strict=True)
        }
        least, judged, expected = np.inf, sorted(set(table["epochs"])), None
        for rung, epochs in enumerate(judged):
            here = {pair[:2]: loss for pair, loss in of.items() if pair[2] == epochs}
            assert expected is None or set(here) == expected
            least = min(least, *here.values())
            min_gain = max(GAIN * least, LEAST_GAIN)
            gains = {pair: of.get((*pair, epochs // 2), np.inf) - loss for pair, loss in here.items()}
            going = [pair for pair in sorted(here, key=here.get) if here[pair] - gains[pair] / 2 < least - min_gain]
            expected = set(going[: SURVIVORS_PER_RUNG[rung]])
        assert not expected or judged[-1] == MOST_EPOCHS


def test_rows_that_come_sparse_and_online_take_ftrl(compiled):
    X, y = rows(100)
    kinds = {"sparse": sp.csr_array(X), "dense": X}
    for name, of in kinds.items():
        model = LogisticSGDClassifier().partial_fit(of, y, classes=[0, 1])
        same = LogisticSGDClassifier(optimizer="ftrl" if name == "sparse" else "sgd").partial_fit(of, y, classes=[0, 1])
        assert_array_equal(model.coef_, same.coef_)
        assert type(model._learner.state) is type(same._learner.state)
    for options in ({"eta0": 0.1}, {"average": False}, {"learning_rate": "constant"}, {"standardize": "std"}):
        model = LogisticSGDClassifier(**options).partial_fit(kinds["sparse"], y, classes=[0, 1])
        assert type(model._learner.state) is LogisticState
    assert (LogisticSGDClassifier(penalty="l1", alpha=0.05, random_state=0).fit(X, y).coef_ == 0).any()
    fitted_first = fitted(kinds["sparse"], y).partial_fit(kinds["sparse"], y)
    assert type(fitted_first._learner.state) is LogisticState


@pytest.mark.parametrize("storage", ["dense", "sparse"])
def test_losses_are_those_of_separate_fits(backend, storage):
    X, y = rows(200)
    weight = np.random.default_rng(1).choice([0.5, 1.0, 2.0], len(y))
    options, X = {"standardize": None, "shuffle": False, "cv": 3}, X.astype(np.float32)
    given = sp.csr_array(X) if storage == "sparse" else X
    table = fitted(given, y, sample_weight=weight, max_iter=4, **options).search_
    splits = splits_of(y.astype(float), 3, None, np.random.RandomState(0).randint(2**31 - 1))
    for place in np.random.default_rng(0).choice(len(table["loss"]), 8, replace=False):
        train, held = splits[1]
        share = np.mean([t.sum() for t, _ in splits]) / 200
        found = {"alpha": table["alpha"][place] / share, "eta0": table["eta0"][place] / share**0.5}
        epochs = int(table["epochs"][place])
        alone = LogisticSGDClassifier(**found, max_iter=epochs, tol=None, random_state=0, **options)
        alone.fit(X[train], y[train], weight[train])
        expected = log_loss(y[held], alone.predict_proba(X[held]), sample_weight=weight[held])
        assert table["losses"][place, 1] == pytest.approx(expected, rel=2e-4)


def test_what_is_set_is_obeyed_and_not_searched(compiled):
    X, y = rows(400)
    table = fitted(X, y, alpha=0.02).search_
    assert set(table["alpha"]) == {0.02}
    assert (table["epochs"] == 1).sum() == 5
    assert len(set(table["eta0"])) == 5
    table = fitted(X, y, eta0=0.03).search_
    assert set(table["eta0"]) == {0.03}
    assert len(set(table["alpha"])) == 4
    assert set(fitted(X, y, penalty=None).search_["alpha"]) == {0.0}
    assert (100 * fitted(X, y, eta0=100.0).search_["alpha"] < 1).all()  # those that the step bears
    assert not hasattr(fitted(X, np.sort(y), cv="last"), "search_")  # held out are rows of one class
    model = fitted(X, y, max_iter=3)
    assert model.search_["epochs"].max() <= 3 >= model.n_iter_
    assert fitted(X, y, max_iter=3, tol=None).n_iter_ == 3
    assert fitted(X, y, tol=1e-3, max_iter=200).n_iter_ > 5
    for options in ({"alpha": 0.01, "eta0": 0.1}, {"cv": None}, {"optimizer": "ftrl"}):
        assert not hasattr(fitted(X, y, **options), "search_")
    model = fitted(X, y, warm_start=True)
    assert not hasattr(model.fit(X, y), "search_")


def test_validation_rows_are_the_criterion(compiled):
    X, y = rows(600)
    model = fitted(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    assert model.search_["losses"].shape[1] == 1
    best = model.search_["best_index"]
    assert model.search_["epochs"][best] == model.search_["epochs"].max()
    assert len(model.validation_curve_) == model.n_iter_
    flipped = fitted(X[:300], y[:300], X_val=X[300:], y_val=1 - y[300:])  # nothing is better than no weights
    assert flipped.search_["loss"].min() > model.search_["loss"].min()
    held_out = fitted(X, y, early_stopping=True)
    assert held_out.search_["losses"].shape[1] == 1
    mixed = fitted(sp.csr_array(X[:300]), y[:300], X_val=X[300:], y_val=y[300:])
    assert len(mixed.validation_curve_) == mixed.n_iter_


def test_groups_and_time_order(compiled):
    """Rows come in ten copies: only where copies are held out together does the choice see new rows."""
    X, y = rows(60, 40, seed=2)
    X, y, groups = np.repeat(X, 10, axis=0), np.repeat(y, 10), np.repeat(np.arange(60), 10)
    together, apart = fitted(X, y, groups=groups), fitted(X, y)
    assert np.nanmin(apart.search_["loss"]) < 0.3 * np.nanmin(together.search_["loss"])
    assert np.abs(together.coef_).sum() < np.abs(apart.coef_).sum()
    late = fitted(X, y, cv="last")
    assert late.search_["losses"].shape[1] == 1
    for wrong in ({"groups": groups[:3]}, {"groups": 0 * groups}, {"cv": "first"}, {"cv": 1}, {"cv": 601}):
        with pytest.raises(ValueError, match="groups has shape|one group only|cv is"):
            fitted(X, y, **wrong)


@pytest.mark.parametrize("standardize", ["std", "maxabs", None])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_dense_and_csr_rows_are_searched_alike(compiled, standardize, n_classes):
    X, y = rows(400, 20, n_classes=n_classes)
    X *= np.random.default_rng(3).random(X.shape) < 0.3
    sparse, dense = (fitted(of, y, standardize=standardize) for of in (sp.csr_array(X), X))
    assert (sparse.alpha_, sparse.n_iter_) == (dense.alpha_, dense.n_iter_)
    assert sparse.eta0_ == pytest.approx(dense.eta0_, rel=1e-12)
    sound = dense.search_["loss"] < 1.5  # rounding grows in candidates that nearly diverge
    assert sound.sum() > 30
    assert_allclose(sparse.search_["loss"][sound], dense.search_["loss"][sound], rtol=1e-4)
    assert relative_error((sparse.coef_, sparse.intercept_), (dense.coef_, dense.intercept_)) < 1e-10


def test_far_columns_cost_no_more_than_those_present(compiled):
    import tracemalloc

    X, y = rows(500, 30)
    X = sp.csr_array(X * (np.random.default_rng(3).random(X.shape) < 0.3))
    far = sp.csr_array((X.data, X.indices.astype(np.int64) * 500_000, X.indptr), shape=(500, 1 << 24))
    peaks = []
    for cv in (None, "auto"):
        tracemalloc.start()
        found = fitted(far, y, average=False, cv=cv, max_iter=4)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0]
    near = fitted(X, y, average=False, max_iter=4)
    assert_allclose(found.coef_[:, ::500_000][:, :30], near.coef_, rtol=1e-6, atol=1e-9)


def test_limits_give_up_splits_then_rows_then_candidates():
    from hotloop.logistic.search.halving import MOST_WEIGHTS, MOST_WORK, within_limits

    pairs = [(C, step) for C in C_GRID for step in ETA0_GRID]

    def limited(n, k, outputs):
        return within_limits(pairs, Batch(np.broadcast_to(np.float32(0), (n, k)), np.zeros(n), np.ones(n)), outputs)

    assert limited(50_000, 100, 1) == (pairs, 20, 20_000)
    assert limited(50_000, 10_000, 1)[1] > 1
    assert limited(50_000, 10_001, 1)[1] == limited(50_000, 100, 3)[1] == 1
    assert limited(9_000, 10_001, 1)[1] > 1 < limited(4_000, 100, 3)[1]
    kept, splits, n = limited(50_000, 30_000, 1)
    assert (kept, n) == (pairs, 20_000 if splits > 1 else n)
    assert splits < 20
    kept, splits, n = limited(50_000, 5000, 1000)
    assert splits == 1
    assert len(kept) == 6
    assert len(kept) * 1000 * 5000 <= MOST_WEIGHTS or n == 1250
    assert MOST_WORK > 0


# Rows as they come


def test_ctrl_c_in_the_search_leaves_the_best_candidate(compiled, monkeypatch):
    X, y = rows(400)
    model, seen = LogisticSGDClassifier(random_state=0), []
    train = LogisticModels.train

    def interrupt(self, epochs):
        if epochs == 4:
            raise KeyboardInterrupt
        seen.append(epochs)
        train(self, epochs)

    monkeypatch.setattr(LogisticModels, "train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert seen == [1, 2]
    whole = fitted(X, y, max_iter=2)  # judged at the same epochs
    assert np.abs(model.coef_ - whole.coef_).max() < 0.5 * np.abs(whole.coef_).max()
    assert model.score(X, y) > 0.7
    assert log_loss(y, model.predict_proba(X)) < 0.6


def test_candidates_that_diverge_are_listed_and_never_chosen(compiled):
    X, y = rows(300)
    model = fitted(X * 1e4, y, standardize=None, average=False)
    assert np.isfinite(model.coef_).all()
    assert model.score(X * 1e4, y) > 0.6
    with np.errstate(over="ignore"):
        model = fitted(X, y, standardize=None, alpha=0.0, eta0="auto")
    assert np.isfinite(model.search_["loss"][model.search_["best_index"]])


CASES = {
    "twenty rows": lambda X, y: (X[:20], y[:20]),
    "two rows a class": lambda X, y: (X[np.argsort(y, kind="stable")][[0, 1, -1, -2]], np.array([0, 0, 1, 1])),
    "one row a class": lambda X, y: (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])),
    "more columns than rows": lambda X, y: (np.random.default_rng(0).standard_normal((60, 500)), y[:60]),
    "one per cent": lambda X, y: (X, (X[:, 0] > np.quantile(X[:, 0], 0.99)).astype(int)),
    "separable": lambda X, y: (X, (X[:, 0] + X[:, 1] > 0).astype(int)),
    "constant and double columns": lambda X, y: (np.hstack([X, X, np.full((len(X), 2), 7.0)]), y),
    "ranges from 1e-9 to 1e9": lambda X, y: (X * 10.0 ** np.array([-9, -4, 0, 3, 6, 9]), y),
    "dates": lambda X, y: (np.column_stack([X, 20_260_101 + np.arange(len(X))]), y),
    "rare columns": lambda X, y: (np.hstack([X, np.eye(len(X))[:, :200]]), y),
    "one class all but once": lambda X, y: (X, np.eye(1, len(X), 5, dtype=int)[0]),
}


@pytest.mark.parametrize("case", CASES)
def test_odd_rows(compiled, dtype, case):
    X, y = CASES[case](*rows(1000, seed=4))
    model = fitted(X.astype(dtype), y)
    p = model.predict_proba(X.astype(dtype))
    share = max(y.mean(), 1 - y.mean())
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert log_loss(y, p, labels=[0, 1]) < (3 if case == "one class all but once" else 1.02) * entropy
    if case == "separable":
        assert model.score(X.astype(dtype), y) > 0.98


def test_scaled_and_shifted_columns_change_no_prediction(compiled):
    X, y = rows(2000, 8)
    draw = np.random.default_rng(5)
    model = fitted(X, y)
    for _ in range(3):
        n_updates = (X + draw.uniform(-1000, 1000, 8)) * 10 ** draw.uniform(-6, 6, 8)
        assert np.abs(fitted(n_updates, y).predict_proba(n_updates) - model.predict_proba(X)).max() < 1e-3


def test_same_seed_same_choice_and_bits(compiled):
    X, y = rows(500)
    first, second, other = (fitted(X, y, random_state=seed) for seed in (0, 0, 1))
    assert_array_equal(first.search_["losses"], second.search_["losses"])
    assert_array_equal(first.coef_, second.coef_)
    assert (first.search_["losses"][:20, 0] != other.search_["losses"][:20, 0]).any()


def test_verbose_tells_the_search_and_the_time_to_go(compiled, capsys):
    X, y = rows(300)
    model = fitted(X, y, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("LogisticSGDClassifier: search after 1 epoch of 300 rows, log loss held out 0.")
    assert "candidates go on, at most " in lines[0]
    assert len(lines) >= model.n_iter_ + 1
    assert lines[-1].startswith(f"LogisticSGDClassifier: epoch {model.n_iter_}, loss 0.")
    assert lines[-1].endswith(", 0.0 s to go")
    assert "_progress_bar" not in vars(model)


def test_class_weights_and_zero_weights_reach_the_search(compiled):
    X, y = rows(400, positives=0.2)
    weight = np.where(np.arange(400) % 3 == 0, 0.0, 1.0)
    odd = np.where(weight[:, None] > 0, X, 1e6)
    splits = {"shuffle": False}
    assert_array_equal(fitted(X, y, sample_weight=weight, **splits).coef_, fitted(odd, y, sample_weight=weight, **splits).coef_)
    balanced, by_rows = fitted(X, y, class_weight="balanced"), fitted(X, y, sample_weight=np.where(y, 400 / 160, 400 / 640))
    assert_array_equal(balanced.search_["losses"], by_rows.search_["losses"])
    assert (balanced.search_["losses"][:20] != fitted(X, y).search_["losses"][:20]).any()


def test_a_search_is_called_with_its_parts():
    search = Search()
    assert (search.table, search.best, search.converged) == ([], None, False)


@pytest.mark.parametrize("storage", ["dense", "csr"])
def test_margins_of_rows_held_out(backend, storage):
    """Each row once, of the first split that held it out, by the candidate chosen."""
    draw = np.random.default_rng(0)
    X = np.round(draw.standard_normal((300, 3)), 1)
    y = (X[:, 0] + draw.standard_normal(300) > 0).astype(float)
    weight = draw.choice([1.0, 2.0], 300)
    X = from_scipy(sp.csr_matrix(X)) if storage == "csr" else X
    search = Search()
    state = LogisticState.zeros(1, 3, np.float64, fit_intercept=True, averaged=True)
    options = FitOptions().of_rows(X)
    train_state(state, Batch(X, y, weight), options, search=search)
    m, labels, weights = search.held_out
    assert m.shape == (300, 1)
    assert_array_equal(labels, y)
    assert_array_equal(weights, weight)
    loss = (weight * (np.logaddexp(0, m[:, 0]) - y * m[:, 0])).sum() / weight.sum()
    first = np.average(search.best.losses[:5])  # of the first five folds, drawn once
    assert loss == pytest.approx(first, rel=0.02)
