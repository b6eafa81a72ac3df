"""Mock servers that others use in the emulator's place, each with comparable content.

That is a hundred documents of the size of an inventory list as the emulator answers it. What
each one is asked comes as close as it can: one document, 25 of them, and the change of one. Where a
server can be told to log less, it is.
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
from benchmarks.subject import PAGE_SIZE, make_answer, name

OPERATIONS = ("GET one", "list of 25", "write")
SIZE = 100
ONE = name(SIZE // 2)
PATH = "/inventory_lists"
OWN = "list-$connection"
CHANGE = "changed by $unique"
JSON = {"Content-Type": "application/json"}


def _fill_nothing(_: str) -> None:
    """Leave a server as it is: its content came from a file."""


@dataclass(frozen=True)
class Peer:
    """A mock server.

    Attributes:
        name: What it is called.
        package: Where it comes from.
        command: From the folder of its package, one for its content, and a port, to what starts it
            there once the content is written.
        requests: What it is asked, by operation.
        asked: What that is, in words, by operation.
        first: A request that it answers as soon as it answers any.
        fill: Makes its content by requests to its URL, if it takes none from a file.
    """

    name: str
    package: Package
    command: Callable[[Path, Path, int], list[str]]
    requests: Mapping[str, Request]
    asked: Mapping[str, str]
    first: Request
    fill: Callable[[str], None] = _fill_nothing


def _rest(page: str) -> dict[str, Request]:
    """Return the requests to a server that knows REST, with its own way of asking for a page."""
    body = json.dumps({"description": CHANGE})
    one, many, write = OPERATIONS
    return {
        one: Request("GET", f"{PATH}/{ONE}"),
        many: Request("GET", f"{PATH}{page}"),
        write: Request("PATCH", f"{PATH}/{OWN}", JSON, body),
    }


def _tell(*asked: str) -> dict[str, str]:
    return dict(zip(OPERATIONS, asked, strict=True))


def _documents() -> list[dict[str, Any]]:
    return [make_answer(number) for number in range(SIZE)]


def _node(home: Path, program: str, *arguments: object) -> list[str]:
    return ["node", str(home / "node_modules" / ".bin" / program), *map(str, arguments)]


# json-server


def _start_json_server(home: Path, folder: Path, port: int) -> list[str]:
    content = folder / "db.json"
    content.write_text(json.dumps({PATH.strip("/"): _documents()}))
    return _node(home, "json-server", "--host", HOST, "--port", port, content)


# Prism


def _start_prism(home: Path, folder: Path, port: int) -> list[str]:
    content = folder / "openapi.json"
    content.write_text(json.dumps(_describe()))
    options = ("--host", HOST, "--port", port, "--verboseLevel", "error")
    return _node(home, "prism", "mock", content, *options)


def _describe() -> dict[str, Any]:
    """Return an OpenAPI document whose examples are what is answered."""
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
    one = _answer(schema, documents[SIZE // 2])
    paths = {
        PATH: {"get": {"parameters": page, **_answer(many, documents[:PAGE_SIZE])}},
        f"{PATH}/{{id}}": {
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
    # Repairs without asking what another version of Mockoon would have written otherwise.
    options = ("--port", port, "--hostname", HOST, "--disable-log-to-file", "--repair")
    return _node(home, "mockoon-cli", "start", "--data", content, *options)


def _environment(port: int) -> dict[str, Any]:
    """Return an environment with one route for all that can be done with a data bucket."""
    bucket = {"uuid": _uuid("bucket"), "id": "list", "name": "lists", "documentation": ""}
    route = {
        "uuid": _uuid("route"),
        "type": "crud",
        "documentation": "",
        "method": "",
        "endpoint": PATH.strip("/"),
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

TABLE = "inventory_lists"


def _start_moto(home: Path, _: Path, port: int) -> list[str]:
    return [str(home / "bin" / "moto_server"), "-H", HOST, "-p", str(port)]


def _sign(operation: str) -> dict[str, str]:
    """Return the headers of a request to DynamoDB; moto reads the service there, no signature."""
    scope = "bench/20240101/us-east-1/dynamodb/aws4_request"
    signed = "SignedHeaders=host;x-amz-date, Signature=0"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, {signed}",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
    }


def _dynamo(operation: str, **members: Any) -> Request:
    body = json.dumps({"TableName": TABLE, **members})
    return Request("POST", "/", _sign(operation), body)


def _fill_moto(url: str) -> None:
    table = {
        "TableName": TABLE,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    ask_json(url, "POST", "/", table, **_sign("CreateTable"))
    for document in _documents():
        item = {"TableName": TABLE, "Item": dict(_attributes(document))}
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
        one: _dynamo("GetItem", Key={"id": {"S": ONE}}),
        many: _dynamo("Scan", Limit=PAGE_SIZE),
        write: _dynamo(
            "UpdateItem",
            Key={"id": {"S": OWN}},
            UpdateExpression=update,
            ExpressionAttributeValues={":d": {"S": CHANGE}},
            ReturnValues="ALL_NEW",
        ),
    }


GET_ONE = Request("GET", f"{PATH}/{ONE}")
PEERS: Sequence[Peer] = (
    Peer(
        "json-server",
        Package("npm", "json-server", "1.0.0-beta.15"),
        _start_json_server,
        _rest(f"?_page=1&_per_page={PAGE_SIZE}"),
        _tell("GET of a document", "GET of a page", "PATCH, kept in its file"),
        GET_ONE,
    ),
    Peer(
        "Prism",
        Package("npm", "@stoplight/prism-cli", "5"),
        _start_prism,
        _rest(f"?count={PAGE_SIZE}"),
        _tell("GET of an example", "GET of an example", "PATCH, checked, answers an example"),
        GET_ONE,
    ),
    Peer(
        "Mockoon",
        Package("npm", "@mockoon/cli", "9"),
        _start_mockoon,
        _rest(f"?page=1&limit={PAGE_SIZE}"),
        _tell("GET from a data bucket", "GET of a page of it", "PATCH, kept in memory"),
        GET_ONE,
    ),
    Peer(
        "moto",
        Package("PyPI", "moto[server]", ">=5,<6"),
        _start_moto,
        _ask_moto(),
        _tell("DynamoDB GetItem", "DynamoDB Scan, Limit=25", "DynamoDB UpdateItem"),
        _dynamo("ListTables"),
        _fill_moto,
    ),
)
