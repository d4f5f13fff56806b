"""Models by adaptive steps: dense and CSR rows alike, pieces as the whole, states that go on."""

from copy import copy

import numpy as np
import pytest
from csr_rows import drawn
from tolerances import DENSE_AND_CSR, SAMPLE, relative_error

import hotloop

sp = pytest.importorskip("scipy.sparse")

LogisticSGDClassifier = hotloop.LogisticSGDClassifier


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("dense", [False, True])
def test_normalised_steps_know_no_units(compiled, dtype, n_classes, dense):
    """Columns in units of powers of two, even ones that squares would overflow in: the same probabilities, to the bit."""
    X, y = drawn(300, n_classes=n_classes)
    X, units = X.astype(dtype), 2.0 ** np.random.default_rng(0).integers(-60, 60, X.shape[1])
    found = []
    for rows in (X, (X @ sp.diags(units)).astype(dtype).tocsr()):
        rows = rows.toarray() if dense else rows
        model = LogisticSGDClassifier(optimizer="normalized").partial_fit(rows, y, classes=range(n_classes))
        found.append((model.predict_proba(rows), model.coef_))
    (first, coef), (second, scaled) = found
    assert np.ptp(first[:, 0]) > 0.1
    assert second == pytest.approx(first, rel=SAMPLE[dtype].rtol)
    assert scaled * units == pytest.approx(coef, rel=SAMPLE[dtype].rtol)


KINDS = {
    "adagrad": {"optimizer": "adagrad"},
    "normalized": {"optimizer": "normalized"},
    "ftrl": {"optimizer": "ftrl"},
    "l1": {"optimizer": "ftrl", "penalty": "l1", "alpha": 0.02},
    "elasticnet": {"optimizer": "ftrl", "penalty": "elasticnet", "alpha": 0.02, "l1_ratio": 0.5},
    "no penalty": {"optimizer": "ftrl", "penalty": None},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["maxabs", None])
@pytest.mark.parametrize("kind", KINDS)
def test_dense_and_csr_rows_give_one_model(compiled, n_classes, standardize, kind):
    X, y = drawn(n_classes=n_classes)
    weight = np.random.default_rng(5).choice([0.0, 1.0, 2.5], len(y))
    model = {**KINDS[kind], "standardize": standardize, "random_state": 3, "max_iter": 40}
    sparse = LogisticSGDClassifier(**model).fit(X, y, sample_weight=weight)
    dense = LogisticSGDClassifier(**model).fit(X.toarray(), y, sample_weight=weight)
    assert sparse.n_iter_ == dense.n_iter_ > 5
    assert relative_error((sparse.coef_, sparse.intercept_), (dense.coef_, dense.intercept_)) <= DENSE_AND_CSR
    assert ((sparse.coef_ == 0) == (dense.coef_ == 0)).all()
    assert sparse.predict_proba(X) == pytest.approx(dense.predict_proba(X.toarray()), abs=1e-10)
    assert sparse.eta0_ == pytest.approx(dense.eta0_)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dense", [False, True])
def test_pieces_give_the_bits_of_the_whole(compiled, dtype, kind, dense):
    X, y = drawn(300)
    rows = X.toarray().astype(dtype) if dense else X.astype(dtype)
    whole = LogisticSGDClassifier(**KINDS[kind]).partial_fit(rows, y, classes=[0, 1])
    for size in (1, 37):
        pieces = LogisticSGDClassifier(**KINDS[kind])
        for start in range(0, 300, size):
            pieces.partial_fit(rows[start : start + size], y[start : start + size], classes=[0, 1])
        assert (pieces.coef_ == whole.coef_).all()
        assert (pieces.intercept_ == whole.intercept_).all()


@pytest.mark.parametrize("kind", KINDS)
def test_new_constants_move_no_prediction(compiled, kind):
    X, y = drawn(300)
    model = LogisticSGDClassifier(**KINDS[kind], standardize="maxabs", max_iter=3, tol=None, random_state=0).fit(X, y)
    state = model._learner.state.copy()
    before, zero = state.margins(X.toarray()), state.coef() == 0
    squares, largest = state.accumulators[1].copy(), copy(state.feature_scale)
    draw = np.random.default_rng(0)
    ratio = draw.uniform(0.5, 2, X.shape[1])
    state.restandardize(0.1 * draw.standard_normal(X.shape[1]), ratio * state.scale)
    assert state.margins(X.toarray()) == pytest.approx(before, rel=1e-9, abs=1e-12)
    assert (state.coef() == 0)[zero].all()
    if largest is None:
        assert state.accumulators[1] == pytest.approx(squares * ratio**2)  # gradients of a column r times as large
    else:
        assert state.feature_scale == pytest.approx(largest * ratio)
        assert (state.accumulators[1] == squares).all()  # of the columns over their feature_scale


