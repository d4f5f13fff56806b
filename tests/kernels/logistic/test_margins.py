"""Margins, probabilities, losses and gradients of each row are their formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from passes import drawn_rows, logistic_arguments, of_dtype
from tolerances import DIFFERENCE, SAMPLE, central_differences

from hotloop.structs import DenseRows


def arguments(n_samples=30, n_features=9, n_outputs=1, **options):
    return logistic_arguments(*drawn_rows(n_samples, n_features), n_outputs, **options)


def test_gradient_of_each_row(backend):
    X, y = drawn_rows(6, 4)
    w = np.array([0.5, -1.0, 2.0, 0.25])
    gradient = backend.logistic_gradient(X, y, w)
    for i in range(len(X)):
        (slope,) = central_differences(lambda i=i: backend.logistic_loss(X, y, w)[i], w)
        assert_allclose(gradient[i], slope, **DIFFERENCE._asdict())


def test_per_sample_functions_are_the_formulas(backend, dtype):
    X, y = drawn_rows(20, 33)
    w = np.random.default_rng(1).normal(size=33) / 5
    p = 1 / (1 + np.exp(-(X @ w)))
    own, tolerance = (X.astype(dtype), y, w.astype(dtype)), SAMPLE[dtype]._asdict()
    probability = backend.logistic_probability(own[0], own[2])
    loss, gradient = backend.logistic_loss(*own), backend.logistic_gradient(*own)
    assert_allclose(probability, p, **tolerance)
    assert_allclose(loss, -np.log(np.where(y == 1, p, 1 - p)), **tolerance)
    assert_allclose(gradient, (p - y)[:, None] * X, **tolerance)
    assert {a.dtype.type for a in (probability, loss, gradient)} == {dtype}


@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_margins_are_the_formula(backend, dtype, standardised, n_outputs):
    own = of_dtype(arguments(40, 33, n_outputs, intercept=True, standardised=standardised), dtype)
    X = own["X"].astype(np.float64)
    if standardised:
        X = (X - own["center"]) * own["scale"]  # (LR-9)
    m = backend.linear_margins(DenseRows(own["X"], own["center"], own["scale"]), own["W"], own["b"])
    assert m.dtype == np.float64
    assert_allclose(m, X @ own["W"].T.astype(np.float64) + own["b"], **SAMPLE[dtype]._asdict())  # (LR-1)


def test_margins_refuse_shapes_that_disagree(backend):
    own = arguments(intercept=True, standardised=True)
    parts = {name: own[name] for name in ("X", "center", "scale", "W", "b")}
    for name, value in (("W", np.zeros((1, 8))), ("b", np.zeros(2)), ("center", np.zeros(8)), ("scale", None)):
        X, center, scale, W, b = (parts | {name: value}).values()
        with pytest.raises(ValueError, match="must|come together|has shape"):
            backend.linear_margins(DenseRows(X, center, scale), W, b)
