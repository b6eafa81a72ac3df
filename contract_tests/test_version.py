"""What older versions of the Data API do not have (VER-1 and VER-2)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.api import Api, assert_fault

Make = Callable[..., str]
Start = Callable[..., Api]
DATA = "/s/-/dw/data"


@pytest.mark.rule("VER-1")
@pytest.mark.parametrize(("version", "has_dates"), [("v20_4", False), ("v23_2", True)])
def test_an_answer_has_the_properties_of_its_version(
    start: Start, data_set: str, tmp_path: Path, version: str, has_dates: bool
) -> None:
    folder = Path(shutil.copytree(data_set, tmp_path / "fixtures"))
    dates = {"creation_date": "2023-01-16T08:00:00.000Z"}
    sites = json.loads((folder / "sites.json").read_text())
    (folder / "sites.json").write_text(json.dumps([*sites, {"id": "ADatedSite", **dates}]))
    api = start(fixtures=str(folder))
    page = api.call("GET", f"{DATA}/{version}/sites?select=(data.(**))").json()
    assert page["data"][0]["id"] == "ADatedSite"
    assert ("creation_date" in page["data"][0]) is has_dates
    document = api.call("GET", f"{DATA}/{version}/sites/ADatedSite").json()
    assert ("creation_date" in document) is has_dates


@pytest.mark.rule("VER-2")
def test_an_amount_below_zero_is_refused_from_23_2_on(api: Api, make: Make) -> None:
    path = f"inventory_lists/{make()}/product_inventory_records/sku-1"
    body = {"allocation": {"amount": -1}}
    refused = api.call("PUT", f"{DATA}/v23_2/{path}", json=body)
    told = {"document": "product_inventory_record", "path": "$.allocation.amount"}
    assert_fault(refused, 400, "PropertyConstraintViolation", told)
    answer = api.call("PUT", f"{DATA}/v22_6/{path}", json=body)
    assert answer.status_code == 201
    assert answer.json()["allocation"]["amount"] == -1
