"""The settings document in force: entries of single clients (CONF-2, SET-1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.ocapi.access import permission
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.access.settings import SettingsError
from emulator.ocapi.call import Call
from emulator.ocapi.resource import METHODS_BY_VERB
from emulator.ocapi.schema.faults import FaultType
from emulator.store import Record

ENFORCED_API = "data"
INVALID_CONFIG = FaultType(
    400,
    "InvalidOCAPIConfig",
    "The configuration '{config}' is invalid. {msg}",
    ("config", "msg"),
)


def _list_clients(call: Call) -> Sequence[Mapping[str, Any]]:
    """Return the entries of the settings in force."""
    document = getattr(call.workspace.permissions, "document", None)
    return document["clients"] if document else ()


def find_enforced(call: Call) -> Mapping[str, Any] | None:
    """Return the client's entry of the settings in force, if any."""
    entries = (entry for entry in _list_clients(call) if entry.get("client_id") == call.key[0])
    return next(entries, None)


def make_entry(client: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a settings document for a configuration."""
    entry = {name: value for name, value in info.items() if name != "api_type"}
    return {"client_id": client, **entry}


def check_entry(config: str, entry: Mapping[str, Any]) -> None:
    """Check a configuration as an entry of a settings document.

    Raises:
        Fault: INVALID_CONFIG.
    """
    try:
        permission.read({"_v": "23.2", "clients": [entry]})
    except SettingsError as error:
        path, reason = next(iter(error.problems.items()))
        raise INVALID_CONFIG(config, f"{path}: {reason}") from error


def enforce(call: Call, entry: dict[str, Any]) -> None:
    """Put an entry into the settings in force.

    Without settings every client may do everything, and the other clients still may afterwards.
    """
    if call.workspace.permissions is None:
        names = {record.key[0] for record in _scan_clients(call)} | {call.client}
        others = [*map(_allow_everything, sorted(names - {call.key[0]}))]
    else:
        others = [one for one in _list_clients(call) if one.get("client_id") != call.key[0]]
    _permit(call, [*others, entry])


def remove_entry(call: Call) -> None:
    """Remove the client's entry of the settings in force, if any."""
    clients = _list_clients(call)
    kept = [entry for entry in clients if entry.get("client_id") != call.key[0]]
    if len(kept) < len(clients):
        _permit(call, kept)


def _scan_clients(call: Call) -> Sequence[Record]:
    return call.store.scan(CLIENTS, 0, call.store.count(CLIENTS)).records


def _allow_everything(client: str) -> Mapping[str, Any]:
    methods = sorted({method.lower() for method in METHODS_BY_VERB.values()})
    everything = {"read_attributes": "(**)", "write_attributes": "(**)"}
    resource = {"resource_id": "/**", "methods": methods, **everything}
    return {"client_id": client, "resources": [resource]}


def _permit(call: Call, clients: Sequence[Mapping[str, Any]]) -> None:
    """Replace the entries of the settings in force.

    Raises:
        Fault: INVALID_CONFIG: the settings get too large.
    """
    document = getattr(call.workspace.permissions, "document", None) or {"_v": "23.2"}
    try:
        permissions = permission.read({**document, "clients": [*clients]})
    except SettingsError as error:
        path, reason = next(iter(error.problems.items()))
        raise INVALID_CONFIG(ENFORCED_API, f"{path}: {reason}") from error
    call.workspace.permit(permissions)
