"""The roots of a step of dual coordinate ascent, (DU-4) and (DU-5): they solve their equations, at extremes too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import margins
from tolerances import ROOT

from hotloop.reference.logistic.sdca_step import distance, solve_dual_step, solve_softmax_step
from hotloop.structs import DenseRows, Pass

curvatures = st.floats(1e-6, 1e3)
log_odds = st.floats(-40, 30) | st.just(-np.inf)


def logistic(v):
    """1 / (1 + exp(-v)) in a wider type, and its slope."""
    e = np.exp(-np.abs(np.longdouble(v)))
    return (1 if v >= 0 else e) / (1 + e), e / (1 + e) ** 2


@given(m=margins, curvature=curvatures, v=log_odds)
def test_the_oracle_solves_the_equation_of_two_classes(m, curvature, v):
    """What rounding leaves of the left side, over its slope, is what the root is off."""
    u = float(logistic(v)[0])
    found = solve_dual_step(m, curvature, u)
    s, slope = logistic(found)
    off = (found + np.longdouble(m) + curvature * (s - u)) / (1 + curvature * slope)
    assert abs(off) <= ROOT.atol + ROOT.rtol * (abs(m) + curvature)


@given(m=st.lists(st.floats(-40, 40), min_size=2, max_size=5), curvature=curvatures, seed=st.integers(0, 99))
def test_the_oracle_solves_the_equation_of_several_classes(m, curvature, seed):
    """ln q' + R (q' - q) - m is one number for all classes, and q' sums to 1."""
    m, q = np.array(m), np.random.default_rng(seed).dirichlet(np.ones(len(m)))
    z = solve_softmax_step(m, curvature, q)
    new = np.exp(z)
    assert_allclose(new.sum(), 1, **ROOT._asdict())
    off = (z + curvature * (new - q) - m) / (1 + curvature * new)
    slope = 1 / (1 + curvature * new)
    zeta = (off * slope).sum() / (slope**2).sum()  # by least squares
    assert np.abs(off - zeta * slope).max() <= ROOT.atol + ROOT.rtol * (np.abs(m).max() + curvature)


def one_step(package, m, l2, dual):
    """Return the dual after a step for the row x = 1 of class 0; W holds the margins, and 1 / l2 is the curvature."""
    steps, after = Pass(np.zeros(1, np.intp), np.zeros(1), np.ones(1)), np.array([dual], np.float64)
    package.logistic_dual_pass(DenseRows(np.ones((1, 1))), steps, l2, 1.0, np.array(m)[:, None], None, after)
    return after[0]


@given(m=margins, curvature=curvatures, v=log_odds)
def test_a_step_of_two_classes_is_the_root(backend, m, curvature, v):
    """Towards the label 0 the margin is -m."""
    expected = solve_dual_step(-m, curvature, float(logistic(v)[0]))
    found = one_step(backend, [m], 1 / curvature, [v])
    assert_allclose(found, expected, rtol=ROOT.rtol, atol=ROOT.atol * (1 + abs(m) + curvature))


@given(m=st.lists(st.floats(-40, 40), min_size=2, max_size=5), curvature=curvatures, seed=st.integers(0, 99))
def test_a_step_of_several_classes_is_the_root(backend, m, curvature, seed):
    q = np.random.default_rng(seed).dirichlet(np.ones(len(m)))
    expected = solve_softmax_step(np.array(m), curvature, q)
    found = one_step(backend, m, 1 / curvature, np.log(q))
    assert_allclose(found, expected, rtol=ROOT.rtol, atol=ROOT.atol * (1 + np.abs(m).max() + curvature))


def test_the_distance_is_its_formula():
    q, p = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 0.25])
    assert distance(q, p) == pytest.approx(0.25 * np.log(2), rel=1e-15)
    assert distance(np.array([0.0, 1.0]), np.array([0.75, 0.25])) == pytest.approx(np.log(4), rel=1e-15)
    assert distance(q, np.array([0.0, 0.75, 0.25])) == np.inf
    assert distance(q, q) == 0


@pytest.mark.parametrize("away", [1e-3, 1e-6, 1e-9])
def test_a_small_distance_is_half_the_square(away):
    """Of q = (1/2, 1/2): 2 away^2, and away^4 beyond it."""
    p = np.array([0.5 + away, 0.5 - away])
    assert distance(np.array([0.5, 0.5]), p) == pytest.approx(2 * away**2, rel=3 * away**2 + 2**-52 / away)
