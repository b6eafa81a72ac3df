"""The rules that a resource declares beside its verbs: views, effects, operations, renames.

One further process serves the resources for all tests of this module.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PROGRAM = """
import json
import sys
from dataclasses import replace
from emulator.ocapi.answer import Answer, answer_document, answer_page
from emulator.ocapi.resource import Operation
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import String
from emulator.ocapi.search.language import SearchField
from emulator.store import Delete, Put, Record
from emulator.tests.ocapi.things import (
    ALL, PART, SmallThing, Things, declare,
)

REFUSED = FaultType(403, "ThingRefused", "Not '{thingId}'.", ("thingId",))
VALIDATED = FaultType(400, "ThingValidated", "Not '{thingId}' again.", ("thingId",))
seen = []

def view(call, record):
    call.prevent_caching()
    good = None if record.get("good") else False
    return {"count": len(record.key[-1]), "length": "long", "good": good}

def effects(call, before, after):
    seen.append([before and before["id"], after and after["id"]])
    if "bad" in call.key[-1]:
        raise REFUSED(call.key[-1])
    if after and after["id"] == "puts":
        yield Put("boxes", Record(("put",), {"id": "put"}))
    if before and after is None:
        yield Delete("boxes", ("put",))

def count(call):
    '''Count the boxes.

    And more.
    '''
    total = call.store.count("boxes") + call.changes.get("count", 0)
    return answer_document(call, SmallThing(), {"id": call.key[-1], "count": total})

def list_letters(call):
    '''Show letters.'''
    page = call.page
    letters = [{"id": letter} for letter in "abcdefg"]
    return answer_page(call, Things(), letters[page.start : page.start + page.count], 7)

class FewThings(Things):
    default_count = 2

BOX = declare(
    *ALL, "add", path="boxes", view=view, effects=effects, renames=True, delete_shows=True,
    created_status=200, new_key=lambda call: call.changes.get("id", "new"),
    collection=FewThings(),
    search=replace(PART.search, path="box_search", fields={
        **PART.search.fields, "length": SearchField("string")}),
    operations=(
        Operation(method="POST", path="boxes/{id}/count", answer=count, body=SmallThing(),
                  shows=SmallThing(), needs_body=False, expansions=("x",), faults=(REFUSED,)),
        Operation(method="GET", path="letters", answer=list_letters, shows=Things()),
    ),
)
LID = declare(
    *ALL, path="lids", name="box_lids", parent=BOX, parent_key="box_id",
    search=replace(PART.search, path="lid_search/{box_id}"),
)
FIXED = declare(*ALL, path="fixed", refuses_existing=True)
CHECKED = declare(*ALL, path="checked", duplicate=None, duplicate_if_validated=VALIDATED)
GIVEN = declare(
    "list", path="given", view=view,
    records=lambda call: None if call.store.get("boxes", ("none",)) else [
        Record((name,), {"id": name}) for name in ("x", "yy", "zzz")],
    search=replace(PART.search, path="given_search"),
)
def refuse_bad(call):
    if "bad" in call.key[0]:
        raise REFUSED(call.key[0])

GUARDED = declare(
    *ALL, path="guarded", duplicate=None, check=refuse_bad,
    ignored={"create": {"count"}, "update": {"good"}})
BELOW = declare(*ALL, path="below", parent=GUARDED, parent_key="guarded_id")
SEVERAL = declare("read", path="several", parameters={"site_id": String()})
RESOURCES = BOX, LID, FIXED, CHECKED, GIVEN, GUARDED, BELOW, SEVERAL
from emulator import Emulator

class Client:
    def __init__(self, **options):
        self.emulator = Emulator(fixtures="samples", resources=RESOURCES, **options)
        self.client = self.emulator.app.test_client()
        self.headers = {"Authorization": f"Bearer {self.emulator.token()}"}

    def __call__(self, method, path, value=None, **headers):
        headers = self.headers | {name.replace("_", "-"): v for name, v in headers.items()}
        answer = self.client.open(
            f"/s/-/dw/data/v23_2/{path}", method=method, json=value, headers=headers)
        content = answer.json if answer.data else None
        if content and "fault" in content:
            content = content["fault"]["type"]
        return answer.status_code, content

