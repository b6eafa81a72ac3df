"""Cartridge paths: names of cartridges in order of precedence, separated by colons."""

import re
from collections.abc import Iterator
from typing import Any

from emulator.fixture.reference import Records
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Properties
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.store import Change, Record

MAX_PATH_CHARACTERS = 4000
CARTRIDGE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}", re.ASCII)

INVALID_PATH = FaultType(
    400, "InvalidCartridgePath", "The cartridge path '{cartridges}' is invalid.", ("cartridges",)
)


def read_path(text: str) -> list[str]:
    """Return the names of a cartridge path, none of an empty path (CART-1).

    Raises:
        Fault: INVALID_PATH: the path is too long, or has a wrong name or a name twice.
    """
    if len(text) > MAX_PATH_CHARACTERS:
        raise INVALID_PATH(text)
    names = text.split(":") if text else []
    if not all(map(CARTRIDGE_NAME.fullmatch, names)) or len({*names}) < len(names):
        raise INVALID_PATH(text)
    return names


def leave_out_empty_path(properties: Properties) -> dict[str, Any]:
    """Return the properties of a site; an empty cartridge path is no property (CART-1)."""
    return {name: value for name, value in properties.items() if value or name != "cartridges"}


def list_mistakes(site: Record, _: Records) -> Iterator[str]:
    """Yield the mistake in the cartridge path of a site in a data set."""
    try:
        read_path(site.get("cartridges") or "")
    except Fault as fault:
        yield str(fault)


def check_change(
    _call: Call, before: Properties | None, after: Properties | None
) -> Iterator[Change]:
    """Check the cartridge path in a write of a site; an empty path is a site without cartridges.

    Raises:
        Fault: INVALID_PATH.
    """
    old, new = ((site or {}).get("cartridges") for site in (before, after))
    if new and new != old:
        read_path(new)
    yield from ()
