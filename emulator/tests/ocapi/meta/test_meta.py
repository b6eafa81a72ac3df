import copy
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from emulator.config import Config
from emulator.ocapi.access import oauth
from emulator.ocapi.app import register
from emulator.ocapi.call import Service
from emulator.ocapi.data_api import OWN
from emulator.ocapi.meta.description import (
    TOKEN_PATH,
    describe,
    list_apis,
    list_documents,
    list_versions,
    name_operation,
    show_document,
)
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.resources.inventory.inventory_lists import INVENTORY_LISTS
from emulator.ocapi.resources.inventory.product_inventory_records import PRODUCT_INVENTORY_RECORDS
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    Localized,
    Map,
    Number,
    String,
)
from emulator.ocapi.search.query import SearchResult
from emulator.tests.table import table

BASE = "/s/-/dw/data/v23_2"
RECORDS = "/inventory_lists/{inventory_list_id}/product_inventory_records"
FAULT = {"$ref": "#/definitions/fault"}
DEFAULT = {"description": "A fault of the protocol.", "schema": FAULT}
ENVELOPE = {name: {"type": "string"} for name in ("_v", "_type", "_resource_state")}
SELECT = {
    "in": "query",
    "name": "select",
    "type": "string",
    "description": "The properties to show, such as `(**)` for all.",
}


class Wheel(Document):
    """What it rolls on.

    This is told to developers alone.
    """

    size = Number(minimum=1)


class Vehicle(Document):
    """One vehicle, whose ``id`` is
    painted on it."""

    custom = True

    axles = Integer(minimum=2, maximum=5, load_default=2)
    built = DateTime(read_only=True)
    colour = Enumeration("red", "blue", allow_none=False)
    id = String(min_length=1, max_length=8, allow_none=False)
    labels = Map()
    motor = Boolean(required=True, allow_none=False)
    title = Localized()
    places = Integer()
    remark = String(metadata={"description": "Anything else."})
    tags = Array(String(max_length=4, allow_none=False))
    wheels = Array(Embedded(Wheel(), allow_none=False))


class Vehicles(Collection):
    """A page of vehicles."""

    data = Array(Embedded(Vehicle()))


VEHICLES = Resource(
    path="vehicles",
    document=Vehicle(),
    collection=Vehicles(),
    key="id",
    parameter="vehicle_id",
    verbs=frozenset({"list", "read"}),
    not_found=FaultType(404, "VehicleNotFound", "There's no '{id}'.", ("id",)),
    expansions=("wheels", "motor"),
)


class VehicleSearchResult(SearchResult):
    """A page of the vehicles that were found."""

    hits = Array(Embedded(Vehicle()))


def searched(resource: Resource) -> Resource:
    """Return the resource with a search."""
    found = copy.copy(resource)
    search = SimpleNamespace(path="vehicle_search", result=VehicleSearchResult(), faults=())
    object.__setattr__(found, "search", search)
    return found


def describe_all(*resources: Resource, **options: Any) -> dict[str, Any]:
    return describe(resources, BASE, "shop.example:8443", "https", **options)


@pytest.fixture
def inventory() -> dict[str, Any]:
    return describe_all(INVENTORY_LISTS, PRODUCT_INVENTORY_RECORDS)


@pytest.fixture
def properties() -> dict[str, Any]:
    found: dict[str, Any] = describe_all(VEHICLES)["definitions"]["vehicle"]["properties"]
    return found


def test_apis_have_links() -> None:
    link = "https://shop.example/dw/meta/v1/rest"
    assert list_apis(link) == {"apis": [{"name": "data", "link": f"{link}/data"}]}


def test_versions_have_links_and_statuses_and_are_sorted() -> None:
    link = "https://shop.example/dw/meta/v1/rest/data"
    assert list_versions(link, ["v23_2", "v19_10", "v22_1", "v19_5"]) == {
        "versions": [
            {"name": "v19_5", "link": f"{link}/v19_5", "status": "obsolete"},
            {"name": "v19_10", "link": f"{link}/v19_10", "status": "obsolete"},
            {"name": "v22_1", "link": f"{link}/v22_1", "status": "deprecated"},
            {"name": "v23_2", "link": f"{link}/v23_2", "status": "current"},
        ]
    }


def test_documents_have_links() -> None:
    link = "https://shop.example/dw/meta/v1/rest/data/v23_2/documents"
    documents = list_documents(link, describe_all(VEHICLES))["documents"]
    assert [document["name"] for document in documents] == ["fault", "vehicle", "vehicles", "wheel"]
    assert documents[1]["link"] == f"{link}/vehicle"


def test_a_document_is_shown_with_the_documents_inside() -> None:
    description = describe_all(searched(VEHICLES))
    shown = show_document("vehicles", description)
    assert shown is not None
    assert shown["properties"] == description["definitions"]["vehicles"]["properties"]
    assert sorted(shown["definitions"]) == ["vehicle", "wheel"]
    query = show_document("query", description)
    assert query is not None
    assert {"query", "filter", "bool_query"} <= query["definitions"].keys()
    assert show_document("wheel_of_fortune", description) is None


