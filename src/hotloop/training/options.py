"""The settings that both kinds of model share, as the user gives them."""

from dataclasses import dataclass, replace

import numpy as np

from hotloop.data.validation import Array
from hotloop.preprocessing.standardization import STANDARDIZE
from hotloop.structs import CSRRows
from hotloop.training.config import TrainingConfig
from hotloop.training.schedules import LEARNING_RATES

MAX_ITER = 1000


@dataclass(frozen=True)
class FitOptions:
    """The settings that both kinds of model share, as the user gives them; "auto" is chosen from the data."""

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

    def __post_init__(self) -> None:
        if self.learning_rate not in LEARNING_RATES:
            raise ValueError(f"learning_rate is {self.learning_rate!r}, expected one of {', '.join(LEARNING_RATES)}")
        if self.standardize not in STANDARDIZE:
            raise ValueError(f"standardize is {self.standardize!r}, expected 'auto', 'std', 'maxabs', 'common' or None")
        for name in ("max_iter", "n_iter_no_change"):
            value, auto = getattr(self, name), " or 'auto'" if name == "max_iter" else ""
            if auto and isinstance(value, str) and value == "auto":
                continue
            if not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} is {value}, expected a positive whole number{auto}")
        for name in ("alpha", "eta0", "tol", "power_t"):
            value = getattr(self, name)
            if (value == "auto" and name != "power_t") or (value is None and name == "tol"):
                continue
            if not isinstance(value, int | float | np.number) or not 0 <= value < np.inf or (name == "eta0" and value == 0):
                positive = "a positive number" if name == "eta0" else "a number that is not negative"
                raise ValueError(f"{name} is {value!r}, expected {positive}" + (" or 'auto'" if name != "power_t" else ""))

    @property
    def need_statistics(self) -> bool:
        """Whether anything is chosen by the statistics of the columns."""
        return self.standardize is not None or self.eta0 == "auto"

    def of_rows(self, X: Array | CSRRows) -> "FitOptions":
        """Return the settings with the standardisation that "auto" means for rows of this kind."""
        if self.standardize == "common" and isinstance(X, CSRRows):
            raise ValueError("standardize='common' is for dense rows; take 'maxabs' or None")
        if self.standardize != "auto":
            return self
        return replace(self, standardize="maxabs" if isinstance(X, CSRRows) else "std")

    def config(self, *, alpha: float, eta0: float, horizon: float | None = None) -> TrainingConfig:
        """Return the plan; ``alpha`` and ``eta0`` hold where the user did not decide, ``horizon`` None is 1 / (eta0 alpha)."""
        alpha = float(self.alpha) if self.alpha != "auto" else alpha
        if self.eta0 != "auto":
            eta0 = float(self.eta0)
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
