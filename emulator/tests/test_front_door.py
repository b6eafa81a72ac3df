"""The front door: every spelling of a path reaches the same family in the same form."""

from contextlib import nullcontext
from http.client import HTTPConnection
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response

from emulator import Emulator
from emulator.family import FAULT, PAUSE, TOO_LARGE, Family
from emulator.front_door import FrontDoor, RecordOptions
from emulator.recording.exchange import Body, Exchange
from emulator.recording.journal import Journal
from emulator.recording.match import Match
from emulator.store import MemoryStore
from emulator.tests.table import table
from emulator.workspace.failpoint import Declaration
from emulator.workspace.registry import Workspaces, current
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def family(name: str, *paths: str) -> Family:
    """Return a family that answers its name and the path it was given."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        return Response(f"{name} {environ['PATH_INFO']}")(environ, start_response)

    return Family(name, answer, paths=paths)


def make(name: str) -> Workspace:
    return Workspace(MemoryStore(), name, journal=Journal(10))


def build(data: Family) -> FrontDoor:
    token, control = family("token", "/dw/oauth2/access_token"), family("control", "/__emulator__")
    return FrontDoor([data, token, control], Workspaces(make, 10, 60), RecordOptions(100))


DOOR = build(family("data", "/s", "/dw"))


def enter(environ: dict[str, Any]) -> str:
    answer, _, _ = run_wsgi_app(DOOR, environ)
    return b"".join(answer).decode()


def ask(target: str) -> str:
    return enter({**create_environ(), "REQUEST_URI": target})


@table(
    ("target", "answer"),
    [
        ("/__emulator__/health", "control /__emulator__/health"),
        ("/__emulator__", "control /__emulator__"),
        ("//__emulator__//health/", "control /__emulator__/health"),
        ("/%5f_emulator__/health", "control /__emulator__/health"),
        ("/dw/oauth2/access_token", "token /dw/oauth2/access_token"),
        ("/dw//oauth2/access_token/?grant_type=x", "token /dw/oauth2/access_token"),
        ("/dw/oauth2/access%5Ftoken", "token /dw/oauth2/access_token"),
    ],
)
def test_a_path_of_a_family_is_answered_by_it(target: str, answer: str) -> None:
    assert ask(target) == answer


@table(
    ("target", "answer"),
    [
        ("/", "data /"),
        ("/s/-/dw/data/v23_2/inventory_lists", "data /s/-/dw/data/v23_2/inventory_lists"),
        ("/dw/__emulator__/health", "data /dw/__emulator__/health"),
        ("/dw/oauth2", "data /dw/oauth2"),
        ("/dw/oauth2/access_token/x", "data /dw/oauth2/access_token/x"),
        ("/dw/oauth2%2Faccess_token", "data /dw/oauth2%2Faccess_token"),
        ("/?/__emulator__/health", "data /"),
    ],
)
def test_any_other_path_is_answered_by_the_default(target: str, answer: str) -> None:
    assert ask(target) == answer


@table(
    ("target", "answer"),
    [
        ("http://localhost/__emulator__/health", "control /__emulator__/health"),
        ("https://localhost:8443//dw/oauth2/access_token?a=b", "token /dw/oauth2/access_token"),
        ("http://localhost/dw/data/v23_2/a%2fb", "data /dw/data/v23_2/a%2Fb"),
        ("http://localhost", "data /"),
        ("http://__emulator__/dw/health", "data /dw/health"),
    ],
)
def test_the_absolute_form_of_a_target_is_answered_by_its_path(target: str, answer: str) -> None:
    assert ask(target) == answer


@table(
    ("path", "answer"),
    [
        ("/__emulator__/health", "control /__emulator__/health"),
        ("", "data "),
        ("//dw//b/", "data /dw/b"),
        ("/dw/a b?c%2F", "data /dw/a%20b%3Fc%252F"),
        ("/dw/\xc3\xa9", "data /dw/%C3%A9"),
        ("/dw/\xff", "data /dw/%FF"),
    ],
)
@pytest.mark.parametrize("rest", [{}, {"REQUEST_URI": ""}], ids=["none", "empty"])
def test_a_server_that_does_not_tell_the_target_is_served_by_the_decoded_path(
    rest: dict[str, str], path: str, answer: str
) -> None:
    environ = create_environ()
    del environ["REQUEST_URI"], environ["RAW_URI"]
    assert enter({**environ, "PATH_INFO": path, **rest}) == answer


def test_the_target_wins_over_the_decoded_path() -> None:
    environ = {**create_environ(), "REQUEST_URI": "/dw/a%2Fb", "PATH_INFO": "/dw/a/b"}
    assert enter(environ) == "data /dw/a%2Fb"


def test_gunicorn_keeps_the_target_under_another_name() -> None:
    environ = {**create_environ(), "RAW_URI": "/dw/a%2Fb", "PATH_INFO": "/dw/a/b"}
    del environ["REQUEST_URI"]
    assert enter(environ) == "data /dw/a%2Fb"


def test_below_a_mount_point_the_target_is_read_without_it() -> None:
    mounted = {"REQUEST_URI": "/mock/dw/a%2Fb", "SCRIPT_NAME": "/mock", "PATH_INFO": "/dw/a/b"}
    assert enter({**create_environ(), **mounted}) == "data /dw/a%2Fb"


@table("path", ["/", "/mine/a b", "/__emulator__x/health"])
def test_a_path_of_no_family_stays_as_the_server_gave_it(path: str) -> None:
    environ = {**create_environ(), "REQUEST_URI": "", "RAW_URI": "", "PATH_INFO": path}
    assert enter(environ) == f"data {path}"


def test_target_and_query_stay_as_they_were_sent() -> None:
    def application(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        told = f"{environ['REQUEST_URI']} {environ['QUERY_STRING']}"
        return Response(told)(environ, respond)

    sent = {"REQUEST_URI": "http://localhost//a%2fb/?x=(**)", "QUERY_STRING": "x=(**)"}
    answer, _, _ = run_wsgi_app(build(Family("data", application)), {**create_environ(), **sent})
    assert b"".join(answer) == b"http://localhost//a%2fb/?x=(**) x=(**)"


def test_the_server_passes_the_absolute_form_on() -> None:
    with Emulator() as emulator:
        connection = HTTPConnection(emulator.url.removeprefix("http://"), timeout=10)
        connection.request("GET", f"{emulator.url}/__emulator__/health")
        assert connection.getresponse().status == 200
        connection.close()


class Unseekable(BytesIO):
    """A body that can be read once."""

    def seekable(self) -> bool:
        return False


class Bare:
    """A body that can do no more than WSGI demands."""

    def __init__(self, data: bytes) -> None:
        self.read = BytesIO(data).read


def echo(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
    """Answer the body of the request."""
    return Response(environ["wsgi.input"].read())(environ, respond)


def recorded(door: FrontDoor, **environ: Any) -> Exchange:
    """Return what the journal has of a request."""
    answer, _, _ = run_wsgi_app(door, {**create_environ("/x", method="POST"), **environ})
    b"".join(answer)
    return door.workspaces.default.journal.find(Match({}))[-1]


def test_a_body_is_recorded_though_the_application_has_read_it() -> None:
    door = build(Family("data", echo))
    found = recorded(door, **{"wsgi.input": BytesIO(b"x" * 200), "CONTENT_LENGTH": "200"})
    assert found.request_body == Body(b"x" * 100, 200)
    assert found.reply_body == Body(b"x" * 100, 200)


@pytest.mark.parametrize("stream", [Unseekable(b"once more"), Bare(b"once more")])
@pytest.mark.parametrize("length", ["4", 4])
def test_a_body_of_any_stream_is_read_to_its_length_and_recorded(stream: Any, length: Any) -> None:
    stream = type(stream)(b"once more")
    door = build(Family("data", echo))
    found = recorded(door, **{"wsgi.input": stream, "CONTENT_LENGTH": length})
    assert found.request_body == Body(b"once", 4)
    assert found.reply_body == Body(b"once", 4)


def test_a_chunked_body_is_read_to_its_end_and_has_a_length() -> None:
    def application(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        return Response(environ["CONTENT_LENGTH"])(environ, respond)

    chunked = {"wsgi.input": Unseekable(b"four"), "wsgi.input_terminated": True}
    found = recorded(build(Family("data", application)), CONTENT_LENGTH="", **chunked)
    assert (found.request_body, found.reply_body) == (Body(b"four", 4), Body(b"4", 1))


@table(
    ("announced", "sent"),
    [
        ("60000000", b""),
        ("6000000", b"x" * 6_000_000),
        ("", b"x" * (5 * 1024 * 1024 + 1)),
    ],
)
def test_a_body_that_is_too_large_is_marked(announced: str, sent: bytes) -> None:
    def application(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        return Response(str(environ[TOO_LARGE]))(environ, respond)

    stream = {"wsgi.input": Unseekable(sent), "wsgi.input_terminated": True}
    found = recorded(build(Family("data", application)), CONTENT_LENGTH=announced, **stream)
    assert found.reply_body == Body(b"True", 4)


def test_what_an_application_writes_comes_before_what_it_returns() -> None:
    def application(_: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        write = respond("200 OK", [])
        write(b"first ")
        return [b"second"]

    answer, _, _ = run_wsgi_app(build(Family("data", application)), create_environ())
    assert b"".join(answer) == b"first second"


@pytest.mark.parametrize("broken", [False, True])
def test_what_an_application_returns_is_closed(*, broken: bool) -> None:
    closed: list[bool] = []

    class Parts(list[bytes]):
        def __iter__(self) -> "Iterator[bytes]":
            yield from super().__iter__()
            if broken:
                raise ArithmeticError

        def close(self) -> None:
            closed.append(True)

    def application(_: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        respond("200 OK", [])
        return Parts([b"part"])

    with pytest.raises(ArithmeticError) if broken else nullcontext():
        run_wsgi_app(build(Family("data", application)), create_environ())
    assert closed == [True]


def test_a_request_that_ends_in_an_error_is_recorded_with_status_0() -> None:
    def application(environ: "WSGIEnvironment", _: "StartResponse") -> "Iterable[bytes]":
        environ[FAULT] = "Broken"
        raise ArithmeticError

    door = build(Family("data", application))
    with pytest.raises(ArithmeticError):
        run_wsgi_app(door, create_environ())
    [found] = door.workspaces.default.journal.find(Match({}))
    assert (found.status, found.fault, found.line) == (0, "Broken", "GET /: 0 Broken")


def test_a_family_prepares_a_request_before_it_is_recorded() -> None:
    def prepare(environ: "WSGIEnvironment") -> None:
        environ["REQUEST_METHOD"] = "PATCH"

    assert recorded(build(Family("data", echo, prepare=prepare))).method == "PATCH"


def test_a_control_request_is_neither_recorded_nor_met_by_a_failpoint() -> None:
    door = build(family("data"))
    plans = Declaration(()).read({"action": {"status": 503}})
    door.workspaces.default.failpoints.add(plans)
    _, status, _ = run_wsgi_app(door, create_environ("/__emulator__/health"))
    assert (status, len(door.workspaces.default.journal)) == ("200 OK", 0)
    _, status, _ = run_wsgi_app(door, create_environ("/health"))
    assert (status, len(door.workspaces.default.journal)) == ("503 Service Unavailable", 1)


def test_a_journal_of_none_is_given_nothing() -> None:
    workspaces = Workspaces(lambda name: Workspace(MemoryStore(), name), 10, 60)
    door = FrontDoor([family("data")], workspaces, RecordOptions(100))
    run_wsgi_app(door, create_environ())
    assert len(workspaces.default.journal) == 0


def test_an_application_finds_the_workspace_that_a_header_names() -> None:
    def application(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        return Response(current(environ).name)(environ, respond)

    environ = {**create_environ(), "HTTP_X_EMULATOR_WORKSPACE": "CI-7"}
    answer, _, _ = run_wsgi_app(build(Family("data", application)), environ)
    assert b"".join(answer) == b"ci-7"


def test_a_bad_name_is_refused_with_its_length_and_reaches_no_application() -> None:
    door = build(Family("data", echo))
    environ = {**create_environ(), "HTTP_X_EMULATOR_WORKSPACE": "no name \xe4"}
    answer, status, headers = run_wsgi_app(door, environ)
    body = b"".join(answer)
    assert (status, headers["Content-Length"]) == ("400 Bad Request", str(len(body)))
    assert body.decode() == (
        '{"title":"Bad Request","status":400,"detail":"\'no name \xe4\' is not a valid workspace'
        ' name: use up to 64 letters, digits and, between them, dots, hyphens and underscores"}'
    )
    assert len(door.workspaces.default.journal) == 0


def test_a_bad_name_is_refused_to_head_without_a_body() -> None:
    sizes = []
    for method in ("GET", "HEAD"):
        environ = create_environ(method=method, headers={"X-Emulator-Workspace": "no name"})
        answer, status, headers = run_wsgi_app(build(Family("data", echo)), environ)
        sizes.append((method, status, headers["Content-Length"], len(b"".join(answer))))
    assert sizes == [
        ("GET", "400 Bad Request", "166", 166),
        ("HEAD", "400 Bad Request", "166", 0),
    ]


def test_a_control_request_makes_a_workspace_only_where_it_asks_for_it() -> None:
    def application(environ: "WSGIEnvironment", respond: "StartResponse") -> "Iterable[bytes]":
        told = current(environ).name if environ["PATH_INFO"].endswith("/clock") else "none"
        return Response(told)(environ, respond)

    workspaces = Workspaces(make, 10, 60)
    control = Family("control", application, paths=("/__emulator__",))
    door = FrontDoor([family("data"), control], workspaces, RecordOptions(100))
    made = []
    for path in ("/__emulator__/health", "/__emulator__/clock"):
        environ = create_environ(path, headers={"X-Emulator-Workspace": "ci-7"})
        answer, _, _ = run_wsgi_app(door, environ)
        made.append((b"".join(answer), [workspace.name for workspace in workspaces]))
    assert made == [(b"none", ["default"]), (b"ci-7", ["default", "ci-7"])]


def test_a_failpoint_paces_the_body_and_is_named_in_the_journal() -> None:
    door, pauses = build(family("data")), list[float]()
    plans = Declaration(()).read({"action": {"slow_body": 3}})
    door.workspaces.default.failpoints.add(plans)
    environ = {**create_environ("/abc"), PAUSE: pauses.append}
    answer, _, _ = run_wsgi_app(door, environ)
    assert b"".join(answer) == b"data /abc"
    assert pauses == [3 / 9] * 9
    assert door.workspaces.default.journal.find(Match({}))[0].failpoint == "1"


@table(
    ("path", "status"),
    [
        ("/s/-/dw/data/v23_2/sites", "400 Bad Request"),
        ("/items/none", "404 Not Found"),
        ("/__emulator__/none", "404 Not Found"),
        ("/dw/oauth2/access_token", "405 Method Not Allowed"),
    ],
)
def test_the_reason_phrase_is_the_registered_one(path: str, status: str) -> None:
    answer = Emulator(fixtures="samples").app.test_client().get(path)
    assert answer.status == status


@table("path", ["/__emulator__/health", "/items", "/nowhere"])
def test_a_query_outside_of_utf_8_is_refused(path: str) -> None:
    app = Emulator(fixtures="samples").app
    environ = {**create_environ(path), "QUERY_STRING": "a=\xe9"}
    _, status, _ = run_wsgi_app(app, environ)
    assert status == "400 Bad Request"


@pytest.mark.parametrize("path", ["/__emulator__/failpoints", "/items", "/dw/oauth2/access_token"])
@pytest.mark.parametrize("length", [0, None, 2])
def test_a_length_that_is_no_text_is_no_internal_error(path: str, length: Any) -> None:
    emulator = Emulator(fixtures="samples")
    environ = create_environ(path, method="POST", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    strange = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"{}")}
    _, status, _ = run_wsgi_app(emulator.app, {**environ, **strange})
    assert int(status[:3]) < 500
    emulator.check()


@pytest.mark.parametrize("path", ["/s/-/dw/data/v23_2/sites", "/items", "/__emulator__/health"])
def test_methods_are_case_sensitive(path: str) -> None:
    emulator = Emulator(fixtures="samples")
    local = {"REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "get"}
    _, status, _ = run_wsgi_app(emulator.app, create_environ(path, environ_overrides=local))
    assert status == "405 Method Not Allowed"
