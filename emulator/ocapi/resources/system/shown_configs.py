"""The answer with all configurations of a client (CONF-1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resources.system.ocapi_config_documents import (
    OcapiConfigsApiRequest,
    OcapiConfigsApiResponse,
    ResourceObject,
)
from emulator.ocapi.resources.system.settings_in_force import ENFORCED_API, find_enforced
from emulator.ocapi.wire.url import ORGANIZATION
from emulator.store import Record

COLLECTION = "ocapi_configs"
OUTER_NAMES = ("client_id", "site_id")
RESPONSE, REQUEST = OcapiConfigsApiResponse(), OcapiConfigsApiRequest()
RESOURCE_FIELDS = frozenset(ResourceObject().fields)


def scan_kept(call: Call) -> Sequence[Record]:
    """Return the kept configurations of the client."""
    return call.store.scan(COLLECTION, 0, call.store.count(COLLECTION, call.key), call.key).records


def show(call: Call) -> Answer:
    """Answer all configurations of a client."""
    configs: dict[str, list[Mapping[str, Any]]] = {}
    if (entry := find_enforced(call)) is not None:
        configs[ORGANIZATION] = [_show_entry(entry)]
    for record in scan_kept(call):
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
