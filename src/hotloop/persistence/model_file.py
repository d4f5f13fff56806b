"""Model files: arrays in safetensors, everything else as JSON in its header. Nothing in a file is ever executed."""

import hashlib
import json
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from hotloop.data.batch import Batch
from hotloop.data.csr import from_arrays
from hotloop.logistic.online import LogisticStream
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import STEP, AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.persistence.atomic_write import write_whole
from hotloop.persistence.packing import (
    Arrays,
    _check_counts,
    _check_shapes,
    _contiguous,
    _filled_in,
    _pack_labels,
    _pack_params,
    _thinned,
    _unpack_labels,
    _unpack_param,
)
from hotloop.predictor import Model
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.preprocessing.table_encoding import TableEncoding
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.online import joined
from hotloop.training.options import FitOptions
from hotloop.two_layer.state import TwoLayerState

FORMAT = 1

OUTPUTS = ("softmax", "sigmoid", "linear", "sigmoid_sum")

ACTIVATIONS = ("relu", "tanh", "logistic")

KINDS = ("LogisticSGDClassifier", "TwoLayerClassifier", "TwoLayerRegressor")


def save(model: Model, path: str | PathLike[str]) -> None:
    """Write the model to a temporary file beside ``path`` and rename it."""
    from safetensors.numpy import save as pack

    arrays, learnt = _pack_learnt(model.learnt)
    arrays, shapes = _thinned(arrays)
    header = {
        "format": FORMAT,
        "estimator": model.estimator_name,
        "learnt": learnt,
        "classes": None if model.classes is None else _pack_labels(model.classes),
        "feature_names": model.feature_names,
        "params": _pack_params(model.params),
        "encoding": None if model.encoding is None else model.encoding.to_dict(),
        "about": model.about,
        "shapes": shapes,
    }
    text = json.dumps(header)
    data = pack(arrays, metadata={"hotloop": text, "sha256": _checksum(arrays, text)})
    write_whole(Path(path), data)


def load(path: str | PathLike[str]) -> Model:
    """Read a model file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    model : Model
        Predicts like the estimator that was saved, without scikit-learn; ``model.estimator()`` is that estimator.

    Raises
    ------
    FileNotFoundError
        There is no such file, or it is a folder.
    ValueError
        The file is truncated, altered or no hotloop model.
    """
    from safetensors import SafetensorError, safe_open

    name = Path(path).name
    if Path(path).is_dir():
        raise FileNotFoundError(f"{path} is a folder, not a model file")
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    with open(path, "rb") as opened:
        if opened.read(9)[8:] != b"{":  # after the length of its header
            raise ValueError(f"{name} is no hotloop model file")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} is no complete model file: {error}") from None
    if "hotloop" not in metadata:
        raise ValueError(f"{name} is a safetensors file, but no hotloop model")
    if metadata.get("sha256") != _checksum(arrays, metadata["hotloop"]):
        raise ValueError(f"{name} was altered since it was written: its checksum differs")
    try:
        header = json.loads(metadata["hotloop"])
        if header["format"] > FORMAT:
            raise ValueError(f"it has format {header['format']}, this version of hotloop reads up to {FORMAT}")
        return _unpack(header, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} is no model file that hotloop can use: {type(error).__name__}: {error}") from None


