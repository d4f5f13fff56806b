from hotloop.reference.logistic.csr import csr_margins as csr_margins
from hotloop.reference.logistic.csr import logistic_csr_pass as logistic_csr_pass
from hotloop.reference.logistic.csr import materialize as materialize
