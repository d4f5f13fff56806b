"""Many models in one read of sparse rows: each is the model that training it alone on the rows written out gives."""

import numpy as np
import pytest
from passes import alone, many_arguments
from scipy.sparse import csr_array
from tolerances import WEIGHTS

from hotloop.data.csr import from_scipy


def sparse_arguments(
    n_models, dtype, n_samples=203, n_features=33, *, ones=False, scaled=False, averaged=False, intercept=True
):
    """Return the arguments of ``logistic_sparse_many_pass``, and those of ``logistic_many_pass`` for those rows written out."""
    draw = np.random.default_rng(n_features)
    X = draw.standard_normal((n_samples, n_features)) * (draw.random((n_samples, n_features)) < 0.3)
    X = (X != 0).astype(dtype) if ones else X.astype(dtype)
    y = (draw.random(n_samples) < 0.4).astype(np.float64)
    dense = many_arguments(n_models, X, y, dtype, folds=True, averaged=averaged, intercept=intercept)
    dense[4], dense[7] = np.ones(n_models), dense[7] * 100  # so much L2 that weights are settled on the way
    dense[9] = draw.uniform(0.5, 1.2, n_features).astype(dtype) if scaled else None
    dense[8] = np.zeros(n_features, dtype) if scaled else None
    rows = from_scipy(csr_array(X))
    _, _, weight, counts, _, order, eta, alpha, _, scale, W, b, total, b_total = dense
    W = np.ascontiguousarray(W.T)
    if total is not None:
        W = np.hstack([W, np.zeros_like(W)])
    own = [W, None if b is None else b.copy(), None if b_total is None else b_total.copy()]
    folded = np.repeat([[1.0], [0.0]], n_models, axis=1)
    return [*rows.arrays, y, weight, counts, order, eta, alpha, scale, *own, folded], dense


@pytest.mark.parametrize("n_models", [1, 3, 16, 21])
@pytest.mark.parametrize(
    "options",
    [{}, {"averaged": True}, {"averaged": True, "intercept": False}, {"scaled": True, "averaged": True}, {"ones": True}],
    ids=lambda options: "-".join(options) or "plain",
)
def test_each_model_is_the_one_trained_alone(backend, dtype, n_models, options):
    arguments, dense = sparse_arguments(n_models, dtype, **options)
    wanted = [alone(dense, m) for m in range(n_models)]
    order, eta = arguments[7:9]
    n_updates = np.zeros(n_models, int)
    for part in (slice(0, 90), slice(90, None)):  # two calls go on where the first ended
        arguments[7] = order[part].copy()
        arguments[8] = np.stack([eta[n_updates[m] :, m][: len(arguments[7])] for m in range(n_models)], axis=1)
        n_updates += backend.logistic_sparse_many_pass(*arguments)
    np.testing.assert_array_equal(n_updates, [steps for _, steps in wanted])
    W, b, b_total, folded = arguments[-4:]
    W, behind = W[:, :n_models], W[:, n_models:]
    found = [folded[0] * W, b, behind + folded[1] * W if behind.size else None, b_total]
    for place, got in enumerate(found):
        if got is not None:
            want = np.concatenate([own[place] for own, _ in wanted])
            got = got.T if got.ndim == 2 else got
            assert np.abs(got - want).max() <= 3 * WEIGHTS[dtype] * np.abs(want).max()


def test_a_model_that_overflows_leaves_the_others_alone(backend):
    arguments, dense = sparse_arguments(4, np.float32, averaged=True)
    wanted = [alone(dense, m)[0][0] for m in range(4)]
    arguments[8] = arguments[8].copy()
    arguments[8][:, 2], arguments[9][2] = 1e38, 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        backend.logistic_sparse_many_pass(*arguments)
    W = arguments[-1][0] * arguments[11][:, :4]
    assert not (np.abs(W[:, 2]) < 1e6).all()
    for m in (0, 1, 3):
        assert np.abs(W[:, m] - wanted[m][0]).max() <= WEIGHTS[np.float32] * np.abs(wanted[m]).max()


def test_no_rows_and_no_columns(backend):
    for n_samples, n_features in ((0, 3), (4, 0)):
        arguments, _ = sparse_arguments(3, np.float64, n_samples, n_features)
        arguments[7] = np.arange(n_samples)
        assert len(backend.logistic_sparse_many_pass(*arguments)) == 3


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (6, np.ones((2, 2), np.uint8), "multiplicity must have one entry a row of X and model"),
        (9, np.ones(2), "must have one"),
        (8, np.ones((2, 3)), "eta must have one entry a step and model"),
        (7, np.array([0, 99]), "is no row of X"),
        (10, np.ones(3), "scale must have"),
        (12, np.zeros(2), "b must have 3 entries"),
        (13, np.zeros(3), "b_total goes with b and sums of iterates"),
        (14, np.zeros((1, 3)), "folded must have two entries a model"),
    ],
)
def test_shapes_that_disagree_are_refused(backend, place, wrong, message):
    arguments, _ = sparse_arguments(3, np.float64, 20, 4)
    arguments[5] = np.ones(20)
    arguments[place] = wrong
    with pytest.raises(ValueError, match=message):
        backend.logistic_sparse_many_pass(*arguments)
