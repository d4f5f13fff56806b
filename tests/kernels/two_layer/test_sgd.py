"""Laws of the two-layer network, on every backend: gradients, order, weights, errors, groups of samples."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows
from tolerances import DIFFERENCE, NETWORK, SAMPLE, STEPS, central_differences, relative_error
from two_layer_passes import WEIGHTS, csr_of, of_dtype, outputs, train, train_batches, trained, two_layer_arguments

from hotloop import reference
from hotloop.structs import ACTIVATIONS, OUTPUTS

EVERYTHING = {"alpha": 0.05, "weighted": True, "standardised": True, "shuffled": True}

each_output = pytest.mark.parametrize("output", OUTPUTS)


def arguments(n_samples=30, n_features=9, n_hidden=5, output="softmax", **options):
    return two_layer_arguments(drawn_rows(n_samples, n_features)[0], n_hidden, output, **options)


def pre_activations(start):
    X = start["X"] if start["center"] is None else (start["X"] - start["center"]) * start["scale"]
    return X @ start["W1"] + start["b1"]


def assert_same_bits(found, expected):
    for name in expected:
        assert_array_equal(found[name], expected[name], err_msg=name)


@each_output
@pytest.mark.parametrize("row", range(3))
def test_a_step_is_the_gradient_of_the_objective(backend, output, row):
    """(weights - new weights) / eta is d/d weights [weight loss + alpha / 2 (||W1||^2 + ||W2||^2)], (NN-7) to (NN-9)."""
    start = arguments(3, 4, 6, output, eta=0.5, alpha=0.2, standardised=True)
    start |= {"order": np.array([row], np.intp), "sample_weight": np.full(3, 1.5)}
    a = pre_activations(start)[row]
    assert np.abs(a).min() > 1e-3  # no kink within reach of the differences
    assert (a > 0).any()
    assert (a < 0).any()
    weights = [start[name].copy() for name in WEIGHTS]

    def objective():
        own = {name: array.copy() for name, array in zip(WEIGHTS, weights, strict=True)}
        loss, _ = train(backend, start | own)
        return loss + 0.1 * ((weights[0] ** 2).sum() + (weights[2] ** 2).sum())

    new = trained(backend, start, np.float64)
    slopes = central_differences(objective, *weights)
    for name, before, slope in zip(WEIGHTS, weights, slopes, strict=True):
        assert_allclose((before - new[name]) / start["eta"][0], slope, **DIFFERENCE._asdict(), err_msg=name)


@each_output
def test_outputs_are_the_formula(backend, dtype, output):
    start = arguments(20, 9, 7, output, standardised=True)
    own = of_dtype(start, dtype)
    z = np.maximum(pre_activations(start), 0)  # (NN-1), (NN-2)
    if output == "sigmoid_sum":
        expected = (1 / (1 + np.exp(-z * start["W2"][:, 0]))).sum(axis=1, keepdims=True)  # (NN-4)
    else:
        expected = z @ start["W2"] + start["b2"]  # (NN-3)
    found = outputs(backend, own)
    assert found.dtype == np.float64
    assert_allclose(found, expected, **SAMPLE[dtype]._asdict())


@each_output
def test_the_loss_is_that_of_the_outputs_before_the_step(backend, dtype, output):
    start = arguments(2, output=output)
    start |= {"order": np.array([1], np.intp), "sample_weight": np.array([1.0, 0.5])}
    own = of_dtype(start, dtype)
    (o,) = outputs(backend, own)[1:]
    y = start["y"][1]
    if output == "softmax":
        loss = np.log(np.exp(o).sum()) - o[int(y)]
    else:
        loss = (np.log(1 + np.exp(o)) - y * o).sum() if output == "sigmoid" else 0.5 * (o[0] - y) ** 2
    assert trained(backend, start, dtype)["loss"] == pytest.approx(0.5 * loss, rel=SAMPLE[dtype].rtol)


@each_output
def test_hidden_units_at_rest_do_not_move(backend, dtype, output):
    """A pre-activation of exactly 0 has slope 0, as one below 0; the unit above 0 moves."""
    start = arguments(1, 3, 3, output, eta=0.5)
    start |= {"X": np.array([[1.0, -1.0, 2.0]]), "b1": np.array([0.0, -1.0, 1.0])}
    start["W1"] = np.array([[1.0, 0.5, 1.0], [1.0, 0.5, 0.0], [0.0, 0.0, 0.5]])
    assert_array_equal(pre_activations(start), [[0, -1, 3]])
    new = trained(backend, start, dtype)
    assert_array_equal(new["W1"][:, :2], start["W1"][:, :2].astype(dtype))
    assert_array_equal(new["b1"][:2], start["b1"][:2])
    assert_array_equal(new["W2"][:2], start["W2"][:2].astype(dtype))
    assert (new["W1"][:, 2] != start["W1"][:, 2]).all()
    assert new["b1"][2] != start["b1"][2]


@each_output
def test_l2_shrinks_the_weights_and_not_the_biases(backend, dtype, output):
    """With all hidden units at rest only the output's bias moves, and W1 and W2 shrink by 1 - eta alpha."""
    start = arguments(1, 4, 3, output, eta=0.5, alpha=0.2)
    start |= {"X": np.zeros((1, 4)), "b1": np.full(3, -1.0)}
    new = trained(backend, start, dtype)
    for name in ("W1", "W2"):
        assert_allclose(new[name], start[name] * (1 - 0.5 * 0.2), **STEPS[dtype]._asdict())
    assert_array_equal(new["b1"], start["b1"])
    free = trained(backend, start | {"alpha": 0.0}, dtype)
    assert_array_equal(new["b2"], free["b2"])
    assert (new["b2"] == start["b2"].astype(dtype)).all() == (output == "sigmoid_sum")


