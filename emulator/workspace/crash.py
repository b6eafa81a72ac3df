"""Internal errors, kept so that a test can raise them again, and outages, which are none."""

import logging
from collections import deque
from collections.abc import Iterator

logger = logging.getLogger("emulator")

KEPT = 100


def log_outage(method: str, path: str, error: Exception) -> None:
    """Log in one line that a request could not be served for want of the data.

    The query is left out, since it may carry secrets.
    """
    logger.error("outage in %s %s: %s", method, path, " ".join(str(error).split()))


class CrashLog:
    """The latest internal errors; bounded, the oldest are dropped."""

    def __init__(self) -> None:
        self._crashes: deque[Exception] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Exception]:
        return iter(tuple(self._crashes))

    def record(self, method: str, path: str, error: Exception) -> None:
        """Log ``error`` with its traceback and keep it, naming the request it belongs to.

        The query is left out, since it may carry secrets.
        """
        error.add_note(f"while answering {method} {path}")
        logger.error("internal error in %s %s", method, path, exc_info=error)
        self._crashes.append(error)

    def check(self) -> None:
        """Raise the oldest error that was kept, and forget it; return if there is none."""
        if self._crashes:
            raise self._crashes.popleft()

    def clear(self) -> None:
        """Forget all errors that were kept."""
        self._crashes.clear()
