"""Laws of the logistic functions, on every backend: gradients, order, weights, errors, statistics of columns."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from passes import drawn_rows, logistic_arguments, of_dtype, run, take
from tolerances import DIFFERENCE, SAMPLE, STEPS, WEIGHTS, central_differences, relative_error

EVERYTHING = {
    "intercept": True, "alpha": 0.05, "weighted": True, "averaged": True, "standardised": True, "shuffled": True
}  # fmt: skip


def arguments(n_samples=30, n_features=9, n_outputs=1, **options):
    return logistic_arguments(*drawn_rows(n_samples, n_features), n_outputs, **options)


def assert_same_bits(found, expected, *names):
    for name in names or expected:
        assert_array_equal(found[name], expected[name], err_msg=name)


@pytest.mark.parametrize("n_outputs", [1, 2, 4])
def test_a_step_is_the_gradient_of_the_objective(backend, n_outputs):
    """(W - W') / eta is d/dW [weight loss + alpha / 2 ||W||^2], (LR-4), (LR-5), (LR-8); the intercept has no alpha."""
    one = arguments(1, 5, n_outputs, eta=0.5, alpha=0.2, intercept=True, standardised=True)
    one["sample_weight"] = np.array([1.5])
    W, b = one["W"].copy(), one["b"].copy()

    def objective():
        loss, _ = run(backend.logistic_pass, one | {"W": W.copy(), "b": b.copy()})
        return loss + 0.1 * (W**2).sum()

    new = take(backend.logistic_pass, one, np.float64)
    slopes = central_differences(objective, W, b)
    for before, after, slope in zip((W, b), (new["W"], new["b"]), slopes, strict=True):
        assert_allclose((before - after) / one["eta"][0], slope, **DIFFERENCE._asdict())


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_l2_shrinks_the_weights_and_not_the_intercept(backend, dtype, n_outputs):
    """On a row of zeros a step is W <- (1 - eta alpha) W, whatever the label."""
    one = arguments(1, 5, n_outputs, eta=0.5, alpha=0.2, intercept=True)
    one["X"] = np.zeros((1, 5))
    new = take(backend.logistic_pass, one, dtype)
    free = take(backend.logistic_pass, one | {"alpha": 0.0}, dtype)
    assert_allclose(new["W"], one["W"] * (1 - 0.5 * 0.2), **STEPS[dtype]._asdict())
    assert_array_equal(new["b"], free["b"])
    assert (new["b"] != one["b"]).all()


def test_without_intercept(backend, dtype):
    """The first step is that from an intercept of 0, which then moves."""
    one = arguments(averaged=True)
    one["order"] = one["order"][:1]
    without, zero = (take(backend.logistic_pass, one | b, dtype) for b in ({}, {"b": np.zeros(1), "b_total": np.zeros(1)}))
    assert set(zero) - set(without) == {"b", "b_total"}
    for name in ("W", "W_total", "loss"):
        assert_allclose(without[name], zero[name], **STEPS[dtype]._asdict())
    assert zero["b"][0] != 0


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_averages_sum_the_iterates(backend, dtype, n_outputs):
    """(LR-10): the totals are the sum over steps of what a pass up to that step leaves."""
    start = arguments(16, 5, n_outputs, **EVERYTHING)
    whole = take(backend.logistic_pass, start, dtype)
    moving = [s for s, i in enumerate(start["order"]) if start["sample_weight"][i] > 0]
    iterates = [take(backend.logistic_pass, start | {"order": start["order"][: s + 1]}, dtype) for s in moving]
    assert 1 < len(iterates) < 16
    for name in ("W", "b"):
        total = sum(it[name].astype(np.float64) for it in iterates)
        assert_allclose(whole[f"{name}_total"], total, rtol=16 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
        assert_array_equal(whole[name], iterates[-1][name])


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("cuts", [[4], [0, 8, 8], [256], [4, 260, 296], range(4, 300, 4), [1, 3], [2, 255, 257, 299]], ids=str)
def test_a_pass_equals_its_pieces(backend, dtype, n_outputs, cuts):
    """To the bit where the cuts fall between blocks of four rows that move; elsewhere to rounding."""
    start = arguments(300, n_outputs=n_outputs, **EVERYTHING | {"weighted": False})
    start["sample_weight"][start["order"][7]] = 2.0
    whole = take(backend.logistic_pass, start, dtype)
    own, n_updates, loss = of_dtype(start, dtype), 0, 0.0
    for order in np.split(start["order"], list(cuts)):
        more, n = run(backend.logistic_pass, own | {"order": order, "eta": start["eta"][n_updates:]})
        n_updates, loss = n_updates + n, loss + more
    assert n_updates == whole["n_updates"] == 300
    assert loss == pytest.approx(whole["loss"], rel=SAMPLE[dtype].rtol)
    names = ("W", "b", "W_total", "b_total")
    if all(cut % 4 == 0 for cut in cuts):
        assert_same_bits(own, whole, *names)
    for name in names:
        assert relative_error(own[name], whole[name]) <= WEIGHTS[dtype]


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_same_input_same_bits(backend, dtype, n_outputs):
    start = arguments(n_outputs=n_outputs, **EVERYTHING)
    assert_same_bits(*(take(backend.logistic_pass, start, dtype) for _ in range(2)))


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_permuted_features_give_permuted_weights(backend, dtype, n_outputs):
    start = arguments(200, 9, n_outputs, **EVERYTHING)
    places = np.random.default_rng(0).permutation(9)
    permuted = start | {"X": start["X"][:, places], "W": start["W"][:, places]}
    permuted |= {name: start[name][places] for name in ("center", "scale")}
    found, expected = (take(backend.logistic_pass, a, dtype) for a in (permuted, start))
    assert relative_error(found["W"], expected["W"][:, places]) <= WEIGHTS[dtype]


def test_a_row_of_weight_zero_moves_nothing(backend, dtype):
    """Not even the step counter: the rows after it take the step sizes that they take without it."""
    start = arguments(**EVERYTHING)
    moving = start["sample_weight"][start["order"]] > 0
    assert 0 < moving.sum() < len(moving)
    found = take(backend.logistic_pass, start, dtype)
    assert_same_bits(found, take(backend.logistic_pass, start | {"order": start["order"][moving]}, dtype))
    assert found["n_updates"] == moving.sum()
    odd = start | {"y": np.where(start["sample_weight"] > 0, start["y"], np.nan)}  # nor is its label looked at
    assert_same_bits(take(backend.logistic_pass, odd, dtype), found)


def test_a_weight_scales_loss_and_step(backend, dtype):
    start = arguments(1, 5, eta=0.25, intercept=True)
    twice = start | {"sample_weight": np.array([2.0])}
    found = take(backend.logistic_pass, twice, dtype)
    plain, larger = (take(backend.logistic_pass, start | {"eta": eta * start["eta"]}, dtype) for eta in (1, 2))
    assert found["loss"] == pytest.approx(2 * plain["loss"], rel=1e-15)
    for name in ("W", "b"):
        assert_allclose(found[name], larger[name], **STEPS[dtype]._asdict())


def test_step_sizes_are_used_in_turn(backend, dtype):
    start = arguments(3, 5)
    one = {"order": start["order"][:1], "eta": start["eta"][:1]}
    W = take(backend.logistic_pass, start | one, dtype)["W"]
    for s in (1, 2):
        W = take(backend.logistic_pass, start | {"W": W, "order": start["order"][s : s + 1], "eta": start["eta"][s:]}, dtype)[
            "W"
        ]
    assert_allclose(take(backend.logistic_pass, start, dtype)["W"], W, rtol=8 * np.finfo(dtype).eps)
    assert len(set(start["eta"])) == 3


@pytest.mark.parametrize(
    ("margins", "y", "loss"),
    [([1000], 1, 0), ([1000], 0, 1000), ([-1000], 0, 0), ([-1000], 1, 1000)]
    + [([1000, 0, -1000], 0, 0), ([1000, 0, -1000], 1, 1000), ([1000, 0, -1000], 2, 2000)],
)
def test_extreme_margins(backend, dtype, margins, y, loss):
    """The loss is the margin's excess; a right answer beyond doubt moves nothing, a wrong one by eta."""
    W = np.array(margins, np.float64)[:, None] * np.eye(1, 4)
    start = arguments(1, 4, len(margins), eta=0.5) | {"X": np.eye(1, 4), "y": np.array([float(y)]), "W": W}
    new = take(backend.logistic_pass, start, dtype)
    assert new["loss"] == pytest.approx(loss, rel=1e-14, abs=1e-37)
    p = (np.array(margins) == 1000).astype(float)
    g = p - (np.arange(3) == y if len(margins) > 1 else y)
    assert_allclose(new["W"], W - 0.5 * g[:, None] * np.eye(1, 4), rtol=1e-7, atol=1e-37)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("place", range(10))
def test_divergence_stops_before_the_step(backend, dtype, n_outputs, place):
    """A margin overflows: the error names step and row, weights and sums are those of the steps before it."""
    start = arguments(12, 4, n_outputs, intercept=True, averaged=True, alpha=0.1)
    start["W"] *= 100
    start["order"] = np.roll(np.arange(12), 3)[:10].astype(np.intp)
    row = start["order"][place]
    own = of_dtype(start, dtype)
    own["X"].flags.writeable = True
    own["X"][row] = np.finfo(dtype).max * np.sign(own["W"][0])
    before = take(backend.logistic_pass, start | {"order": start["order"][:place]}, dtype)
    message = f"row {row} .* at step {place} "
    with pytest.raises(FloatingPointError, match=message), np.errstate(over="ignore", invalid="ignore"):
        run(backend.logistic_pass, own)
    for name in ("W", "b", "W_total", "b_total"):
        scale = np.abs(before[name]).max()
        assert_allclose(own[name], before[name], rtol=0, atol=16 * np.finfo(dtype).eps * scale, err_msg=name)


@pytest.mark.parametrize("row", [-1, 30])
def test_an_order_outside_the_rows_is_refused(backend, row):
    with pytest.raises(ValueError, match=rf"order\[1\] = {row} is no row of X, which has 30"):
        run(backend.logistic_pass, arguments() | {"order": np.array([0, row], np.intp)})


@pytest.mark.parametrize(("n_outputs", "label"), [(1, -1), (1, 2), (3, 3), (3, -0.5), (1, np.nan), (3, np.nan)])
def test_a_label_that_is_no_class_is_refused(backend, n_outputs, label):
    start = arguments(n_outputs=n_outputs)
    start["y"][7] = label
    with pytest.raises(ValueError, match=rf"y\[7\] = .* is no class index below {max(2, n_outputs)}"):
        run(backend.logistic_pass, start)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("y", np.zeros(29)),
        ("sample_weight", np.ones(31)),
        ("eta", np.ones(29)),
        ("center", np.zeros(8)),
        ("scale", None),
        ("W", np.zeros((1, 10))),
        ("b", np.zeros(2)),
        ("W_total", np.zeros((2, 9))),
        ("b_total", np.zeros(2)),
        ("b_total", None),
        ("W_total", None),
    ],
)
def test_shapes_that_disagree_are_refused(backend, name, value):
    with pytest.raises(ValueError, match="must|come together|has shape|goes with"):
        run(backend.logistic_pass, arguments(**EVERYTHING) | {name: value})


