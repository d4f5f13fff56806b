"""The benchmarks run: each candidate on a few rows, with its error; what is stored is what is compared."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import pytest
from cases import few

ROOT = Path(__file__).parents[2]
if not (ROOT / "bench").is_dir():
    pytest.skip("the benchmarks are not beside the tests", allow_module_level=True)
if os.environ.get("HOTLOOP_BACKEND") == "reference":
    pytest.skip("the reference backend is forced", allow_module_level=True)
pytestmark = pytest.mark.no_backend  # they take each level in turn
sys.path.append(str(ROOT))
ratios = import_module("bench.speed.ratios")
FAMILIES = {name: import_module(f"bench.speed.{name}") for name in ("logistic", "csr", "two_layer")}
CASES = [
    pytest.param(family, few(case, 320, 300), id=case.name)
    for family in FAMILIES.values()
    for case in family.CASES
    if not case.name.endswith(("2^24", "10000"))  # the same but for their size
]


@pytest.fixture(autouse=True)
def _level_as_before(monkeypatch):
    monkeypatch.delenv("HOTLOOP_DATA", raising=False)  # drawn rows
    kernels = import_module("hotloop.kernels")
    before = kernels.active_level()
    yield
    kernels.use_level(before)


@pytest.mark.filterwarnings("ignore")  # of so few rows, and of peers after one epoch
@pytest.mark.parametrize(("family", "case"), CASES)
def test_every_candidate_runs_and_is_exact(family, case, monkeypatch):
    monkeypatch.setattr("bench.speed.peers.two_layer.TURN", 1e-4)
    found, kernels = family.candidates(case), import_module("hotloop.kernels")
    assert len({candidate.key for candidate in found}) == len(found) > len(kernels.available_levels())
    for candidate in found:
        if candidate.oracle is None:
            candidate.take_turn()
        elif not candidate.key.startswith(("sgd", "mlp", "numba", "torch", "jax", "exact_net")):
            assert candidate.error(100) < (1e-10 if candidate.key.endswith("float64") else 1e-4), candidate.name


def test_what_is_stored_is_compared():
    stored = json.loads((ROOT / "bench" / "baseline.json").read_text())["ratios"]
    assert set(stored) <= set(ratios.BY_KEY)
    assert len(ratios.BY_KEY) == len(ratios.RATIOS)
    now = {key: {case: 0.95 * value for case, value in cases.items()} for key, cases in stored.items()}
    assert ratios.lost(now, stored) == []
    key = "logistic_pass@best / numba"
    now[key]["dense-28"] = 0.5
    assert [line.partition(" is ")[0] for line in ratios.lost(now, stored)] == ["lost: pass over numba loop (dense-28)"]
    with pytest.raises(ValueError, match="no ratio is called pass over numba loop"):
        ratios.lost(now, {"pass over numba loop": {}})


def test_ratios_are_found_by_key():
    level = import_module("hotloop.kernels").available_levels()[0]
    rows = [
        {"case": "dense-8", "key": key, "n_samples": 100, "seconds": seconds}
        for key, seconds in ((f"logistic_pass@{level}", [1.0, 2.0, 4.0]), ("logistic_many_pass", [16.0, 16.0, 16.0]))
    ]
    assert ratios.ratios(rows) == {"logistic_many_pass / logistic_pass@best": {"dense-8": 2.0}}


def test_the_readme_lists_every_script():
    text = (ROOT / "bench" / "README.md").read_text()
    scripts = [path for path in (ROOT / "bench").rglob("*.py") if "\nif __name__ == " in path.read_text()]
    assert len(scripts) > 8
    for path in scripts:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
        assert f"python -m {name}" in text, name


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_is_small(path):
    svg = path.read_text()
    assert len(svg) < 100_000
    assert import_module("bench.picture").small(svg) == svg
