"""Checkpoints: a model file that also holds the learner, from which training goes on as if it had never stopped."""

from dataclasses import asdict, dataclass
from os import PathLike

from hotloop.data.section import Section
from hotloop.logistic.online import LogisticLearner
from hotloop.persistence.container import NONSENSE, read_section, unusable, write_section
from hotloop.persistence.model_file import predictor_of, predictor_section
from hotloop.predictor import Predictor
from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.state import TwoLayerState
from hotloop.two_layer.weights import NetworkWeights


@dataclass(frozen=True)
class Checkpoint:
    """A predictor, and the learner that goes on from it; they share no arrays."""

    predictor: Predictor
    learner: LogisticLearner | TwoLayerLearner


def save_checkpoint(predictor: Predictor, learner: LogisticLearner | TwoLayerLearner, path: str | PathLike[str]) -> None:
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
        of_kind = _network_learner if isinstance(predictor.weights, NetworkWeights) else LogisticLearner.from_section
        return Checkpoint(predictor, of_kind(section.part("learner")))
    except NONSENSE as error:
        raise unusable(path, error) from None


def _learner_section(learner: LogisticLearner | TwoLayerLearner) -> Section:
    if isinstance(learner, LogisticLearner):
        return learner.to_section()
    state = learner.flushed_state()
    config = None if learner.config is None else asdict(learner.config)
    return Section.of(state, NetworkWeights.ARRAYS, ("t", "output", "activation")).with_values(config=config)


def _network_learner(section: Section) -> TwoLayerLearner:
    weights, config = NetworkWeights.from_section(section), section.values["config"]
    state = TwoLayerState(**vars(weights), t=section.count("t"))
    if config is None:
        return TwoLayerLearner.new(state, FitOptions())
    return TwoLayerLearner.new(state, FitOptions(), config=section.record("config", TrainingConfig), frozen=True)
