"""AdaGrad, FTRL-proximal, normalised steps: worked steps, the reference, dense and CSR rows alike, states that go on."""

from dataclasses import replace

import numpy as np
import pytest
from csr_rows import csr_rows, drawn
from numpy.testing import assert_allclose
from tolerances import DENSE_AND_CSR, SAMPLE, STEPS, WEIGHTS, relative_error

import hotloop
from hotloop import reference
from hotloop.structs import AdaptiveRule, CSRRows, DenseRows, Pass

sp = pytest.importorskip("scipy.sparse")

LogisticSGDClassifier = hotloop.LogisticSGDClassifier
RULES = {
    "adagrad": AdaptiveRule("adagrad", 0.3, t=5.0),
    "ftrl": AdaptiveRule("ftrl", 0.3, 1.0, 0.004, 0.01, 5.0),
    "normalized": AdaptiveRule("normalized", 0.3, t=5.0),
}


def take_pass(package, X, y, n_outputs, dtype, rule, *, dense=False, ones=False, standardised=False, intercept=True):
    draw = np.random.default_rng(7)
    n, k = X.shape
    scale = draw.uniform(0.5, 1.2, k).astype(dtype) if standardised else None
    center = (0.2 * draw.standard_normal(k)).astype(dtype) if standardised and dense else None
    learnt = np.zeros((2, n_outputs, k), dtype, order="F"), np.zeros((2, n_outputs), order="F") if intercept else None
    weight, order = draw.choice([0.0, 0.5, 1.0, 1.5], n), draw.integers(0, n, n)
    rows = csr_rows(X, dtype, ones=ones).standardized(None, scale)
    if dense:
        rows = DenseRows(X.toarray().astype(dtype), center, scale)
    learnt += (np.zeros(k, dtype), np.array([30.0])) if rule == "normalized" else (None, None)
    loss, n_updates = package.logistic_adaptive_pass(rows, Pass(order, y, weight), RULES[rule], *learnt)
    W = package.adaptive_weights(replace(RULES[rule], t=5.0 + n_updates), learnt[0], learnt[2])
    assert W.dtype == dtype
    found = W, *learnt[0], *(array for array in learnt[1:] if array is not None)
    return found, loss, n_updates


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@pytest.mark.parametrize(
    "options", [{}, {"dense": True}, {"ones": True}, {"standardised": True, "dense": True}, {"standardised": True}], ids=str
)
def test_pass(compiled, dtype, n_outputs, rule, options):
    X, y = drawn(n_features=70, n_classes=max(2, n_outputs))
    y = y.astype(np.float64)
    exact = X.copy()
    exact.data = X.data.astype(dtype).astype(np.float64)
    expected, loss, n_updates = take_pass(reference, exact, y, n_outputs, np.float64, rule, **options)
    found, found_loss, found_moved = take_pass(compiled, X, y, n_outputs, dtype, rule, **options)
    for a, b in zip(found, expected, strict=True):
        assert relative_error(a, b) <= WEIGHTS[dtype]
    assert found_loss == pytest.approx(loss, rel=SAMPLE[dtype].rtol)
    assert found_moved == n_updates
    if rule == "ftrl" and not options:
        assert ((found[0] == 0) == (expected[0] == 0)).all()
        assert 0 < (found[0] == 0).mean() < 1


@pytest.mark.parametrize("rule", RULES)
def test_without_intercept(compiled, dtype, rule):
    X, y = drawn()
    found, expected = (
        take_pass(package, X, y.astype(np.float64), 1, of, rule, intercept=False)[0]
        for package, of in ((compiled, dtype), (reference, np.float64))
    )
    for a, b in zip(found, expected, strict=True):
        assert relative_error(a, b) <= WEIGHTS[dtype]


def one_row(backend, dtype, rule, *, steps=1, feature_scale=None, norm_sum=None):
    """Return weight or z and sum of each column, (3, 2), and those of the intercept after steps on x = (2, 0, -1), y = 1."""
    accumulators, b_accumulators = np.zeros((2, 1, 3), dtype, order="F"), np.zeros((2, 1))
    accumulators[1] = 4.0 if rule.name == "normalized" else 0.0
    rows = CSRRows(np.array([0, 2]), np.array([0, 2], np.int32), np.array([2, -1], dtype), 3, np.dtype(dtype), 2)
    one = Pass(np.zeros(steps, np.intp), np.ones(1), np.ones(1))
    backend.logistic_adaptive_pass(rows, one, rule, accumulators, b_accumulators, feature_scale, norm_sum)
    return accumulators[:, 0].T, b_accumulators[:, 0]


