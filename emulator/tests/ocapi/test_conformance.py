import copy
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract_tests.conformance import RULES, Deviation, Rule, compare, main, make, render
from contract_tests.digest import DIGEST, reduce, write
from emulator.tests.table import table

Tree = dict[str, Any]
Change = Callable[[Tree], Any]

SERVED: Tree = {
    "swagger": "2.0",
    "paths": {
        "/cars/{id}": {
            "parameters": [
                {"in": "path", "name": "id", "required": True, "type": "string", "minLength": 1}
            ],
            "put": {
                "operationId": "putCarsByID",
                "parameters": [
                    {"in": "query", "name": "select", "type": "string"},
                    {
                        "in": "body",
                        "name": "body",
                        "required": True,
                        "schema": {"$ref": "#/definitions/car"},
                    },
                ],
                "responses": {
                    "200": {"description": "Done.", "schema": {"$ref": "#/definitions/car"}},
                    "404": {"description": "`NoCarException`: gone. `NoRoadException`: lost."},
                    "default": {"description": "", "schema": {"$ref": "#/definitions/fault"}},
                },
            },
        }
    },
    "definitions": {
        "car": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "doors": {"type": "integer", "format": "int32", "minimum": 2, "maximum": 5},
                "id": {"type": "string", "maxLength": 8, "x-nullable": True},
                "kind": {"type": "string", "enum": ["van", "bus"]},
                "made": {"type": "string", "format": "date-time", "readOnly": True},
                "names": {"type": "object", "additionalProperties": {"type": "string"}},
                "tags": {"type": "array", "items": {"type": "string"}},
                "wheels": {"type": "array", "items": {"$ref": "#/definitions/wheel"}},
            },
        },
        "fault": {"properties": {"fault": {"type": "object", "properties": {"a": {"type": "b"}}}}},
        "wheel": {"properties": {"size": {"type": "number"}, "car": {"$ref": "#/definitions/car"}}},
    },
}


def content(name: str) -> Tree:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def reference() -> Tree:
    """Return a reference that says the same, and has a path more."""
    text = json.dumps(SERVED["definitions"]).replace("#/definitions/", "#/components/schemas/")
    operation = {
        "operationId": "putCarsByID",
        "parameters": [
            {
                "in": "path",
                "name": "id",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
            },
            {"in": "query", "name": "select", "schema": {"type": "string"}},
        ],
        "requestBody": {"$ref": "#/components/requestBodies/car"},
        "responses": {
            "200": {"description": "", **content("car")},
            "404": {"description": "`NoCarException` - or `NoRoadException` - otherwise"},
            "default": {"description": "", **content("fault")},
        },
    }
    other = {"operationId": "getShips", "responses": {"200": content("ship")}}
    return {
        "openapi": "3.0.0",
        "paths": {"/cars/{id}": {"put": operation}, "/ships": {"get": other}},
        "components": {
            "requestBodies": {"car": {"required": True, **content("car")}},
            "schemas": {**json.loads(text), "ship": {"properties": {"a": {"type": "string"}}}},
        },
    }


def put(tree: Tree) -> Tree:
    found: Tree = tree["paths"]["/cars/{id}"]["put"]
    return found


def car(tree: Tree) -> Tree:
    found: Tree = tree["definitions"]["car"]["properties"]
    return found


def deviations(change: Change = lambda _: None, *rules: Rule) -> list[Deviation]:
    """Return how the served description differs once it is changed."""
    served = copy.deepcopy(SERVED)
    change(served)
    return list(compare(served, reference(), rules).deviations)


def test_two_descriptions_that_say_the_same_do_not_differ() -> None:
    assert deviations() == []


def test_the_numbers_are_of_what_is_served_and_of_the_whole_reference() -> None:
    assert render(compare(SERVED, reference(), ())).splitlines()[:12] == [
        "# Conformance",
        "",
        "|  | right | by rule | wrong | served | in the reference |",
        "| --- | --- | --- | --- | --- | --- |",
        "| operations | 1 | 0 | 0 | 1 | 2 |",
        "| parameters | 2 | 0 | 0 | 2 | 2 |",
        "| documents | 3 | 0 | 0 | 3 | 4 |",
        "| properties | 11 | 0 | 0 | 11 | 12 |",
        "| faults | 2 | 0 | 0 | 2 | 2 |",
        "",
        "## Wrong",
        "",
    ]


