"""The front door: every spelling of a path reaches the same family in the same form."""

from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response

from emulator import Emulator
from emulator.family import Family
from emulator.journal import Journal
from emulator.store import MemoryStore
from emulator.workspace import Workspace, Workspaces
from emulator.wsgi import FrontDoor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def family(name: str) -> Family:
    """Return a family that answers its name and the path it was given."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        return Response(f"{name} {environ['PATH_INFO']}")(environ, start_response)

    return Family(name, answer)


def make(name: str) -> Workspace:
    return Workspace(MemoryStore(), name, journal=Journal(10))


def build(data: Family) -> FrontDoor:
    control = family("control")
    families = {"/dw/oauth2/access_token": family("token"), "/__emulator__": control}
    return FrontDoor(families, data, control, Workspaces(make, 10, 60), 100)


DOOR = build(family("data"))


def enter(environ: dict[str, Any]) -> str:
    answer, _, _ = run_wsgi_app(DOOR, environ)
    return b"".join(answer).decode()


def ask(target: str) -> str:
    return enter({**create_environ(), "REQUEST_URI": target})


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/", "data /"),
        ("/s/-/dw/data/v23_2/inventory_lists", "data /s/-/dw/data/v23_2/inventory_lists"),
        ("/__emulator__x/health", "data /__emulator__x/health"),
        ("/__emulator__%2Fhealth", "data /__emulator__%2Fhealth"),
        ("/x/__emulator__/health", "data /x/__emulator__/health"),
        ("/dw/oauth2", "data /dw/oauth2"),
        ("/dw/oauth2/access_token/x", "data /dw/oauth2/access_token/x"),
        ("/dw/oauth2%2Faccess_token", "data /dw/oauth2%2Faccess_token"),
        ("/?/__emulator__/health", "data /"),
    ],
)
def test_any_other_path_is_answered_by_the_default(target: str, answer: str) -> None:
    assert ask(target) == answer


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("http://localhost/__emulator__/health", "control /__emulator__/health"),
        ("https://localhost:8443//dw/oauth2/access_token?a=b", "token /dw/oauth2/access_token"),
        ("http://localhost/dw/data/v23_2/a%2fb", "data /dw/data/v23_2/a%2Fb"),
        ("http://localhost", "data /"),
        ("http://__emulator__/health", "data /health"),
    ],
)
def test_the_absolute_form_of_a_target_is_answered_by_its_path(target: str, answer: str) -> None:
    assert ask(target) == answer


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/__emulator__/health", "control /__emulator__/health"),
        ("", "data /"),
        ("//a//b/", "data /a/b"),
        ("/a b?c%2F", "data /a%20b%3Fc%252F"),
        ("/\xc3\xa9", "data /%C3%A9"),
        ("/\xff", "data /%FF"),
    ],
)
@pytest.mark.parametrize("rest", [{}, {"REQUEST_URI": ""}], ids=["none", "empty"])
def test_a_server_that_does_not_tell_the_target_is_served_by_the_decoded_path(
    rest: dict[str, str], path: str, answer: str
) -> None:
    environ = create_environ()
    del environ["REQUEST_URI"]
    assert enter({**environ, "PATH_INFO": path, **rest}) == answer


def test_the_target_wins_over_the_decoded_path() -> None:
    environ = {**create_environ(), "REQUEST_URI": "/a%2Fb", "PATH_INFO": "/a/b"}
    assert enter(environ) == "data /a%2Fb"


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
