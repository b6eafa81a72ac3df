"""Worker processes: forked from one that is set up, watched, replaced when they die, ended.

The process that forks them serves nobody and has no threads, so that it can fork at any time.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep
from typing import NoReturn

SOON = 5.0  # seconds; who dies before has died at once
MOST = 5  # workers in a row that die at once
GRACE = 10.0  # seconds that workers get to finish their requests
BETWEEN = 0.01  # seconds between looks at who has ended
LONGEST = 4096  # bytes that a worker tells
WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)

Ready = Callable[[str], object]


class CrewError(RuntimeError):
    """Workers die as soon as they begin."""


class Crew:
    """Some processes that do the same work.

    Args:
        size: How many.
        work: What each does until it gets SIGTERM or SIGINT, both of which are blocked. It calls
            what it is given once it is ready, with what there is to tell of it.
        warn: What takes lines about workers that died.
    """

    def __init__(
        self, size: int, work: Callable[[Ready], None], warn: Callable[[str], None]
    ) -> None:
        self._size = size
        self._work = work
        self._warn = warn
        self._workers: dict[int, float] = {}  # when each began, by process id
        self._died_at_once = 0
        self._watched, self._held = os.pipe()  # its end tells workers that this process has gone

    def run(self, ready: Ready) -> None:
        """Let them work until SIGINT or SIGTERM; none of them is left when this returns.

        Args:
            ready: Is called once all of them are, with what one of them has told.

        Raises:
            CrewError: They die at once, again and again.
        """
        signal.signal(signal.SIGCHLD, lambda *_: None)  # some systems drop what has no handler
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        try:
            told = [self._start() for _ in range(self._size)]
            if not all(told):
                raise CrewError("a worker ended before it could serve")
            ready(told[0])
            while signal.sigwait(WATCHED) == signal.SIGCHLD:
                self._replace()
        finally:
            self._end()

    def _start(self) -> str:
        """Fork a worker; return what it tells once it is ready, nothing if it ends before."""
        listening, telling = os.pipe()
        if not (worker := os.fork()):
            os.close(listening)
            os.close(self._held)
            self._be_worker(telling)
        self._workers[worker] = monotonic()
        os.close(telling)
        told = os.read(listening, LONGEST).decode()
        os.close(listening)
        return told

    def _be_worker(self, telling: int) -> NoReturn:
        code = 0
        try:
            Thread(target=self._follow, daemon=True).start()
            self._work(lambda told: os.write(telling, told.encode()))
        except BaseException:  # noqa: BLE001 - nothing of the process that was forked may go on here
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _follow(self) -> None:
        """Wait until the first process has gone, however it went, and end this one then."""
        os.read(self._watched, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _replace(self) -> None:
        """Start a worker for each that has died."""
        for worker, began in tuple(self._workers.items()):
            if (status := _reap(worker)) is None:
                continue
            del self._workers[worker]
            self._died_at_once = self._died_at_once + 1 if monotonic() - began < SOON else 0
            told = f"worker {worker} ended {_explain(status)}"
            if self._died_at_once >= MOST:
                raise CrewError(f"{told}, the last of {MOST} that did so at once")
            self._warn(f"{told}; another one takes its place")
            self._start()

    def _end(self) -> None:
        """Tell all to finish, and end those that take too long."""
        for worker in self._workers:
            os.kill(worker, signal.SIGTERM)
        deadline = monotonic() + GRACE
        while left := [worker for worker in self._workers if _reap(worker) is None]:
            self._workers = dict.fromkeys(left, 0.0)
            if monotonic() > deadline:
                for worker in left:
                    os.kill(worker, signal.SIGKILL)
            sleep(BETWEEN)
        self._workers = {}
        os.close(self._watched)
        os.close(self._held)


def _reap(worker: int) -> int | None:
    """Return how a worker ended, None if it has not."""
    ended, status = os.waitpid(worker, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _explain(status: int) -> str:
    """Return how a process ended, in words."""
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit code {status}"
