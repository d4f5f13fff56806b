"""The grid of LogisticSGDClassifierCV."""

ALPHAS = tuple(10.0**power for power in range(-6, 0))

STEPS = tuple(4.0**power for power in range(-2, 3))  # over mean(||z||^2 + 1)
