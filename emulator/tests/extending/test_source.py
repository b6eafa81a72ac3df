"""The places of resources: files, entry points, and the messages about mistakes."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from emulator.config import ConfigError
from emulator.extending import Answer, Call, find_resource, source
from emulator.extending.error import ExtensionError
from emulator.ocapi.resource import Operation, Resource, Search
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, String
from emulator.ocapi.search.query import SearchResult

FILE = """
from emulator.extending import Array, Collection, Document, Embedded, FaultType, Resource, String
from emulator.extending import find_resource

SITES = find_resource("sites")

class Locker(Document):
    id = String(allow_none=False)

class Lockers(Collection):
    data = Array(Embedded(Locker()))

LOCKERS = Resource(
    path="lockers", key="id", document=Locker(), collection=Lockers(), verbs=frozenset({"list"}),
    not_found=FaultType(404, "LockerNotFound", "There's no locker."),
)
"""


class Locker(Document):
    id = String(allow_none=False)


class Lockers(Collection):
    data = Array(Embedded(Locker()))


class Site(Document):
    id = String(allow_none=False)


class LockerHits(SearchResult):
    hits = Array(Embedded(Locker()))


def declare(**changes: Any) -> Resource:
    missing = FaultType(404, "LockerNotFound", "There's no locker.")
    declared = {"path": "lockers", "key": "id", "document": Locker(), "collection": Lockers()}
    verbs = frozenset({"list", "read"})
    return Resource(**{**declared, "not_found": missing, "verbs": verbs, **changes})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.py"


def read(file: Path, text: str) -> tuple[Resource, ...]:
    file.write_text(text)
    return source.read_extensions(str(file)).resources


def test_a_file_names_its_resources_and_none_of_the_emulator(file: Path) -> None:
    assert [resource.path for resource in read(file, FILE)] == ["lockers"]


def test_a_list_decides(file: Path) -> None:
    assert [one.path for one in read(file, f"{FILE}RESOURCES = [LOCKERS]")] == ["lockers"]
    assert read(file, f"{FILE}RESOURCES = []") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = Resource()", "line 2: NameError: name 'Resource' is not defined"),
        ("a = (", "line 1: SyntaxError: '(' was never closed"),
        ("import missing_module_x", "line 1: ModuleNotFoundError: No module named 'missing_mod"),
        ("import sys\nsys.exit(3)", "line 2: SystemExit: 3"),
        ("a = 1", ": defines no Resource, no RESOURCES and no HOOKS"),
        ("RESOURCES = [1]", ": RESOURCES: 1 is not a Resource"),
        ("RESOURCES = 1", ": RESOURCES: is not a list of Resource values"),
    ],
)
def test_a_mistake_in_a_file_is_named(file: Path, text: str, message: str) -> None:
    with pytest.raises(ExtensionError) as caught:
        read(file, text)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_the_line_is_named_for_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("\n1 / 0")
    with pytest.raises(ExtensionError, match=r"resources mine\.py, line 2: ZeroDivisionError"):
        Emulator(resources="mine.py")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.py: there is no such file"):
        Emulator(resources=str(tmp_path / "none.py"))
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ConfigError, match=r"notes\.txt: is not a Python file"):
        Emulator(resources=str(tmp_path / "notes.txt"))


class Sites(Collection):
    data = Array(Embedded(Site()))


def answer(_: Call) -> Answer:
    return Answer(204)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "sites", "name": "more"}, "'more': the path 'sites' is served already"),
        ({"name": "sites"}, "'sites': there is a collection 'sites': set another 'name'"),
        ({"name": "clients"}, "'clients': there is a collection 'clients'"),
        ({"path": "a/b"}, "'a/b' is not a valid name"),
        ({"document": Site()}, "there is a document 'site': rename the class"),
        (
            {"not_found": FaultType(404, "SiteNotFound", "Another.")},
            "there is another fault 'SiteNotFoundException'",
        ),
        (
            {"search": Search(path="site_search", result=LockerHits(), fields={})},
            "the path 'site_search' is served already",
        ),
        (
            {"parent": declare(name="unlisted"), "parent_key": "locker_id"},
            "the parent 'unlisted' is not served: list it before",
        ),
        (
            {"path": "lists", "name": "x", "aliases": ("catalogs",)},
            "is served already",
        ),
        ({"verbs": frozenset({"explode"})}, "there is no verb 'explode': use add, create, "),
        ({"parameter": "locker id"}, "'{locker id}' is not a valid segment of a path"),
        (
            {"operations": (Operation(method="post", path="lockers/{id}/open", answer=answer),)},
            "there is no method 'post': use DELETE, GET, PATCH, POST, PUT",
        ),
        (
            {"operations": (Operation(method="POST", path="lockers/<x", answer=answer),)},
            "'<x' is not a valid segment of a path",
        ),
        (
            {"not_found": FaultType(404, "Gone", "No '{name}'.", ("id",))},
            "GoneException has no argument 'name' for the message",
        ),
    ],
)
def test_a_clash_or_a_mistake_is_named(changes: Any, message: str) -> None:
    with pytest.raises(ExtensionError) as caught:
        Emulator(resources=[declare(**changes)])
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["document", "collection"])
def test_a_class_in_place_of_a_document_is_named(name: str) -> None:
    with pytest.raises(TypeError, match=f"lockers: '{name}' is not a document, such as Locker()"):
        declare(**{name: Sites})


def test_two_own_resources_clash_too() -> None:
    with pytest.raises(ExtensionError, match="'more': the path 'lockers' is served already"):
        Emulator(resources=[declare(), declare(name="more")])


def test_a_value_that_is_no_resource_is_named() -> None:
    with pytest.raises(ExtensionError, match="resources: 'x' is not a Resource"):
        Emulator(resources=["x"])


@pytest.fixture
def module() -> Iterator[Any]:
    name = "lockers_of_a_distribution"
    made = sys.modules[name] = type(sys)(name)
    exec(FILE, vars(made))  # noqa: S102 - the module of a test
    yield made
    del sys.modules[name]


def install(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    points = [EntryPoint("lockers", value, source.ENTRY_POINT_GROUP)]
    monkeypatch.setattr(source, "_find_entry_points", lambda: points)


@pytest.mark.parametrize("attribute", ["", ":LOCKERS", ":LISTED"])
def test_an_entry_point_brings_resources(
    monkeypatch: pytest.MonkeyPatch, module: Any, attribute: str
) -> None:
    module.LISTED = [module.LOCKERS]
    install(monkeypatch, f"{module.__name__}{attribute}")
    rules = [rule.rule for rule in Emulator(fixtures="samples").app.url_map.iter_rules()]
    assert "/s/<segment:_site>/dw/data/<segment:_version>/lockers" in rules


def test_the_same_value_twice_is_served_once(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    install(monkeypatch, f"{module.__name__}:LOCKERS")
    Emulator(fixtures="samples", resources=[module.LOCKERS])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module_x", "ModuleNotFoundError: No module named 'no_such_module_x'"),
        ("sys:path", "is not a Resource"),
        ("string", "defines no Resource"),
    ],
)
def test_a_broken_entry_point_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    install(monkeypatch, value)
    with pytest.raises(ExtensionError) as caught:
        Emulator(fixtures="samples")
    assert message in str(caught.value)
    assert f"entry point 'lockers' ({value})" in str(caught.value)


def test_the_group_is_the_documented_one() -> None:
    assert source.ENTRY_POINT_GROUP == "ocapi_emulator.resources"
    assert find_resource("sites").path == "sites"