def test_steps_by_hand(backend, dtype):
    """From w = 0: p = 1/2, g = -1/2, slopes (-1, 0, 1/2), and the first step of AdaGrad is eta against their signs."""
    close = STEPS[dtype]._asdict()
    pairs, b_pairs = one_row(backend, dtype, AdaptiveRule("adagrad", 0.1))
    assert_allclose(pairs, [[0.1, 1], [0, 0], [-0.1, 0.25]], **close)
    assert_allclose(b_pairs, [0.1, 0.25], **close)
    # m = 2 0.1 + 0.1 + 0.1 = 0.4, g = -1 / (1 + exp(0.4)); slopes (2 g, 0, -g)
    g = -1 / (1 + np.exp(0.4))
    pairs, _ = one_row(backend, dtype, AdaptiveRule("adagrad", 0.1), steps=2)
    n = np.array([1 + 4 * g * g, 0.25 + g * g])
    assert_allclose(pairs[[0, 2], 0], [0.1 - 0.2 * g / np.sqrt(n[0]), -0.1 + 0.1 * g / np.sqrt(n[1])], **close)
    assert_allclose(pairs[[0, 2], 1], n, **close)
    # FTRL with w = 0: z takes the slopes; then |z| - l1 over (beta + sqrt(n)) / eta + l2
    rule = AdaptiveRule("ftrl", 0.1, 1.0, 0.6, 0.3)
    pairs, _ = one_row(backend, dtype, rule)
    assert_allclose(pairs, [[-1, 1], [0, 0], [0.5, 0.25]], **close)
    W = backend.adaptive_weights(replace(rule, t=1.0), np.asfortranarray(pairs.T[:, None]), None)
    assert_allclose(W[0], [(1 - 0.6) / ((1 + 1) / 0.1 + 0.3), 0, 0], **close)


def test_a_normalised_step_by_hand(backend, dtype):
    """x = (2, 0, -1) over the largest values (2, 1, 1) is (1, 0, -1); the first was 1/2 so far, its sum 4 becomes 4/16."""
    feature_scale, norm_sum = np.array([0.5, 1, 1], dtype), np.array([2.0])
    rule = AdaptiveRule("normalized", 0.1)
    pairs, b_pairs = one_row(backend, dtype, rule, feature_scale=feature_scale, norm_sum=norm_sum)
    assert feature_scale.tolist() == [2, 1, 1]
    assert norm_sum[0] == 5  # 1 and 1 of the row, 1 of the intercept
    step = 0.1 * np.sqrt(1 / 5)
    n = np.array([0.25 + 0.25, 4, 4 + 0.25])
    u = [step * 0.5 / np.sqrt(n[0]), 0, -step * 0.5 / np.sqrt(n[2])]
    assert_allclose(pairs, np.transpose([u, n]), **STEPS[dtype]._asdict())
    assert_allclose(b_pairs, [step, 0.25], **STEPS[dtype]._asdict())


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


def test_ftrl_without_penalty_takes_the_steps_of_adagrad(backend):
    """McMahan et al. 2013, section 3.1."""
    X, y = drawn(150)
    rows, steps, found = csr_rows(X, np.float64), Pass(np.arange(150), y.astype(np.float64), np.ones(150)), {}
    for name in ("adagrad", "ftrl"):
        accumulators, rule = np.zeros((2, 1, X.shape[1]), order="F"), AdaptiveRule(name, 0.3, 1.0)
        backend.logistic_adaptive_pass(rows, steps, rule, accumulators, np.zeros((2, 1)), None, None)
        found[name] = backend.adaptive_weights(rule, accumulators, None), accumulators[1]
    assert relative_error(found["ftrl"], found["adagrad"]) < 1e-12


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
    draw = np.random.default_rng(0)
    state.restandardize(0.1 * draw.standard_normal(X.shape[1]), draw.uniform(0.5, 2, X.shape[1]))
    assert state.margins(X.toarray()) == pytest.approx(before, rel=1e-9, abs=1e-12)
    assert (state.coef() == 0)[zero].all()


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
            except FloatingPointError:
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


@pytest.mark.parametrize("rule", ["adagrad", "ftrl", "normalized"])
@pytest.mark.parametrize("weight", [1e-25, 1e-170])
def test_slopes_whose_squares_vanish_move_nothing(backend, rule, weight):
    """In float32 or float64; the kernels took them over the smallest number there is."""
    X = np.random.default_rng(0).uniform(0.5, 1, (20, 5)).astype(np.float32)
    accumulators, b_accumulators = np.zeros((2, 1, 5), np.float32, order="F"), np.zeros((2, 1))
    normalized = (np.zeros(5, np.float32), np.zeros(1)) if rule == "normalized" else (None, None)
    steps = Pass(np.arange(20), np.ones(20), np.full(20, weight))
    backend.logistic_adaptive_pass(DenseRows(X), steps, AdaptiveRule(rule, 0.5), accumulators, b_accumulators, *normalized)
    assert np.isfinite(accumulators).all()
    assert np.abs(accumulators[0]).max() <= 0.5 * 20
    assert np.isfinite(b_accumulators).all()