@table(
    ("method", "template", "name"),
    [
        ("GET", ("inventory_lists",), "getInventoryLists"),
        ("PATCH", ("inventory_lists", "{id}"), "patchInventoryListsByID"),
        ("DELETE", ("a", "{a_id}", "b_c", "{b}"), "deleteAByIDBCByID"),
        ("POST", ("inventory_list_search",), "postInventoryListSearch"),
    ],
)
def test_an_operation_is_named_after_method_and_path(
    method: str, template: tuple[str, ...], name: str
) -> None:
    assert name_operation(method, template) == name


def test_operation_ids_are_the_names_in_the_journal() -> None:
    journal = set(register(Flask("x"), Service(Config(), OWN)).operations.values())
    described = describe_all(*RESOURCES)["paths"].values()
    assert {
        operation["operationId"] for path in described for operation in path.values()
    } <= journal


def test_the_description_of_all_resources_is_valid() -> None:
    validate(describe_all(*RESOURCES))


def test_the_description_of_every_kind_of_property_and_of_a_search_is_valid() -> None:
    validate(describe_all(searched(VEHICLES), replaces_existing=True))


def test_the_description_has_host_path_and_version(inventory: dict[str, Any]) -> None:
    told = {name: inventory[name] for name in ("swagger", "host", "basePath", "schemes")}
    assert told == {
        "swagger": "2.0",
        "host": "shop.example:8443",
        "basePath": "/s/-/dw/data/v23_2",
        "schemes": ["https"],
    }
    assert inventory["info"]["version"] == "23.2"
    assert inventory["consumes"] == ["application/json", "application/xml", "text/xml"]
    assert inventory["produces"] == ["application/json", "application/xml"]


def test_the_description_has_the_ways_of_authorization(inventory: dict[str, Any]) -> None:
    assert inventory["security"] == [{"oauth2_application": []}]
    assert inventory["securityDefinitions"] == {
        "oauth2_application": {
            "type": "oauth2",
            "flow": "application",
            "tokenUrl": "https://shop.example:8443/dw/oauth2/access_token",
            "scopes": {},
            "description": "A token for the id and secret of an API client.",
        },
        "client_id": {
            "type": "apiKey",
            "in": "header",
            "name": "x-dw-client-id",
            "description": "The id of the API client; a token has the id, too.",
        },
    }
    assert TOKEN_PATH in oauth.PATHS


def test_the_description_has_the_served_paths_and_methods(inventory: dict[str, Any]) -> None:
    one = ["delete", "get", "patch", "put"]
    assert {path: sorted(methods) for path, methods in inventory["paths"].items()} == {
        "/inventory_list_search": ["post"],
        "/inventory_lists": ["get"],
        "/inventory_lists/{id}": one,
        RECORDS: ["get"],
        f"{RECORDS}/{{product_id}}": one,
    }


def test_a_put_is_described(inventory: dict[str, Any]) -> None:
    document = {"$ref": "#/definitions/inventory_list"}
    told = inventory["paths"]["/inventory_lists/{id}"]["put"]
    faults = {status: told["responses"].pop(status)["description"] for status in ("400", "404")}
    assert faults["400"].startswith("`IdConflictException`: ")
    assert faults["404"].startswith("`InventoryListDuplicateException`: ")
    assert told == {
        "operationId": "putInventoryListsByID",
        "tags": ["inventory_lists"],
        "summary": "Create one inventory list under the id of the path.",
        "parameters": [
            {
                "in": "path",
                "name": "id",
                "required": True,
                "type": "string",
                "minLength": 1,
                "maxLength": 256,
            },
            SELECT,
            {"in": "body", "name": "body", "required": True, "schema": document},
        ],
        "responses": {
            "201": {"description": "The created document.", "schema": document},
            "default": DEFAULT,
        },
    }


def test_the_page_of_a_collection_below_another_is_described(inventory: dict[str, Any]) -> None:
    told = inventory["paths"][RECORDS]["get"]
    number = {"in": "query", "type": "integer", "format": "int32", "minimum": 0}
    after = {"name": "start", "default": 0}
    most = {"name": "count", "default": 25}
    assert told == {
        "operationId": "getInventoryListsByIDProductInventoryRecords",
        "tags": ["inventory_lists"],
        "summary": "Show a page of the product inventory records.",
        "parameters": [
            {
                "in": "path",
                "name": "inventory_list_id",
                "required": True,
                "type": "string",
                "minLength": 1,
            },
            {
                **number,
                **after,
                "description": "The number of documents to skip.",
            },
            {**number, **most, "description": "The greatest number of documents to show."},
            SELECT,
        ],
        "responses": {
            "200": {
                "description": "The document.",
                "schema": {"$ref": "#/definitions/product_inventory_records"},
            },
            "404": {
                "description": "`InventoryListNotFoundException`: "
                "No inventory list with ID '{inventorylistId}' was found.",
                "schema": FAULT,
            },
            "default": DEFAULT,
        },
    }


