from hotloop.reference.logistic.sdca import logistic_dual_pass as logistic_dual_pass
from hotloop.reference.logistic.sdca import logistic_dual_sums as logistic_dual_sums
