"""What an older version of the Data API does not know yet (VER-1 to VER-6).

Each row states the first version with a property, a constraint, a search field, an operation or the
body of an operation, and sometimes the first version without. Where the sources give an interval,
the row has the upper end: a client of an older version then sees too little rather than something
the client cannot know.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from emulator.ocapi.wire import versions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """The versions with a fact.

    Attributes:
        since: The first version with the fact; empty for all versions.
        until: The first version without the fact; empty for none.
    """

    since: str = ""
    until: str = ""

    def covers(self, version: str) -> bool:
        """Return whether a version has the fact."""
        order = versions.order
        return not (
            (self.since and order(version) < order(self.since))
            or (self.until and order(version) >= order(self.until))
        )


def _since(version: str, *names: str) -> dict[str, Span]:
    return dict.fromkeys(names, Span(since=version))


DATES = _since("23.2", "creation_date", "last_modified")
PROPERTIES: Mapping[str, Mapping[str, Span]] = {
    "alert_descriptor_settings": _since("25.6", "show_on_banner"),
    "category_product_assignment": DATES,
    "coupon": _since("21.9", "case_insensitive", "multiple_codes_per_basket"),
    "coupon_redemption": _since("23.2", "last_modified"),
    "customer": _since("20.3", "global_party_id"),
    "customer_list": _since("25.6", "preferences"),
    "ecdn_log_fetch_request": _since("25.6", "zone_id"),
    "ecdn_log_fetch_response": _since("25.6", "message"),
    "job_execution": {
        **_since("20.4", "status_metadata"),
        **_since("21.2", "continue_information", "retry_information"),
        **_since("22.6", "executed_server_id", "log_file_path"),
        "log_file_name": Span(until="22.6"),
    },
    "job_step_execution": _since("20.4", "status_metadata"),
    "master": _since("20.8", "price_per_unit", "price_per_unit_max"),
    "object_attribute_definition": DATES,
    "object_attribute_group": DATES,
    "object_type_definition": DATES,
    "product": _since("20.8", "price_per_unit", "unit_measure", "unit_quantity"),
    "promotion_campaign_assignment": {
        **DATES,
        **_since("21.9", "coupons_based", "customer_groups_based"),
        **_since("21.9", "required_qualifier", "source_code_based"),
    },
    "role": DATES,
    "site": DATES,
    "slot": DATES,
    "slot_configuration_campaign_assignment": DATES,
    "sorting_rule": _since("23.2", "last_modified"),
    "user": DATES,
    "variant": _since("20.8", "price_per_unit"),
    "variation_group": _since("20.8", "price_per_unit"),
}
"""The properties of documents that not all versions have."""

CONSTRAINTS: Mapping[str, Mapping[str, Mapping[str, Span]]] = {
    "product_inventory_record_allocation": {"amount": _since("23.2", "minimum")},
}
"""The constraints of properties that not all versions have, by the attribute of the property."""

ENUMERATIONS: Mapping[str, Mapping[str, Mapping[str, Span]]] = {
    "order_status_update_request": {"status": _since("25.6", "failed_with_reopen")},
}
"""The values of enumerations that not all versions have, by property."""

_SEARCH_DATES = _since("22.4", "creation_date", "last_modified")
SEARCH_FIELDS: Mapping[str, Mapping[str, Span]] = {
    "catalog_search": _since("22.4", "last_modified"),
    "custom_objects_search": _SEARCH_DATES,
    "customer_search": _SEARCH_DATES,
    "product_search": _since("22.4", "last_modified"),
}
"""The fields of searches that not all versions have, by the name of the search in the path."""

ALL_METHODS = "DELETE GET PATCH POST PUT"
OPERATIONS: tuple[tuple[str, str, Span], ...] = (
    ("PATCH", "catalogs/{}", Span("18.8")),
    (ALL_METHODS, "permissions/*", Span("18.8")),
    (ALL_METHODS, "roles/{}/permissions", Span("18.8")),
    (ALL_METHODS, "log_requests/ecdn/*", Span("18.8")),
    (ALL_METHODS, "sites/{}/cartridges/*", Span("18.8")),
    (ALL_METHODS, "sites/{}/ai/recommender_names", Span("18.8")),
    (ALL_METHODS, "ocapi_configs/{}", Span("19.3")),
    (ALL_METHODS, "sites/{}/sorting_rule_search", Span("19.3")),
    (ALL_METHODS, "alerts/items/*", Span("19.8", "25.6")),
    (ALL_METHODS, "alerts/*", Span("19.8")),
    ("PATCH PUT", "sites/{}/orders/*", Span("20.2")),
    ("PATCH", "sites/{}/campaigns/{}/promotions/{}", Span("21.9")),
    (ALL_METHODS, "metrics/{}", Span("21.10")),
    (ALL_METHODS, "users/{}/access_key/{}", Span("22.6")),
)
"""Methods, path below the version, and versions of operations; ``*`` stands for all paths below."""

BODIES: tuple[tuple[str, str, Span], ...] = (
    ("PUT", "sites/{}/campaigns/{}/promotions/{}", Span("21.9")),
)
"""Methods, path below the version, and versions of the bodies of operations."""


def list_hidden(document: str, version: str) -> frozenset[str]:
    """Return the names of the properties of a document that a version does not have."""
    rows = PROPERTIES.get(document, {})
    return frozenset(name for name, span in rows.items() if not span.covers(version))


def list_loosened(document: str, version: str) -> Iterator[tuple[str, str]]:
    """Yield property and attribute of each constraint that a version does not have."""
    for name, rows in CONSTRAINTS.get(document, {}).items():
        for attribute, span in rows.items():
            if not span.covers(version):
                yield name, attribute


def list_narrowed(document: str, version: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield property and missing values of each enumeration with fewer values in a version."""
    for name, rows in ENUMERATIONS.get(document, {}).items():
        missing = frozenset(value for value, span in rows.items() if not span.covers(version))
        if missing:
            yield name, missing


def pick_fields(template: Iterable[str], version: str, fields: Mapping[str, T]) -> Mapping[str, T]:
    """Return the fields of a search that a version has.

    Args:
        template: The segments of the search's path.
        version: The version, such as ``23.2``.
        fields: All fields, by name.
    """
    rows = next((SEARCH_FIELDS[name] for name in template if name in SEARCH_FIELDS), {})
    hidden = [name for name, span in rows.items() if not span.covers(version)]
    return {n: f for n, f in fields.items() if n not in hidden} if hidden else fields


@lru_cache(1024)
def has_operation(method: str, template: tuple[str, ...], version: str) -> bool:
    """Return whether a version has an operation.

    Args:
        method: The HTTP method; HEAD stands for GET.
        template: The segments of the path, with ids in braces.
        version: The version, such as ``23.2``.
    """
    return _covers(OPERATIONS, "GET" if method == "HEAD" else method, template, version)


@lru_cache(1024)
def has_body(method: str, template: tuple[str, ...], version: str) -> bool:
    """Return whether an operation with a body has the body in a version."""
    return _covers(BODIES, method, template, version)


def _covers(
    rows: Iterable[tuple[str, str, Span]], method: str, template: tuple[str, ...], version: str
) -> bool:
    """Return whether the first row of an operation covers a version."""
    path = "/".join("{}" if segment.startswith("{") else segment for segment in template)
    for methods, pattern, span in rows:
        if method in methods.split() and _matches(path, pattern):
            return span.covers(version)
    return True


def _matches(path: str, pattern: str) -> bool:
    above = pattern.removesuffix("/*")
    return path == above or (above != pattern and path.startswith(f"{above}/"))
