"""Optimistic writes: look, decide, write what was decided if nothing changed in between."""

from collections.abc import Callable
from typing import TypeVar

from emulator.store.interface import StateConflict

Result = TypeVar("Result")


def settle(step: Callable[[], Result]) -> Result:
    """Repeat a step that looks at records until its write meets what it looked at.

    Of steps that collide one always gets on, so that each ends.
    """
    while True:
        try:
            return step()
        except StateConflict:
            continue
