from hotloop.reference.logistic.l1 import logistic_l1_pass as logistic_l1_pass
from hotloop.reference.logistic.l1 import materialize_l1 as materialize_l1
