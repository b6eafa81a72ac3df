"""A deletion or a new id of marketing changes a bounded number of other documents (MKT-2)."""

from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator
from emulator.ocapi.resources import id_lists

SITE = "/s/-/dw/data/v23_2/sites/RefArch"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "coupons/welcome", None),
        ("DELETE", "customer_groups/VIP", None),
        ("DELETE", "source_code_groups/spring-mail", None),
        ("DELETE", "promotions/ten-percent", None),
        ("DELETE", "campaigns/members", None),
        ("PATCH", "campaigns/members", {"campaign_id": "other"}),
    ],
)
def test_a_deletion_or_a_new_id_is_bounded(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any
) -> None:
    emulator = Emulator(fixtures="storefront")
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}
    before = emulator.workspace.store.version()
    with monkeypatch.context() as patch:
        patch.setattr(id_lists, "MAX_CHANGED_DOCUMENTS", 0)
        answer = client.open(f"{SITE}/{path}", method=method, json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["fault"]["type"] == "QuotaExceededException"
    assert emulator.workspace.store.version() == before
    answer = client.open(f"{SITE}/{path}", method=method, json=body, headers=headers)
    assert answer.status_code < 300
