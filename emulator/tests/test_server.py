"""An emulator in a program: its life, its data, its internal errors."""

import json
import logging
import re
import socket
import threading
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import trustme
from werkzeug.test import Client

from emulator import Config, Emulator
from emulator.config import ConfigError
from emulator.fixture.data_set import FixtureError
from emulator.http.certificate import CertificateError, authority
from emulator.store import Key, MemoryStore, Record
from emulator.tests.table import table
from emulator.workspace.failpoint import FailpointError

DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
LIST = "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1"
# The site is looked up before the client is: no token is needed to meet the broken store.
CRASHING = "/s/SiteGenesis/dw/data/v23_2/inventory_lists"
TOKEN = "/dwsso/oauth2/access_token"
TIMEOUT = 10


class BreakdownError(Exception):
    pass


class BrokenStore(MemoryStore):
    def get(self, collection: str, key: Key) -> Record | None:
        raise BreakdownError(f"cannot read {collection} {key}")

    def restore(self, snapshot: Any) -> None:
        raise BreakdownError(f"cannot restore {snapshot}")


def get(emulator: Emulator, path: str, **options: Any) -> requests.Response:
    return requests.get(emulator.url + path, timeout=TIMEOUT, **options)


def ask_for_token(emulator: Emulator) -> requests.Response:
    return requests.post(
        f"{emulator.url}/dwsso/oauth2/access_token",
        data={"grant_type": "client_credentials"},
        auth=(DEMO, DEMO),
        timeout=TIMEOUT,
    )


def authorization(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {ask_for_token(emulator).json()['access_token']}"}


def describe(emulator: Emulator, description: str) -> None:
    response = requests.patch(
        emulator.url + LIST,
        json={"description": description},
        headers=authorization(emulator),
        timeout=TIMEOUT,
    )
    assert response.status_code == 200


def description(emulator: Emulator) -> Any:
    return get(emulator, LIST, headers=authorization(emulator)).json()["description"]


def is_answering(emulator: Emulator) -> bool:
    return get(emulator, "/__emulator__/health").status_code == 200


def broken() -> Emulator:
    emulator = Emulator(fixtures="samples")
    emulator.workspace.store = BrokenStore()
    return emulator


def test_start_returns_once_requests_are_answered() -> None:
    emulator = Emulator(fixtures="samples")
    emulator.start()
    try:
        assert is_answering(emulator)
    finally:
        emulator.stop()


def test_url_names_the_address_and_the_port_that_the_system_chose() -> None:
    with Emulator(fixtures="samples") as emulator:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", emulator.url)


def test_a_context_gives_the_emulator_itself_started() -> None:
    emulator = Emulator(fixtures="samples")
    with emulator as entered:
        assert entered is emulator
        assert is_answering(emulator)


def test_a_context_is_left_stopped() -> None:
    with Emulator(fixtures="samples") as emulator:
        url = emulator.url
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/__emulator__/health", timeout=TIMEOUT)


def test_a_context_is_left_stopped_after_an_error() -> None:
    emulator = Emulator(fixtures="samples")
    with pytest.raises(BreakdownError), emulator:
        raise BreakdownError
    with pytest.raises(RuntimeError):
        _ = emulator.url


def test_url_before_start_is_an_error() -> None:
    emulator = Emulator(fixtures="samples")
    with pytest.raises(RuntimeError, match="not started"):
        _ = emulator.url


def test_url_after_stop_is_an_error() -> None:
    emulator = Emulator(fixtures="samples")
    emulator.start()
    emulator.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = emulator.url


def test_starting_twice_is_an_error_and_the_first_start_lasts() -> None:
    with Emulator(fixtures="samples") as emulator:
        with pytest.raises(RuntimeError, match="started already"):
            emulator.start()
        assert is_answering(emulator)


def test_stopping_what_is_not_started_does_nothing() -> None:
    emulator = Emulator(fixtures="samples")
    emulator.stop()
    with emulator:
        pass
    emulator.stop()
    with pytest.raises(RuntimeError):
        _ = emulator.url


def test_a_stopped_emulator_starts_again_with_its_data() -> None:
    emulator = Emulator(fixtures="samples")
    with emulator:
        describe(emulator, "before the pause")
    with emulator:
        assert description(emulator) == "before the pause"


def test_stop_ends_all_threads() -> None:
    before = set(threading.enumerate())
    with Emulator(fixtures="samples") as emulator:
        is_answering(emulator)
        started = set(threading.enumerate()) - before
    assert started
    for thread in started:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in started)


