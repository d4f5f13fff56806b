"""Probabilities, losses and scores of whole arrays of margins or predictions. No scikit-learn: the command uses them too."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Margins = NDArray[np.float64]


def log_probabilities(margins: Margins) -> Margins:
    """Return ln p (n_samples, n_classes): of one output by (LR-2), of several by (LR-6)."""
    if margins.shape[1] == 1:
        m = margins[:, 0]
        return -np.column_stack([np.logaddexp(0, m), np.logaddexp(0, -m)])
    shifted = margins - margins.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def probabilities(margins: Margins) -> Margins:
    """Return p (n_samples, n_classes); rows sum to 1."""
    if margins.shape[1] == 1:
        e = np.exp(-np.abs(margins[:, 0]))
        p = np.where(margins[:, 0] >= 0, 1.0, e) / (1 + e)
        return np.column_stack([1 - p, p])
    e = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def scores(margins: Margins, one_vs_rest: bool) -> Margins:
    """Return the margins of which the softmax is p: those of one against the rest become ln s(m), (LR-18)."""
    return -np.logaddexp(0, -margins) if one_vs_rest else margins


def mean_log_loss(margins: Margins, y: NDArray[Any], sample_weight: NDArray[np.float64] | None = None) -> float:
    """Return the mean of -ln p_y in nats; y holds class indices."""
    losses = -np.take_along_axis(log_probabilities(margins), y.astype(np.intp)[:, None], axis=1)[:, 0]
    return float(np.average(losses, weights=sample_weight))


def mean_log_loss_of_labels(margins: Margins, y: Margins, sample_weight: NDArray[np.float64] | None = None) -> float:
    """Return the mean over rows of the log losses of all labels, in nats; y (n_samples, n_outputs) holds 0 and 1."""
    losses = (np.logaddexp(0, margins) - y * margins).sum(axis=1)
    return float(np.average(losses, weights=sample_weight))


def mean_squared_error(predictions: Margins, y: NDArray[np.float64], sample_weight: NDArray[np.float64] | None = None) -> float:
    """Return the mean over rows of (prediction - y)^2, summed over the outputs; predictions may be one column."""
    squares = (predictions.reshape(len(y), -1) - y.reshape(len(y), -1)) ** 2
    return float(np.average(squares.sum(axis=1), weights=sample_weight))


def area_under_roc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the chance that a positive row scores above a negative one, ties counted half (Mann and Whitney 1947)."""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # ranks from 1, ties share their mean
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))