@each_output
def test_a_pass_equals_its_pieces(backend, dtype, output):
    """To the bit where 64 rows that move, or a multiple, are taken in a piece; the kernels then have nothing unfinished."""
    start = arguments(220, output=output, **EVERYTHING)
    start["order"] = start["order"][start["sample_weight"][start["order"]] > 0]
    whole = trained(backend, start, dtype)
    own, n_updates, loss = of_dtype(start, dtype), 0, 0.0
    for order in np.split(start["order"], [0, 64, 64, 128]):
        more, n = train(backend, own | {"order": order, "eta": start["eta"][n_updates:]})
        n_updates, loss = n_updates + n, loss + more
    assert_same_bits(own, {name: whole[name] for name in WEIGHTS})
    assert n_updates == whole["n_updates"]
    assert loss == pytest.approx(whole["loss"], rel=1e-14)


@each_output
def test_a_row_of_weight_zero_moves_nothing(backend, dtype, output):
    start = arguments(output=output, **EVERYTHING)
    moving = start["sample_weight"][start["order"]] > 0
    assert 0 < moving.sum() < len(moving)
    found = trained(backend, start, dtype)
    assert_same_bits(found, trained(backend, start | {"order": start["order"][moving]}, dtype))
    assert found["n_updates"] == moving.sum()
    odd = start | {"y": start["y"].copy()}
    odd["y"][start["sample_weight"] == 0] = np.nan
    assert_same_bits(trained(backend, odd, dtype), found)


@each_output
def test_same_input_same_bits(backend, dtype, output):
    start = arguments(output=output, **EVERYTHING)
    assert_same_bits(*(trained(backend, start, dtype) for _ in range(2)))


@each_output
def test_permuted_features_give_permuted_weights(backend, dtype, output):
    start = arguments(60, output=output, **EVERYTHING)
    places = np.random.default_rng(0).permutation(9)
    permuted = start | {"X": start["X"][:, places], "W1": start["W1"][places]}
    permuted |= {name: start[name][places] for name in ("center", "scale")}
    found, expected = (trained(backend, a, dtype) for a in (permuted, start))
    assert relative_error(found["W1"], expected["W1"][places]) <= NETWORK[dtype]
    assert relative_error(found["W2"], expected["W2"]) <= NETWORK[dtype]


