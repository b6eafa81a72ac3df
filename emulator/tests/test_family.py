"""A family names the operations of its paths."""

from typing import Any

from werkzeug.routing import Map, Rule

from emulator.family import Family
from emulator.tests.table import table

ROUTES = Map(
    [
        Rule("/things", endpoint="things", methods=["GET", "POST"]),
        Rule("/things/<id>", endpoint="thing", methods=["GET"]),
        Rule("/folder/", endpoint="folder", methods=["GET"]),
        Rule("/live", endpoint="live", websocket=True),
    ]
)
OPERATIONS = {
    ("things", "GET"): "getThings",
    ("thing", "GET"): "getThing",
    ("folder", "GET"): "getFolder",
    ("live", "GET"): "live",
}


def answer(_: Any, __: Any) -> list[bytes]:
    return []


FAMILY = Family("data", answer, ROUTES, OPERATIONS)


@table(
    ("method", "path", "operation"),
    [
        ("GET", "/things", "getThings"),
        ("HEAD", "/things", "getThings"),
        ("GET", "/things/a%2Fb", "getThing"),
        ("GET", "/folder/", "getFolder"),
    ],
)
def test_an_operation_has_a_name(method: str, path: str, operation: str) -> None:
    assert FAMILY.name_operation(method, path) == operation


@table(
    ("method", "path"),
    [
        ("POST", "/things"),
        ("DELETE", "/things"),
        ("get", "/things"),
        ("", "/things"),
        ("GET", "/folder"),
        ("GET", "/things/a/b"),
        ("GET", "/live"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/%FF|x"),
    ],
)
def test_what_is_no_operation_has_none(method: str, path: str) -> None:
    assert FAMILY.name_operation(method, path) == ""


def test_a_family_of_nothing_but_a_name_names_no_operation_and_no_fault() -> None:
    family = Family("token", answer)
    assert (family.name_operation("GET", "/things"), family.faults) == ("", {})


def test_a_family_leaves_requests_as_they_are_unless_it_prepares_them() -> None:
    environ: dict[str, Any] = {"PATH_INFO": "/a"}
    Family("data", answer).prepare(environ)
    assert environ == {"PATH_INFO": "/a"}
    Family("data", answer, prepare=lambda e: e.update(PATH_INFO="/b")).prepare(environ)
    assert environ == {"PATH_INFO": "/b"}


def test_two_families_do_not_share_their_routes() -> None:
    first, second = Family("a", answer), Family("b", answer)
    first.routes.add(Rule("/x", endpoint="x"))
    assert not list(second.routes.iter_rules())
