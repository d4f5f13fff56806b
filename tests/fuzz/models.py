"""Entry "models": model files of every kind with bytes or parts of them changed, loaded, and what is loaded then used."""

import copy
import json
import tempfile
import warnings
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from stored_models import KINDS, fitted, read, table, write

import hotloop
from hotloop import LogisticSDCAClassifier, TableEncoder, TwoLayerClassifier, TwoLayerRegressor

from .brief import brief
from .damage import FLOATS, NUMBERS, WORDS, damaged

OWN = ("sdca", "multilabel", "targets", "table", "csr", "thin")
JSON = [
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    "",
    "x",
    [],
    {},
    [1],
    {"a": 1},
    [[]],
    "f8",
    "<f8",
    "O",
    10**30,
    [10**9, 10**9],
    {"pairs": []},
]
JSON += [value for value in FLOATS if np.isfinite(value)] + NUMBERS[:14] + WORDS[:-3]
SIZES = ["n_rows", "n_pending", "width", "n_features", "t", "n_updates", "batch_size", "n_hidden"]


def other(kind):
    """Return a fitted model of a kind that the tests of files do not have."""
    X, y = table()
    match kind:
        case "sdca":
            return LogisticSDCAClassifier(random_state=0, max_iter=5).fit(X, y)
        case "multilabel":
            return TwoLayerClassifier(4, random_state=0, max_iter=2).fit(X, np.stack([y > 0, y > 1], axis=1).astype(int))
        case "targets":
            return TwoLayerRegressor(4, random_state=0, max_iter=2).fit(X, np.stack([y, 2.0 * y], axis=1))
        case "thin":  # its arrays are stored as their non-zeros
            wide = csr_matrix((X[:, 0], (np.arange(80), np.arange(80) * 50)), (80, 5000))
            return hotloop.LogisticSGDClassifier(random_state=0, penalty="l1").partial_fit(wide, y, classes=[0, 1, 2])
        case "csr":
            return hotloop.LogisticSGDClassifier(random_state=0, penalty="l1").partial_fit(csr_matrix(X), y, classes=[0, 1, 2])
    return None


def with_encoder(path):
    """Write a model whose file holds the encoder of a table, as the command does."""
    columns = {
        "a": [1.0, 2.5, None, 4.0] * 20,
        "b": ["x", "y", None, "z"] * 20,
        "c": ["2020-01-31", "2021-02-01", "", "2022-03-04"] * 20,
    }
    encoder = TableEncoder().fit(columns)
    model = hotloop.LogisticSGDClassifier(cv=None, random_state=0, max_iter=2)
    model.fit(encoder.transform(columns), np.arange(80) % 2)
    model.save(path, encoder=encoder)


@cache
def stored():
    """Return header, arrays and bytes of a file of each kind."""
    files = {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, "model")
        for kind in (*KINDS, *OWN):
            if kind == "table":
                with_encoder(path)
            else:
                (fitted(kind) if kind in KINDS else other(kind)).save(path)
            files[kind] = *read(path), path.read_bytes()
    return files


