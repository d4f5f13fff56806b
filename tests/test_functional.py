"""The functions on arrays: what they accept and refuse, and that they leave their inputs alone."""

import doctest

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from passes import at_odd_address

import hotloop.functional as F
from hotloop import reference

X = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [-1.5, 0.75, 2.0], [0.5, 0.5, -0.25]])
Y = np.array([1, 0, 0, 1])
W1 = np.array([[0.5, -0.25], [-0.75, 1.0], [0.25, 0.5]])
NETWORK = {
    "X": X,
    "W1": [[0.5, -0.25, 1.0], [-0.75, 1.0, 0.25], [0.25, 0.5, -1.0]],
    "b1": [0.125, -0.5, 0.25],
    "W2": [[1.0, -0.5], [0.75, 0.25], [-1.0, 2.0]],
    "b2": [0.5, -0.25],
}
CALLS = {
    "logistic_probability": {"X": X, "w": [0.5, -0.25, 1.0]},
    "logistic_loss": {"X": X, "y": Y, "w": [0.5, -0.25, 1.0]},
    "logistic_gradient": {"X": X, "y": Y, "w": [0.5, -0.25, 1.0]},
    "logistic_sgd": {"X": X, "y": Y, "w": [0.5, -0.25, 1.0], "eta": np.array([0.5, 0.25, 0.125, 1.0])},
    "sigmoid_sum_forward": {"X": X, "W": W1, "v": [1.0, 0.5]},
    "sigmoid_sum_gradients": {"X": X, "W": W1, "v": [1.0, 0.5]},
    "sigmoid_sum_backward": {"X": X, "W": W1, "v": [1.0, 0.5], "dy": [1.0, -1.0, 0.5, 2.0]},
    "two_layer_forward": NETWORK,
    "two_layer_jacobians": NETWORK,
    "two_layer_backward": NETWORK | {"do": [[1.0, -1.0], [0.5, 2.0], [-0.25, 1.0], [0.0, 0.5]]},
}
SHAPES = {
    "logistic_probability": [(4,)],
    "logistic_loss": [(4,)],
    "logistic_gradient": [(4, 3)],
    "logistic_sgd": [(3,)],
    "sigmoid_sum_forward": [(4, 2), (4, 2), (4,)],
    "sigmoid_sum_gradients": [(4,), (4, 3, 2), (4, 2)],
    "sigmoid_sum_backward": [(3, 2), (2,)],
    "two_layer_forward": [(4, 3), (4, 2)],
    "two_layer_jacobians": [(4, 2), (4, 2, 3, 3), (4, 2, 3), (4, 2, 3, 2), (4, 2, 2)],
    "two_layer_backward": [(3, 3), (3,), (3, 2), (2,)],
}

each_function = pytest.mark.parametrize("name", CALLS)


def call(name, **changed):
    """Call a function on its example; returns its results as a list."""
    found = getattr(F, name)(**CALLS[name] | changed)
    return list(found) if isinstance(found, tuple) else [found]


def assert_same_bits(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_every_function_is_tested():
    assert set(CALLS) == set(F.__all__)


def test_examples_of_the_docstrings(backend):
    failed, attempted = doctest.testmod(F)
    assert failed == 0 < attempted


@each_function
@pytest.mark.parametrize(
    ("given", "computed"),
    [(t, np.float32) for t in ("float16", "float32", "int8", "uint8", "int16", "bool")]
    + [(t, np.float64) for t in ("float64", "int32", "int64", "uint64")],
)
def test_shape_and_type_of_results(backend, name, given, computed):
    found = call(name, X=np.abs(X).astype(given))
    assert [a.shape for a in found] == SHAPES[name]
    assert {a.dtype.type for a in found} == {computed}


@each_function
def test_lists_and_views_are_as_good_as_arrays(backend, name):
    expected = call(name)
    assert_same_bits(call(name, X=X.tolist()), expected)
    assert_same_bits(call(name, X=np.asfortranarray(X)), expected)
    assert_same_bits(call(name, X=np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]), expected)
    assert_same_bits(call(name, X=X[::-1].copy()[::-1]), expected)
    assert_same_bits(call(name, **{key: at_odd_address(value) for key, value in CALLS[name].items()}), expected)


@each_function
def test_inputs_are_untouched_and_may_be_read_only(backend, name, dtype):
    own = {key: np.array(value, int if key == "y" else dtype) for key, value in CALLS[name].items()}
    kept = {key: value.copy() for key, value in own.items()}
    writeable = call(name, **own)
    for value in own.values():
        value.flags.writeable = False
    assert_same_bits(call(name, **own), writeable)
    for key in own:
        assert_array_equal(own[key], kept[key])


@each_function
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_its_place(backend, name, bad):
    what = "NaN" if np.isnan(bad) else "infinity"
    for key, value in CALLS[name].items():
        broken = np.array(value, np.float64)
        place = (2, 1) if broken.ndim == 2 else (1,)
        broken[place] = bad
        where = "row 2, column 1" if broken.ndim == 2 else "row 1"
        with pytest.raises(ValueError, match=f"{key} contains {what} at {where}"):
            call(name, **{key: broken})


