"""Rows by their non-zeros: each pass equals the reference on the rows written out; dense and CSR rows give one model."""

import os
import tracemalloc
from functools import partial

import numpy as np
import pytest
from csr_rows import csr_rows, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from tolerances import DENSE_AND_CSR, SAMPLE, WEIGHTS, relative_error

import hotloop
from hotloop import reference
from hotloop.data.csr import are_ones, from_scipy
from hotloop.structs import ColumnMoments, CSRRows, Pass

sp = pytest.importorskip("scipy.sparse")
LogisticSGDClassifier = partial(hotloop.LogisticSGDClassifier, optimizer="sgd")


def take_pass(package, X, y, n_outputs, dtype, index, *, ones=False, shifted=False, scaled=False, alpha=0.01, passes=1):
    """Return W, b, their sums, loss and steps after a pass over weighted rows in mixed order, with repeats."""
    draw = np.random.default_rng(7)
    n, k = X.shape
    shift = (0.2 * draw.standard_normal(k)).astype(dtype) if shifted else None
    scale = draw.uniform(0.5, 1.2, k).astype(dtype) if scaled else None
    W, b = (0.1 * draw.standard_normal((k, n_outputs))).astype(dtype).T, 0.1 * draw.standard_normal(n_outputs)
    W_total, b_total, lazy = np.zeros((k, n_outputs)).T, np.zeros(n_outputs), np.zeros(3 + 3 * n_outputs)
    weight, order = draw.choice([0.0, 0.5, 1.0, 1.5], n), draw.integers(0, n, n)
    lazy[0] = 1
    package.materialize(shift, W, W_total, lazy)
    rows = csr_rows(X, dtype, index=index, ones=ones).standardized(shift, scale)
    eta, loss, n_updates = 0.05 / (1 + np.arange(n) / n), 0.0, 0
    for _ in range(passes):
        more = package.logistic_csr_pass(rows, Pass(order, y, weight, eta, alpha), W, b, W_total, b_total, lazy)
        loss, n_updates = loss + more[0], n_updates + more[1]
    package.materialize(shift, W, W_total, lazy)
    assert lazy[0] == 1
    assert not lazy[1]
    return W, b, W_total, b_total, loss, n_updates


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ones": True},
        {"scaled": True},
        {"ones": True, "scaled": True},
        {"shifted": True, "scaled": True},
        {"alpha": 0.0},
        {"alpha": 8.0, "shifted": True, "passes": 3},  # materialized on the way
    ],
    ids=str,
)
def test_pass(compiled, dtype, n_outputs, options):
    X, y = drawn(n_features=130, n_classes=max(2, n_outputs))
    y = y.astype(np.float64)
    exact = X.copy()
    exact.data = X.data.astype(dtype).astype(np.float64)
    expected = take_pass(reference, exact, y, n_outputs, np.float64, np.int32, **options)
    for index in (np.int32, np.int64):
        found = take_pass(compiled, X, y, n_outputs, dtype, index, **options)
        for a, b in zip(found[:4], expected[:4], strict=True):
            assert relative_error(a, b) <= WEIGHTS[dtype]
        assert found[4] == pytest.approx(expected[4], rel=SAMPLE[dtype].rtol)
        assert found[5] == expected[5]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 39, 100])
def test_rows_of_each_length(compiled, dtype, length):
    """The last lanes of a sum: nothing beyond the row counts, and the gather reads no column that the row does not have."""
    draw = np.random.default_rng(length)
    places = draw.permutation(100)[:length].astype(np.int32)
    values, W, b = draw.standard_normal(length).astype(dtype), draw.standard_normal((100, 1)).astype(dtype), np.ones(1)
    starts = np.array([0, length, length], np.int64)
    beyond = np.append(places, np.int32(2**31 - 1)), np.append(values, np.nan).astype(dtype)
    for x, expected in ((beyond[1], values.astype(np.float64) @ W[places, 0]), (None, W[places, 0].astype(np.float64).sum())):
        found = compiled.csr_margins(CSRRows(starts, beyond[0], x, 100, np.dtype(dtype), length), W.T, b)
        assert found.shape == (2, 1)
        assert found[1, 0] == 1
        assert found[0, 0] == pytest.approx(1 + expected, **{"rel": SAMPLE[dtype].rtol, "abs": SAMPLE[dtype].atol})


