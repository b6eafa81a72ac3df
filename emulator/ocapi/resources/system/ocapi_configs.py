"""The OCAPI settings of clients; changes are in force at once (CONF-1, CONF-2)."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.resources.system.ocapi_config_documents import StoredConfig
from emulator.ocapi.resources.system.settings_in_force import (
    ENFORCED_API,
    INVALID_CONFIG,
    check_entry,
    enforce,
    find_enforced,
    make_entry,
    remove_entry,
)
from emulator.ocapi.resources.system.shown_configs import (
    COLLECTION,
    REQUEST,
    RESPONSE,
    scan_kept,
    show,
)
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Clear, Put, Record

PATH = "ocapi_configs/{clientId}"
SELF_UPDATE = FaultType(
    400, "SelfUpdate", "The client '{clientId}' can't change its own configuration.", ("clientId",)
)
DUPLICATE_CLIENT_ID = FaultType(
    409, "DuplicateClientId", "The client '{clientId}' already has a configuration.", ("clientId",)
)
NOT_FOUND = FaultType(
    404, "ConfigurationNotFound", "No configuration of API '{apiType}' was found.", ("apiType",)
)
_lock = Lock()
"""Makes reading and replacing the settings one step."""
STORED = StoredConfig()


def read(call: Call) -> Answer:
    """Show the configurations of a client."""
    _require_user(call)
    call.prevent_caching()
    return show(call)


def replace(call: Call) -> Answer:
    """Write a configuration of a client, also over an existing configuration."""
    return _write(call, may_exist=True)


def create(call: Call) -> Answer:
    """Write the first configuration of a client."""
    return _write(call, may_exist=False)


def delete(call: Call) -> Answer:
    """Delete all configurations of a client."""
    _require_user(call)
    _refuse_own(call)
    with _lock:
        remove_entry(call)
        call.store.apply(Clear(COLLECTION, call.key))
    return Answer(204)


def _write(call: Call, *, may_exist: bool) -> Answer:
    _require_user(call)
    _refuse_own(call)
    info, [client] = call.changes["resource_info"], call.key
    sites = [site for site in call.changes["sites"] if site != ORGANIZATION]
    for site in sites:
        SITES.find(call.store, (site,))
    with _lock:
        if not may_exist and (find_enforced(call) or scan_kept(call)):
            raise DUPLICATE_CLIENT_ID(client)
        entry = make_entry(client, info)
        check_entry(info["api_type"], entry)
        if not sites and info["api_type"] == ENFORCED_API:
            enforce(call, entry)
        else:
            _keep(call, info, sites or [ORGANIZATION])
    return show(call)


def _require_user(call: Call) -> None:
    """Check the token for a user.

    Raises:
        Fault: ACCESS_WITHOUT_USER_FORBIDDEN.
    """
    if not call.user:
        raise faults.ACCESS_WITHOUT_USER_FORBIDDEN()


def _refuse_own(call: Call) -> None:
    """Refuse a change of the configuration of the calling client.

    Raises:
        Fault: SELF_UPDATE.
    """
    if call.client == call.key[0]:
        raise SELF_UPDATE(call.client)


def _keep(call: Call, info: Mapping[str, Any], sites: Sequence[str]) -> None:
    """Store a configuration without enforcement: for a site, or for the Shop API."""
    [client] = call.key
    call.store.apply(
        *(
            Put(
                COLLECTION,
                Record(
                    (client, info["api_type"], site),
                    {**info, "client_id": client, "site_id": site},
                ),
            )
            for site in dict.fromkeys(sites)
        )
    )


def _operation(
    method: str,
    answer: Callable[[Call], Answer],
    *more: FaultType,
    body: Document | None = None,
    shows: Document | None = RESPONSE,
) -> Operation:
    refusals = (*more, faults.ACCESS_WITHOUT_USER_FORBIDDEN)
    return Operation(
        method=method, path=PATH, answer=answer, shows=shows, body=body, faults=refusals
    )


CHANGE_FAULTS = (INVALID_CONFIG, SELF_UPDATE)
OCAPI_CONFIGS = Resource(
    path=COLLECTION,
    document=STORED,
    collection=RESULT,
    key="site_id",
    key_names=("client_id", "api_type", "site_id"),
    key_defaults={"site_id": ""},
    verbs=frozenset(),
    not_found=NOT_FOUND,
    operations=(
        _operation("GET", read, INVALID_CONFIG),
        _operation("PUT", replace, *CHANGE_FAULTS, SITES.not_found, body=REQUEST),
        _operation(
            "POST", create, *CHANGE_FAULTS, SITES.not_found, DUPLICATE_CLIENT_ID, body=REQUEST
        ),
        _operation("DELETE", delete, *CHANGE_FAULTS, shows=None),
    ),
)
