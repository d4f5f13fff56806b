"""The tree holds to its own rules: who imports whom, what is imported late, and that every tag names a formula."""

import ast
import re
import sys
from pathlib import Path

import pytest

import hotloop

pytestmark = pytest.mark.no_backend
SOURCE = Path(hotloop.__file__).parent
EQUATIONS = Path(__file__).parents[2] / "docs" / "equations.md"

# From the bottom up. A room is a folder or a module of the package; it imports only rooms in a line above its own.
FLOORS = [
    {"structs", "metrics", "version"},
    {"reference", "kernels"},
    {"backend"},
    {"data"},
    {"functional", "preprocessing"},
    {"training"},
    {"logistic", "two_layer"},
    {"predictor"},
    {"persistence"},
    {"fit"},
    {"estimators", "cli"},
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
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


def own_imports(path, *, late=True):
    """Return the rooms of the package that a file imports; without ``late`` those that it imports at once."""
    return {name.split(".")[1] for name, is_late in imports(path) if name.startswith("hotloop.") and (late or not is_late)}


PY = sources(".py")


def module_of(path):
    """Return the dotted name of a source file."""
    return "hotloop." + path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")


def test_every_room_has_its_floor():
    assert {top(path) for path in PY} - {"__init__", "__main__"} == set(FLOOR)


@pytest.mark.parametrize("path", [path for path in PY if top(path) in FLOOR])
def test_imports_run_down(path):
    """Late imports, inside a function, count as any other."""
    own = top(path)
    for room in own_imports(PY[path]):
        assert room == own or FLOOR[room] < FLOOR[own], f"{path} imports {room}"


def test_no_module_imports_itself_by_way_of_others():
    modules = {module_of(path): file for path, file in PY.items() if "/" in path or top(path) in FLOOR}
    arrows = {name: {other for other, _ in imports(file)} & set(modules) - {name} for name, file in modules.items()}
    while free := [name for name, others in arrows.items() if not others]:
        arrows = {name: others - set(free) for name, others in arrows.items() if others}
    assert not arrows, f"in a circle, or above one: {sorted(arrows)}"


def test_the_package_itself_imports_the_light_half():
    assert own_imports(PY["__init__.py"], late=False) == {"backend", "functional", "reference", "version"}


@pytest.mark.parametrize("path", [path for path in sources(".py", ".pyx", ".pxd") if top(path) in ("reference", "kernels")])
def test_the_backends_stand_alone(path):
    """Nothing of hotloop but their own folder and the structs that both take; NumPy, C and the standard library."""
    text, own = (SOURCE / path).read_text(), top(path)
    for name in re.findall(r"^\s*(?:from|import|cimport)\s+([\w.]+)", text, re.MULTILINE):
        parts = name.split(".")
        if parts[0] == "hotloop":
            assert parts[1] in (own, "structs")
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
    assert not {path for path in PY if top(path) == "cli" and "estimators" in own_imports(PY[path])}


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
