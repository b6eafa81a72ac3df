"""The jobs that import and export site archives (IMP-4 to IMP-8)."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from contract_tests.api import Api
from contract_tests.archives import (
    EXPORT,
    IMPORT,
    INSTANCE,
    LOGS,
    NAMESPACE,
    import_,
    make_zip,
    run,
    upload,
)
from contract_tests.conftest import Start

pytestmark = pytest.mark.needs("an instance to import into")

LISTS = "inventory-lists/lists.xml"
PREFERENCES = "sites/RefArch/preferences.xml"
RECORDS = "/inventory_lists/inventory_m/product_inventory_records"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="impex")


def inventory(text: str, list_id: str = "inventory_m") -> str:
    """Return a file with records of a list."""
    header = f'<inventory-list><header list-id="{list_id}"/><records>'
    root = f'<inventory xmlns="{NAMESPACE}/inventory/2007-05-31">'
    return f"{root}\n{header}\n{text}\n</records></inventory-list></inventory>"


def preference(id_: str, value: str) -> str:
    """Return a file with a preference of the platform."""
    element = f'<preference preference-id="{id_}">{value}</preference>'
    return (
        f'<preferences xmlns="{NAMESPACE}/preferences/2007-03-31"><standard-preferences>'
        f"<all-instances>{element}</all-instances></standard-preferences></preferences>"
    )


def assigned_list(id_: str) -> str:
    return preference("SiteInventoryList", id_)


def fail_import(api: Api, content: bytes | None) -> str:
    """Import an archive that is refused; return the message of the step."""
    if content is not None:
        upload(api, content)
    before = api.get("/inventory_lists?select=(**)&count=200").content
    document, log = run(api, IMPORT, {"file_name": "a.zip"})
    assert (document["status"], document["exit_status"]["status"]) == ("ERROR", "error")
    assert "ERROR" in log
    assert api.get("/inventory_lists?select=(**)&count=200").content == before
    message: str = document["step_executions"][-1]["exit_status"]["message"]
    return message


def shown(answer: requests.Response, *names: str) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {name: answer.json().get(name) for name in names}


@pytest.mark.rule("IMP-4")
def test_an_import_creates_what_is_missing_and_changes_what_is_named(storefront: Api) -> None:
    before = storefront.get(f"{RECORDS}/oxford-shirt-navy-m").json()
    log = import_(
        storefront,
        {
            LISTS: inventory(
                '<record product-id="oxford-shirt-navy-m"><perpetual>true</perpetual></record>'
                '<record product-id="new"><allocation>7</allocation></record>'
            )
        },
    )
    changed = storefront.get(f"{RECORDS}/oxford-shirt-navy-m").json()
    different = {name for name in {*before, *changed} if before.get(name) != changed.get(name)}
    assert different == {"_resource_state", "last_modified", "perpetual_flag"}
    assert shown(storefront.get(f"{RECORDS}/new"), "allocation", "ats", "creation_date") == {
        "allocation": {"_type": "product_inventory_record_allocation", "amount": 7},
        "ats": 7,
        "creation_date": "2026-01-01T00:00:00.000Z",
    }
    assert "INFO Starting Import of 'inventory' from: inventory-lists/lists.xml" in log
    assert "INFO Processed 2 record elements successfully" in log


@pytest.mark.rule("IMP-4")
def test_an_import_has_one_mode(storefront: Api) -> None:
    upload(storefront, make_zip({LISTS: inventory('<record product-id="new"/>')}))
    given = {"ImportFile": "a.zip", "ImportMode": "replace"}
    parameters = [{"name": name, "value": value} for name, value in given.items()]
    document, _ = run(storefront, IMPORT, {"parameters": parameters})
    assert document["status"] == "ERROR"
    exit_status = document["step_executions"][-1]["exit_status"]
    assert exit_status["message"] == "The import mode 'replace' isn't supported."
    assert storefront.get(f"{RECORDS}/new").status_code == 404


@pytest.mark.rule("IMP-4")
def test_a_new_allocation_resets_the_turnover(storefront: Api) -> None:
    record = (
        '<record product-id="oxford-shirt-navy-m"><allocation>50</allocation>'
        "<allocation-timestamp>2026-02-03T04:05:06.000Z</allocation-timestamp>"
        "<turnover>9</turnover><ats>3</ats></record>"
    )
    import_(storefront, {LISTS: inventory(record)})
    found = storefront.get(f"{RECORDS}/oxford-shirt-navy-m").json()
    assert found["allocation"]["reset_date"] == "2026-02-03T04:05:06.000Z"
    assert (found["allocation"]["amount"], found["inventory_turnover"]) == (50, 0)
    assert found["stock_level"] == 50


@pytest.mark.rule("IMP-4")
def test_an_element_with_mode_delete_removes_the_document(storefront: Api) -> None:
    import_(
        storefront,
        {LISTS: inventory('<record product-id="oxford-shirt-navy-m" mode="delete"/>')},
    )
    assert storefront.get(f"{RECORDS}/oxford-shirt-navy-m").status_code == 404


@pytest.mark.rule("IMP-4")
def test_a_preference_gives_a_site_the_inventory_list(storefront: Api) -> None:
    import_(storefront, {PREFERENCES: assigned_list("inventory_eu")})
    found = storefront.get("/inventory_lists?select=(**)&count=200").json()["data"]
    assigned = [one["id"] for one in found if "RefArch" in one.get("assigned_sites", ())]
    assert assigned == ["inventory_eu"]


@pytest.mark.rule("IMP-4")
def test_the_general_body_starts_an_import_too(storefront: Api) -> None:
    upload(storefront, make_zip({LISTS: inventory('<record product-id="new"/>')}))
    parameters = [{"name": "ImportFile", "value": "a.zip"}]
    document, _ = run(storefront, IMPORT, {"parameters": parameters})
    assert document["status"] == "OK"
    assert storefront.get(f"{RECORDS}/new").status_code == 200


@pytest.mark.rule("IMP-5")
def test_a_bad_element_is_skipped_and_logged(storefront: Api) -> None:
    log = import_(
        storefront,
        {
            LISTS: inventory(
                '<record product-id="new"/>\n'
                '<record product-id="bad"><allocation>many</allocation></record>\n'
                '<record product-id="less"><allocation>-1</allocation></record>\n'
                '<record product-id="none" mode="delete"/>\n'
                '<record product-id=" "/>'
            )
        },
    )
    errors = re.findall(r"WARN \[DATAERROR\] (.*)", log)
    assert errors == [
        (
            "[3/6] record 'bad': allocation: 'many' is not a number "
            "(inventory-lists/lists.xml, line 4)"
        ),
        (
            "[4/6] record 'less': There's a value constraint violation of property "
            "'$.allocation.amount' in document 'product_inventory_record'. "
            "(inventory-lists/lists.xml, line 5)"
        ),
        (
            "[5/6] record 'none': there is no such object to delete "
            "(inventory-lists/lists.xml, line 6)"
        ),
        (
            "[6/6] record ' ': the attribute 'product-id' of 'record' is missing or not trimmed "
            "(inventory-lists/lists.xml, line 7)"
        ),
    ]
    assert storefront.get(f"{RECORDS}/new").status_code == 200
    assert storefront.get(f"{RECORDS}/bad").status_code == 404


@pytest.mark.rule("IMP-5")
def test_unresolved_references_and_undefined_attributes_are_logged(storefront: Api) -> None:
    attribute = '<custom-attribute attribute-id="zork">1</custom-attribute>'
    record = f'<record product-id="new"><custom-attributes>{attribute}</custom-attributes></record>'
    log = import_(
        storefront, {LISTS: inventory(record), PREFERENCES: assigned_list("no such list")}
    )
    warnings = re.findall(r"WARN \[DATAWARNING\] (.*) \(", log)
    assert warnings == [
        "[2/2] record 'new': custom attribute 'zork' is not defined",
        "[1/1] preference 'SiteInventoryList': there is no inventory list 'no such list'",
    ]
    assert "c_zork" not in storefront.get(f"{RECORDS}/new").json()


@pytest.mark.rule("IMP-6")
def test_what_is_not_emulated_is_named_in_the_log(storefront: Api) -> None:
    log = import_(
        storefront,
        {
            LISTS: inventory('<record product-id="new"><zork/></record>'),
            "static/a.png": b"x",
            "tax.xml": "<tax/>",
        },
    )
    for line in (
        "inventory-lists/lists.xml: 1 x record/zork: the element is not emulated",
        "static/a.png: the file is not emulated",
        "tax.xml: the file is not emulated: the root element tax belongs to no known format",
    ):
        assert f"WARN {line}\n" in log


BOMB = '<!DOCTYPE a [<!ENTITY b "c">]><inventory xmlns="{}/inventory/2007-05-31"/>'
REFUSED = [
    (b"no zip", "is not a zip"),
    (make_zip({LISTS: inventory("<record/>")})[:-40], "is not a zip"),
    (make_zip({LISTS: inventory('<record product-id="p">')}), "line 4: is not well-formed"),
    (
        make_zip({LISTS: inventory("\xff").encode("latin-1")}),
        "inventory-lists/lists.xml, line 3: is not well-formed",
    ),
    (
        make_zip({LISTS: b'<?xml version="1.0" encoding="zork"?>' + inventory("\xff").encode()}),
        "inventory-lists/lists.xml, line 1: has an encoding that cannot be read: unknown encoding",
    ),
    (make_zip({"tax.xml": "<tax>\n<rate></tax>"}), "tax.xml, line 2: is not well-formed"),
    (make_zip({"tax.xml": "<tax>\n"}), "tax.xml, line 2: is not well-formed"),
    (make_zip({LISTS: BOMB.format(NAMESPACE)}), "has a document type definition or an entity"),
    (make_zip({"../a.xml": "<a/>"}), "has a path outside of the archive: 'a/../a.xml'"),
    (make_zip({"b/c.xml": "<a/>"}, top="/"), "has a path outside of the archive: '/b/c.xml'"),
    (make_zip({"a.xml": "<a/>"}, top=""), "must have one top folder with all files"),
]


@pytest.mark.rule("IMP-7")
def test_an_unreadable_archive_ends_the_job_with_an_error(storefront: Api) -> None:
    good = inventory('<record product-id="oxford-shirt-navy-m" mode="delete"/>')
    half = make_zip({LISTS: good, "inventory-lists/z.xml": inventory("<record>")})
    broken = (half, "inventory-lists/z.xml, line 4: is not well-formed")
    for content, reason in [*REFUSED, broken]:
        message = fail_import(storefront, content)
        assert message.startswith("The archive can't be read: ")
        assert reason in message
    assert storefront.get(f"{RECORDS}/oxford-shirt-navy-m").status_code == 200


@pytest.mark.rule("IMP-7")
def test_a_missing_archive_ends_the_job_with_an_error(storefront: Api) -> None:
    told = "The archive can't be read: a.zip: there is no such file"
    assert fail_import(storefront, None) == told
    for name in ("../../a.zip", "b/../../../a.zip", "/a.zip", "\\a.zip"):
        document, _ = run(storefront, IMPORT, {"file_name": name})
        assert document["status"] == "ERROR"


@pytest.mark.rule("IMP-8")
def test_an_export_has_the_wanted_units(storefront: Api) -> None:
    units = {
        "inventory_lists": {"inventory_m": True, "inventory_eu": False},
        "sites": {"RefArch": {"site_preferences": True, "zork": True}},
        "catalogs": {"storefront-catalog": True},
        "price_books": {"all": True},
    }
    body = {"export_file": "x.zip", "data_units": units}
    document, log = run(storefront, EXPORT, body)
    assert document["status"] == "OK"
    content = storefront.call("GET", f"{INSTANCE}/x.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "x/version.txt",
            "x/catalogs/storefront-catalog/catalog.xml",
            "x/sites/RefArch/preferences.xml",
            "x/inventory-lists/inventory_m.xml",
        ]
        text = archive.read("x/inventory-lists/inventory_m.xml").decode()
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<inventory xmlns="http://www.demandware.com/xml/impex/inventory/2007-05-31">\n'
        "    <inventory-list>\n"
        '        <header list-id="inventory_m">\n'
    )
    assert "WARN data unit zork: the data unit is not emulated\n" in log
    assert "WARN data unit price_books: the data unit is not emulated\n" in log


@pytest.mark.rule("IMP-6")
def test_an_export_names_unknown_units_and_missing_documents(storefront: Api) -> None:
    units = {
        "inventory_lists": {"inventory_m": True, "gone": True, "all": False},
        "customer_lists": {"absent": True, "never": False},
        "sites": {
            "Nowhere": {"site_preferences": True},
            "RefArch": {"site_preferences": True, "meta_data": True, "zork": True, "zonk": False},
        },
        "global_data": {"meta_data": True, "site_preferences": True},
        "custom_types": {"all": True},
    }
    body = {"export_file": "x.zip", "data_units": units}
    document, log = run(storefront, EXPORT, body)
    assert document["status"] == "OK"
    assert re.findall(r"WARN (.*)", log) == [
        "data unit meta_data: the data unit is not emulated",
        "data unit zork: the data unit is not emulated",
        "data unit site_preferences: the data unit is not emulated",
        "data unit custom_types: the data unit is not emulated",
        "data unit sites: there is no document 'Nowhere'",
        "data unit inventory_lists: there is no document 'gone'",
        "data unit customer_lists: there is no document 'absent'",
    ]


@pytest.mark.rule("IMP-8")
def test_an_export_replaces_a_file_only_if_told_so(storefront: Api) -> None:
    upload(storefront, b"other", "x.zip")
    body = {"export_file": "x.zip", "data_units": {}}
    document, _ = run(storefront, EXPORT, body)
    message = document["step_executions"][-1]["exit_status"]["message"]
    assert (document["status"], message) == ("ERROR", "The file 'x.zip' already exists.")
    assert storefront.call("GET", f"{INSTANCE}/x.zip").content == b"other"
    document, _ = run(storefront, EXPORT, {**body, "overwrite_export_file": True})
    assert document["status"] == "OK"
    assert storefront.call("GET", f"{INSTANCE}/x.zip").content[:2] == b"PK"


WITHOUT_ELEMENT = (
    *("_resource_state", "creation_date", "customer_id", "etag", "last_modified"),
    *("product_name", "rule"),
)
PREFERENCES_OF_INSTANCES = [
    f"{scope}/preference_groups/{group}/{instance}"
    for scope, group in (
        ("/sites/RefArch/site_preferences", "Storefront"),
        ("/sites/RefArch/site_preferences", "Reviews"),
        ("/sites/RefArchGlobal/site_preferences", "Storefront"),
        ("/global_preferences", "Integration"),
    )
    for instance in ("staging", "development", "production")
]
CUSTOM_OBJECTS = (
    "/custom_objects/Newsletter/ann@example.com",
    "/custom_objects/Newsletter/bob@example.com",
    "/sites/RefArch/custom_objects/Newsletter/ann@example.com",
    "/sites/RefArch/custom_objects/Showroom/7",
)
EVERYTHING = {
    "catalogs": {"all": True},
    "customer_lists": {"all": True},
    "global_data": {"all": True},
    "inventory_lists": {"all": True},
    "libraries": {"all": True},
    "sites": {"all": {"all": True}},
}


def read_all(api: Api) -> dict[str, list[Any]]:
    """Return the answers to the GETs of all collections with a format."""
    documents = {path: read_pages(api, path) for path in ("/sites", "/inventory_lists")}
    paths = [
        f"/inventory_lists/{one['id']}/product_inventory_records"
        for one in documents["/inventory_lists"]
    ]
    paths += [
        "/system_object_definitions/SitePreferences/attribute_definitions",
        "/custom_object_definitions/Showroom/attribute_definitions",
    ]
    for path in (*PREFERENCES_OF_INSTANCES, *CUSTOM_OBJECTS, "/sites/Sites-Site"):
        documents[path] = [without(api.get(path).json())]
    for site in ("RefArch", "RefArchGlobal"):
        groups = f"/sites/{site}/customer_groups"
        documents[groups] = read_pages(api, groups)
        paths += [f"{groups}/{one['id']}/members" for one in documents[groups]]
        customers = f"/customer_lists/{site}/customers"
        numbers = find_customers(api, site)
        documents[customers] = [
            without(api.get(f"{customers}/{number}").json()) for number in numbers
        ]
        paths += [f"{customers}/{number}/addresses" for number in numbers]
    return documents | {path: read_pages(api, path) for path in paths}


def find_customers(api: Api, list_id: str) -> list[str]:
    body = {"query": {"match_all_query": {}}, "select": "(**)", "count": 200}
    path = f"{api.scope}/customer_lists/{list_id}/customer_search"
    found = api.call("POST", path, json=body).json()
    return sorted(hit["data"]["customer_no"] for hit in found.get("hits", ()))


def without(value: Any) -> Any:
    """Return a JSON value without the members that XML does not have."""
    if isinstance(value, list):
        return [without(one) for one in value]
    if isinstance(value, dict):
        return {n: without(one) for n, one in value.items() if n not in WITHOUT_ELEMENT}
    return value


def read_pages(api: Api, path: str) -> list[Any]:
    answer = api.get(f"{path}?select=(**)&count=200")
    if answer.status_code == 204:
        return []
    found = answer.json()
    assert found["count"] == found["total"], answer.text
    data: list[Any] = without(found.get("data", []))
    return data


@pytest.mark.rule("IMP-8")
def test_an_import_of_the_own_export_into_an_empty_workspace_gives_the_same(
    storefront: Api,
) -> None:
    before = read_all(storefront)
    assert len(before["/inventory_lists"]) == 8
    assert len(before["/sites/RefArch/customer_groups"]) == 7
    assert len(before["/customer_lists/RefArch/customers"]) == 30
    body = {"export_file": "a.zip", "data_units": EVERYTHING}
    assert run(storefront, EXPORT, body)[0]["status"] == "OK"
    content = storefront.call("GET", f"{INSTANCE}/a.zip").content
    reset = storefront.call("POST", "/__emulator__/reset?to=empty")
    assert reset.status_code == 200, reset.text
    storefront.token = storefront.grant(storefront.client_id, storefront.client_secret).json()[
        "access_token"
    ]
    assert storefront.get("/inventory_lists").json()["total"] == 0
    upload(storefront, content)
    _, log = run(storefront, IMPORT, {"file_name": "a.zip"})
    assert "WARN" not in log
    assert read_all(storefront) == before


def dump_state(api: Api) -> dict[str, Any]:
    """Return the state without executions of jobs: each import and export adds one."""
    answer = api.call("GET", "/__emulator__/state")
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    del state["files"]["job_executions.json"]
    return state


@pytest.mark.rule("IMP-8", "RST-1")
def test_an_import_of_the_own_unchanged_export_changes_nothing(storefront: Api) -> None:
    before = dump_state(storefront)
    body = {"export_file": "a.zip", "data_units": EVERYTHING}
    assert run(storefront, EXPORT, body)[0]["status"] == "OK"
    document, log = run(storefront, IMPORT, {"file_name": "a.zip"})
    assert document["status"] == "OK"
    assert "WARN" not in log
    assert dump_state(storefront) == before


NO_SITE = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch" mode="delete"/>'


@pytest.mark.rule("IMP-4", "CAT-12", "IMP-12")
@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("sites/RefArch/preferences.xml", preference("SiteCatalog", "master-catalog")),
        ("sites/RefArch/site.xml", NO_SITE),
        ("preferences.xml", preference("CustomCartridges", "bm_one:bm_two")),
        ("preferences.xml", preference("CustomCartridges", "")),
    ],
)
@pytest.mark.parametrize("is_empty", [False, True])
def test_the_state_after_an_import_is_the_same_put_back(
    storefront: Api, file: str, content: str, *, is_empty: bool
) -> None:
    if is_empty:
        assert storefront.call("POST", "/__emulator__/reset?to=empty").status_code == 200
        granted = storefront.grant(storefront.client_id, storefront.client_secret)
        storefront.token = granted.json()["access_token"]
    import_(storefront, {file: content})
    before = storefront.call("GET", "/__emulator__/state").json()
    assert storefront.call("PUT", "/__emulator__/state", json=before).status_code == 200
    assert storefront.call("GET", "/__emulator__/state").json() == before


@pytest.mark.rule("IMP-8")
def test_an_export_names_documents_that_xml_cannot_hold(storefront: Api) -> None:
    state = storefront.call("GET", "/__emulator__/state").json()
    lists = state["files"]["inventory_lists.json"]
    lists += [{"id": "bell\x07"}, {"id": "blank "}, {"id": "text", "description": "a\x0bb"}]
    lists += [{"id": "fine", "description": " tab\tand line\r\n"}]
    assert storefront.call("PUT", "/__emulator__/state", json=state).status_code == 200
    body = {"export_file": "x.zip", "data_units": {"inventory_lists": {"all": True}}}
    document, log = run(storefront, EXPORT, body)
    assert document["status"] == "OK"
    reason = "is left out: an id has blanks at an end, or characters outside of XML"
    assert [line.partition("WARN ")[2] for line in log.splitlines() if "WARN" in line] == [
        f"inventory_lists 'bell\\x07' {reason}",
        f"inventory_lists 'blank ' {reason}",
        "inventory_lists 'text' is changed: characters outside of XML have become U+FFFD",
    ]
    content = storefront.call("GET", f"{INSTANCE}/x.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {Path(name).stem for name in archive.namelist()}
    assert {"text", "fine"} < names
    assert not any(name.startswith(("bell", "blank")) for name in names)
    before = storefront.get("/inventory_lists/fine").json()
    assert run(storefront, IMPORT, {"file_name": "x.zip"})[0]["status"] == "OK"
    assert storefront.get("/inventory_lists/fine").json() == before


@pytest.mark.rule("IMP-4")
@pytest.mark.parametrize(
    ("amount", "timestamp", "turnover"),
    [
        ("20", "2026-02-03T04:05:06.000Z", 5),
        ("21", "2026-02-03T04:05:06.000Z", 0),
        ("20", "2026-02-03T04:05:07.000Z", 0),
    ],
)
def test_the_stored_allocation_keeps_the_turnover(
    storefront: Api, amount: str, timestamp: str, turnover: int
) -> None:
    record = (
        '<record product-id="fresh"><allocation>{}</allocation>'
        "<allocation-timestamp>{}</allocation-timestamp><turnover>5</turnover></record>"
    )
    first = record.format("20", "2026-02-03T04:05:06.000Z")
    import_(storefront, {LISTS: inventory(first)})
    before = storefront.get(f"{RECORDS}/fresh").json()
    import_(storefront, {LISTS: inventory(record.format(amount, timestamp))})
    after = storefront.get(f"{RECORDS}/fresh").json()
    assert after["inventory_turnover"] == turnover
    assert after["stock_level"] == int(amount) - turnover
    assert (after == before) == (turnover == 5)


@pytest.mark.rule("IMP-4")
def test_a_deleted_site_leaves_no_reference(storefront: Api) -> None:
    site = f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArchGlobal" mode="delete"/>'
    import_(storefront, {"sites/RefArchGlobal/site.xml": site})
    assert storefront.get("/sites/RefArchGlobal").status_code == 404
    lists = storefront.get("/inventory_lists?select=(data.(**))").json()["data"]
    assert any("assigned_sites" in one for one in lists)
    assert all("RefArchGlobal" not in one.get("assigned_sites", ()) for one in lists)
    state = storefront.call("GET", "/__emulator__/state").json()
    assert storefront.call("PUT", "/__emulator__/state", json=state).status_code == 200
    files = storefront.call("GET", "/__emulator__/state").json()["files"]
    names = ("preference_values", "custom_objects", "customer_groups", "campaigns", "coupons")
    for name in names:
        assert all(one.get("site_id") != "RefArchGlobal" for one in files[f"{name}.json"])
    rules = {one["id"] for one in files["sorting_rules.json"]}
    assert rules == {"by-name", "lamps-first", "newest-first"}


PERMISSIONS = "webdav/client_permissions.json"
LOGS_ONLY = [
    {"path": "/logs", "operations": ["read"]},
    {"path": "/impex", "operations": ["read_write"]},
]


def permit(*entries: tuple[str, Any]) -> str:
    clients = [{"client_id": name, "permissions": permissions} for name, permissions in entries]
    return json.dumps({"clients": clients})


@pytest.mark.rule("IMP-14")
def test_the_webdav_permissions_of_clients_are_imported_and_exported(storefront: Api) -> None:
    folder = "/on/demandware.servlet/webdav/Sites/Cartridges"
    assert storefront.call("PROPFIND", folder).status_code == 207
    file = permit(("nobody", LOGS_ONLY), ("a" * 30, LOGS_ONLY))
    log = import_(storefront, {PERMISSIONS: file})
    assert f"[DATAWARNING] [1/2] nobody: there is no such API client ({PERMISSIONS})" in log
    assert "not emulated" not in log
    assert storefront.call("PROPFIND", folder).status_code == 401
    wanted = {"global_data": {"webdav_client_permissions": True}}
    run(storefront, EXPORT, {"export_file": "b.zip", "data_units": wanted})
    with zipfile.ZipFile(io.BytesIO(storefront.call("GET", f"{INSTANCE}/b.zip").content)) as made:
        exported = json.loads(made.read(f"b/{PERMISSIONS}"))
    assert exported == {"clients": [{"client_id": "a" * 30, "permissions": LOGS_ONLY}]}


@pytest.mark.rule("IMP-14")
def test_wrong_webdav_permissions_are_logged(storefront: Api) -> None:
    folder = "/on/demandware.servlet/webdav/Sites/Cartridges"
    for permissions in ([{"path": "/nowhere", "operations": ["read"]}], "all"):
        log = import_(storefront, {PERMISSIONS: permit(("a" * 30, permissions))})
        assert f"[DATAERROR] [1/1] {'a' * 30}: webdav_permissions: " in log
        assert storefront.call("PROPFIND", folder).status_code == 207
    for content in ("{", "[]", '{"clients": [{}]}'):
        message = fail_import(storefront, make_zip({PERMISSIONS: content}))
        assert message.startswith(f"The archive can't be read: {PERMISSIONS}")


@pytest.mark.rule("IMP-14", "IMP-1")
def test_an_archive_as_data_set_has_webdav_permissions(start: Start, tmp_path: Path) -> None:
    (tmp_path / "site.xml").write_text(
        f'<site xmlns="{NAMESPACE}/site/2007-04-30" site-id="RefArch"><name>A</name></site>'
    )
    (tmp_path / "webdav").mkdir()
    file = permit(("nobody", LOGS_ONLY), ("a" * 30, LOGS_ONLY))
    (tmp_path / PERMISSIONS).write_text(file)
    api = start(fixtures=str(tmp_path))
    assert api.call("PROPFIND", LOGS).status_code == 207
    folder = "/on/demandware.servlet/webdav/Sites/Cartridges"
    assert api.call("PROPFIND", folder).status_code == 401
