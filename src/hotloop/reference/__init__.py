"""WHAT is computed: the rules in plain Python, readable beside docs/equations.md. Oracle of every test, and fallback."""

from hotloop.reference.graph import Graph as Graph
from hotloop.reference.graph import Node as Node
from hotloop.reference.graph import seven_nodes as seven_nodes
from hotloop.reference.graph import six_weights as six_weights
from hotloop.reference.logistic.adaptive import adaptive_weights as adaptive_weights
from hotloop.reference.logistic.adaptive import logistic_adaptive_pass as logistic_adaptive_pass
from hotloop.reference.logistic.csr import csr_margins as csr_margins
from hotloop.reference.logistic.csr import logistic_csr_pass as logistic_csr_pass
from hotloop.reference.logistic.csr import materialize as materialize
from hotloop.reference.logistic.dense import logistic_pass as logistic_pass
from hotloop.reference.logistic.l1 import logistic_l1_pass as logistic_l1_pass
from hotloop.reference.logistic.l1 import materialize_l1 as materialize_l1
from hotloop.reference.logistic.many_csr import logistic_many_csr_pass as logistic_many_csr_pass
from hotloop.reference.logistic.many_dense import logistic_many_pass as logistic_many_pass
from hotloop.reference.logistic.margins import binary_probabilities as binary_probabilities
from hotloop.reference.logistic.margins import linear_margins as linear_margins
from hotloop.reference.logistic.margins import logistic_gradient as logistic_gradient
from hotloop.reference.logistic.margins import logistic_loss as logistic_loss
from hotloop.reference.logistic.margins import logistic_probability as logistic_probability
from hotloop.reference.logistic.model import sum_of_squares as sum_of_squares
from hotloop.reference.logistic.sdca import logistic_dual_pass as logistic_dual_pass
from hotloop.reference.logistic.sdca import logistic_dual_sums as logistic_dual_sums
from hotloop.reference.predict.row_scorer import network_scorer as network_scorer
from hotloop.reference.predict.row_scorer import row_scorer as row_scorer
from hotloop.reference.rows.column_stats_csr import all_alike as all_alike
from hotloop.reference.rows.column_stats_csr import check_nonzeros as check_nonzeros
from hotloop.reference.rows.column_stats_csr import csr_column_moments as csr_column_moments
from hotloop.reference.rows.column_stats_csr import csr_largest as csr_largest
from hotloop.reference.rows.column_stats_csr import csr_square as csr_square
from hotloop.reference.rows.column_stats_dense import column_moments as column_moments
from hotloop.reference.rows.permutation import permutation as permutation
from hotloop.reference.text.delimited_cells import delimited_cells as delimited_cells
from hotloop.reference.text.hashing import hash_units as hash_units
from hotloop.reference.text.hashing import hash_words as hash_words
from hotloop.reference.text.hashing import murmurhash3 as murmurhash3
from hotloop.reference.two_layer.derivatives import two_layer_forward as two_layer_forward
from hotloop.reference.two_layer.derivatives import two_layer_jacobians as two_layer_jacobians
from hotloop.reference.two_layer.gradients import two_layer_backward as two_layer_backward
from hotloop.reference.two_layer.minibatch import two_layer_minibatch_pass as two_layer_minibatch_pass
from hotloop.reference.two_layer.outputs import two_layer_outputs as two_layer_outputs
from hotloop.reference.two_layer.sgd import two_layer_pass as two_layer_pass
from hotloop.reference.two_layer.sigmoid_sum import sigmoid_sum_backward as sigmoid_sum_backward
from hotloop.reference.two_layer.sigmoid_sum import sigmoid_sum_forward as sigmoid_sum_forward
from hotloop.reference.two_layer.sigmoid_sum import sigmoid_sum_gradients as sigmoid_sum_gradients
from hotloop.structs import guarded as _guarded

__all__ = [
    "Graph",
    "Node",
    "adaptive_weights",
    "all_alike",
    "binary_probabilities",
    "check_nonzeros",
    "column_moments",
    "csr_column_moments",
    "csr_largest",
    "csr_margins",
    "csr_square",
    "delimited_cells",
    "hash_units",
    "hash_words",
    "linear_margins",
    "logistic_adaptive_pass",
    "logistic_csr_pass",
    "logistic_dual_pass",
    "logistic_dual_sums",
    "logistic_gradient",
    "logistic_l1_pass",
    "logistic_loss",
    "logistic_many_csr_pass",
    "logistic_many_pass",
    "logistic_pass",
    "logistic_probability",
    "materialize",
    "materialize_l1",
    "murmurhash3",
    "network_scorer",
    "permutation",
    "row_scorer",
    "seven_nodes",
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
    "six_weights",
    "sum_of_squares",
    "two_layer_backward",
    "two_layer_forward",
    "two_layer_jacobians",
    "two_layer_minibatch_pass",
    "two_layer_outputs",
    "two_layer_pass",
]

_GRAPHS = ("Graph", "Node", "seven_nodes", "six_weights")

for _name in set(__all__) - set(_GRAPHS):
    globals()[_name] = _guarded(globals()[_name], __name__)
