"""Laws of minibatch training, on every backend."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows
from tolerances import DIFFERENCE, NETWORK, central_differences, relative_error
from two_layer_passes import WEIGHTS, backward, csr_of, of_dtype, outputs, train, train_batches, two_layer_arguments

from hotloop import reference
from hotloop.structs import OUTPUTS

RULES = {
    "sgd": {"name": "sgd"},
    "momentum": {"name": "sgd", "momentum": 0.9},
    "nesterov": {"name": "sgd", "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adam"},
    "adamw": {"name": "adamw", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
}
each_rule = pytest.mark.parametrize("rule", RULES)


def arguments(n_samples=90, n_features=7, n_hidden=20, output="softmax", rule="sgd", batch_size=16, **options):
    start = two_layer_arguments(drawn_rows(n_samples, n_features)[0], n_hidden, output, eta=1e-2, **options)
    return start | {"activation": "relu", "batch_size": batch_size, **RULES[rule]}


def minibatch(backend, start, dtype, **changed):
    """Return weights and moments after a pass, its loss and steps."""
    own = of_dtype(start, dtype) | changed
    if "moments" not in changed:
        own["moments"] = [np.zeros_like(own[name]) for name in WEIGHTS] * 2
        own["moments"] = [m.copy() for m in own["moments"]]
    loss, n_updates = train_batches(backend, own)
    return [own[name] for name in WEIGHTS], own["moments"], loss, n_updates


@pytest.mark.parametrize("output", OUTPUTS)
def test_one_batch_is_a_step_along_the_mean_gradient(backend, output):
    """(weights - new weights) / eta is d/d weights [mean(weight loss) + alpha / 2 (||W1||^2 + ||W2||^2)]."""
    start = arguments(6, 4, 5, output, batch_size=8, alpha=0.2, standardised=True)
    start |= {"sample_weight": np.array([1, 0.5, 2, 0, 1, 1])}
    weights = [start[name].copy() for name in WEIGHTS]

    def objective():
        own = {name: array.copy() for name, array in zip(WEIGHTS, weights, strict=True)}
        _, _, loss, _ = minibatch(backend, start | own, np.float64)
        return loss / 5 + 0.1 * ((weights[0] ** 2).sum() + (weights[2] ** 2).sum())

    new, _, _, n_updates = minibatch(backend, start, np.float64)
    assert n_updates == 5
    for name, before, after, slope in zip(WEIGHTS, weights, new, central_differences(objective, *weights), strict=True):
        assert_allclose((before - after) / start["eta"][0], slope, **DIFFERENCE._asdict(), err_msg=name)


@each_rule
@pytest.mark.parametrize("output", OUTPUTS)
def test_every_rule_equals_the_plain_one(compiled, dtype, output, rule):
    start = arguments(90, 70, 40, output, rule, alpha=0.05, weighted=True, shuffled=True, standardised=True)
    start["X"][:, ::2] = 0
    start |= {"center": np.zeros(70), "dropout": 0.2, "key": 5, "t": 1000, "n_batches": 3, "activation": "tanh"}
    found, expected = minibatch(compiled, start, dtype), minibatch(reference, start, np.float64)
    for a, b in zip(found[0] + found[1], expected[0] + expected[1], strict=True):
        assert np.abs(a - b).max() <= 3 * NETWORK[dtype] * np.abs(b).max()
    assert found[2] == pytest.approx(expected[2], rel=1e-5)
    assert found[3] == expected[3]


@each_rule
def test_steps_of_every_rule_by_its_formulas(backend, rule):
    """(NN-12) and (NN-13), over three batches, from the gradients of two_layer_backward."""
    start = arguments(40, 6, 9, "sigmoid", rule, alpha=0.2)
    options = RULES[rule]
    w = [start[name].copy() for name in WEIGHTS]
    first, second = ([np.zeros_like(a) for a in w] for _ in range(2))
    mu, beta1, beta2 = options.get("momentum", 0.0), options.get("beta_1", 0.9), options.get("beta_2", 0.999)
    for t, rows in enumerate((slice(0, 16), slice(16, 32), slice(32, 40)), 1):
        X, y, eta = start["X"][rows], start["y"][rows], start["eta"][rows.start]
        own = {"X": X, **dict(zip(WEIGHTS, w, strict=True)), "output": "sigmoid"}
        delta = (1 / (1 + np.exp(-outputs(backend, own))) - y) / len(X)
        for k, slope in enumerate(backward(backend, delta, own)):
            l2 = 0.2 if k in (0, 2) else 0.0
            if options["name"] == "sgd":
                step = eta * (slope + l2 * w[k])
                first[k] = mu * first[k] - step
                w[k] = w[k] + (mu * first[k] - step if "nesterov" in options else first[k])
            else:
                slope = slope + (l2 * w[k] if rule == "adam" else 0)
                first[k] = beta1 * first[k] + (1 - beta1) * slope
                second[k] = beta2 * second[k] + (1 - beta2) * slope**2
                size = eta * np.sqrt(1 - beta2**t) / (1 - beta1**t)
                shrunk = w[k] * (1 - eta * l2) if rule == "adamw" else w[k]
                w[k] = shrunk - size * first[k] / (np.sqrt(second[k]) + options.get("epsilon", 1e-8))
    found, _, _, n_updates = minibatch(backend, start, np.float64)
    assert n_updates == 40
    for name, a, b in zip(WEIGHTS, found, w, strict=True):
        assert_allclose(a, b, rtol=0, atol=1e-9 * np.abs(b).max(), err_msg=name)


def test_a_sum_of_many_losses_is_no_product_that_overflows(backend, dtype):
    """Losses of ln 2 are summed by their products; that of 2000 rows is 2^2000, beyond a double."""
    start = two_layer_arguments(drawn_rows(2000, 3)[0], 2, "sigmoid", 1, eta=0.0)
    start |= {name: np.zeros_like(start[name]) for name in WEIGHTS}
    loss, _ = train(backend, of_dtype(start, dtype))
    assert loss == pytest.approx(2000 * np.log(2), rel=1e-6)


def test_dropout_goes_on_between_calls(backend):
    """Which units are dropped hangs on the key and the number of the row alone."""
    start = arguments() | {"dropout": 0.5, "key": 3}
    whole, other = minibatch(backend, start, np.float64)[0], minibatch(backend, start | {"t": 1}, np.float64)[0]
    own = of_dtype(start, np.float64) | {"moments": [np.zeros_like(start[name]) for name in WEIGHTS]}
    for taken, until in ((0, 32), (32, 90)):
        train_batches(backend, own | {"order": own["order"][taken:until], "eta": own["eta"][taken:], "t": taken})
    for name, a, b in zip(WEIGHTS, whole, other, strict=True):
        assert_array_equal(own[name], a)
        assert relative_error(a, b) > 1e-6


def test_batches_of_one_are_the_sequential_rule(backend, dtype):
    """Without momentum, and with alpha 0: L2 shrinks by the weights from before the step either way."""
    start = arguments(batch_size=1, weighted=True)
    found = minibatch(backend, start, dtype)[0]
    own = of_dtype({name: start[name] for name in start if name not in ("batch_size", "name")}, dtype)
    train(backend, own)
    for name, a in zip(WEIGHTS, found, strict=True):
        assert relative_error(a, own[name]) <= NETWORK[dtype]


@each_rule
def test_pieces_of_whole_batches_give_the_same_bits(backend, dtype, rule):
    start = arguments(rule=rule, alpha=0.05, weighted=True)
    start["order"] = np.flatnonzero(start["sample_weight"])
    whole = minibatch(backend, start, dtype)
    own = of_dtype(start, dtype)
    moments, n_updates = [np.zeros_like(own[name]) for name in WEIGHTS + WEIGHTS], 0
    for order in np.split(start["order"], [16, 16, 48]):
        part = own | {"order": order, "eta": own["eta"][n_updates:], "moments": moments, "n_batches": n_updates // 16}
        n_updates += train_batches(backend, part)[1]
    for a, b in zip([own[name] for name in WEIGHTS] + moments, whole[0] + whole[1], strict=True):
        assert_array_equal(a, b)


@each_rule
def test_sparse_rows_move_what_they_touch(backend, dtype, rule):
    """With every column in every batch they train like dense ones; a column that no row has keeps its weights."""
    start = arguments(64, 12, 10, "sigmoid", rule, batch_size=32, alpha=0.05, weighted=True)
    X = start["X"] * (np.random.default_rng(0).random((64, 12)) < 0.4)
    X[:, 5] = 0
    start |= {"X": X}
    found, dense = minibatch(backend, start, dtype, X=csr_of(X.astype(dtype))), minibatch(reference, start, np.float64)
    some = np.arange(12) != 5
    assert relative_error(found[0][0][some], dense[0][0][some]) <= 3 * NETWORK[dtype]
    assert relative_error(found[0][2], dense[0][2]) <= 3 * NETWORK[dtype]
    assert_array_equal(found[0][0][5], start["W1"][5].astype(dtype))
    assert relative_error(dense[0][0][5], start["W1"][5]) > 1e-6


def test_what_is_refused(backend):
    for changed, message in (
        ({"name": "lbfgs"}, "optimizer is 'lbfgs'"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"n_batches": -1}, "n_batches is -1"),
        ({"n_batches": 2**63 - 1}, "n_batches is 9223372036854775807, expected a number from 0 to below"),
        ({"order": np.array([0, 90], np.intp)}, r"order\[1\] = 90"),
        ({"y": np.full(90, 3.0)}, "is no class index below 3"),
    ):
        with pytest.raises(ValueError, match=message):
            minibatch(backend, arguments() | changed, np.float64)
    start = arguments(output="linear")
    start["X"][20] = np.finfo(np.float64).max * np.sign(start["W1"][:, 0])
    own = of_dtype(start, np.float64)
    own["moments"] = [np.zeros_like(own[name]) for name in WEIGHTS]
    first = minibatch(backend, start | {"order": start["order"][:16]}, np.float64)[0]
    with pytest.raises(FloatingPointError, match="row 20 .* at step 20"), np.errstate(over="ignore", invalid="ignore"):
        train_batches(backend, own)
    for name, expected in zip(WEIGHTS, first, strict=True):  # those of the batch before
        assert_array_equal(own[name], expected)