@pytest.mark.parametrize("label", [-1.0, 2.0, np.nan])
def test_labels_and_rows_that_do_not_exist_are_refused(backend, label):
    X, y = drawn(20)
    for n_outputs in (1, 2):
        wrong = y.astype(np.float64)
        wrong[:] = label
        with pytest.raises(ValueError, match="is no class index below 2"):
            take_pass(backend, X, wrong, n_outputs, np.float64, np.int32)


def test_a_row_outside_the_arrays_is_refused(compiled):
    W, b, one = np.zeros((1, 3)), np.zeros(1), np.ones(1)
    for starts in ([0, 3], [-1, 1], [2, 1]):
        rows = CSRRows(np.array(starts, np.int64), np.zeros(2, np.int32), None, 3, np.dtype(np.float64), 5)
        with pytest.raises(ValueError, match="is no row of X|does not lie in the arrays"):
            compiled.logistic_csr_pass(rows, Pass(np.zeros(1, np.intp), one, one, one), W, b, None, None, np.eye(1, 6)[0])
        with pytest.raises(ValueError, match="does not lie in the arrays"):
            compiled.csr_margins(rows, W, b)
        with pytest.raises(ValueError, match="does not lie in the arrays"):
            compiled.csr_column_moments(rows, one, ColumnMoments(*(np.zeros(n) for n in (1, 3, 3, 3, 3, 3, 3))))


def test_statistics(backend, dtype):
    X, _ = drawn()
    weight = np.random.default_rng(3).choice([0.0, 1.0, 2.5], X.shape[0])
    rows = from_scipy(X.astype(dtype))
    exact, counted = X.astype(dtype).toarray().astype(np.float64), weight > 0
    total, seen, mean, deviation, lowest, highest, others = np.zeros(1), *np.zeros((6, X.shape[1]))
    backend.csr_column_moments(rows, weight, ColumnMoments(total, mean, deviation, lowest, highest, others, seen))
    assert total[0] == pytest.approx(weight.sum())
    assert seen == pytest.approx(weight @ (exact != 0))
    assert (lowest, highest) == (pytest.approx(exact[counted].min(axis=0)), pytest.approx(exact[counted].max(axis=0)))
    assert others.tolist() == [len(np.unique(x[counted & (x != 0)])) > 2 for x in exact.T]
    share = seen / total
    assert mean * share == pytest.approx(np.average(exact, axis=0, weights=weight))
    variance = np.average((exact - mean * share) ** 2, axis=0, weights=weight)
    assert (deviation + seen * mean**2 * (1 - share)) / total == pytest.approx(variance)
    alone = np.zeros(X.shape[1], dtype)
    backend.csr_largest(rows, weight, alone)
    assert alone == pytest.approx(np.maximum(highest, -lowest))
    for scale in (None, np.linspace(0.5, 2, X.shape[1]).astype(dtype)):
        expected = weight @ ((exact * (1 if scale is None else scale)) ** 2).sum(axis=1)
        square = backend.csr_square(rows.standardized(None, scale), weight, dtype)
        assert square == pytest.approx(expected, rel=SAMPLE[dtype].rtol)


OPTIONS = {
    "plain": {},
    "no penalty": {"penalty": None},
    "l2": {"alpha": 0.01},
    "last iterate": {"average": False},
    "no intercept": {"fit_intercept": False},
    "class weights": {"class_weight": {0: 2.0, 1: 0.5}},
    "early stopping": {"early_stopping": True},
    "last iterate, early stopping": {"average": False, "early_stopping": True},
    "constant step": {"learning_rate": "constant", "eta0": 0.01},
}


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["std", "maxabs", None])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_dense_and_csr_rows_give_one_model(compiled, n_classes, standardize, options):
    X, y = drawn(n_classes=n_classes)
    weight = np.random.default_rng(5).choice([0.0, 1.0, 2.5], len(y))
    model = {**OPTIONS[options], "standardize": standardize, "random_state": 3, "max_iter": 300, "cv": None}
    sparse = LogisticSGDClassifier(**model).fit(X, y, sample_weight=weight)
    dense = LogisticSGDClassifier(**model).fit(X.toarray(), y, sample_weight=weight)
    assert sparse.n_iter_ == dense.n_iter_ > 5
    assert relative_error((sparse.coef_, sparse.intercept_), (dense.coef_, dense.intercept_)) <= DENSE_AND_CSR
    assert sparse.loss_curve_ == pytest.approx(dense.loss_curve_, rel=1e-12)
    for rows in (X, X.toarray()):
        assert sparse.predict_proba(rows) == pytest.approx(dense.predict_proba(X.toarray()), abs=1e-10)
    assert (sparse.predict(X) == dense.predict(X.toarray())).all()
    assert sparse.decision_function(X) == pytest.approx(np.squeeze(X @ sparse.coef_.T + sparse.intercept_), rel=1e-10)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("standardize", ["auto", "std", None])
