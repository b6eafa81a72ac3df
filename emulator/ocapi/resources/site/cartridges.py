"""The operations on the cartridge paths of sites."""

from collections.abc import Callable

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.site.cartridge_path import (
    CARTRIDGE_NAME,
    INVALID_PATH,
    MAX_PATH_CHARACTERS,
    leave_out_empty_path,
    list_mistakes,
    read_path,
)
from emulator.ocapi.resources.site.sites import SITES, Site, Sites
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Enumeration, String
from emulator.store import Put

BUSINESS_MANAGER_SITE = "Sites-Site"

CARTRIDGE_EXISTS = FaultType(
    400,
    "CartridgeAlreadyExist",
    "The cartridge '{cartridgeName}' is already in the cartridge path of site '{siteId}'.",
    ("cartridgeName", "siteId"),
)
INVALID_CARTRIDGE = FaultType(
    400, "InvalidCartridge", "The cartridge name '{cartridgeName}' is invalid.", ("cartridgeName",)
)
INVALID_OPERATION = FaultType(
    400, "InvalidOperation", "The cartridge '{target}' isn't in the cartridge path.", ("target",)
)


class CartridgePathAddRequest(Document):
    """A cartridge to add to a cartridge path."""

    name = String(required=True, allow_none=False)
    position = Enumeration("first", "last", "before", "after", required=True, allow_none=False)
    target = String()


class CartridgePathCreateRequest(Document):
    """A whole cartridge path."""

    cartridges = String(required=True, allow_none=False)


class CartridgePathApiResponse(Document):
    """The cartridge path of a site after a change."""

    cartridges = String()
    site_id = String()


RESPONSE = CartridgePathApiResponse()


def add(call: Call) -> Answer:
    """Add a cartridge to the cartridge path of a site (CART-1)."""
    sent = call.changes
    name, position, target = sent["name"], sent["position"], sent.get("target") or ""

    def insert(path: list[str]) -> list[str]:
        if not CARTRIDGE_NAME.fullmatch(name):
            raise INVALID_CARTRIDGE(name)
        if name in path:
            raise CARTRIDGE_EXISTS(name, call.key[0])
        if position in ("before", "after") and target not in path:
            raise INVALID_OPERATION(target)
        index = {"first": 0, "last": len(path)}.get(position)
        if index is None:
            index = path.index(target) + (position == "after")
        longer = [*path[:index], name, *path[index:]]
        if len(":".join(longer)) > MAX_PATH_CHARACTERS:
            raise INVALID_CARTRIDGE(name)
        return longer

    return _change(call, insert)


def replace(call: Call) -> Answer:
    """Replace the cartridge path of a site; an empty text removes the path (CART-1)."""
    names = read_path(call.changes["cartridges"])
    return _change(call, lambda _: names)


def remove(call: Call) -> Answer:
    """Remove a cartridge from the cartridge path of a site (CART-1)."""
    name = call.key[1]

    def without(path: list[str]) -> list[str]:
        if name not in path:
            raise INVALID_OPERATION(name)
        return [other for other in path if other != name]

    return _change(call, without)


def _change(call: Call, change: Callable[[list[str]], list[str]]) -> Answer:
    """Change the cartridge path of a site, and answer the new path."""
    key = call.key[:1]
    record = SITES.find(call.store, key)
    path = [name for name in (record.get("cartridges") or "").split(":") if name]
    changed = ":".join(change(path))
    if changed != ":".join(path):
        properties = leave_out_empty_path({**record.properties, "cartridges": changed})
        call.store.apply(Put(SITES.name, SITES.record(key, properties, call.now), record.state))
    return answer_document(
        call, RESPONSE, leave_out_empty_path({"cartridges": changed, "site_id": key[0]})
    )


def read_business_manager(call: Call) -> Answer:
    """Show the cartridge path of the Business Manager (CART-2)."""
    record = call.store.get(BUSINESS_MANAGER.name, (BUSINESS_MANAGER_SITE,))
    path = {"cartridges": record.get("cartridges") if record else None}
    properties = leave_out_empty_path({"id": BUSINESS_MANAGER_SITE, **path})
    return answer_document(call, Site(), properties)


def _operation(
    method: str,
    path: str,
    answer: Callable[[Call], Answer],
    *faults: FaultType,
    body: Document | None = None,
) -> Operation:
    """Return an operation on the cartridge path of a site."""
    return Operation(
        method=method,
        path=f"sites/{{site_id}}/{path}",
        answer=answer,
        shows=RESPONSE,
        body=body,
        faults=(*faults, SITES.not_found),
    )


BUSINESS_MANAGER = Resource(
    path="business_manager",
    document=Site(),
    collection=Sites(),
    key="id",
    verbs=frozenset(),
    derive=SITES.derive,
    references={"cartridges": list_mistakes},
    not_found=SITES.not_found,
    operations=(
        Operation(
            method="GET",
            path=f"sites/{BUSINESS_MANAGER_SITE}",
            answer=read_business_manager,
            shows=Site(),
        ),
        _operation(
            "POST",
            "cartridges",
            add,
            CARTRIDGE_EXISTS,
            INVALID_CARTRIDGE,
            INVALID_OPERATION,
            body=CartridgePathAddRequest(),
        ),
        _operation("PUT", "cartridges", replace, INVALID_PATH, body=CartridgePathCreateRequest()),
        _operation("DELETE", "cartridges/{cartridge_name}", remove, INVALID_OPERATION),
    ),
)
