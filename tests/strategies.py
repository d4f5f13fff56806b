"""Hypothesis strategies for what is drawn in more than one test: shapes at the edges, CSR rows, margins, orders of rows."""

import numpy as np
from hypothesis import strategies as st

# 0, 1, and the lanes of 16, 32 and 64 byte vectors of either type, four vectors a loop: one less, equal, one more.
WIDTHS = sorted({0, 1} | {n + d for n in (4, 8, 16, 32, 64) for d in (-1, 0, 1)})
widths = st.sampled_from(WIDTHS)
some_widths = widths.filter(bool)

# Rows of a pass: blocks of four, groups of 256.
steps = st.integers(0, 12) | st.sampled_from([254, 255, 256, 257, 513])
few_rows = st.integers(0, 20)

# Columns and hidden units of a network: every number up to a block of 64 and a little more.
units = st.integers(1, 70)

activations = st.sampled_from(["relu", "tanh", "logistic"])

# exp overflows, a probability rounds to 1, a loss is 0, and what lies between.
margins = st.floats(-40, 40) | st.sampled_from(
    [-1000.0, -745.5, -709.0, -100.0, -1e-300, 0.0, 1e-300, 37.0, 100.0, 709.0, 1000.0]
)


def orders(n_samples, most=14):
    """Rows visited, with repeats."""
    return st.lists(st.integers(0, n_samples - 1), max_size=most).map(lambda order: np.array(order, np.intp))


def sample_weights(n_samples):
    """A weight a row, many of them 0."""
    return st.lists(st.sampled_from([0.0, 1.0, 3.0]), min_size=n_samples, max_size=n_samples).map(np.array)


@st.composite
def csr_rows(draw, most_rows=9, most_features=40):
    """Draw a SciPy CSR matrix of float64 with rising columns; rows may be empty, whole, or of any length, columns empty."""
    from scipy.sparse import csr_matrix

    n_features = draw(st.integers(1, most_features))
    lengths = st.sampled_from([0, 0, 1, n_features]) | st.integers(0, n_features)
    counts = draw(st.lists(lengths, max_size=most_rows))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    indices = [np.sort(generator.choice(n_features, count, replace=False)) for count in counts]
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    indices = np.concatenate([np.zeros(0, np.int32), *indices]).astype(np.int32)
    data = np.ones(len(indices)) if draw(st.booleans()) else generator.standard_normal(len(indices))
    return csr_matrix((data, indices, indptr), shape=(len(counts), n_features))


@st.composite
def linear_rows(draw, most_rows=6, most_steps=12, outputs=(1, 3)):
    """Draw what a pass of a linear model reads, by name: X with zeros, empty rows and columns, one row or column, lanes +- 1.

    ``order`` repeats rows; some weights are 0.
    """
    n_samples, n_features = draw(st.integers(1, most_rows)), draw(some_widths)
    n_outputs = draw(st.sampled_from(outputs))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    X = generator.standard_normal((n_samples, n_features)) * (generator.random((n_samples, n_features)) < 0.4)
    X[draw(st.lists(st.integers(0, n_samples - 1), max_size=2))] = 0
    y = generator.integers(0, max(2, n_outputs), n_samples).astype(np.float64)
    return {
        "X": X / np.sqrt(n_features),
        "y": y,
        "sample_weight": generator.choice([0.0, 1.0, 1.0, 3.0], n_samples),
        "order": generator.integers(0, n_samples, draw(st.integers(0, most_steps))),
        "n_outputs": n_outputs,
    }