def test_pieces_give_the_bits_of_the_whole_and_the_dense_model(compiled, dtype, n_classes, standardize):
    X, y = drawn(300, n_classes=n_classes)
    X, classes = X.astype(dtype), np.arange(n_classes)
    whole = LogisticSGDClassifier(standardize=standardize).partial_fit(X, y, classes=classes)
    kind = "maxabs" if standardize == "auto" else standardize
    dense = LogisticSGDClassifier(standardize=kind).partial_fit(X.toarray(), y, classes=classes)
    assert relative_error(whole.coef_, dense.coef_) <= (DENSE_AND_CSR if dtype == np.float64 else WEIGHTS[dtype])
    for size in (1, 37, 64):
        pieces = LogisticSGDClassifier(standardize=standardize)
        for start in range(0, 300, size):
            pieces.partial_fit(X[start : start + size], y[start : start + size], classes=classes)
            pieces.coef_  # noqa: B018  # looking changes nothing
        assert (pieces.coef_ == whole.coef_).all()
        assert (pieces.intercept_ == whole.intercept_).all()
        assert pieces.t_ == whole.t_


def test_dense_and_sparse_rows_may_alternate(compiled):
    X, y = drawn(300)
    model, dense = (LogisticSGDClassifier(standardize="std") for _ in range(2))
    for i, start in enumerate(range(0, 300, 30)):
        some = X[start : start + 30]
        model.partial_fit(some if i % 2 else some.toarray(), y[start : start + 30], classes=[0, 1])
    dense.partial_fit(X.toarray(), y, classes=[0, 1])
    assert relative_error(model.coef_, dense.coef_) <= DENSE_AND_CSR


