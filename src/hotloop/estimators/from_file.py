"""Estimators that come back from files."""

from os import PathLike
from typing import Any

from hotloop.estimators.logistic import LogisticSGDClassifier
from hotloop.estimators.logistic_sdca import LogisticSDCAClassifier
from hotloop.estimators.two_layer import TwoLayerClassifier, TwoLayerRegressor
from hotloop.persistence.checkpoint import load_checkpoint

KINDS = (LogisticSDCAClassifier, LogisticSGDClassifier, TwoLayerClassifier, TwoLayerRegressor)
ESTIMATORS: dict[str, Any] = {kind.__name__: kind for kind in KINDS}


def load_estimator(path: str | PathLike[str]) -> Any:
    """Return the fitted estimator of a file that ``estimator.save`` or the command wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    estimator : LogisticSGDClassifier, LogisticSDCAClassifier, TwoLayerClassifier or TwoLayerRegressor
        ``partial_fit`` goes on where the saved one stopped.

    Raises
    ------
    FileNotFoundError, ValueError
        As for :func:`hotloop.load`; ValueError also where :func:`hotloop.save` wrote the file, which only predicts.
    """
    checkpoint = load_checkpoint(path)
    return ESTIMATORS[checkpoint.predictor.estimator_name]._of_checkpoint(checkpoint)
