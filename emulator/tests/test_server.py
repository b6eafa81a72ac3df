"""An emulator in a program: its life, its data, its internal errors."""

import logging
import re
import socket
import threading
from typing import Any

import pytest
import requests

from emulator import Config, Emulator
from emulator.config import ConfigError
from emulator.fixtures import FixtureError
from emulator.store import Key, MemoryStore, Record

DEMO = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
LIST = "/s/-/dw/data/v23_2/inventory_lists/my-inventorylist1"
# The site is looked up before the client is: no token is needed to meet the broken store.
CRASHING = "/s/SiteGenesis/dw/data/v23_2/inventory_lists"
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
            "arguments": {},
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