@pytest.mark.parametrize("values", [np.float32, np.float64, bool, np.int8, np.uint8, np.int16, np.int64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_types_of_values_and_columns(backend, values, index):
    X, y = drawn(60, 12)
    X.data = np.abs(np.rint(X.data)) % 5 + 1 if values is not bool else np.ones_like(X.data)
    typed = X.astype(values)
    typed.indices, typed.indptr = typed.indices.astype(index), typed.indptr.astype(index)
    model = {"standardize": None, "max_iter": 3, "tol": None, "random_state": 0, "cv": None}
    found = LogisticSGDClassifier(**model).fit(typed, y)
    wide = values in (np.float64, np.int64)
    assert found.coef_.dtype == (np.float64 if wide else np.float32)
    dense = LogisticSGDClassifier(**model).fit(X.toarray().astype(np.float64 if wide else np.float32), y)
    assert relative_error(found.coef_, dense.coef_) <= WEIGHTS[found.coef_.dtype.type]
    assert found.predict_proba(typed) == pytest.approx(dense.predict_proba(X.toarray()), abs=1e-5)


def test_ones_are_not_read(compiled):
    """Values that are all 1 are left out; the same rows with a value that is nearly 1 read them."""
    X, y = drawn(200, 30)
    X.data[:] = 1
    assert from_scipy(X).data is None
    nearly = X.copy()
    nearly.data[-1] = 1 + 1e-12
    assert from_scipy(nearly).data is not None
    ones, read = (LogisticSGDClassifier(max_iter=5, tol=None, random_state=0, cv=None).fit(rows, y) for rows in (X, nearly))
    assert relative_error(ones.coef_, read.coef_) < 1e-10
    assert ones.eta0_ == pytest.approx(read.eta0_)


@pytest.mark.parametrize("shuffled", [False, True])
def test_columns_named_twice_or_out_of_order_count_as_their_sum(backend, shuffled):
    X, y = drawn(80, 15)
    again = sp.csr_matrix(
        (np.repeat(X.data, 2) * np.tile([0.25, 0.75], X.nnz), np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape
    )
    if shuffled:
        again = X.copy()
        for i in range(X.shape[0]):
            own = slice(X.indptr[i], X.indptr[i + 1])
            again.indices[own], again.data[own] = again.indices[own][::-1].copy(), again.data[own][::-1].copy()
        again.has_sorted_indices = False
    before = again.indices.copy(), again.data.copy()
    found, expected = (LogisticSGDClassifier(max_iter=4, tol=None, random_state=0, cv=None).fit(rows, y) for rows in (again, X))
    assert relative_error(found.coef_, expected.coef_) <= DENSE_AND_CSR
    assert found.predict_proba(again) == pytest.approx(expected.predict_proba(X), abs=1e-12)
    assert (again.indices == before[0]).all()
    assert (again.data == before[1]).all()


@pytest.mark.parametrize("form", ["csc", "coo", "lil", "dok", "bsr", "dia"])
def test_other_forms_are_converted(compiled, form):
    X, y = drawn(80, 15)
    expected = LogisticSGDClassifier(random_state=0, cv=None).fit(X, y)
    assert (LogisticSGDClassifier(random_state=0, cv=None).fit(X.asformat(form), y).coef_ == expected.coef_).all()
    assert (expected.predict(sp.csr_array(X)) == expected.predict(X)).all()


def malformed(draw):
    """Draw a matrix that looks like CSR, and whether it is malformed."""
    n_samples, n_features, nnz = draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(0, 12))
    number = st.integers(-3, 14) | st.sampled_from([2**31 - 1, -(2**31), 10**6])
    indptr = draw(st.lists(number, min_size=n_samples + 1, max_size=n_samples + 1) | st.lists(number, max_size=8))
    if draw(st.booleans()):
        indptr = [0, *sorted(draw(st.integers(0, nnz)) for _ in range(n_samples - 1)), nnz]
    places = draw(st.lists(st.integers(0, n_features - 1), min_size=nnz, max_size=nnz) | st.lists(number, max_size=14))
    n_values = draw(st.sampled_from([nnz, nnz, max(0, nnz - 1), len(places)]))
    index = draw(st.sampled_from([np.int32, np.int64]))
    right = len(indptr) == n_samples + 1 and indptr[0] == 0 and all(a <= b for a, b in zip(indptr, indptr[1:], strict=False))
    right = right and indptr[-1] <= len(places) and indptr[-1] <= n_values
    right = right and all(0 <= place < n_features for place in places[: indptr[-1] if right else 0])
    X = sp.csr_matrix((n_samples, n_features))
    X.indptr, X.indices, X.data = np.array(indptr, index), np.array(places, index), np.ones(n_values)
    return X, right


@settings(max_examples=1000)
@given(data=st.data())
def test_malformed_matrices_are_refused_before_a_kernel_runs(backend, data):
    X, right = malformed(data.draw)
    if right:
        rows = from_scipy(X)
        assert rows.indptr[0] == 0
        assert rows.nnz == len(rows.stored_indices())
        assert (rows.stored_indices() < X.shape[1]).all()
        return
    with pytest.raises(ValueError, match="indptr|column index|values"):
        from_scipy(X)


def test_a_refused_matrix_changes_nothing(backend):
    X, y = drawn(80, 15)
    model = LogisticSGDClassifier(max_iter=2, tol=None, random_state=0, cv=None).fit(X, y)
    before = model.coef_.copy()
    wrong = X.copy()
    wrong.indices[5] = 15
    for call in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"row \d has column index 15, expected 0 to 14"):
            call(wrong, y)
    with pytest.raises(ValueError, match="column index 15"):
        model.predict(wrong)
    wrong = X.copy()
    wrong.data[20] = np.nan
    row = np.searchsorted(X.indptr, 20, side="right") - 1
    for call in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=f"X contains NaN at row {row}, column {X.indices[20]};"):
            call(wrong, y)
    with pytest.raises(ValueError, match="15 features"):
        model.predict(X[:, :14])
    assert (model.coef_ == before).all()


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_a_matrix_of_many_rows_is_checked_to_its_last_column(compiled, dtype):
    n, length = 1_100, 97
    starts = np.arange(n + 1, dtype=np.int64) * length
    rising = np.tile(np.arange(length, dtype=dtype), n)
    check = compiled.check_nonzeros
    assert check(starts, rising, length)
    assert check(np.array([0, 2, 3]), np.array([1, 2, 0], dtype), 3)
    for edge in (length, 2 * length, 1 << 15, (1 << 15) + 1, 1 << 16, len(rising) - length, len(rising) - 2):
        for at in range(edge - 2, min(edge + 3, len(rising))):
            for column, told in (
                (-1, "column index -1"),
                (length, f"column index {length}"),
                (np.iinfo(dtype).min, "column index -"),
            ):
                places = rising.copy()
                places[at] = column
                with pytest.raises(ValueError, match=f"row {at // length} has {told}"):
                    check(starts, places, length)
            if at % length:
                places = rising.copy()
                places[at] = places[at - 1]
                assert not check(starts, places, length)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int8, np.bool_, np.int64])
