"""A function of four parameters or more says in its docstring what each of them is."""

import ast
import re
from pathlib import Path

import pytest

import hotloop

pytestmark = pytest.mark.no_backend
SOURCE = Path(hotloop.__file__).parent
PY = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}

FEWEST = 4
SECTION = re.compile(r"^(Parameters|Attributes)\n-+$", re.MULTILINE)
ENTRY = re.compile(r"^(\S.*?)(?: : .*)?$", re.MULTILINE)
ELSEWHERE = re.compile(r"(?:^|\s)(?:Parameters: as for|See) (?::func:)?`?([\w.]+?)`?[.,](?:\s|$)")


def own_parameters(node):
    """Return the names of the parameters of a function, without self, cls, ``*args`` and ``**kwargs``."""
    args = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [arg.arg for arg in args if arg.arg not in ("self", "cls")]


def described(docstring):
    """Return the names that the section Parameters (or Attributes) of a docstring has an entry for."""
    start = SECTION.search(docstring)
    if start is None:
        return set()
    section = re.split(r"\n\n(?=\w+(?: \w+)?\n-+(?:\n|$))", docstring[start.end() :])[0]
    return {name.strip("* ") for entry in ENTRY.findall(section) for name in entry.split(",")}


def undescribed(tree):
    """Yield the name of each function with four parameters or more, and those that no docstring describes.

    A constructor is described by the docstring of its class too. The versions of an ``@overload`` are described once, by the
    function behind them. A docstring may name the function that has the section.
    """

    def walk(node, of_class, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                yield from walk(child, ast.get_docstring(child) or "", f"{prefix}{child.name}.")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                names = own_parameters(child)
                overload = any("overload" in ast.unparse(decorator) for decorator in child.decorator_list)
                text = ast.get_docstring(child) or ""
                known = described(text) | (described(of_class) if child.name == "__init__" else set())
                missing = [name for name in names if name not in known]
                if len(names) >= FEWEST and missing and not overload and not ELSEWHERE.search(text):
                    yield prefix + child.name, missing
                yield from walk(child, "", f"{prefix}{child.name}.")
            else:
                yield from walk(child, of_class, prefix)

    return walk(tree, "", "")


SECTION_OF_THREE = '''
    """Do.

    Parameters
    ----------
    a, b : int
        One line
    c : {0, 1}

    Returns
    -------
    d : int
    """
'''


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("def f(a, b, c): pass", {}),
        ("def f(a, b, c, *args, **kwargs): pass", {}),
        ("class C:\n  def f(self, a, b, c): pass", {}),
        ("def f(a, b, *, c, d): pass", {"f": ["a", "b", "c", "d"]}),
        ("class C:\n  @classmethod\n  def _f(cls, a, b, c, d): 'Do it.'", {"C._f": ["a", "b", "c", "d"]}),
        ("if a:\n  def f():\n    def g(a, b, c, d): pass", {"f.g": ["a", "b", "c", "d"]}),
        (f"def f(a, b, c, d):{SECTION_OF_THREE}", {"f": ["d"]}),
        (f"def f(a, b, c, e):{SECTION_OF_THREE.replace('c :', 'c, e :')}", {}),
        ("def f(a, b, c, d): 'Do it. Parameters: as for :func:`g`.'", {}),
        ("def f(a, b, c, d): 'See hotloop.reference.f.'", {}),
        ("def f(a, b, c, d): 'Oversee it.'", {"f": ["a", "b", "c", "d"]}),
        ("def f(a, b, c, d): 'See what it is.'", {"f": ["a", "b", "c", "d"]}),
        (f"class C:{SECTION_OF_THREE}\n    def __init__(self, a, b, c): pass", {}),
        (f"class C:{SECTION_OF_THREE}\n    def __init__(self, a, b, c, e): pass", {"C.__init__": ["e"]}),
        (f"class C:{SECTION_OF_THREE}\n    def f(self, a, b, c, e): pass", {"C.f": ["a", "b", "c", "e"]}),
        ("@overload\ndef f(a, b, c, d): ...", {}),
    ],
)
def test_what_a_docstring_leaves_out_is_found(code, missing):
    assert dict(undescribed(ast.parse(code))) == missing


def test_there_are_functions_to_look_at():
    nodes = [node for path in PY.values() for node in ast.walk(ast.parse(path.read_text()))]
    assert sum(isinstance(node, ast.FunctionDef) and len(own_parameters(node)) >= FEWEST for node in nodes) > 100


@pytest.mark.parametrize("path", PY)
def test_from_four_parameters_on_each_is_described(path):
    missing = [f"{name}: {', '.join(names)}" for name, names in undescribed(ast.parse(PY[path].read_text()))]
    assert not missing, f"{path} has parameters without an entry in a section Parameters: {'; '.join(missing)}"


def test_a_docstring_sends_the_reader_to_a_section():
    """The function that a docstring names stands in the tree and has a section itself: no chain, and no name of the past."""
    texts, sent = {}, {}
    for path, file in PY.items():
        tree = ast.parse(file.read_text())
        for owner in ast.walk(tree):
            for node in getattr(owner, "body", []) if isinstance(owner, ast.Module | ast.ClassDef) else []:
                if isinstance(node, ast.FunctionDef):
                    name = f"{owner.name}.{node.name}" if isinstance(owner, ast.ClassDef) else node.name
                    text = ast.get_docstring(node) or ""
                    texts.setdefault(name, []).append(text)
                    for target in ELSEWHERE.findall(text) if len(own_parameters(node)) >= FEWEST else []:
                        sent[f"{path} {name}"] = target
    assert len(sent) > 5
    lost = {place: target for place, target in sent.items() if not any(map(described, texts.get(target, [])))}
    assert lost == {}
