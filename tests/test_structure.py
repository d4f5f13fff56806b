"""The tree holds to its own rules: who imports whom, what is imported late, and that every tag names a formula."""

import ast
import re
import sys
from pathlib import Path

import pytest

import hotloop

SOURCE = Path(hotloop.__file__).parent
EQUATIONS = Path(__file__).parents[1] / "docs" / "equations.md"

# From the bottom up; a module or package imports only what stands in a line above its own.
LAYERS = [
    {"reference", "kernels", "errors", "losses", "schedules", "validation"},
    {"backend", "columns", "streams"},
    {"sparse_rows"},
    {"encoders", "functional", "standardization", "training"},
    {"encoding", "logistic_state", "two_layer_state"},
    {"adaptive_state", "certificate", "complaints", "l1_state", "progressive"},
    {"fitting", "logistic_models"},
    {"logistic_dual", "logistic_stream", "search_rows"},
    {"two_layer_stream"},
    {"model", "search"},
    {"progress"},
    {"model_file"},
    {"estimators", "cli"},
]
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}
# Imported when a method that needs them is called.
LATE = {("model", "model_file"), ("model", "estimators")}
CORE = {"numpy", "cython", "libc", "cpython"}
TAG = re.compile(r"\((?:LR|NN|ST|CG|AD|DU)-\d+\)")


def sources(*suffixes):
    """Return the source files by their path in the package; an installed package has no .pyx."""
    return {p.relative_to(SOURCE).as_posix(): p for p in sorted(SOURCE.rglob("*")) if p.suffix in suffixes}


def top(path):
    """Return the module or package under hotloop that a file belongs to."""
    return path.split("/")[0].removesuffix(".py")


def imports(path):
    """Return (module, whether inside a function) for each import of a .py file, ``from hotloop import x`` as hotloop.x."""
    tree = ast.parse(path.read_text())
    late = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    late |= {
        id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.dump(i.test) for n in ast.walk(i)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in late) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(["hotloop", *path.relative_to(SOURCE).parts[:-1]]) if node.level else ""
            base = ".".join(filter(None, [package, node.module]))
            found += [(f"{base}.{a.name}" if base == "hotloop" else base, id(node) in late) for a in node.names]
    return set(found)


def own_imports(path):
    """Return the modules and packages under hotloop that a file imports."""
    return {(name.split(".")[1], late) for name, late in imports(path) if name.startswith("hotloop.")}


PY = sources(".py")


def test_every_module_has_its_layer():
    assert {top(path) for path in PY} - {"__init__", "__main__"} == set(LAYER)


@pytest.mark.parametrize("path", [path for path in PY if top(path) in LAYER])
def test_imports_run_downwards(path):
    own = top(path)
    for name, late in own_imports(PY[path]):
        if name == own or (name not in LAYER and hasattr(hotloop, name)):  # a public name such as __version__
            continue
        assert LAYER[name] < LAYER[own] or (late and (own, name) in LATE), f"{path} imports {name}"


def test_the_package_itself_imports_the_light_half():
    assert {name for name, late in own_imports(PY["__init__.py"]) if not late} == {"backend", "functional", "reference"}


@pytest.mark.parametrize("path", [path for path in sources(".py", ".pyx", ".pxd") if top(path) in ("reference", "kernels")])
def test_the_backends_stand_alone(path):
    """Nothing of hotloop beyond their own folder, nothing of each other, nothing but NumPy, C and the standard library."""
    text, own = (SOURCE / path).read_text(), top(path)
    for name in re.findall(r"^\s*(?:from|import|cimport)\s+([\w.]+)", text, re.MULTILINE):
        parts = name.split(".")
        if parts[0] == "hotloop":
            assert parts[1] == own
        elif parts[0]:  # else relative
            assert parts[0] in CORE | sys.stdlib_module_names, name


@pytest.mark.parametrize("path", PY)
def test_what_is_heavy_is_imported_late(path):
    """scikit-learn, and SciPy that it brings, by the estimators and, for its peers, the demo; everything else heavy inside the
    functions that use it."""
    for name, late in imports(PY[path]):
        library = name.split(".")[0]
        if library in sys.stdlib_module_names | {"numpy", "hotloop"}:
            continue
        if library in ("sklearn", "scipy"):
            assert path.startswith("estimators/") or (path == "cli/demo.py" and late)
        else:
            assert library in {"safetensors", "pyarrow", "rich"}
            assert late, f"{path} imports {name} at once"


def test_the_command_does_without_the_estimators():
    assert not {path for path in PY if top(path) == "cli" and "estimators" in {name for name, _ in own_imports(PY[path])}}


@pytest.mark.skipif(not EQUATIONS.exists(), reason="docs/equations.md is not beside the tests")
class TestTags:
    """(LR-4) in a source line names a formula of docs/equations.md."""

    defined = set(re.findall(rf"^### ({TAG.pattern})", EQUATIONS.read_text(), re.MULTILINE)) if EQUATIONS.exists() else set()
    files = {path: file.read_text() for path, file in sources(".py", ".pyx", ".pxd", ".h").items()}

    def test_every_tag_is_defined(self):
        assert {
            (path, tag) for path, text in self.files.items() for tag in TAG.findall(text) if tag not in self.defined
        } == set()

    def test_every_formula_is_computed_somewhere(self):
        assert len(self.defined) > 20
        assert self.defined - {tag for text in self.files.values() for tag in TAG.findall(text)} == set()

    def test_both_backends_show_the_same_formulas(self):
        """Beside each formula of a step stand a line of the oracle and a line of the kernels."""

        def tags(folder):
            text = "".join(text for path, text in self.files.items() if path.startswith(folder))
            return {tag for tag in TAG.findall(text) if tag[1:3] in ("LR", "NN", "AD", "DU")} - {
                "(LR-11)",  # which is no part of a step
                "(NN-10)",  # which is how the kernels go about it
            }

        if any(path.endswith(".pyx") for path in self.files):
            assert tags("reference/") == tags("kernels/") > {"(LR-1)", "(NN-9)"}
