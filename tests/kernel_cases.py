"""One table: a case of each kernel. The laws take it for agreement and gradients, bench/speed/csr.py for L1 and adaptive steps.

A case starts from weights of 0, or from what is drawn, calls the kernel once, and tells what it has learnt or found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from cases import BENCH, BENCH_CSR, BENCH_NETWORKS, Case, CSRCase, NetworkCase, few

from hotloop.structs import AdaptiveRule, BatchOptimizer, ColumnMoments, CSRRows, DenseRows, Dropout, Network, Pass

N_MODELS = 3
WEIGHTS_OF_MODELS = np.array([[1, 0, 2], [1, 1, 0]], np.uint8)  # of the even rows, and of the odd ones


@dataclass(frozen=True)
class KernelCase:
    """A kernel over the rows of a case.

    Attributes
    ----------
    kernel : str
        A function that both backends export.
    case : Case, CSRCase or NetworkCase
    start : callable
        (n_features, dtype) -> the arrays that the kernel overwrites.
    take : callable
        (backend, rows, steps, arrays) -> what the kernel returns; a benchmark times this alone.
    found : callable
        (backend, arrays, told) -> list of arrays, to be compared; the first are weights and intercept.
    variant : str
        Tells cases of one kernel apart.
    descends : bool
        A first step is -eta times the gradient of the loss of its row.
    """

    kernel: str
    case: Case | CSRCase | NetworkCase
    start: Callable[[int, Any], Any]
    take: Callable[[Any, Any, Pass, Any], Any]
    found: Callable[[Any, Any, Any], list[Any]]
    variant: str = ""
    descends: bool = False

    @property
    def name(self) -> str:
        """Of the kernel, and the variant."""
        return f"{self.kernel}@{self.variant}" if self.variant else self.kernel


def csr_of(X, dtype=None, *, ones=False):
    """Return a SciPy CSR matrix as the backends take it; with ``ones`` without its values."""
    dtype = np.dtype(dtype or X.dtype)
    longest = int(np.diff(X.indptr).max(initial=0))
    data = None if ones else X.data.astype(dtype, copy=False)
    return CSRRows(X.indptr.astype(np.int64), X.indices, data, X.shape[1], dtype, longest)


def rows_of(case, X, dtype):
    """Return the rows of a case as the backends take them."""
    if isinstance(X, np.ndarray):
        return DenseRows(X.astype(dtype, copy=False))
    return csr_of(X, dtype, ones=getattr(case, "ones", False))


def zeros(shape, dtype):
    """Return an array of zeros in Fortran order, whose memory is there before a clock starts."""
    found = np.empty(shape, dtype, order="F")
    found[:] = 0
    return found


def linear(backend, arrays, told):
    """Return weights and intercept, then what was told."""
    return [arrays[0], arrays[1], np.array(told, np.float64)]


def start_dense(n_features, dtype):
    return np.zeros((1, n_features), dtype), np.zeros(1), None, None


def start_csr(n_features, dtype):
    return zeros((1, n_features), dtype), np.zeros(1), None, None, np.eye(1, 6)[0]


def found_csr(backend, arrays, told):
    backend.materialize(None, arrays[0], arrays[2], arrays[4])
    return linear(backend, arrays, told)


def start_l1(n_features, dtype):
    return zeros((1, n_features), dtype), np.zeros(1), zeros((1, n_features), np.float64), np.array([1.0, 0.0])


def take_l1(backend, rows, steps, arrays):
    """Take steps of an elastic net where the steps have a strength."""
    return backend.logistic_l1_pass(rows, steps, 0.5, *arrays)


def found_l1(backend, arrays, told):
    W, b, applied_l1, lazy = arrays
    backend.materialize_l1(W, applied_l1, lazy)
    return [W, b, np.array(told)]


def adaptive(name):
    """Return start, take and found of adaptive steps by a rule."""
    rule = AdaptiveRule(name, 0.1, float(name == "ftrl"))

    def start(n_features, dtype):
        normalized = (np.zeros(n_features, dtype), np.zeros(1)) if name == "normalized" else (None, None)
        return zeros((2, 1, n_features), dtype), np.zeros((2, 1), order="F"), *normalized

    def take(backend, rows, steps, arrays):
        return backend.logistic_adaptive_pass(rows, steps, rule, *arrays)

    def found(backend, arrays, told):
        return [backend.adaptive_weights(rule, arrays[0], arrays[2]), arrays[1][0], np.array(told)]

    return start, take, found


def start_dual(n_features, dtype):
    """Duals of the label alone, as a training starts; there are as many as the rows, which ``take`` adds."""
    return zeros((1, n_features), np.float64), np.zeros(1)


def take_dual(backend, rows, steps, arrays):
    W = arrays[0] if isinstance(rows, CSRRows) else np.ascontiguousarray(arrays[0])
    dual = np.full((len(rows), 1), -np.inf)
    told = backend.logistic_dual_pass(rows, steps, 1e-3 * len(rows), 0.025 * len(rows), W, arrays[1], dual)
    arrays[0][:] = W
    return told


def many(steps):
    """Return the steps of models whose step sizes and strengths differ; the last is the plain one, and has all rows."""
    share = np.array([0.5, 0.25, 1.0])
    return Pass(steps.order, steps.y, steps.sample_weight, steps.eta[:, None] * share, steps.alpha * share)


def multiplier(rows):
    """Return how often a row counts in a model: 1 in the last of them."""
    found = WEIGHTS_OF_MODELS[np.arange(len(rows)) % 2].copy()
    found[:, -1] = 1
    return found


def take_many(backend, rows, steps, arrays):
    W, b = arrays
    return backend.logistic_many_pass(rows, many(steps), multiplier(rows), np.ones(N_MODELS), W, b, None, None)


def take_many_csr(backend, rows, steps, arrays):
    return backend.logistic_many_csr_pass(rows, many(steps), multiplier(rows), *arrays)


def found_many(backend, arrays, told):
    """Return those of the last model first, then of all."""
    W = arrays[0] * (arrays[3][0][:, None] if len(arrays) > 2 else 1)
    return [W[-1:], arrays[1][-1:], W, arrays[1], told]


def call(function):
    """Return start, take and found of a kernel that returns what it finds; ``function`` is of backend, rows and steps."""
    return (lambda n_features, dtype: None), (lambda backend, rows, steps, _: function(backend, rows, steps)), lambda *of: of[2]


def drawn(shape, dtype):
    """Return weights, the same on both backends."""
    return (np.random.default_rng(0).standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32).astype(dtype)


def find_margins(backend, rows, steps):
    m = backend.linear_margins(rows, drawn((2, rows.n_features), rows.X.dtype), np.ones(2))
    p = np.empty((len(m), 2))
    backend.binary_probabilities(m[:, 0].copy(), p)
    return [m, p]


def find_moments(backend, rows, steps):
    """Return total, mean, deviation and extremes, of non-zeros where the rows are CSR."""
    arrays = [np.zeros(1), *np.zeros((6, rows.n_features))]
    if isinstance(rows, CSRRows):
        backend.csr_column_moments(rows, steps.sample_weight, ColumnMoments(*arrays))
    else:
        backend.column_moments(rows, steps.sample_weight, ColumnMoments(*arrays[:6]), True)
    return arrays


def find_scores(backend, rows, steps):
    coef = drawn((3, rows.n_features), np.float64)
    score = backend.row_scorer(coef, np.ones(3))
    return [np.array([score(x) for x in rows.X])]


def read_cells(backend, rows, steps):
    """Return the cells of the rows, written as text."""
    lines = [[*(f"{x:.7g}" for x in row), "word"] for row in rows.X[:50].tolist()]
    text = "\n".join(",".join(line) for line in lines).encode()
    kinds = np.array([1] * rows.X.shape[1] + [2], np.int8)
    numbers, ends = np.empty((rows.X.shape[1], len(lines))), np.empty((1, len(lines) + 1), np.int32)
    words = np.zeros((1, len(text)), np.uint8)
    n_rows = backend.delimited_cells(text, 0, ord(","), kinds, numbers, ends, words)
    return [np.array([n_rows]), numbers, ends, words]


def find_hashes(backend, rows, steps):
    """Return the hashed words of texts that name the columns of each row above 0."""
    documents = [" ".join(f"c{j}" for j in np.flatnonzero(x > 0)) for x in rows.X]
    return [np.array(a) for a in backend.hash_words(documents, 1, 2, 1000, False, True, str.split)]


def find_order(backend, rows, steps):
    return [backend.permutation(len(rows), np.arange(6, dtype=np.uint32))]


def network_of(rows, output="softmax"):
    """Return a network of 9 hidden units and 10 outputs for the rows; tanh has no kink that rounding might cross."""
    draw, dtype = np.random.default_rng(1), rows.dtype if isinstance(rows, CSRRows) else rows.X.dtype
    shapes = (rows.n_features, 9), (9,), (9, 10), (10,)
    scales = 1 / np.sqrt(rows.n_features), 0.1, 1 / 3, 0.1
    arrays = [scale * draw.standard_normal(shape) for shape, scale in zip(shapes, scales, strict=True)]
    return Network(*(a.astype(np.float32).astype(dtype) for a in arrays), output, "tanh")


def weights_of(network):
    return [network.W1, network.b1, network.W2, network.b2]


def find_network(backend, rows, steps):
    network = network_of(rows)
    return [*weights_of(network), np.array(backend.two_layer_pass(rows, steps, network, Dropout()))]


def find_minibatch(backend, rows, steps):
    network = network_of(rows)
    moments = [np.zeros_like(w) for w in weights_of(network)]
    optimizer = BatchOptimizer("sgd", 8, momentum=0.9, nesterov=True)
    told = backend.two_layer_minibatch_pass(rows, steps, network, optimizer, moments, Dropout())
    return [*weights_of(network), np.array(told)]


def find_outputs(backend, rows, steps):
    return [backend.two_layer_outputs(rows, network_of(rows))]


def find_derivatives(backend, rows, steps):
    return list(backend.two_layer_jacobians(rows.X, *weights_of(network_of(rows)), "tanh"))


def find_gradients(backend, rows, steps):
    delta = np.random.default_rng(2).standard_normal((len(rows), 10))
    return list(backend.two_layer_backward(rows, delta, network_of(rows)))


def find_sigmoid_sum(backend, rows, steps):
    """Only columns above 0 and weights above 0, so that no unit is near its kink."""
    X, W = np.abs(rows.X) + rows.X.dtype.type(0.1), np.abs(network_of(rows).W1)
    return list(backend.sigmoid_sum_gradients(X, W, np.linspace(-1, 1, 9).astype(X.dtype)))


DENSE, CSR, NETWORK = few(BENCH[1]), few(BENCH_CSR[0]), few(BENCH_NETWORKS[3], 120)

KERNEL_CASES = [
    KernelCase(
        "logistic_pass", DENSE, start_dense, lambda backend, *of: backend.logistic_pass(*of[:2], *of[2]), linear, descends=True
    ),
    KernelCase(
        "logistic_csr_pass",
        CSR,
        start_csr,
        lambda backend, *of: backend.logistic_csr_pass(*of[:2], *of[2]),
        found_csr,
        descends=True,
    ),
    KernelCase("logistic_l1_pass", CSR, start_l1, take_l1, found_l1, descends=True),
    *(KernelCase("logistic_adaptive_pass", CSR, *adaptive(rule), variant=rule) for rule in ("adagrad", "ftrl", "normalized")),
    KernelCase("logistic_dual_pass", CSR, start_dual, take_dual, linear),
    KernelCase(
        "logistic_many_pass",
        DENSE,
        lambda k, dtype: (np.zeros((N_MODELS, k), dtype), np.zeros(N_MODELS)),
        take_many,
        found_many,
        descends=True,
    ),
    KernelCase(
        "logistic_many_csr_pass",
        CSR,
        lambda k, dtype: (zeros((N_MODELS, k), dtype), np.zeros(N_MODELS), None, np.repeat([[1.0], [0.0]], N_MODELS, axis=1)),
        take_many_csr,
        found_many,
        descends=True,
    ),
    KernelCase("linear_margins", DENSE, *call(find_margins)),
    KernelCase("sum_of_squares", DENSE, *call(lambda backend, rows, _: [np.array(backend.sum_of_squares(rows.X[0]))])),
    KernelCase("row_scorer", DENSE, *call(find_scores)),
    KernelCase("column_moments", DENSE, *call(find_moments)),
    KernelCase("csr_column_moments", CSR, *call(find_moments)),
    KernelCase("permutation", DENSE, *call(find_order)),
    KernelCase("hash_words", DENSE, *call(find_hashes)),
    KernelCase("delimited_cells", DENSE, *call(read_cells)),
    KernelCase("two_layer_pass", NETWORK, *call(find_network)),
    KernelCase("two_layer_minibatch_pass", NETWORK, *call(find_minibatch)),
    KernelCase(
        "two_layer_outputs", NETWORK, *call(lambda backend, rows, _: [backend.two_layer_outputs(rows, network_of(rows))])
    ),
    KernelCase("two_layer_jacobians", NETWORK, *call(find_derivatives)),
    KernelCase("two_layer_backward", NETWORK, *call(find_gradients)),
    KernelCase("sigmoid_sum_gradients", NETWORK, *call(find_sigmoid_sum)),
]
BY_NAME = {case.name: case for case in KERNEL_CASES}


def drawn_rows(case):
    """Return X and y of any case."""
    return case.arrays()[:2] if isinstance(case, NetworkCase) else case.rows()


def steps_of(case, y, *, alpha=0.0, order=None):
    """Return a pass over the rows of a case in their order, all of weight 1, with the step size that suits them."""
    n = len(y)
    eta = np.full(n, getattr(case, "eta", 0.05))
    return Pass(np.arange(n, dtype=np.intp) if order is None else order, y, np.ones(n), eta, alpha)


def run(case, backend, dtype, *, alpha=0.0, order=None):
    """Run a kernel case on its rows, as its own type holds them; return what is found."""
    X, y = drawn_rows(case.case)
    arrays = case.start(X.shape[1], dtype)
    told = case.take(backend, rows_of(case.case, X, dtype), steps_of(case.case, y, alpha=alpha, order=order), arrays)
    return case.found(backend, arrays, told)
