from hotloop.reference.logistic.margins import binary_probabilities as binary_probabilities
from hotloop.reference.logistic.margins import linear_margins as linear_margins
from hotloop.reference.logistic.margins import logistic_gradient as logistic_gradient
from hotloop.reference.logistic.margins import logistic_loss as logistic_loss
from hotloop.reference.logistic.margins import logistic_probability as logistic_probability
