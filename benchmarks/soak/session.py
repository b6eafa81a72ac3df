"""The session of a client in one workspace: send requests, check answers, count."""

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.soak.connection import Answer, Connection, Request, WireError
from benchmarks.soak.matcher import TEXT
from benchmarks.soak.step import Mismatch, Step

CLIENT_ID = "a" * 30
TOKEN_PATH = "/dwsso/oauth2/access_token"  # noqa: S105 - a path
CONTROL_PATH = "/__emulator__"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
TOKEN_SECONDS = 1799


@dataclass
class Tally:
    """The requests of all clients.

    Attributes:
        seconds: The duration of each request, by kind of request.
        injected: The number of injected failpoints, by sort.
    """

    seconds: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(_seconds))
    injected: Counter[str] = field(default_factory=Counter)


def _seconds() -> "array[float]":
    return array("d")


class Session:
    """A session.

    Args:
        connection: The connection.
        workspace: The workspace of all requests.
        tally: The counters of all sessions.
    """

    def __init__(self, connection: Connection, workspace: str, tally: Tally) -> None:
        self.connection = connection
        self.workspace = workspace
        self.tally = tally
        self.token = ""

    @property
    def url(self) -> str:
        """The base URL in links."""
        return f"http://{self.connection.host}"

    def at(self, workspace: str) -> "Session":
        """Return a session in another workspace over the same connection, without a token."""
        return Session(self.connection, workspace, self.tally)

    async def send(self, step: Step) -> Answer:
        """Send a request, and return the answer without a check."""
        headers: dict[str, str | None] = {"x-emulator-workspace": self.workspace}
        if self.token and step.request.path.startswith("/s/"):
            headers["Authorization"] = f"Bearer {self.token}"
        request = step.request
        try:
            answer = await self.connection.ask(
                Request(request.method, request.path, request.body, {**headers, **request.headers})
            )
        except WireError as error:
            raise Mismatch(f"{step.kind}: {error}\n  request:  {request}") from error
        self.tally.seconds[step.kind].append(answer.seconds)
        return answer

    async def do(self, step: Step) -> Answer:
        """Send a request, check the answer, and return it.

        Raises:
            Mismatch: The answer differs from the expected one.
        """
        answer = await self.send(step)
        step.check(answer)
        return answer

    async def control(
        self, method: str, path: str, body: Any = None, *, status: int = 200, content: Any
    ) -> Any:
        """Send a request to the control plane, and return the JSON of the answer.

        Raises:
            Mismatch: The answer differs from the expected one.
        """
        kind = f"control {path.split('/')[1].partition('?')[0]}"
        step = Step(kind, Request(method, CONTROL_PATH + path, body), status, content)
        return (await self.do(step)).json

    async def authorize(self) -> None:
        """Get a new access token for the next requests."""
        answer = await self.do(grant())
        self.token = answer.json["access_token"]


def grant() -> Step:
    """Return the request for an access token."""
    form = f"grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_ID}"
    request = Request("POST", TOKEN_PATH, form.encode(), {"Content-Type": FORM_MEDIA_TYPE})
    content = {
        "access_token": TEXT,
        "scope": "mail",
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
    }
    return Step("token", request, 200, content)
