"""Which backend computes: the compiled kernels or the plain-Python reference. Both export the same functions."""

import os
import warnings
from dataclasses import dataclass
from types import ModuleType

from hotloop import reference

try:
    from hotloop import kernels

    _import_error = ""
except ImportError as error:  # installed without a compiler, or built for another interpreter
    kernels = None  # type: ignore[assignment]
    _import_error = str(error)

NAMES = ("auto", "compiled", "reference")
_warned = False


def get_backend(backend: str = "auto") -> ModuleType:
    """Return the package that computes: ``"compiled"``, ``"reference"``, or with ``"auto"`` what HOTLOOP_BACKEND says.

    Where it says nothing, the compiled kernels; where there are none, the reference, announced by one RuntimeWarning.

    Raises
    ------
    ValueError
        The name is unknown, or HOTLOOP_ISA names a level that is not there.
    ImportError
        The compiled kernels are asked for by name and are not there.
    """
    global _warned
    asked = os.environ.get("HOTLOOP_BACKEND", "auto") if backend == "auto" else backend
    if asked not in NAMES:
        raise ValueError(f"unknown backend {asked!r}; expected one of {', '.join(NAMES)}")
    if asked == "reference":
        return reference
    if kernels is not None:
        level = os.environ.get("HOTLOOP_ISA")
        if level and level not in kernels.available_levels():
            raise ValueError(f"HOTLOOP_ISA={level}: there are {', '.join(kernels.available_levels())}")
        return kernels
    if asked == "compiled":
        raise ImportError(f"the compiled kernels are not available: {_import_error}. {_REMEDY}")
    if not _warned:
        _warned = True
        warnings.warn(
            f"hotloop runs on its plain-Python reference backend, some hundred times slower: {_import_error}. {_REMEDY}",
            RuntimeWarning,
            stacklevel=2,
        )
    return reference


_REMEDY = "Install a C compiler (gcc or clang) and run 'pip install --force-reinstall --no-deps hotloop'"


@dataclass(frozen=True)
class BackendInfo:
    """What computes here.

    Attributes
    ----------
    backend : {"compiled", "reference"}
    instruction_set : str
        Level in use, e.g. "x86-64-v3"; "none" for the reference.
    instruction_sets : tuple of str
        Levels that HOTLOOP_ISA can force on this build and CPU, the highest first.
    threads : int
        Threads used by one fit.
    """

    backend: str
    instruction_set: str
    instruction_sets: tuple[str, ...]
    threads: int = 1

    def __str__(self) -> str:
        if self.backend == "reference":
            return "reference (plain Python)"
        return f"compiled, {self.instruction_set}, {self.threads} thread"


def backend_info() -> BackendInfo:
    """Return which backend and instruction set run; HOTLOOP_BACKEND and HOTLOOP_ISA force them."""
    if get_backend() is reference:
        return BackendInfo("reference", "none", tuple(kernels.available_levels()) if kernels is not None else ())
    return BackendInfo("compiled", kernels.active_level(), tuple(kernels.available_levels()))
