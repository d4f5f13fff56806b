"""The scikit-learn surface: estimators check and store; the training and prediction code is below them."""

from hotloop.estimators.diagnostics import bootstrap_std, duality_gap, progressive_validation
from hotloop.estimators.from_file import load_estimator
from hotloop.estimators.hashing_encoder import HashingEncoder
from hotloop.estimators.logistic import LogisticSGDClassifier
from hotloop.estimators.logistic_cv import LogisticSGDClassifierCV
from hotloop.estimators.logistic_sdca import LogisticSDCAClassifier
from hotloop.estimators.table_encoder import TableEncoder
from hotloop.estimators.two_layer import TwoLayerClassifier, TwoLayerRegressor

__all__ = [
    "HashingEncoder",
    "LogisticSDCAClassifier",
    "LogisticSGDClassifier",
    "LogisticSGDClassifierCV",
    "TableEncoder",
    "TwoLayerClassifier",
    "TwoLayerRegressor",
    "bootstrap_std",
    "duality_gap",
    "load_estimator",
    "progressive_validation",
]
