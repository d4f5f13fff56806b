"""Warnings of a fit, as Python gives them: docs/warnings.md has them all."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

from hotloop.training.warnings import (
    CalibrationWarning,
    ConstantColumnWarning,
    DivergingWarning,
    FewRowsWarning,
    FitWarning,
    LeakedLabelWarning,
    SeparableWarning,
)

__all__ = [
    "CalibrationWarning",
    "ConstantColumnWarning",
    "DivergingWarning",
    "FewRowsWarning",
    "FitWarning",
    "LeakedLabelWarning",
    "NotConvergedWarning",
    "SeparableWarning",
    "warn",
]

INSIDE = ("hotloop.", "sklearn.", "joblib.")  # modules between a warning and who called ``fit``, of a pipeline, too


class NotConvergedWarning(FitWarning, ConvergenceWarning):  # type: ignore[misc]
    """The loss was still falling, or the duality gap above tol, when the epochs ended."""


def warn(found: Warning) -> None:
    """Give a warning as of the line outside hotloop and scikit-learn that called."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(found, stacklevel=level)
