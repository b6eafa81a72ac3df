"""A server that answers with the answers of a recording."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from emulator.corpus.exchange import Answer, Exchange, Head, Request
from emulator.corpus.grade import Difference
from emulator.corpus.replay import Replay
from emulator.corpus.server import ApiClient

HEAD = Head("a server", "EMULATOR", "2026-06-01", "2026-06-01T12:00:00Z")
OWN_CLIENT = ApiClient("own-client", "own-secret")


class Echo:
    """A server that answers in turn, whatever the request.

    Args:
        answers: The answers.
        known_client: The API client of the server.

    Attributes:
        requests: The requests so far.
    """

    url = "http://127.0.0.1:1"
    client = OWN_CLIENT

    def __init__(self, answers: Sequence[Answer], known_client: str = OWN_CLIENT.id) -> None:
        self._known_client = known_client
        self.started: datetime | None = None
        self._answers = list(answers)
        self.requests: list[Request] = []

    def knows(self, client_id: str) -> bool:
        return client_id == self._known_client

    def set_time(self, recorded: datetime) -> datetime:
        return recorded

    def token(self) -> str:
        return "own-token"

    def wait(self) -> None:
        pass

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        return self._answers[len(self.requests) - 1]


def replay_answers(
    exchanges: Sequence[Exchange],
    answers: Sequence[Answer],
    head: Head = HEAD,
    known_client: str = OWN_CLIENT.id,
) -> tuple[list[Difference], list[Request]]:
    """Return the differences of answers from recorded ones, and the sent requests."""
    echo = Echo(answers, known_client)
    replay = Replay(head, exchanges, echo)
    return [one for exchange in exchanges for one in replay.play(exchange)], echo.requests


def grade_answer(recorded: Answer, answered: Answer, **others: object) -> list[Difference]:
    """Return the differences of the answer to one request."""
    exchange = replace(Exchange(Request("GET", "/x"), recorded), **others)  # type: ignore[arg-type]
    return replay_answers([exchange], [answered])[0]
