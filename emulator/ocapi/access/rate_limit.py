"""The rate limit of the token endpoints: counted and shown, not enforced (AUT-2)."""

from threading import Lock
from weakref import WeakKeyDictionary

from emulator.workspace.workspace import Workspace

LIMIT = "400, 400;w=60, 5000;w=60"
MAX_REQUESTS_PER_WINDOW = 400
WINDOW_SECONDS = 60


class RateLimit:
    """The numbers of token requests by workspace, in the present window of the clock."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: WeakKeyDictionary[Workspace, tuple[int, int]] = WeakKeyDictionary()

    def count(self, workspace: Workspace) -> dict[str, str]:
        """Count a request; return the headers of the answer."""
        window, elapsed = divmod(int(workspace.clock.now().timestamp()), WINDOW_SECONDS)
        with self._lock:
            last, count = self._counts.get(workspace, (window, 0))
            count = count + 1 if last == window else 1
            self._counts[workspace] = window, count
        return {
            "X-RateLimit-Limit": LIMIT,
            "X-RateLimit-Remaining": str(max(0, MAX_REQUESTS_PER_WINDOW - count)),
            "X-RateLimit-Reset": str(WINDOW_SECONDS - elapsed),
        }
