from hotloop.reference.logistic.dual import logistic_dual_pass as logistic_dual_pass
from hotloop.reference.logistic.dual import logistic_dual_sums as logistic_dual_sums
