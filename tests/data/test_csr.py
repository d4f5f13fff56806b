"""CSR matrices: malformed ones are refused, ones are told, columns named twice are summed."""

from functools import partial

import numpy as np
import pytest
from csr_rows import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from tolerances import DENSE_AND_CSR, WEIGHTS, relative_error

import hotloop
from hotloop.data.csr import any_csr, are_ones, as_csr, from_scipy

sp = pytest.importorskip("scipy.sparse")

LogisticSGDClassifier = partial(hotloop.LogisticSGDClassifier, optimizer="sgd")


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


def _damaged(kind):
    X = sp.csr_matrix(np.arange(1.0, 25).reshape(6, 4)).asformat(kind.split()[0]).copy()
    damage = {
        "csr objects": lambda: (setattr(X, "data", X.data.astype(object)), X.indptr.__setitem__(3, 300)),
        "csc indptr": lambda: X.indptr.__setitem__(2, 300),
        "csc middle": lambda: X.indptr.__setitem__(slice(None), [0, 30_000_000, 0, 0, 0]),
        "bsr middle": lambda: X.indptr.__setitem__(slice(1, None), [30_000_000] + [0] * (len(X.indptr) - 2)),
        "lil huge": lambda: X.rows.__setitem__(2, [0, 1, 2, 2**40]),
        "csc indices": lambda: X.indices.__setitem__(2, -9),
        "bsr indptr": lambda: X.indptr.__setitem__(0, 300),
        "bsr indices": lambda: X.indices.__setitem__(0, 300),
        "coo row": lambda: X.row.__setitem__(1, 300),
        "coo col": lambda: X.col.__setitem__(1, -1),
        "coo short": lambda: setattr(X, "data", X.data[:-3]),
        "dia offset": lambda: X.offsets.__setitem__(1, 300),
        "dia twice": lambda: X.offsets.__setitem__(1, X.offsets[0]),
        "dia short": lambda: setattr(X, "data", X.data[:-1]),
        "lil long": lambda: X.rows.__setitem__(2, [1, 2, 3, 0, 1, 2, 3]),
        "lil column": lambda: X.rows[2].__setitem__(1, 300),
    }
    damage[kind]()
    if hasattr(X, "has_sorted_indices"):
        X.has_sorted_indices = False
    return X


KINDS = [
    "csr objects",
    "csc indptr",
    "csc indices",
    "bsr indptr",
    "bsr indices",
    "coo row",
    "coo col",
    "coo short",
    "dia offset",
]


@pytest.mark.parametrize(
    "kind", [*KINDS, "csc middle", "bsr middle", "lil huge", "dia twice", "dia short", "lil long", "lil column"]
)
def test_a_malformed_matrix_of_any_format_is_refused_before_scipy_follows_it(kind):
    X = _damaged(kind)
    before = len(getattr(X, "data", ()))
    with pytest.raises(ValueError, match=r"malformed|column|indptr|indices|has \d+ entries|values"):
        as_csr(X, np.float64)
    assert len(getattr(X, "data", ())) == before


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia", "lil", "dok"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, bool])
def test_every_format_gives_its_rows(kind, dtype):
    X = np.array([[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]])
    matrix = sp.csr_matrix(X).asformat(kind)
    rows = as_csr(matrix.astype(dtype), np.float64)
    assert sp.csr_matrix((rows.explicit_data(), rows.indices, rows.indptr), rows.shape).toarray().tolist() == X.tolist()


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia", "lil", "dok"])
@pytest.mark.parametrize("shape", [None, (6,), (6, 4, 1), (-1, 4), (6, "x"), (6, 2**63), [6, 4]])
def test_a_shape_that_is_none_is_refused(kind, shape):
    X = sp.csr_matrix(np.eye(6, 4)).asformat(kind)
    X._shape = shape
    with pytest.raises(ValueError, match="malformed|dimensions"):
        any_csr(X)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("csc", "data"), ("bsr", "data"), ("coo", "coords"), ("dia", "offsets"), ("lil", "rows"), ("csr", "data")],
)
@pytest.mark.parametrize("value", [None, [1, 2], b"xx", {}, np.ma.masked_array([1, 2], mask=True)], ids=repr)
def test_what_is_no_array_is_refused(kind, name, value):
    X = sp.csr_matrix(np.eye(6, 4)).asformat(kind)
    setattr(X, name, value)
    with pytest.raises(ValueError, match="malformed|values of X"):
        any_csr(X)


def test_rows_without_end_are_no_array():
    X = sp.coo_matrix((2**50, 3))
    with pytest.raises(MemoryError, match="a sparse matrix of 1125899906842624 rows needs"):
        any_csr(X)


@pytest.mark.parametrize("places", [[0.0, 1.0], [0j, 1j], [np.nan, 1.0]])
def test_diagonals_have_whole_numbers(places):
    X = sp.dia_matrix(np.eye(6, 4) + np.eye(6, 4, 1))
    X.offsets = np.array(places)
    with pytest.raises(ValueError, match="malformed dia matrix"):
        any_csr(X)
