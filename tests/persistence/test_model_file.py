"""Model files: what is saved comes back to the bit, what is damaged or foreign is refused, and a file is whole or not there."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors import safe_open
from safetensors.numpy import save as pack
from safetensors.numpy import save_file
from sklearn.exceptions import ConvergenceWarning

import hotloop
from hotloop import LogisticSGDClassifier, Model, TwoLayerClassifier, TwoLayerRegressor
from hotloop.persistence import model_file

pytestmark = pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning")


def table(n_samples=80, dtype=np.float64):
    draw = np.random.default_rng(0)
    X = (draw.standard_normal((n_samples, 4)) * [1, 100, 0.01, 0] + [0, 1000, 0, 7]).astype(dtype)
    return X, draw.integers(0, 3, n_samples)


def fitted(kind, dtype=np.float64):
    X, y = table(dtype=dtype)
    match kind:
        case "logistic":
            return LogisticSGDClassifier(cv=None, random_state=0, max_iter=3).fit(X, y > 0)
        case "softmax":
            return LogisticSGDClassifier(cv=None, random_state=0, max_iter=3, average=False, fit_intercept=False).fit(X, y)
        case "unstandardised":
            return LogisticSGDClassifier(random_state=0, standardize=None, eta0=1e-7, max_iter=2).fit(X, y)
        case "waiting":
            return LogisticSGDClassifier(random_state=0).partial_fit(X[:30], y[:30], classes=[0, 1, 2])
        case "stream":
            return LogisticSGDClassifier(random_state=0).partial_fit(X, y, classes=[0, 1, 2])
        case "network":
            return TwoLayerClassifier(5, random_state=0, max_iter=3).fit(X, y)
        case "linear":
            return TwoLayerRegressor(5, random_state=0, max_iter=3).fit(X, y * 100.0)
        case "sigmoid_sum":
            return TwoLayerRegressor(5, output="sigmoid_sum", random_state=0, max_iter=3).fit(X, y * 100.0)


KINDS = ("logistic", "softmax", "unstandardised", "waiting", "stream", "network", "linear", "sigmoid_sum")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.safetensors"


def predictions(model, X):
    names = ("predict", "predict_proba", "predict_log_proba", "decision_function")
    regressor = isinstance(model, TwoLayerRegressor) or getattr(model, "estimator_name", "") == "TwoLayerRegressor"
    return [getattr(model, name)(X) for name in (names[:1] if regressor else names)]


def saved(path):
    """Return header and arrays of a model file."""
    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["hotloop"]), {key: file.get_tensor(key) for key in list(file.keys())}


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(backend, dtype, path, kind):
    X, _ = table(dtype=dtype)
    estimator = fitted(kind, dtype)
    estimator.save(path)
    model = hotloop.load(path)
    again = model.estimator()
    assert type(again) is type(estimator)
    assert again.get_params() == estimator.get_params()
    for other in (model, again):
        for found, expected in zip(predictions(other, X), predictions(estimator, X), strict=True):
            assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
    weights = ("coef_", "intercept_") if isinstance(estimator, LogisticSGDClassifier) else ("coefs_", "intercepts_")
    for name in weights:
        for found, expected in zip(getattr(again, name), getattr(estimator, name), strict=True):
            assert_array_equal(found, expected)
            assert found.dtype == expected.dtype
    assert again.t_ == estimator.t_
    again.save(path.with_name("again"))
    assert saved(path.with_name("again"))[0] == saved(path)[0]


@pytest.mark.parametrize(
    "labels",
    [
        [3, -1],
        [2.0, 5.0],
        ["yes", "no"],
        ["ä", "ß", "字"],
        [True, False],
        np.array([7, 300], np.uint16),
        np.array(["b", "a"], object),
    ],
    ids=repr,
)
@pytest.mark.parametrize("estimator", [LogisticSGDClassifier, TwoLayerClassifier])
def test_labels_of_every_type_survive(path, estimator, labels):
    X, y = table()
    labels = np.array(labels)
    y = labels[y % len(labels)]
    model = estimator(max_iter=2).fit(X, y)
    model.save(path)
    for loaded in (hotloop.load(path), hotloop.load(path).estimator()):
        found, expected = loaded.predict(X), model.predict(X)
        assert found.tolist() == expected.tolist()
        assert set(map(type, found.tolist())) == set(map(type, expected.tolist()))
    assert hotloop.load(path).estimator().score(X, y) == model.score(X, y)


@pytest.mark.parametrize("labels", [(0, 1), ("no", "yes"), (False, True)])
def test_class_weights_survive_with_their_keys(path, labels):
    X, y = table()
    weights = {labels[0]: 0.5, labels[1]: 2}
    LogisticSGDClassifier(cv=None, max_iter=2, class_weight=weights).fit(X, np.array(labels)[(y > 0).astype(int)]).save(path)
    loaded = hotloop.load(path).estimator().class_weight
    assert loaded == weights
    assert [type(key) for key in loaded] == [type(key) for key in weights]


def test_numpy_numbers_as_parameters_survive(path):
    X, y = table()
    LogisticSGDClassifier(max_iter=np.int64(2), alpha=np.float32(0.5), random_state=np.random.RandomState(0)).fit(X, y).save(
        path
    )
    params = hotloop.load(path).estimator().get_params()
    assert (params["max_iter"], params["alpha"], params["random_state"]) == (2, 0.5, None)


def test_what_cannot_be_saved_says_so_and_writes_nothing(path):
    X, y = table()
    model = LogisticSGDClassifier(cv=None, max_iter=2, class_weight={0: 1, 1: 2, 2: 3}).fit(X, y)
    model.verbose = object()
    with pytest.raises(ValueError, match="parameter verbose=.* cannot be saved"):
        model.save(path)
    assert list(path.parent.iterdir()) == []


def test_feature_names_survive(path):
    pd = pytest.importorskip("pandas")
    X, y = table()
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    LogisticSGDClassifier(cv=None, max_iter=2).fit(frame, y).save(path)
    assert hotloop.load(path).feature_names == ["a", "b", "c", "d"]
    again = hotloop.load(path).estimator()
    assert again.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        again.predict(frame[["b", "a", "c", "d"]])
    broken = X.copy()
    broken[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"infinity at row 3, column 1 \(b\)"):
        hotloop.load(path).predict(broken)


def test_a_loaded_model_checks_its_rows(path):
    fitted("logistic").save(path)
    model = hotloop.load(path)
    with pytest.raises(ValueError, match="X has 3 columns, the model was trained on 4"):
        model.predict(np.ones((2, 3)))
    with pytest.raises(ValueError, match="NaN at row 1, column 2"):
        model.predict(np.where(np.arange(8).reshape(2, 4) == 6, np.nan, 1.0))


@pytest.mark.parametrize("kind", ["logistic", "waiting", "network", "linear"])
def test_predicts_without_scikit_learn(run_python, path, kind):
    X, _ = table()
    estimator = fitted(kind)
    estimator.save(path)
    code = f"""
