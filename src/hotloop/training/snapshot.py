"""What brings an object that training changes back to where it was: states, column statistics."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from hotloop.data.validation import Array


@dataclass(frozen=True)
class Snapshot:
    """Attributes and entries of arrays as they were; good for one :meth:`restore`.

    Attributes
    ----------
    attributes : dict
        All public attributes; those that begin with an underscore are caches and not kept.
    entries : list of (array, index, values)
        What ``array[index]`` held, of arrays that are changed in place.
    """

    attributes: dict[str, Any]
    entries: list[tuple[Array, Any, Array]] = field(default_factory=list)

    @classmethod
    def of(cls, owner: Any) -> "Snapshot":
        """Return a snapshot of an object by its method ``copy``."""
        return cls(_public(owner.copy()))

    @classmethod
    def of_columns(cls, owner: Any, columns: Array, by_column: Sequence[Array], whole: Sequence[Array]) -> "Snapshot":
        """Return a snapshot that holds while nothing else than these arrays changes, and only in place.

        Parameters
        ----------
        owner : object
        columns : ndarray of int
        by_column : sequence of ndarray
            Arrays that change in these columns only, which lie along the first axis.
        whole : sequence of ndarray
            Arrays that may change anywhere.
        """
        entries: list[tuple[Array, Any, Array]] = [(array, columns, array[columns]) for array in by_column]
        return cls(_public(owner), entries + [(array, ..., copy(array)) for array in whole])

    def restore(self, owner: Any) -> None:
        """Bring ``owner`` back; arrays of the snapshot are its own afterwards."""
        for array, index, values in self.entries:
            array[index] = values
        for name, value in self.attributes.items():
            setattr(owner, name, value)


def _public(owner: Any) -> dict[str, Any]:
    slots = {name for kind in type(owner).__mro__ for name in getattr(kind, "__slots__", ())}
    return {name: getattr(owner, name) for name in slots | set(vars(owner)) if not name.startswith("_")}
