"""The OCAPI settings of clients; changes are in force at once (CONF-1, CONF-2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from emulator.ocapi.access import permission
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.access.settings import SettingsError
from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import METHODS_BY_VERB, Operation
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.resources.system.stored import StoredResource
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    Embedded,
    Enumeration,
    Integer,
    Property,
    String,
    TextMap,
)
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Clear, Put, Record

COLLECTION = "ocapi_configs"
PATH = "ocapi_configs/{clientId}"
ENFORCED_API = "data"
OUTER_NAMES = ("client_id", "site_id")

INVALID_CONFIG = FaultType(
    400,
    "InvalidOCAPIConfig",
    "The configuration '{config}' is invalid. {msg}",
    ("config", "msg"),
)
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


def _name(**properties: Property) -> dict[str, Property]:
    """Return properties with names that are words of the language."""
    return properties


class VersionRangeObject(Document):
    """A range of versions."""

    class Meta(Document.Meta):
        """Options of marshmallow: the property ``from``."""

        include = _name(**{"from": String()})

    until = String()


class ResourceObject(Document):
    """The permission for a resource."""

    cache_time = Integer()
    config = TextMap()
    methods = Array(String(allow_none=False), min_items=1, required=True, allow_none=False)
    personalized_caching_enabled = Boolean()
    read_attributes = String()
    resource_id = String(min_length=1, required=True, allow_none=False)
    version_range = Embedded(VersionRangeObject())
    write_attributes = String()


class ResourceInfo(Document):
    """The configuration of a client for an API."""

    allowed_origins = Array(String(allow_none=False))
    api_type = Enumeration("data", "shop", required=True, allow_none=False)
    resources = Array(
        Embedded(ResourceObject(), allow_none=False), min_items=1, required=True, allow_none=False
    )
    response_headers = TextMap()


class SiteResourceInfo(Document):
    """The configurations of a site, or of the organization."""

    site_configs = Array(Embedded(ResourceInfo()), required=True)
    site_id = String()


class OcapiConfigsApiRequest(Document):
    """A configuration for some sites."""

    resource_info = Embedded(ResourceInfo(), required=True, allow_none=False)
    sites = Array(String(allow_none=False), required=True, allow_none=False)


class OcapiConfigsApiResponse(Document):
    """All configurations of a client."""

    class Meta(Document.Meta):
        """Options of marshmallow: the property ``global``."""

        include = _name(**{"global": Array(Embedded(SiteResourceInfo()))})

    sites = Array(Embedded(SiteResourceInfo()))


class StoredConfig(ResourceInfo):
    """A configuration of a client that the emulator keeps, but does not enforce."""

    client_id = String(min_length=1, required=True, allow_none=False)
    site_id = String(min_length=1, required=True, allow_none=False)


RESPONSE, REQUEST = OcapiConfigsApiResponse(), OcapiConfigsApiRequest()
STORED = StoredConfig()
RESOURCE_FIELDS = frozenset(ResourceObject().fields)


def read(call: Call) -> Answer:
    """Show the configurations of a client."""
    _require_user(call)
    call.prevent_caching()
    return _show(call)


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
        clients = _list_clients(call)
        kept = [entry for entry in clients if entry.get("client_id") != call.key[0]]
        if len(kept) < len(clients):
            _permit(call, kept)
        call.store.apply(Clear(COLLECTION, call.key))
    return Answer(204)


def _write(call: Call, *, may_exist: bool) -> Answer:
    _require_user(call)
    _refuse_own(call)
    info, [client] = call.changes["resource_info"], call.key
    sites = [site for site in call.changes["sites"] if site != ORGANIZATION]
    for site in sites:
        if call.store.get(SITES.name, (site,)) is None:
            raise SITES.not_found(site)
    with _lock:
        if not may_exist and (_find_enforced(call) or _scan(call)):
            raise DUPLICATE_CLIENT_ID(client)
        entry = _make_entry(client, info)
        _check(info["api_type"], entry)
        if not sites and info["api_type"] == ENFORCED_API:
            _enforce(call, entry)
        else:
            _keep(call, info, sites or [ORGANIZATION])
    return _show(call)


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


def _list_clients(call: Call) -> Sequence[Mapping[str, Any]]:
    """Return the entries of the settings in force."""
    document = getattr(call.workspace.permissions, "document", None)
    return document["clients"] if document else ()


def _find_enforced(call: Call) -> Mapping[str, Any] | None:
    """Return the client's entry of the settings in force, if any."""
    entries = (entry for entry in _list_clients(call) if entry.get("client_id") == call.key[0])
    return next(entries, None)


def _scan(call: Call) -> Sequence[Record]:
    """Return the kept configurations of the client."""
    return call.store.scan(COLLECTION, 0, call.store.count(COLLECTION, call.key), call.key).records


def _make_entry(client: str, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a settings document for a configuration."""
    entry = {name: value for name, value in info.items() if name != "api_type"}
    return {"client_id": client, **entry}


def _check(config: str, entry: Mapping[str, Any]) -> None:
    """Check a configuration as an entry of a settings document.

    Raises:
        Fault: INVALID_CONFIG.
    """
    try:
        permission.read({"_v": "23.2", "clients": [entry]})
    except SettingsError as error:
        path, reason = next(iter(error.problems.items()))
        raise INVALID_CONFIG(config, f"{path}: {reason}") from error


def _enforce(call: Call, entry: dict[str, Any]) -> None:
    """Put an entry into the settings in force.

    Without settings every client may do everything, and the other clients still may afterwards.
    """
    if call.workspace.permissions is None:
        names = {record.key[0] for record in _scan_clients(call)} | {call.client}
        others = [*map(_allow_everything, sorted(names - {call.key[0]}))]
    else:
        others = [one for one in _list_clients(call) if one.get("client_id") != call.key[0]]
    _permit(call, [*others, entry])


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


def _show(call: Call) -> Answer:
    """Answer all configurations of a client."""
    configs: dict[str, list[Mapping[str, Any]]] = {}
    if (entry := _find_enforced(call)) is not None:
        configs[ORGANIZATION] = [_show_entry(entry)]
    for record in _scan(call):
        shown = {name: v for name, v in record.properties.items() if name not in OUTER_NAMES}
        configs.setdefault(record.key[2], []).append(shown)
    of_all = configs.pop(ORGANIZATION, None)
    sites = [{"site_id": site, "site_configs": infos} for site, infos in configs.items()]
    shown_of_all = [] if of_all is None else [{"site_configs": of_all}]
    return answer_document(call, RESPONSE, {"global": shown_of_all, "sites": sites})


def _show_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of a settings document as a configuration."""
    info = {name: entry[name] for name in ("allowed_origins", "response_headers") if name in entry}
    resources = [dict(_show_resource(resource)) for resource in entry.get("resources") or ()]
    return {**info, "api_type": ENFORCED_API, "resources": resources}


def _show_resource(resource: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of a resource; of several version ranges only the first range."""
    for name, value in resource.items():
        if name == "version_range" and isinstance(value, list):
            yield from [(name, value[0])] if value else ()
        elif name in RESOURCE_FIELDS:
            yield name, value


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
OCAPI_CONFIGS = StoredResource(
    path=COLLECTION,
    document=STORED,
    collection=RESULT,
    key="site_id",
    key_names=("client_id", "api_type", "site_id"),
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
