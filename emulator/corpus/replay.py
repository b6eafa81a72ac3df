"""Replay: send the requests of recordings, and grade the answers."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit

from emulator.corpus.accepted import Accepted
from emulator.corpus.binding import Bindings
from emulator.corpus.exchange import (
    Answer,
    Body,
    CorpusError,
    Exchange,
    Head,
    Recording,
    Request,
    find_header,
)
from emulator.corpus.grade import Difference, grade, is_unfinished
from emulator.corpus.operation import is_change, name_operation
from emulator.corpus.server import ApiClient, Local, UnansweredError
from emulator.fixture.data_set import list_bundled

DEFAULT_DATA_SET = "storefront"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
CLIENT_HEADER = "x-dw-client-id"
MAX_WAIT_SECONDS = 60  # for the end of a job execution
MIN_REFUSAL, UNAUTHORIZED_STATUS = 400, 401
BASIC_SCHEME, BEARER_SCHEME = "basic", "bearer"


class Server(Protocol):
    """A server with an API client.

    Attributes:
        url: The base URL.
        started: The start of an emulator of the replay, None for another server.
    """

    url: str
    started: datetime | None

    @property
    def client(self) -> ApiClient:
        """The API client of the replay."""

    def knows(self, client_id: str) -> bool:
        """Return True for the id of an API client of the server."""

    def set_time(self, recorded: datetime) -> datetime:
        """Return the time of the server for a recorded request."""

    def token(self) -> str:
        """Return a valid access token of the API client."""

    def send(self, request: Request) -> Answer:
        """Return the answer to a request."""

    def wait(self) -> None:
        """Wait for a second; a clock that is set needs no waiting."""


@dataclass(frozen=True)
class Result:
    """The result of an exchange.

    Attributes:
        number: The number of the exchange, from 1.
        name: The name of the exchange, empty for none.
        operation: The operation, such as ``GET /inventory_lists/{id}``.
        wrong: The differences.
        accepted: The known differences, each with the entry.
        is_sent: Whether the request was sent.
    """

    number: int
    name: str
    operation: str
    wrong: list[Difference]
    accepted: list[tuple[Difference, Accepted]]
    is_sent: bool = True


@dataclass(frozen=True)
class Played:
    """The results of a recording."""

    recording: Recording
    results: list[Result]

    @property
    def is_wrong(self) -> bool:
        """Whether an answer has a difference other than known differences."""
        return any(result.wrong for result in self.results)


class Emulators:
    """The emulators of a replay, by data set and dialect; each is clean for each recording.

    Args:
        dialect: The dialect for all recordings; that of the recording if empty.
    """

    def __init__(self, dialect: str = "") -> None:
        self._dialect = dialect
        self._started: dict[tuple[str, str], Local] = {}

    def start(self, recording: Recording) -> Local:
        """Return an emulator for a recording.

        Raises:
            CorpusError: There is no such data set.
            FixtureError: The data set has errors.
        """
        key = (_locate_data_set(recording), self._dialect or recording.head.dialect)
        if key not in self._started:
            self._started[key] = Local(*key)
        emulator = self._started[key]
        emulator.reset()
        return emulator

    def close(self) -> None:
        """Stop all emulators."""
        for emulator in self._started.values():
            emulator.close()


def replay_all(
    recordings: Sequence[Recording],
    start: Callable[[Recording], Server],
    accepted: Sequence[Accepted] = (),
    *,
    may_change: bool = True,
) -> list[Played]:
    """Play recordings one after the other; return the results of each.

    Args:
        recordings: The recordings.
        start: Returns the server for a recording.
        accepted: The known differences.
        may_change: Whether to send requests that may change documents.

    Raises:
        UnansweredError: A server gives no answer to the first request, or no token.
    """
    return [
        Played(one, list(_play(one, start(one), accepted, may_change=may_change)))
        for one in recordings
    ]


def _play(
    recording: Recording, server: Server, accepted: Sequence[Accepted], *, may_change: bool
) -> Iterator[Result]:
    replayed = Replay(recording.head, recording.exchanges, server)
    for number, exchange in enumerate(recording.exchanges, 1):
        operation = name_operation(exchange.request)
        if not may_change and is_change(exchange.request):
            yield Result(number, exchange.name, operation, [], [], is_sent=False)
            continue
        differences = replayed.play(exchange)
        names = (exchange.name, str(number))
        known = [
            (
                one,
                next((e for e in accepted if e.fits(recording.name, operation, names, one)), None),
            )
            for one in differences
        ]
        wrong = [one for one, entry in known if entry is None]
        matched = [(one, entry) for one, entry in known if entry is not None]
        yield Result(number, exchange.name, operation, wrong, matched)


class Replay:
    """The replay of a recording.

    Args:
        head: The head of the recording.
        exchanges: The exchanges.
        server: The server.
    """

    def __init__(self, head: Head, exchanges: Sequence[Exchange], server: Server) -> None:
        self._server = server
        self._is_answered = False
        self._start = datetime.fromisoformat(head.clock)
        parts = urlsplit(server.url)
        texts = (text for exchange in exchanges for text in _list_texts(exchange))
        self._bindings = Bindings(
            f"{parts.scheme}://{parts.netloc}",
            self._start,
            texts,
            is_redacted=bool(head.hidden),
            started=server.started,
        )
        for exchange in exchanges:
            self._bind_client(exchange)

    def play(self, exchange: Exchange) -> list[Difference]:
        """Send the request of an exchange, and grade the answer.

        Raises:
            UnansweredError: The server gives no answer to the first request, or no token.
        """
        self._set_time(exchange)
        request = exchange.request
        self._bindings.note_request(unquote_plus(request.target))
        if request.body is not None and request.body.form != "base64":
            self._bindings.note_request(request.body.content.decode())
        try:
            answer = self._send(exchange)
        except UnansweredError as error:
            if not self._is_answered:
                raise
            return [Difference("status", "", exchange.answer.status, str(error))]
        self._is_answered = True
        return grade(exchange, answer, self._bindings)

    def _set_time(self, exchange: Exchange, waited: float = 0.0) -> None:
        recorded = self._start + timedelta(seconds=exchange.at)
        now = self._server.set_time(recorded + timedelta(seconds=waited))
        self._bindings.set_time(recorded, now)

    def _send(self, exchange: Exchange) -> Answer:
        """Return the answer; wait for the end of a job execution if the recording shows the end.

        Raises:
            UnansweredError: The server gives no answer.
        """
        request = self._prepare(exchange)
        answer = self._server.send(request)
        if request.method != "GET" or is_unfinished(exchange.answer):
            return answer
        for waited in range(1, MAX_WAIT_SECONDS + 1):
            if not is_unfinished(answer):
                break
            self._server.wait()
            self._set_time(exchange, waited)
            answer = self._server.send(request)
        return answer

    def _prepare(self, exchange: Exchange) -> Request:
        """Return the request of an exchange with the bound values."""
        request, bindings = exchange.request, self._bindings
        headers = tuple(
            (
                name,
                self._authorize(value, exchange)
                if _is_authorization(name)
                else bindings.rewrite(value),
            )
            for name, value in request.headers
        )
        body = request.body
        if body is not None and body.form == "json":
            body = Body("json", bindings.rewrite_json(body.value))
        elif body is not None and body.form == "text":
            body = Body("text", bindings.rewrite(body.value))
        return Request(request.method, bindings.rewrite_target(request.target), headers, body)

    def _authorize(self, value: str, exchange: Exchange) -> str:
        """Return the Authorization header of a request with the bound token or client."""
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() == BASIC_SCHEME and (parts := _decode_basic(credentials)):
            rewritten = ":".join(map(self._bindings.rewrite, parts))
            return f"{scheme} {b64encode(rewritten.encode()).decode()}"
        bound = self._bindings.find(credentials)
        if (
            scheme.lower() != BEARER_SCHEME
            or bound
            or exchange.answer.status == UNAUTHORIZED_STATUS
        ):
            return f"{scheme} {bound or credentials}" if credentials else value
        return f"{scheme} {self._server.token()}"

    def _bind_client(self, exchange: Exchange) -> None:
        """Bind a recorded API client, unless the server has the client, to the own client."""
        request, own = exchange.request, self._server.client
        if exchange.answer.status >= MIN_REFUSAL:
            return
        for client, secret in _list_clients(request):
            if not self._server.knows(client):
                self._bindings.bind(client, own.id)
                if secret:
                    self._bindings.bind(secret, own.secret)


def _is_authorization(name: str) -> bool:
    return name.lower() == "authorization"


def _locate_data_set(recording: Recording) -> str:
    """Return the name of a bundled data set, or the path of a folder beside the recording.

    Raises:
        CorpusError: There is neither.
    """
    name = recording.head.data_set or DEFAULT_DATA_SET
    folder = recording.folder / name
    if name == Path(name).name and folder.is_dir():
        return str(folder)
    if name in list_bundled():
        return name
    known = ", ".join(sorted(list_bundled()))
    raise CorpusError(
        f"{recording.name}: the data set '{name}' is neither bundled ({known}) "
        "nor a folder beside the recording"
    )


def _list_clients(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the ids of the API clients in a request, each with the secret or an empty text."""
    scheme, _, credentials = find_header(request.headers, "authorization").partition(" ")
    match _decode_basic(credentials) if scheme.lower() == BASIC_SCHEME else ():
        case [client, secret]:
            yield client, secret
    if named := find_header(request.headers, CLIENT_HEADER):
        yield named, ""
    body = request.body
    media_type = find_header(request.headers, "content-type")
    form = body.value if body and body.form == "text" and FORM_MEDIA_TYPE in media_type else ""
    for query in (urlsplit(request.target).query, str(form)):
        given = parse_qs(query)
        secrets = given.get("client_secret", [""])
        for client in given.get("client_id", ()):
            yield client, secrets[0]


def _decode_basic(credentials: str) -> list[str]:
    """Return the parts of Basic credentials, form-encoded or not; empty for other credentials."""
    try:
        decoded = b64decode(credentials, validate=True).decode()
    except ValueError:
        return []
    return [unquote(part) for part in decoded.split(":")]


def _list_texts(exchange: Exchange) -> Iterator[str]:
    """Yield the texts of a recorded answer."""
    answer = exchange.answer
    yield from (value for _, value in answer.headers)
    if answer.body is not None and answer.body.form != "base64":
        yield answer.body.content.decode()
