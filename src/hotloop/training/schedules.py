"""Step sizes eta_t (docs/equations.md, ST-1 to ST-4); t counts the rows that moved, from 0."""

import numpy as np
from numpy.typing import NDArray

LEARNING_RATES = ("auto", "constant", "invscaling", "optimal")


def step_sizes(learning_rate: str, eta0: float, horizon: float, power_t: float, first: int, count: int) -> NDArray[np.float64]:
    """Return the step sizes of the steps first, ..., first + count - 1.

    Parameters
    ----------
    learning_rate : {"auto", "constant", "invscaling", "optimal"}
        "constant" is eta0, "invscaling" eta0 / (t + 1)^power_t, "optimal" eta0 / (1 + t / horizon) (Bottou 2012,
        section 5.2), "auto" eta0 / (1 + t / horizon)^(3/4), the schedule of averaged SGD (Xu 2011; Bottou 2012, 5.3).
    eta0 : float, > 0
    horizon : float, > 0
        Steps after which "optimal" has fallen to a half; Bottou's is 1 / (eta0 alpha). Infinite: it never falls.
    power_t : float
    first, count : int

    Returns
    -------
    eta : ndarray of shape (count,)
    """
    if learning_rate == "constant":  # (ST-1)
        return np.full(count, eta0)
    t = np.arange(first, first + count, dtype=np.float64)
    match learning_rate:
        case "invscaling":  # (ST-2)
            return eta0 / (t + 1) ** power_t
        case "optimal":  # (ST-3)
            return eta0 / (1 + t / horizon)
        case "auto":  # (ST-4)
            root = np.sqrt(1 + t / horizon)  # u^(3/4) from roots: they are rounded alike on every CPU, powers are not
            return eta0 / (root * np.sqrt(root))
        case _:
            raise ValueError(f"learning_rate is {learning_rate!r}, expected one of {', '.join(LEARNING_RATES)}")
