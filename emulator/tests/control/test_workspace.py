"""Workspaces over HTTP: made, listed, deleted; and what one does is not seen in another."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.config import ConfigError
from emulator.store import Record
from emulator.tests.table import table

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
WORKSPACES = "/__emulator__/workspaces"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
TOKEN = "/dwsso/oauth2/access_token"
DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
ITEM = {"sku": "new", "productVariant": {"variantId": "new"}}
HEADER = "x-emulator-workspace"
TOUCHING = [
    "/__emulator__/clock",
    "/__emulator__/crashes",
    "/__emulator__/failpoints",
    "/__emulator__/journal",
    "/__emulator__/snapshots",
    "/__emulator__/state",
]
BAD_NAMES = ["_bad", "-bad", "bad-", "b" * 65, "a:b", "a,b", "a%20b"]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator(fixtures="samples")
    yield made
    made.check()


def let_pass(emulator: Emulator, seconds: float = 60) -> None:
    """Age all workspaces."""
    for workspace in emulator.workspaces:
        workspace.used -= seconds


def ask(emulator: Emulator, method: str, path: str, **options: Any) -> TestResponse:
    client = Client(emulator.app)
    return client.open(path, method=method, environ_overrides=LOCAL, **options)


def within(name: str) -> dict[str, str]:
    return {HEADER: name}


def names(emulator: Emulator) -> list[str]:
    listed = ask(emulator, "GET", WORKSPACES).json
    assert listed is not None
    return [shown["name"] for shown in listed]


def assign(emulator: Emulator, name: str, *clients: str) -> TestResponse:
    return ask(emulator, "PUT", f"{WORKSPACES}/{name}", json={"clients": clients})


def serving(emulator: Emulator, **options: Any) -> str:
    """Return the name of the workspace that a request was recorded in."""
    for workspace in emulator.workspaces:
        workspace.journal.clear()
    ask(emulator, "GET", "/items", **options)
    [name] = [workspace.name for workspace in emulator.workspaces if len(workspace.journal)]
    return name


def test_the_default_one_is_there_from_the_start(emulator: Emulator) -> None:
    listed = ask(emulator, "GET", WORKSPACES).json
    assert listed is not None
    assert 0 <= listed[0].pop("idle") < 10
    assert listed == [
        {
            "name": "default",
            "clients": [],
            "exchanges": 0,
            "server_errors": [],
            "unserved": [],
            "crashes": 0,
            "failpoints": 0,
            "stubs": 0,
            "snapshots": 0,
        }
    ]


def test_one_is_made_when_it_is_first_used(emulator: Emulator) -> None:
    ask(emulator, "GET", "/items", headers=within("ci-7"))
    ask(emulator, "GET", "/__emulator__/clock", headers=within("ci-8"))
    assert names(emulator) == ["default", "ci-7", "ci-8"]


@table("name", ["ci-8", *BAD_NAMES])
@table(
    ("method", "path", "status"),
    [
        ("GET", "/__emulator__/health", 200),
        ("GET", "/__emulator__", 200),
        ("GET", "/__emulator__/nothing", 404),
        ("GET", WORKSPACES, 200),
        ("GET", f"{WORKSPACES}/ci-7", 200),
        ("PUT", f"{WORKSPACES}/ci-7", 200),
        ("DELETE", f"{WORKSPACES}/ci-7", 204),
    ],
)
def test_what_touches_none_does_not_look_at_the_header(
    emulator: Emulator, method: str, path: str, status: int, name: str
) -> None:
    assign(emulator, "ci-7")
    assert ask(emulator, method, path, headers=within(name)).status_code == status
    assert names(emulator) == (["default"] if method == "DELETE" else ["default", "ci-7"])


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({"Origin": "http://evil.example"}, "127.0.0.1", 403),
        ({"Host": "evil.example"}, "127.0.0.1", 403),
        ({}, "10.0.0.7", 403),
    ],
    ids=["page", "host", "machine"],
)
def test_a_refused_request_makes_none_and_frees_none(
    headers: dict[str, str], address: str, status: int
) -> None:
    emulator = Emulator(fixtures="samples", workspaces=2)
    ask(emulator, "GET", "/items", headers=within("a"))
    let_pass(emulator)
    client, sent = Client(emulator.app), {**within("b"), **headers}
    environ = {"REMOTE_ADDR": address}
    for path in ("/__emulator__/reset", "/__emulator__/snapshots/s/restore"):
        refused = client.post(path, headers=sent, environ_overrides=environ)
        assert refused.status_code == status
        assert names(emulator) == ["default", "a"]
    ask(emulator, "POST", "/__emulator__/reset", headers=within("b"))
    assert names(emulator) == ["default", "b"]


def test_a_request_without_the_token_makes_none_and_frees_none() -> None:
    emulator = Emulator(fixtures="samples", workspaces=2, control_token="open sesame")
    ask(emulator, "GET", "/items", headers=within("a"))
    let_pass(emulator)
    refused = ask(emulator, "POST", "/__emulator__/reset", headers=within("b"))
    assert refused.status_code == 401
    assert [workspace.name for workspace in emulator.workspaces] == ["default", "a"]


def test_looking_at_one_does_not_make_it(emulator: Emulator) -> None:
    response = ask(emulator, "GET", f"{WORKSPACES}/ci-7")
    assert response.status_code == 404
    assert response.json == {
        "title": "Not Found",
        "status": 404,
        "detail": "There is no workspace 'ci-7'; the first request makes a workspace.",
    }
    assert names(emulator) == ["default"]


def test_one_tells_what_is_in_it(emulator: Emulator) -> None:
    headers = within("ci-7")
    failpoint = {"match": {"nth": 9}, "action": {"status": 503}}
    ask(emulator, "POST", "/__emulator__/failpoints", json=failpoint, headers=headers)
    ask(emulator, "PUT", "/__emulator__/snapshots/s", headers=headers)
    ask(emulator, "GET", "/items", headers=headers)
    assign(emulator, "ci-7", "b", "a")
    shown = ask(emulator, "GET", f"{WORKSPACES}/ci-7").json
    assert shown is not None
    assert 0 <= shown.pop("idle") < 10
    assert shown == {
        "name": "ci-7",
        "clients": ["a", "b"],
        "exchanges": 1,
        "server_errors": [],
        "unserved": [],
        "crashes": 0,
        "failpoints": 1,
        "stubs": 0,
        "snapshots": 1,
    }


def test_answers_of_5xx_that_no_failpoint_made_are_told(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    store = emulator.workspaces.get("ci-7").store
    store.replace({"items.sequence": [Record.of(("last",), {})]})
    failpoint = {"match": {"path": "/inventories"}, "action": {"status": 503}}
    ask(emulator, "POST", "/__emulator__/failpoints", json=failpoint, headers=within("ci-7"))
    ask(emulator, "GET", "/inventories", headers=within("ci-7"))
    ask(emulator, "POST", "/items", json=ITEM, headers=within("ci-7"))
    shown = ask(emulator, "GET", f"{WORKSPACES}/ci-7").json
    assert shown is not None
    assert shown["server_errors"] == ["POST /items: 500 INTERNAL_ERROR"]
    assert shown["crashes"] == 1
    assert "internal error in POST /items" in caplog.text
    emulator.workspaces.get("ci-7").crashes.clear()


def test_put_makes_one_and_gives_it_clients(emulator: Emulator) -> None:
    made = assign(emulator, "ci-7", "b", "a", "a")
    assert made.json is not None
    assert (made.status_code, made.json["clients"]) == (201, ["a", "b"])
    replaced = assign(emulator, "ci-7", "c")
    assert replaced.json is not None
    assert (replaced.status_code, replaced.json["clients"]) == (200, ["c"])
    kept = ask(emulator, "PUT", f"{WORKSPACES}/ci-7")
    assert kept.json is not None
    assert (kept.status_code, kept.json["clients"]) == (200, ["c"])
    emptied = assign(emulator, "ci-7")
    assert emptied.json is not None
    assert (emptied.status_code, emptied.json["clients"]) == (200, [])


def test_the_case_of_a_name_does_not_count(emulator: Emulator) -> None:
    made = assign(emulator, "CI-7", "a")
    assert made.json is not None
    assert (made.status_code, made.json["name"]) == (201, "ci-7")
    assert serving(emulator, headers=within("Ci-7")) == "ci-7"
    assert ask(emulator, "GET", f"{WORKSPACES}/cI-7").status_code == 200
    assert assign(emulator, "ci-7").status_code == 200
    assert ask(emulator, "DELETE", f"{WORKSPACES}/CI-7").status_code == 204
    assert names(emulator) == ["default"]


def test_a_client_belongs_to_the_workspace_that_it_was_given_to_last(emulator: Emulator) -> None:
    assign(emulator, "one", "a", "b")
    assign(emulator, "two", "b")
    listed = ask(emulator, "GET", WORKSPACES).json
    assert listed is not None
    assert {shown["name"]: shown["clients"] for shown in listed} == {
        "default": [],
        "one": ["a"],
        "two": ["b"],
    }


@table(
    ("body", "pointer"),
    [
        ({"clients": None}, "/clients"),
        ({"clients": "a"}, "/clients"),
        ({"clients": ["a", 3]}, "/clients/1"),
        ({"clients": [""]}, "/clients/0"),
        ({"clients": ["a", ""]}, "/clients/1"),
        ({"clients": ["a" * 257]}, "/clients/0"),
        ({"client": ["a"]}, "/client"),
        ([], ""),
    ],
)
def test_clients_that_cannot_be_read_are_refused(
    emulator: Emulator, body: Any, pointer: str
) -> None:
    response = ask(emulator, "PUT", f"{WORKSPACES}/ci-7", json=body)
    assert response.status_code == 400
    assert response.json is not None
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]
    assert names(emulator) == ["default"]


@table("name", [*BAD_NAMES, "b%C3%A4d"])
def test_put_refuses_a_bad_name(emulator: Emulator, name: str) -> None:
    response = ask(emulator, "PUT", f"{WORKSPACES}/{name}")
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].endswith(
        "' is not a valid workspace name: use up to 64 letters, digits and, between them, dots,"
        " hyphens and underscores."
    )
    assert names(emulator) == ["default"]


@table(
    ("path", "name"),
    [
        *(("/items", name) for name in BAD_NAMES),
        *((path, "-bad") for path in (LISTS, TOKEN, *TOUCHING)),
    ],
)
def test_bad_name_in_the_header_is_refused(emulator: Emulator, path: str, name: str) -> None:
    response = ask(emulator, "GET", path, headers=within(name))
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.json is not None
    assert (response.json["title"], response.json["status"]) == ("Bad Request", 400)
    assert response.json["detail"].startswith(f"'{name}' is not a valid workspace name: ")
    assert names(emulator) == ["default"]


@table("name", ["a", "0", "b" * 64, "a.b-c_d", "a--b"])
def test_a_name_has_up_to_64_characters(emulator: Emulator, name: str) -> None:
    assert serving(emulator, headers=within(name)) == name


def test_delete_frees_one_with_all_that_is_in_it(emulator: Emulator) -> None:
    ask(emulator, "POST", "/items", json=ITEM, headers=within("ci-7"))
    assign(emulator, "ci-7", "a")
    response = ask(emulator, "DELETE", f"{WORKSPACES}/ci-7")
    assert (response.status_code, response.data) == (204, b"")
    assert names(emulator) == ["default"]
    assert serving(emulator, headers={"x-dw-client-id": "a"}) == "default"
    again = ask(emulator, "POST", "/items", json=ITEM, headers=within("ci-7"))
    assert again.status_code == 201


def test_the_default_one_cannot_be_deleted(emulator: Emulator) -> None:
    response = ask(emulator, "DELETE", f"{WORKSPACES}/default")
    assert response.status_code == 409
    assert response.json is not None
    assert response.json["detail"] == "the workspace 'default' cannot be deleted."


def test_what_is_not_there_cannot_be_deleted(emulator: Emulator) -> None:
    assert ask(emulator, "DELETE", f"{WORKSPACES}/ci-7").status_code == 404


@table(
    ("host", "name"),
    [
        ("ci-7.localhost", "ci-7"),
        ("ci-7.localhost:8080", "ci-7"),
        ("CI-7.LocalHost", "ci-7"),
        ("ci-7.ocapi.test", "ci-7"),
        ("ci-7.ocapi.test:443", "ci-7"),
        ("a.b.localhost", "a.b"),
        ("default.localhost", "default"),
        ("localhost", "default"),
        ("localhost:8080", "default"),
        ("ocapi.test", "default"),
        ("ci-7.test", "default"),
        ("ci-7.localhost.example.com", "default"),
        ("ci-7.localhost.", "ci-7"),
        (".localhost", "default"),
        ("127.0.0.1:8080", "default"),
        ("[::1]:8080", "default"),
    ],
)
def test_a_host_name_can_name_it(emulator: Emulator, host: str, name: str) -> None:
    assert serving(emulator, headers={"Host": host}) == name


@pytest.mark.parametrize("host", ["-x.localhost", "x-.ocapi.test:443"])
def test_a_host_name_that_names_it_badly_is_refused(emulator: Emulator, host: str) -> None:
    response = ask(emulator, "GET", "/items", headers={"Host": host})
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert names(emulator) == ["default"]


@table(
    ("given", "name"),
    [
        ({"header": "h", "host": "o.localhost", "client": "c"}, "h"),
        ({"header": "h", "client": "c"}, "h"),
        ({"header": "h", "host": "o.localhost"}, "h"),
        ({"header": "DEFAULT", "host": "o.localhost", "client": "c"}, "default"),
        ({"header": "", "host": "o.localhost", "client": "c"}, "o"),
        ({"host": "o.localhost", "client": "c"}, "o"),
        ({"host": "shop.example", "client": "c"}, "of-client"),
        ({"client": "c"}, "of-client"),
        ({"client": "unknown"}, "default"),
        ({}, "default"),
    ],
)
def test_header_goes_before_host_and_host_before_client(
    emulator: Emulator, given: dict[str, str], name: str
) -> None:
    assign(emulator, "of-client", "c")
    sent = {"header": HEADER, "host": "Host", "client": "x-dw-client-id"}
    assert serving(emulator, headers={sent[part]: value for part, value in given.items()}) == name


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"x-dw-client-id": DEMO}},
        {"query_string": {"client_id": DEMO}},
        {"data": {"client_id": DEMO}, "method": "POST"},
        {"auth": (DEMO, "any"), "method": "POST"},
    ],
    ids=["header", "query", "form", "basic"],
)
def test_a_client_is_known_wherever_it_names_itself(
    emulator: Emulator, options: dict[str, Any]
) -> None:
    assign(emulator, "ci-7", DEMO)
    client = Client(emulator.app)
    client.open(TOKEN, environ_overrides=LOCAL, **options)
    assert len(emulator.workspaces.get("ci-7").journal) == 1


def test_a_client_without_header_or_host_gets_its_token_and_its_data(emulator: Emulator) -> None:
    assign(emulator, "ci-7", DEMO)
    form = {"grant_type": "client_credentials", "client_id": DEMO, "client_secret": DEMO}
    granted = ask(emulator, "POST", TOKEN, data=form).json
    assert granted is not None
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert ask(emulator, "PUT", f"{LISTS}/new", json={}, headers=headers).status_code == 201
    lists = "inventory_lists"
    assert emulator.workspaces.get("ci-7").store.get(lists, ("new",)) is not None
    assert emulator.workspace.store.get(lists, ("new",)) is None


def test_data_of_one_are_not_seen_in_another(emulator: Emulator) -> None:
    ask(emulator, "POST", "/items", json=ITEM, headers=within("one"))
    for name, skus in (("one", ["sku-1", "sku-2", "new"]), ("two", ["sku-1", "sku-2"])):
        page = ask(emulator, "GET", "/items", headers=within(name)).json
        assert page is not None
        assert [row["sku"] for row in page["items"]] == skus


def test_a_token_of_one_is_none_in_another(emulator: Emulator) -> None:
    headers = {**within("one"), "Authorization": f"Bearer {emulator.token(workspace='one')}"}
    assert ask(emulator, "GET", LISTS, headers=headers).status_code == 200
    refused = ask(emulator, "GET", LISTS, headers={**headers, HEADER: "two"})
    assert refused.status_code == 401
    assert b"InvalidAccessTokenException" in refused.data


def test_a_next_token_of_one_is_none_in_another(emulator: Emulator) -> None:
    page = ask(emulator, "GET", "/items?pageSize=1", headers=within("one")).json
    assert page is not None
    path = f"/items?pageSize=1&nextToken={page['nextToken']}"
    assert ask(emulator, "GET", path, headers=within("one")).status_code == 200
    refused = ask(emulator, "GET", path, headers=within("two"))
    assert refused.status_code == 400
    assert b"INVALID_NEXT_TOKEN" in refused.data


def test_an_idempotency_key_of_one_is_new_in_another(emulator: Emulator) -> None:
    ids = []
    for name in ("one", "two"):
        headers = {**within(name), "Idempotency-Key": "k"}
        made = ask(emulator, "POST", "/items", json=ITEM, headers=headers).json
        assert made is not None
        ids.append(made["itemId"])
    assert ids[0] != ids[1]


def test_resetting_one_leaves_another_as_it_is(emulator: Emulator) -> None:
    for name in ("one", "two"):
        ask(emulator, "POST", "/items", json=ITEM, headers=within(name))
    ask(emulator, "POST", "/__emulator__/reset", headers=within("one"))
    assert ask(emulator, "POST", "/items", json=ITEM, headers=within("one")).status_code == 201
    assert ask(emulator, "POST", "/items", json=ITEM, headers=within("two")).status_code == 409


def test_least_recently_used_makes_room() -> None:
    emulator = Emulator(fixtures="samples", workspaces=3)
    for name in ("a", "b", "a", "c"):
        let_pass(emulator)
        ask(emulator, "GET", "/items", headers=within(name))
    assert names(emulator) == ["default", "a", "c"]
    let_pass(emulator)
    assign(emulator, "d", "x")
    assert names(emulator) == ["default", "c", "d"]


def test_new_workspace_is_refused_while_all_are_in_use() -> None:
    emulator = Emulator(fixtures="samples", workspaces=2)
    ask(emulator, "GET", "/items", headers=within("a"))
    snapshot = ask(emulator, "PUT", "/__emulator__/snapshots/s")
    assert snapshot.status_code == 201
    fork = {"workspace": "b"}
    for refused in (
        ask(emulator, "GET", "/items", headers=within("b")),
        ask(emulator, "GET", LISTS, headers={"Host": "b.localhost"}),
        ask(emulator, "GET", "/__emulator__/clock", headers=within("b")),
        ask(emulator, "POST", "/__emulator__/snapshots/s/fork", json=fork),
        assign(emulator, "b", "c"),
    ):
        assert (refused.status_code, refused.content_type) == (503, "application/problem+json")
        assert refused.json is not None
        assert refused.json["title"] == "Service Unavailable"
        assert refused.json["detail"].startswith("all 2 workspaces were used within the last 60 ")
    assert names(emulator) == ["default", "a"]
    let_pass(emulator)
    assert serving(emulator, headers=within("b")) == "b"


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_foreign_page_makes_no_workspace(emulator: Emulator, headers: dict[str, str]) -> None:
    for host in ("w1.localhost", "w2.ocapi.test"):
        refused = ask(emulator, "GET", "/items", headers={"Host": host, **headers})
        assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    assert names(emulator) == ["default"]
    assign(emulator, "w1")
    assert serving(emulator, headers={"Host": "w1.localhost", **headers}) == "w1"
    assert serving(emulator, headers=headers) == "default"


def test_too_many_clients_are_refused_at_once(emulator: Emulator) -> None:
    refused = assign(emulator, "a", *["c"] * 10_001)
    assert refused.json is not None
    assert refused.json["detail"] == "/clients: Has more than 10000 clients."
    assert assign(emulator, "a", *map(str, range(10_000))).status_code == 201
    refused = assign(emulator, "b", "c")
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["detail"].startswith("no more than 10000 clients can be assigned to ")


def test_there_is_room_for_two_at_least() -> None:
    with pytest.raises(ConfigError, match="workspaces 1 is not between 2 and 1000000"):
        Emulator(fixtures="samples", workspaces=1)


def test_requests_for_missing_operations_are_listed(emulator: Emulator) -> None:
    path = "/s/-/dw/shop/v23_2/categories/root"
    for _ in range(2):
        ask(emulator, "GET", path, headers=within("ci-7"))
    ask(emulator, "GET", "/s/-/dw/data/v23_2/vehicles", headers=within("ci-7"))
    shown = ask(emulator, "GET", f"{WORKSPACES}/ci-7").json
    assert shown is not None
    assert shown["unserved"] == [f"not emulated: GET {path}"] * 2
