from hotloop.reference.logistic.model import sum_of_squares as sum_of_squares
