"""Turns: which thread runs a loop. The watch passes the turn on if one takes too long."""

from collections.abc import Callable
from threading import Event, Lock, Thread, local
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.http.connection import Connection

PATIENCE, TICK = 0.004, 0.002  # seconds that an application may hold up a loop, between two looks
DOZE = 1.0  # seconds without a request after which the watch waits to be woken


_here = local()
"""What each thread that runs a loop has of it: its turn."""


def give_up() -> None:
    """Let another thread go on with the loop that this one runs, which is about to wait."""
    turn: Turn | None = getattr(_here, "turn", None)
    if turn is not None:
        turn.give_up()


class Turn:
    """One thread's time at the loop, which it loses if an application takes too long.

    Args:
        watch: What looks at it.

    Attributes:
        connection: Whose request an application has worked on last.
        since: Since when it does, in seconds of the monotonic clock; 0 if it does not.
        requests: How many it has worked on.
        is_lost: Whether another thread has taken over.
    """

    __slots__ = ("_watch", "connection", "is_lost", "requests", "since")

    def __init__(self, watch: "Watch") -> None:
        self._watch = watch
        self.connection: Connection | None = None
        self.since = 0.0
        self.requests = 0
        self.is_lost = False

    def begin(self, connection: "Connection") -> None:
        """Note that an application begins to work on a request of a connection."""
        self.connection = connection
        self.requests += 1
        self.since = monotonic()
        if self._watch.is_dozing:  # looked at after the time was noted: see Watch
            self._watch.stir()

    def take(self) -> None:
        """Note that it is this thread's."""
        _here.turn = self

    def give_up(self) -> None:
        """Lose it at once, rather than when it has taken too long."""
        self._watch.pass_on(self)

    def end(self) -> bool:
        """Note that it has ended; return whether this thread runs the loop still."""
        with self._watch.lock:
            self.since = 0.0
            return not self.is_lost


class Watch:
    """Looks at the turn now and then, and passes it on where it has to be.

    Args:
        pass_on: Called with the turn that is to be lost, the lock being held.
        name: What its thread is called.

    Attributes:
        lock: What whoever passes a turn on, or ends one, holds.
        is_dozing: Whether it does not look before it is woken.
        turn: The turn that it looks at.
    """

    def __init__(self, pass_on: Callable[[Turn], None], name: str) -> None:
        self.lock = Lock()
        self.is_dozing = False
        self.turn = Turn(self)
        self._pass_on = pass_on
        self._stirred = Event()
        self._is_over = False
        self.thread = Thread(target=self._run, name=f"{name}:watch", daemon=True)

    def stir(self) -> None:
        """Wake it."""
        self._stirred.set()

    def pass_on(self, turn: Turn) -> None:
        """Pass a turn on, unless it is lost already."""
        with self.lock:
            if turn.since and not turn.is_lost:
                self._pass_on(turn)

    def end(self) -> None:
        """End it, and return when it has ended."""
        self._is_over = True
        self.stir()
        self.thread.join()

    def _run(self) -> None:
        requests, busy = 0, monotonic()
        while not self._is_over:
            sleep(TICK)
            turn, now = self.turn, monotonic()
            if turn.since and now - turn.since > PATIENCE:
                self._look_closer(now)
            if turn.since or turn.requests != requests:
                requests, busy = turn.requests, now
            elif now - busy > DOZE:
                self._doze()
                busy = monotonic()

    def _look_closer(self, now: float) -> None:
        with self.lock:
            if self.turn.since and now - self.turn.since > PATIENCE:
                self._pass_on(self.turn)

    def _doze(self) -> None:
        """Wait to be woken, unless a request came before it could know that we doze."""
        self._stirred.clear()
        self.is_dozing = True
        if not (self.turn.since or self._is_over):
            self._stirred.wait()
        self.is_dozing = False
