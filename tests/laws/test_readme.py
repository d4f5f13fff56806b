"""The README's examples print what they say: Python blocks as doctests, console blocks by running them."""

import doctest
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hotloop

README = Path(__file__).parents[2] / "README.md"

if not README.exists():
    pytest.skip("the README is not beside the tests", allow_module_level=True)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), flags=re.M | re.S)


@pytest.mark.long_on_reference
@pytest.mark.parametrize("block", blocks("python"))
def test_python_block(block):
    test = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    assert len(test.examples) > 2
    assert doctest.DocTestRunner().run(test).failed == 0


def test_examples_of_the_functions_on_arrays():
    result = doctest.testfile(str(README.parent / "docs" / "functional.md"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


@pytest.mark.long_on_reference
def test_console_block(tmp_path):
    pytest.importorskip("pyarrow")
    (block,) = [b for b in blocks("console") if "hotloop train" in b]
    commands = re.findall(r"^\$ ((?:[^\n]|\n(?=(?:import|d =|with| )))+)\n((?:(?!\$ ).*\n)*)", block, flags=re.M)
    assert len(commands) == block.count("$ ")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command, expected in commands:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
        )
        assert doctest.OutputChecker().check_output(expected, done.stdout, doctest.ELLIPSIS), done.stdout


SOURCES = Path(hotloop.__file__).parent
WITH_EXAMPLES = sorted(path for path in SOURCES.rglob("*.py") if ">>> " in path.read_text())


@pytest.mark.long_on_reference
@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_examples_of_docstrings(path):
    for library in ("pandas", "pyarrow"):
        if f"import {library}" in path.read_text():
            pytest.importorskip(library)
    result = doctest.testmod(import_module(".".join(("hotloop", *path.relative_to(SOURCES).with_suffix("").parts))))
    assert result.attempted > 0
    assert result.failed == 0
