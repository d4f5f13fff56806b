"""The README's examples print what they say: Python blocks as doctests, console blocks by running them."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"

if not README.exists():
    pytest.skip("the README is not beside the tests", allow_module_level=True)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), flags=re.M | re.S)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_block(block):
    test = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    assert len(test.examples) > 2
    assert doctest.DocTestRunner().run(test).failed == 0


def test_examples_of_the_functions_on_arrays():
    result = doctest.testfile(str(README.parent / "docs" / "functional.md"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


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


def test_public_docstrings():
    import hotloop.estimators.logistic
    import hotloop.estimators.two_layer
    import hotloop.functional
    import hotloop.reference.graph

    for module in (hotloop.estimators.logistic, hotloop.estimators.two_layer, hotloop.functional, hotloop.reference.graph):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0
