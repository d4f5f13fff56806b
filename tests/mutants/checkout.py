"""A copy of the checkout in which a line is broken, rebuilt and tested."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from .forked_pytest import first_failure
from .results import Result, hash_of
from .table import SOURCE, backends_of, nearest_tests

ROOT = SOURCE.parents[1]
KERNELS = Path("src/hotloop/kernels")


def copy_checkout(copy, built=None):
    """Copy what a build and a run of the tests need and build it, or copy what is ``built`` already; returns the copy."""
    if built:
        return Path(shutil.copytree(built, copy, copy_function=shutil.copy2))
    ignore = shutil.ignore_patterns("__pycache__", "*.so", "*.c.tmp")
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy2(ROOT / name, copy / name)
    (copy / "setup.py").write_text(quick_to_compile((ROOT / "setup.py").read_text()))
    build(copy)
    return copy


def quick_to_compile(setup):
    """Return setup.py with other flags for HOTLOOP_DEBUG: gcc takes a third of the time."""
    flags = '"-O1", "-g1"'
    if flags not in setup:
        raise ValueError(f"setup.py no longer has the flags {flags}")
    return setup.replace(flags, '"-O0", "-g0"')


def build(copy):
    """Build in place, without a second copy in build/ that comes back later; raises where a module could not be built."""
    command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", "src"]
    done = subprocess.run(command, cwd=copy, env=environment(copy), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the kernels do not build:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def environment(copy):
    free = {name: value for name, value in os.environ.items() if name not in ("HOTLOOP_BACKEND", "HOTLOOP_ISA")}
    own = {
        "PYTHONPATH": str(copy / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HOTLOOP_DEBUG": "1",
        "HOTLOOP_REQUIRE_KERNELS": "1",
    }
    return free | own


def modules_of(copy, path):
    """Return the stems of the compiled modules, as paths, whose code comes from a file of the kernels.

    The C headers in vectors/ are part of levels alone; the others are found by who imports or includes them.
    """
    if path.suffix == ".pyx":
        return {path.with_suffix("")}
    if path.parent.name == "vectors" and path.suffix != ".pxd":
        return {path.parent / "levels"}
    files = [file for file in (copy / KERNELS).rglob("*") if file.suffix in (".pyx", ".pxd")]
    reached, new = {path.with_suffix("")}, [path.stem]
    while new:
        name = new.pop()
        takes_it = re.compile(rf"\b{name} cimport|(?:cimport|extern from).*\b{name}\b")
        for stem in {file.with_suffix("") for file in files if takes_it.search(file.read_text())} - reached:
            reached.add(stem)
            new.append(stem.name)
    return {stem for stem in reached if stem.with_suffix(".pyx").exists()}


def products(stem):
    """Return the generated C and the shared library of a module."""
    return [*stem.parent.glob(f"{stem.name}.c"), *stem.parent.glob(f"{stem.name}.*.so")]


def outcome(copy, mutant):
    """Break the line in the copy and run its tests, one file after the other; the copy is whole again afterwards.

    What is built from the line is taken away, so that it is built again; times stay, so that nothing else is.
    """
    path = copy / "src" / "hotloop" / mutant.path
    text, times = path.read_text(), path.stat()
    if len(numbers := mutant.lines(text)) != 1:
        return Result("NOT FOUND", f"{len(numbers)} lines have it", hash_of(text))
    lines = text.splitlines(keepends=True)
    lines[numbers[0]] = lines[numbers[0]].replace(mutant.fragment, mutant.broken)
    stems = set() if path.suffix == ".py" else modules_of(copy, path)
    kept = {product: product.with_name(f"{product.name}.kept") for stem in stems for product in products(stem)}
    for product, aside in kept.items():
        product.rename(aside)
    write(path, "".join(lines), times)
    try:
        if stems:
            build(copy)
        backend, killer = first_killer(copy, mutant)
    except RuntimeError as error:
        return Result("NO BUILD", " ".join(str(error).split()), hash_of(text))
    finally:
        write(path, text, times)
        for product, aside in kept.items():
            aside.replace(product)
    if killer is None:
        return Result("SURVIVED", "no test", hash_of(text))
    if fails_anyway(copy, backend, killer):
        return Result("NO TEST", f"{killer} fails without the mutant, too", hash_of(text))
    return Result("killed", killer, hash_of(text))


def first_killer(copy, mutant):
    """Return the backend and the name of the first test that fails, or None twice."""
    for backend in backends_of(mutant.path):
        for test in nearest_tests(mutant.path):
            if killer := failure(copy, backend, test):
                return backend, killer
    return None, None


def failure(copy, backend, test):
    """Return the name of the first test that fails, from the folder of the tests on, or None."""
    failed = first_failure(copy, environment(copy), backend, f"tests/{test}")
    return failed and failed.removeprefix("tests/")


@cache
def fails_anyway(copy, backend, test):
    """Return whether a test fails in the whole copy."""
    return failure(copy, backend, test) is not None


def write(path, text, times):
    path.write_text(text)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
