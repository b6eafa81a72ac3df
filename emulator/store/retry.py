"""Optimistic writes: read records, decide, and write if no record has changed in between."""

from collections.abc import Callable
from typing import TypeVar

from emulator.store.interface import StateConflict, StoreUnavailable

Result = TypeVar("Result")

ATTEMPTS = range(10_000)
"""The attempts at a step that meets conflicts (RST-5)."""


class StoreContended(StoreUnavailable):
    """Other requests have changed the data in each attempt at a step; nothing was written."""

    def __init__(self) -> None:
        super().__init__(f"other requests have changed the data in {len(ATTEMPTS)} attempts")


def retry_on_conflict(step: Callable[[], Result]) -> Result:
    """Repeat a step of reads and a write until the write meets no conflict.

    Of several steps in conflict at least one succeeds. So even a busy server needs few attempts.

    Raises:
        StoreContended: Each of ``ATTEMPTS`` has met a conflict.
    """
    for _ in ATTEMPTS:
        try:
            return step()
        except StateConflict:
            continue
    raise StoreContended
