"""Oddities of published settings documents, accepted with a warning (SET-5).

The strictness of Business Manager is not documented. A document must work here if the document
works there. So each oddity below is accepted, since it has only one possible sense, and reported
as a warning. A mistake with several possible senses is an error (see ``settings``).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator import header
from emulator.ocapi.access.web_origin import read_origin

SETTINGS_METHODS = ("get", "put", "patch", "delete", "post")
FLAG_TEXTS = {"true": True, "false": False}
API_HEADERS = (
    "allow",
    "cache-control",
    "content-type",
    "etag",
    "expires",
    "location",
    "vary",
    "x-content-type-options",
)
RESERVED_PREFIXES = ("access-control-", "x-dw-", "x-emulator-")

Warnings = dict[str, str]


def normalize(document: Any) -> tuple[Any, Warnings]:
    """Return a document in the strict form, and the warnings by JSON path.

    Values of a wrong type stay unchanged: ``settings`` reports the error.
    """
    warnings: Warnings = {}
    members = {"_v": _normalize_version, "clients": _each(_normalize_client)}
    return _normalize_object(document, "$", members, warnings), warnings


Normalize = Callable[[Any, str, Warnings], Any]


def _normalize_object(
    value: Any, path: str, members: Mapping[str, Normalize], warnings: Warnings
) -> Any:
    if not isinstance(value, dict):
        return value
    normal = {}
    for name, inner in value.items():
        if name.startswith("_") and name != "_v":
            warnings[f"{path}.{name}"] = "is ignored: a name that begins with '_' is a comment"
        elif name in members:
            normal[name] = members[name](inner, f"{path}.{name}", warnings)
        else:
            normal[name] = inner
    return normal


def _each(normalize_entry: Normalize) -> Normalize:
    def run(value: Any, path: str, warnings: Warnings) -> Any:
        if not isinstance(value, list):
            return value
        return [normalize_entry(v, f"{path}[{i}]", warnings) for i, v in enumerate(value)]

    return run


def _normalize_version(value: Any, path: str, warnings: Warnings) -> Any:
    if isinstance(value, float):
        warnings[path] = f"the number {value} is read as '{value}'; write it in quotes"
        return str(value)
    return value


def _normalize_client(value: Any, path: str, warnings: Warnings) -> Any:
    members = {
        "allowed_origins": _each(_report_origin),
        "response_headers": _normalize_headers,
        "resources": _each(_normalize_resource),
    }
    return _normalize_object(value, path, members, warnings)


def _normalize_resource(value: Any, path: str, warnings: Warnings) -> Any:
    members = {
        "methods": _each(_normalize_method),
        "cache_time": _normalize_seconds,
        "personalized_caching_enabled": _normalize_flag,
    }
    return _normalize_object(value, path, members, warnings)


def _report_origin(value: Any, path: str, warnings: Warnings) -> Any:
    if isinstance(value, str) and read_origin(value) is None:
        warnings[path] = (
            f"'{value}' is not an origin, so no request matches it; an origin is a scheme, a host "
            "and perhaps a port, without a path or a wildcard, such as https://shop.example"
        )
    return value


def _normalize_headers(value: Any, path: str, warnings: Warnings) -> Any:
    if not isinstance(value, dict):
        return value
    ignored = {name: reason for name in value if (reason := _find_owner(name))}
    warnings |= {f"{path}.{name}": f"is ignored: {reason}" for name, reason in ignored.items()}
    return {name: text for name, text in value.items() if name not in ignored}


def _find_owner(name: str) -> str:
    """Return why a user's header is ignored, or an empty string if the header is sent."""
    lower = name.lower()
    if header.NAME.fullmatch(name) is None:
        return ""
    if lower in API_HEADERS:
        return "the API sets this header itself"
    prefixes = (prefix for prefix in RESERVED_PREFIXES if lower.startswith(prefix))
    return next((f"names that begin with '{prefix}' are reserved" for prefix in prefixes), "")


def _normalize_method(value: Any, path: str, warnings: Warnings) -> Any:
    if (
        isinstance(value, str)
        and value not in SETTINGS_METHODS
        and value.lower() in SETTINGS_METHODS
    ):
        warnings[path] = f"'{value}' is read as '{value.lower()}'; write methods in lower case"
        return value.lower()
    return value


def _normalize_seconds(value: Any, path: str, warnings: Warnings) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        warnings[path] = f"'{value}' is read as the number {int(value)}; write it without quotes"
        return int(value)
    return value


def _normalize_flag(value: Any, path: str, warnings: Warnings) -> Any:
    if isinstance(value, str) and value.lower() in FLAG_TEXTS:
        warnings[path] = f"'{value}' is read as {value.lower()}; write it without quotes"
        return FLAG_TEXTS[value.lower()]
    return value


def find_misplaced(document: Any) -> Iterator[str]:
    """Yield the problem of a fragment of a settings document; nothing for a document."""
    if isinstance(document, list):
        first = document[0] if document else None
        names = frozenset(first) if isinstance(first, dict) else frozenset()
        if "resource_id" in names:
            yield (
                "is an array of resources; put it into the 'resources' of a client: "
                '{"clients": [{"client_id": "...", "resources": [...]}]}'
            )
        elif "client_id" in names:
            yield 'is an array of clients; put it into an object: {"clients": [...]}'
    elif isinstance(document, dict) and "clients" not in document:
        yield from _find_misplaced_object(document)


def _find_misplaced_object(document: Mapping[str, Any]) -> Iterator[str]:
    if "client_id" in document:
        yield "is the entry of one client; put it into the array 'clients': {\"clients\": [...]}"
    elif "resource_id" in document:
        yield (
            "is one resource; put it into the 'resources' of a client: "
            '{"clients": [{"client_id": "...", "resources": [...]}]}'
        )
    elif "resources" in document:
        yield (
            "has 'resources' without a client; put them into the entry of a client: "
            '{"clients": [{"client_id": "...", "resources": [...]}]}'
        )
    elif any(isinstance(inner, dict) and "clients" in inner for inner in document.values()):
        yield "holds the documents of several sites; each site has a document of its own"