def test_ones_are_told_from_other_values_wherever_they_stand(backend, dtype):
    for n in (0, 1, 3, 63, 64, 65, 200):
        ones = np.ones(n, dtype)
        assert are_ones(ones)
        for at in range(n):
            values = ones.copy()
            values[at] = 0
            assert not are_ones(values)
    assert not are_ones(np.full(70, 2).astype(dtype)) or dtype is np.bool_


EXPLICIT = {"eta0": 0.05, "alpha": 1e-4}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cv": None},
        {"eta0": 0.05},
        EXPLICIT,
        {**EXPLICIT, "standardize": None},
        {**EXPLICIT, "standardize": None, "shuffle": False, "average": False},
        {**EXPLICIT, "standardize": "std"},
        {"standardize": "std", "cv": None},
        {"penalty": None, "eta0": 0.05},
        {"optimizer": "sgd", "penalty": "l1"},
        {**EXPLICIT, "optimizer": "sgd", "penalty": "elasticnet", "standardize": None},
        *({"optimizer": name} for name in ("adagrad", "ftrl", "normalized")),
        {**EXPLICIT, "early_stopping": True},
        {**EXPLICIT, "class_weight": "balanced"},
    ],
    ids=lambda params: "-".join(f"{name}={value}" for name, value in params.items()) or "defaults",
)
def test_the_place_of_a_value_that_is_not_finite_is_told_and_nothing_trained(backend, params, value):
    X, y = drawn(80, 15)
    X.data[20] = value
    row = np.searchsorted(X.indptr, 20, side="right") - 1
    model = LogisticSGDClassifier(max_iter=2, tol=None, random_state=0).set_params(**params)
    for weight in (None, np.arange(80) % 3 > 0):
        told = f"X contains {'NaN' if np.isnan(value) else 'infinity'} at row {row}, column {X.indices[20]};"
        with pytest.raises(ValueError, match=told):
            model.fit(X, y, sample_weight=weight)
        assert not hasattr(model, "classes_")


def test_partial_fit_after_fit_keeps_its_constants(compiled):
    X, y = drawn()
    model = LogisticSGDClassifier(max_iter=3, tol=None, random_state=0, cv=None).fit(X, y)
    eta0 = model.eta0_
    for start in range(0, 400, 100):
        model.partial_fit(100 * X[start : start + 100], y[start : start + 100])
    assert model.eta0_ == eta0


def test_rows_that_diverge_are_not_learnt(compiled):
    X, y = drawn(200)
    for average in (False, True):
        model = LogisticSGDClassifier(standardize="std", average=average).partial_fit(X, y, classes=[0, 1])
        twin = LogisticSGDClassifier(standardize="std", average=average).partial_fit(X, y, classes=[0, 1])
        far = X[:9] * 1e200
        with pytest.raises(FloatingPointError):
            model.partial_fit(far, y[:9])
        assert (model.coef_ == twin.coef_).all()
        assert model.t_ == twin.t_
        for fitted in (model, twin):
            fitted.partial_fit(X[:100], y[:100])
        assert (model.coef_ == twin.coef_).all()
        assert (model.intercept_ == twin.intercept_).all()


