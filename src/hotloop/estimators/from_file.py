"""Estimators that come back from files."""

from os import PathLike
from typing import Any

import numpy as np

from hotloop.estimators.logistic import LogisticSGDClassifier
from hotloop.estimators.logistic_sdca import LogisticSDCAClassifier
from hotloop.estimators.two_layer import TwoLayerClassifier, TwoLayerRegressor
from hotloop.persistence.checkpoint import load_checkpoint
from hotloop.persistence.container import unusable

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
        ``partial_fit`` goes on where the saved one stopped, to the bit. It takes the rows that the encoder of the file makes,
        ``hotloop.load(path).encoding``; give that to ``save`` again.

    Raises
    ------
    FileNotFoundError, ValueError
        As for :func:`hotloop.load`; ValueError also where :func:`hotloop.save` wrote the file, which only predicts.
    """
    checkpoint = load_checkpoint(path)
    predictor, learner = checkpoint.predictor, checkpoint.learner
    try:
        estimator = ESTIMATORS[predictor.estimator_name](**predictor.params)
    except TypeError as error:  # a parameter that there is not
        raise unusable(path, error) from None
    estimator._learner, estimator.n_features_in_ = learner, predictor.n_features
    if predictor.classes is not None:
        estimator.classes_ = predictor.classes
    if predictor.feature_names is not None:
        estimator.feature_names_in_ = np.array(predictor.feature_names, dtype=object)
    if learner.config is not None:
        estimator._keep_constants(learner.config)
    return estimator
