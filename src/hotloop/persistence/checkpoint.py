"""Checkpoints: a model file that also holds the learner, from which training goes on as if it had never stopped."""

from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

import numpy as np

from hotloop.data.batch import Batch
from hotloop.data.csr import from_arrays
from hotloop.data.section import Section
from hotloop.logistic.online import LogisticStream
from hotloop.logistic.state import LogisticState
from hotloop.logistic.state_adaptive import STEP, AdaptiveState
from hotloop.logistic.state_l1 import L1State
from hotloop.persistence.container import NONSENSE, read_section, unusable, write_section
from hotloop.persistence.model_file import predictor_of, predictor_section
from hotloop.persistence.packing import pack_params, unpack_param
from hotloop.predictor import Predictor
from hotloop.preprocessing.standardization import ColumnStatistics
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.online import joined
from hotloop.training.options import FitOptions
from hotloop.two_layer.online import TwoLayerStream
from hotloop.two_layer.state import TwoLayerState
from hotloop.two_layer.weights import NetworkWeights


@dataclass(frozen=True)
class Checkpoint:
    """A predictor, and the learner that goes on from it; they share no arrays."""

    predictor: Predictor
    learner: LogisticStream | TwoLayerStream


def save_checkpoint(predictor: Predictor, learner: LogisticStream | TwoLayerStream, path: str | PathLike[str]) -> None:
    """Write a model file from which training goes on, too."""
    section = predictor_section(predictor)
    section.add("learner", _learner_section(learner))
    write_section(section, path)


def load_checkpoint(path: str | PathLike[str]) -> Checkpoint:
    """Read predictor and learner.

    Raises
    ------
    FileNotFoundError
        As for :func:`hotloop.load`.
    ValueError
        As for :func:`hotloop.load`; or the file only predicts.
    """
    section = read_section(path)
    try:
        predictor = predictor_of(section)
        if "learner" not in section.values:
            raise ValueError("it only predicts, hotloop.load reads it; estimator.save writes what training goes on from")
        of_kind = _network_learner if isinstance(predictor.weights, NetworkWeights) else _logistic_learner
        return Checkpoint(predictor, of_kind(section.part("learner")))
    except NONSENSE as error:
        raise unusable(path, error) from None


def _learner_section(learner: LogisticStream | TwoLayerStream) -> Section:
    config = None if learner.config is None else pack_params(asdict(learner.config))
    if isinstance(learner, TwoLayerStream):
        network = learner.flushed_state()
        config = None if (last := learner.config or network.config) is None else pack_params(asdict(last))
        return Section.of(network, network.ARRAYS, ("t", "output", "activation")).with_values(config=config)
    state = learner.state
    section = Section.of(state, state.ARRAYS, state.NUMBERS)
    section.add("statistics", Section.of(state.statistics, state.statistics.ARRAYS))
    for place, rows in enumerate(joined(learner.pending)):
        X = {"X": rows.X}
        if isinstance(rows.X, CSRRows):
            copied = rows.X.copy()
            X = {"indptr": copied.indptr, "indices": copied.indices.astype(np.int64), "data": copied.explicit_data()}
        section.add(f"pending.{place}", Section({**X, "y": rows.y, "sample_weight": rows.sample_weight}))
    return section.with_values(
        stream={
            "config": config,
            "options": pack_params(asdict(learner.options)),
            "weight_total": learner.weight_total,
            "frozen": learner.frozen,
            "n_parts": len(joined(learner.pending)),
        }
    )


def _logistic_learner(section: Section) -> LogisticStream:
    values, arrays = section.values, section.arrays
    adaptive = "rule" in values
    shrinks = "l1_ratio" in values and not adaptive
    n_outputs, n_features = arrays["pairs"].shape[1::-1] if adaptive else arrays["W"].shape
    numbers: dict[str, Any] = {name: section.count(name) for name in ("n_averaged", "t", "n_rows")}
    flags = ("fit_intercept", "averaged", *(() if adaptive else ("one_vs_rest", "importance_aware")))
    numbers |= {name: section.flag(name) for name in flags}
    section.constants(n_features, None)
    shapes: dict[str, tuple[int, ...]] = {}
    kind = AdaptiveState if adaptive else L1State if shrinks else LogisticState
    build: Any = kind
    if adaptive:
        shapes |= {"pairs": (n_features, n_outputs, 2), "b_pairs": (n_outputs, 2)}
        build = AdaptiveState.of_pairs
        numbers |= {name: section.number(name) for name in ("l1_ratio", "eta0", "alpha")}
        numbers["rule"] = section.choice("rule", STEP)
        if numbers["rule"] == "normalized":
            shapes |= {"largest": (n_features,), "met": (1,)}
    else:
        shapes |= {"W": (n_outputs, n_features), "b": (n_outputs,)}
    if shrinks:
        shapes |= {"shrunk": (n_outputs, n_features)}
        numbers["l1_ratio"] = section.number("l1_ratio", 1)
    if (adaptive or shrinks) and numbers["averaged"]:
        raise ValueError("averaged is True, which this state does not know")
    if "folded" in arrays:
        shapes |= {"folded": (2 if shrinks else 3 + 3 * n_outputs,)}
    if numbers["averaged"]:
        shapes |= {"W_total": (n_outputs, n_features), "b_total": (n_outputs,)}
    for name, shape in shapes.items():
        section.array(name, shape)
    statistics, stored = ColumnStatistics(n_features), section.part("statistics")
    for name in statistics.ARRAYS:
        shape = (1,) if name == "total_weight" else (n_features,)
        setattr(statistics, name, stored.array_or_none(name, shape) if name == "seen" else stored.array(name, shape))
    state = build(statistics=statistics, **{name: arrays[name] for name in kind.ARRAYS if name in arrays}, **numbers)
    stream = values["stream"]
    config = None if stream["config"] is None else TrainingConfig(**stream["config"])
    pending: list[Batch] = []
    for place in range(stream["n_parts"]):
        rows = section.part(f"pending.{place}")
        n_rows = len(rows.arrays["y"])
        if "X" in rows.arrays:
            X: Any = rows.array("X", (n_rows, n_features))
        else:
            indices = rows.arrays["indices"]
            X = from_arrays(rows.array("indptr", (n_rows + 1,)), indices, rows.array("data", indices.shape), n_features)
        pending.append(Batch(X, rows.array("y", (n_rows,)), rows.array("sample_weight", (n_rows,))))
    frozen = stream["frozen"] is True
    return LogisticStream(state, FitOptions(**stream["options"]), config, pending, float(stream["weight_total"]), frozen)


def _network_learner(section: Section) -> TwoLayerStream:
    weights, config = NetworkWeights.from_section(section), section.values["config"]
    state = TwoLayerState(**vars(weights), t=section.count("t"))
    if config is None:
        return TwoLayerStream.fresh(state, FitOptions(), "auto")
    return TwoLayerStream(state, FitOptions(), config=TrainingConfig(**{name: unpack_param(v) for name, v in config.items()}))