def test_a_call_costs_its_rows_not_the_columns(compiled):
    """Pieces of a stream over 2^22 columns: no call touches memory of their size."""
    n_features = 1 << 22
    X = sp.csr_matrix((np.ones(640, np.float32), np.arange(640) * 6000, np.arange(0, 641, 5)), shape=(128, n_features))
    y = np.arange(128) % 2
    model = LogisticSGDClassifier(standardize=None, eta0=0.1, average=False).partial_fit(X[:64], y[:64], classes=[0, 1])
    model.partial_fit(X[64:70], y[64:70])
    tracemalloc.start()
    for i in range(70, 90):
        model.partial_fit(X[i], y[i : i + 1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n_features


def test_no_copy_of_the_rows(compiled):
    n, k = 10_000, 200
    X = sp.csr_matrix(
        (np.full((n, k), 0.5, np.float32).ravel(), np.tile(np.arange(k, dtype=np.int32), n), k * np.arange(n + 1))
    )
    y = np.arange(n) % 2
    size = X.data.nbytes + X.indices.nbytes
    model = LogisticSGDClassifier(max_iter=1, tol=None, cv=None)
    for call in (lambda: model.fit(X, y), lambda: model.predict(X), lambda: model.partial_fit(X, y)):
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < size / 2


@pytest.mark.parametrize("n_rows", [30, 200])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_saved_model_goes_on(compiled, tmp_path, n_rows, n_classes):
    """Also within its first 64 rows, which wait, and with weights that are not settled."""
    X, y = drawn(400, n_classes=n_classes)
    classes = np.arange(n_classes)
    model = LogisticSGDClassifier().partial_fit(X[:n_rows], y[:n_rows], classes=classes)
    model.save(tmp_path / "m.safetensors")
    again = hotloop.load_estimator(tmp_path / "m.safetensors")
    for fitted in (model, again):
        fitted.partial_fit(X[n_rows:], y[n_rows:])
    assert (again.coef_ == model.coef_).all()
    assert (again.intercept_ == model.intercept_).all()
    loaded = hotloop.load(tmp_path / "m.safetensors")
    assert (loaded.predict_proba(X) == loaded.predict_proba(sp.csr_array(X))).all()


def test_a_model_of_few_weights_is_a_small_file(compiled, tmp_path):
    n_features = 1 << 20
    X = sp.csr_matrix((np.ones(40, np.float32), np.arange(40) * 20_000, np.arange(0, 41, 2)), shape=(20, n_features))
    y = np.arange(20) % 2
    model = LogisticSGDClassifier(max_iter=5, tol=None, cv=None).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").stat().st_size < 20_000
    loaded = hotloop.load(tmp_path / "m.safetensors")
    assert (loaded.predict_proba(X) == model.predict_proba(X)).all()
    assert (hotloop.load_estimator(tmp_path / "m.safetensors").coef_ == model.coef_).all()


def test_search_error_bars_and_warm_start(compiled):
    X, y = drawn(300)
    options = {"standardize": "std", "max_iter": 4, "cv": 3, "random_state": 0, "alpha": [1e-3, 1e-2], "eta0": [1e-3, 1e-2]}
    sparse, dense = (hotloop.LogisticSGDClassifierCV(**options).fit(rows, y) for rows in (X, X.toarray()))
    assert sparse.best_params_ == dense.best_params_
    assert sparse.best_score_ == pytest.approx(dense.best_score_, rel=1e-10)
    spread, of_dense = (hotloop.bootstrap_std(own, rows, y, 5)[0] for own, rows in ((sparse, X), (dense, X.toarray())))
    assert spread == pytest.approx(of_dense, rel=1e-8, abs=1e-12)
    warm = LogisticSGDClassifier(max_iter=3, tol=None, warm_start=True, random_state=0, cv=None)
    twin = LogisticSGDClassifier(max_iter=3, tol=None, warm_start=True, random_state=0, standardize="maxabs", cv=None)
    for _ in range(2):
        warm.fit(X, y)
        twin.fit(X.toarray(), y)
    assert relative_error(warm.coef_, twin.coef_) <= DENSE_AND_CSR


@pytest.mark.skipif(not os.path.exists("/proc/meminfo"), reason="this system does not tell how much memory is left")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, r"sgd with averaging, 2 times 12 bytes for each of 10737418235 weights"),
        ({"average": False, "max_iter": 1}, "sgd, 1 times 4 bytes"),
        ({"optimizer": "ftrl"}, "ftrl, 2 times 8 bytes"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_in_time(compiled, params, message):
    X = sp.csr_matrix((np.ones(10, np.float32), np.arange(10), np.arange(11)), shape=(10, 2**31 - 1))
    with open("/proc/meminfo", encoding="ascii") as lines:
        if next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")) > 4 * 5 * 2**31:
            pytest.skip("there is room for it")
    with pytest.raises(MemoryError, match=message):
        LogisticSGDClassifier(**params).fit(X, np.arange(10) % 5)