def test_no_steps(backend, dtype):
    start = arguments(**EVERYTHING)
    for nothing in ({"order": np.zeros(0, np.intp)}, {"sample_weight": np.zeros(30)}):
        new = take(backend.logistic_pass, start | nothing, dtype)
        assert (new["loss"], new["n_updates"]) == (0, 0)
        assert_array_equal(new["W"], start["W"].astype(dtype))


def test_threads_share_the_input(backend, dtype):
    start = of_dtype(arguments(400, 17, 3, **EVERYTHING), dtype)

    def train(scale):
        own = {name: start[name].copy() for name in ("W", "b", "W_total", "b_total")}
        run(backend.logistic_pass, start | own | {"eta": start["eta"] * scale})
        return own

    scales = [0.25, 0.5, 0.75, 1.0] * 2
    serial = [train(scale) for scale in scales]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(train, scales), serial, strict=True):
            assert_same_bits(found, expected)
    assert (serial[0]["W"] != serial[1]["W"]).all()


def test_rows_that_fill_up_a_block_add_no_loss(backend):
    """The inner product of a row with the copies that fill up its block overflows; its own margin does not."""
    start = arguments(5, 1, eta=1e-30) | {"X": np.full((5, 1), 1e20), "W": np.zeros((1, 1))}
    start |= {"order": np.array([0], np.intp), "y": np.ones(5)}
    new = take(backend.logistic_pass, start, np.float32)
    assert new["loss"] == pytest.approx(np.log(2), rel=1e-6)
    assert_allclose(new["W"], 0.5e-10, rtol=1e-6)
