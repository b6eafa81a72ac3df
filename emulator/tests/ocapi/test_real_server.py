"""The operations of the real server, and the faults and hints made from them."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.config import Config
from emulator.ocapi import real_server
from emulator.ocapi.call import Service
from emulator.ocapi.check import check_route
from emulator.ocapi.real_server import RealPath
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import url
from emulator.tests.table import table

PATH = "/s/-/dw/data/v23_2/vehicles/x"


@table(
    ("path", "template", "methods"),
    [
        ("/catalogs", "/catalogs", {"GET"}),
        ("/catalogs/x", "/catalogs/{catalog_id}", {"GET", "PATCH"}),
        ("/users/this", "/users/this", {"GET"}),
        ("/users/that", "/users/{login}", {"GET", "PUT", "PATCH", "DELETE"}),
        ("/users/a%2Fb", "/users/{login}", {"GET", "PUT", "PATCH", "DELETE"}),
        ("/jobs/x/executions", "/jobs/{job_id}/executions", {"POST"}),
    ],
)
def test_a_path_has_a_template_and_methods(path: str, template: str, methods: set[str]) -> None:
    assert real_server.find_path(path) == RealPath(template, frozenset(methods))


@table("path", ["", "/", "/catalog", "/catalogs/x/y", "/{catalog_id}", "/jobs"])
def test_an_unknown_path_has_no_template(path: str) -> None:
    assert real_server.find_path(path) is None


def test_all_operations_are_known() -> None:
    paths = json.loads(real_server.OPERATIONS.read_bytes())
    assert (len(paths), sum(len(methods) for methods in paths.values())) == (182, 332)


@table(
    ("path", "is_other"),
    [
        ("/dw/shop", True),
        ("/s/RefArch/dw/shop/v23_2/products/x", True),
        ("/dw/shop/v23_2/\u20ac\n", True),
        ("/on/demandware.servlet/webdav/Sites/Impex", False),
        ("/dw/shopping", False),
        ("/on/demandware.store/Sites-RefArch-Site", False),
        ("/x/dw/shop/v23_2", False),
    ],
)
def test_paths_of_the_shop_api_are_recognized(*, path: str, is_other: bool) -> None:
    assert real_server.is_other_api(path) == is_other


def refuse(monkeypatch: pytest.MonkeyPatch, method: str, real: RealPath | None) -> Fault:
    """Return the fault of a method that a path of the emulator lacks."""
    monkeypatch.setattr(real_server, "find_path", lambda path: real if path == "/vehicles/x" else 1)
    call: Any = SimpleNamespace(
        has_route=False,
        methods=frozenset({"GET", "HEAD", "OPTIONS"}),
        method=method,
        path=PATH,
        request=SimpleNamespace(path=PATH),
        address=url.parse(PATH),
        service=Service(Config()),
    )
    with pytest.raises(Fault) as error:
        check_route(call)
    return error.value


def test_a_method_of_the_real_server_is_refused_as_an_unknown_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = refuse(monkeypatch, "PUT", RealPath("/vehicles/{id}", frozenset({"GET", "PUT"})))
    assert fault.kind is faults.RESOURCE_PATH_NOT_FOUND
    assert fault.hint == "not emulated: PUT /vehicles/{id}"


@pytest.mark.parametrize("real", [None, RealPath("/vehicles/{id}", frozenset({"GET"}))])
def test_a_method_of_no_server_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch, real: RealPath | None
) -> None:
    fault = refuse(monkeypatch, "PUT", real)
    assert fault.kind is faults.METHOD_NOT_ALLOWED
    assert fault.headers == {"Allow": "GET, HEAD, OPTIONS"}


def test_a_hint_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    service = Service(Config())
    for hint in ("one", "two", "one"):
        service.advise(faults.VERSION_NOT_FOUND("v1_0"), hint)
    assert [record.message for record in caplog.records] == ["one", "two"]
    assert service.unserved == {"one": 2, "two": 1}


def test_hints_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.ocapi.call.MAX_LOGGED_HINTS", 2)
    service = Service(Config())
    for hint in ("one", "two", "three", "one"):
        service.advise(faults.VERSION_NOT_FOUND("v1_0"), hint)
    assert service.unserved == {"one": 2, "two": 1}


@table(
    ("accepted", "segments", "count"),
    [("", {"v18_1", "v25_6"}, 34), ("any,v1_0", {"v1_0", "v25_6"}, 35), ("v1_0", {"v1_0"}, 1)],
)
def test_accepted_versions_are_the_list_or_all_published(
    accepted: str, segments: set[str], count: int
) -> None:
    service = Service(Config(accept_versions=accepted))
    assert segments <= service.versions
    assert len(service.versions) == count
