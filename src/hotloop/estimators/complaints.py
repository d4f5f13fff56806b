"""Warnings of a fit, as Python gives them: docs/warnings.md has them all."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

from hotloop.complaints import (
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

INSIDE = ("hotloop.", "sklearn.callback.")  # modules between a warning and who called ``fit``


class NotConvergedWarning(FitWarning, ConvergenceWarning):  # type: ignore[misc]
    """The loss was still falling, or the duality gap above tol, when the epochs ended."""


def warn(found: FitWarning) -> None:
    """Give a warning as of the line outside hotloop that called ``fit``."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(found, stacklevel=level)
