"""Small cases that one can redo by hand; worked_examples/SOURCES.md says where each number comes from."""

import json
from math import exp
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tolerances import STEPS

import hotloop.functional as F
from hotloop import reference
from hotloop.structs import DenseRows, Dropout, Network, Pass

EXAMPLES = Path(__file__).with_name("worked_examples")
GRAPHS = json.loads((EXAMPLES / "graphs.json").read_text())
STEP_CASES = json.loads((EXAMPLES / "steps.json").read_text())
SIX = GRAPHS["six_weights"]

X = np.array([[1.0, -1.0]])
W = np.array([[4.0, 1.0], [2.0, 2.0]])  # [[c, d], [e, f]]
V = np.array([1.0, 1.0])  # [a, b]


@pytest.mark.parametrize("x", GRAPHS["seven_nodes"])
def test_seven_nodes(x):
    graph, nodes = reference.seven_nodes()
    forward = graph.forward({"x": float(x)})
    backward = graph.backward(forward, nodes[-1])
    expected = GRAPHS["seven_nodes"][x]
    assert [forward[node] for node in nodes] == expected["forward"]
    assert [backward[node] for node in nodes] == expected["backward"]
    assert {node.name: backward[node] for node in graph.nodes}["x"] == expected["x"]


def test_seven_nodes_read_as_printed():
    graph, nodes = reference.seven_nodes()
    assert list(map(graph.forward({"x": 1.0}).get, nodes)) == [2, 3, 4, 5, 4, 3, 5]
    assert [node.name for node in nodes] == ["i", "ii", "iii", "iv", "v", "vi", "vii"]


@pytest.mark.parametrize(("round_to", "column"), [(None, "exact"), (1, "one decimal")])
def test_six_weights_as_a_graph(round_to, column):
    graph, y = reference.six_weights(round_to)
    forward = graph.forward(SIX["inputs"])
    slopes = {node.name: slope for node, slope in graph.backward(forward, y).items()}
    value = {node.name: forward[node] for node in graph.nodes}
    assert [value["r1"], value["r2"]] == SIX["r"]
    found = {"y": forward[y]} | {name: slopes[name] for name in "abcdef"}
    assert found == pytest.approx(SIX[column], rel=0, abs=5e-7)


def test_six_weights_of_many_samples(backend, dtype):
    s = 1 / (1 + exp(-2))
    r, sigmoids, y = F.sigmoid_sum_forward(X.astype(dtype), W.astype(dtype), V.astype(dtype), backend=backend.name)
    tolerance = STEPS[dtype]._asdict()
    assert_array_equal(r, [[2, 0]])
    assert_allclose(sigmoids, [[s, 0.5]], **tolerance)
    assert_allclose(y, [s + 0.5], **tolerance)

    y, dW, dv = F.sigmoid_sum_gradients(X.astype(dtype), W.astype(dtype), V.astype(dtype), backend=backend.name)
    slope = s * (1 - s)
    assert_allclose(y, [s + 0.5], **tolerance)
    assert_allclose(dv, [[2 * slope, 0]], **tolerance)
    assert_allclose(dW, [[[slope, 0], [-slope, 0]]], **tolerance)
    printed = [SIX["exact"][name] for name in ("y", *"abcdef")]
    assert_allclose([y[0], *dv[0], *dW[0].ravel()], printed, rtol=0, atol=1e-6)


def test_six_weights_rounded_as_on_paper():
    r, s, y = reference.sigmoid_sum_forward(X, W, V, round_to=1)
    assert_allclose((*r[0], *s[0], y[0]), (2, 0, 0.9, 0.5, 1.4), rtol=1e-15)
    y, dW, dv = reference.sigmoid_sum_gradients(X, W, V, round_to=1)
    printed = [SIX["one decimal"][name] for name in ("y", *"abcdef")]
    assert_allclose([y[0], *dv[0], *dW[0].ravel()], printed, rtol=1e-15)


def test_one_step_by_hand(backend, dtype):
    """w <- w + eta x (y - h): for x = (2, 1), w = (1, 0), y = 1, eta = 0.5 the margin is 2."""
    h = 1 / (1 + exp(-2))
    expected = [1 + 0.5 * 2 * (1 - h), 0 + 0.5 * 1 * (1 - h)]
    w = F.logistic_sgd(np.array([[2.0, 1.0]], dtype), [1], [1.0, 0.0], eta=0.5, backend=backend.name)
    assert_allclose(w, expected, **STEPS[dtype]._asdict())
    w = F.logistic_sgd(np.array([[2.0, 1.0]], dtype), [0], [1.0, 0.0], eta=0.5, backend=backend.name)
    assert_allclose(w, [1 - 0.5 * 2 * h, 0 - 0.5 * 1 * h], **STEPS[dtype]._asdict())


def test_two_steps_by_hand(backend, dtype):
    """The second row meets the weights that the first one left, with its own step size."""
    first = 0.5 * (1 - 0.5)  # w = 0, so h = 1/2
    h = 1 / (1 + exp(-3 * first))
    w = F.logistic_sgd(np.array([[1.0], [3.0]], dtype), [1, 0], [0.0], eta=[0.5, 0.25], backend=backend.name)
    assert_allclose(w, [first - 0.25 * 3 * h], **STEPS[dtype]._asdict())


def name_of(case):
    return f"{case['rule']}{'-standardised' * case['standardised']}{'-l2' * (case['alpha'] > 0)}".replace(" ", "-")


@pytest.mark.parametrize("case", STEP_CASES["cases"], ids=name_of)
def test_steps_of_each_rule(backend, dtype, case):
    rows = {name: np.array(values) for name, values in STEP_CASES["inputs"].items()}
    before, after, total = ({name: np.array(v) for name, v in case[key].items()} for key in ("before", "after", "total"))
    constants = [rows[name].astype(dtype) if case["standardised"] else None for name in ("center", "scale")]
    start = [rows["X"].astype(dtype), np.array(case["y"]), rows["sample_weight"], rows["order"], rows["eta"], case["alpha"]]
    if case["rule"].startswith("network"):
        weights = [before[name].astype(dtype) for name in ("W1", "b1", "W2", "b2")]
        X, y, sample_weight, order, eta, alpha = start
        network, steps = Network(*weights, case["rule"].split()[1]), Pass(order, y, sample_weight, eta, alpha)
        loss, n_updates = backend.two_layer_pass(DenseRows(X, *constants), steps, network, Dropout())
        expected = [after[name] for name in ("W1", "b1", "W2", "b2")]
    else:
        weights = [before["W"].astype(dtype), before["b"], np.zeros_like(before["W"]), np.zeros_like(before["b"])]
        rows_of, y, weight, order, eta, alpha = start
        loss, n_updates = backend.logistic_pass(DenseRows(rows_of, *constants), Pass(order, y, weight, eta, alpha), *weights)
        expected = [after["W"], after["b"], total["W"], total["b"]]
    assert n_updates == case["n_updates"]
    for found, value in zip([*weights, loss], [*expected, case["loss"]], strict=True):
        assert_allclose(found, value, **STEPS[dtype]._asdict())
