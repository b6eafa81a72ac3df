"""APIs that a server leaves out: their paths are unknown, the data stay."""

from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Config, Emulator
from emulator.config import ConfigError
from emulator.tests.table import table

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
UNKNOWN = "ResourcePathNotFoundException"


def ask(client: Client, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Return status and the type of the fault."""
    answer = client.open(path, method=method, environ_overrides=LOCAL, **options)
    return answer.status_code, ((answer.json or {}).get("fault") or {}).get("type", "")


@table(
    ("name", "paths"),
    [
        ("inventory-service", ["/items", "/items/item-1", "/inventories", "/openapi.json"]),
        ("account-manager", ["/dw/rest/v1/users", "/dw/rest/v1/apiclients/a"]),
        ("webdav", ["/on/demandware.servlet/webdav/Sites/Cartridges"]),
    ],
)
def test_paths_of_an_api_left_out_are_unknown(name: str, paths: list[str]) -> None:
    emulator = Emulator(fixtures="samples", without=name)
    client, whole = Client(emulator.app), Client(Emulator(fixtures="samples").app)
    for path in paths:
        for method in ("GET", "PUT", "DELETE"):
            assert ask(client, method, path) == (404, UNKNOWN)
            assert ask(whole, method, path)[1] != UNKNOWN
    assert ask(client, "GET", "/s/-/dw/data/v23_2/sites")[1] == "MissingClientIdException"
    assert client.get("/__emulator__/health", environ_overrides=LOCAL).status_code == 200
    emulator.check()


def test_all_optional_apis_can_be_left_out_and_their_data_stay() -> None:
    emulator = Emulator(fixtures="samples", without="webdav,inventory-service, Account-Manager")
    client = Client(emulator.app)
    state = client.get("/__emulator__/state", environ_overrides=LOCAL).json or {}
    assert len(state["files"]["items.json"]) == 2
    upload = b"x" * (6 * 1024 * 1024)
    status, _ = ask(client, "PUT", "/on/demandware.servlet/webdav/Sites/Impex/a", data=upload)
    assert status in {404, 413}
    emulator.check()


@pytest.mark.parametrize("name", ["data", "inventory_service", "inventory-service,x"])
def test_unknown_api_is_refused_with_the_known_ones(name: str) -> None:
    last = name.rpartition(",")[2]
    known = "inventory-service, account-manager, webdav"
    with pytest.raises(ConfigError, match=f"^without '{last}' is not one of {known}$"):
        Config(without=name)
