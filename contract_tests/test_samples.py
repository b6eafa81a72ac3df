"""The samples of the documentation, replayed in the documented dialect (SMP-1).

What a sample shows is stated here as it is shown. What the ledger lists as slips is left out:
the ``Content-Length`` of 67, the reason phrases, the misspelled URL, which is an alias (URL-2),
the state in the sample of PATCH, which is no JSON, and the literal states and tokens.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from contract_tests.api import Api

pytestmark = pytest.mark.usefixtures("documented")
Start = Callable[..., Api]
EXPIRES = "Thu, 01-Jan-1970 00:00:00 GMT"
NO_CACHE = "max-age=0,no-cache,no-store,must-revalidate"
NOT_FOUND = {
    "_v": "23.2",
    "_type": "fault",
    "fault": {
        "type": "InventoryListNotFoundException",
        "message": "No inventory list with ID 'my-inventorylist' was found.",
    },
}
LIST: dict[str, Any] = {
    "_v": "23.2",
    "_type": "inventory_list",
    "id": "my-inventorylist",
    "assigned_sites": ["SiteGenesis", "MyOtherSite"],
    "description": "description for inventorylist",
    "default_in_stock": True,
    "link": "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist",
    "on_order_inventory_enabled": False,
    "use_bundle_inventory_only": False,
}


def without_host(value: Any) -> Any:
    """Return a JSON value whose links are paths."""
    if isinstance(value, dict):
        return {
            name: "/s/" + member.partition("/s/")[2] if name == "link" else without_host(member)
            for name, member in value.items()
        }
    return [without_host(entry) for entry in value] if isinstance(value, list) else value


def assert_holds(answer: requests.Response, status: int, sample: dict[str, Any]) -> None:
    """Assert that an answer has the sample's status, its headers, and every member of its body."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"].lower() == "application/json;charset=utf-8"
    assert answer.headers["Expires"] == EXPIRES
    assert answer.headers["Cache-Control"] == NO_CACHE
    _assert_contains(without_host(answer.json()), sample)


def _assert_contains(value: Any, sample: Any) -> None:
    if isinstance(sample, dict):
        assert set(sample) <= set(value)
        for name, member in sample.items():
            _assert_contains(value[name], member)
    elif isinstance(sample, list):
        assert len(value) == len(sample)
        for entry, expected in zip(value, sample, strict=True):
            _assert_contains(entry, expected)
    else:
        assert value == sample


@pytest.fixture
def sampled(start: Start, data_set: str, tmp_path: Path) -> Api:
    """A server that holds the list of the samples of one document, beside the two others."""
    folder = tmp_path / "samples"
    shutil.copytree(data_set, folder)
    file = folder / "inventory_lists.json"
    entry = {name: value for name, value in LIST.items() if not name.startswith("_")}
    file.write_text(json.dumps([*json.loads(file.read_text()), entry]))
    return start(fixtures=str(folder))


HEADERS = {"Host": "example.com", "Content-Type": "application/json; charset=UTF-8"}


@pytest.mark.rule("SMP-1", "URL-2", "ENV-2", "ENV-3", "FMT-3", "ENV-8", "INV-1")
def test_get_inventory_lists(samples: Api) -> None:
    answer = samples.get("/inventorylists?select=(**)", headers=HEADERS)
    sample = {
        "_v": "23.2",
        "count": 2,
        "data": [
            {
                "_v": "23.2",
                "_type": "inventory_list",
                "id": "my-inventorylist1",
                "assigned_sites": ["SiteGenesis", "MyOtherSite"],
                "description": "description for inventorylist1",
                "default_in_stock": True,
                "link": "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1",
                "on_order_inventory_enabled": False,
                "use_bundle_inventory_only": False,
            },
            {
                "_v": "23.2",
                "_type": "inventory_list",
                "id": "my-inventorylist2",
                "assigned_sites": ["MyOtherSite"],
                "description": "description for inventorylist2",
                "default_in_stock": False,
                "link": "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist2",
                "on_order_inventory_enabled": True,
                "use_bundle_inventory_only": False,
            },
        ],
        "select": "**",
        "start": 0,
        "total": 2,
    }
    assert_holds(answer, 200, sample)


@pytest.mark.rule("SMP-1", "ENV-1", "ENV-6", "INV-2")
def test_get_inventory_list(sampled: Api) -> None:
    answer = sampled.get("/inventory_lists/my-inventorylist", headers=HEADERS)
    assert_holds(answer, 200, LIST)
    state = answer.json()["_resource_state"]
    assert (len(state), set(state) <= set("0123456789abcdef")) == (64, True)


@pytest.mark.rule("SMP-1", "FLT-1", "FLT-3", "INV-2")
def test_get_inventory_list_that_is_missing(samples: Api) -> None:
    answer = samples.get("/inventory_lists/my-inventorylist", headers=HEADERS)
    assert_holds(answer, 404, NOT_FOUND)


@pytest.mark.rule("SMP-1", "INV-3")
def test_update_inventory_list(sampled: Api) -> None:
    path = "/inventory_lists/my-inventorylist"
    body = {
        "_resource_state": sampled.get(path).json()["_resource_state"],
        "description": "Modified description",
        "default_in_stock": False,
    }
    answer = sampled.patch(path, data=json.dumps(body), headers=HEADERS)
    changed = {"description": "Modified description", "default_in_stock": False}
    assert_holds(answer, 200, LIST | changed)


@pytest.mark.rule("SMP-1", "INV-3")
def test_update_inventory_list_that_is_missing(samples: Api) -> None:
    body = '{"description": "Modified description", "default_in_stock": false}'
    answer = samples.patch("/inventory_lists/my-inventorylist", data=body, headers=HEADERS)
    assert_holds(answer, 404, NOT_FOUND)


@pytest.mark.rule("SMP-1", "INV-6")
def test_delete_inventory_list(sampled: Api) -> None:
    path = "/inventory_lists/my-inventorylist"
    answer = sampled.delete(path, headers={"Host": "example.com"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert sampled.get(path).status_code == 404


# The sample's request names no content type.
CREATE = (
    '{"description": "description for inventorylist", "default_in_stock": true, '
    '"use_bundle_inventory_only": false}'
)


@pytest.mark.rule("SMP-1", "INV-4", "ENV-6")
def test_create_inventory_list(sampled: Api) -> None:
    # Which sites use a list is told by the sites, so a list created anew under its id has them.
    path, headers = "/inventory_lists/my-inventorylist", {"Host": "example.com"}
    assert sampled.delete(path).status_code == 204
    answer = sampled.put(path, data=CREATE, headers=headers)
    assert_holds(answer, 201, LIST)
    location = "http://example.com/s/-/dw/data/v23_2/inventory_lists/my-inventorylist"
    assert answer.headers["Location"] == answer.json()["link"] == location


@pytest.mark.rule("SMP-1", "INV-5", "FLT-3")
def test_create_inventory_list_that_exists(samples: Api) -> None:
    answer = samples.put(
        "/inventory_lists/my-inventorylist1", data=CREATE, headers={"Host": "example.com"}
    )
    message = "The inventory list could not be created because of duplicate ID 'my-inventorylist1'."
    sample = {
        "_v": "23.2",
        "fault": {"type": "InventoryListDuplicateException", "message": message},
    }
    assert_holds(answer, 404, sample)