@table(
    ("change", "kind", "name", "facet", "served", "stated"),
    [
        (lambda t: car(t).pop("kind"), "property", "car.kind", "", "", "stated"),
        (lambda t: car(t).update(x={}), "property", "car.x", "", "stated", ""),
        (
            lambda t: car(t)["kind"].update(type="number"),
            "property",
            "car.kind",
            "type",
            "number",
            "string",
        ),
        (
            lambda t: car(t)["kind"].update(enum=["bus", "cab"]),
            "property",
            "car.kind",
            "enum",
            "bus, cab",
            "bus, van",
        ),
        (lambda t: car(t)["id"].pop("maxLength"), "property", "car.id", "maxLength", "", "8"),
        (lambda t: car(t)["doors"].update(minimum=0), "property", "car.doors", "minimum", "0", "2"),
        (
            lambda t: car(t)["doors"].pop("format"),
            "property",
            "car.doors",
            "format",
            "",
            "int32",
        ),
        (lambda t: car(t)["made"].pop("readOnly"), "property", "car.made", "readOnly", "", "true"),
        (
            lambda t: car(t)["kind"].update(readOnly=True),
            "property",
            "car.kind",
            "readOnly",
            "true",
            "",
        ),
        (
            lambda t: car(t)["tags"]["items"].update(type="number"),
            "property",
            "car.tags",
            "items.type",
            "number",
            "string",
        ),
        (
            lambda t: t["definitions"]["wheel"]["properties"].update(car={"type": "object"}),
            "property",
            "wheel.car",
            "type",
            "object",
            "car",
        ),
        (
            lambda t: car(t)["names"]["additionalProperties"].update(maxLength=9),
            "property",
            "car.names",
            "values.maxLength",
            "9",
            "",
        ),
        (
            lambda t: t["definitions"]["car"].pop("required"),
            "property",
            "car.id",
            "required",
            "false",
            "true",
        ),
        (
            lambda t: t["definitions"]["fault"]["properties"]["fault"]["properties"].clear(),
            "property",
            "fault.fault.a",
            "",
            "",
            "stated",
        ),
        (
            lambda t: put(t).update(operationId="putCars"),
            "operation",
            "PUT /cars/{}",
            "operationId",
            "putCars",
            "putCarsByID",
        ),
        (
            lambda t: put(t)["responses"].pop("200"),
            "operation",
            "PUT /cars/{}",
            "200",
            "",
            "car",
        ),
        (
            lambda t: put(t)["responses"].update({"201": {"description": ""}}),
            "operation",
            "PUT /cars/{}",
            "201",
            "nothing",
            "",
        ),
        (
            lambda t: put(t)["parameters"][1].update(required=False),
            "operation",
            "PUT /cars/{}",
            "request.required",
            "false",
            "true",
        ),
        (
            lambda t: put(t)["parameters"].pop(0),
            "parameter",
            "PUT /cars/{} query select",
            "",
            "",
            "stated",
        ),
        (
            lambda t: put(t)["parameters"][0].update(required=True),
            "parameter",
            "PUT /cars/{} query select",
            "required",
            "true",
            "false",
        ),
        (
            lambda t: put(t)["parameters"][0].update(maxLength=3),
            "parameter",
            "PUT /cars/{} query select",
            "maxLength",
            "3",
            "",
        ),
        (
            lambda t: put(t)["responses"]["404"].update(description="`NoCarException`"),
            "fault",
            "PUT /cars/{} 404 NoRoadException",
            "",
            "",
            "stated",
        ),
        (
            lambda t: put(t)["responses"].update({"400": {"description": "`BadException`"}}),
            "fault",
            "PUT /cars/{} 400 BadException",
            "",
            "stated",
            "",
        ),
    ],
)
def test_what_differs_is_told(  # noqa: PLR0913, PLR0917 - the columns of the table
    change: Change, kind: str, name: str, facet: str, served: str, stated: str
) -> None:
    assert deviations(change) == [Deviation(kind, name, facet, served, stated)]


