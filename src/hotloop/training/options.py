"""The options that both families of models share, as the user gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import STANDARDIZE
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.rules import Rule
from hotloop.training.schedules import LEARNING_RATES
from hotloop.training.values import FLAG, Values, check_seed, check_values, numbers, one_of, whole_numbers

MAX_ITER = 1000

# Option: the values that it may have. The constraints of the estimators and docs/options.md are made of these tables.
SHARED_VALUES: dict[str, Values] = {
    "learning_rate": one_of(*LEARNING_RATES),
    "standardize": one_of(*STANDARDIZE),
    "max_iter": whole_numbers(1, "auto"),
    "n_iter_no_change": whole_numbers(1),
    "alpha": numbers(0, np.inf, "auto"),
    "eta0": numbers(0, np.inf, "auto", closed="neither"),
    "tol": numbers(0, np.inf, "auto", None),
    "power_t": numbers(0),
    "shuffle": FLAG,
}


# Rules of both families: an option that only another one puts to use must be left at its default without it.
POWER_T = Rule(
    {"learning_rate": ("auto", "constant", "optimal")},
    "power_t",
    one_of(0.25),
    "leave power_t=0.25, or take learning_rate='invscaling'",
)
VALIDATION_FRACTION = Rule(
    {"early_stopping": (False,)},
    "validation_fraction",
    one_of(0.1),
    "leave validation_fraction=0.1, or take early_stopping=True",
)


@dataclass(frozen=True)
class FitOptions:
    """The options that both families of models share, as the user gives them; "auto" is chosen from the data.

    Raises
    ------
    ValueError
        An option has a value that its table does not allow.
    """

    alpha: float | str = "auto"
    eta0: float | str = "auto"
    learning_rate: str = "auto"
    power_t: float = 0.25
    max_iter: int | str = "auto"
    tol: float | str | None = "auto"
    n_iter_no_change: int = 5
    shuffle: bool = True
    seed: int = 0
    standardize: str | None = "auto"

    VALUES: ClassVar[Mapping[str, Values]] = SHARED_VALUES

    def __post_init__(self) -> None:
        check_values(self, self.VALUES)
        check_seed(self.seed)

    @property
    def need_statistics(self) -> bool:
        """Whether anything is chosen by the statistics of the columns."""
        return self.standardize is not None or self.eta0 == "auto"

    def of_rows(self, X: Array | CSRRows) -> Self:
        """Return the options with the standardisation that "auto" means for rows of this kind."""
        if self.standardize == "common" and isinstance(X, CSRRows):
            raise ValueError("standardize='common' does not go with sparse rows; take 'maxabs' or None")
        if self.standardize != "auto":
            return self
        return replace(self, standardize="maxabs" if isinstance(X, CSRRows) else "std")

    def config(self, *, alpha: float, eta0: float, horizon: float | None = None) -> TrainingConfig:
        """Return the options with every "auto" resolved to a number.

        Parameters
        ----------
        alpha, eta0 : float
            Hold where the user left them "auto".
        horizon : float or None
            None: 1 / (eta0 alpha).

        Raises
        ------
        ValueError
            The rows leave no step size above 0.
        """
        alpha = float(self.alpha) if self.alpha != "auto" else alpha
        if self.eta0 != "auto":
            eta0 = float(self.eta0)
        elif not eta0 > 0:
            raise ValueError("the values of X are so large that no step size is small enough: scale them down")
        elif alpha > 0:
            eta0 = min(eta0, 0.5 / alpha)  # a step must not turn the weights' sign
        if horizon is None:
            horizon = 1 / (eta0 * alpha) if eta0 * alpha > 0 else np.inf
        return TrainingConfig(
            eta0=eta0,
            alpha=alpha,
            learning_rate=self.learning_rate,
            horizon=horizon,
            power_t=self.power_t,
            max_iter=MAX_ITER if self.max_iter == "auto" else int(self.max_iter),
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            shuffle=self.shuffle,
            seed=self.seed,
        )
