"""A scalar computation graph, evaluated node by node and differentiated by the chain rule (docs/equations.md, CG-1, CG-2).

>>> g = Graph()
>>> x = g.input("x")
>>> y = g.logistic(g.multiply(g.constant(2.0), x))
>>> round(g.forward({"x": 0.5})[y], 6)
0.731059
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Node:
    """One node: what it is called, its operation, and the nodes it reads."""

    name: str
    operation: str
    inputs: tuple["Node", ...] = ()
    value: float = 0.0  # of a constant


class Graph:
    """Nodes in the order in which they were added, which is an order in which they can be evaluated.

    A method for each operation adds a node and returns it: ``input``, ``constant``, ``add``, ``multiply``, ``max``, ``min``
    (any number of inputs) and ``logistic`` (one).

    Parameters
    ----------
    round_to : int, optional
        Round each value of the logistic function to that many decimals before it is used, as when working on paper.
    """

    def __init__(self, round_to: int | None = None) -> None:
        self.nodes: list[Node] = []
        self.round_to = round_to

    def _new(self, operation: str, inputs: Iterable[Node] = (), name: str | None = None, value: float = 0.0) -> Node:
        """Add a node and return it.

        Parameters
        ----------
        operation : str
            Name of the method that adds the node.
        inputs : iterable of Node
            The nodes that it reads.
        name : str or None
            None: the operation and the number of the node.
        value : float
            Of a constant.
        """
        node = Node(name or f"{operation}{len(self.nodes)}", operation, tuple(inputs), value)
        self.nodes.append(node)
        return node

    def input(self, name: str) -> Node:
        """Add a node whose value is given at evaluation."""
        return self._new("input", name=name)

    def constant(self, value: float) -> Node:
        """Add a node of a fixed value."""
        return self._new("constant", name=f"{value:g}", value=value)

    def add(self, *inputs: Node, name: str | None = None) -> Node:
        """Add the node u_1 + u_2 + ..."""
        return self._new("add", inputs, name)

    def multiply(self, *inputs: Node, name: str | None = None) -> Node:
        """Add the node u_1 u_2 ..."""
        return self._new("multiply", inputs, name)

    def max(self, *inputs: Node, name: str | None = None) -> Node:
        """Add the node max(u_1, u_2, ...); the last of equal inputs takes the derivative, so max(u, 0) has slope 0 at 0."""
        return self._new("max", inputs, name)

    def min(self, *inputs: Node, name: str | None = None) -> Node:
        """Add the node min(u_1, u_2, ...); the last of equal inputs takes the derivative."""
        return self._new("min", inputs, name)

    def logistic(self, u: Node, name: str | None = None) -> Node:
        """Add the node 1 / (1 + exp(-u))."""
        return self._new("logistic", (u,), name)

    def forward(self, values: Mapping[str, float]) -> dict[Node, float]:
        """Return the forward table: a dict node -> value, from ``values``, a dict input name -> value, (CG-1)."""
        table: dict[Node, float] = {}
        for node in self.nodes:
            u = [table[i] for i in node.inputs]
            match node.operation:
                case "input":
                    table[node] = float(values[node.name])
                case "constant":
                    table[node] = node.value
                case "add":
                    table[node] = sum(u)
                case "multiply":
                    table[node] = math.prod(u)
                case "max":
                    table[node] = max(u)
                case "min":
                    table[node] = min(u)
                case "logistic":
                    s = 1 / (1 + math.exp(-u[0])) if u[0] >= 0 else math.exp(u[0]) / (1 + math.exp(u[0]))
                    table[node] = s if self.round_to is None else round(s, self.round_to)
        return table

    def backward(self, table: Mapping[Node, float], output: Node) -> dict[Node, float]:
        """Return the backward table: a dict node -> d output / d node, from the forward table, (CG-2)."""
        slopes = dict.fromkeys(self.nodes, 0.0)
        slopes[output] = 1.0
        for node in reversed(self.nodes):
            for place, source in enumerate(node.inputs):
                slopes[source] += slopes[node] * self._slope(node, place, table)  # (CG-2)
        return slopes

    def _slope(self, node: Node, place: int, table: Mapping[Node, float]) -> float:
        """d node / d its input at ``place``."""
        u = [table[i] for i in node.inputs]
        match node.operation:
            case "add":
                return 1.0
            case "multiply":
                return math.prod(u[:place] + u[place + 1 :])
            case "max" | "min":
                last = max(i for i, value in enumerate(u) if value == table[node])
                return 1.0 if place == last else 0.0
            case _:  # logistic
                return table[node] * (1 - table[node])


def seven_nodes() -> tuple[Graph, list[Node]]:
    """Return the graph i = 2x, ii = 3x, iii = 4x, iv = i + ii, v = max(ii, iii), vi = min(ii, iii), vii = max(iv, v, vi).

    Returns
    -------
    graph : Graph
    nodes : list of Node
        The seven nodes; for x = 1 they read 2, 3, 4, 5, 4, 3, 5.
    """
    g = Graph()
    x = g.input("x")
    i, ii, iii = (g.multiply(g.constant(c), x, name=n) for c, n in ((2.0, "i"), (3.0, "ii"), (4.0, "iii")))
    iv, v, vi = g.add(i, ii, name="iv"), g.max(ii, iii, name="v"), g.min(ii, iii, name="vi")
    return g, [i, ii, iii, iv, v, vi, g.max(iv, v, vi, name="vii")]


def six_weights(round_to: int | None = None) -> tuple[Graph, Node]:
    """Return the graph of y = logistic(a r_1) + logistic(b r_2), r = max(x [[c, d], [e, f]], 0), (NN-1) to (NN-4).

    Returns
    -------
    graph : Graph
        With inputs a to f, x1 and x2.
    y : Node
    """
    g = Graph(round_to)
    a, b, c, d, e, f, x1, x2 = (g.input(name) for name in ("a", "b", "c", "d", "e", "f", "x1", "x2"))
    zero = g.constant(0.0)
    r1 = g.max(g.add(g.multiply(x1, c), g.multiply(x2, e)), zero, name="r1")
    r2 = g.max(g.add(g.multiply(x1, d), g.multiply(x2, f)), zero, name="r2")
    s1, s2 = g.logistic(g.multiply(a, r1), name="s1"), g.logistic(g.multiply(b, r2), name="s2")
    return g, g.add(s1, s2, name="y")
