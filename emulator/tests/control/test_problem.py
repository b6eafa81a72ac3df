"""The bodies of the control plane: unknown members are reported in order, and are bounded."""

from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.tests.control_client import LOCAL

ENDPOINTS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("POST", "clock/advance", {"seconds": 1}, "seconds"),
    ("POST", "clock/freeze", {}, "at"),
    ("POST", "clock/set", {"at": "2030-06-15T12:00:00Z"}, "at"),
    ("POST", "documents", {"type": "inventory_list"}, "properties, type"),
    ("POST", "journal/verify", {}, "at_least, at_most, match, times"),
    ("POST", "snapshots/s/fork", {"workspace": "x"}, "workspace"),
    ("PUT", "state", {"format": 1, "files": {}}, "files, format"),
    ("PUT", "workspaces/x", {}, "clients"),
)


@pytest.mark.parametrize(("method", "path", "body", "known"), ENDPOINTS)
def test_unknown_members_are_reported_in_order(
    emulator: Emulator, method: str, path: str, body: dict[str, Any], known: str
) -> None:
    client = Client(emulator.app)

    def ask(count: int) -> list[tuple[str, str]]:
        sent = {**{f"z{number}": 1 for number in range(count)}, **body}
        url = f"/__emulator__/{path}"
        answer = client.open(url, method=method, json=sent, environ_overrides=LOCAL)
        assert answer.status_code == 400
        assert answer.json is not None
        return [(error["pointer"], error["detail"]) for error in answer.json["errors"]]

    client.put("/__emulator__/snapshots/s", environ_overrides=LOCAL)
    errors = ask(150)
    assert [pointer for pointer, _ in errors] == [f"/z{number}" for number in range(100)]
    assert errors[0][1] == f"Unknown field: known are {known}."
    assert errors[99][1] == "Unknown field."
    assert ask(1001) == [("", "Has more than 1000 members.")]
