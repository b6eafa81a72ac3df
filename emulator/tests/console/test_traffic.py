"""The pages of the traffic: the list, an exchange, corrections, and the events of the journal."""

import ast
import json
import re
from html import unescape
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import pytest
from werkzeug.test import Client

from contract_tests.server import Pool
from emulator import Emulator
from emulator.console import event
from emulator.family import PAUSE
from emulator.tests.console.conftest import BROWSER, LOCAL, Get
from emulator.tests.control_client import DATA, ask
from emulator.tests.table import table
from emulator.workspace.failpoint import ConnectionDropped

LIST = f"{DATA}/inventory_lists/my-inventorylist1"
TEXT = re.compile(r"<[^>]+>")


def open_last(emulator: Emulator, get: Get) -> str:
    """Return the page of the latest exchange."""
    number = emulator.workspace.journal.last_number
    answer = get(f"/traffic/{number}")
    assert answer.status_code == 200
    return answer.text


def read_correction(page: str) -> dict[str, Any]:
    """Return the corrected request of a page; empty if the page has none."""
    form = re.search(r"<form[^>]*data-correction[^>]*>", page)
    if form is None:
        return {}
    named = dict(re.findall(r'data-(method|target|headers)="([^"]*)"', form[0]))
    body = re.search(r'<textarea[^>]*id="corrected-body"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return {
        "method": named["method"],
        "target": unescape(named["target"]),
        "headers": json.loads(unescape(named["headers"])),
        "body": json.loads(unescape(body[1])) if body else None,
    }


def send(emulator: Emulator, correction: dict[str, Any]) -> int:
    """Send a corrected request and return the status."""
    options = {"json": correction["body"]} if correction["body"] is not None else {}
    headers = {n: v for n, v in correction["headers"].items() if n != "content-type"}
    target, method = correction["target"], correction["method"]
    return ask(emulator, method, target, headers=headers, **options).status_code


