"""A write of a folder changes a bounded number of documents (LIB-3)."""

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.ocapi.resources.content import folder_changes

LIBRARY = "/s/-/dw/data/v23_2/libraries/RefArch"


@pytest.mark.parametrize(
    ("method", "body", "changed"),
    [("DELETE", None, 4), ("PATCH", {"id": "other"}, 3)],
    ids=["deletion", "another-id"],
)
def test_a_write_of_a_folder_is_bounded(
    monkeypatch: pytest.MonkeyPatch, method: str, body: Any, changed: int
) -> None:
    emulator = Emulator(fixtures="storefront")
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}

    def send(method: str, path: str, body: Any = None) -> TestResponse:
        return client.open(f"{LIBRARY}/{path}", method=method, json=body, headers=headers)

    send("PUT", "folders/above", {})
    send("PUT", "folders/below", {"parent_folder_id": "above"})
    for name in ("a", "b"):
        send("PUT", f"content/{name}", {})
        assert send("PUT", f"folder_assignments/{name}/above").status_code == 200
    monkeypatch.setattr(folder_changes, "MAX_CHANGED_DOCUMENTS", changed - 1)
    answer = send(method, "folders/above", body)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["fault"]["type"] == "QuotaExceededException"
    assert send("GET", "folder_assignments/a/above").status_code == 200
    monkeypatch.setattr(folder_changes, "MAX_CHANGED_DOCUMENTS", changed)
    assert send(method, "folders/above", body).status_code < 300
