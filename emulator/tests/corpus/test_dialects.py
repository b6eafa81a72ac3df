"""Record one emulator as the real instance, replay on another: the dialects differ as stated."""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from emulator.corpus.exchange import Recording, read, write
from emulator.corpus.grade import MISSING
from emulator.corpus.replay import Emulators, replay_all
from emulator.server import Emulator
from emulator.tests.corpus.recorder import Recorder, Session

CLIENT = "a" * 30
XML = {"Accept": "application/xml"}
BATCH = (
    "--b\nx-dw-resource-path-extension: inventory_lists?count=1\n\n"
    "--b\nx-dw-resource-path-extension: inventory_lists/none\n\n--b--"
)
BATCH_HEADERS = {
    "Content-Type": "multipart/mixed; boundary=b",
    "x-dw-http-method": "GET",
    "x-dw-resource-path": "/s/-/dw/data/v23_2/",
}
SEARCH = {"text_query": {"fields": ["id"], "search_phrase": "inventory"}}


VERSION, FAULT = (MISSING, "23.2"), (MISSING, "fault")
SELECTOR = ("(**)", "**")
ENVELOPE_OF_FAULT = ("members", "/_type", *FAULT)
DOCUMENTED = {
    # ENV-2: a collection echoes the selector without parentheses.
    ("first page", "values", "/select", *SELECTOR),
    ("page as XML", "values", "/inventory_lists/select", *SELECTOR),
    ("sites", "values", "/select", *SELECTOR),
    ("selected hits", "values", "/select", *SELECTOR),
    # ENV-3: items of a collection carry the version.
    ("first page", "members", "/data/0/_v", *VERSION),
    ("first page", "members", "/data/1/_v", *VERSION),
    ("second page", "members", "/data/0/_v", *VERSION),
    ("second page", "members", "/data/1/_v", *VERSION),
    ("ids", "members", "/data/0/_v", *VERSION),
    ("ids", "members", "/data/1/_v", *VERSION),
    ("ids", "members", "/data/2/_v", *VERSION),
    ("page as XML", "members", "/inventory_lists/data/_v", *VERSION),
    ("records", "members", "/data/0/_v", *VERSION),
    ("records", "members", "/data/1/_v", *VERSION),
    ("records", "members", "/data/2/_v", *VERSION),
    ("sites", "members", "/data/0/_v", *VERSION),
    ("sites", "members", "/data/1/_v", *VERSION),
    ("batch", "members", "/0/body/data/0/_v", *VERSION),
    ("hits", "members", "/hits/0/_v", *VERSION),
    ("hits", "members", "/hits/1/_v", *VERSION),
    ("selected hits", "members", "/hits/0/_v", *VERSION),
    ("selected hits", "members", "/hits/1/_v", *VERSION),
    ("coupons", "members", "/hits/0/_v", *VERSION),
    ("coupons", "members", "/hits/1/_v", *VERSION),
    # FLT-1: a fault document carries its type.
    ("without a token", *ENVELOPE_OF_FAULT),
    ("wrong start", *ENVELOPE_OF_FAULT),
    ("missing", *ENVELOPE_OF_FAULT),
    ("missing as XML", "members", "/fault/_type", *FAULT),
    ("batch", "members", "/1/body/_type", *FAULT),
    ("order", *ENVELOPE_OF_FAULT),
    ("other path", *ENVELOPE_OF_FAULT),
    ("old state", *ENVELOPE_OF_FAULT),
    ("old tag", *ENVELOPE_OF_FAULT),
    ("wrong type", *ENVELOPE_OF_FAULT),
    ("unknown member", *ENVELOPE_OF_FAULT),
    ("wrong JSON", *ENVELOPE_OF_FAULT),
    ("wrong search", *ENVELOPE_OF_FAULT),
    # INV-5: PUT refuses an existing document.
    ("replace", "status", "", 200, 404),
    ("replace", "fault", "/fault/type", MISSING, "InventoryListDuplicateException"),
}
OBSERVED = {(name, grade, pointer, new, old) for name, grade, pointer, old, new in DOCUMENTED}