@each_output
def test_permuted_hidden_units_give_permuted_weights(backend, dtype, output):
    start = arguments(60, output=output, **EVERYTHING)
    places = np.random.default_rng(0).permutation(5)
    permuted = start | {"W1": start["W1"][:, places], "b1": start["b1"][places], "W2": start["W2"][places]}
    found, expected = (trained(backend, a, dtype) for a in (permuted, start))
    assert relative_error(found["W1"], expected["W1"][:, places]) <= NETWORK[dtype]
    assert relative_error(found["b1"], expected["b1"][places]) <= NETWORK[dtype]


@each_output
def test_extreme_values_stay_numbers(backend, dtype, output):
    start = arguments(6, output=output, eta=1e-6)
    start["W2"] = start["W2"] * 1000
    new = trained(backend, start, dtype)
    assert all(np.isfinite(new[name]).all() for name in (*WEIGHTS, "loss"))


@pytest.mark.parametrize("output", ["softmax", "linear"])
def test_divergence_stops_before_the_step(backend, dtype, output):
    start = arguments(12, output=output)
    start["order"] = np.array([4, 0, 1, 2, 5, 6, 7, 8, 9, 10, 3, 11], np.intp)  # in the second block of eight
    start["X"][3] = np.finfo(dtype).max * np.sign(start["W1"][:, 0])
    own = of_dtype(start, dtype)
    before = trained(backend, start | {"order": start["order"][:10]}, dtype)
    with pytest.raises(FloatingPointError, match="row 3 .* at step 10 "), np.errstate(over="ignore", invalid="ignore"):
        train(backend, own)
    assert_same_bits(own, {name: before[name] for name in WEIGHTS})


def test_one_sigmoid_agrees_with_the_reference(backend, dtype):
    start = arguments(output="sigmoid", n_outputs=1, weighted=True)
    found, expected = trained(backend, start, dtype), trained(reference, start, np.float64)
    for name in (*WEIGHTS, "loss"):
        assert relative_error(found[name], expected[name]) <= NETWORK[dtype], name


def test_a_loss_that_overflows_is_infinite(backend):
    start = arguments(1, output="linear", eta=1e-200) | {"y": np.array([1e200])}
    with np.errstate(over="ignore"):
        assert trained(backend, start, np.float64)["loss"] == np.inf


@pytest.mark.parametrize("row", [-1, 30])
def test_an_order_outside_the_rows_is_refused(backend, row):
    with pytest.raises(ValueError, match=rf"order\[1\] = {row} is no row of X, which has 30"):
        train(backend, arguments() | {"order": np.array([0, row], np.intp)})


@pytest.mark.parametrize("label", [-1, 3, np.nan])
def test_a_label_that_is_no_class_is_refused(backend, label):
    start = arguments()
    start["y"][7] = label
    with pytest.raises(ValueError, match=r"y\[7\] = .* is no class index below 3"):
        train(backend, start)


BROKEN = {
    "y": np.zeros(29),
    "sample_weight": np.ones(31),
    "eta": np.ones(29),
    "center": np.zeros(8),
    "scale": None,
    "W1": np.zeros((8, 5)),
    "b1": np.zeros(4),
    "W2": np.zeros((4, 3)),
    "b2": np.zeros(2),
    "output": "tanh",
}


@pytest.mark.parametrize("name", BROKEN)
def test_shapes_that_disagree_are_refused(backend, name):
    broken = arguments(**EVERYTHING) | {name: BROKEN[name]}
    with pytest.raises(ValueError, match="must|come together|do not fit|the weights|expected one of"):
        train(backend, broken)
    if name not in ("y", "sample_weight", "eta"):
        with pytest.raises(ValueError, match="must|come together|do not fit|the weights|expected one of"):
            outputs(backend, broken)


def test_a_sum_has_one_output(backend):
    with pytest.raises(ValueError, match="one column"):
        train(backend, arguments() | {"output": "sigmoid_sum"})


@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_targets_are_as_many_as_outputs(backend, output):
    with pytest.raises(ValueError, match="y has 1 columns, expected 3"):
        train(backend, arguments() | {"output": output})


