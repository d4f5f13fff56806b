"""Passes with several threads each, several of them at once."""

from concurrent.futures import ThreadPoolExecutor

from numpy.testing import assert_array_equal
from passes import drawn_rows
from two_layer_passes import trained, two_layer_arguments


def test_passes_of_several_threads_each(compiled, dtype):
    """Whether threads pay is a state that all of them share: no result depends on it."""
    start = two_layer_arguments(drawn_rows(300, 20)[0], 300, "softmax", eta=1e-3, alpha=0.05)
    alone = trained(compiled, start, dtype)
    assert (alone["W1"] != start["W1"].astype(dtype)).any()
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda n_jobs: trained(compiled, start | {"n_jobs": n_jobs}, dtype), [2, 3] * 4):
            for name in alone:
                assert_array_equal(found[name], alone[name], err_msg=name)
