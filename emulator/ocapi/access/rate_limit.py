"""The rate limit of the token endpoints: counted and shown, not enforced (AUT-2)."""

from emulator.workspace.workspace import Workspace

LIMIT = "400, 400;w=60, 5000;w=60"
MAX_REQUESTS_PER_WINDOW = 400
WINDOW_SECONDS = 60


def count_request(workspace: Workspace) -> dict[str, str]:
    """Count a token request in the present window of the clock; return the headers."""
    window, elapsed = divmod(int(workspace.clock.now().timestamp()), WINDOW_SECONDS)
    last, count = workspace.token_requests
    count = count + 1 if last == window else 1
    workspace.token_requests = window, count
    return {
        "X-RateLimit-Limit": LIMIT,
        "X-RateLimit-Remaining": str(max(0, MAX_REQUESTS_PER_WINDOW - count)),
        "X-RateLimit-Reset": str(WINDOW_SECONDS - elapsed),
    }
