"""Oddities of published settings documents, and fragments of documents (SET-5)."""

from typing import Any

import pytest

from emulator.ocapi.access import settings
from emulator.ocapi.access.settings import SettingsError
from emulator.tests.table import table

ORIGIN = (
    "'{}' is not an origin, so no request matches it; an origin is a scheme, a host "
    "and perhaps a port, without a path or a wildcard, such as https://shop.example"
)
WRAPPED = '{"clients": [{"client_id": "...", "resources": [...]}]}'


def document(**members: Any) -> dict[str, Any]:
    client = {"client_id": "a", **members}
    return {"_v": "23.2", "clients": [client]}


def with_resource(**members: Any) -> dict[str, Any]:
    return document(resources=[{"resource_id": "/sites", "methods": ["get"], **members}])


@table("version", ["18.8", "23.2", "19.10.1", "1.0", "24.5"])
def test_any_version_of_two_or_three_numbers_is_read(version: str) -> None:
    read = settings.read({"_v": version, "clients": []})
    assert (read.version, read.warnings) == (version, {})


@table(
    ("given", "place", "warning"),
    [
        (
            {"_v": 23.2, "clients": []},
            "$._v",
            "the number 23.2 is read as '23.2'; write it in quotes",
        ),
        (
            with_resource(methods=["get", "POST"]),
            "$.clients[0].resources[0].methods[1]",
            "'POST' is read as 'post'; write methods in lower case",
        ),
        (
            with_resource(cache_time="0900"),
            "$.clients[0].resources[0].cache_time",
            "'0900' is read as the number 900; write it without quotes",
        ),
        (
            with_resource(personalized_caching_enabled="False"),
            "$.clients[0].resources[0].personalized_caching_enabled",
            "'False' is read as false; write it without quotes",
        ),
        (
            with_resource(_comment="why"),
            "$.clients[0].resources[0]._comment",
            "is ignored: a name that begins with '_' is a comment",
        ),
        (
            document(response_headers={"Content-type": "text/plain", "x-a": "b"}),
            "$.clients[0].response_headers.Content-type",
            "is ignored: the API sets this header itself",
        ),
        (
            document(response_headers={"X-DW-Resource-State": "1"}),
            "$.clients[0].response_headers.X-DW-Resource-State",
            "is ignored: names that begin with 'x-dw-' are reserved",
        ),
        (
            document(response_headers={"Access-Control-Max-Age": "1"}),
            "$.clients[0].response_headers.Access-Control-Max-Age",
            "is ignored: names that begin with 'access-control-' are reserved",
        ),
        (
            document(allowed_origins=["https://a", "*"]),
            "$.clients[0].allowed_origins[1]",
            ORIGIN.format("*"),
        ),
        (
            document(allowed_origins=["https://a/"]),
            "$.clients[0].allowed_origins[0]",
            ORIGIN.format("https://a/"),
        ),
    ],
)
def test_oddity_is_accepted_with_a_warning(given: Any, place: str, warning: str) -> None:
    assert settings.read(given).warnings == {place: warning}


def test_oddity_is_read_in_its_only_sense() -> None:
    odd = settings.read(with_resource(methods=["GET"], cache_time="9", _x=1)).clients
    plain = settings.read(with_resource(methods=["get"], cache_time=9)).clients
    assert odd == plain
    client = settings.read(document(allowed_origins=["*"], response_headers={"etag": "1"}))
    assert client.clients == settings.read(document()).clients


@table(
    ("given", "reason"),
    [
        (
            [{"resource_id": "/a", "methods": ["get"]}],
            f"is an array of resources; put it into the 'resources' of a client: {WRAPPED}",
        ),
        (
            {"_v": "23.2", "resources": []},
            f"has 'resources' without a client; put them into the entry of a client: {WRAPPED}",
        ),
        (
            {"resource_id": "/a", "methods": ["get"]},
            f"is one resource; put it into the 'resources' of a client: {WRAPPED}",
        ),
        (
            {"client_id": "a", "resources": []},
            "is the entry of one client; put it into the array 'clients': {\"clients\": [...]}",
        ),
        (
            [{"client_id": "a", "resources": []}],
            'is an array of clients; put it into an object: {"clients": [...]}',
        ),
        (
            {"SiteGenesis": {"_v": "23.2", "clients": []}},
            "holds the documents of several sites; each site has a document of its own",
        ),
    ],
)
def test_fragment_is_an_error_with_its_right_place(given: Any, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read(given)
    assert caught.value.problems == {"$": reason}


def test_webdav_permissions_are_another_document() -> None:
    with pytest.raises(SettingsError) as caught:
        settings.read(document(permissions=[{"path": "/impex", "operations": ["read_write"]}]))
    assert caught.value.problems == {
        "$.clients[0].permissions": "is unknown here; WebDAV client permissions are a document "
        "of their own"
    }
