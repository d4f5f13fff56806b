"""Laws of minibatch training and of sums of gradients, on every backend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows, of_dtype, two_layer_arguments
from strategies import activations, few_rows, units
from tolerances import DIFFERENCE, NETWORK, central_differences, relative_error

from hotloop import reference

WEIGHTS = ("W1", "b1", "W2", "b2")
OUTPUTS = ("softmax", "sigmoid", "linear", "sigmoid_sum")
RULES = {
    "sgd": {"optimizer": "sgd"},
    "momentum": {"optimizer": "sgd", "momentum": 0.9},
    "nesterov": {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
    "adam": {"optimizer": "adam"},
    "adamw": {"optimizer": "adamw", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
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
    loss, n_updates = backend.two_layer_minibatch_pass(**own)
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
        delta = (1 / (1 + np.exp(-backend.two_layer_outputs(X, None, None, *w, "sigmoid"))) - y) / len(X)
        slopes = backend.two_layer_backward(X, delta, None, None, *w, "sigmoid")
        for k, slope in enumerate(slopes):
            l2 = 0.2 if k in (0, 2) else 0.0
            if options["optimizer"] == "sgd":
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


def test_dropout_goes_on_between_calls(backend):
    """Which units are dropped hangs on the key and the number of the row alone."""
    start = arguments() | {"dropout": 0.5, "key": 3}
    whole, other = minibatch(backend, start, np.float64)[0], minibatch(backend, start | {"t": 1}, np.float64)[0]
    own = of_dtype(start, np.float64) | {"moments": [np.zeros_like(start[name]) for name in WEIGHTS]}
    for taken, until in ((0, 32), (32, 90)):
        backend.two_layer_minibatch_pass(**own | {"order": own["order"][taken:until], "eta": own["eta"][taken:], "t": taken})
    for name, a, b in zip(WEIGHTS, whole, other, strict=True):
        assert_array_equal(own[name], a)
        assert relative_error(a, b) > 1e-6


def test_batches_of_one_are_the_sequential_rule(backend, dtype):
    """Without momentum, and with alpha 0: L2 shrinks by the weights from before the step either way."""
    start = arguments(batch_size=1, weighted=True)
    found = minibatch(backend, start, dtype)[0]
    own = of_dtype({name: start[name] for name in start if name not in ("batch_size", "optimizer")}, dtype)
    backend.two_layer_pass(**own)
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
        n_updates += backend.two_layer_minibatch_pass(**part)[1]
    for a, b in zip([own[name] for name in WEIGHTS] + moments, whole[0] + whole[1], strict=True):
        assert_array_equal(a, b)


@each_rule
def test_sparse_rows_move_what_they_touch(backend, dtype, rule):
    """With every column in every batch they train like dense ones; a column that no row has keeps its weights."""
    start = arguments(64, 12, 10, "sigmoid", rule, batch_size=64, alpha=0.05, weighted=True)
    X = start["X"] * (np.random.default_rng(0).random((64, 12)) < 0.4)
    X[:, 5] = 0
    start |= {"X": X}
    rows, places = np.nonzero(X)
    csr = np.searchsorted(rows, np.arange(65)).astype(np.int64), places.astype(np.int32), X[rows, places].astype(dtype), 12
    found, dense = minibatch(backend, start, dtype, X=csr), minibatch(reference, start, np.float64)
    some = np.arange(12) != 5
    assert relative_error(found[0][0][some], dense[0][0][some]) <= 3 * NETWORK[dtype]
    assert relative_error(found[0][2], dense[0][2]) <= 3 * NETWORK[dtype]
    assert_array_equal(found[0][0][5], start["W1"][5].astype(dtype))
    assert relative_error(dense[0][0][5], start["W1"][5]) > 1e-6


def test_what_is_refused(backend):
    for changed, message in (
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs'"),
        ({"batch_size": 0}, "batch_size is 0"),
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
        backend.two_layer_minibatch_pass(**own)
    for name, expected in zip(WEIGHTS, first, strict=True):  # those of the batch before
        assert_array_equal(own[name], expected)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_central_differences(backend, output, activation):
    start = two_layer_arguments(drawn_rows(11, 4)[0], 6, output, standardised=True)
    network = [start[name] for name in ("X", "center", "scale", *WEIGHTS)]
    delta = np.random.default_rng(0).standard_normal((11, start["W2"].shape[1]))

    def summed():
        return (delta * backend.two_layer_outputs(*network, output, activation)).sum()

    found = backend.two_layer_backward(network[0], delta, *network[1:], output, activation)
    for name, a, slope in zip(WEIGHTS, found, central_differences(summed, *network[3:]), strict=True):
        assert_allclose(a, slope, **DIFFERENCE._asdict(), err_msg=name)


@given(n_samples=few_rows, n_features=units, n_hidden=units, output=st.sampled_from(OUTPUTS))
def test_gradients_of_any_shape(compiled, dtype, n_samples, n_features, n_hidden, output):
    start = of_dtype(two_layer_arguments(drawn_rows(n_samples, n_features)[0], n_hidden, output), dtype)
    network = [start[name] for name in ("X", "center", "scale", *WEIGHTS)]
    delta = np.random.default_rng(0).standard_normal((n_samples, start["W2"].shape[1]))
    exact = [None if a is None else a.astype(np.float64) for a in network]
    found = compiled.two_layer_backward(network[0], delta, *network[1:], output)
    expected = reference.two_layer_backward(exact[0], delta, *exact[1:], output)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == dtype
        assert_allclose(a, b, rtol=0, atol=100 * NETWORK[dtype] * max(1, np.abs(b).max(initial=0)))
    with pytest.raises(ValueError, match="delta has shape"):
        compiled.two_layer_backward(network[0], np.zeros((n_samples + 1, 1)), *network[1:], output)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_jacobians_are_central_differences(backend, activation):
    """(NN-14), and its sums are those of two_layer_backward; eleven rows are a block of eight and three."""
    start = two_layer_arguments(drawn_rows(11, 4)[0], 6, "softmax")
    X, weights = start["X"], [start[name] for name in WEIGHTS]
    o, *derivatives = backend.two_layer_jacobians(X, *weights, activation)
    assert_allclose(o, backend.two_layer_outputs(X, None, None, *weights, "linear", activation), rtol=1e-13, atol=1e-13)
    assert_array_equal(backend.two_layer_forward(X, *weights, activation)[1], o)
    for i, c in ((0, 0), (7, 1), (8, 2), (10, 0)):
        slopes = central_differences(lambda i=i, c=c: backend.two_layer_forward(X, *weights, activation)[1][i, c], *weights)
        for name, found, slope in zip(WEIGHTS, derivatives, slopes, strict=True):
            assert_allclose(found[i, c], slope, **DIFFERENCE._asdict(), err_msg=name)
    delta = np.random.default_rng(0).standard_normal(o.shape)
    summed = backend.two_layer_backward(X, delta, None, None, *weights, "linear", activation)
    for found, total in zip(derivatives, summed, strict=True):
        assert_allclose(np.tensordot(delta, found, 2), total, rtol=0, atol=1e-12 * np.abs(total).max())


@given(n_samples=few_rows, n_features=units, n_hidden=units, n_outputs=st.integers(1, 4), activation=activations)
def test_jacobians_of_any_shape(compiled, dtype, n_samples, n_features, n_hidden, n_outputs, activation):
    random = np.random.default_rng(0)
    shapes = (n_samples, n_features), (n_features, n_hidden), (n_hidden,), (n_hidden, n_outputs), (n_outputs,)
    given = [random.standard_normal(shape).astype(dtype) for shape in shapes]
    exact = [a.astype(np.float64) for a in given]
    for name in ("two_layer_forward", "two_layer_jacobians"):
        found, expected = getattr(compiled, name)(*given, activation), getattr(reference, name)(*exact, activation)
        for a, b in zip(found, expected, strict=True):
            assert a.dtype == dtype
            assert_allclose(a, b, rtol=0, atol=100 * NETWORK[dtype] * max(1, np.abs(b).max(initial=0)))
