"""Bisection: the float64 at which a function turns, to the last digit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.reference.bisection import bisect

pytestmark = pytest.mark.no_backend


@given(where=st.floats(-1e300, 1e300), width=st.floats(1e-3, 1e3))
def test_a_step_is_found_where_it_is(where, width):
    reach = width * (1 + abs(where))
    assert bisect(lambda v: -1.0 if v < where else 1.0, where - reach, where + reach) == where


def test_roots_that_are_known():
    assert bisect(lambda v: v * v - 2, 0.0, 2.0) == pytest.approx(math.sqrt(2), rel=2**-52)
    assert bisect(lambda v: math.exp(v) - 3, 0.0, 3.0) == pytest.approx(math.log(3), rel=2**-52)
    assert bisect(lambda v: v, -1.0, 2.0) == 0


def test_where_nothing_turns_an_end_is_returned():
    assert bisect(lambda v: -1.0, 0.0, 1.0) == 1
    assert bisect(lambda v: 1.0, 0.0, 1.0) == math.nextafter(0.0, 1.0)
    assert bisect(lambda v: v, 3.0, 3.0) == 3
