"""Which backend computes: the compiled kernels or the plain-Python reference. Both export the functions of ``Backend``."""

import os
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import cast

from hotloop import reference

try:
    from hotloop import kernels

    _import_error = ""
except ImportError as error:  # installed without a compiler, or built for another interpreter
    kernels = None  # type: ignore[assignment]
    _import_error = str(error)

NAMES = ("auto", "compiled", "reference")
REMEDY = "Install a C compiler (gcc or clang) and run 'pip install --force-reinstall --no-deps hotloop'"
_warned = False


def get_backend(backend: str = "auto") -> "Backend":
    """Return what computes: ``"compiled"``, ``"reference"``, or with ``"auto"`` what HOTLOOP_BACKEND says.

    Where it says nothing, the compiled kernels; where there are none, the reference, announced by one RuntimeWarning.

    Raises
    ------
    ValueError
        The name is unknown, or HOTLOOP_ISA names a level that is not there.
    ImportError
        The compiled kernels are asked for by name and are not there.
    """
    return cast(Backend, _package(backend))


def _package(backend: str) -> ModuleType:
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
        raise ImportError(f"the compiled kernels are not available: {_import_error}. {REMEDY}")
    if not _warned:
        _warned = True
        slower = "hotloop runs on its plain-Python reference backend, some hundred times slower"
        warnings.warn(f"{slower}: {_import_error}. {REMEDY}", RuntimeWarning, stacklevel=3)
    return reference


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
    """

    backend: str
    instruction_set: str
    instruction_sets: tuple[str, ...]

    def __str__(self) -> str:
        if self.backend == "reference":
            return "reference (plain Python)"
        return f"compiled, {self.instruction_set}"


def backend_info() -> BackendInfo:
    """Return which backend and instruction set run; HOTLOOP_BACKEND and HOTLOOP_ISA force them."""
    if _package("auto") is reference:
        return BackendInfo("reference", "none", tuple(kernels.available_levels()) if kernels is not None else ())
    return BackendInfo("compiled", kernels.active_level(), tuple(kernels.available_levels()))


class Backend:
    """The one list of what a backend computes, with the signatures of the reference. It is for type checkers.

    ``get_backend`` returns the package itself. A test holds both packages against this list.
    """

    adaptive_weights = staticmethod(reference.adaptive_weights)
    all_alike = staticmethod(reference.all_alike)
    binary_probabilities = staticmethod(reference.binary_probabilities)
    check_nonzeros = staticmethod(reference.check_nonzeros)
    column_moments = staticmethod(reference.column_moments)
    csr_column_moments = staticmethod(reference.csr_column_moments)
    csr_largest = staticmethod(reference.csr_largest)
    csr_margins = staticmethod(reference.csr_margins)
    csr_square = staticmethod(reference.csr_square)
    delimited_cells = staticmethod(reference.delimited_cells)
    hash_units = staticmethod(reference.hash_units)
    hash_words = staticmethod(reference.hash_words)
    linear_margins = staticmethod(reference.linear_margins)
    logistic_adaptive_pass = staticmethod(reference.logistic_adaptive_pass)
    logistic_csr_pass = staticmethod(reference.logistic_csr_pass)
    logistic_dual_pass = staticmethod(reference.logistic_dual_pass)
    logistic_dual_sums = staticmethod(reference.logistic_dual_sums)
    logistic_gradient = staticmethod(reference.logistic_gradient)
    logistic_l1_pass = staticmethod(reference.logistic_l1_pass)
    logistic_loss = staticmethod(reference.logistic_loss)
    logistic_many_csr_pass = staticmethod(reference.logistic_many_csr_pass)
    logistic_many_pass = staticmethod(reference.logistic_many_pass)
    logistic_pass = staticmethod(reference.logistic_pass)
    logistic_probability = staticmethod(reference.logistic_probability)
    materialize = staticmethod(reference.materialize)
    materialize_l1 = staticmethod(reference.materialize_l1)
    murmurhash3 = staticmethod(reference.murmurhash3)
    network_scorer = staticmethod(reference.network_scorer)
    permutation = staticmethod(reference.permutation)
    row_scorer = staticmethod(reference.row_scorer)
    sigmoid_sum_backward = staticmethod(reference.sigmoid_sum_backward)
    sigmoid_sum_forward = staticmethod(reference.sigmoid_sum_forward)
    sigmoid_sum_gradients = staticmethod(reference.sigmoid_sum_gradients)
    sum_of_squares = staticmethod(reference.sum_of_squares)
    two_layer_backward = staticmethod(reference.two_layer_backward)
    two_layer_forward = staticmethod(reference.two_layer_forward)
    two_layer_jacobians = staticmethod(reference.two_layer_jacobians)
    two_layer_minibatch_pass = staticmethod(reference.two_layer_minibatch_pass)
    two_layer_outputs = staticmethod(reference.two_layer_outputs)
    two_layer_pass = staticmethod(reference.two_layer_pass)
