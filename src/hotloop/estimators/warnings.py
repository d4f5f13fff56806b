"""The warnings of a fit as Python warnings; docs/warnings.md lists them."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

from hotloop.training.warnings import (
    AbsentClassWarning,
    CalibrationWarning,
    ConstantColumnWarning,
    DivergingWarning,
    FewRowsWarning,
    FitWarning,
    LeakedLabelWarning,
    SeparableWarning,
    UnscaledWarning,
)

__all__ = [
    "AbsentClassWarning",
    "CalibrationWarning",
    "ConstantColumnWarning",
    "DivergingWarning",
    "FewRowsWarning",
    "FitWarning",
    "LeakedLabelWarning",
    "NotConvergedWarning",
    "SeparableWarning",
    "UnscaledWarning",
]

INSIDE = ("hotloop.", "sklearn.", "joblib.")  # modules between a warning and the caller of ``fit``, also of a pipeline


class NotConvergedWarning(FitWarning, ConvergenceWarning):  # type: ignore[misc]
    """The loss was still falling, or the duality gap above tol, when the epochs ended."""


def warn(warning: Warning) -> None:
    """Give a warning whose place is the caller's line: the innermost one outside hotloop, scikit-learn and joblib."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