def test_the_first_of_several_is_named():
    broken = X.copy()
    broken[3, 0] = broken[1, 2] = broken[2, 1] = np.nan
    with pytest.raises(ValueError, match="row 1, column 2"):
        F.logistic_probability(broken, np.ones(3))


def test_a_sum_that_overflows_is_no_infinity(backend):
    p = F.logistic_probability(np.full((4, 3), np.finfo(np.float64).max), np.zeros(3))
    assert_array_equal(p, np.full(4, 0.5))


@each_function
def test_shapes_that_disagree_are_refused(backend, name):
    for key, value in CALLS[name].items():
        for broken in (np.ones(5), np.ones((5, 4)), np.ones((2, 2, 2))):
            with pytest.raises(ValueError, match=r"has shape|dimensions|expected"):
                call(name, **{key: broken})
        with pytest.raises(ValueError, match="expected numbers"):
            call(name, **{key: np.array(value).astype(str)})


@pytest.mark.parametrize("name", ["logistic_loss", "logistic_gradient", "logistic_sgd"])
@pytest.mark.parametrize("label", [-1, 2, 0.5])
def test_labels_are_0_and_1(name, label):
    with pytest.raises(ValueError, match=rf"y must hold 0 and 1 only; y\[2\] is {label}"):
        call(name, y=[1, 0, label, 3])


def test_labels_may_be_of_any_number_type(backend):
    expected = call("logistic_sgd")
    for y in (Y.astype(bool), Y.astype(np.float32), Y.tolist()):
        assert_same_bits(call("logistic_sgd", y=y), expected)


@pytest.mark.parametrize("eta", [0, -0.5, [0.1, 0.2, 0.0, 0.3]])
def test_step_sizes_are_positive(eta):
    with pytest.raises(ValueError, match="eta must be positive; eta"):
        call("logistic_sgd", eta=eta)


def test_one_step_size_stands_for_all(backend):
    assert_same_bits(call("logistic_sgd", eta=0.25), call("logistic_sgd", eta=[0.25] * 4))


@each_function
def test_the_backend_is_an_argument(compiled, name):
    for chosen in ("compiled", "reference"):
        assert [a.shape for a in call(name, backend=chosen)] == SHAPES[name]
    with pytest.raises(ValueError, match="unknown backend"):
        call(name, backend="fast")


def test_the_backend_argument_reaches_the_backend(monkeypatch):
    monkeypatch.setattr(reference, "logistic_probability", lambda X, w: "asked")
    assert F.logistic_probability(X, np.ones(3), backend="reference") == "asked"


@each_function
def test_no_rows(backend, dtype, name):
    empty = {key: np.zeros(0, dtype) for key in ("y", "eta", "dy") if key in CALLS[name]} | {"X": np.zeros((0, 3), dtype)}
    empty |= {"do": np.zeros((0, 2), dtype)} if "do" in CALLS[name] else {}
    found = call(name, **empty)
    expected = [tuple(0 if n == 4 else n for n in shape) for shape in SHAPES[name]]
    assert [a.shape for a in found] == expected
    if name == "logistic_sgd":
        assert_array_equal(found[0], CALLS[name]["w"])
    if name.endswith("_backward"):
        assert not any(a.any() for a in found)


def test_divergence_names_the_step(backend, dtype):
    """A step of 1e20 turns to infinity what the next row of 1e20 multiplies."""
    big = 1e20 if dtype == np.float32 else 1e160
    rows = np.array([[1.0], [big], [big], [1.0]], dtype)
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="row 2 is not finite at step 2"):
        F.logistic_sgd(rows, [0, 1, 0, 0], [0.0], eta=1.0)
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="not finite after step 0; take a smaller eta"):
        F.logistic_sgd(rows[1:2], [1], [0.0], eta=np.finfo(np.float64).max)


def test_what_float32_does_not_hold_is_refused_or_infinite(backend):
    X, large = np.ones((2, 3), np.float32), np.array([1.0, 1e300, 1.0])
    with pytest.raises(ValueError, match="w contains infinity at row 1"):
        F.logistic_probability(X, large, backend=backend.name)
    with pytest.raises(ValueError, match="W contains infinity at row 1, column 0"):
        F.sigmoid_sum_forward(X, large[:, None], np.ones(1), backend=backend.name)
    with pytest.raises(ValueError, match="W1 contains infinity at row 1, column 0"):
        F.two_layer_forward(X, large[:, None], np.ones(1), np.ones((1, 1)), np.ones(1), backend=backend.name)
    assert not np.isfinite(F.logistic_loss(np.full((1, 1), 3e38, np.float32), [0], [3e38], backend=backend.name)).any()


def test_an_activation_is_a_word(backend):
    for activation in ({}, None, ["relu"]):
        with pytest.raises((TypeError, ValueError), match="activation"):
            F.two_layer_forward(np.ones((1, 1)), [[1.0]], [0.0], [[1.0]], [0.0], activation=activation, backend=backend.name)
