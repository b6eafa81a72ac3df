"""A resource of a user is served like a resource of the emulator."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.test import Client, TestResponse

from emulator import Config, Emulator, create_app
from emulator.cli.main import commands
from emulator.extending import (
    Array,
    Boolean,
    Call,
    Collection,
    Document,
    Embedded,
    FaultType,
    Integer,
    Operation,
    Resource,
    Search,
    SearchField,
    SearchResult,
    String,
    answer_document,
    find_resource,
)
from emulator.fixture.data_set import locate
from emulator.testing import Servers

BASE = "/s/-/dw/data/v23_2"


class Locker(Document):
    id = String(min_length=1, max_length=256, allow_none=False)
    name = String()
    outdoors = Boolean(load_default=False)
    slots = Integer(minimum=1, maximum=500, required=True)


class Lockers(Collection):
    data = Array(Embedded(Locker()))


class LockerSearchResult(SearchResult):
    hits = Array(Embedded(Locker()))


def count_slots(call: Call) -> Any:
    """Count the slots of a locker."""
    locker = LOCKERS.find(call.store, call.key)
    return answer_document(call, Locker(), {"id": call.key[0], "slots": locker.get("slots")})


MISSING = FaultType(404, "LockerNotFound", "There's no locker '{lockerId}'.", ("lockerId",))
LOCKERS = Resource(
    path="lockers",
    key="id",
    document=Locker(),
    collection=Lockers(),
    not_found=MISSING,
    verbs=frozenset({"list", "read", "create", "update", "delete"}),
    search=Search(
        path="locker_search",
        result=LockerSearchResult(),
        fields={"id": SearchField("string"), "name": SearchField("text")},
    ),
    operations=(
        Operation(method="GET", path="lockers/{id}/slots", answer=count_slots, shows=Locker()),
    ),
)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(fixtures="samples", resources=[LOCKERS])


def ask(emulator: Emulator, method: str, path: str, value: Any = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    url = path if path.startswith("/") else f"{BASE}/{path}"
    answer = Client(emulator.app).open(url, method=method, json=value, headers=headers)
    emulator.check()
    return answer


def control(emulator: Emulator, method: str, path: str, value: Any = None) -> Any:
    answer = Client(emulator.app).open(
        f"/__emulator__{path}",
        method=method,
        json=value,
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )
    assert answer.status_code < 300, answer.text
    return answer.json


def test_own_operations_and_searches_are_served(emulator: Emulator) -> None:
    assert (
        ask(emulator, "PUT", "lockers/a", {"name": "Main station", "slots": 7}).status_code == 201
    )
    assert (ask(emulator, "GET", "lockers/a/slots").json or {})["slots"] == 7
    query = {"query": {"text_query": {"fields": ["name"], "search_phrase": "station"}}}
    assert (ask(emulator, "POST", "locker_search", query).json or {})["total"] == 1
    assert (ask(emulator, "POST", "locker_search", query).json or {})["total"] == 1  # kept


def test_two_applications_do_not_meet(emulator: Emulator) -> None:
    other = Emulator(fixtures="samples")
    assert ask(emulator, "GET", "lockers").status_code == 200
    assert ask(other, "GET", "lockers").status_code == 404
    assert "lockers.json" not in control(other, "GET", "/state")["files"]


def test_the_meta_api_and_the_journal_name_the_operations(emulator: Emulator) -> None:
    ask(emulator, "PUT", "lockers/a", {"slots": 1})
    described = ask(emulator, "GET", "/dw/meta/v1/rest/data/v23_2").json or {}
    operation = described["paths"]["/lockers/{id}"]["put"]["operationId"]
    slots = described["paths"]["/lockers/{id}/slots"]["get"]
    assert slots["summary"] == "Count the slots of a locker."
    assert set(described["definitions"]) >= {"locker", "lockers", "locker_search_result"}
    [exchange] = control(emulator, "GET", "/journal?method=PUT")["exchanges"]
    assert exchange["operation"] == operation == "putLockersByID"


def test_a_failpoint_takes_the_operation_and_the_fault(emulator: Emulator) -> None:
    action = {"fault": "LockerNotFound", "arguments": {"lockerId": "x"}}
    failpoint = {"match": {"operation": "getLockersByID"}, "action": action}
    control(emulator, "POST", "/failpoints", failpoint)
    ask(emulator, "PUT", "lockers/a", {"slots": 1})
    assert (ask(emulator, "GET", "lockers/a").json or {})["fault"]["arguments"] == {"lockerId": "x"}


def test_settings_grant_the_resource(emulator: Emulator) -> None:
    grant = {"resource_id": "/lockers", "methods": ["get"], "read_attributes": "(**)"}
    client = {"client_id": "a" * 30, "resources": [grant]}
    control(emulator, "POST", "/settings", {"_v": "23.2", "clients": [client]})
    assert ask(emulator, "GET", "lockers").status_code == 200
    assert ask(emulator, "GET", "lockers/a").status_code == 403


def test_a_batch_request_reaches_the_resource(emulator: Emulator) -> None:
    parts = (
        "--x\r\nx-dw-content-id: one\r\nx-dw-http-method: PUT\r\n"
        f"x-dw-resource-path: {BASE}/lockers/a\r\n\r\n" + '{"slots": 5}\r\n--x--\r\n'
    )
    answer = Client(emulator.app).post(
        "/s/-/dw/batch?client_id=" + "a" * 30,
        data=parts,
        headers={
            "Authorization": f"Bearer {emulator.token()}",
            "Content-Type": "multipart/mixed; boundary=x",
        },
    )
    assert answer.status_code == 200, answer.text
    assert (ask(emulator, "GET", "lockers/a").json or {})["slots"] == 5


def test_the_factory_and_the_state_know_the_resource(emulator: Emulator) -> None:
    assert emulator.create("locker", id="a") == {"id": "a", "slots": 1, "outdoors": False}
    made = control(emulator, "POST", "/documents", {"type": "locker", "properties": {"id": "b"}})
    assert made["id"] == "b"
    state = control(emulator, "GET", "/state")
    files = state["files"]
    assert [entry["id"] for entry in files["lockers.json"]] == ["a", "b"]
    files["lockers.json"] = [{"id": "c", "slots": 2}]
    control(emulator, "PUT", "/state", state)
    assert (ask(emulator, "GET", "lockers").json or {})["total"] == 1


def write_data_set(folder: Path, lockers: Any) -> Path:
    for file in Path(str(locate("samples"))).glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "lockers.json").write_text(json.dumps(lockers))
    return folder


def test_a_data_set_has_the_documents(tmp_path: Path) -> None:
    folder = str(write_data_set(tmp_path, [{"id": "a", "slots": 3}]))
    emulator = Emulator(Config(port=0, fixtures=folder, resources=(LOCKERS,)))
    assert (ask(emulator, "GET", "lockers/a").json or {})["slots"] == 3


SOURCE = """
from emulator.extending import *
class Locker(Document):
    id = String(allow_none=False)
    slots = Integer(maximum=500)
