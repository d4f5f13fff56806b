from hotloop.reference.logistic.dense import logistic_pass as logistic_pass
