"""HOW it is made fast: the compiled backend. Exports the functions of hotloop.reference, under the same names."""

from hotloop.kernels.logistic.adaptive import logistic_adaptive_pass
from hotloop.kernels.logistic.csr import logistic_sparse_pass, settle, sparse_margins, sum_of_squares
from hotloop.kernels.logistic.dense import (
    binary_probabilities,
    linear_margins,
    logistic_gradient,
    logistic_loss,
    logistic_pass,
    logistic_probability,
)
from hotloop.kernels.logistic.dual import logistic_dual_pass, logistic_dual_sums
from hotloop.kernels.logistic.l1 import logistic_l1_pass, settle_l1
from hotloop.kernels.logistic.many_csr import logistic_sparse_many_pass
from hotloop.kernels.logistic.many_dense import logistic_many_pass
from hotloop.kernels.predict.row_scorer import network_scorer, row_scorer
from hotloop.kernels.rows.column_stats_csr import (
    all_alike,
    check_nonzeros,
    sparse_column_moments,
    sparse_largest,
    sparse_square,
)
from hotloop.kernels.rows.column_stats_dense import column_moments
from hotloop.kernels.rows.permutation import permutation
from hotloop.kernels.text.hashing import hash_units, hash_words, murmurhash3
from hotloop.kernels.two_layer.derivatives import two_layer_forward, two_layer_jacobians
from hotloop.kernels.two_layer.gradients import two_layer_backward
from hotloop.kernels.two_layer.minibatch import two_layer_minibatch_pass
from hotloop.kernels.two_layer.outputs import two_layer_outputs
from hotloop.kernels.two_layer.sgd import two_layer_pass
from hotloop.kernels.two_layer.sigmoid_sum import sigmoid_sum_backward, sigmoid_sum_forward, sigmoid_sum_gradients
from hotloop.kernels.vectors.levels import active_level, available_levels, use_level

__all__ = [
    "active_level",
    "available_levels",
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
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
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
    "use_level",
]
