"""HOW it is made fast: the compiled backend. Exports the functions of hotloop.reference, under the same names."""

from hotloop.kernels.columns_dense import column_moments
from hotloop.kernels.levels import active_level, available_levels, use_level
from hotloop.kernels.logistic_dense import (
    linear_margins,
    logistic_gradient,
    logistic_loss,
    logistic_pass,
    logistic_probability,
)
from hotloop.kernels.logistic_many import logistic_many_pass
from hotloop.kernels.orders import permutation
from hotloop.kernels.scorer import row_scorer
from hotloop.kernels.two_layer_dense import (
    sigmoid_sum_backward,
    sigmoid_sum_forward,
    sigmoid_sum_gradients,
    two_layer_outputs,
    two_layer_pass,
)

__all__ = [
    "active_level",
    "available_levels",
    "column_moments",
    "linear_margins",
    "logistic_gradient",
    "logistic_loss",
    "logistic_many_pass",
    "logistic_pass",
    "logistic_probability",
    "permutation",
    "row_scorer",
    "sigmoid_sum_backward",
    "sigmoid_sum_forward",
    "sigmoid_sum_gradients",
    "two_layer_outputs",
    "two_layer_pass",
    "use_level",
]
