"""The settings document: what is read, and how each mistake in it is told."""

from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from emulator.ocapi.access import settings
from emulator.ocapi.access.settings import (
    ALL_VERSIONS,
    NO_ATTRIBUTES,
    ResourceSetting,
    SettingsError,
    VersionRange,
    read_pattern,
    read_version,
)
from emulator.ocapi.access.web_origin import read_origin
from emulator.ocapi.wire import select
from emulator.tests.bound import bounded
from emulator.tests.table import table

WHOLE = {
    "_v": "23.2",
    "clients": [
        {
            "client_id": "a",
            "allowed_origins": ["https://shop.example", "HTTP://Shop.Example:80"],
            "response_headers": {"x-foo": "bar", "P3P": 'CP="NOI ADM"'},
            "resources": [
                {
                    "resource_id": "/inventory_lists/*",
                    "methods": ["get", "put"],
                    "read_attributes": "(**)",
                    "write_attributes": "(id,description)",
                    "cache_time": 900,
                    "version_range": [{"from": "21.3", "until": "23.2"}, {"from": "24.1"}],
                    "personalized_caching_enabled": False,
                    "config": {"product.prices.price_book_ids": "eur"},
                }
            ],
        }
    ],
}


def resource(**members: Any) -> dict[str, Any]:
    return {"resource_id": "/sites", "methods": ["get"], **members}


def document(*resources: Any, **client: Any) -> dict[str, Any]:
    return {"clients": [{"client_id": "a", "resources": list(resources), **client}]}


def read_one(**members: Any) -> ResourceSetting:
    return settings.read(document(resource(**members))).clients[0].resources[0]


def problems_of(given: Any) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        settings.read(given)
    return caught.value.problems


def test_all_members_are_read() -> None:
    read = settings.read(WHOLE)
    client = read.clients[0]
    assert (read.version, client.client_id) == ("23.2", "a")
    assert client.allowed_origins == {"https://shop.example", "http://shop.example"}
    assert client.response_headers == {"x-foo": "bar", "P3P": 'CP="NOI ADM"'}
    assert client.resources == (
        ResourceSetting(
            "/inventory_lists/*",
            frozenset({"get", "put"}),
            select.parse("(**)"),
            select.parse("(id,description)"),
            900,
            (VersionRange((21, 3), (23, 2)), VersionRange((24, 1))),
            personalized_caching_enabled=False,
            config={"product.prices.price_book_ids": "eur"},
        ),
    )


def test_reading_leaves_the_document_as_it_was() -> None:
    given = deepcopy(WHOLE)
    settings.read(given)
    assert given == WHOLE


def test_what_is_left_out_has_a_default() -> None:
    read = settings.read({"clients": [{"client_id": "*"}, {"client_id": "a", "resources": []}]})
    assert read.version == ""
    assert [(c.client_id, c.allowed_origins, c.resources) for c in read.clients] == [
        ("*", frozenset(), ()),
        ("a", frozenset(), ()),
    ]
    one = read_one()
    assert (one.read_attributes, one.write_attributes) == (NO_ATTRIBUTES, NO_ATTRIBUTES)
    assert (one.cache_time, one.version_range) == (None, ALL_VERSIONS)
    assert (one.personalized_caching_enabled, one.config) == (True, {})


def test_a_document_without_clients_grants_nothing() -> None:
    assert settings.read({"clients": []}).clients == ()


@pytest.mark.parametrize("text", ["", "  "])
def test_empty_attributes_are_nothing(text: str) -> None:
    assert read_one(write_attributes=text).write_attributes == NO_ATTRIBUTES


def test_a_version_range_may_be_one_object() -> None:
    assert read_one(version_range={"from": "23.2"}).version_range == (VersionRange((23, 2)),)


