"""Calibration: whether classes of rows held out are as frequent as their mean probability."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotloop.data.validation import Array
from hotloop.metrics import probabilities
from hotloop.training.warnings import CalibrationWarning, FitWarning

ENOUGH_TO_JUDGE = 200  # rows held out, below which calibration is not judged

SURE = 5.0  # standard errors

SHIFTED = 0.02  # mean probability less share

STRETCHED = 1.5  # factor of the log odds


def check_calibration(
    m: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], classes: Array
) -> Iterator[FitWarning]:
    """Yield a warning where probabilities of rows held out are far from the shares of their classes.

    Parameters
    ----------
    m : ndarray of shape (n_samples, n_outputs)
        Margins of rows that the model was not trained on.
    y, weight : ndarray of shape (n_samples,)
        Their class indices and weights.
    classes : ndarray of shape (n_classes,)
    """
    n, total = len(y), float(weight.sum())
    if n < ENOUGH_TO_JUDGE:
        return
    p = probabilities(m)
    share, mean = np.bincount(y.astype(np.intp), weight, p.shape[1]) / total, weight @ p / total
    error = np.sqrt(np.maximum(weight**2 @ (p * (1 - p)), 1e-12)) / total
    off = np.abs(share - mean)
    c = int(np.where(off > SURE * error, off, 0).argmax())
    remedy = "Hold out rows like those to come; raise alpha; or wrap the model in CalibratedClassifierCV"
    if off[c] > max(SHIFTED, SURE * error[c]):
        yield CalibrationWarning(
            f"badly calibrated: over the {n} rows held out class {classes.tolist()[c]!r} has a mean probability of "
            f"{mean[c]:.3f} and a share of {share[c]:.3f}. {remedy}"
        )
    elif m.shape[1] == 1:
        slope = float((weight * (y - p[:, 1])) @ m[:, 0])
        deviation = float(np.sqrt((weight**2 * p[:, 1] * p[:, 0]) @ m[:, 0] ** 2))
        if abs(slope) > SURE * deviation > 0 and not 1 / STRETCHED < (best := _slope(m[:, 0], y, weight)) < STRETCHED:
            yield CalibrationWarning(
                f"badly calibrated: over the {n} rows held out the log odds would be best times {best:.2f}. {remedy}"
            )


def _slope(m: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return the factor of the margins with the least log loss, from 0 to 10."""
    low, high = 0.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        p = probabilities((middle * m)[:, None])[:, 1]
        low, high = (middle, high) if (weight * (y - p)) @ m > 0 else (low, middle)
    return low