def replay(recording: Recording, dialect: str, *, by_number: bool = False) -> set[tuple[Any, ...]]:
    """Return the differences on an emulator of a dialect, with the name of the exchange."""
    with closing(Emulators(dialect)) as emulators:
        [played] = replay_all([recording], emulators.start)
    assert len(played.results) == len(recording.exchanges)
    return {
        (
            result.number if by_number else result.name,
            one.grade,
            one.pointer,
            one.recorded,
            one.answered,
        )
        for result in played.results
        for one in result.wrong
    }


@pytest.mark.parametrize(
    ("real", "other", "expected"),
    [
        ("observed", "documented", DOCUMENTED),
        pytest.param("documented", "observed", OBSERVED, marks=pytest.mark.long),
    ],
)
def test_the_differences_are_those_of_the_dialects(
    real: str, other: str, expected: set[tuple[Any, ...]], tmp_path: Path
) -> None:
    write(tmp_path / "session.jsonl", record(real))
    recording = read(tmp_path / "session.jsonl")
    assert replay(recording, other) == expected
    assert replay(recording, real) == set()


def record(dialect: str) -> Recording:
    """Return the recording of a session with all kinds of requests."""
    with (
        Emulator(fixtures="storefront", dialect=dialect) as emulator,
        Recorder(emulator, dialect=dialect) as session,
    ):
        use_all(session)
        return session.recording()


def use_all(session: Session) -> None:
    """Send all kinds of requests."""
    log_in(session)
    read_documents(session)
    write_documents(session)
    search_documents(session)


@pytest.mark.long
def test_a_recording_of_the_proxy_shows_the_dialects(tmp_path: Path) -> None:
    names, recording = record_by_proxy("observed", tmp_path / "shop.jsonl")
    assert replay(recording, "observed") == set()
    numbered = {(names.index(name) + 1, *others) for name, *others in DOCUMENTED}
    assert replay(recording, "documented", by_number=True) == numbered


def record_by_proxy(dialect: str, file: Path) -> tuple[list[str], Recording]:
    """Return the names of the requests of a session through ``record``, and the recording."""
    program = [sys.executable, "-m", "emulator", "record", "--port", "0", "--out", str(file)]
    with Emulator(fixtures="storefront", dialect=dialect) as emulator:
        command = [*program, "--upstream", emulator.url, "--quiet"]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy,  # noqa: S603
            Session(proxy.stdout.readline().split()[-1]) as session,  # type: ignore[union-attr]
        ):
            use_all(session)
            proxy.send_signal(signal.SIGINT)
            proxy.communicate(timeout=60)
        assert proxy.returncode == 0
    return session.names, read(file)


def log_in(session: Session) -> None:
    form = {"grant_type": "client_credentials"}
    path = "/dwsso/oauth2/access_token"
    session.call("without a token", "GET", "inventory_lists")
    session.call("wrong secret", "POST", path, data=form, auth=(CLIENT, "b" * 30))
    granted = session.call("token", "POST", path, data=form, auth=(CLIENT, CLIENT)).json()
    session.headers["Authorization"] = f"Bearer {granted['access_token']}"
    inspected = {"token": granted["access_token"]}
    session.call(
        "inspect", "POST", "/dwsso/oauth2/introspect", data=inspected, auth=(CLIENT, CLIENT)
    )