def test_threads_share_the_input(backend, dtype):
    start = of_dtype(arguments(200, **EVERYTHING), dtype)

    def train_copy(scale):
        own = {name: start[name].copy() for name in WEIGHTS}
        train(backend, start | own | {"eta": start["eta"] * scale})
        return own

    scales = [0.5, 1.0] * 3
    serial = [train_copy(scale) for scale in scales]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(train_copy, scales), serial, strict=True):
            assert_same_bits(found, expected)
    assert (serial[0]["W2"] != serial[1]["W2"]).all()


def of_activation(z, activation):
    return {"relu": np.maximum(z, 0), "tanh": np.tanh(z), "logistic": 1 / (1 + np.exp(-z))}[activation]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@each_output
def test_hidden_units_of_each_kind(backend, dtype, output, activation):
    """The outputs are the formula, and a step is the gradient of the loss."""
    start = arguments(3, 4, 6, output, eta=0.5, standardised=True) | {"order": np.array([1], np.intp)}
    z = of_activation(pre_activations(start), activation)
    if output == "sigmoid_sum":
        expected = (1 / (1 + np.exp(-z * start["W2"][:, 0]))).sum(axis=1, keepdims=True)
    else:
        expected = z @ start["W2"] + start["b2"]
    own = of_dtype(start, dtype)
    found = outputs(backend, own | {"activation": activation})
    assert_allclose(found, expected, **SAMPLE[dtype]._asdict())
    weights = [start[name].copy() for name in WEIGHTS]

    def loss():
        own = {name: array.copy() for name, array in zip(WEIGHTS, weights, strict=True)}
        return train(backend, start | own | {"activation": activation})[0]

    new = trained(backend, start | {"activation": activation}, np.float64)
    for name, before, slope in zip(WEIGHTS, weights, central_differences(loss, *weights), strict=True):
        assert_allclose((before - new[name]) / start["eta"][0], slope, **DIFFERENCE._asdict(), err_msg=name)