def _checksum(arrays: Arrays, text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _pack_learnt(learnt: LogisticStream | TwoLayerState) -> tuple[Arrays, dict[str, Any]]:
    state = learnt.state if isinstance(learnt, LogisticStream) else learnt
    arrays = {name: getattr(state, name) for name in state.ARRAYS if getattr(state, name) is not None}
    numbers: dict[str, Any] = {name: getattr(state, name) for name in state.NUMBERS}
    if isinstance(learnt, TwoLayerState):
        config = None if learnt.config is None else _pack_params(asdict(learnt.config))
        return _contiguous(arrays), {**numbers, "output": learnt.output, "activation": learnt.activation, "config": config}
    statistics = learnt.state.statistics
    arrays |= {f"statistics.{name}": getattr(statistics, name) for name in statistics.ARRAYS}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    for place, rows in enumerate(joined(learnt.pending)):
        X = {"X": rows.X}
        if isinstance(rows.X, CSRRows):
            own = rows.X.copy()
            X = {"indptr": own.indptr, "indices": own.indices.astype(np.int64), "data": own.explicit_data()}
        pending = {**X, "y": rows.y, "sample_weight": rows.sample_weight}
        arrays |= {f"pending.{place}.{name}": array for name, array in pending.items()}
    numbers["stream"] = {
        "config": None if learnt.config is None else _pack_params(asdict(learnt.config)),
        "options": _pack_params(asdict(learnt.options)),
        "weight_total": learnt.weight_total,
        "frozen": learnt.frozen,
        "n_parts": len(joined(learnt.pending)),
    }
    return _contiguous(arrays), numbers


def _unpack(header: dict[str, Any], arrays: Arrays) -> Model:
    if header["estimator"] not in KINDS:
        raise ValueError(f"unknown kind of model {header['estimator']!r}")
    for name, array in arrays.items():
        whole = name.endswith((".indptr", ".indices")) and array.dtype == np.int64
        if not whole and (array.dtype.kind != "f" or not np.isfinite(array).all()):
            raise ValueError(f"array {name} does not hold finite numbers")
    arrays = _filled_in(arrays, header["shapes"])
    learnt: LogisticStream | TwoLayerState
    logistic = header["estimator"] == "LogisticSGDClassifier"
    learnt = _unpack_logistic(header["learnt"], arrays) if logistic else _unpack_network(header["learnt"], arrays)
    classes = None if header["classes"] is None else _unpack_labels(header["classes"])
    encoding = None if header["encoding"] is None else TableEncoding.from_dict(header["encoding"])
    params = {name: _unpack_param(value) for name, value in header["params"].items()}
    model = Model(header["estimator"], learnt, classes, header["feature_names"], params, encoding, dict(header["about"]))
    n_outputs = learnt.state.W.shape[0] if isinstance(learnt, LogisticStream) else learnt.W2.shape[1]
    if (classes is None) == (header["estimator"] != "TwoLayerRegressor"):
        raise ValueError("a classifier has classes and a regressor none")
    if classes is not None and len(classes) != (2 if n_outputs == 1 else n_outputs):
        raise ValueError(f"{len(classes)} classes for {n_outputs} outputs")
    if model.feature_names is not None and len(model.feature_names) != model.n_features:
        raise ValueError(f"{len(model.feature_names)} feature names for {model.n_features} columns")
    if encoding is not None and len(encoding.feature_names) != model.n_features:
        raise ValueError(f"an encoding to {len(encoding.feature_names)} columns for {model.n_features}")
    return model


def _unpack_logistic(learnt: dict[str, Any], arrays: Arrays) -> LogisticStream:
    adaptive = "rule" in learnt
    shrinks = "l1_ratio" in learnt and not adaptive
    n_outputs, n_features = arrays["pairs"].shape[1::-1] if adaptive else arrays["W"].shape
    if min(n_outputs, n_features) < 1 or arrays["statistics.mean"].shape != (n_features,):
        raise ValueError(f"W has shape {(n_outputs, n_features)}, the means {arrays['statistics.mean'].shape}")
    _check_counts(learnt, ("n_averaged", "t", "n_rows"))
    flags = ("fit_intercept", "averaged", *(() if adaptive else ("one_vs_rest", "importance_aware")))
    if not all(isinstance(learnt[name], bool) for name in flags):
        raise ValueError(f"{', '.join(flags)} are true or false")
    if ("center" in arrays) != ("scale" in arrays):
        raise ValueError("center and scale come together")
    shapes: dict[str, tuple[int, ...]] = {"center": (n_features,), "scale": (n_features,)}
    if adaptive:
        shapes |= {"pairs": (n_features, n_outputs, 2), "b_pairs": (n_outputs, 2)}
        if learnt["rule"] == "normalized":
            shapes |= {"largest": (n_features,), "met": (1,)}
        numbers = [float(learnt[name]) for name in ("l1_ratio", "eta0", "alpha")]
        if learnt["rule"] not in STEP or not all(0 <= number < np.inf for number in numbers) or learnt["averaged"]:
            raise ValueError(f"rule {learnt['rule']!r} with l1_ratio, eta0, alpha {numbers}")
    else:
        shapes |= {"W": (n_outputs, n_features), "b": (n_outputs,)}
    if shrinks:
        shapes |= {"shrunk": (n_outputs, n_features)}
        if not 0 <= float(learnt["l1_ratio"]) <= 1 or learnt["averaged"]:
            raise ValueError(f"l1_ratio {learnt['l1_ratio']!r}, averaged {learnt['averaged']}")
    if "folded" in arrays:
        shapes |= {"folded": (2 if shrinks else 3 + 3 * n_outputs,)}
    if learnt["averaged"]:
        shapes |= {"W_total": (n_outputs, n_features), "b_total": (n_outputs,)}
    _check_shapes(arrays, shapes)
    statistics = ColumnStatistics(n_features)
    for name in statistics.ARRAYS:
        array = arrays.get(f"statistics.{name}")
        if array is None and name == "seen":
            continue
        _check_shapes({name: array}, {name: (1,) if name == "total_weight" else (n_features,)})
        setattr(statistics, name, array.astype(np.float64))  # type: ignore[union-attr]
    kind = AdaptiveState if adaptive else L1State if shrinks else LogisticState
    own: dict[str, Any] = {name: arrays[name] for name in kind.ARRAYS if name in arrays}
    build = AdaptiveState.of_pairs if adaptive else kind
    state = build(statistics=statistics, **own, **{name: learnt[name] for name in kind.NUMBERS})
    stream = learnt["stream"]
    config = None if stream["config"] is None else TrainingConfig(**stream["config"])
    pending: list[Batch] = []
    for _ in range(stream["n_parts"]):
        own = {name.rsplit(".", 1)[1]: array for name, array in arrays.items() if name.startswith(f"pending.{len(pending)}.")}
        _check_shapes(own, {"y": (len(own["y"]),), "sample_weight": (len(own["y"]),)})
        if "X" in own:
            _check_shapes(own, {"X": (len(own["y"]), n_features)})
            X = own["X"]
        else:
            _check_shapes(own, {"indptr": (len(own["y"]) + 1,), "data": own["indices"].shape})
            X = from_arrays(own["indptr"], own["indices"], own["data"], n_features)
        pending.append(Batch(X, own["y"], own["sample_weight"]))
    frozen = stream["frozen"] is True
    return LogisticStream(state, FitOptions(**stream["options"]), config, pending, float(stream["weight_total"]), frozen)


def _unpack_network(learnt: dict[str, Any], arrays: Arrays) -> TwoLayerState:
    n_features, n_hidden = arrays["W1"].shape
    _check_counts(learnt, ("t",))
    if learnt["output"] not in OUTPUTS or learnt["activation"] not in ACTIVATIONS:
        raise ValueError(f"output {learnt['output']!r}, activation {learnt['activation']!r}")
    n_outputs = arrays["W2"].shape[1]
    shapes = {"W1": (n_features, n_hidden), "b1": (n_hidden,), "W2": (n_hidden, n_outputs), "b2": (n_outputs,)}
    shapes |= {"target_center": (n_outputs,), "target_scale": (n_outputs,)}
    _check_shapes(arrays, {**shapes, "center": (n_features,), "scale": (n_features,)})
    if not arrays["target_scale"].min() > 0:
        raise ValueError("target_scale must be positive")
    own: dict[str, Any] = {name: arrays[name] for name in TwoLayerState.ARRAYS if name in arrays}
    config = (
        None
        if learnt["config"] is None
        else TrainingConfig(**{name: _unpack_param(value) for name, value in learnt["config"].items()})
    )
    return TwoLayerState(output=learnt["output"], activation=learnt["activation"], t=learnt["t"], config=config, **own)
