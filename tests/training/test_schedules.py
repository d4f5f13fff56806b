"""Step sizes: the formulas, and that pieces of a schedule are the schedule."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hotloop.training.schedules import LEARNING_RATES, step_sizes

ETA0, HORIZON, POWER = 0.3, 40.0, 0.4
T = np.arange(100.0)
FORMULAS = {
    "constant": 0.3 + 0 * T,  # (ST-1)
    "invscaling": 0.3 / (T + 1) ** 0.4,  # (ST-2)
    "optimal": 0.3 / (1 + T / 40),  # (ST-3)
    "auto": 0.3 / (1 + T / 40) ** 0.75,  # (ST-4)
}

each_rate = pytest.mark.parametrize("rate", LEARNING_RATES)


@each_rate
def test_formulas(rate):
    eta = step_sizes(rate, ETA0, HORIZON, POWER, 0, 100)
    assert eta.dtype == np.float64
    assert_allclose(eta, FORMULAS[rate], rtol=1e-14)


@each_rate
def test_every_schedule_starts_at_eta0_and_never_rises(rate):
    eta = step_sizes(rate, ETA0, HORIZON, POWER, 0, 100)
    assert eta[0] == ETA0
    assert (np.diff(eta) <= 0).all()
    assert (eta[-1] < ETA0) == (rate != "constant")


@each_rate
def test_pieces_are_the_whole(rate):
    whole = step_sizes(rate, ETA0, HORIZON, POWER, 0, 100)
    for cut in (0, 1, 37, 100):
        pieces = [step_sizes(rate, ETA0, HORIZON, POWER, *part) for part in ((0, cut), (cut, 100 - cut))]
        assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("rate", ["optimal", "auto"])
def test_an_infinite_horizon_never_falls(rate):
    assert_array_equal(step_sizes(rate, ETA0, np.inf, POWER, 10**9, 3), [ETA0] * 3)


def test_optimal_halves_at_the_horizon():
    assert step_sizes("optimal", ETA0, HORIZON, POWER, 40, 1)[0] == ETA0 / 2


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="learning_rate is 'adaptive', expected one of auto, constant, invscaling, optimal"):
        step_sizes("adaptive", ETA0, HORIZON, POWER, 0, 1)
