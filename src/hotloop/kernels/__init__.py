"""HOW it is made fast: the compiled backend. Exports the functions of hotloop.reference, under the same names."""

from hotloop.kernels.logistic.adaptive import adaptive_weights as adaptive_weights
from hotloop.kernels.logistic.adaptive import logistic_adaptive_pass as logistic_adaptive_pass
from hotloop.kernels.logistic.csr import csr_margins as csr_margins
from hotloop.kernels.logistic.csr import logistic_csr_pass as logistic_csr_pass
from hotloop.kernels.logistic.csr import materialize as materialize
from hotloop.kernels.logistic.dense import logistic_pass as logistic_pass
from hotloop.kernels.logistic.l1 import logistic_l1_pass as logistic_l1_pass
from hotloop.kernels.logistic.l1 import materialize_l1 as materialize_l1
from hotloop.kernels.logistic.many_csr import logistic_many_csr_pass as logistic_many_csr_pass
from hotloop.kernels.logistic.many_dense import logistic_many_pass as logistic_many_pass
from hotloop.kernels.logistic.margins import binary_probabilities as binary_probabilities
from hotloop.kernels.logistic.margins import linear_margins as linear_margins
from hotloop.kernels.logistic.margins import logistic_gradient as logistic_gradient
from hotloop.kernels.logistic.margins import logistic_loss as logistic_loss
from hotloop.kernels.logistic.margins import logistic_probability as logistic_probability
from hotloop.kernels.logistic.model import sum_of_squares as sum_of_squares
from hotloop.kernels.logistic.sdca import logistic_dual_pass as logistic_dual_pass
from hotloop.kernels.logistic.sdca import logistic_dual_sums as logistic_dual_sums
from hotloop.kernels.predict.row_scorer import network_scorer as network_scorer
from hotloop.kernels.predict.row_scorer import row_scorer as row_scorer
from hotloop.kernels.rows.column_stats_csr import all_alike as all_alike
from hotloop.kernels.rows.column_stats_csr import check_nonzeros as check_nonzeros
from hotloop.kernels.rows.column_stats_csr import csr_column_moments as csr_column_moments
from hotloop.kernels.rows.column_stats_csr import csr_largest as csr_largest
from hotloop.kernels.rows.column_stats_csr import csr_square as csr_square
from hotloop.kernels.rows.column_stats_dense import column_moments as column_moments
from hotloop.kernels.rows.permutation import permutation as permutation
from hotloop.kernels.text.delimited_cells import delimited_cells as delimited_cells
from hotloop.kernels.text.hashing import hash_units as hash_units
from hotloop.kernels.text.hashing import hash_words as hash_words
from hotloop.kernels.text.hashing import murmurhash3 as murmurhash3
from hotloop.kernels.two_layer.derivatives import two_layer_forward as two_layer_forward
from hotloop.kernels.two_layer.derivatives import two_layer_jacobians as two_layer_jacobians
from hotloop.kernels.two_layer.gradients import two_layer_backward as two_layer_backward
from hotloop.kernels.two_layer.minibatch import two_layer_minibatch_pass as two_layer_minibatch_pass
from hotloop.kernels.two_layer.outputs import two_layer_outputs as two_layer_outputs
from hotloop.kernels.two_layer.sgd import two_layer_pass as two_layer_pass
from hotloop.kernels.two_layer.sigmoid_sum import sigmoid_sum_backward as sigmoid_sum_backward
from hotloop.kernels.two_layer.sigmoid_sum import sigmoid_sum_forward as sigmoid_sum_forward
from hotloop.kernels.two_layer.sigmoid_sum import sigmoid_sum_gradients as sigmoid_sum_gradients
from hotloop.kernels.vectors.levels import active_level as active_level
from hotloop.kernels.vectors.levels import available_levels as available_levels
from hotloop.kernels.vectors.levels import use_level as use_level
from hotloop.structs import guarded as _guarded

_LEVELS = ("active_level", "available_levels", "use_level")

for _name, _value in list(globals().items()):
    if not _name.startswith("_") and _name not in _LEVELS and callable(_value):
        globals()[_name] = _guarded(_value, __name__)
