"""Optimistic writes: read records, decide, and write if no record has changed in between."""

from collections.abc import Callable
from typing import TypeVar

from emulator.store.interface import StateConflict

Result = TypeVar("Result")


def retry_on_conflict(step: Callable[[], Result]) -> Result:
    """Repeat a step of reads and a write until the write meets no conflict.

    Of several steps in conflict at least one succeeds, so that every step ends.
    """
    while True:
        try:
            return step()
        except StateConflict:
            continue
