"""A cached property without a lock, for objects made for every request."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801 - a decorator
    """A property with a value computed on first use.

    The value replaces the property in the object, so that further uses cost nothing. Since Python
    3.12, ``functools.cached_property`` works in the same way. Before, it takes a lock each time.

    Args:
        make: Returns the value. An exception of ``make`` is not cached.
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