def places(value, depth=9):
    """Return (container, key) of everything in a JSON value, to a depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    here = [(value, key) for key, _ in items]
    return here if not depth else here + [place for container, key in here for place in places(container[key], depth - 1)]


def change_header(draw, header):
    """Change one thing of the header in place; return it, or text that is no JSON of a header."""
    where = places(header)
    container, key = draw.choice(where)
    how = draw.random()
    if how < 0.2:
        del container[key]
    elif how < 0.55:
        container[key] = draw.choice(JSON)
    elif how < 0.75:
        value = container[key]
        if isinstance(value, bool | int | float | str):
            container[key] = damaged(draw, value)
            if not isinstance(container[key], bool | int | float | str | list | dict | None):
                container[key] = "x"
        else:
            container[key] = copy.deepcopy(draw.choice(where)[0])
    elif how < 0.9:
        other, other_key = draw.choice(where)
        container[key], other[other_key] = copy.deepcopy(other[other_key]), copy.deepcopy(container[key])
    elif how < 0.97 and isinstance(container, dict):
        container[draw.choice([*SIZES, "x", "", "a.b", key + "x"])] = draw.choice(JSON)
    elif how < 0.98:
        return draw.choice(["", "[]", "{", "null", '{"format": 1}', "[" * 20000, '{"a":' * 20000, "NaN", "1e999", '"\\ud800"'])
    else:
        container[key] = []
        for _ in range(draw.choice([10, 300, 900])):  # more than that no JSON is written of
            container[key] = [container[key]]
    return header


def change_arrays(draw, arrays):
    """Change one array in place, as files can hold it."""
    name = draw.choice(sorted(arrays))
    how = draw.random()
    if how < 0.15:
        del arrays[name]
    elif how < 0.3:
        arrays[draw.choice([*arrays, name + ".indices", name + ".data", "x", ""])] = arrays[name]
    elif how < 0.45:
        arrays[name] = arrays[draw.choice(sorted(arrays))]
    else:
        array = damaged(draw, arrays[name])
        plain = (
            isinstance(array, np.ndarray) and array.dtype.kind in "fiub" and array.dtype.itemsize <= 8 and array.dtype.isnative
        )
        arrays[name] = np.ascontiguousarray(array) if plain else arrays[name][..., :0].copy()


def change_bytes(draw, raw):
    """Return the bytes of a file with some of them changed."""
    raw = bytearray(raw)
    end = 8 + int.from_bytes(raw[:8], "little")  # of the header of safetensors
    for _ in range(draw.choice([1, 1, 2, 8])):
        place = draw.randrange(draw.choice([8, min(end, len(raw)), len(raw)]))
        how = draw.random()
        if how < 0.5:
            raw[place] = draw.randrange(256)
        elif how < 0.6:
            del raw[place : place + draw.choice([1, 8, 1000])]
        elif how < 0.7:
            raw[place:place] = draw.randbytes(draw.choice([1, 8, 100]))
        elif how < 0.8:
            raw[:8] = draw.choice([0, 1, end, 2**63, 2**64 - 1, len(raw), 99_999_999]).to_bytes(8, "little")
        else:
            del raw[draw.randrange(len(raw)) :]
        if len(raw) < 9:
            break
    return bytes(raw)


def change_offsets(draw, raw):
    """Return the bytes of a file whose safetensors header says something else of an array."""
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end])
    names = [name for name in header if name != "__metadata__"]
    entry = header[draw.choice(names)]
    what = draw.choice(["dtype", "shape", "data_offsets", "metadata"])
    if what == "metadata":
        header["__metadata__"] = draw.choice([None, {}, {"hotloop": "{}"}, {"hotloop": 1}, [], {"sha256": "", "hotloop": "[]"}])
    elif what == "dtype":
        entry["dtype"] = draw.choice(["F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "X", "", 1, None])
    else:
        entry[what] = draw.choice([[], [0], [2**40, 2**40], [-1], [0, 2**63], [1, 2], [0, 8], None, "x", [8, 0], [1] * 40])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + raw[end:]


def changed(draw, path):
    """Write a changed file; return what was done."""
    kind = draw.choice(list(stored()))
    header, arrays, raw = stored()[kind]
    how = draw.choice(["bytes", "offsets", "header", "header", "header", "arrays", "arrays", "both"])
    if how in ("bytes", "offsets"):
        path.write_bytes((change_bytes if how == "bytes" else change_offsets)(draw, raw))
        return f"{kind} {how}"
    header, arrays = copy.deepcopy(header), dict(arrays)
    try:
        for _ in range(draw.choice([1, 1, 1, 2, 4])):
            if how != "arrays" and isinstance(header, dict) and places(header):
                header = change_header(draw, header)
            if how != "header" and arrays:
                change_arrays(draw, arrays)
        write(path, header, arrays)
    except (UnicodeEncodeError, ValueError, RecursionError):  # what cannot be written
        path.write_bytes(raw)
    return f"{kind} {how} {differences(stored()[kind], (header, arrays))}"


def differences(stored, changed):
    """Return what differs, in short."""
    (header, arrays, _), (other, others) = stored, changed
    before, after = flat(header), flat(other)
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    names = [name for name in {**arrays, **others} if arrays.get(name) is not others.get(name)]
    return f"{[(key, after.get(key, 'gone')) for key in keys][:9]} {brief({name: others.get(name) for name in names})}"[:900]


def flat(value):
    """Return all values of a header by their places, as text; what is nested deeply is not gone through."""
    found, left = {}, [("", value)]
    while left:
        place, value = left.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
        if items is None or place.count("/") > 9 or not value:
            found[place] = repr(value)[:60] if place.count("/") <= 9 else "nested"
        else:
            left += [(f"{place}/{key}", item) for key, item in items]
    return found


def use(path):
    """Load a file both ways, and use what was loaded."""
    error, copy_of = None, path.with_name("copy")
    for load in (hotloop.load, hotloop.load_estimator):
        try:
            model = load(path)
        except ValueError as refused:
            error = refused
            continue
        X, y = rows_of(model)
        found = y
        names = ["predict"] if model_is_regressor(model) else ["predict", "predict_proba", "decision_function"]
        try:
            for name in names:
                found = getattr(model, name)(X)
            if hasattr(model, "fit"):
                if hasattr(model, "partial_fit"):
                    model.partial_fit(X, targets_of(model, y, found))
                model.predict(X)
                model.save(copy_of)
            else:
                model.scorer()(X[0])
                hotloop.save(model, copy_of)
        except (ValueError, TypeError, FloatingPointError) as refused:
            error = refused
    if error is not None:
        raise error


def rows_of(model):
    """Return rows of as many columns as the model has, at most 5000, and classes."""
    X, y = table(20)
    return np.resize(X, (20, min(getattr(model, "n_features_in_", getattr(model, "n_features", 4)), 5000))), y


def targets_of(model, y, found):
    """Return classes or values as the model takes them; ``found`` is what it predicts."""
    classes = getattr(model, "classes_", None)
    if classes is not None and model.predict(np.zeros((1, model.n_features_in_))).ndim == 1:
        return np.asarray(classes)[y % len(classes)]
    return y % 2 if found.ndim == 1 else np.stack([y % 2] * found.shape[1], axis=1)


def model_is_regressor(model):
    """Tell whether a model predicts numbers."""
    return "Regressor" in getattr(model, "estimator_name", type(model).__name__)


def case(draw):
    """Return what tells the case, and its call."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, "model")
    told = changed(draw, path)

    def call():
        with folder:
            use(path)

    return lambda: told, call