def test_several_emulators_have_separate_data() -> None:
    with Emulator(fixtures="samples") as one, Emulator(fixtures="samples") as other:
        assert one.url != other.url
        describe(one, "of the one")
        describe(other, "of the other")
        assert (description(one), description(other)) == ("of the one", "of the other")


def test_resetting_one_emulator_leaves_another_alone() -> None:
    with Emulator(fixtures="samples") as one, Emulator(fixtures="samples") as other:
        describe(one, "changed")
        describe(other, "changed")
        one.reset()
        assert description(one) == "description for inventorylist1"
        assert description(other) == "changed"


def test_a_token_of_one_emulator_is_none_of_another() -> None:
    with Emulator(fixtures="samples") as one, Emulator(fixtures="samples") as other:
        response = get(other, LIST, headers=authorization(one))
    assert response.status_code == 401
    assert response.json()["fault"]["type"] == "InvalidAccessTokenException"


def test_a_token_is_shared_by_emulators_of_one_key() -> None:
    knobs: dict[str, Any] = {"fixtures": "samples", "token_key": "of both"}
    with Emulator(**knobs) as one, Emulator(**knobs) as other:
        assert get(other, LIST, headers=authorization(one)).status_code == 200


def test_a_config_is_taken_instead_of_knobs() -> None:
    config = Config(port=0, fixtures="samples", dialect="observed")
    with Emulator(config) as emulator:
        assert get(emulator, "/__emulator__/health").json()["dialect"] == "observed"


def test_the_bundled_storefront_is_the_default() -> None:
    with Emulator() as emulator:
        assert get(emulator, "/__emulator__/health").json()["fixtures"] == "storefront"


@pytest.mark.parametrize(
    "knobs",
    [{"port": 65536}, {"dialect": "spoken"}, {"accept_versions": "23.2"}],
    ids=["port", "dialect", "accept_versions"],
)
def test_a_knob_out_of_range_is_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Emulator(**knobs)


def test_an_unknown_knob_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        Emulator(colour="red")


def test_a_broken_data_set_is_refused() -> None:
    with pytest.raises(FixtureError, match="nowhere"):
        Emulator(fixtures="nowhere")