@table(
    ("given", "path", "reason"),
    [
        ([], "$", "is not an object"),
        (3, "$", "is not an object"),
        (None, "$", "is not an object"),
        ("{}", "$", "is not an object"),
        ({}, "$.clients", "is missing"),
        ({"clients": None}, "$.clients", "is null; it needs a value"),
        ({"clients": {}}, "$.clients", "is not an array"),
        ({"clients": [], "_v": 23}, "$._v", "is not a string"),
        (
            {"clients": [], "_v": "v23_2"},
            "$._v",
            "'v23_2' is not a version such as 23.2",
        ),
        (
            {"clients": [], "client": []},
            "$.client",
            "is unknown here; did you mean 'clients'?",
        ),
        ({"clients": [], "qqq": 1}, "$.qqq", "is unknown here; known are _v, clients"),
        ({"clients": [], "q q": 1}, "$['q q']", "is unknown here; known are _v, clients"),
        ({"clients": [3]}, "$.clients[0]", "is not an object"),
        ({"clients": [None]}, "$.clients[0]", "is null; it needs a value"),
        ({"clients": [{}]}, "$.clients[0].client_id", "is missing"),
        ({"clients": [{"client_id": ""}]}, "$.clients[0].client_id", "is empty"),
        ({"clients": [{"client_id": 1}]}, "$.clients[0].client_id", "is not a string"),
        (
            {"clients": [{"client_id": "a"}, {"client_id": "b"}, {"client_id": "a"}]},
            "$.clients[2].client_id",
            "'a' is in clients[0] already; join them",
        ),
        (
            document(allowed_origin=[]),
            "$.clients[0].allowed_origin",
            "is unknown here; did you mean 'allowed_origins'?",
        ),
        (document(allowed_origins="x"), "$.clients[0].allowed_origins", "is not an array"),
        (document(response_headers=[]), "$.clients[0].response_headers", "is not an object"),
        (
            document(response_headers={"a b": "c"}),
            "$.clients[0].response_headers['a b']",
            "is not a valid header name",
        ),
        (
            document(response_headers={"x": 1}),
            "$.clients[0].response_headers.x",
            "is not a string",
        ),
        (
            document(response_headers={"x": "a\r\nb: c"}),
            "$.clients[0].response_headers.x",
            "has a value that no header can carry",
        ),
        (
            {"clients": [{"client_id": "a", "resources": {}}]},
            "$.clients[0].resources",
            "is not an array",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(given: Any, path: str, reason: str) -> None:
    assert problems_of(given) == {path: reason}


@table(
    ("given", "member", "reason"),
    [
        (3, "", "is not an object"),
        ({"methods": ["get"]}, ".resource_id", "is missing"),
        ({"resource_id": "/sites"}, ".methods", "is missing"),
        (resource(resource_id=None), ".resource_id", "is null; it needs a value"),
        (
            resource(resource_id="sites"),
            ".resource_id",
            "'sites' does not begin with a slash; write '/sites'",
        ),
        (
            resource(resource_id=""),
            ".resource_id",
            "'' does not begin with a slash; write '/'",
        ),
        (resource(methods="get"), ".methods", "is not an array"),
        (resource(methods=[]), ".methods", "is empty; it needs an entry"),
        (
            resource(methods=["get", "gett"]),
            ".methods[1]",
            "'gett' is not a method; methods are get, put, patch, delete, post",
        ),
        (resource(methods=[1]), ".methods[0]", "is not a string"),
        (
            resource(read_attributes="(a"),
            ".read_attributes",
            (
                "'(a' is not a selector: write a selector such as (**), (id,description), "
                "(data.(id)) and (**,-c_secret)"
            ),
        ),
        (
            resource(write_attributes="**"),
            ".write_attributes",
            (
                "'**' is not a selector: write a selector such as (**), (id,description), "
                "(data.(id)) and (**,-c_secret)"
            ),
        ),
        (resource(cache_time="9e2"), ".cache_time", "is not a whole number"),
        (resource(cache_time=9.5), ".cache_time", "is not a whole number"),
        (resource(cache_time=True), ".cache_time", "is not a whole number"),
        (resource(cache_time=-1), ".cache_time", "is negative; it is a number of seconds"),
        (
            resource(personalized_caching_enabled="yes"),
            ".personalized_caching_enabled",
            "is not true or false",
        ),
        (resource(config=[]), ".config", "is not an object"),
        (resource(version_range="23.2"), ".version_range", "is not an array"),
        (resource(version_range=None), ".version_range", "is null; it needs a value"),
        (resource(version_range=[]), ".version_range", "is empty; it needs an entry"),
        (
            resource(version_range=[{"from": "23"}]),
            ".version_range[0].from",
            "'23' is not a version such as 23.2",
        ),
        (
            resource(version_range={"until": "x"}),
            ".version_range.until",
            "'x' is not a version such as 23.2",
        ),
        (
            resource(version_range=[{"from": "23.2", "until": "23.2"}]),
            ".version_range[0]",
            "holds no version, since 'until' is not after 'from'",
        ),
        (
            resource(version_range=[{"to": "23.2"}]),
            ".version_range[0].to",
            "is unknown here; known are from, until",
        ),
        (
            resource(read_attribute="(**)"),
            ".read_attribute",
            "is unknown here; did you mean 'read_attributes'?",
        ),
        (
            resource(Methods=[]),
            ".Methods",
            "is unknown here; did you mean 'methods'?",
        ),
    ],
)
def test_a_mistake_in_a_resource_is_told_with_its_place(
    given: Any, member: str, reason: str
) -> None:
    fine = {"resource_id": "/catalogs", "methods": ["get"]}
    assert problems_of(document(fine, given)) == {f"$.clients[0].resources[1]{member}": reason}


def test_all_mistakes_are_told_at_once() -> None:
    given = {
        "_v": 1,
        "extra": 2,
        "clients": [
            {"client_id": "a", "resources": [resource(methods=["gett", "got"], cache_time="x")]},
            {"client_id": "a", "colour": "red"},
        ],
    }
    assert set(problems_of(given)) == {
        "$._v",
        "$.extra",
        "$.clients[0].resources[0].methods[0]",
        "$.clients[0].resources[0].methods[1]",
        "$.clients[0].resources[0].cache_time",
        "$.clients[1].client_id",
        "$.clients[1].colour",
    }


def test_an_error_reads_as_one_line_for_each_mistake() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read({"_v": 1})
    assert str(caught.value) == "$._v: is not a string\n$.clients: is missing"


@table(
    ("second", "overlaps"),
    [
        ({}, True),
        ({"resource_id": "/sites/"}, True),
        ({"methods": ["put", "get"]}, True),
        ({"version_range": {"from": "22.1"}}, True),
        ({"version_range": [{"until": "19.1"}, {"from": "24.1"}]}, False),
        ({"version_range": {"until": "20.1"}}, False),
        ({"methods": ["put"]}, False),
        ({"resource_id": "/sites/*"}, False),
    ],
)
def test_second_setting_of_the_same_request_is_a_warning(
    second: dict[str, Any], *, overlaps: bool
) -> None:
    first = resource(version_range={"from": "20.1", "until": "22.2"})
    read = settings.read(document(first, resource(resource_id="/x"), resource(**second)))
    path = second.get("resource_id", "/sites")
    told = (
        f"'{path}' is in resources[0] already, for the same method and version; "
        "the first entry decides"
    )
    assert read.warnings == ({"$.clients[0].resources[2].resource_id": told} if overlaps else {})
    assert len(read.clients[0].resources) == 3


@pytest.mark.parametrize(
    ("fitting", "large"),
    [
        (document({"x": [None] * 9_993}), document({"x": [None] * 9_994})),
        (document({"x": "a" * 199_973}), document({"x": "a" * 199_974})),
    ],
    ids=["values", "characters"],
)
def test_size_is_bounded(fitting: Any, large: Any) -> None:
    told = "has more than 10,000 values or 200,000 characters"
    assert told not in problems_of(fitting).values()
    assert problems_of(large) == {"$": told}


def ranges(first: int, count: int) -> list[dict[str, str]]:
    """Return ranges of versions without a common version."""
    return [{"from": f"{n}.1", "until": f"{n}.2"} for n in range(first, first + count)]


@table(
    "given",
    [
        document(*(resource(version_range=ranges(n, 1)) for n in range(1200))),
        document(*(resource(version_range=ranges(20 * n, 20)) for n in range(130))),
        document(*(resource(version_range=ranges(1600 * n, 1600)) for n in range(2))),
        document(*(resource(resource_id=7, methods=["fly"]) for _ in range(2400))),
        document(*(resource() for _ in range(2400))),
        {"clients": [{"client_id": str(n), "resources": []} for n in range(3300)]},
        {"clients": [{"client_id": "a", "allowed_origins": ["https://a.example"] * 9_900}]},
        document(resource(resource_id="/" * 5_000_000)),
        document(resource(resource_id="/*" * 99_950)),
        document(resource(resource_id="/*" * 2_500_000)),
        document(resource(read_attributes="(" * 5_000_000)),
        document({f"_{n}": n for n in range(9_900)}),
        {"clients": [{}] * 1_600_000},
    ],
)
def test_no_document_takes_a_second(given: Any) -> None:
    with bounded(), suppress(settings.SettingsError):
        settings.read(given)


def test_two_clients_may_have_the_same_resource() -> None:
    clients = [{"client_id": name, "resources": [resource()]} for name in ("a", "b")]
    assert len(settings.read({"clients": clients}).clients) == 2


def test_a_resource_that_nothing_serves_is_no_mistake() -> None:
    assert read_one(resource_id="/no/such/thing").resource_id == "/no/such/thing"


@table(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("http://localhost:08080", "http://localhost:8080"),
        ("http://[::1]:80", "http://[::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_an_origin_has_one_form(text: str, origin: str) -> None:
    assert read_origin(text) == origin


@table(
    "text",
    [
        "",
        "*",
        "null",
        "shop.example",
        "https://",
        "https://*.example",
        "https://a/",
        "https://a/b",
        "https://a:",
        "https://a:x",
        "https://a:123456",
        "https://u@a",
        "https://a?b",
        "https://a#b",
        " https://a",
        "https://a\n",
    ],
)
def test_a_text_is_no_origin(text: str) -> None:
    assert read_origin(text) is None


@pytest.mark.parametrize(("text", "version"), [("23.2", (23, 2)), ("9.10", (9, 10))])
def test_a_version_is_two_numbers(text: str, version: tuple[int, int]) -> None:
    assert read_version(text) == version


@table("text", ["", "23", "23.", "23.2.1", "v23.2", "12345.4", "23.2\n", "\u0662.\u0661"])
def test_a_text_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        read_version(text)


@table(
    ("text", "segments"),
    [
        ("/", ()),
        ("/a/*/**", ("a", "*", "**")),
        ("/a/{list_id}/b/", ("a", "*", "b")),
        ("/a b/ä/x*y", ("a%20b", "%C3%A4", "x*y")),
        ("/a%20b/%2F/%2a/%FF", ("a%20b", "%2F", "%2A", "%FF")),
    ],
)
def test_a_pattern_is_in_the_encoding_of_paths(text: str, segments: tuple[str, ...]) -> None:
    assert read_pattern(text) == segments


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(orjson.dumps(WHOLE))
    assert settings.read_file(file) == settings.read(WHOLE)


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(b"\xef\xbb\xbf" + orjson.dumps(WHOLE))
    assert settings.read_file(file) == settings.read(WHOLE)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json: is not a JSON file: .*No such file"):
        settings.read_file(tmp_path / "none.json")


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{")
    with pytest.raises(SettingsError, match=r"settings\.json: is not a JSON file: "):
        settings.read_file(file)
