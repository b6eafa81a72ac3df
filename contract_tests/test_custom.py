"""Declared custom properties (DEC-5)."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from contract_tests.api import Api, assert_fault

Start = Callable[..., Api]
DataSets = Callable[[str], str]

LIST = "/inventory_lists/my-inventorylist1"
RECORD = f"{LIST}/product_inventory_records/p"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
HEAD = {"_v": "23.2", "_type": "inventory_list"}
DECLARED = [
    {"document": "inventory_list", "name": "c_text", "type": "string"},
    {"document": "inventory_list", "name": "c_count", "type": "number"},
    {"document": "inventory_list", "name": "c_flag", "type": "boolean"},
    {"document": "inventory_list", "name": "c_at", "type": "datetime"},
    {"document": "inventory_list", "name": "c_tags", "type": "string", "multiple": True},
    {"document": "inventory_list", "name": "c_counts", "type": "number", "multiple": True},
    {"document": "inventory_list", "name": "c_note", "type": "string", "localized": True},
    {
        "document": "inventory_list",
        "name": "c_names",
        "type": "string",
        "multiple": True,
        "localized": True,
    },
    {"document": "product_inventory_record", "name": "c_bin", "type": "string"},
]


@pytest.fixture(scope="module")
def data_sets(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DataSets:
    """Return the data set with these custom properties; the same folder for the same content."""

    @cache
    def write(content: str) -> str:
        folder = tmp_path_factory.mktemp("custom") / "fixtures"
        shutil.copytree(request.getfixturevalue("data_set"), folder)
        (folder / "custom_properties.json").write_text(content)
        return str(folder)

    return write


@pytest.fixture
def declare(start: Start, data_sets: DataSets) -> Callable[[Any], Api]:
    """Start a server whose data set has these custom properties."""
    return lambda content: start(fixtures=data_sets(json.dumps(content)))


@pytest.fixture
def declaring(declare: Callable[[Any], Api]) -> Api:
    """A server that knows the properties above and no others."""
    return declare({"custom_properties": DECLARED})


@pytest.mark.rule("DEC-5")
@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("c_text", "x", "x"),
        ("c_text", "", ""),
        ("c_count", 1, 1),
        ("c_count", -2.5, -2.5),
        ("c_flag", False, False),
        ("c_at", "2024-02-19T10:18:31.000Z", "2024-02-19T10:18:31.000Z"),
        ("c_at", "2024-02-19T12:18:31+02:00", "2024-02-19T10:18:31.000Z"),
        ("c_tags", ["b", "a"], ["b", "a"]),
        ("c_tags", [], []),
        ("c_counts", [1, 2.5], [1, 2.5]),
        ("c_note", {"default": "x", "de": None}, {"default": "x", "de": None}),
        ("c_note", {}, {}),
        ("c_names", {"default": ["x", "y"]}, {"default": ["x", "y"]}),
    ],
)
def test_a_property_holds_what_it_is_declared_for(
    declaring: Api, name: str, value: Any, stored: Any
) -> None:
    answer = declaring.patch(f"{LIST}?select=({name},-_resource_state)", json={name: value})
    assert (answer.status_code, answer.json()) == (200, HEAD | {name: stored})
    assert declaring.get(LIST).json()[name] == stored


@pytest.mark.rule("DEC-5")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("c_text", 1),
        ("c_text", ["x"]),
        ("c_text", {"default": "x"}),
        ("c_count", "1"),
        ("c_count", True),
        ("c_flag", "true"),
        ("c_flag", 0),
        ("c_at", "yesterday"),
        ("c_at", 1708337911),
        ("c_tags", "x"),
        ("c_tags", ["x", 1]),
        ("c_tags", [None]),
        ("c_counts", ["1"]),
        ("c_note", "x"),
        ("c_note", {"de": 1}),
        ("c_note", {"de": ["x"]}),
        ("c_names", {"de": "x"}),
        ("c_names", ["x"]),
        ("c_other", "x"),
        ("c_other", None),
        ("c_bin", "x"),
        ("c_Text", "x"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_what_is_not_declared_so_cannot_be_written(
    declaring: Api, method: str, name: str, value: Any
) -> None:
    path = LIST if method == "PATCH" else "/inventory_lists/contract-x"
    before = declaring.get(path).text
    answer = declaring.call(method, declaring.scope + path, json={name: value})
    assert_fault(answer, 400, "InvalidCustomProperty", {})
    assert declaring.get(path).text == before


@pytest.mark.rule("DEC-5", "DEC-4")
@pytest.mark.parametrize("name", ["c_text", "c_tags", "c_note"])
def test_null_takes_a_declared_property_away(declaring: Api, name: str) -> None:
    value = {"c_text": "x", "c_tags": ["x"], "c_note": {"de": "x"}}[name]
    declaring.patch(LIST, json={name: value})
    assert name not in declaring.patch(LIST, json={name: None}).json()


@pytest.mark.rule("DEC-5")
def test_a_declaration_is_of_one_document(declaring: Api) -> None:
    assert declaring.put(RECORD, json={"c_bin": "a7"}).json()["c_bin"] == "a7"
    refused = declaring.patch(RECORD, json={"c_text": "x"})
    assert_fault(refused, 400, "InvalidCustomProperty", {})


@pytest.mark.rule("DEC-5", "FLT-5")
def test_the_first_mistake_of_the_document_is_told(declaring: Api) -> None:
    first = declaring.patch(LIST, json={"c_other": 1, "nope": 1})
    assert_fault(first, 400, "InvalidCustomProperty", {})
    second = declaring.patch(LIST, json={"nope": 1, "c_other": 1})
    told = {"property": "nope", "document": "inventory_list"}
    assert_fault(second, 400, "UnknownProperty", told)


@pytest.mark.rule("DEC-5", "FMT-5")
def test_xml_is_held_to_the_declarations_too(declaring: Api) -> None:
    def send(property_: str) -> Any:
        opening = '<inventory_list xmlns="http://www.demandware.com/ocapi/data/23.2"'
        data = f'{opening} xmlns:xsi="{XSI}">{property_}</inventory_list>'
        return declaring.patch(LIST, data=data, headers={"Content-Type": "application/xml"})

    assert send("<c_text>x</c_text>").status_code == 200
    assert send('<c_count xsi:type="number">2</c_count>').status_code == 200
    refused = (
        "<c_count>2</c_count>",
        '<c_text xsi:type="number">2</c_text>',
        "<c_other>x</c_other>",
    )
    for property_ in refused:
        answer = send(property_)
        assert answer.status_code == 400
        assert "InvalidCustomPropertyException" in answer.text
    document = declaring.get(LIST).json()
    assert (document["c_text"], document["c_count"]) == ("x", 2)


@pytest.mark.rule("DEC-5")
@pytest.mark.parametrize("content", [[], {"custom_properties": []}, {"allow_undeclared": False}])
def test_without_a_declaration_nothing_custom_can_be_written(
    declare: Callable[[Any], Api], content: Any
) -> None:
    api = declare(content)
    assert_fault(api.patch(LIST, json={"c_a": "x"}), 400, "InvalidCustomProperty", {})


@pytest.mark.rule("DEC-5")
def test_undeclared_ones_may_be_allowed_beside_declared_ones(
    declare: Callable[[Any], Api],
) -> None:
    api = declare({"custom_properties": DECLARED, "allow_undeclared": True})
    target = f"{LIST}?select=(c_a,c_text,-_resource_state)"
    answer = api.patch(target, json={"c_a": [1, 2], "c_text": "x"})
    assert answer.json() == HEAD | {"c_a": [1, 2], "c_text": "x"}
    assert_fault(api.patch(LIST, json={"c_text": 1}), 400, "InvalidCustomProperty", {})