def test_a_taken_port_is_an_oserror_and_leaves_the_emulator_stopped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        emulator = Emulator(fixtures="samples", port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            emulator.start()
        with pytest.raises(RuntimeError, match="not started"):
            _ = emulator.url


def test_a_host_that_is_none_of_this_machine_is_an_oserror() -> None:
    emulator = Emulator(fixtures="samples", host="192.0.2.1")
    with pytest.raises(OSError, match="assign"):
        emulator.start()


def test_an_internal_error_is_answered_by_a_fault_in_json() -> None:
    with broken() as emulator:
        response = get(emulator, CRASHING)
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert response.json() == {
        "_v": "23.2",
        "_type": "fault",
        "fault": {
            "type": "InternalServerErrorException",
            "message": "The server met an internal error.",
        },
    }


def test_an_internal_error_is_answered_by_a_fault_in_xml() -> None:
    with broken() as emulator:
        response = get(emulator, f"{CRASHING}?format=xml")
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/xml;charset=UTF-8"
    assert '<fault xmlns="http://www.demandware.com/ocapi/data/23.2"' in response.text
    assert "<type>InternalServerErrorException</type>" in response.text


def test_an_internal_error_tells_the_client_nothing_of_its_cause() -> None:
    with broken() as emulator:
        response = get(emulator, CRASHING)
    assert "cannot read" not in response.text
    assert "Traceback" not in response.text


def test_an_internal_error_is_logged_with_method_path_and_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with broken() as emulator:
        get(emulator, CRASHING)
    [record] = [record for record in caplog.records if record.name == "emulator"]
    assert record.levelno == logging.ERROR
    assert record.getMessage() == (
        "internal error in GET /s/SiteGenesis/dw/data/v23_2/inventory_lists"
    )
    assert record.exc_info is not None
    assert record.exc_info[0] is BreakdownError


@pytest.mark.parametrize("path", [CRASHING, "/dw/oauth2/access_token"], ids=["data", "token"])
def test_the_query_of_a_failed_request_is_not_logged(
    caplog: pytest.LogCaptureFixture, path: str
) -> None:
    query = {"client_id": "hunter2", "grant_type": "client_credentials"}
    with broken() as emulator:
        response = requests.post(
            emulator.url + path, params=query, auth=(DEMO, DEMO), timeout=TIMEOUT
        )
    assert response.status_code == 500
    assert path in caplog.text
    assert "hunter2" not in caplog.text
    assert "grant_type=" not in caplog.text


def test_check_raises_an_internal_error_again_with_a_note() -> None:
    with broken() as emulator:
        get(emulator, f"{CRASHING}?secret=hunter2")
    with pytest.raises(BreakdownError, match=r"cannot read sites") as caught:
        emulator.check()
    assert caught.value.__notes__ == [
        "while answering GET /s/SiteGenesis/dw/data/v23_2/inventory_lists"
    ]


def test_check_forgets_what_it_raised() -> None:
    with broken() as emulator:
        get(emulator, CRASHING)
    with pytest.raises(BreakdownError):
        emulator.check()
    assert raised_by(emulator) == []


def test_check_raises_the_oldest_error_first() -> None:
    with broken() as emulator:
        get(emulator, f"{CRASHING}/first")
        get(emulator, f"{CRASHING}/second")
    assert raised_by(emulator) == [
        "while answering GET /s/SiteGenesis/dw/data/v23_2/inventory_lists/first",
        "while answering GET /s/SiteGenesis/dw/data/v23_2/inventory_lists/second",
    ]


def raised_by(emulator: Emulator) -> list[str]:
    """Return the notes of all errors that are still to be raised."""
    notes: list[str] = []
    while True:
        try:
            emulator.check()
        except BreakdownError as error:
            notes += error.__notes__
        else:
            return notes


def test_a_refused_request_is_no_internal_error() -> None:
    with Emulator(fixtures="samples") as emulator:
        assert get(emulator, LIST).status_code == 400
        assert get(emulator, "/nowhere").status_code == 404
    assert raised_by(emulator) == []


def test_an_internal_error_does_not_end_the_server() -> None:
    emulator = Emulator(fixtures="samples")
    sound, emulator.workspace.store = emulator.workspace.store, BrokenStore()
    with emulator:
        assert get(emulator, CRASHING).status_code == 500
        emulator.workspace.store = sound
        assert description(emulator) == "description for inventorylist1"


def test_a_crash_of_the_token_endpoint_is_answered_kept_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with broken() as emulator:
        response = ask_for_token(emulator)
    assert response.status_code == 500
    assert response.json() == {"error": "server_error"}
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert raised_by(emulator) == ["while answering POST /dwsso/oauth2/access_token"]
    assert caplog.records[0].getMessage() == "internal error in POST /dwsso/oauth2/access_token"


def test_a_crash_of_the_control_plane_is_answered_kept_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with broken() as emulator:
        response = requests.post(f"{emulator.url}/__emulator__/reset", timeout=TIMEOUT)
    assert response.status_code == 500
    assert response.json()["title"] == "Internal Server Error"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert raised_by(emulator) == ["while answering POST /__emulator__/reset"]
    assert caplog.records[0].getMessage() == "internal error in POST /__emulator__/reset"


def test_internal_errors_belong_to_their_emulator() -> None:
    with broken() as one, Emulator(fixtures="samples") as other:
        get(one, CRASHING)
        assert is_answering(other)
    assert raised_by(other) == []
    assert raised_by(one) == ["while answering GET /s/SiteGenesis/dw/data/v23_2/inventory_lists"]


def test_a_config_and_its_fields_exclude_each_other() -> None:
    with pytest.raises(TypeError, match="not both"):
        Emulator(Config(), fixtures="samples")


def test_a_token_is_made_without_a_request_and_is_good() -> None:
    with Emulator(fixtures="samples") as emulator:
        token = emulator.token()
        response = get(emulator, LIST, headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, len(emulator.workspace.journal)) == (200, 1)
    assert Emulator(fixtures="samples").token(DEMO).count(".") == 2


def test_a_token_is_good_for_its_workspace() -> None:
    with Emulator(fixtures="samples") as emulator:
        headers = {"Authorization": f"Bearer {emulator.token(workspace='ci-7')}"}
        elsewhere = get(emulator, LIST, headers=headers)
        there = get(emulator, LIST, headers={**headers, "x-emulator-workspace": "ci-7"})
    assert (elsewhere.status_code, there.status_code) == (401, 200)


def test_a_token_is_of_the_client_that_is_asked_for(tmp_path: Path) -> None:
    clients = [{"client_id": name, "client_secret": "s"} for name in ("b", "a")]
    (tmp_path / "clients.json").write_text(json.dumps(clients))
    (tmp_path / "sites.json").write_text('[{"id": "A"}]')
    emulator = Emulator(fixtures=str(tmp_path))
    subjects = [
        jwt.decode(token, options={"verify_signature": False})["sub"]
        for token in (emulator.token(), emulator.token("a"), emulator.token("b"))
    ]
    assert subjects == ["a", "a", "b"]


def test_a_token_of_an_unknown_client_is_an_error() -> None:
    emulator = Emulator(fixtures="samples")
    with pytest.raises(LookupError, match="workspace 'default' has no client 'nobody'"):
        emulator.token("nobody")
    emulator.workspaces.get("ci-7").store.replace({})
    with pytest.raises(LookupError, match="workspace 'ci-7' has no client ''"):
        emulator.token(workspace="ci-7")


def test_check_looks_at_all_workspaces() -> None:
    emulator = Emulator(fixtures="samples")
    emulator.workspaces.get("ci-7").crashes.record("GET", "/", BreakdownError())
    assert raised_by(emulator) == ["while answering GET /"]


def test_reset_brings_back_the_default_workspace_alone() -> None:
    emulator = Emulator(fixtures="samples")
    other = emulator.workspaces.get("ci-7")
    for workspace in emulator.workspaces:
        workspace.store.replace({})
        workspace.clock.freeze()
    emulator.reset()
    assert emulator.workspace.store.count("items") == 2
    assert not emulator.workspace.clock.is_frozen
    assert other.store.count("items") == 0
    assert other.clock.is_frozen


def test_failpoints_of_a_file_are_in_every_workspace_and_back_after_a_reset(
    tmp_path: Path,
) -> None:
    file = tmp_path / "failpoints.json"
    file.write_text('{"times": 1, "action": {"status": 503}}')
    with Emulator(fixtures="samples", failpoints=str(file)) as emulator:
        other = {"x-emulator-workspace": "ci-7"}
        assert [get(emulator, "/items").status_code for _ in range(2)] == [503, 200]
        assert get(emulator, "/items", headers=other).status_code == 503
        emulator.reset()
        assert get(emulator, "/items").status_code == 503
        assert get(emulator, "/items", headers=other).status_code == 200


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "failpoints.json: is not a JSON file: "),
        ('[{"action": {"status": 1}}]', "failpoints.json: /0/action/status: "),
        ('{"action": {"fault": "Nothing"}}', "There is no fault 'Nothing'"),
        ("3", "failpoints.json: /: "),
    ],
)
def test_a_broken_file_of_failpoints_is_refused(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "failpoints.json"
    file.write_text(content)
    with pytest.raises(FailpointError, match=re.escape(told)):
        Emulator(fixtures="samples", failpoints=str(file))


def test_a_file_of_failpoints_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FailpointError, match="none: is not a JSON file: "):
        Emulator(fixtures="samples", failpoints=str(tmp_path / "none"))


