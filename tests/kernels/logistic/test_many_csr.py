"""Many models in one read of sparse rows: each is the model that training it alone on the rows written out gives."""

import numpy as np
import pytest
from passes import alone, many_arguments
from scipy.sparse import csr_array
from tolerances import WEIGHTS

from hotloop.data.csr import from_scipy
from hotloop.structs import Pass


def sparse_arguments(
    n_models, dtype, n_samples=203, n_features=33, *, ones=False, scaled=False, averaged=False, intercept=True
):
    """Return the arguments of ``logistic_many_csr_pass`` by name, and of ``logistic_many_pass`` for the rows written out."""
    draw = np.random.default_rng(n_features)
    X = draw.standard_normal((n_samples, n_features)) * (draw.random((n_samples, n_features)) < 0.3)
    X = (X != 0).astype(dtype) if ones else X.astype(dtype)
    y = (draw.random(n_samples) < 0.4).astype(np.float64)
    dense = many_arguments(n_models, X, y, dtype, folds=True, averaged=averaged, intercept=intercept)
    dense["target"], dense["alpha"] = (
        np.ones(n_models),
        dense["alpha"] * 100,
    )  # so much L2 that weights are materialized on the way
    dense["scale"] = draw.uniform(0.5, 1.2, n_features).astype(dtype) if scaled else None
    dense["center"] = np.zeros(n_features, dtype) if scaled else None
    W = dense["W"]
    if averaged:
        W = np.concatenate([W, np.zeros_like(W)])
    own = {name: dense[name] for name in ("y", "sample_weight", "weight_multiplier", "order", "eta", "alpha", "scale")}
    own |= {name: None if dense[name] is None else dense[name].copy() for name in ("b", "b_total")}
    own |= {"X": csr_array(X), "W": np.asfortranarray(W), "lazy": np.repeat([[1.0], [0.0]], n_models, axis=1)}
    return own, dense


def run_sparse(package, arguments):
    own = dict(arguments)
    rows = from_scipy(own.pop("X")).standardized(None, own.pop("scale"))
    steps = Pass(*(own.pop(name) for name in ("order", "y", "sample_weight", "eta", "alpha")))
    return package.logistic_many_csr_pass(rows, steps, **own)


@pytest.mark.parametrize("n_models", [1, 3, 16, 21])
@pytest.mark.parametrize(
    "options",
    [{}, {"averaged": True}, {"averaged": True, "intercept": False}, {"scaled": True, "averaged": True}, {"ones": True}],
    ids=lambda options: "-".join(options) or "plain",
)
def test_each_model_is_the_one_trained_alone(backend, dtype, n_models, options):
    arguments, dense = sparse_arguments(n_models, dtype, **options)
    wanted = [alone(dense, m) for m in range(n_models)]
    order, eta = arguments["order"], arguments["eta"]
    n_updates = np.zeros(n_models, int)
    for part in (slice(0, 90), slice(90, None)):  # two calls go on where the first ended
        arguments["order"] = order[part].copy()
        arguments["eta"] = np.stack([eta[n_updates[m] :, m][: len(arguments["order"])] for m in range(n_models)], axis=1)
        n_updates += run_sparse(backend, arguments)
    np.testing.assert_array_equal(n_updates, [steps for _, steps, *_ in wanted])
    W, b, b_total, (scale, scale_sum) = (arguments[name] for name in ("W", "b", "b_total", "lazy"))
    W, delayed = W[:n_models], W[n_models:]
    found = [scale[:, None] * W, b, delayed + scale_sum[:, None] * W if delayed.size else None, b_total]
    for place, got in enumerate(found):
        if got is not None:
            want = np.concatenate([own[place] for own, *_ in wanted])
            assert np.abs(got - want).max() <= 3 * WEIGHTS[dtype] * np.abs(want).max()


def test_a_model_that_overflows_leaves_the_others_alone(backend):
    arguments, dense = sparse_arguments(4, np.float32, averaged=True)
    wanted = [alone(dense, m)[0][0] for m in range(4)]
    arguments["eta"] = arguments["eta"].copy()
    arguments["eta"][:, 2], arguments["alpha"][2] = 1e38, 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        run_sparse(backend, arguments)
    W = arguments["lazy"][0][:, None] * arguments["W"][:4]
    assert not (np.abs(W[2]) < 1e6).all()
    for m in (0, 1, 3):
        assert np.abs(W[m] - wanted[m][0]).max() <= WEIGHTS[np.float32] * np.abs(wanted[m]).max()


def test_no_rows_and_no_columns(backend):
    for n_samples, n_features in ((0, 3), (4, 0)):
        arguments, _ = sparse_arguments(3, np.float64, n_samples, n_features)
        arguments["order"] = np.arange(n_samples)
        assert len(run_sparse(backend, arguments)) == 3


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("weight_multiplier", np.ones((2, 2), np.uint8), "weight_multiplier must have one entry a row of X and model"),
        ("alpha", np.ones(2), "must have one entry"),
        ("eta", np.ones((2, 3)), "eta must have one entry a step and model"),
        ("order", np.array([0, 99]), "is no row of X"),
        ("scale", np.ones(3), "scale must have"),
        ("b", np.zeros(2), "b must have 3 entries"),
        ("b_total", np.zeros(3), "b_total goes with b and sums of iterates"),
        ("lazy", np.zeros((1, 3)), "lazy must have two entries a model"),
    ],
)
def test_shapes_that_disagree_are_refused(backend, name, wrong, message):
    arguments, _ = sparse_arguments(3, np.float64, 20, 4)
    arguments["sample_weight"] = np.ones(20)
    arguments[name] = wrong
    with pytest.raises(ValueError, match=message):
        run_sparse(backend, arguments)
