"""WHAT is computed: the rules in plain Python, readable beside docs/equations.md. Oracle of every test, and fallback."""

from hotloop.reference.graph import Graph, Node, seven_nodes, six_weights
from hotloop.reference.logistic.adaptive import logistic_adaptive_pass
from hotloop.reference.logistic.csr import (
    all_alike,
    check_nonzeros,
    logistic_sparse_many_pass,
    logistic_sparse_pass,
    settle,
    sparse_column_moments,
    sparse_largest,
    sparse_margins,
    sparse_square,
    sum_of_squares,
)
from hotloop.reference.logistic.dense import (
    binary_probabilities,
    linear_margins,
    logistic_gradient,
    logistic_loss,
    logistic_many_pass,
    logistic_pass,
    logistic_probability,
)
from hotloop.reference.logistic.dual import logistic_dual_pass, logistic_dual_sums
from hotloop.reference.logistic.l1 import logistic_l1_pass, settle_l1
from hotloop.reference.predict.row_scorer import network_scorer, row_scorer
from hotloop.reference.rows.column_stats_dense import column_moments
from hotloop.reference.rows.permutation import permutation
from hotloop.reference.text.hashing import hash_units, hash_words, murmurhash3
from hotloop.reference.two_layer.derivatives import two_layer_forward, two_layer_jacobians
from hotloop.reference.two_layer.gradients import two_layer_backward
from hotloop.reference.two_layer.minibatch import two_layer_minibatch_pass
from hotloop.reference.two_layer.outputs import two_layer_outputs
from hotloop.reference.two_layer.sgd import two_layer_pass
from hotloop.reference.two_layer.sigmoid_sum import sigmoid_sum_backward, sigmoid_sum_forward, sigmoid_sum_gradients

__all__ = [
    "Graph",
    "Node",
    "binary_probabilities",
    "all_alike",
    "check_nonzeros",
    "column_moments",
    "hash_units",
    "hash_words",
    "linear_margins",
    "logistic_adaptive_pass",
    "logistic_dual_pass",
    "logistic_dual_sums",
    "logistic_gradient",
    "logistic_l1_pass",
    "logistic_loss",
    "logistic_many_pass",
    "logistic_pass",
    "logistic_probability",
    "logistic_sparse_many_pass",
    "logistic_sparse_pass",
    "murmurhash3",
    "network_scorer",
    "permutation",
    "row_scorer",
    "settle",
    "settle_l1",
    "seven_nodes",
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
    "six_weights",
    "sparse_column_moments",
    "sparse_largest",
    "sparse_margins",
    "sparse_square",
    "sum_of_squares",
    "two_layer_backward",
    "two_layer_forward",
    "two_layer_jacobians",
    "two_layer_minibatch_pass",
    "two_layer_outputs",
    "two_layer_pass",
]