class Lockers(Collection):
    data = Array(Embedded(Locker()))
MISSING = FaultType(404, "LockerNotFound", "No.", ())
LOCKERS = Resource(path="lockers", key="id", document=Locker(), collection=Lockers(),
                   not_found=MISSING, verbs=frozenset({"list"}))
"""


def test_check_reads_the_resources(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_data_set(folder, [{"id": "a", "slots": 501}])
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    checked = CliRunner().invoke(commands, ["check", "--resources", str(file), str(folder)])
    assert checked.exit_code == 1
    assert "lockers.json" in checked.output
    write_data_set(folder, [{"id": "a", "slots": 500}])
    checked = CliRunner().invoke(commands, ["check", "--resources", str(file), str(folder)])
    assert "1 lockers" in checked.output, checked.output


def test_a_resource_lies_below_one_of_the_emulator() -> None:
    below = Resource(
        path="lockers",
        name="site_lockers",
        key="id",
        parent=find_resource("sites"),
        parent_key="site_id",
        document=Locker(),
        collection=Lockers(),
        not_found=MISSING,
        verbs=frozenset({"list", "create"}),
    )
    emulator = Emulator(fixtures="storefront", resources=[below])
    assert ask(emulator, "PUT", "sites/RefArch/lockers/a", {"slots": 1}).status_code == 201
    fault = ask(emulator, "PUT", "sites/none/lockers/a", {"slots": 1}).json or {}
    assert fault["fault"]["type"] == "SiteNotFoundException"


def test_an_unknown_resource_of_the_emulator_is_an_error() -> None:
    with pytest.raises(LookupError, match="there is no resource 'sties'"):
        find_resource("sties")


def test_the_application_takes_resources() -> None:
    assert create_app(fixtures="samples", resources=[LOCKERS]).url_map.is_endpoint_expecting(
        "data.lockers/<segment:id>", "id"
    )


def test_tests_with_the_same_resources_share_a_server() -> None:
    with Servers({"fixtures": "samples"}) as servers:
        emulator = servers.emulator({"resources": [LOCKERS]})
        assert servers.emulator({"resources": [LOCKERS]}) is emulator
        assert servers.emulator({}) is not emulator