import sys, numpy as np, hotloop
model = hotloop.load({str(path)!r})
X = np.array({X[:5].tolist()})
print([p.hex() for p in (model.predict if model.classes is None else model.predict_proba)(X).ravel().tolist()])
print([name for name in ("sklearn", "scipy", "pandas", "pyarrow", "rich") if name in sys.modules])
"""
    expected = estimator.predict(X[:5]) if kind == "linear" else estimator.predict_proba(X[:5])
    assert run_python(code).splitlines() == [repr([p.hex() for p in expected.ravel().tolist()]), "[]"]


@pytest.mark.parametrize("kind", ["waiting", "network"])
def test_a_truncated_file_is_refused(path, kind):
    fitted(kind).save(path)
    data = path.read_bytes()
    for length in {*range(0, 200), *range(200, len(data), 37), len(data) - 1}:
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match=r"m\.safetensors"):
            hotloop.load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(ValueError, match="no complete model file"):
        hotloop.load(path)


def test_a_flipped_bit_is_refused(path):
    fitted("waiting").save(path)
    data = path.read_bytes()
    for place in {*range(0, len(data), 11), *range(8, 400)}:
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"m\.safetensors"):
            hotloop.load(path)


@pytest.mark.parametrize("content", [b"", b"age,pet\n31,cat\n", b"\x80\x04N.", b"{}", b"\xff" * 100, b"\0" * 100])
def test_a_foreign_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"m\.safetensors is no hotloop model file"):
        hotloop.load(path)


def test_a_safetensors_file_of_another_kind_is_refused(path):
    save_file({"W": np.ones((1, 2))}, path)
    with pytest.raises(ValueError, match="is a safetensors file, but no hotloop model"):
        hotloop.load(path)


def test_a_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=f"there is no model file {path}"):
        hotloop.load(path)
    with pytest.raises(FileNotFoundError, match="is a folder, not a model file"):
        hotloop.load(path.parent)


def write_header(path, header, arrays=None):
    """Write a file that is whole, with its checksum, and has this header."""
    text = header if isinstance(header, str) else json.dumps(header)
    arrays = {"W": np.zeros((1, 2)), "b": np.zeros(1)} if arrays is None else arrays
    path.write_bytes(pack(arrays, metadata={"hotloop": text, "sha256": model_file._checksum(arrays, text)}))


@pytest.mark.parametrize(
    "header", ["", "no JSON", "[]", "3", "null", "{}", '{"format": 1}', '{"format": "1"}', '{"format": null}']
)
def test_a_header_that_is_none_is_refused(path, header):
    write_header(path, header)
    with pytest.raises(ValueError, match="no model file that hotloop can use"):
        hotloop.load(path)


def test_a_header_with_something_missing_is_refused(path):
    fitted("stream").save(path)
    header, arrays = saved(path)
    for name in set(header) | {f"learnt.{name}" for name in header["learnt"]}:
        broken = json.loads(json.dumps(header))
        del (broken["learnt"] if "." in name else broken)[name.split(".")[-1]]
        write_header(path, broken, arrays)
        with pytest.raises(ValueError, match="no model file that hotloop can use"):
            hotloop.load(path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": 2}, "has format 2, this version of hotloop reads up to 1"),
        ({"estimator": "RandomForest"}, "unknown kind of model 'RandomForest'"),
        ({"classes": None}, "a classifier has classes"),
        ({"classes": {"dtype": "<i8", "values": [0, 1]}}, "2 classes for 3 outputs"),
        ({"feature_names": ["a"]}, "1 feature names for 4 columns"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(path, changed, message):
    fitted("stream").save(path)
    header, arrays = saved(path)
    write_header(path, header | changed, arrays)
    with pytest.raises(ValueError, match=message):
        hotloop.load(path)


@pytest.mark.parametrize("kind", ["waiting", "network"])
def test_arrays_that_do_not_fit_are_refused(path, kind):
    fitted(kind).save(path)
    header, arrays = saved(path)
    write_header(path, header, arrays)
    assert isinstance(hotloop.load(path), Model)
    optional = {"center", "scale", "pending.X"}
    for name, array in arrays.items():
        broken = [array[..., :-1], array[None], np.full_like(array, np.nan), array.astype(np.int64)]
        for changed in broken + ([None] if name not in optional else []):
            others = {key: value for key, value in arrays.items() if key != name or changed is not None}
            write_header(path, header, others | ({} if changed is None else {name: np.ascontiguousarray(changed)}))
            with pytest.raises(ValueError, match="no model file that hotloop can use"):
                hotloop.load(path)


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file(path, monkeypatch, when):
    fitted("logistic").save(path)
    before = path.read_bytes()

    def fail(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, when, fail)
    with pytest.raises(OSError, match="no space left"):
        fitted("network").save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_saving_again_replaces_the_file_and_keeps_its_mode(path):
    fitted("logistic").save(path)
    path.chmod(0o640)
    fitted("network").save(str(path))
    assert hotloop.load(str(path)).estimator_name == "TwoLayerClassifier"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(path):
    with pytest.raises(ValueError, match="cannot write .*nowhere"):
        fitted("logistic").save(path / "nowhere")


def test_a_model_that_is_not_fitted_is_not_saved(path):
    for estimator in (LogisticSGDClassifier(), TwoLayerClassifier(), TwoLayerRegressor()):
        with pytest.raises(ValueError, match="not fitted"):
            estimator.save(path)
    assert not Path(path).exists()


def test_nothing_in_a_file_is_executed():
    """The reader knows numbers, text and JSON."""
    source = Path(model_file.__file__).read_text()
    for word in ("pickle", "eval(", "exec(", "import_module", "marshal"):
        assert word not in source


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["learnt"].update(n_rows=1e400),
        lambda h: h["learnt"].update(t="x"),
        lambda h: h["learnt"].update(fit_intercept=[]),
        lambda h: h["classes"].update(dtype="<U200000000"),
        lambda h: h["classes"].update(dtype="O"),
        lambda h: h["classes"].update(values=[1, 1]),
        lambda h: h["classes"].update(values=[2**70, 2**71]),
    ],
)
def test_a_header_that_no_model_has_is_refused(path, change):
    """A file may be well formed, checksum included, and still hold nonsense."""
    import json

    from safetensors import safe_open
    from safetensors.numpy import save as pack

    from hotloop.persistence.model_file import _checksum

    X, y = table()
    LogisticSGDClassifier(cv=None, max_iter=2).fit(X, y == y[0]).save(path)
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()["hotloop"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    header["classes"] = {"dtype": "<i8", "values": [0, 1]}
    change(header)
    text = json.dumps(header)
    path.write_bytes(pack(arrays, metadata={"hotloop": text, "sha256": _checksum(arrays, text)}))
    with pytest.raises(ValueError, match="is no model file that hotloop can use"):
        hotloop.load(path)
