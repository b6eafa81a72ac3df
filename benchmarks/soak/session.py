"""A client of one workspace: sends steps over its connection, and counts what it sent."""

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from benchmarks.soak.expectation import TEXT
from benchmarks.soak.step import Mismatch, Step
from benchmarks.soak.wire import Answer, Connection, Request, WireError

DEMO = "a" * 30
TOKEN = "/dwsso/oauth2/access_token"  # noqa: S105 - a path
CONTROL = "/__emulator__"
FORM = "application/x-www-form-urlencoded"
LIFETIME = 1799


@dataclass
class Tally:
    """What all clients have sent.

    Attributes:
        seconds: How long each answer took, by kind of request.
        injected: How much trouble was met, by sort.
    """

    seconds: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(_seconds))
    injected: Counter[str] = field(default_factory=Counter)


def _seconds() -> "array[float]":
    return array("d")


class Session:
    """A client.

    Args:
        connection: What it sends over.
        workspace: Where its requests belong to.
        tally: Where they are counted.
    """

    def __init__(self, connection: Connection, workspace: str, tally: Tally) -> None:
        self.connection = connection
        self.workspace = workspace
        self.tally = tally
        self.token = ""

    @property
    def url(self) -> str:
        """The base URL, as links have it."""
        return f"http://{self.connection.host}"

    def at(self, workspace: str) -> "Session":
        """Return a client of another workspace over the same connection, without a token yet."""
        return Session(self.connection, workspace, self.tally)

    async def send(self, step: Step) -> Answer:
        """Return the answer of a request that has no expectation yet, whatever it is."""
        headers: dict[str, str | None] = {"x-emulator-workspace": self.workspace}
        if self.token and step.request.path.startswith("/s/"):
            headers["Authorization"] = f"Bearer {self.token}"
        request = step.request
        try:
            answer = await self.connection.ask(
                Request(request.method, request.path, request.body, {**headers, **request.headers})
            )
        except WireError as error:
            raise Mismatch(f"{step.kind}: {error}\n  asked:    {request}") from error
        self.tally.seconds[step.kind].append(answer.seconds)
        return answer

    async def do(self, step: Step) -> Answer:
        """Send a request and hold its answer against what was foretold.

        Raises:
            Mismatch: It is another one.
        """
        answer = await self.send(step)
        step.check(answer)
        return answer

    async def control(
        self, method: str, path: str, body: Any = None, *, status: int = 200, content: Any
    ) -> Any:
        """Ask the control plane, and return the JSON of its answer.

        Raises:
            Mismatch: It is not what was foretold.
        """
        kind = f"control {path.split('/')[1].partition('?')[0]}"
        step = Step(kind, Request(method, CONTROL + path, body), status, content)
        return (await self.do(step)).json

    async def authorize(self) -> None:
        """Take a new token for the requests to come."""
        answer = await self.do(grant())
        self.token = answer.json["access_token"]


def grant() -> Step:
    """Return the request of a token."""
    form = f"grant_type=client_credentials&client_id={DEMO}&client_secret={DEMO}"
    request = Request("POST", TOKEN, form.encode(), {"Content-Type": FORM})
    content = {
        "access_token": TEXT,
        "scope": "mail",
        "token_type": "Bearer",
        "expires_in": LIFETIME,
    }
    return Step("token", request, 200, content)
