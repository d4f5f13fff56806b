"""hotloop: exact per-sample SGD for logistic regression and two-layer networks, as fast as one machine reads the data."""

from typing import TYPE_CHECKING, Any

from hotloop import functional, reference
from hotloop.backend import BackendInfo, backend_info
from hotloop.version import __version__

if TYPE_CHECKING:
    from hotloop.estimators import (
        HashingEncoder,
        LogisticSDCAClassifier,
        LogisticSGDClassifier,
        LogisticSGDClassifierCV,
        TableEncoder,
        TwoLayerClassifier,
        TwoLayerRegressor,
        bootstrap_std,
        duality_gap,
        load_estimator,
        progressive_validation,
    )
    from hotloop.persistence.model_file import load, save
    from hotloop.predictor import Predictor


__all__ = [
    "BackendInfo",
    "HashingEncoder",
    "LogisticSDCAClassifier",
    "LogisticSGDClassifier",
    "LogisticSGDClassifierCV",
    "Predictor",
    "TableEncoder",
    "TwoLayerClassifier",
    "TwoLayerRegressor",
    "__version__",
    "backend_info",
    "bootstrap_std",
    "duality_gap",
    "functional",
    "load",
    "load_estimator",
    "progressive_validation",
    "reference",
    "save",
]

# Imported when first touched: the estimators bring scikit-learn, whose import takes seconds.
_LAZY = {
    "HashingEncoder": "hotloop.estimators",
    "LogisticSDCAClassifier": "hotloop.estimators",
    "LogisticSGDClassifier": "hotloop.estimators",
    "LogisticSGDClassifierCV": "hotloop.estimators",
    "Predictor": "hotloop.predictor",
    "TableEncoder": "hotloop.estimators",
    "TwoLayerClassifier": "hotloop.estimators",
    "TwoLayerRegressor": "hotloop.estimators",
    "bootstrap_std": "hotloop.estimators",
    "duality_gap": "hotloop.estimators",
    "load": "hotloop.persistence.model_file",
    "load_estimator": "hotloop.estimators",
    "progressive_validation": "hotloop.estimators",
    "save": "hotloop.persistence.model_file",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'hotloop' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
