"""Initializers of the weights of a network, and the moments of its hidden activations."""

import numpy as np
from numpy.typing import NDArray

# Name: the factor f of the variance, whether the outputs count, and how a weight is drawn. The variance of a weight is
# f / n_inputs, or f / (n_inputs + n_outputs) where the outputs count.
INITS = {
    "he_normal": (2.0, False, "normal"),
    "he_uniform": (2.0, False, "uniform"),
    "glorot_normal": (2.0, True, "normal"),
    "glorot_uniform": (2.0, True, "uniform"),
    "lecun_normal": (1.0, False, "normal"),
}


def draw_weights(random: np.random.Generator, n_inputs: int, n_outputs: int, name: str) -> NDArray[np.float64]:
    """Return first weights (n_inputs, n_outputs) of a layer.

    He: variance 2 / inputs (He et al. 2015); Glorot: 2 / (inputs + outputs) (Glorot and Bengio 2010); LeCun: 1 / inputs.

    Parameters
    ----------
    random : Generator
        Moves on.
    n_inputs, n_outputs : int, >= 1
        Units before and behind the weights.
    name : str
        A key of INITS.
    """
    factor, by_both, kind = INITS[name]
    spread = np.sqrt(factor / (n_inputs + n_outputs if by_both else n_inputs))
    drawn: NDArray[np.float64]
    if kind == "normal":
        drawn = random.standard_normal((n_inputs, n_outputs))
    else:
        drawn = random.uniform(-np.sqrt(3), np.sqrt(3), (n_inputs, n_outputs))
    return np.asarray(drawn * spread)


def activation_moments(activation: str, variance: float) -> tuple[float, float]:
    """Return E z^2 and E (dz/da)^2 for a normal pre-activation a of mean 0, by the Gauss-Hermite rule of 64 points."""
    if activation == "relu":
        return variance / 2, 0.5
    points, weights = np.polynomial.hermite_e.hermegauss(64)
    a, weights = points * np.sqrt(variance), weights / weights.sum()
    if activation == "tanh":
        z = np.tanh(a)
        slope = 1 - z**2
    else:
        z = 1 / (1 + np.exp(-a))
        slope = z * (1 - z)
    return float(weights @ z**2), float(weights @ slope**2)
