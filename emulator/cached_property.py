"""Parts of a request: each made when it is first asked for, and kept."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class part(Generic[T]):  # noqa: N801 - it is used as a decorator
    """A property that is computed once.

    What it returns takes its place in the object, so that further looks cost nothing. Python's own
    ``cached_property`` does the same since 3.12; before, it takes a lock each time one is made.

    Args:
        make: Returns it; what is raised is raised again by each look.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: object, kind: type | None = None) -> T: ...
    def __get__(self, owner: object, kind: type | None = None) -> Self | T:
        if owner is None:
            return self
        made = owner.__dict__[self._name] = self._make(owner)
        return made