def converse(emulator: Emulator) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """Return all that is answered to requests of every kind, in two workspaces."""
    client = Client(emulator.app)
    credentials = {"client_id": DEMO, "client_secret": DEMO}
    bearer = {"Authorization": f"Bearer {emulator.token()}"}
    item = {"sku": "new", "productVariant": {"variantId": "v"}}
    named = {"x-emulator-workspace": "ci-7"}
    answers = [
        client.post(TOKEN, data={"grant_type": "client_credentials", **credentials}),
        client.put(LIST[:-1] + "9", json={"description": "x"}, headers=bearer),
        client.get("/s/-/dw/data/v23_2/inventory_lists?count=1", headers=bearer),
        client.get(f"{LIST}?format=xml", headers=bearer),
        client.get("/nowhere"),
        client.post("/items", json=item),
        client.get("/items?pageSize=1"),
        client.post("/items", json=item, headers=named),
    ]
    return [(each.status_code, list(each.headers), each.data) for each in answers]


def test_emulators_of_one_seed_answer_the_same_bytes() -> None:
    one, other = (converse(Emulator(fixtures="samples", seed="s")) for _ in range(2))
    assert [answer[0] for answer in one] == [200, 201, 200, 200, 404, 201, 200, 201]
    assert one == other


def test_a_reset_lets_a_seeded_emulator_answer_the_same_again() -> None:
    emulator = Emulator(fixtures="samples", seed="s")
    first = converse(emulator)[:7]
    emulator.reset()
    assert converse(emulator)[:7] == first


