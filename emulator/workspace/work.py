"""The work of jobs beside the requests: each work has a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic

GRACE_SECONDS = 0.5
"""The time that the request with the start waits for the end: most work ends with this request."""
MAX_WAIT_SECONDS = 10
"""The time that a request waits for work that is due by the workspace's clock."""


@dataclass(frozen=True, slots=True)
class _Running:
    due: str
    thread: Thread


class Work:
    """The unfinished work of a workspace.

    Args:
        grace: The seconds that a start waits for the end; None to do the work in the request.
    """

    def __init__(self, grace: float | None = GRACE_SECONDS) -> None:
        self._grace = grace
        self._lock = Lock()
        self._running: dict[str, _Running] = {}

    def start(self, name: str, due: str, do: Callable[[], object]) -> None:
        """Start work.

        Args:
            name: The name of the work, used once.
            due: The time of the planned end, as text.
            do: Does the work, and raises no error in a thread.
        """
        if self._grace is None:
            do()
            return

        def run() -> None:
            try:
                do()
            finally:
                with self._lock:
                    del self._running[name]

        thread = Thread(target=run, name=f"work {name}", daemon=True)
        with self._lock:
            thread.start()
            self._running[name] = _Running(due, thread)
        thread.join(self._grace)

    def list_running(self) -> frozenset[str]:
        """Return the names of the unfinished work."""
        with self._lock:
            return frozenset(self._running)

    def finish(self, now: str | None = None) -> None:
        """Wait for the work that is due at a time, up to ``MAX_WAIT_SECONDS``.

        Args:
            now: The time; None to wait for all work, however long.
        """
        with self._lock:
            waiting = [
                one.thread for one in self._running.values() if now is None or one.due <= now
            ]
        end = monotonic() + MAX_WAIT_SECONDS
        for thread in waiting:
            thread.join(None if now is None else max(0.0, end - monotonic()))