names = dict(globals())
for line in sys.stdin:
    seen.clear()
    ask, results = Client(), {}
    exec(json.loads(line), {**names, "ask": ask, "results": results})
    ask.emulator.check()
    print(json.dumps(results), flush=True)
"""

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Return a function that runs a program beside the resources above; it returns ``results``."""
    with subprocess.Popen(  # noqa: S603 - the program of these tests
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def run_one(program: str) -> Any:
            print(json.dumps(program), file=stdin, flush=True)
            line = stdout.readline()
            assert line.startswith("{"), line + stdout.read()
            return json.loads(line)

        yield run_one
        stdin.close()


def pick(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name in names}


def test_a_view_adds_and_removes_properties_where_a_document_is_shown_or_searched(run: Run) -> None:
    results = run("""
results["created"] = ask("PUT", "boxes/abc", {"count": 99, "good": True})
results["read"] = ask("GET", "boxes/abc")
query = {"term_query": {"fields": ["count"], "operator": "is", "values": [3]}}
results["found"] = ask("POST", "box_search", {"query": query, "select": "(hits.(id,count,good))"})
query["term_query"]["values"] = [99]
results["stored"] = ask("POST", "box_search", {"query": query})
query = {"term_query": {"fields": ["length"], "operator": "is", "values": ["long"]}}
results["hidden"] = ask("POST", "box_search", {"query": query, "select": "(**)"})
""")
    for name in ("created", "read"):
        status, shown = results[name]
        assert (status, pick(shown, "count", "good")) == (200, {"count": 3})
    hit = results["found"][1]["hits"][0]
    assert pick(hit, "id", "count", "good") == {"id": "abc", "count": 3}
    assert results["stored"][1]["total"] == 0
    [hit] = results["hidden"][1]["hits"]
    assert (hit["id"], "length" in hit) == ("abc", False)


def test_effects_refuse_writes_and_change_more_in_the_same_step(run: Run) -> None:
    results = run("""
results["refused"] = ask("PUT", "boxes/bad", {})
results["missing"] = ask("DELETE", "boxes/bad")
results["written"] = ask("PUT", "boxes/puts", {})[0], ask("GET", "boxes/put")[0]
results["deleted"] = ask("DELETE", "boxes/puts")[0], ask("GET", "boxes/put")[0]
results["seen"] = seen
""")
    assert results["refused"] == results["missing"] == [403, "ThingRefusedException"]
    assert (results["written"], results["deleted"]) == ([200, 200], [200, 404])
    assert results["seen"] == [[None, "bad"], [None, None], [None, "puts"], ["puts", None]]


def test_delete_may_show_the_document(run: Run) -> None:
    results = run("""
ask("PUT", "boxes/abc", {})
results["deleted"] = ask("DELETE", "boxes/abc?select=(id)")
results["again"] = ask("DELETE", "boxes/abc")
""")
    status, shown = results["deleted"]
    assert (status, shown["id"], shown["_type"]) == (200, "abc", "small_thing")
    assert results["again"] == [204, None]


def test_post_creates_under_a_new_id(run: Run) -> None:
    results = run("""
results["added"] = ask("POST", "boxes", {"id": "mine"})
results["named"] = ask("POST", "boxes", {})
results["again"] = ask("POST", "boxes", {})
results["page"] = ask("GET", "boxes")
""")
    assert [(results[name][0], results[name][1]["id"]) for name in ("added", "named")] == [
        (200, "mine"),
        (200, "new"),
    ]
    assert results["again"] == [400, "ThingTwiceException"]
    assert pick(results["page"][1], "count", "total") == {"count": 2, "total": 2}


def test_the_default_length_of_a_page_is_that_of_the_collection(run: Run) -> None:
    results = run("""
for name in "abc":
    ask("PUT", f"boxes/{name}", {})
results["page"] = ask("GET", "boxes")[1]
results["all"] = ask("GET", "boxes?count=25")[1]
""")
    assert (results["page"]["count"], results["page"]["total"]) == (2, 3)
    assert results["page"]["next"].endswith("/boxes?start=2&count=2")
    assert results["all"]["count"] == 3


def test_patch_may_rename_a_document_with_all_below(run: Run) -> None:
    results = run("""
ask("PUT", "boxes/a", {})
ask("PUT", "boxes/b", {})
ask("PUT", "boxes/a/lids/x", {"count": 7})
results["taken"] = ask("PATCH", "boxes/a", {"id": "b"})
results["kept"] = ask("GET", "boxes/a/lids/x")[0]
results["renamed"] = ask("PATCH", "boxes/a", {"id": "c"})
results["lid"] = ask("GET", "boxes/c/lids/x")
results["old"] = ask("GET", "boxes/a")
results["put"] = ask("PUT", "boxes/b", {"id": "d"})
""")
    assert results["taken"] == [400, "ThingTwiceException"]
    assert results["kept"] == 200
    assert (results["renamed"][0], results["renamed"][1]["id"]) == (200, "c")
    assert (results["lid"][0], results["lid"][1]["count"]) == (200, 7)
    assert results["old"] == [404, "ThingMissingException"]
    assert results["put"] == [400, "IdConflictException"]


def test_a_resource_may_refuse_an_existing_document_in_both_dialects(run: Run) -> None:
    results = run("""
for dialect in ("documented", "observed"):
    ask = Client(dialect=dialect)
    ask("PUT", "fixed/a", {})
    results[dialect] = ask("PUT", "fixed/a", {})
""")
    refused = [400, "ThingTwiceException"]
    assert results == {"documented": refused, "observed": refused}


def test_a_header_asks_for_the_refusal_of_an_existing_document(run: Run) -> None:
    results = run("""
ask("PUT", "checked/a", {})
results["replaced"] = ask("PUT", "checked/a", {})[0]
results["refused"] = ask("PUT", "checked/a", {}, x_dw_validate_existing="true")
results["new"] = ask("PUT", "checked/b", {}, x_dw_validate_existing="true")[0]
""")
    assert results == {"replaced": 200, "refused": [400, "ThingValidatedException"], "new": 201}


def test_a_check_refuses_calls_of_a_resource_and_of_the_resources_below(run: Run) -> None:
    results = run("""
ask("PUT", "guarded/good", {})
for method, path in (
    ("GET", "guarded/bad"), ("DELETE", "guarded/bad"), ("GET", "guarded/bad/below/x"),
    ("PUT", "guarded/bad/below/x"), ("GET", "guarded/good/below/x")):
    results[f"{method} {path}"] = ask(method, path, {} if method == "PUT" else None)
""")
    assert results.pop("GET guarded/good/below/x") == [404, "ThingMissingException"]
    assert set(map(tuple, results.values())) == {(403, "ThingRefusedException")}


def test_a_verb_may_ignore_properties(run: Run) -> None:
    results = run("""
results["created"] = ask("PUT", "guarded/a", {"count": 1, "good": True})[1]
results["updated"] = ask("PATCH", "guarded/a", {"count": 2, "good": False})[1]
results["replaced"] = ask("PUT", "guarded/a", {"count": 3})[1]
""")
    shown = {name: pick(one, "count", "good") for name, one in results.items()}
    assert shown == {
        "created": {"good": True},
        "updated": {"count": 2, "good": True},
        "replaced": {"count": 2, "good": False},
    }


def test_given_records_stand_in_for_the_stored_ones(run: Run) -> None:
    results = run("""
results["page"] = ask("GET", "given?start=1&count=1")[1]
query = {"term_query": {"fields": ["count"], "operator": "greater", "values": [1]}}
results["found"] = ask("POST", "given_search", {"query": query})[1]
ask("PUT", "boxes/none", {})
results["none"] = ask("GET", "given"), ask("POST", "given_search", {"query": query})
""")
    assert ([item["id"] for item in results["page"]["data"]], results["page"]["total"]) == (
        ["yy"],
        3,
    )
    assert [hit["id"] for hit in results["found"]["hits"]] == ["yy", "zzz"]
    assert results["none"] == [[204, None], [204, None]]


def test_the_path_of_a_search_may_end_in_the_parents_id(run: Run) -> None:
    results = run("""
for name in "ab":
    ask("PUT", f"boxes/{name}", {})
    ask("PUT", f"boxes/{name}/lids/{name}{name}", {})
request = {"query": {"text_query": {"fields": ["id"], "search_phrase": "b"}}}
for path in ("lid_search/b", "lid_search/a", "lid_search/c"):
    results[path] = ask("POST", path, request)
request["query"]["text_query"]["search_phrase"] = "bb"
results["later"] = ask("POST", "lid_search/b", request)[1]["hits"][0]["id"]
""")
    assert results["lid_search/b"][1]["hits"][0]["id"] == "bb"
    assert results["lid_search/a"][1]["total"] == 0
    assert results["lid_search/c"] == [404, "ThingMissingException"]
    assert results["later"] == "bb"


def test_an_operation_answers_with_the_checked_body(run: Run) -> None:
    results = run("""
ask("PUT", "boxes/a", {})
results["counted"] = ask("POST", "boxes/a/count", {"count": 5})
results["bodiless"] = ask("POST", "boxes/a/count")
results["wrong"] = ask("POST", "boxes/a/count", {"count": "x"})
results["expanded"] = ask("POST", "boxes/a/count?expand=x")[0]
results["unknown"] = ask("POST", "boxes/a/count?expand=y")
results["method"] = ask("GET", "boxes/a/count")
""")
    status, shown = results["counted"]
    assert status == 200
    assert shown == {"_v": "23.2", "_type": "small_thing", "count": 6, "id": "a"}
    assert (results["bodiless"][0], results["bodiless"][1]["count"]) == (200, 1)
    assert results["wrong"] == [400, "TypeDecodingException"]
    assert results["expanded"] == 200
    assert results["unknown"] == [400, "InvalidExpandValueException"]
    assert results["method"] == [405, "MethodNotAllowedException"]


def test_an_operation_may_answer_a_page(run: Run) -> None:
    results = run("""
results["page"] = ask("GET", "letters?count=3&start=2&select=(**)")
results["wrong"] = ask("GET", "letters?count=x")
""")
    status, page = results["page"]
    assert (status, [item["id"] for item in page["data"]]) == (200, ["c", "d", "e"])
    assert pick(page, "count", "start", "total", "select") == {
        "count": 3,
        "start": 2,
        "total": 7,
        "select": "**",
    }
    assert page["next"].endswith("/dw/data/v23_2/letters?select=(**)&start=5&count=3")
    assert results["wrong"] == [400, "MalformedParameterException"]


def test_the_answer_of_a_view_that_prevents_caching_is_not_cached(run: Run) -> None:
    results = run("""
ask("PUT", "boxes/a", {})
calls = []
look = SmallThing.localize
import emulator.ocapi.verbs as verbs
show = verbs.answer_document
verbs.answer_document = lambda *all: calls.append(1) or show(*all)
ask("PUT", "fixed/a", {})
calls.clear()
for path in ("boxes/a", "boxes/a", "fixed/a", "fixed/a"):
    ask("GET", path)
    results.setdefault(path, []).append(len(calls))
""")
    assert results == {"boxes/a": [1, 2], "fixed/a": [3, 3]}


@pytest.mark.parametrize(
    ("path", "method", "told"),
    [
        ("/boxes/{id}/count", "post", ["id", "select", "expand", "body"]),
        ("/letters", "get", ["start", "count", "select"]),
        ("/boxes", "post", ["select", "body"]),
        ("/several/{id}", "get", ["id", "select", "site_id"]),
    ],
)
def test_the_meta_api_describes_operations(
    run: Run, path: str, method: str, told: list[str]
) -> None:
    results = run("""
description = ask.client.get("/dw/meta/v1/rest/data/v23_2", headers=ask.headers).json
results["paths"] = description["paths"]
""")
    operation = results["paths"][path][method]
    assert [parameter["name"] for parameter in operation["parameters"]] == told
    assert set(operation["responses"]) >= {"200", "default"}
