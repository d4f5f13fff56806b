"""A valid call of each function of a backend, of sizes, types and options that are drawn."""

import numpy as np

from hotloop.structs import (
    ACTIVATIONS,
    OUTPUTS,
    AdaptiveRule,
    BatchOptimizer,
    ColumnMoments,
    CSRRows,
    DenseRows,
    Dropout,
    Network,
    Pass,
)

READ = ["f4", "f8", "f2", "?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]


class Sizes:
    """Sizes and types of one call, and arrays of them.

    Attributes
    ----------
    draw : numpy Generator
    n, k, m, h : int
        Rows, columns, outputs, hidden units.
    dtype : numpy dtype
        Of the weights.
    """

    def __init__(self, draw):
        self.draw = draw
        self.n, self.k = int(draw.choice([0, 1, 2, 3, 5, 9, 13])), int(draw.choice([0, 1, 2, 3, 7, 8, 9, 16, 17, 33, 70]))
        self.m, self.h = int(draw.choice([1, 1, 2, 3, 5])), int(draw.choice([1, 2, 7, 16, 17, 33]))
        self.dtype = np.dtype(draw.choice(["f4", "f8"]))

    def maybe(self, array):
        """Return the array or None."""
        return array if self.draw.random() < 0.5 else None

    def normal(self, *shape, dtype=None, order="C"):
        """Return weights."""
        return np.array(0.3 * self.draw.standard_normal(shape), dtype or self.dtype, order=order)

    def zeros(self, *shape, dtype=np.float64, order="C"):
        return np.zeros(shape, dtype, order=order)

    def weight(self):
        return self.draw.choice([0.0, 1.0, 2.5], self.n)

    def dense(self, dtype=None):
        X = (3 * self.draw.standard_normal((self.n, self.k))).clip(-9, 9)
        found = np.dtype(self.draw.choice(READ))
        X = (abs(X) if found.kind in "ub" else X).astype(found)
        both = self.draw.random() < 0.5
        dtype = dtype or self.dtype
        return DenseRows(X, self.normal(self.k, dtype=dtype), self.normal(self.k, dtype=dtype)) if both else DenseRows(X)

    def csr(self, *, shift=False, dtype=None):
        dtype, n_nonzeros = dtype or self.dtype, self.draw.integers(0, self.k + 1, self.n)
        indices = [np.sort(self.draw.choice(self.k, count, replace=False)) for count in n_nonzeros]
        indices = np.concatenate([np.zeros(0, int), *indices]).astype(self.draw.choice(["i4", "i8"]))
        indptr = np.concatenate([[0], np.cumsum(n_nonzeros)]).astype(np.int64)
        data = self.maybe(self.normal(len(indices)).astype(self.draw.choice(READ)))
        longest = int(n_nonzeros.max(initial=0))
        shift = self.maybe(self.normal(self.k, dtype=dtype)) if shift else None
        found = np.dtype(self.dtype if data is None else data.dtype)
        return CSRRows(indptr, indices, data, self.k, found, longest, shift, self.maybe(self.normal(self.k, dtype=dtype)))

    def rows(self, **how):
        dense = self.draw.random() < 0.5
        return self.dense(how.get("dtype")) if dense else self.csr(**how)

    def steps(self, n_classes=2, n_models=0):
        order = self.draw.integers(0, max(self.n, 1), self.draw.integers(0, 20) if self.n else 0).astype(np.intp)
        y = self.draw.integers(0, n_classes, self.n).astype(float) if n_classes else self.normal(self.n, dtype=float)
        shape = (len(order), n_models) if n_models else len(order)
        alpha = self.draw.random(n_models) if n_models else float(self.draw.choice([0.0, 0.1]))
        return Pass(order, y, self.weight(), self.draw.uniform(0.01, 0.2, shape), alpha)

    def linear(self, order):
        """Return W, b, W_total and b_total."""
        averaged, b = self.draw.random() < 0.5, self.maybe(self.normal(self.m, dtype=float))
        totals = self.zeros(self.m, self.k, order=order), None if b is None else self.zeros(self.m)
        return self.normal(self.m, self.k, order=order), b, *(totals if averaged else (None, None))

    def network(self, output=None):
        self.k = max(self.k, 1)
        output = output or str(self.draw.choice(OUTPUTS))
        self.m = 1 if output == "sigmoid_sum" else self.m
        arrays = self.normal(self.k, self.h), self.normal(self.h), self.normal(self.h, self.m), self.normal(self.m)
        return Network(*arrays, output, str(self.draw.choice(ACTIVATIONS)))

    def network_steps(self, network):
        steps = self.steps(self.m if network.output == "softmax" else 0)
        y = steps.y if network.output == "softmax" or self.m == 1 else self.draw.integers(0, 2, (self.n, self.m)).astype(float)
        return Pass(steps.order, y, steps.sample_weight, steps.eta, steps.alpha)

    def dropout(self):
        return Dropout(float(self.draw.choice([0.0, 0.5])), int(self.draw.integers(0, 2**32)), int(self.draw.integers(0, 9)))

    def moments(self, seen):
        return ColumnMoments(self.zeros(1), *(self.zeros(self.k) for _ in range(5)), self.zeros(self.k) if seen else None)

    def words(self):
        words = ["a", "cat", "so", "naïve", "字", "B-52", "", "x y", "\ud800"[:0]]
        return [" ".join(self.draw.choice(words, self.draw.integers(0, 9))) for _ in range(self.n)]

    def runs(self):
        shortest = int(self.draw.integers(1, 4))
        return shortest, shortest + int(self.draw.integers(0, 4)), int(self.draw.choice([1, 7, 2**20, 2**31 - 1]))


def adaptive(s):
    rule = AdaptiveRule(str(s.draw.choice(["adagrad", "ftrl", "normalized"])), 0.1, 1.0, 0.01, 0.01, float(s.draw.integers(9)))
    normalized = rule.name == "normalized"
    accumulators = np.asfortranarray(abs(s.normal(2, s.m, s.k)))
    scale, norm = (abs(s.normal(s.k)), np.ones(1)) if normalized else (None, None)
    return rule, accumulators, s.maybe(s.zeros(2, s.m, order="F")), scale, norm


def adaptive_pass(s):
    rule, *arrays = adaptive(s)
    return s.rows(), s.steps(max(s.m, 2)), rule, *arrays


def adaptive_weights(s):
    rule, accumulators, _, scale, _ = adaptive(s)
    return rule, accumulators, scale


def cells(s):
    kinds = s.draw.integers(0, 3, s.draw.integers(1, 5)).astype(np.int8)
    words = ["1", "-2.5e3", "", "?", "x", "1e999", "007", " 3 ", "0.1234567890123456789012345", '"q"', "9007199254740993"]
    text = "\n".join(",".join(s.draw.choice(words[: 4 if s.draw.random() < 0.7 else None], len(kinds))) for _ in range(s.n))
    text, room = text.encode(), s.n + int(s.draw.integers(0, 3))
    n_numbers, n_texts = int((kinds == 1).sum()), int((kinds == 2).sum())
    ends, found = np.zeros((n_texts, room + 1), np.int32), np.zeros((n_texts, len(text)), np.uint8)
    return text, 0, ord(","), kinds, s.zeros(n_numbers, room), ends, found


def l1_pass(s):
    rows = s.rows()
    lazy = (s.zeros(s.m, s.k, order="F"), np.array([1.0, 0.0])) if isinstance(rows, CSRRows) else (None, None)
    W, b, *_ = s.linear("F")
    return rows, s.steps(max(s.m, 2)), float(s.draw.random()), W, b, *lazy


def lazy_of(s):
    return np.eye(1, 3 + 3 * s.m)[0]


def csr_pass(s):
    return s.csr(shift=True), s.steps(max(s.m, 2)), *s.linear("F"), lazy_of(s)


def dual_of(s):
    rows = s.rows(shift=True, dtype=np.float64)
    W = s.zeros(s.m, s.k, order="F" if isinstance(rows, CSRRows) else "C")
    return rows, W, s.maybe(s.zeros(s.m)), np.full((s.n, s.m), -5.0)


def dual_pass(s):
    rows, W, b, dual = dual_of(s)
    return rows, s.steps(max(s.m, 2)), 0.5, 2.0, W, b, dual


def dual_sums(s):
    rows, W, b, dual = dual_of(s)
    classes = max(s.m, 2)
    sums = s.zeros(classes, s.k, s.m).transpose(0, 2, 1) if isinstance(rows, CSRRows) else s.zeros(classes, s.m, s.k)
    y = s.draw.integers(0, classes, s.n).astype(float)
    return rows, y, s.weight(), W, b, s.maybe(dual), s.zeros(s.n, s.m), sums, s.zeros(classes, s.m)


def many_pass(s):
    multiplier = s.maybe(s.draw.integers(0, 3, (s.n, s.m)).astype(np.uint8))
    return s.dense(), s.steps(2, s.m), multiplier, np.ones(s.m), *s.linear("C"), s.maybe(s.zeros(1))


def many_csr_pass(s):
    averaged, b = s.draw.random() < 0.5, s.maybe(s.zeros(s.m))
    W, lazy = s.zeros((1 + averaged) * s.m, s.k, order="F", dtype=s.dtype), np.repeat([[1.0], [0.0]], s.m, axis=1)
    multiplier = s.draw.integers(0, 3, (s.n, s.m)).astype(np.uint8)
    return s.csr(), s.steps(2, s.m), multiplier, W, b, s.zeros(s.m) if averaged and b is not None else None, lazy


def nonzeros(s):
    rows = s.csr()
    return rows.indptr, rows.indices, rows.n_features


def samples(s):
    return s.normal(s.n, s.k), s.draw.integers(0, 2, s.n).astype(float), s.normal(s.k)


def sigmoid_sum(s):
    return s.normal(s.n, s.k), s.normal(s.k, s.h), s.normal(s.h)


def layers(s):
    network = s.network()
    return s.normal(s.n, s.k), network.W1, network.b1, network.W2, network.b2, network.activation


def minibatch(s):
    network, name = s.network(), str(s.draw.choice(["sgd", "adam", "adamw"]))
    arrays = [network.W1, network.b1, network.W2, network.b2] * (1 if name == "sgd" else 2)
    optimizer = BatchOptimizer(name, int(s.draw.choice([1, 3, 8])), 0.9 * (name == "sgd"), bool(s.draw.random() < 0.5))
    return s.rows(), s.network_steps(network), network, optimizer, [np.zeros_like(a) for a in arrays], s.dropout()


def network_pass(s):
    network = s.network()
    return s.rows(), s.network_steps(network), network, s.dropout(), int(s.draw.choice([1, 1, 1, 2]))


def scorer(s):
    network = s.network()
    return network, s.maybe(s.normal(s.k)), None, 0.0, 1.0


def with_network(s):
    network = s.network()
    return s.rows(), network


def backward(s):
    network = s.network()
    return s.rows(), s.normal(s.n, s.m, dtype=float), network


CALLS = {
    "adaptive_weights": adaptive_weights,
    "all_alike": lambda s: (np.ones(s.k, s.draw.choice(["u1", "u2", "u4", "u8"])),),
    "binary_probabilities": lambda s: (s.normal(s.n, dtype=float), s.zeros(s.n, 2)),
    "check_nonzeros": nonzeros,
    "column_moments": lambda s: (s.dense(), s.weight(), s.moments(False), bool(s.draw.random() < 0.5)),
    "csr_column_moments": lambda s: (s.csr(), s.weight(), s.moments(True)),
    "csr_largest": lambda s: (s.csr(), s.weight(), s.zeros(s.k, dtype=s.dtype)),
    "csr_margins": lambda s: (s.csr(shift=True), s.normal(s.m, s.k, order="F"), s.normal(s.m, dtype=float)),
    "csr_square": lambda s: (s.csr(shift=True), s.weight(), s.dtype),
    "delimited_cells": cells,
    "hash_units": lambda s: ([[list(text)] for text in s.words()], str(s.draw.choice(["", " "])), *s.runs(), True),
    "hash_words": lambda s: (s.words(), *s.runs(), True, bool(s.draw.random() < 0.5), str.split),
    "linear_margins": lambda s: (s.dense(), s.normal(s.m, s.k), s.normal(s.m, dtype=float)),
    "logistic_adaptive_pass": adaptive_pass,
    "logistic_csr_pass": csr_pass,
    "logistic_dual_pass": dual_pass,
    "logistic_dual_sums": dual_sums,
    "logistic_gradient": samples,
    "logistic_l1_pass": l1_pass,
    "logistic_loss": samples,
    "logistic_many_csr_pass": many_csr_pass,
    "logistic_many_pass": many_pass,
    "logistic_pass": lambda s: (s.dense(), s.steps(max(s.m, 2)), *s.linear("C"), s.m == 1 and bool(s.draw.random() < 0.3)),
    "logistic_probability": lambda s: (samples(s)[0], s.normal(s.k)),
    "materialize": lambda s: (s.maybe(s.normal(s.k)), *(arrays := s.linear("F"))[:1], arrays[2], lazy_of(s)),
    "materialize_l1": lambda s: (s.normal(s.m, s.k, order="F"), s.zeros(s.m, s.k, order="F"), np.array([1.0, 0.5])),
    "murmurhash3": lambda s: (s.words(),),
    "network_scorer": scorer,
    "permutation": lambda s: (s.n * s.k, s.draw.integers(0, 2**32, 6, np.uint32)),
    "row_scorer": lambda s: (s.normal(s.m, s.k), s.normal(s.m), bool(s.draw.random() < 0.5)),
    "sigmoid_sum_backward": lambda s: (*sigmoid_sum(s), s.normal(s.n)),
    "sigmoid_sum_forward": sigmoid_sum,
    "sigmoid_sum_gradients": sigmoid_sum,
    "sum_of_squares": lambda s: (s.normal(s.k),),
    "two_layer_backward": backward,
    "two_layer_forward": layers,
    "two_layer_jacobians": layers,
    "two_layer_minibatch_pass": minibatch,
    "two_layer_outputs": with_network,
    "two_layer_pass": network_pass,
}
