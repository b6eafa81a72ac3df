"""Products of the tests: a master with variants and a variation group, and plain products."""

from typing import Any

from contract_tests.api import Api
from contract_tests.place import here

OWNER = here().catalog
MASTER = "/products/contract-crew"
BAG, BALM, BRUSH = (f"/products/contract-{name}" for name in ("bag", "balm", "brush"))
BLACK, NAVY = ([f"contract-crew-{color}-{size}" for size in "ms"] for color in ("black", "navy"))
COLOR = {
    "attribute_definition_id": "color",
    "name": {"default": "Color", "de": "Farbe"},
    "slicing": True,
    "values": [
        {"value": "black", "position": 1, "name": {"default": "Black", "de": "Schwarz"}},
        {"value": "navy", "position": 2, "name": {"default": "Navy"}},
    ],
}
SIZE = {
    "attribute_definition_id": "size",
    "values": [{"value": "s", "position": 1}, {"value": "m", "position": 2}],
}
PLAIN: dict[str, dict[str, Any]] = {
    BAG: {
        "name": {"default": "Garment Bag", "de": "Kleidersack"},
        "online_flag": {"default": True},
    },
    BALM: {"name": {"default": "Leather Balm"}, "online_flag": {"default": True}},
    BRUSH: {"name": {"default": "Shoe Brush", "de": "Schuhbürste"}},
}
VARIED: dict[str, dict[str, Any]] = {
    MASTER: {
        "name": {"default": "Crew Sweater", "de": "Pullover"},
        "online_flag": {"default": True},
        "type": {"master": True},
    },
    f"{MASTER}/variation_attributes/color": COLOR,
    f"{MASTER}/variation_attributes/size": SIZE,
    **{
        f"{MASTER}/variations/{name}": {
            "variation_values": {"color": name.split("-")[2], "size": name[-1]}
        }
        for name in (*BLACK, *NAVY)
    },
    f"{MASTER}/variation_groups/contract-crew-navy": {"variation_values": {"color": "navy"}},
}


def build(shop: Api, documents: dict[str, dict[str, Any]]) -> None:
    """Create products and what is below products; ``OWNER`` owns the products."""
    for path, body in documents.items():
        owner = {"owning_catalog_id": OWNER} if path.count("/") == 2 else {}
        answer = shop.put(path, json={**owner, **body})
        assert answer.status_code == 200, answer.text
