"""A document is deleted while another request refers to it: no reference is left dangling."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from emulator import Emulator
from emulator.store import Change, Delete, MemoryStore

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
SCOPE = "/s/-/dw/data/v23_2"
MASTER, VARIANT = "/products/merino-crew", "merino-crew-black-m"
CUSTOMER = "/customer_lists/RefArch/customers/00000003"
SIZE = f"{MASTER}/variation_attributes/size"
GROUP = "/system_object_definitions/SitePreferences/attribute_groups/Reviews"
LIBRARY = "/libraries/SharedLibrary"
DEFINITIONS = "/system_object_definitions/SitePreferences/attribute_definitions"

Send = Callable[..., TestResponse]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(fixtures="storefront", seed="rival")


def connect(emulator: Emulator) -> Send:
    """Return a function that sends a request with a token."""
    client, headers = Client(emulator.app), {"Authorization": f"Bearer {emulator.token()}"}

    def send(method: str, path: str, body: Any = None) -> TestResponse:
        return client.open(SCOPE + path, method=method, json=body, headers=headers)

    return send


def let_in(patch: pytest.MonkeyPatch, collection: str, rival: Callable[[], object]) -> None:
    """Let a rival act before the first deletion from a collection is made."""
    apply, waiting = MemoryStore.apply, [rival]

    def apply_after_rival(store: MemoryStore, *changes: Change) -> None:
        deletes = any(isinstance(one, Delete) and one.collection == collection for one in changes)
        if deletes and waiting:
            waiting.pop()()
        apply(store, *changes)

    patch.setattr(MemoryStore, "apply", apply_after_rival)


@pytest.mark.parametrize(
    ("deleted", "collection", "rival"),
    [
        pytest.param(
            MASTER,
            "products",
            ("PUT", f"{MASTER}/variations/new", {"variation_values": {"size": "m"}}),
            id="master-and-new-variant",
        ),
        pytest.param(
            MASTER,
            "products",
            ("PUT", f"{MASTER}/variation_groups/new", {"variation_values": {"size": "m"}}),
            id="master-and-new-group",
        ),
        pytest.param(
            f"/products/{VARIANT}",
            "products",
            ("PATCH", MASTER, {"default_variant_id": VARIANT}),
            id="variant-and-default",
        ),
        pytest.param(
            f"{SIZE}/values/m",
            "product_variation_attribute_values",
            ("PUT", f"{MASTER}/variations/new", {"variation_values": {"size": "m"}}),
            id="value-and-new-variant",
        ),
        pytest.param(
            f"{SIZE}/values/m",
            "product_variation_attribute_values",
            (
                "PATCH",
                f"{MASTER}/variations/merino-crew-black-s",
                {"variation_values": {"size": "m"}},
            ),
            id="value-and-changed-variant",
        ),
        pytest.param(
            CUSTOMER,
            "customers",
            ("PUT", "/sites/RefArch/customer_groups/VIP/members/00000003", None),
            id="customer-and-member",
        ),
        pytest.param(
            f"{DEFINITIONS}/new",
            "system_attribute_definitions",
            ("PUT", f"{GROUP}/attribute_definitions/new", None),
            id="attribute-and-group",
        ),
        pytest.param(
            "/roles/Merchandiser",
            "roles",
            ("PUT", "/roles/Merchandiser/users/admin", None),
            id="role-and-user",
        ),
        pytest.param(
            f"{LIBRARY}/content/imprint",
            "content",
            ("PUT", f"{LIBRARY}/folder_assignments/imprint/returns", None),
            id="content-and-assignment",
        ),
        pytest.param(
            f"{LIBRARY}/folders/delivery",
            "content_folders",
            ("PUT", f"{LIBRARY}/folder_assignments/imprint/delivery", None),
            id="folder-and-assignment",
        ),
        pytest.param(
            f"{LIBRARY}/folders/service",
            "content_folders",
            ("PUT", f"{LIBRARY}/folders/new", {"parent_folder_id": "delivery"}),
            id="folder-and-folder-below",
        ),
    ],
)
def test_a_deletion_leaves_no_reference_of_a_rival(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    deleted: str,
    collection: str,
    rival: tuple[str, str, Any],
) -> None:
    send = connect(emulator)
    send("PATCH", MASTER, {"default_variant_id": None})
    send("PUT", f"{DEFINITIONS}/new", {"value_type": "string"})
    answers: list[TestResponse] = []
    let_in(monkeypatch, collection, lambda: answers.append(send(*rival)))
    assert send("DELETE", deleted).status_code == 204
    assert [answer.status_code < 300 for answer in answers] == [True]
    assert send("GET", deleted).status_code in {404, 405}
    control = Client(emulator.app)
    state = control.get("/__emulator__/state", environ_base=LOCAL)
    again = control.put("/__emulator__/state", json=state.json, environ_base=LOCAL)
    assert (state.status_code, again.status_code) == (200, 200), again.text
