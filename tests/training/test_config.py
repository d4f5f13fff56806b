"""A config whose steps would turn the weights' sign is refused."""

import numpy as np
import pytest

from hotloop.training.config import TrainingConfig
from hotloop.training.options import FitOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eta0": 0.0}, "eta0 must be positive, not 0"),
        ({"eta0": -1.0}, "eta0 must be positive"),
        ({"eta0": np.nan}, "eta0 must be positive"),
        ({"eta0": 1.0, "horizon": 0.0}, "horizon and longest must be positive, not 0.0 and inf"),
        ({"eta0": 1.0, "longest": np.nan}, "horizon and longest must be positive, not inf and nan"),
        ({"eta0": 2.0, "alpha": 0.5}, r"eta0 \* alpha is 1; it must lie in \[0, 1\)"),
        ({"eta0": 1.0, "alpha": -0.5}, r"eta0 \* alpha is -0.5"),
        ({"eta0": 1.0, "alpha": np.nan}, r"eta0 \* alpha is nan"),
        ({"eta0": 1.0, "seed": 5.0}, "seed is 5.0, expected a whole number from 0 to below 2"),
        ({"eta0": 1.0, "seed": -1}, "seed is -1"),
        ({"eta0": 1.0, "seed": 2**64}, "seed is 1844"),
    ],
)
def test_configs_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**options)


def test_rows_that_leave_no_step_size_are_told_of():
    """The user gave no eta0, so the message is about the rows."""
    with pytest.raises(ValueError, match="the values of X are so large that no step size is small enough: scale them down"):
        FitOptions().config(alpha=0.1, eta0=0.0)
    with pytest.raises(ValueError, match="eta0 is 0, expected a positive number or 'auto'"):
        FitOptions(eta0=0)


def test_whole_numbers_of_any_size_are_numbers():
    config = TrainingConfig(eta0=1, longest=10**30)
    assert (config.eta0, config.longest, type(config.longest)) == (1.0, 1e30, float)
    with pytest.raises(OverflowError):
        TrainingConfig(eta0=1, longest=10**400)
