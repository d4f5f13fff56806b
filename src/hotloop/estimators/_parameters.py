"""Parameters that several estimators share: declared once, as fields, and documented once."""

import inspect
from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any, TypeVar, dataclass_transform

E = TypeVar("E", bound=type)


@dataclass_transform(eq_default=False)
def with_constructor(cls: E) -> E:
    """Decorate an estimator: give it the constructor that its fields describe, and type checkers understand.

    A field is an annotated class attribute with a value: name, type and default of a parameter. Fields of bases come first. The
    parameters after ``_: KW_ONLY`` are given by keyword. As scikit-learn asks, the constructor stores each parameter under its
    name and does nothing else.

    An estimator is no dataclass: Dask and other libraries take two dataclasses with the same fields for the same object,
    whatever each of them has learnt.
    """
    signature = inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *_fields(cls)], return_annotation=None
    )

    def __init__(*args: Any, **kwargs: Any) -> None:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{cls.__name__}() {error}") from None
        bound.apply_defaults()
        self, *values = bound.arguments.values()
        vars(self).update(zip(list(bound.arguments)[1:], values, strict=True))

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    __init__.__module__ = cls.__module__
    cls.__init__ = __init__  # type: ignore[misc]
    return cls


def _fields(cls: type) -> list[inspect.Parameter]:
    """Return the parameters that the fields of a class and its bases describe, in the order of their declaration."""
    parameters: dict[str, inspect.Parameter] = {}
    for base in reversed(cls.__mro__):
        if base is not cls and not hasattr(vars(base).get("__init__"), "__signature__"):
            continue  # not decorated: its annotations are no fields
        kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
        for name, annotation in inspect.get_annotations(base).items():
            if annotation is KW_ONLY:
                kind = inspect.Parameter.KEYWORD_ONLY
            elif name in vars(base):
                parameters[name] = inspect.Parameter(name, kind, default=vars(base)[name], annotation=annotation)
    return list(parameters.values())


def with_docs(**parts: str) -> Callable[[E], E]:
    """Decorate a class: in its docstring ``{name}``, alone in a line, stands for the lines of the part ``name``."""

    def filled(cls: E) -> E:
        if cls.__doc__ is not None:  # python -OO drops docstrings
            text = inspect.cleandoc(cls.__doc__)
            for name, part in parts.items():
                text = text.replace("{" + name + "}", part.strip("\n"))
            cls.__doc__ = text
        return cls

    return filled
