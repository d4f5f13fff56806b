"""Fixtures: each test that takes ``backend`` runs on every backend and instruction-set level of this machine."""

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # cases and tolerances, wherever pytest was started

# The same examples in every run; a backend fixture holds for all examples of a test.
settings.register_profile(
    "hotloop", derandomize=True, deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("hotloop")


def pytest_addoption(parser):
    parser.addoption(
        "--backend",
        metavar="NAME",
        help="run the tests on one backend: reference, compiled or compiled-LEVEL (default: on all)",
    )
    parser.addoption(
        "--without-fixture",
        action="store_true",
        help="only the tests whose backend is that of the environment: a run without this takes the others to every backend",
    )


def pytest_configure(config):
    """Force the backend before anything imports hotloop; without compiled kernels the reference, so that nothing warns."""
    if name := config.getoption("--backend"):
        os.environ["HOTLOOP_BACKEND"], _, level = name.partition("-")
        if level:
            os.environ["HOTLOOP_ISA"] = level
    if _compiled()[0] is None:
        os.environ.setdefault("HOTLOOP_BACKEND", "reference")


def pytest_collection_modifyitems(config, items):
    """``--without-fixture`` leaves out what a run on all backends has done already, and what is the same on each."""
    if not config.getoption("--without-fixture"):
        return
    done = [item for item in items if {"backend", "compiled"} & set(item.fixturenames) or item.get_closest_marker("no_backend")]
    items[:] = [item for item in items if item not in set(done)]
    config.hook.pytest_deselected(items=done)


def pytest_generate_tests(metafunc):
    """``backend``: the reference and each compiled level; ``compiled``: the levels alone. Forced names restrict both."""
    levels, why_not = _compiled()
    forced = os.environ.get("HOTLOOP_BACKEND", "auto")
    if levels is None:
        compiled = [pytest.param("compiled", marks=pytest.mark.skip(reason=f"no compiled kernels here: {why_not}"))]
    elif forced == "reference":
        compiled = [pytest.param("compiled", marks=pytest.mark.skip(reason="the reference backend is forced"))]
    else:
        compiled = [f"compiled-{level}" for level in levels if level == os.environ.get("HOTLOOP_ISA", level)]
    if "compiled" in metafunc.fixturenames:
        metafunc.parametrize("compiled", compiled, indirect=True)
    elif "backend" in metafunc.fixturenames:
        ids = compiled if forced == "compiled" else ["reference"] if forced == "reference" else ["reference", *compiled]
        metafunc.parametrize("backend", ids, indirect=True)


def _compiled():
    """Return the compiled levels, or None and why there are none."""
    try:
        return import_module("hotloop.kernels").available_levels(), ""
    except ImportError as error:
        return None, str(error)


@dataclass(frozen=True)
class Backend:
    """A backend under test: the functions of its package as attributes; ``name`` is what ``backend=`` takes."""

    name: str
    package: ModuleType

    def __getattr__(self, function):
        return getattr(self.package, function)


def _activate(request, monkeypatch):
    name, _, level = request.param.partition("-")
    monkeypatch.setenv("HOTLOOP_BACKEND", name)  # for what chooses by itself
    package = import_module("hotloop.reference" if name == "reference" else "hotloop.kernels")
    before = package.active_level() if level else None
    if level:
        package.use_level(level)
    yield Backend(name, package)
    if level:
        package.use_level(before)


@pytest.fixture
def backend(request, monkeypatch):
    yield from _activate(request, monkeypatch)


@pytest.fixture
def compiled(request, monkeypatch):
    yield from _activate(request, monkeypatch)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def run_python():
    """Run a program in a fresh interpreter that imports the same hotloop; returns what it printed, or fails with its error."""

    def run(code, **environment):
        import hotloop

        env = {**os.environ, "PYTHONPATH": str(Path(hotloop.__file__).parents[1]), **environment}
        env = {name: value for name, value in env.items() if value is not None}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
