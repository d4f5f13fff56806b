"""The scalar computation graph: each operation, the chain rule, ties, rounding."""

import math

import pytest

from hotloop.reference import Graph


def slopes_of(graph, values, output):
    """Return the backward table by input name."""
    table = graph.backward(graph.forward(values), output)
    return {node.name: slope for node, slope in table.items() if node.operation == "input"}


@pytest.mark.parametrize(
    ("operation", "value", "slopes"),
    [
        ("add", 2 + 3 + 5, (1, 1, 1)),
        ("multiply", 2 * 3 * 5, (3 * 5, 2 * 5, 2 * 3)),
        ("max", 5, (0, 0, 1)),
        ("min", 2, (1, 0, 0)),
    ],
)
def test_operations(operation, value, slopes):
    graph = Graph()
    output = getattr(graph, operation)(*map(graph.input, "xyz"), name="out")
    inputs = {"x": 2.0, "y": 3.0, "z": 5.0}
    assert graph.forward(inputs)[output] == value
    assert slopes_of(graph, inputs, output) == dict(zip("xyz", slopes, strict=True))
    assert output.name == "out"


def test_a_node_read_twice_collects_both_slopes():
    graph = Graph()
    x = graph.input("x")
    square = graph.multiply(x, x)
    assert slopes_of(graph, {"x": 3.0}, graph.add(square, x)) == {"x": 2 * 3 + 1}


@pytest.mark.parametrize("operation", ["max", "min"])
def test_the_last_of_equal_inputs_takes_the_slope(operation):
    graph = Graph()
    output = getattr(graph, operation)(*map(graph.input, "xyz"))
    assert slopes_of(graph, {"x": 1.0, "y": 1.0, "z": 1.0}, output) == {"x": 0, "y": 0, "z": 1}
    beyond = {"max": 0.0, "min": 2.0}[operation]
    assert slopes_of(graph, {"x": 1.0, "y": 1.0, "z": beyond}, output) == {"x": 0, "y": 1, "z": 0}


def test_the_rectifier_has_slope_0_at_0():
    graph = Graph()
    output = graph.max(graph.input("x"), graph.constant(0.0))
    assert [slopes_of(graph, {"x": x}, output)["x"] for x in (-1.0, 0.0, 1.0)] == [0, 0, 1]


@pytest.mark.parametrize("m", [-800.0, -2.0, 0.0, 2.0, 800.0])
def test_logistic(m):
    graph = Graph()
    output = graph.logistic(graph.input("m"))
    s = 0.0 if m == -800 else 1 / (1 + math.exp(-m))  # exp(800) overflows; the truth is 1e-348
    assert graph.forward({"m": m})[output] == pytest.approx(s, rel=1e-15)
    assert slopes_of(graph, {"m": m}, output)["m"] == pytest.approx(s * (1 - s), rel=1e-14)


def test_rounding_touches_the_logistic_function_alone():
    graph = Graph(round_to=2)
    x = graph.input("x")
    product, s = graph.multiply(graph.constant(1.2345), x), graph.logistic(x)
    table = graph.forward({"x": 2.0})
    assert (table[product], table[s]) == (2.469, 0.88)
    assert slopes_of(graph, {"x": 2.0}, s)["x"] == pytest.approx(0.88 * 0.12)


def test_chain_rule_equals_central_differences():
    graph = Graph()
    x, y, z = map(graph.input, "xyz")
    inner = graph.logistic(graph.add(graph.multiply(x, y), graph.constant(-0.5)))
    output = graph.max(graph.multiply(inner, inner, z), graph.min(x, y, z))
    at = {"x": 0.75, "y": -1.5, "z": 4.0}
    slopes, h = slopes_of(graph, at, output), 1e-5
    for name in "xyz":
        above, below = (graph.forward({**at, name: at[name] + d})[output] for d in (h, -h))
        assert slopes[name] == pytest.approx((above - below) / (2 * h), rel=1e-6)
    assert all(slopes.values())


def test_evaluation_leaves_the_graph_as_it_was():
    graph = Graph()
    output = graph.multiply(graph.input("x"), graph.constant(3.0))
    assert [graph.forward({"x": x})[output] for x in (1.0, 2.0, 1.0)] == [3, 6, 3]
    assert graph.constant(3.0).name == "3"
