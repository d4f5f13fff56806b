"""Checkpoints: model files that also hold the learner, from which training goes on as if it had never stopped."""

from dataclasses import dataclass
from os import PathLike

from hotloop.logistic.online import LogisticLearner
from hotloop.persistence.container import NONSENSE, read_section, unusable, write_section
from hotloop.persistence.model_file import predictor_of, predictor_section
from hotloop.predictor import Predictor
from hotloop.two_layer.online import TwoLayerLearner
from hotloop.two_layer.weights import NetworkWeights

Learner = LogisticLearner | TwoLayerLearner


@dataclass(frozen=True)
class Checkpoint:
    """A predictor, and the learner that goes on from it. They share no arrays."""

    predictor: Predictor
    learner: Learner


def save_checkpoint(predictor: Predictor, learner: Learner, path: str | PathLike[str]) -> None:
    """Write a model file from which training goes on. The file is complete or not there at all.

    Parameters
    ----------
    predictor : Predictor
    learner : LogisticLearner or TwoLayerLearner
        The one whose weights the predictor has.
    path : str or path
    """
    section = predictor_section(predictor)
    section.add("learner", learner.to_section())
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
        learner = TwoLayerLearner if isinstance(predictor.weights, NetworkWeights) else LogisticLearner
        return Checkpoint(predictor, learner.from_section(section.part("learner")))
    except NONSENSE as error:
        raise unusable(path, error) from None
