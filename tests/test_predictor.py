"""A loaded model finds its columns by name, in whatever container and order they come, and refuses what it cannot match."""

import numpy as np
import pytest
from scipy import sparse

import hotloop
from hotloop import LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor
from hotloop.data.errors import DataError

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow", reason="the cli extra (pyarrow) is not installed")

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.standard_normal((120, 3)), columns=list("abc"))
Y = (X.a - 2 * X.b > 0).astype(int)

CONTAINERS = {
    "frame": lambda frame: frame,
    "Arrow table": lambda frame: pa.Table.from_pandas(frame),
    "record batch": lambda frame: pa.Table.from_pandas(frame).to_batches()[0],
    "mapping": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "sparse frame": lambda frame: frame.astype(pd.SparseDtype("float64", 0)),
    "polars": lambda frame: pytest.importorskip("polars").DataFrame({name: frame[name].to_numpy() for name in frame}),
}


@pytest.fixture(params=[LogisticSGDClassifier, TwoLayerRegressor])
def loaded(request, tmp_path):
    """A model of columns a, b, c that was saved and loaded."""
    request.param(random_state=0).fit(X, Y).save(tmp_path / "m")
    return hotloop.load(tmp_path / "m")


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("order", ["abc", "cba", "bac"])
def test_columns_go_by_name(loaded, container, order):
    more = X[list(order)].assign(z=5.0) if order == "bac" else X[list(order)]
    assert loaded.predict(CONTAINERS[container](more)) == pytest.approx(loaded.predict(X.to_numpy()))


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_lacking_column_is_refused(loaded, container):
    renamed = CONTAINERS[container](X.rename(columns={"a": "z"}))
    with pytest.raises(DataError, match="X has no column 'a', which the model was trained on; there are 'z', 'b', 'c'"):
        loaded.predict(renamed)


def test_sparse_columns_of_a_frame_are_a_sparse_matrix():
    matrix = sparse.random(200, 6, 0.3, format="csr", random_state=0)
    y = np.asarray(matrix.sum(axis=1)).ravel() > 0.8
    frame = pd.DataFrame.sparse.from_spmatrix(matrix, columns=list("abcdef"))
    model, expected = (LogisticSGDClassifier(random_state=0).fit(rows, y) for rows in (frame, matrix))
    assert model.feature_names_in_.tolist() == list("abcdef")
    assert model.predict_proba(frame).tobytes() == expected.predict_proba(matrix).tobytes()
    around_one = frame.astype(pd.SparseDtype("float64", 1.0))
    with pytest.raises(ValueError, match="column 'a' is sparse around 1.0, expected 0"):
        LogisticSGDClassifier().fit(around_one, y)


def test_labels_of_a_sparse_matrix():
    labels = sparse.csr_matrix(RNG.integers(0, 2, (120, 3)))
    model, expected = (TwoLayerClassifier(random_state=0, max_iter=2).fit(X, y) for y in (labels, labels.toarray()))
    assert model.predict(X).tobytes() == expected.predict(X).tobytes()
    with pytest.raises(ValueError, match="y is a sparse matrix, expected one label or number a row"):
        LogisticSGDClassifier().fit(X, labels)


def test_log_loss_takes_labels(tmp_path):
    labels = np.where(Y, "yes", "no")
    LogisticSGDClassifier(random_state=0).fit(X, labels).save(tmp_path / "m")
    model = hotloop.load(tmp_path / "m")
    p = model.predict_proba(X)[np.arange(len(X)), (labels == "yes").astype(int)]
    assert model.log_loss(X, labels) == pytest.approx(-np.log(p).mean())
    for y in (labels[:5], labels[:, None]):
        with pytest.raises(ValueError, match=r"y has shape .*, expected \(120,\)"):
            model.log_loss(X, y)
    with pytest.raises(ValueError, match="the label 'maybe' was not seen in training"):
        model.log_loss(X, np.where(Y, "yes", "maybe"))


def test_log_loss_of_a_model_without_one_label_a_row(tmp_path):
    TwoLayerRegressor(random_state=0, max_iter=1).fit(X, Y).save(tmp_path / "m")
    with pytest.raises(ValueError, match="a TwoLayerRegressor has no classes"):
        hotloop.load(tmp_path / "m").log_loss(X, Y)
    TwoLayerClassifier(random_state=0, max_iter=1).fit(X, np.column_stack([Y, 1 - Y])).save(tmp_path / "m")
    with pytest.raises(ValueError, match="several labels a row"):
        hotloop.load(tmp_path / "m").log_loss(X, Y)


@pytest.mark.parametrize("form", ["csc", "bsr", "coo", "dia", "lil"])
def test_a_malformed_sparse_matrix_is_refused_before_scipy_follows_it(loaded, form):
    rows = sparse.csr_matrix(np.arange(1.0, 25).reshape(8, 3)).asformat(form)
    places = {"csc": "indices", "bsr": "indices", "coo": "row", "dia": "offsets"}
    if form == "lil":
        rows.rows[2] = [0, 1, 2**40]
    else:
        getattr(rows, places[form])[1] = 300
    with pytest.raises(ValueError, match="X is a malformed"):
        loaded.predict(rows)


def test_a_margin_beyond_any_number_warns_of_nothing():
    model = LogisticSGDClassifier(standardize=None, eta0=0.1, cv=None, max_iter=2).fit(X, Y)
    large = np.full((3, 3), 1e308) * [1, -1, 1]
    assert np.isfinite(model.predict(large)).all()
    for name in ("predict_proba", "predict_log_proba", "decision_function"):
        getattr(model, name)(large)
    X3, y3 = np.array([[0.0], [1.0], [2.0]] * 9), np.arange(27) % 3
    several = LogisticSGDClassifier(standardize=None, eta0=0.1, cv=None, max_iter=2).fit(X3, y3)._predictor()
    several.log_loss(np.full((3, 1), 1e308), [0, 1, 2])
