"""Faults of processes: killed and paused workers, a paused and a restarted Redis."""

import signal
from collections import Counter
from collections.abc import Sequence
from random import Random
from threading import Event, Lock
from time import monotonic_ns

from consistency.history import Operation
from consistency.server import Redis, Target, send_signal

REST_SECONDS = (0.3, 1.2)
WORKER_PAUSE_SECONDS = (0.1, 1.5)
REDIS_PAUSE_SECONDS = (0.1, 1.0)
LONG_PAUSE_SECONDS = 6.0
"""Longer than workers wait for Redis: they answer 503, and Redis executes their commands later."""
OUTAGE_SECONDS = (0.0, 0.3)


class Faults:
    """The faults of a run, one after the other.

    Args:
        target: The servers.
        random: The source of random choices.

    Attributes:
        finished: Set to end the faults.
        counts: The number of faults by kind.
    """

    def __init__(self, target: Target, random: Random) -> None:
        self.finished = Event()
        self.counts: Counter[str] = Counter()
        self._target = target
        self._random = random
        self._losses: list[tuple[int, int | None]] = []
        self._lock = Lock()

    def run(self) -> None:
        """Inject faults until the end; without Redis there is nothing to do."""
        redis = self._target.redis
        if redis is None:
            return
        while not self.finished.wait(self._random.uniform(*REST_SECONDS)):
            (kind,) = self._random.choices(
                ("kill", "pause", "pause Redis", "long pause", "restart", "lose"),
                (30, 25, 20, 3, 15, 10),
            )
            if kind in ("kill", "pause"):
                self._trouble_worker(kills=kind == "kill")
            elif kind in ("restart", "lose"):
                self._restart(redis, lose=kind == "lose")
            else:
                self._pause_redis(redis, is_long=kind == "long pause")

    def list_losses(self, since: int) -> Sequence[Operation]:
        """Return the losses of all data that ended after a time."""
        with self._lock:
            losses = list(self._losses)
        return [
            Operation(
                client="redis",
                action="lose",
                outcome="unknown" if end is None else "ok",
                invoked=begin,
                completed=end,
            )
            for begin, end in losses
            if end is None or end >= since
        ]

    def _trouble_worker(self, *, kills: bool) -> None:
        """Kill a worker, and gunicorn starts another one; or pause a worker."""
        workers = self._target.list_workers()
        if not workers:
            return
        worker = self._random.choice(workers)
        if kills:
            self.counts["killed workers"] += send_signal(worker, signal.SIGKILL)
        elif send_signal(worker, signal.SIGSTOP):
            self.counts["paused workers"] += 1
            self.finished.wait(self._random.uniform(*WORKER_PAUSE_SECONDS))
            send_signal(worker, signal.SIGCONT)

    def _pause_redis(self, redis: Redis, *, is_long: bool) -> None:
        self.counts["long pauses of Redis" if is_long else "pauses of Redis"] += 1
        send_signal(redis.process, signal.SIGSTOP)
        pause = LONG_PAUSE_SECONDS if is_long else self._random.uniform(*REDIS_PAUSE_SECONDS)
        self.finished.wait(pause)
        send_signal(redis.process, signal.SIGCONT)

    def _restart(self, redis: Redis, *, lose: bool) -> None:
        """Kill Redis, and start it with all data or with none."""
        begin = monotonic_ns()
        if lose:
            with self._lock:
                self._losses.append((begin, None))
        redis.stop(lose=lose)
        self.finished.wait(self._random.uniform(*OUTAGE_SECONDS))
        redis.start()
        if lose:
            with self._lock:
                self._losses[-1] = begin, monotonic_ns()
        self.counts["restarts of Redis without data" if lose else "restarts of Redis"] += 1
