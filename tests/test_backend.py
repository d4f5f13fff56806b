"""Which backend runs: what the environment forces, what a missing one says, and that both offer the same functions."""

import inspect
import warnings

import pytest

import hotloop
from hotloop import backend, reference

GRAPH = {"Graph", "Node", "seven_nodes", "six_weights"}  # to read, not to be fast
LEVELS = {"active_level", "available_levels", "use_level"}


@pytest.fixture
def no_kernels(monkeypatch):
    monkeypatch.delenv("HOTLOOP_BACKEND", raising=False)
    monkeypatch.setattr(backend, "kernels", None)
    monkeypatch.setattr(backend, "_import_error", "no module named levels")
    monkeypatch.setattr(backend, "_warned", False)


def test_the_environment_decides_and_an_argument_overrides_it(compiled, monkeypatch):
    monkeypatch.setenv("HOTLOOP_BACKEND", "reference")
    assert backend.get_backend() is reference
    assert backend.get_backend("compiled") is compiled.package
    monkeypatch.setenv("HOTLOOP_BACKEND", "compiled")
    assert backend.get_backend() is compiled.package
    assert backend.get_backend("reference") is reference
    monkeypatch.setenv("HOTLOOP_BACKEND", "auto")
    assert backend.get_backend() is compiled.package
    monkeypatch.delenv("HOTLOOP_BACKEND")
    assert backend.get_backend() is compiled.package


def test_an_unknown_name_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="unknown backend 'fast'; expected one of auto, compiled, reference"):
        backend.get_backend("fast")
    monkeypatch.setenv("HOTLOOP_BACKEND", "Reference")
    with pytest.raises(ValueError, match="unknown backend 'Reference'"):
        backend.get_backend()


def test_falling_back_warns_once(no_kernels):
    with pytest.warns(RuntimeWarning, match="reference backend, .* slower: no module named levels"):
        assert backend.get_backend() is reference
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert backend.get_backend() is reference
        assert str(hotloop.backend_info()) == "reference (plain Python)"


def test_what_is_asked_for_by_name_does_not_warn(no_kernels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert backend.get_backend("reference") is reference


def test_forced_compiled_without_kernels_says_what_to_do(no_kernels, monkeypatch):
    with pytest.raises(ImportError, match="not available: no module named levels. Install a C compiler"):
        backend.get_backend("compiled")
    monkeypatch.setenv("HOTLOOP_BACKEND", "compiled")
    with pytest.raises(ImportError, match="not available"):
        backend.get_backend()


def test_a_package_without_kernels_works(run_python):
    code = """
import sys, warnings
sys.modules["hotloop.kernels.vectors.levels"] = None     # as if it had not been built
import hotloop, hotloop.functional as F
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    w = [F.logistic_sgd([[2.0, 4.0]], [1], [0.0, 0.0], eta=0.5).tolist() for _ in range(3)]
print(w[0], [c.category.__name__ for c in caught], hotloop.backend_info().backend)
"""
    assert run_python(code, HOTLOOP_BACKEND=None) == "[0.5, 1.0] ['RuntimeWarning'] reference"


def test_info(backend):
    info = hotloop.backend_info()
    assert info.backend == backend.name
    if backend.name == "reference":
        assert (info.instruction_set, str(info)) == ("none", "reference (plain Python)")
    else:
        assert info.instruction_set == backend.active_level() in info.instruction_sets
        assert info.instruction_sets[-1] == "baseline"
        assert str(info) == f"compiled, {info.instruction_set}"


def test_the_level_is_forced_by_name(compiled, run_python):
    code = "import hotloop; print(hotloop.backend_info().instruction_set)"
    level = compiled.active_level()
    assert run_python(code, HOTLOOP_ISA=level, HOTLOOP_BACKEND=None) == level
    highest = compiled.available_levels()[0]
    assert run_python(code, HOTLOOP_ISA=None, HOTLOOP_BACKEND=None) == highest
    code = "import hotloop\ntry: hotloop.backend_info()\nexcept ValueError as error: print(error)"
    message = run_python(code, HOTLOOP_ISA="sse9", HOTLOOP_BACKEND=None)
    assert message.startswith("HOTLOOP_ISA=sse9: there are ")
    assert "baseline" in message


def test_an_unknown_level_changes_nothing(compiled):
    level = compiled.active_level()
    with pytest.raises(ValueError, match="'sse9' is not available"):
        compiled.use_level("sse9")
    assert compiled.active_level() == level


def test_importing_hotloop_is_light(run_python):
    code = "import sys, hotloop; print([m for m in {} if m in sys.modules])"
    heavy = ["sklearn", "scipy", "pandas", "pyarrow", "rich", "safetensors", "matplotlib"]
    assert run_python(code.format(heavy)) == "[]"


def test_public_names_are_there():
    assert [name for name in hotloop.__all__ if not hasattr(hotloop, name)] == []
    assert set(hotloop.__all__) == set(dir(hotloop))
    with pytest.raises(AttributeError, match="'hotloop' has no attribute 'nothing'"):
        hotloop.nothing  # noqa: B018


def functions(package):
    """Return the names that a package exports, its modules aside."""
    return {name for name, value in vars(package).items() if not name.startswith("_") and not inspect.ismodule(value)}


def test_both_backends_export_the_same_functions(compiled):
    exported = {name for name in vars(backend.Backend) if not name.startswith("_")}
    assert exported == functions(reference) - GRAPH == functions(compiled.package) - LEVELS
    for name in exported:
        parameters = list(inspect.signature(getattr(reference, name)).parameters)
        if parameters[-1] == "round_to":  # as on paper: to read, not to be fast
            parameters.pop()
        assert parameters == list(inspect.signature(getattr(compiled, name)).parameters), name
