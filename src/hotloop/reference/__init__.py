"""WHAT is computed: the rules in plain Python, readable beside docs/equations.md. Oracle of every test, and fallback."""

from .columns import column_moments
from .graph import Graph, Node, seven_nodes, six_weights
from .logistic import (
    linear_margins,
    logistic_gradient,
    logistic_loss,
    logistic_many_pass,
    logistic_pass,
    logistic_probability,
)
from .orders import permutation
from .scorer import row_scorer
from .two_layer import (
    sigmoid_sum_backward,
    sigmoid_sum_forward,
    sigmoid_sum_gradients,
    two_layer_outputs,
    two_layer_pass,
)

__all__ = [
    "Graph",
    "Node",
    "column_moments",
    "linear_margins",
    "logistic_gradient",
    "logistic_loss",
    "logistic_many_pass",
    "logistic_pass",
    "logistic_probability",
    "permutation",
    "row_scorer",
    "seven_nodes",
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
    "six_weights",
    "two_layer_outputs",
    "two_layer_pass",
]