def test_zeros_stay_under_a_smaller_penalty(compiled):
    """z of FTRL beyond the smaller bound would be a weight out of nothing."""
    X, y = drawn(300)
    model = LogisticSGDClassifier(**KINDS["l1"], max_iter=3, tol=None, random_state=0).fit(X, y)
    state = model._learner.state.copy()
    zero = state.coef() == 0
    assert 0 < zero.sum() < zero.size
    nothing = np.zeros((1, X.shape[1]))
    state.take_pass(nothing, np.zeros(1), np.ones(1), np.zeros(1, np.intp), np.full(1, state.eta0), state.alpha / 10)
    assert ((state.coef() == 0) == zero).all()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_may_be_replaced_and_saved(compiled, tmp_path, kind):
    X, y = drawn(300)
    model = LogisticSGDClassifier(**KINDS[kind], max_iter=3, tol=None, random_state=0).fit(X[:200], y[:200])
    model.save(tmp_path / "m.safetensors")
    again = hotloop.load_estimator(tmp_path / "m.safetensors")
    assert (again.coef_ == model.coef_).all()
    for fitted in (model, again):
        fitted.partial_fit(X[200:], y[200:])
    assert (again.coef_ == model.coef_).all()
    assert (again.intercept_ == model.intercept_).all()
    coef = np.linspace(-1, 1, X.shape[1])[None]
    model.coef_ = coef
    assert model.coef_ == pytest.approx(coef, rel=1e-12)
    if kind == "normalized":
        return
    params = {**KINDS[kind], "alpha": 0.0, "eta0": 1e-9, "standardize": "std"}
    warm = LogisticSGDClassifier(**params, warm_start=True, max_iter=1, tol=None).fit(X.toarray(), y)
    warm.coef_ = coef
    coef[:, ~X.toarray().any(axis=0)] = 0  # constant columns tell nothing apart
    assert warm.fit(X.toarray(), y).coef_ == pytest.approx(coef, abs=1e-6)


def test_rows_that_diverge_are_not_learnt(compiled):
    X, y = drawn(200, n_features=3000, density=0.005)
    far = X[1:2].copy()
    far.data[:] = 1e308
    for kind in KINDS.values():
        if kind["optimizer"] == "normalized":  # to which nothing is far
            continue
        refused = 0
        for label in (0, 1):  # of one of them at least the slope is too large
            model, twin = (LogisticSGDClassifier(**kind, standardize=None).partial_fit(X, y, classes=[0, 1]) for _ in range(2))
            try:
                model.partial_fit(far, [label])
            except (FloatingPointError, ValueError):
                refused += 1
                assert (model.partial_fit(X[:50], y[:50]).coef_ == twin.partial_fit(X[:50], y[:50]).coef_).all()
        assert refused


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"optimizer": "adam"}, "optimizer is 'adam'"),
        ({"penalty": "l3"}, "penalty is 'l3'"),
        ({"optimizer": "adagrad", "penalty": "elasticnet"}, "penalty='elasticnet' does not go with optimizer='adagrad'; take"),
        ({"optimizer": "adagrad", "alpha": 0.1}, "alpha=0.1 does not go with optimizer='adagrad' and penalty='l2'; this"),
        ({"optimizer": "normalized", "alpha": 0.1}, "alpha=0.1 does not go with optimizer='normalized' and penalty='l2'"),
        ({"optimizer": "normalized", "warm_start": True}, "warm_start=True does not go with optimizer='normalized'; its steps"),
        ({"optimizer": "ftrl", "penalty": "elasticnet", "l1_ratio": 2}, "l1_ratio is 2"),
        ({"optimizer": "ftrl", "average": True}, "average=True does not go with optimizer='ftrl'; leave average='auto'"),
        ({"optimizer": "adagrad", "learning_rate": "optimal"}, "learning_rate='optimal' does not go with optimizer='adagrad'"),
        ({"optimizer": "adagrad", "standardize": "std"}, "'std' does not go with sparse rows and optimizer='adagrad'"),
    ],
)
def test_what_an_optimizer_does_not_have_is_refused(backend, params, message):
    X, y = drawn(50)
    with pytest.raises(ValueError, match=message):
        LogisticSGDClassifier(**params).fit(X, y)


def test_sparsify(compiled):
    X, y = drawn(200)
    model = LogisticSGDClassifier(**KINDS["l1"], max_iter=5, tol=None, random_state=0).fit(X, y)
    dense = model.coef_
    sparse = model.sparsify().coef_
    assert sparse.nnz == np.count_nonzero(dense) < dense.size
    assert (sparse.toarray() == dense).all()
    model.coef_ = 2 * sparse
    assert model.densify().coef_ == pytest.approx(2 * dense)
