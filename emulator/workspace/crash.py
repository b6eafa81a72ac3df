"""The log of internal errors for tests, and the log line of outages."""

import logging
from collections import deque
from collections.abc import Iterator

logger = logging.getLogger("emulator")

MAX_CRASHES = 100


def log_outage(method: str, path: str, error: Exception) -> None:
    """Log an outage of the data in a line.

    The query is left out, since secrets may be in a query.
    """
    logger.error("outage in %s %s: %s", method, path, " ".join(str(error).split()))


class CrashLog:
    """The latest internal errors, ``MAX_CRASHES`` at most."""

    def __init__(self) -> None:
        self._crashes: deque[Exception] = deque(maxlen=MAX_CRASHES)

    def __iter__(self) -> Iterator[Exception]:
        return iter(tuple(self._crashes))

    def record(self, method: str, path: str, error: Exception) -> None:
        """Log and store an error, with a note about the request.

        The query is left out, since secrets may be in a query.
        """
        error.add_note(f"while answering {method} {path}")
        logger.error("internal error in %s %s", method, path, exc_info=error)
        self._crashes.append(error)

    def check(self) -> None:
        """Remove and raise the oldest error, if there are errors."""
        if self._crashes:
            raise self._crashes.popleft()

    def clear(self) -> None:
        """Remove all errors."""
        self._crashes.clear()