def test_a_deletion_is_described_with_the_faults_of_parent_and_document(
    inventory: dict[str, Any],
) -> None:
    told = inventory["paths"][f"{RECORDS}/{{product_id}}"]["delete"]
    assert [parameter["name"] for parameter in told["parameters"]] == [
        "inventory_list_id",
        "product_id",
    ]
    assert told["responses"]["204"] == {"description": "Done, no document."}
    lines = told["responses"]["404"]["description"].split("\n\n")
    assert [line.partition(":")[0] for line in lines] == [
        "`InventoryListNotFoundException`",
        "`ProductInventoryRecordNotFoundException`",
    ]


def test_a_deletion_without_a_not_found_fault_has_no_404(inventory: dict[str, Any]) -> None:
    told = inventory["paths"]["/inventory_lists/{id}"]["delete"]
    assert sorted(told["responses"]) == ["204", "default"]


@table(
    ("replaces", "path", "statuses"),
    [
        (False, "/inventory_lists/{id}", ["201", "400", "404", "default"]),
        (True, "/inventory_lists/{id}", ["200", "201", "400", "default"]),
        (False, f"{RECORDS}/{{product_id}}", ["200", "201", "400", "404", "default"]),
    ],
)
def test_a_put_that_replaces_has_the_status_200(
    replaces: bool,  # noqa: FBT001 - a column of the table
    path: str,
    statuses: list[str],
) -> None:
    resources = (INVENTORY_LISTS, PRODUCT_INVENTORY_RECORDS)
    told = describe_all(*resources, replaces_existing=replaces)["paths"][path]["put"]
    assert sorted(told["responses"]) == statuses


def test_a_path_parameter_has_its_own_name_and_documents_have_expansions() -> None:
    told = describe_all(VEHICLES)["paths"]["/vehicles/{vehicle_id}"]["get"]
    assert told["parameters"][0]["name"] == "vehicle_id"
    assert told["parameters"][2] == {
        "in": "query",
        "name": "expand",
        "type": "array",
        "items": {"type": "string"},
        "collectionFormat": "csv",
        "description": "The parts to add: wheels, motor.",
    }


def test_a_search_is_described() -> None:
    told = describe_all(searched(VEHICLES))
    operation = told["paths"]["/vehicle_search"]["post"]
    assert operation["operationId"] == "postVehicleSearch"
    assert operation["summary"] == "Show a page of the vehicles that match a query."
    [body] = operation["parameters"]
    assert body["schema"] == {"$ref": "#/definitions/search_request"}
    assert operation["responses"]["200"]["schema"] == {
        "$ref": "#/definitions/vehicle_search_result"
    }
    assert "`MalformedSearchParameterException`" in operation["responses"]["400"]["description"]
    assert {"query", "term_query", "filter", "result_page"} <= told["definitions"].keys()


def test_a_document_is_described_by_the_docstring_of_its_class() -> None:
    definitions = describe_all(VEHICLES)["definitions"]
    assert definitions["vehicle"]["description"] == "One vehicle, whose `id` is painted on it."
    assert definitions["wheel"] == {
        "type": "object",
        "description": "What it rolls on.",
        "properties": {
            "size": {"type": "number", "format": "double", "minimum": 1, "x-nullable": True},
            **ENVELOPE,
        },
        "additionalProperties": False,
    }


def test_custom_properties_are_additional_properties() -> None:
    assert describe_all(VEHICLES)["definitions"]["vehicle"]["additionalProperties"] is True


def test_required_properties_are_listed() -> None:
    assert describe_all(VEHICLES)["definitions"]["vehicle"]["required"] == ["motor"]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("axles", {"type": "integer", "format": "int32", "minimum": 2, "maximum": 5, "default": 2}),
        ("built", {"type": "string", "format": "date-time", "readOnly": True}),
        ("colour", {"type": "string", "enum": ["red", "blue"]}),
        ("id", {"type": "string", "minLength": 1, "maxLength": 8}),
        ("labels", {"type": "object", "additionalProperties": True}),
        ("motor", {"type": "boolean"}),
        (
            "title",
            {
                "type": "object",
                "format": "localized",
                "additionalProperties": {"type": "string"},
            },
        ),
        ("places", {"type": "integer", "format": "int32"}),
        ("remark", {"type": "string", "description": "Anything else."}),
        ("tags", {"type": "array", "items": {"type": "string", "maxLength": 4}}),
        ("wheels", {"type": "array", "items": {"$ref": "#/definitions/wheel"}}),
    ],
)
def test_a_property_has_the_constraints_of_its_field(
    properties: dict[str, Any], name: str, schema: dict[str, Any]
) -> None:
    nullable = {} if name in {"colour", "id", "motor"} else {"x-nullable": True}
    assert properties[name] == schema | nullable


def test_a_private_document_is_described_in_place() -> None:
    definitions = describe_all(VEHICLES)["definitions"]
    inner = definitions["fault"]["properties"]["fault"]
    assert sorted(inner["properties"]) == ["arguments", "message", "type"]
    assert not [name for name in definitions if "detail" in name]
