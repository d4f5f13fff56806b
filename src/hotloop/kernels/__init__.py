"""HOW it is made fast: the compiled backend. Exports the functions of hotloop.reference, under the same names."""

from hotloop.kernels.columns_dense import column_moments
from hotloop.kernels.columns_sparse import all_alike, check_nonzeros, sparse_column_moments, sparse_largest, sparse_square
from hotloop.kernels.hashing import hash_units, hash_words, murmurhash3
from hotloop.kernels.levels import active_level, available_levels, use_level
from hotloop.kernels.logistic_adaptive import logistic_adaptive_pass
from hotloop.kernels.logistic_dense import (
    binary_probabilities,
    linear_margins,
    logistic_gradient,
    logistic_loss,
    logistic_pass,
    logistic_probability,
)
from hotloop.kernels.logistic_dual import logistic_dual_pass, logistic_dual_sums
from hotloop.kernels.logistic_l1 import logistic_l1_pass, settle_l1
from hotloop.kernels.logistic_many import logistic_many_pass
from hotloop.kernels.logistic_sparse import logistic_sparse_pass, settle, sparse_margins, sum_of_squares
from hotloop.kernels.logistic_sparse_many import logistic_sparse_many_pass
from hotloop.kernels.orders import permutation
from hotloop.kernels.scorer import network_scorer, row_scorer
from hotloop.kernels.sigmoid_sum import sigmoid_sum_backward, sigmoid_sum_forward, sigmoid_sum_gradients
from hotloop.kernels.two_layer_derivatives import two_layer_forward, two_layer_jacobians
from hotloop.kernels.two_layer_minibatch import two_layer_backward, two_layer_minibatch_pass
from hotloop.kernels.two_layer_pass import two_layer_outputs, two_layer_pass

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