def test_a_fault_of_another_status_is_missing_and_too_many() -> None:
    def change(tree: Tree) -> None:
        put(tree)["responses"]["409"] = put(tree)["responses"].pop("404")

    assert [(d.name, d.served, d.reference) for d in deviations(change)] == [
        ("PUT /cars/{} 404 NoCarException", "", "stated"),
        ("PUT /cars/{} 404 NoRoadException", "", "stated"),
        ("PUT /cars/{} 409 NoCarException", "stated", ""),
        ("PUT /cars/{} 409 NoRoadException", "stated", ""),
    ]


def test_a_path_parameter_of_another_name_is_missing_and_too_many() -> None:
    def change(tree: Tree) -> None:
        tree["paths"]["/cars/{car}"] = tree["paths"].pop("/cars/{id}")
        tree["paths"]["/cars/{car}"]["parameters"][0]["name"] = "car"

    assert [(d.name, d.served, d.reference) for d in deviations(change)] == [
        ("PUT /cars/{} path car", "stated", ""),
        ("PUT /cars/{} path id", "", "stated"),
    ]


def test_a_method_that_is_missing_is_told_with_all_that_belongs_to_it() -> None:
    def change(tree: Tree) -> None:
        tree["paths"]["/cars/{id}"]["get"] = tree["paths"]["/cars/{id}"].pop("put")

    names = [(d.kind, d.name) for d in deviations(change)]
    assert names[:2] == [("operation", "GET /cars/{}"), ("operation", "PUT /cars/{}")]
    assert ("fault", "PUT /cars/{} 404 NoCarException") in names


def test_a_path_that_the_reference_has_not_is_told() -> None:
    def change(tree: Tree) -> None:
        tree["paths"]["/planes"] = {"get": {"responses": {}}}

    assert deviations(change) == [Deviation("operation", "GET /planes", "", "stated", "")]


def test_documents_that_only_the_server_comes_to_are_compared_by_name() -> None:
    def change(tree: Tree) -> None:
        tree["definitions"]["ship"] = {"properties": {"a": {"type": "number"}}}
        car(tree)["made"] = {"$ref": "#/definitions/ship"}

    assert ("ship.a", "type", "number", "string") in {
        (d.name, d.facet, d.served, d.reference) for d in deviations(change)
    }


def test_what_the_reference_notes_as_doubtful_need_not_be_served() -> None:
    stated = reference()
    stated["components"]["schemas"]["car"]["properties"]["age"] = {"x-not-in-23.2-docs": True}
    responses = stated["paths"]["/cars/{id}"]["put"]["responses"]
    responses["409"] = {"description": "`OldException`", "x-note": "later only"}
    found = compare(SERVED, stated, ())
    assert [(d.name, d.reason) for d in found.deviations] == [
        ("car.age", "reference: not in the documentation of 23.2"),
        ("PUT /cars/{} 409 OldException", "reference: later only"),
    ]
    assert found.wrong == []


@table(
    ("rule", "explained"),
    [
        (Rule("A-1", "it is", "property", "car.id", "maxLength", "9"), True),
        (Rule("A-1", "it is", "property", "*.id", "*", "*"), True),
        (Rule("A-1", "it is", "property", "car.id", "maxLength", "10"), False),
        (Rule("A-1", "it is", "property", "car.id", "maxLength", ""), False),
        (Rule("A-1", "it is", "property", "car.id", "maxLength", "9", "8"), True),
        (Rule("A-1", "it is", "property", "car.id", "maxLength", "9", ""), False),
        (Rule("A-1", "it is", "property", "car.id", "minLength", "9"), False),
        (Rule("A-1", "it is", "property", "car.i", "maxLength", "9"), False),
        (Rule("A-1", "it is", "parameter", "car.id", "maxLength", "9"), False),
        (Rule("A-1", "it is", "property", "car.id"), False),
    ],
)
def test_a_rule_explains_what_it_names_and_nothing_else(
    rule: Rule,
    explained: bool,  # noqa: FBT001 - a column of the table
) -> None:
    [found] = deviations(lambda t: car(t)["id"].update(maxLength=9), rule)
    assert found.reason == ("A-1: it is" if explained else "")


