"""``hotloop explain``: the three worked examples as tables, exact and rounded as on paper."""

from argparse import Namespace
from collections.abc import Iterable, Sequence

import numpy as np

import hotloop.functional as F
from hotloop.reference import Graph, Node, seven_nodes, six_weights

WEIGHTS = {"a": 1.0, "b": 1.0, "c": 4.0, "d": 1.0, "e": 2.0, "f": 2.0}
SAMPLE = {"x1": 1.0, "x2": -1.0}


def run(arguments: Namespace) -> None:
    """Print the examples; equations are those of docs/equations.md."""
    _one_update()
    _network()
    _graph()


def _table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    cells = [list(header), *([f"{c:.7g}" if isinstance(c, float) else str(c) for c in row] for row in rows)]
    widths = [max(len(row[j]) for row in cells) for j in range(len(header))]
    print(title)
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print()


def _one_update() -> None:
    x, w, y, eta = np.array([2.0, 1.0]), np.array([1.0, 0.0]), 1.0, 0.5
    m = float(w @ x)
    exact = float(F.logistic_probability(x[None], w)[0])
    rows = []
    for how, h in (("exact", exact), ("rounded", round(exact, 1))):
        rows.append([how, m, h, y - h, *(float(v) for v in w + eta * x * (y - h))])
    _table(
        "1. Logistic regression, one update (LR-1 to LR-5): x = (2, 1), y = 1, w = (1, 0), eta = 0.5; w <- w + eta x (y - h)",
        ["", "m = w.x", "h = s(m)", "y - h", "new w_1", "new w_2"],
        rows,
    )


def _network() -> None:
    rows = []
    for how, round_to in (("exact", None), ("rounded", 1)):
        graph, y = six_weights(round_to)
        table = graph.forward({**WEIGHTS, **SAMPLE})
        slopes = graph.backward(table, y)
        value = {node.name: table[node] for node in graph.nodes}
        slope = {node.name: slopes[node] for node in graph.nodes if node.operation == "input"}
        rows.append([how, *(value[n] for n in ("r1", "r2", "s1", "s2", "y")), *(slope[n] + 0.0 for n in WEIGHTS)])
    _table(
        "2. Two-layer network (NN-1 to NN-6): x = (1, -1), a = b = 1, c = 4, d = 1, e = f = 2; y = s(a r_1) + s(b r_2)",
        ["", "r_1", "r_2", "s_1", "s_2", "y", *(f"dy/d{name}" for name in WEIGHTS)],
        rows,
    )


def _graph() -> None:
    graph, nodes = seven_nodes()
    table = graph.forward({"x": 1.0})
    slopes = graph.backward(table, nodes[-1])
    rows = [[node.name, _operation(graph, node), table[node], slopes[node]] for node in nodes]
    x = graph.nodes[0]
    _table(
        "3. A computation graph (CG-1, CG-2) at x = 1: forward values, and slopes of the last node",
        ["node", "operation", "value", "d vii / d node"],
        [[x.name, "input", table[x], slopes[x]], *rows],
    )


def _operation(graph: Graph, node: Node) -> str:
    names = [source.name for source in node.inputs]
    sign = {"add": " + ", "multiply": " * "}.get(node.operation)
    return sign.join(names) if sign else f"{node.operation}({', '.join(names)})"
