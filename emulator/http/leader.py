"""Leader/followers: a single thread leads the loop, and answers requests as well.

A request that is answered at once passes through no queue and wakes up no thread. The monitor, a
thread of its own, promotes a new leader where an application holds up the loop for longer than
``MAX_HOLD_SECONDS``. The old leader then ends with the answer.

==========  =====================================================  =====================
leader is   because                                                next
==========  =====================================================  =====================
idle        ``since`` is 0: the thread runs the loop               ``begin``: busy
busy        ``since`` is the time when the application was called  ``end``: idle
                                                                   ``promote``: replaced
replaced    another thread leads                                   the thread ends
==========  =====================================================  =====================

``end`` and ``promote`` take the lock, since both may happen at the same moment.
"""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread, local
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.http.connection import Connection

logger = logging.getLogger("emulator.http.listener")

MAX_HOLD_SECONDS = 0.004
"""The time that an application may hold up a loop."""
CHECK_SECONDS = 0.002
"""The time between two looks of the monitor."""
SLEEP_AFTER_SECONDS = 1.0
"""The time without requests after which the monitor sleeps."""

_thread = local()
"""The leader object of each thread."""


def release_loop() -> None:
    """Let another thread lead the loop at once: this thread is about to wait."""
    leader: Leader | None = getattr(_thread, "leader", None)
    if leader is not None:
        leader.release()


class Leader:
    """The leadership of a thread.

    Args:
        monitor: The monitor of the loop.

    Attributes:
        connection: The connection of the latest request.
        since: When the application was called, in seconds of the monotonic clock; 0 if the thread
            runs the loop.
        requests: The number of requests so far.
        is_replaced: Whether another thread leads.
    """

    __slots__ = ("_monitor", "connection", "is_replaced", "requests", "since")

    def __init__(self, monitor: "Monitor") -> None:
        self._monitor = monitor
        self.connection: Connection | None = None
        self.since = 0.0
        self.requests = 0
        self.is_replaced = False

    def enter(self) -> None:
        """Bind the leadership to the current thread."""
        _thread.leader = self

    def begin(self, connection: "Connection") -> None:
        """Note the call of an application for a request of a connection."""
        self.connection = connection
        self.requests += 1
        self.since = monotonic()
        # The order matters: the monitor says that it sleeps before it looks at ``since``.
        if self._monitor.is_asleep:
            self._monitor.wake()

    def release(self) -> None:
        """Hand the loop over now, rather than after ``MAX_HOLD_SECONDS``."""
        self._monitor.promote(self)

    def end(self) -> bool:
        """Note the end of the call; return whether the thread still leads."""
        with self._monitor.lock:
            self.since = 0.0
            return not self.is_replaced


class Monitor:
    """Promotes a new leader in the place of a slow leader.

    Args:
        promote: Starts a new leader in the place of the given one; called with the lock held.
        name: The name of the loop's threads.

    Attributes:
        lock: Held by ``promote`` and ``Leader.end``.
        is_asleep: Whether the monitor waits for ``wake``.
        leader: The present leader.
        thread: The monitor's thread.
    """

    def __init__(self, promote: Callable[[Leader], None], name: str) -> None:
        self.lock = Lock()
        self.is_asleep = False
        self.leader = Leader(self)
        self._promote = promote
        self._woken = Event()
        self._is_over = False
        self.thread = Thread(target=self._run, name=f"{name}:monitor", daemon=True)

    def wake(self) -> None:
        """Wake up the monitor."""
        self._woken.set()

    def promote(self, leader: Leader, seconds: float = 0.0) -> None:
        """Replace a leader by a new leader.

        Args:
            leader: The leader; nothing happens where the call of the application has ended.
            seconds: The time that the call must have lasted.
        """
        with self.lock:
            if leader.is_replaced or not leader.since or monotonic() - leader.since < seconds:
                return
            try:
                self._promote(leader)
            except Exception:
                logger.exception("internal error of the HTTP server: no new leader")
                leader.since = 0.0  # the others wait for this request, and no second try is made

    def end(self) -> None:
        """End the monitor's thread, and wait for the end."""
        self._is_over = True
        self.wake()
        self.thread.join()

    def _run(self) -> None:
        requests, busy = 0, monotonic()
        while not self._is_over:
            sleep(CHECK_SECONDS)
            leader, now = self.leader, monotonic()
            if leader.since and now - leader.since > MAX_HOLD_SECONDS:
                self.promote(leader, MAX_HOLD_SECONDS)
            if leader.since or leader.requests != requests:
                requests, busy = leader.requests, now
            elif now - busy > SLEEP_AFTER_SECONDS:
                self._sleep()
                busy = monotonic()

    def _sleep(self) -> None:
        """Wait for the next request."""
        self._woken.clear()
        self.is_asleep = True
        # A request may have begun before its thread could see ``is_asleep``.
        if not (self.leader.since or self._is_over):
            self._woken.wait()
        self.is_asleep = False