def test_the_list_shows_the_newest_exchange_first(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    ask(emulator, "GET", f"{DATA}/inventory_lists/none?count=1")
    page = get("/traffic").text
    paths = re.findall(r'data-label="Path" title="([^"]*)"', page)
    assert paths[:2] == [f"{DATA}/inventory_lists/none?count=1", f"{DATA}/sites"]
    assert '<span class="badge warn">404</span>' in page
    assert "InventoryListNotFoundException" in page


@table(
    ("query", "shown"),
    [
        ("method=GET", 1),
        ("path=inventory_lists", 1),
        ("path=/s/-/dw", 1),
        ("method=patch", 1),
        ("fault=NotFound", 1),
        ("status=40", 1),
        ("status=4", 1),
        ("status=44", 0),
        ("fault=NotFound*", 0),
        ("path=/**/sites", 1),
        ("status=4xx", 1),
        ("fault=*NotFound*", 1),
        ("client=nobody", 0),
    ],
)
def test_the_list_is_filtered(emulator: Emulator, get: Get, query: str, shown: int) -> None:
    ask(emulator, "POST", f"{DATA}/sites")
    ask(emulator, "GET", f"{DATA}/inventory_lists/none")
    emulator.workspace.journal.drop_oldest()  # of the token request
    ask(emulator, "PATCH", f"{DATA}/sites")
    rows = re.findall(r'data-label="No\."', get(f"/traffic?{query}").text)
    assert len(rows) >= shown
    assert (len(rows) == 0) == (shown == 0)


def test_a_filter_without_a_meaning_fits_nothing(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    page = get("/traffic?status=high")
    assert page.status_code == 200
    assert "No exchange fits the filters." in page.text


def test_an_exchange_that_the_journal_does_not_have_is_not_found(get: Get) -> None:
    assert get("/traffic/12345").status_code == 404


def test_texts_of_clients_stay_texts(emulator: Emulator, get: Get) -> None:
    script = "<script>alert(1)</script>"
    ask(emulator, "PATCH", LIST, json={"description": script, "nosuch": script})
    pages = [get("/traffic").text, open_last(emulator, get)]
    ask(emulator, "GET", f"{DATA}/inventory_lists/%3Cscript%3E?{script}")
    pages += [get("/traffic").text, open_last(emulator, get)]
    assert all(script not in page for page in pages)


def test_a_state_conflict_is_explained_and_corrected(emulator: Emulator, get: Get) -> None:
    sent = {"_resource_state": "0" * 64, "description": "newer"}
    assert ask(emulator, "PATCH", LIST, json=sent).status_code == 409
    page = open_last(emulator, get)
    assert "Why 409 ResourceStateConflictException?" in page
    [document] = re.findall(r'<a href="/__emulator__([^"]*)">What has changed', page)
    assert "The document has not changed" in get(unescape(document)).text
    assert "RST-2" in page
    correction = read_correction(page)
    state = (ask(emulator, "GET", LIST).json or {})["_resource_state"]
    assert correction["method"] == "PATCH"
    assert correction["target"] == LIST
    assert correction["body"] == {"_resource_state": state, "description": "newer"}
    assert send(emulator, correction) == 200


def test_a_state_in_a_header_is_renewed_in_the_header(emulator: Emulator, get: Get) -> None:
    headers = {"x-dw-resource-state": "0" * 64}
    assert ask(emulator, "DELETE", LIST, headers=headers).status_code == 409
    correction = read_correction(open_last(emulator, get))
    assert len(correction["headers"]["x-dw-resource-state"]) == 64
    assert correction["headers"]["x-dw-resource-state"] != "0" * 64
    assert send(emulator, correction) == 204


def test_a_state_of_a_missing_document_is_left_out(emulator: Emulator, get: Get) -> None:
    sent = {"_resource_state": "0" * 64, "description": "new"}
    path = f"{DATA}/inventory_lists/brand-new"
    assert ask(emulator, "PUT", path, json=sent).status_code == 409
    correction = read_correction(open_last(emulator, get))
    assert correction["body"] == {"description": "new"}
    assert send(emulator, correction) == 201


class Refused(NamedTuple):
    """A refused request, its rule, a part of the advice, and the status of the corrected request.

    ``then`` is None if the page has no corrected request.
    """

    request: tuple[str, str]
    options: dict[str, Any]
    status: int
    rule: str
    advice: str
    then: int | None


REFUSED = [
    Refused(("PATCH", LIST), {"json": {"descripton": "x"}}, 400, "DEC-1", "did you mean", 200),
    Refused(("PATCH", LIST), {"json": {"zzz": 1}}, 400, "DEC-1", "leave the property out", 200),
    Refused(("PATCH", LIST), {"json": {"c_zz": 1}}, 400, "DEC-5", "attribute definition", 200),
    Refused(
        ("PATCH", LIST), {"headers": {"If-Match": "x"}, "json": {}}, 412, "RST-4", "changed", 200
    ),
    Refused(("GET", f"{LIST[:-1]}"), {}, 404, "INV-2", "did you mean", 200),
    Refused(("GET", f"{DATA}/inventory_lists/zzz"), {}, 404, "INV-2", "has no 'zzz'", None),
    Refused(("GET", "/s/-/dw/data/v99_9/sites"), {}, 404, "URL-3", "form of 'v23_2'", 200),
    Refused(("GET", "/s/-/dw/data/latest/sites"), {}, 400, "URL-3", "form of 'v23_2'", 200),
    Refused(("GET", "/s/nosuch/dw/data/v23_2/sites"), {}, 404, "URL-4", "no site 'nosuch'", 200),
    Refused(
        ("PUT", f"{DATA}/inventory_lists/a"), {"json": {"id": "b"}}, 400, "INV-4", "the URL", 201
    ),
    Refused(("POST", LIST), {"json": {}}, 405, "URL-6", "This path takes GET", None),
    Refused(
        ("PATCH", LIST),
        {"headers": {"Content-Type": "text/css"}, "data": "{}"},
        *(415, "FMT-2", "Send JSON", 200),
    ),
    Refused(
        ("GET", f"{DATA}/sites"),
        {"headers": {"Authorization": "Bearer x"}},
        *(401, "AUT-1", "valid now", 200),
    ),
    Refused(
        ("GET", f"{DATA}/sites"), {"headers": {"Authorization": ""}}, 401, "AUT-1", "valid now", 200
    ),
]


@table("case", REFUSED)
def test_a_fault_has_its_rule_and_the_corrected_request(
    emulator: Emulator, get: Get, case: Refused
) -> None:
    assert ask(emulator, *case.request, **case.options).status_code == case.status
    page = open_last(emulator, get)
    assert f">{case.rule}<" in page
    assert case.advice in unescape(TEXT.sub("", page))
    correction = read_correction(page)
    assert (send(emulator, correction) if correction else None) == case.then


def test_an_existing_document_is_changed_by_patch(emulator: Emulator, get: Get) -> None:
    sent = {"_resource_state": "not_exists", "description": "x"}
    assert ask(emulator, "PUT", LIST, json=sent).status_code == 409
    correction = read_correction(open_last(emulator, get))
    assert (correction["method"], correction["body"]) == ("PATCH", {"description": "x"})
    assert send(emulator, correction) == 200


def test_a_search_field_has_the_nearest_name(emulator: Emulator, get: Get) -> None:
    term = {"fields": ["descripton"], "operator": "is", "values": ["x"]}
    path = f"{DATA}/inventory_list_search"
    assert ask(emulator, "POST", path, json={"query": {"term_query": term}}).status_code == 400
    page = open_last(emulator, get)
    assert "Fields: id, description" in unescape(page)
    correction = read_correction(page)
    assert correction["body"]["query"]["term_query"]["fields"] == ["description"]
    assert send(emulator, correction) == 200


def test_a_missing_permission_shows_the_settings(emulator: Emulator, get: Get) -> None:
    settings = {"_v": "23.2", "clients": [{"client_id": "a" * 30, "resources": []}]}
    assert ask(emulator, "POST", "/__emulator__/settings", json=settings).status_code < 300
    assert ask(emulator, "GET", f"{DATA}/sites").status_code == 403
    page = open_last(emulator, get)
    assert "SET-1" in page
    [shown] = re.findall(r'id="needed-settings"[^>]*>(.*?)</pre>', page, re.DOTALL)
    needed = json.loads(unescape(shown))
    assert needed["clients"][0]["resources"][0]["resource_id"] == "/sites"
    assert ask(emulator, "POST", "/__emulator__/settings", json=needed).status_code < 300
    assert send(emulator, read_correction(page)) == 200


def test_only_the_ids_of_the_body_are_renamed(emulator: Emulator, get: Get) -> None:
    sent = {"id": "b", "description": "b"}
    assert ask(emulator, "PUT", f"{DATA}/inventory_lists/a", json=sent).status_code == 400
    correction = read_correction(open_last(emulator, get))
    assert correction["body"] == {"id": "a", "description": "b"}


def test_only_fields_of_a_search_are_renamed(emulator: Emulator, get: Get) -> None:
    term = {"fields": ["descripton"], "operator": "is", "values": ["descripton"]}
    ask(emulator, "POST", f"{DATA}/inventory_list_search", json={"query": {"term_query": term}})
    correction = read_correction(open_last(emulator, get))
    assert correction["body"]["query"]["term_query"]["values"] == ["descripton"]


def test_a_property_with_a_taken_name_is_left_out(emulator: Emulator, get: Get) -> None:
    ask(emulator, "PATCH", LIST, json={"descripton": "x", "description": "y"})
    assert read_correction(open_last(emulator, get))["body"] == {"description": "y"}


def test_only_the_version_of_the_path_is_replaced(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", "/s/v9/dw/data/v9/sites")
    assert read_correction(open_last(emulator, get))["target"] == "/s/v9/dw/data/v23_2/sites"


def test_a_corrected_header_is_shown(emulator: Emulator, get: Get) -> None:
    ask(emulator, "PATCH", LIST, json={"description": "x"}, headers={"If-Match": "old"})
    state = (ask(emulator, "GET", LIST).json or {})["_resource_state"]
    number = emulator.workspace.journal.last_number - 1
    page = unescape(get(f"/traffic/{number}").text)
    assert f'PATCH {LIST}\ncontent-type: application/json\nif-match: "{state}"' in page


def test_a_put_of_an_existing_document_becomes_a_patch(emulator: Emulator, get: Get) -> None:
    assert ask(emulator, "PUT", LIST, json={"description": "x"}).status_code == 404
    correction = read_correction(open_last(emulator, get))
    assert correction["method"] == "PATCH"
    assert send(emulator, correction) == 200


XML = "<inventory_list xmlns='http://www.demandware.com/ocapi/data/23.2'>{}</inventory_list>"
XML_TYPE = {"Content-Type": "application/xml", "Accept": "application/xml"}


def test_a_state_in_xml_is_renewed_in_place(emulator: Emulator, get: Get) -> None:
    body = XML.format(f"<_resource_state>{'0' * 64}</_resource_state><description>a</description>")
    assert ask(emulator, "PATCH", LIST, data=body, headers=XML_TYPE).status_code == 409
    page = open_last(emulator, get)
    assert "The resource was changed in the meantime." in page
    [shown] = re.findall(r'<textarea[^>]*id="corrected-body"[^>]*>(.*?)</textarea>', page)
    corrected = unescape(shown)
    assert corrected.startswith("<inventory_list")
    assert ask(emulator, "PATCH", LIST, data=corrected, headers=XML_TYPE).status_code == 200


@table(
    ("body", "advice"),
    [
        (XML.format("<descripton>a</descripton>"), "did you mean 'description'"),
        (XML.format("<c_zz>a</c_zz>"), "attribute definition"),
    ],
)
def test_xml_is_never_replaced_by_json(
    emulator: Emulator, get: Get, body: str, advice: str
) -> None:
    assert ask(emulator, "PATCH", LIST, data=body, headers=XML_TYPE).status_code == 400
    page = open_last(emulator, get)
    assert advice in unescape(page)
    assert read_correction(page) == {}


def test_a_missing_document_is_looked_for_below_its_parents(emulator: Emulator, get: Get) -> None:
    for name in ("one", "two"):
        emulator.create("inventory_list", id=name)
    emulator.create("product_inventory_record", inventory_list_id="one", product_id="shoe-12")
    record = f"{DATA}/inventory_lists/{{}}/product_inventory_records/{{}}"
    assert ask(emulator, "GET", record.format("two", "shoe-13")).status_code == 404
    assert read_correction(open_last(emulator, get)) == {}
    assert ask(emulator, "GET", record.format("one", "shoe-13")).status_code == 404
    correction = read_correction(open_last(emulator, get))
    assert correction["target"] == record.format("one", "shoe-12")


def test_a_state_that_the_client_may_not_read_is_not_guessed(emulator: Emulator, get: Get) -> None:
    entry = {"resource_id": "/inventory_lists/*", "methods": ["patch"], "write_attributes": "(**)"}
    settings = {"_v": "23.2", "clients": [{"client_id": "a" * 30, "resources": [entry]}]}
    assert ask(emulator, "POST", "/__emulator__/settings", json=settings).status_code < 300
    sent = {"_resource_state": "0" * 64, "description": "x"}
    assert ask(emulator, "PATCH", LIST, json=sent).status_code == 409
    page = open_last(emulator, get)
    assert "The document was changed after" in page
    assert read_correction(page) == {}


def test_the_fault_of_a_failpoint_has_no_corrected_request(emulator: Emulator, get: Get) -> None:
    plan = {"action": {"fault": "IfMatchRequired"}}
    assert ask(emulator, "POST", "/__emulator__/failpoints", json=plan).status_code == 201
    assert ask(emulator, "GET", LIST).status_code == 409
    page = open_last(emulator, get)
    assert "made this answer" in page
    assert read_correction(page) == {}


def test_a_stub_is_named_and_not_corrected(emulator: Emulator, get: Get) -> None:
    fault = {"type": "UnknownPropertyException", "message": 5, "arguments": []}
    answer = {"status": 409, "body": {"fault": fault}}
    path = "/s/-/dw/shop/v23_2/baskets"
    stub = {"method": "GET", "path": path, "answer": answer}
    assert ask(emulator, "POST", "/__emulator__/stubs", json=stub).status_code == 201
    assert ask(emulator, "GET", path).status_code == 409
    page = open_last(emulator, get)
    assert '<span class="badge accent">stub 1</span>' in page
    assert '<span class="badge accent">stub 1</span>' in get("/traffic").text
    assert read_correction(page) == {}


def test_a_stub_that_needs_a_token_tells_so(emulator: Emulator, get: Get) -> None:
    path = "/s/-/dw/shop/v23_2/baskets"
    stub = {"method": "GET", "path": path, "answer": {"status": 204}, "access": "token"}
    assert ask(emulator, "POST", "/__emulator__/stubs", json=stub).status_code == 201
    bearer = {"Authorization": "Bearer x"}
    assert ask(emulator, "GET", path, headers=bearer).status_code == 401
    page = open_last(emulator, get)
    assert "Why 401 InvalidAccessTokenException?" in page
    assert "answers only clients with access" in page
    correction = read_correction(page)
    token = {"Authorization": f"Bearer {emulator.token()}"}
    assert ask(emulator, "GET", correction["target"], headers=token).status_code == 204


ARGUMENTS = {
    "InventoryListNotFound": {"inventorylistId": "a"},
    "IdConflict": {"bodyID": "a", "urlID": "b"},
    "UnknownProperty": {"property": "a", "document": "b"},
    "UnknownSearchField": {"field": "a"},
}


@table("fault", sorted(ARGUMENTS))
def test_a_cut_answer_is_explained_by_the_rule_alone(fault: str, pool: Pool) -> None:
    with pool.serve(fixtures="samples", journal_body=10) as emulator:
        plan = {"action": {"fault": fault, "arguments": ARGUMENTS[fault]}}
        plan |= {"match": {"method": "PATCH"}}
        assert ask(emulator, "POST", "/__emulator__/failpoints", json=plan).status_code == 201
        ask(emulator, "PATCH", LIST, json={"a": None})
        answer = Client(emulator.app).get(
            f"/__emulator__/traffic/{emulator.workspace.journal.last_number}",
            headers=BROWSER,
            environ_overrides=LOCAL,
        )
        assert f"{fault}Exception?" in answer.text
        assert "None" not in answer.text
        assert "&#39;&#39;" not in answer.text


@table("body", ["[" * 300 + "]" * 300, '{"descripton":' * 900 + "1" + "}" * 900])
def test_a_deeply_nested_body_is_shown(emulator: Emulator, get: Get, body: str) -> None:
    ask(emulator, "PATCH", LIST, data=body, headers={"Content-Type": "application/json"})
    page = open_last(emulator, get)
    compile(read_snippet(page, "pytest"), "test", "exec")


def test_a_cut_body_is_not_corrected(emulator: Emulator, get: Get) -> None:
    sent = {"_resource_state": "0" * 64, "description": "x" * 20_000}
    ask(emulator, "PATCH", LIST, json=sent)
    page = open_last(emulator, get)
    assert "The journal keeps the beginning" in page
    assert read_correction(page) == {}


def read_snippet(page: str, name: str) -> str:
    """Return the text of an exchange to copy: ``curl``, ``pytest`` or ``har``."""
    [found] = re.findall(rf'id="exchange-{name}"[^>]*>(.*?)</pre>', page, re.DOTALL)
    return unescape(found)


def test_a_taken_request_has_no_workspace_of_its_own(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites", headers={"x-emulator-workspace": "default"})
    page = open_last(emulator, get)
    for name in ("curl", "pytest"):
        assert "x-emulator-workspace" not in read_snippet(page, name)


def test_texts_of_a_request_cannot_leave_the_test(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f'{DATA}/sites?a="+print()+"&b={{x}}&c=\\')
    tree = ast.parse(read_snippet(open_last(emulator, get), "pytest"))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert called == ["ocapi.session.request"]


def test_a_dropped_connection_is_expected(emulator: Emulator, get: Get) -> None:
    plan = {"action": {"drop": "before"}}
    ask(emulator, "POST", "/__emulator__/failpoints", json=plan)
    with pytest.raises(ConnectionDropped):
        ask(emulator, "GET", f"{DATA}/sites")
    code = read_snippet(open_last(emulator, get), "pytest")
    assert "with pytest.raises(requests.ConnectionError):" in code
    assert "status_code" not in code


def test_curl_sends_a_body_as_text_and_asks_for_the_head_only(emulator: Emulator, get: Get) -> None:
    ask(emulator, "POST", f"{DATA}/sites", data="@/etc/hostname")
    curl = read_snippet(open_last(emulator, get), "curl")
    assert "--data-raw @/etc/hostname" in curl
    ask(emulator, "HEAD", f"{DATA}/sites")
    assert "curl --head" in read_snippet(open_last(emulator, get), "curl")


TOKEN_COMMAND = "TOKEN=$(ocapi-emulator token --url http://localhost)\n"


@table(
    ("authorization", "begin"),
    [
        ("Bearer x", TOKEN_COMMAND + 'curl -X GET -H "Authorization: Bearer $TOKEN" \\\n'),
        ("Basic eDp5", 'curl -X GET -u "$CLIENT_ID:$CLIENT_SECRET" \\\n'),
        ("", "curl -X GET \\\n"),
    ],
)
def test_curl_has_the_authorization_of_the_request(
    emulator: Emulator, get: Get, authorization: str, begin: str
) -> None:
    ask(emulator, "GET", f"{DATA}/sites", headers={"Authorization": authorization})
    assert read_snippet(open_last(emulator, get), "curl").startswith(begin)


def test_an_exchange_is_taken_along(emulator: Emulator, get: Get) -> None:
    ask(emulator, "PATCH", LIST, json={"description": "it's"}, headers={"X-Trace": "1"})
    page = open_last(emulator, get)

    def read(name: str) -> str:
        return read_snippet(page, name)

    assert read("curl").startswith(
        "TOKEN=$(ocapi-emulator token --url http://localhost)\ncurl -X PATCH"
    )
    assert "-H 'x-trace: 1'" in read("curl")
    assert "'\"'\"'" in read("curl")  # the quote in the body, for a shell
    compile(read("pytest"), "test", "exec")
    assert 'url = f"{ocapi.data_url}/inventory_lists/my-inventorylist1"' in read("pytest")
    assert "assert answer.status_code == 200" in read("pytest")
    [entry] = json.loads(read("har"))["log"]["entries"]
    assert entry["request"]["method"] == "PATCH"
    assert "Bearer ***" in page
    assert emulator.token() not in page


def read_events(text: str) -> list[dict[str, Any]]:
    return [json.loads(data) for data in re.findall(r"^data: (.*)$", text, re.MULTILINE)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that end after the first turn: the pauses of these tests take no time."""
    monkeypatch.setattr(event, "STREAM_SECONDS", 3600.0)
    monkeypatch.setattr(event, "TURN_SECONDS", 3600.0)


@pytest.mark.usefixtures("short")
def test_events_have_the_new_exchanges(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    before = emulator.workspace.journal.last_number
    ask(emulator, "GET", f"{DATA}/inventory_lists/none")
    answer = get("/traffic/events", headers={"Last-Event-ID": str(before)})
    assert answer.mimetype == "text/event-stream"
    assert answer.text.startswith("retry: ")
    [batch] = read_events(answer.text)
    assert (batch["count"], batch["faults"]) == (1, 1)
    assert batch["exchanges"][0]["path"] == f"{DATA}/inventory_lists/none"
    assert f"id: {before + 1}-" in answer.text


@pytest.mark.usefixtures("short")
def test_events_begin_with_the_next_exchange(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    assert read_events(get("/traffic/events").text) == []


@pytest.mark.usefixtures("short")
def test_a_batch_of_events_is_bounded(emulator: Emulator, get: Get) -> None:
    for _ in range(event.MAX_BATCH_EXCHANGES + 5):
        ask(emulator, "GET", f"{DATA}/sites")
    [batch] = read_events(get("/traffic/events?after=0").text)
    assert batch["count"] > len(batch["exchanges"]) == event.MAX_BATCH_EXCHANGES


@pytest.mark.usefixtures("short")
def test_events_tell_that_the_journal_was_cleared(get: Get) -> None:
    answer = get("/traffic/events", headers={"Last-Event-ID": "99999"})
    assert "event: clear\n" in answer.text


@pytest.mark.usefixtures("short")
def test_a_journal_with_the_same_numbers_after_a_clear_is_another(
    emulator: Emulator, get: Get
) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    [last] = re.findall("^id: (.*)$", get("/traffic/events?after=0").text, re.MULTILINE)
    assert "event: clear" not in get("/traffic/events", headers={"Last-Event-ID": last}).text
    emulator.workspace.journal.clear()
    for _ in range(int(last.partition("-")[0])):
        ask(emulator, "GET", f"{DATA}/sites")
    answer = get("/traffic/events", headers={"Last-Event-ID": last})
    assert "event: clear\n" in answer.text
    assert read_events(answer.text)[1]["count"] == emulator.workspace.journal.last_number


def test_a_server_without_spare_threads_answers_at_once(emulator: Emulator, get: Get) -> None:
    ask(emulator, "GET", f"{DATA}/sites")
    answer = get("/traffic/events?after=0")
    assert answer.text.startswith("retry: 1000\n")
    assert len(read_events(answer.text)) == 1


@pytest.mark.usefixtures("short")
def test_the_bundled_server_holds_a_stream(get: Get) -> None:
    pauses: list[float] = []
    answer = get("/traffic/events", environ_overrides={PAUSE: pauses.append})
    assert answer.text.startswith("retry: 250\n")
    assert pauses == [event.TURN_SECONDS]


@pytest.mark.usefixtures("short")
def test_the_number_of_streams_is_bounded(
    monkeypatch: pytest.MonkeyPatch, emulator: Emulator, get: Get
) -> None:
    monkeypatch.setattr(event, "OPEN_STREAMS", BoundedSemaphore(1))
    for _ in range(3):  # each stream frees its place
        assert get("/traffic/events").status_code == 200
    monkeypatch.setattr(event, "OPEN_STREAMS", BoundedSemaphore(1))
    event.OPEN_STREAMS.acquire()
    assert get("/traffic/events").status_code == 503
    assert emulator.failure is None
