"""A config whose steps would turn the weights' sign is refused."""

import numpy as np
import pytest

from hotloop.training.config import TrainingConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eta0": 0.0}, "eta0 must be positive, not 0"),
        ({"eta0": -1.0}, "eta0 must be positive"),
        ({"eta0": np.nan}, "eta0 must be positive"),
        ({"eta0": 2.0, "alpha": 0.5}, r"eta0 \* alpha is 1; it must lie in \[0, 1\)"),
        ({"eta0": 1.0, "alpha": -0.5}, r"eta0 \* alpha is -0.5"),
        ({"eta0": 1.0, "alpha": np.nan}, r"eta0 \* alpha is nan"),
    ],
)
def test_configs_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**options)