@pytest.mark.parametrize("knobs", [({"seed": "s"}, {"seed": "t"}), ({}, {})], ids=["other", "none"])
def test_other_seeds_and_none_answer_other_bytes(knobs: tuple[dict[str, Any], ...]) -> None:
    one, other = (converse(Emulator(fixtures="samples", **knob)) for knob in knobs)
    assert one[0] != other[0]
    assert one[5] != other[5]


def test_workspaces_of_one_seed_have_ids_of_their_own() -> None:
    answers = converse(Emulator(fixtures="samples", seed="s"))
    assert answers[5][2] != answers[7][2]


def test_a_token_key_goes_before_a_seed() -> None:
    one = Emulator(fixtures="samples", seed="s", token_key="k")
    other = Emulator(fixtures="samples", seed="s", token_key="l")
    payload, signature = one.token().rsplit(".", 1), other.token().rsplit(".", 1)
    assert payload[0] == signature[0]
    assert payload[1] != signature[1]


def test_tls_serves_https_by_the_certificate_of_our_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with Emulator(fixtures="samples", tls=True, tls_name="shop.test, ::1") as emulator:
        assert emulator.url.startswith("https://127.0.0.1:")
        told = requests.get(
            f"{emulator.url}/__emulator__/health", verify=str(authority()), timeout=TIMEOUT
        )
        assert told.json()["status"] == "ok"
    assert authority().is_relative_to(tmp_path)


def test_a_certificate_and_key_of_files_serve_https(tmp_path: Path) -> None:
    root = trustme.CA()
    leaf = root.issue_cert("127.0.0.1")
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    files: dict[str, Any]
    files = {name: str(tmp_path / f"{name[4:]}.pem") for name in ("tls_cert", "tls_key")}
    with Emulator(fixtures="samples", **files) as emulator:
        url = f"{emulator.url}/__emulator__/health"
        told = requests.get(url, verify=str(tmp_path / "root.pem"), timeout=TIMEOUT)
    assert told.json()["status"] == "ok"


def test_a_certificate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    files: dict[str, Any] = dict.fromkeys(("tls_cert", "tls_key"), str(tmp_path / "none"))
    with pytest.raises(CertificateError, match="none"):
        Emulator(fixtures="samples", **files)


def test_a_name_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(CertificateError, match="'https://shop' is neither"):
        Emulator(fixtures="samples", tls=True, tls_name="https://shop")


@table(
    "knobs",
    [
        {"workspaces": 0},
        {"workspace_age": 0},
        {"journal": -1},
        {"journal_body": -1},
        {"tls_cert": "x"},
        {"tls_key": "x"},
    ],
)
def test_a_new_knob_out_of_range_is_refused(knobs: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Emulator(**knobs)
