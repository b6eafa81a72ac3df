"""Other mock servers with comparable content and requests.

The content is a hundred documents as long as an inventory list of the emulator. The requests are
the nearest that each server offers: read one document, read 25 documents, change one document.
Logs are off where the server has an option for that.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from benchmarks.installation import Package
from benchmarks.load import Request
from benchmarks.process import HOST, ask_json
from benchmarks.servers import PAGE_SIZE, make_document, name

OPERATIONS = ("GET one", "list of 25", "write")
DOCUMENT_COUNT = 100
MIDDLE_ID = name(DOCUMENT_COUNT // 2)
LISTS_PATH = "/inventory_lists"
OWN_ID = "list-$connection"
NEW_TEXT = "changed by $unique"
JSON_HEADERS = {"Content-Type": "application/json"}


def _fill_nothing(_: str) -> None:
    """Do nothing: the content of the server came from a file."""


@dataclass(frozen=True)
class Peer:
    """A mock server.

    Attributes:
        name: The name of the server.
        package: The package to install.
        command: Writes the content into a folder and returns the command to start the server.
            Arguments: the folder of the package, the folder of the content, the port.
        requests: The requests, by operation.
        asked: The requests in words, by operation.
        first: A request to find out that the server is ready.
        fill: Creates the content by requests to the URL, for a server without a file of content.
    """

    name: str
    package: Package
    command: Callable[[Path, Path, int], list[str]]
    requests: Mapping[str, Request]
    asked: Mapping[str, str]
    first: Request
    fill: Callable[[str], None] = _fill_nothing


def _rest(page: str) -> dict[str, Request]:
    """Return the requests to a REST server; ``page`` is the query for a page."""
    body = json.dumps({"description": NEW_TEXT})
    one, many, write = OPERATIONS
    return {
        one: Request("GET", f"{LISTS_PATH}/{MIDDLE_ID}"),
        many: Request("GET", f"{LISTS_PATH}{page}"),
        write: Request("PATCH", f"{LISTS_PATH}/{OWN_ID}", JSON_HEADERS, body),
    }


def _describe_requests(*asked: str) -> dict[str, str]:
    return dict(zip(OPERATIONS, asked, strict=True))


def _documents() -> list[dict[str, Any]]:
    return [make_document(number) for number in range(DOCUMENT_COUNT)]


def _node(home: Path, program: str, *arguments: object) -> list[str]:
    return ["node", str(home / "node_modules" / ".bin" / program), *map(str, arguments)]


# json-server


def _start_json_server(home: Path, folder: Path, port: int) -> list[str]:
    content = folder / "db.json"
    content.write_text(json.dumps({LISTS_PATH.strip("/"): _documents()}))
    return _node(home, "json-server", "--host", HOST, "--port", port, content)


# Prism


def _start_prism(home: Path, folder: Path, port: int) -> list[str]:
    content = folder / "openapi.json"
    content.write_text(json.dumps(_make_openapi()))
    options = ("--host", HOST, "--port", port, "--verboseLevel", "error")
    return _node(home, "prism", "mock", content, *options)


def _make_openapi() -> dict[str, Any]:
    """Return an OpenAPI document; its examples are the answers."""
    documents = _documents()
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {member: _type(value) for member, value in documents[0].items()},
    }
    change = {"type": "object", "properties": {"description": {"type": "string"}}}
    of_one = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    page = [{"name": "count", "in": "query", "schema": {"type": "integer"}}]
    many = {"type": "array", "items": schema}
    one = _answer(schema, documents[DOCUMENT_COUNT // 2])
    paths = {
        LISTS_PATH: {"get": {"parameters": page, **_answer(many, documents[:PAGE_SIZE])}},
        f"{LISTS_PATH}/{{id}}": {
            "parameters": of_one,
            "get": one,
            "patch": {"requestBody": _content({"schema": change}), **one},
        },
    }
    return {"openapi": "3.0.3", "info": {"title": "bench", "version": "1"}, "paths": paths}


def _type(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "boolean" if isinstance(value, bool) else "string"}


def _answer(schema: Any, example: Any) -> dict[str, Any]:
    answer = {"description": "found", **_content({"schema": schema, "example": example})}
    return {"responses": {"200": answer}}


def _content(described: Any) -> dict[str, Any]:
    return {"content": {"application/json": described}}


# Mockoon


def _start_mockoon(home: Path, folder: Path, port: int) -> list[str]:
    content = folder / "mockoon.json"
    content.write_text(json.dumps(_environment(port)))
    # Without --repair Mockoon asks whether to migrate a file of another version.
    options = ("--port", port, "--hostname", HOST, "--disable-log-to-file", "--repair")
    return _node(home, "mockoon-cli", "start", "--data", content, *options)


def _environment(port: int) -> dict[str, Any]:
    """Return an environment with one CRUD route over a data bucket."""
    bucket = {"uuid": _uuid("bucket"), "id": "list", "name": "lists", "documentation": ""}
    route = {
        "uuid": _uuid("route"),
        "type": "crud",
        "documentation": "",
        "method": "",
        "endpoint": LISTS_PATH.strip("/"),
        "responses": [_response()],
        "responseMode": None,
        "streamingMode": None,
        "streamingInterval": 0,
    }
    return {
        "uuid": _uuid("environment"),
        "lastMigration": 33,
        "name": "bench",
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": HOST,
        "folders": [],
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": route["uuid"]}],
        "proxyMode": False,
        "cors": False,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "data": [{**bucket, "value": json.dumps(_documents())}],
        "callbacks": [],
    }


def _response() -> dict[str, Any]:
    return {
        "uuid": _uuid("response"),
        "body": "{}",
        "latency": 0,
        "statusCode": 200,
        "label": "",
        "headers": [],
        "bodyType": "DATABUCKET",
        "databucketID": "list",
        "rules": [],
        "rulesOperator": "OR",
        "default": True,
        "crudKey": "id",
    }


def _uuid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, text))


# moto

TABLE_NAME = "inventory_lists"


def _start_moto(home: Path, _: Path, port: int) -> list[str]:
    return [str(home / "bin" / "moto_server"), "-H", HOST, "-p", str(port)]


def _sign(operation: str) -> dict[str, str]:
    """Return the headers of a request to DynamoDB; moto reads the service, not the signature."""
    scope = "bench/20240101/us-east-1/dynamodb/aws4_request"
    signed = "SignedHeaders=host;x-amz-date, Signature=0"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, {signed}",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
    }


def _dynamo(operation: str, **members: Any) -> Request:
    body = json.dumps({"TableName": TABLE_NAME, **members})
    return Request("POST", "/", _sign(operation), body)


def _fill_moto(url: str) -> None:
    table = {
        "TableName": TABLE_NAME,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    ask_json(url, "POST", "/", table, **_sign("CreateTable"))
    for document in _documents():
        item = {"TableName": TABLE_NAME, "Item": dict(_attributes(document))}
        ask_json(url, "POST", "/", item, **_sign("PutItem"))


def _attributes(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for member, value in document.items():
        if isinstance(value, bool):
            yield member, {"BOOL": value}
        else:
            yield member, {"SS": value} if isinstance(value, list) else {"S": value}


def _ask_moto() -> dict[str, Request]:
    one, many, write = OPERATIONS
    update = "SET description = :d"
    return {
        one: _dynamo("GetItem", Key={"id": {"S": MIDDLE_ID}}),
        many: _dynamo("Scan", Limit=PAGE_SIZE),
        write: _dynamo(
            "UpdateItem",
            Key={"id": {"S": OWN_ID}},
            UpdateExpression=update,
            ExpressionAttributeValues={":d": {"S": NEW_TEXT}},
            ReturnValues="ALL_NEW",
        ),
    }


# WireMock


def _start_wiremock(home: Path, folder: Path, port: int) -> list[str]:
    mappings = folder / "wiremock" / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    stubs = {"mappings": list(_make_stubs())}
    (mappings / "stubs.json").write_text(json.dumps(stubs))
    [jar] = (home / "node_modules" / "wiremock" / "build").glob("wiremock-standalone-*.jar")
    address = ("--bind-address", HOST, "--port", str(port))
    # The journal has the bound of the emulator's journal; by default it has none.
    options = ("--max-request-journal-entries", "1000", "--disable-banner")
    return ["java", "-jar", str(jar), "--root-dir", str(folder / "wiremock"), *address, *options]


def _make_stubs() -> Iterator[dict[str, Any]]:
    """Yield a stub for each document, for a page, and for changes."""
    documents = _documents()
    for document in documents:
        yield _make_stub({"method": "GET", "urlPath": f"{LISTS_PATH}/{document['id']}"}, document)
    yield _make_stub({"method": "GET", "urlPath": LISTS_PATH}, documents[:PAGE_SIZE])
    body = [{"matchesJsonPath": "$.description"}]
    change = {"method": "PATCH", "urlPathPattern": f"{LISTS_PATH}/[^/]+", "bodyPatterns": body}
    yield _make_stub(change, documents[0])


def _make_stub(request: dict[str, Any], document: Any) -> dict[str, Any]:
    response = {"status": 200, "jsonBody": document, "headers": JSON_HEADERS}
    return {"request": request, "response": response}


# commercetools-mock

OBJECTS_PATH = "/bench/custom-objects"


def _start_commercetools(home: Path, _: Path, port: int) -> list[str]:
    return ["node", str(Path(__file__).with_name("commercetools.mjs")), str(home), str(port)]


def _fill_commercetools(url: str) -> None:
    for document in _documents():
        custom_object = {"container": TABLE_NAME, "key": document["id"], "value": document}
        ask_json(url, "POST", OBJECTS_PATH, custom_object)


def _ask_commercetools() -> dict[str, Request]:
    one, many, write = OPERATIONS
    value = {**_documents()[0], "id": OWN_ID, "description": NEW_TEXT}
    body = json.dumps({"container": TABLE_NAME, "key": OWN_ID, "value": value})
    return {
        one: Request("GET", f"{OBJECTS_PATH}/{TABLE_NAME}/{MIDDLE_ID}"),
        many: Request("GET", f"{OBJECTS_PATH}/{TABLE_NAME}?limit={PAGE_SIZE}"),
        write: Request("POST", OBJECTS_PATH, JSON_HEADERS, body),
    }


GET_ONE = Request("GET", f"{LISTS_PATH}/{MIDDLE_ID}")
PEERS: Sequence[Peer] = (
    Peer(
        "json-server",
        Package("npm", "json-server", "1.0.0-beta.15"),
        _start_json_server,
        _rest(f"?_page=1&_per_page={PAGE_SIZE}"),
        _describe_requests("GET of a document", "GET of a page", "PATCH, saved in a file"),
        GET_ONE,
    ),
    Peer(
        "Prism",
        Package("npm", "@stoplight/prism-cli", "5"),
        _start_prism,
        _rest(f"?count={PAGE_SIZE}"),
        _describe_requests(
            "GET of an example", "GET of an example", "PATCH, validated, without effect"
        ),
        GET_ONE,
    ),
    Peer(
        "Mockoon",
        Package("npm", "@mockoon/cli", "9"),
        _start_mockoon,
        _rest(f"?page=1&limit={PAGE_SIZE}"),
        _describe_requests("GET from a data bucket", "GET of a page", "PATCH, in memory"),
        GET_ONE,
    ),
    Peer(
        "moto",
        Package("PyPI", "moto[server]", ">=5,<6"),
        _start_moto,
        _ask_moto(),
        _describe_requests("DynamoDB GetItem", "DynamoDB Scan, Limit=25", "DynamoDB UpdateItem"),
        _dynamo("ListTables"),
        _fill_moto,
    ),
    Peer(
        "WireMock",
        Package("npm", "wiremock", "3", needs_java=True),
        _start_wiremock,
        _rest(f"?count={PAGE_SIZE}"),
        _describe_requests("GET of a stub", "GET of a stub", "PATCH, validated, without effect"),
        GET_ONE,
    ),
    Peer(
        "commercetools-mock",
        Package("npm", "@labdigital/commercetools-mock", "4"),
        _start_commercetools,
        _ask_commercetools(),
        _describe_requests("GET of a custom object", "GET of a page", "POST of a new value"),
        Request("GET", OBJECTS_PATH),
        _fill_commercetools,
    ),
)
