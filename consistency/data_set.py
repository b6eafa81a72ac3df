"""The data set of the servers under test: small, with documents of each checked kind."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CLIENT_ID = "a" * 30
LIST, OBJECT_TYPE = "stock", "Register"
FIRST_TEXT = "first:0"
TEXT, COPY = "c_text", "c_copy"
"""Two custom properties with the same text in each write: so a half-written document is found."""
TEXTS = {TEXT: FIRST_TEXT, COPY: FIRST_TEXT}
OLD = {"creation_date": "2023-01-09T10:00:00.000Z", "last_modified": "2023-01-09T10:00:00.000Z"}


def _declare(document: str) -> list[dict[str, str]]:
    return [{"document": document, "name": name, "type": "string"} for name in (TEXT, COPY)]


def _define(name: str, **members: Any) -> dict[str, Any]:
    return {"object_type": OBJECT_TYPE, "id": name, "value_type": "string", **OLD, **members}


FILES: Mapping[str, Any] = {
    "clients": [{"client_id": CLIENT_ID, "client_secret": CLIENT_ID}],
    "sites": [{"id": "site"}],
    "custom_properties": {
        "custom_properties": [
            *_declare("inventory_list"),
            *_declare("product_inventory_record"),
        ],
        "allow_undeclared": False,
    },
    "custom_object_definitions": [{"object_type": OBJECT_TYPE, **OLD}],
    "custom_attribute_definitions": [
        _define("id", key=True, mandatory=True),
        _define("text"),
        _define("copy"),
    ],
    "inventory_lists": [{"id": LIST}, {"id": "old", **TEXTS}],
    "product_inventory_records": [{"inventory_list_id": LIST, "product_id": "old", **TEXTS}],
    "custom_objects": [
        {
            "object_type": OBJECT_TYPE,
            "key_property": "id",
            "key_value_string": "old",
            **TEXTS,
        }
    ],
    "items": [],
}


def write(folder: Path) -> None:
    """Write the data set into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
