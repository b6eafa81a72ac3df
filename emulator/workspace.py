"""A workspace: one isolated copy of the data with its own clock and its own internal errors."""

from dataclasses import dataclass, field
from typing import Any

from emulator.clock import Clock
from emulator.crash import CrashLog
from emulator.store import Store


@dataclass
class Workspace:
    """The state that one set of clients shares; ``reset`` brings back its first content."""

    store: Store
    clock: Clock = field(default_factory=Clock)
    crashes: CrashLog = field(default_factory=CrashLog)
    origin: Any = field(init=False)

    def __post_init__(self) -> None:
        self.origin = self.store.snapshot()

    def reset(self) -> None:
        """Bring the data back to what they were at the start."""
        self.store.restore(self.origin)