def read_documents(session: Session) -> None:
    session.call("first page", "GET", "inventory_lists?count=2&select=(**)")
    session.call("second page", "GET", "inventory_lists?count=2&start=2")
    session.call("ids", "GET", "inventory_lists?count=3&select=(data.(id),total)")
    session.call("beyond", "GET", "inventory_lists?start=100")
    session.call("page as XML", "GET", "inventory_lists?count=1&select=(**)", headers=XML)
    session.call("wrong start", "GET", "inventory_lists?start=-1")
    session.call("missing", "GET", "inventory_lists/none")
    session.call("missing as XML", "GET", "inventory_lists/none", headers=XML)
    session.call("head", "HEAD", "inventory_lists/inventory_m")
    session.call("options", "OPTIONS", "inventory_lists")
    session.call("records", "GET", "inventory_lists/inventory_m/product_inventory_records?count=3")
    session.call("product", "GET", "products/merino-crew?expand=all&locale=de")
    session.call("sites", "GET", "sites?select=(**)")
    session.call("batch", "POST", "/s/-/dw/batch", data=BATCH, headers=BATCH_HEADERS)
    session.call("order", "GET", "sites/RefArch/orders/00000101")
    session.call("versions", "GET", "/s/-/dw/meta/v1/rest/data")
    session.call("other path", "GET", "/nowhere")
    session.call("files", "GET", "/on/demandware.servlet/webdav/Sites/Impex/")


def write_documents(session: Session) -> None:
    one = "inventory_lists/mine"
    made = session.call("create", "PUT", one, json={"default_in_stock": True})
    state = {"x-dw-resource-state": made.json()["_resource_state"]}
    old = {"_resource_state": made.json()["_resource_state"]}
    session.call("replace", "PUT", one, json={"default_in_stock": True})
    session.call("change", "PATCH", one, json={"description": "Own"}, headers=state)
    session.call("old state", "PATCH", one, json={"description": "x", **old})
    session.call("old tag", "PATCH", one, json={}, headers={"If-Match": made.headers["ETag"]})
    override = {"x-dw-http-method-override": "PATCH"}
    session.call("override", "POST", one, json={"description": "Ours"}, headers=override)
    session.call("wrong type", "PATCH", one, json={"default_in_stock": "yes"})
    session.call("unknown member", "PATCH", one, json={"colour": "red"})
    session.call("wrong JSON", "PATCH", one, data="{", headers={"Content-Type": "application/json"})
    tag = session.call("read", "GET", one).headers["ETag"]
    session.call("unchanged", "GET", one, headers={"If-None-Match": tag})
    session.call("delete", "DELETE", one, headers={"If-Match": tag})
    session.call("delete again", "DELETE", one)
    customers = "customer_lists/RefArch/customers"
    person = {"credentials": {"login": "zed", "enabled": True}, "last_name": "Zed"}
    new = session.call("new customer", "POST", customers, json={**person, "email": "z@example.com"})
    number = new.json()["customer_no"]
    session.call("customer", "GET", f"{customers}/{number}")
    home = {"address_id": "home", "country_code": "US", "last_name": "Zed"}
    session.call("address", "POST", f"{customers}/{number}/addresses", json=home)
    session.call("no customer", "DELETE", f"{customers}/{number}")
    parameters = {"export_file": "all.zip", "data_units": {"sites": {"RefArch": {"all": True}}}}
    run = session.call("job", "POST", "jobs/sfcc-site-archive-export/executions", json=parameters)
    path = f"jobs/sfcc-site-archive-export/executions/{run.json()['id']}"
    for poll in ("job at first", "job later"):
        session.call(poll, "GET", path)


def search_documents(session: Session) -> None:
    path = "inventory_list_search"
    page = {"query": SEARCH, "count": 2, "sorts": [{"field": "id", "sort_order": "desc"}]}
    session.call("hits", "POST", path, json=page)
    session.call("selected hits", "POST", path, json={**page, "select": "(**)", "start": 2})
    session.call("wrong search", "POST", path, json={"query": {"term_query": {"fields": ["x"]}}})
    coupons = {"query": {"match_all_query": {}}, "select": "(count,total,hits.(coupon_id))"}
    session.call("coupons", "POST", "sites/RefArch/coupon_search", json={**coupons, "count": 2})