def test_what_a_rule_explains_is_shown_and_counted() -> None:
    served = copy.deepcopy(SERVED)
    for name in ("a", "b", "c", "d"):
        car(served)[name] = {}
    del car(served)["kind"]
    text = render(compare(served, reference(), [Rule("A-1", "it is", "property", "car.[a-d]")]))
    assert "| properties | 10 | 4 | 1 | 14 | 12 |" in text
    assert "| property | car.kind | all of it | - | stated |" in text
    assert "| A-1: it is | 4 | `car.a`, `car.b`, `car.c`, ... |" in text


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Tree], str]:
    def save(tree: Tree) -> str:
        file = tmp_path / "reference.json"
        file.write_text(json.dumps(tree))
        return str(file)

    return save


def test_the_program_ends_with_0_where_nothing_is_wrong(
    save: Callable[[Tree], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([save(dict(make()))]) == 0
    assert "## Wrong\n\nNothing.\n" in capsys.readouterr().out


def test_the_program_ends_with_1_where_something_is_wrong(
    save: Callable[[Tree], str], capsys: pytest.CaptureFixture[str]
) -> None:
    stated = json.loads(json.dumps(make()))
    stated["definitions"]["inventory_list"]["properties"]["colour"] = {"type": "string"}
    assert main([save(stated)]) == 1
    told = "| property | inventory_list.colour | all of it | - | stated |"
    assert told in capsys.readouterr().out


def test_a_digest_has_the_facts_and_no_sentences() -> None:
    whole = reference()
    operation = whole["paths"]["/cars/{id}"]["put"]
    operation["description"] = operation["parameters"][0]["description"] = "A long story."
    whole["components"]["schemas"]["car"]["properties"]["id"]["description"] = "A long story."
    text = write(reduce(whole))
    assert "story" not in text
    assert "otherwise" not in text
    assert compare(SERVED, json.loads(text), ()).deviations == []


def test_a_digest_has_a_line_for_each_operation_and_document() -> None:
    lines = write(reduce(reference())).splitlines()
    operations = [line for line in lines if line.startswith(('  "put":', '  "get":'))]
    documents = [line for line in lines if line.startswith(('  "car":', '  "ship":'))]
    assert (len(operations), len(documents)) == (2, 3)


def test_a_missing_reference_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nowhere.json"])
    assert ended.value.code == 2
    assert "'nowhere.json' is not a file: set REFERENCE=path" in capsys.readouterr().err


def test_the_environment_can_name_the_reference(
    save: Callable[[Tree], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFERENCE", save(dict(make())))
    assert main([]) == 0


class Server(BaseHTTPRequestHandler):
    """A server that grants a token and describes itself to who shows it."""

    paths = ("/dwsso/oauth2/access_token", "/s/-/dw/meta/v1/rest/data/v23_2")
    described = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200 if self.path == self.paths[0] else 404, {"access_token": "granted"})

    def do_GET(self) -> None:
        known = self.path == self.paths[1] and self.headers["Authorization"] == "Bearer granted"
        self.answer(200 if known and self.described else 404, SERVED)

    def answer(self, status: int, content: Tree) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_running_server_is_compared(
    url: str, save: Callable[[Tree], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([save(reference()), "--url", f"{url}/"]) == 0
    assert "| operations | 1 | 0 | 0 | 1 | 2 |" in capsys.readouterr().out


def test_a_server_without_a_description_is_told(
    url: str, save: Callable[[Tree], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "described", False)
    with pytest.raises(SystemExit, match="/s/-/dw/meta/v1/rest/data/v23_2 answers 404"):
        main([save(reference()), "--url", url])


def test_what_is_served_conforms_to_the_reference() -> None:
    found = compare(make(), json.loads(DIGEST.read_bytes()), RULES)
    assert [f"{d.name} {d.facet}: {d.served}, not {d.reference}" for d in found.wrong] == []
