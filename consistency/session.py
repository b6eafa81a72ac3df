"""A session of a client in a workspace: requests with a record of operations and outcomes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from consistency.data_set import CLIENT_ID
from consistency.history import OBSERVATIONS, Operation, Outcome
from consistency.recorder import Recorder
from consistency.wire import LOST, UNSENT, Answer, Connection, Request

WORKSPACE_HEADER = "x-emulator-workspace"
CONTROL = "/__emulator__"
TOKEN_PATH = "/dwsso/oauth2/access_token"  # noqa: S105 - a path
UNAVAILABLE = 503
REFUSED_BY_FAILPOINT = 418
"""A failpoint answers this status in place of the API: the request has no effect."""
MAX_TRIES = 1000
Outcomes = Mapping[int, Outcome]


class SessionError(Exception):
    """The server does not answer requests that are needed before a round."""


class Session:
    """A session.

    Args:
        url: The base URL of the server.
        workspace: The workspace.
        client: The name of the client.
        recorder: The record of the round.
    """

    def __init__(self, url: str, workspace: str, client: str, recorder: Recorder) -> None:
        self.client = client
        self.recorder = recorder
        self.connection = Connection(url, {WORKSPACE_HEADER: workspace})

    def authorize(self) -> None:
        """Get an access token; try again while the server is unavailable.

        Raises:
            SessionError: The server refuses.
        """
        grant = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_ID,
        }
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.insist(Request("POST", TOKEN_PATH, urlencode(grant), form))
        self.connection.headers["Authorization"] = f"Bearer {answer.json['access_token']}"

    def insist(self, request: Request) -> Answer:
        """Send a request until an answer of success comes.

        Raises:
            SessionError: The server refuses, or does not answer.
        """
        for _ in range(MAX_TRIES):
            answer = self.connection.ask(request)
            if answer.status in (200, 201, 204):
                return answer
            if answer.status not in (LOST, UNSENT, UNAVAILABLE):
                break
        raise SessionError(f"{request.method} {request.path}: the status is {answer.status}")

    def perform(
        self, operation: Operation, request: Request, outcomes: Outcomes
    ) -> tuple[Operation, Answer] | None:
        """Send the request of an operation.

        Returns:
            The operation with outcome and times, and the answer; None if the outcome is unknown, or
            the operation was not done. An unknown outcome is recorded.
        """
        answer = self.connection.ask(request)
        begun = replace(operation, client=self.client, invoked=answer.invoked)
        if answer.status in (UNSENT, REFUSED_BY_FAILPOINT):
            return None
        if answer.status in (LOST, UNAVAILABLE):
            if operation.action not in OBSERVATIONS:
                self.recorder.add(begun.lose_answer())
            return None
        outcome = outcomes.get(answer.status)
        if outcome is None:
            self.recorder.contradict(f"{request.method} {request.path}: {describe(answer)}")
            return None
        return replace(begun, outcome=outcome, completed=answer.completed), answer

    def control(self, operation: Operation, method: str, path: str, outcomes: Outcomes) -> None:
        """Send the request of an operation on the whole workspace to the control plane."""
        if done := self.perform(operation, Request(method, CONTROL + path), outcomes):
            self.recorder.add(done[0])

    def declare_failpoints(self, failpoints: list[dict[str, Any]]) -> bool:
        """Replace the failpoints of the workspace; return whether the server answered."""
        answer = self.connection.ask(Request("PUT", f"{CONTROL}/failpoints", failpoints))
        return answer.status in (200, 201)


def describe(answer: Answer) -> str:
    """Return status and body of an answer."""
    return f"the answer is {answer.status} {answer.json}"