@pytest.mark.parametrize(("n_hidden", "dropout"), [(150, 0.3), (21, 0.0)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@each_output
def test_any_kind_equals_the_plain_rule(compiled, dtype, output, activation, n_hidden, dropout):
    """Over 300 rows, with columns of zeros, weights and L2; more hidden units than a tile, some left out, or few."""
    start = arguments(300, 70, n_hidden, output, eta=1e-3, alpha=0.05, weighted=True, standardised=True, shuffled=True)
    start["X"][:, ::2] = 0
    start |= {"center": np.zeros(70), "activation": activation, "dropout": dropout, "key": 7, "t": 2**32 - 100}
    found, expected = trained(compiled, start, dtype), trained(reference, start, np.float64)
    for name in (*WEIGHTS, "loss"):
        assert relative_error(found[name], expected[name]) <= NETWORK[dtype], name


@each_output
def test_threads_change_no_bit(compiled, dtype, output):
    start = arguments(300, 70, 400, output, eta=1e-3, alpha=0.05, weighted=True, standardised=True)
    alone = trained(compiled, start, dtype)
    for n_jobs in (2, 3, 8):
        assert_same_bits(trained(compiled, start | {"n_jobs": n_jobs}, dtype), alone)
    sparse = {"X": csr_of(start["X"].astype(dtype)), "center": None, "scale": None}
    alone = trained(compiled, start, dtype, **sparse)
    assert_same_bits(trained(compiled, start | {"n_jobs": 3}, dtype, **sparse), alone)


def test_threads_stop_where_one_does(compiled):
    start = arguments(300, 5, 400, "linear", eta=1e-3) | {"n_jobs": 3}
    start["X"][250] = np.finfo(np.float64).max * np.sign(start["W1"][:, 0])
    with pytest.raises(FloatingPointError, match="row 250 .* at step 250 "), np.errstate(over="ignore", invalid="ignore"):
        train(compiled, of_dtype(start, np.float64))
    with pytest.raises(ValueError, match="no row"):
        train(compiled, of_dtype(start | {"order": np.array([*range(100), 300], np.intp)}, np.float64))


@pytest.mark.parametrize("wide", [False, True])
@each_output
def test_rows_by_their_nonzeros_train_the_same(backend, dtype, output, wide):
    start = arguments(200, 40, 70, output, eta=2e-3, alpha=0.05, weighted=True, shuffled=True)
    X = start["X"] * (np.random.default_rng(0).random((200, 40)) < 0.2)
    X[3] = 0
    start |= {"X": X, "center": np.zeros(40), "scale": np.random.default_rng(1).uniform(0.5, 1.5, 40)}
    dense = trained(reference, start, np.float64)
    sparse = csr_of(X.astype(dtype), wide=wide)
    found = trained(backend, start, dtype, X=sparse)
    for name in (*WEIGHTS, "loss"):
        assert relative_error(found[name], dense[name]) <= NETWORK[dtype], name
    own = of_dtype(start, dtype)
    assert_allclose(
        outputs(backend, own | {"X": sparse}), outputs(backend, own), rtol=SAMPLE[dtype].rtol, atol=SAMPLE[dtype].atol
    )
    with pytest.raises(ValueError, match="shift"):
        train(backend, of_dtype(start | {"center": np.ones(40)}, dtype) | {"X": sparse})


@pytest.mark.parametrize("n_hidden", [1, 20, 70, 200, 300])
def test_rows_of_zeros_train_as_by_the_reference(compiled, dtype, n_hidden):
    """150 columns are two times 64 and some, 21 rows two blocks and an odd number."""
    start = arguments(21, 150, n_hidden, "softmax", eta=2e-3, alpha=0.05)
    start["X"] *= np.random.default_rng(0).random((21, 150)) < 0.3
    expected = trained(reference, start, np.float64)
    found = trained(compiled, start, dtype)
    for name in (*WEIGHTS, "loss"):
        assert relative_error(found[name], expected[name]) <= NETWORK[dtype], name


def test_a_penalty_that_all_but_clears_the_weights(backend, dtype):
    """Eight rows of factor 1e-6 are no number of float32."""
    start = arguments(40, 5, 6, "softmax", eta=0.1, alpha=1e-9)
    start |= {"eta": np.full(40, 0.1), "alpha": (1 - 1e-6) / 0.1}
    expected = trained(reference, start, np.float64)
    found = trained(backend, start, dtype)
    assert np.isfinite(found["loss"])
    assert_allclose(found["W1"], expected["W1"], rtol=0, atol=1e-3 * np.abs(expected["W1"]).max())


def test_a_softmax_of_one_output_learns_nothing(backend, dtype):
    start = arguments(20, 3, 5, "softmax", n_outputs=1)
    found = trained(backend, start, dtype)
    assert found["loss"] == pytest.approx(0)
    assert_array_equal(found["W2"], start["W2"].astype(dtype))


def test_shapes_are_checked_by_the_kernels(compiled):
    start = of_dtype(arguments(5, 3, 4, "linear"), np.float64)
    with pytest.raises(ValueError, match="X has 1 dimensions"):
        train(compiled, start | {"X": start["X"][0]})
    moments = [np.zeros((1, 1))] * 4
    rest = {"activation": "relu", "batch_size": 2, "moments": moments}
    with pytest.raises(ValueError, match="moments must be 4 arrays"):
        train_batches(compiled, start | rest)


def test_a_share_of_the_units_is_left_out(backend):
    """What a step leaves out hangs on key, step and unit alone; what is left out does not move."""
    start = arguments(40, 3, 200, "linear", eta=1e-3) | {"b1": np.full(200, 10.0), "dropout": 0.25, "key": 3}
    n_updates = []
    for t in range(20):
        one = start | {"order": np.array([t], np.intp), "t": t}
        n_updates.append(trained(backend, one, np.float64)["b1"] != start["b1"])
    assert np.mean(n_updates) == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / 4000))
    assert len({tuple(m) for m in n_updates}) == 20
    again = trained(backend, start | {"order": np.array([5], np.intp), "t": 5}, np.float64)["b1"] != start["b1"]
    assert_array_equal(again, n_updates[5])
    with pytest.raises(ValueError, match="dropout"):
        train(backend, start | {"dropout": 1.0})
