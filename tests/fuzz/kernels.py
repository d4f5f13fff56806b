"""Entry "kernels": a valid call of a function of a backend with one to three things wrong, its arrays at fences."""

import warnings
from dataclasses import fields, is_dataclass, replace

import numpy as np

from hotloop.backend import get_backend

from .brief import brief
from .damage import damaged
from .fences import Fences
from .kernel_calls import CALLS, Sizes

_fences = None


def case(draw):
    """Return what tells the case, and its call."""
    name = draw.choice(list(CALLS))
    args = CALLS[name](Sizes(np.random.default_rng(draw.getrandbits(64))))
    for _ in range(draw.choice([0, 1, 1, 1, 1, 1, 2, 3])):
        place = draw.randrange(len(args))
        args = (*args[:place], damaged(draw, args[place]), *args[place + 1 :])
    args = fenced(args, draw.random() < 0.7)
    if draw.random() < 0.1:
        args = overlapping(draw, args)
    row = next((a for a in args if isinstance(a, np.ndarray)), np.zeros(3))

    def call():
        with np.errstate(all="ignore"), warnings.catch_warnings():  # as every caller of a kernel does
            warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
            run()

    def run():
        try:
            told = getattr(get_backend(), name)(*args)
        except MemoryError:
            if name != "permutation":  # which is asked for so many numbers outright
                raise
            return
        if callable(told):
            width = getattr(args[0], "shape", row.shape)[-1:] or (3,)
            told(np.ones(width[0] if draw.random() < 0.8 else 4, draw.choice(["f4", "f8", "i4", ">f8"])))

    return lambda: f"{name}({brief(list(args))[5:-1]})", call


def overlapping(draw, args):
    """Return the arguments with one array in the memory of another, where there are two that are plain."""
    places = [i for i, a in enumerate(args) if type(a) is np.ndarray and a.flags.c_contiguous and a.dtype.kind in "fiub"]
    if len(places) < 2:
        return args
    one, other = draw.sample(places, 2)
    own, memory = args[one], args[other].reshape(-1).view(np.uint8)
    if memory.nbytes < own.nbytes or memory.ctypes.data % max(own.itemsize, 1):
        return args
    laid = memory[: own.nbytes].view(own.dtype).reshape(own.shape)
    return (*args[:one], laid, *args[one + 1 :])


def fenced(value, at_end):
    """Return the value with each array in it copied to a fence."""
    global _fences
    if _fences is None:
        _fences = Fences()
    _fences.clear()
    return _with_fences(value, at_end)


def _with_fences(value, at_end):
    if isinstance(value, np.ndarray):
        return _fences.copy(value, at_end)
    if isinstance(value, list | tuple):
        return type(value)(_with_fences(item, at_end) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _with_fences(getattr(value, one.name), at_end) for one in fields(value)})
    return value
