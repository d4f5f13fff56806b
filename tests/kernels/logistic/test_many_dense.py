"""Many models in one read: each is the model that training it alone gives."""

from itertools import product

import numpy as np
import pytest
from cases import Case
from passes import OVERWRITTEN, alone, drawn_rows, many_arguments, run
from tolerances import SAMPLE, WEIGHTS


@pytest.mark.parametrize(("n_models", "n_features"), [*product([1, 3, 16, 21], [1, 7, 33]), (18, 300)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"by_model": True},
        {"folds": True},
        {"averaged": True, "folds": True, "by_model": True},
        {"averaged": True, "intercept": False},
        {"standardised": True},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_each_model_is_the_one_trained_alone(backend, dtype, n_models, n_features, options):
    X, y = drawn_rows(203, n_features)
    arguments = many_arguments(n_models, X, y, dtype, **options)
    for name in ("W_total", "b_total"):
        if arguments[name] is not None:
            arguments[name] += 0.5  # of the iterates before
    wanted = [alone(arguments, m) for m in range(n_models)]
    n_updates = run(backend.logistic_many_pass, arguments)
    np.testing.assert_array_equal(n_updates, [steps for _, steps, *_ in wanted])
    for place, name in enumerate(OVERWRITTEN[:4]):
        got = arguments[name]
        if got is not None:
            want = np.concatenate([own[place] for own, *_ in wanted])
            assert np.abs(got - want).max() <= WEIGHTS[dtype] * np.abs(want).max()


@pytest.mark.parametrize("n_models", [1, 3, 16, 21])
def test_the_loss_is_that_of_all_models(backend, dtype, n_models):
    X, y = drawn_rows(203, 33)
    arguments = many_arguments(n_models, X, y, dtype, by_model=True)
    wanted = 2.0 + sum(alone(arguments, m)[2] for m in range(n_models))
    arguments["loss"] = np.array([2.0])
    run(backend.logistic_many_pass, arguments)
    assert arguments["loss"][0] == pytest.approx(wanted, rel=SAMPLE[dtype].rtol)


def test_a_model_that_overflows_leaves_the_others_alone(backend):
    X, y = drawn_rows(100, 5)
    arguments = many_arguments(4, X, y, np.float32)
    wanted = [alone(arguments, m)[0][0] for m in range(4)]
    arguments["eta"][:, 2], arguments["alpha"][2] = 1e30, 0.0
    run(backend.logistic_many_pass, arguments)
    W = arguments["W"]
    assert not (np.abs(W[2]) < 1e6).all()
    for m in (0, 1, 3):
        assert np.abs(W[m] - wanted[m]).max() <= WEIGHTS[np.float32] * np.abs(wanted[m]).max()


@pytest.mark.parametrize("size", [50.0, 90.0, 130.0, 700.0, 1030.0, 1e6])
def test_margins_far_out(backend, dtype, size):
    """Where exp has no number left, on either side."""
    X, y = drawn_rows(60, 1)
    X = np.where(np.abs(X) > 0.8, 1.0, 0.5) * np.sign(X)
    arguments = many_arguments(5, X, y, dtype, intercept=False)
    arguments["W"][:, 0] = [size, -size, size / 2, 0.0, -size / 3]
    wanted = np.concatenate([alone(arguments, m)[0][0] for m in range(5)])
    assert not np.array_equal(wanted, arguments["W"])
    run(backend.logistic_many_pass, arguments)
    assert (np.abs(arguments["W"] - wanted) <= WEIGHTS[dtype] * np.abs(wanted)).all()


def test_no_rows_and_no_columns(backend):
    for X in (np.zeros((0, 3)), np.zeros((4, 0))):
        arguments = many_arguments(3, X, np.zeros(len(X)), np.float64)
        arguments["order"] = np.arange(len(X))
        assert len(run(backend.logistic_many_pass, arguments)) == 3


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("weight_multiplier", np.ones((2, 2), np.uint8), "weight_multiplier must have one entry a row of X and model"),
        ("target", np.ones(2), "target must have one entry a model"),
        ("alpha", np.ones(2), "alpha must have one entry a model"),
        ("eta", np.ones((2, 3)), "eta must have one entry a step and model"),
        ("eta", np.ones(20), "eta must have one entry a step and model"),
        ("order", np.array([0, 99]), "is no row of X"),
        ("b", np.zeros(2), "b must have 3 entries"),
    ],
)
def test_shapes_that_disagree_are_refused(backend, name, wrong, message):
    X, y = drawn_rows(20, 4)
    arguments = many_arguments(3, X, y, np.float64)
    arguments["sample_weight"] = np.ones(20)
    arguments[name] = wrong
    with pytest.raises(ValueError, match=message):
        run(backend.logistic_many_pass, arguments)


@pytest.mark.parametrize("n_models", [1, 16])
def test_two_thousand_rows(compiled, dtype, n_models):
    """At eta = 1 / mean ||x||^2, as one model alone."""
    case = Case("many", 2000, 33, dtype)
    X, y = case.rows()
    arguments = many_arguments(n_models, X, y, dtype)
    wanted = np.concatenate([alone(arguments, m)[0][0] for m in range(n_models)])
    run(compiled.logistic_many_pass, arguments)
    assert np.abs(arguments["W"] - wanted).max() <= WEIGHTS[dtype] * np.abs(wanted).max()
