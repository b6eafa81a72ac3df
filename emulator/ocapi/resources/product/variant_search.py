"""The search of the variants of a master or of a variation group (PRD-10)."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.object_type.localized import texts_of
from emulator.ocapi.resources.product import faults
from emulator.ocapi.resources.product.availability import (
    SITE_PARAMETER,
    find_stock,
    is_online,
    list_inventories,
    of_site,
    read_clock,
    read_site,
)
from emulator.ocapi.resources.product.product import VariantSearchResult
from emulator.ocapi.resources.product.relations import (
    PRODUCTS_NAME,
    find_master_id,
    find_product,
    has_kind,
    list_variants,
)
from emulator.ocapi.resources.product.roles import PRICES, show_variant
from emulator.ocapi.schema import faults as general
from emulator.ocapi.search.answer import answer_search
from emulator.ocapi.search.language import SearchField
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest
from emulator.store import Record

Properties = Mapping[str, Any]

RESULT = VariantSearchResult()
FIELDS_OF_SITE = ("ats", "in_stock", "online", "searchable")
ATTRIBUTE_PREFIX = "variation_attribute."


class VariantFields(dict[str, SearchField]):
    """The search fields, with a field for each variation attribute.

    Args:
        fields: The named fields.
        has_site: Whether the call names a site.
    """

    def __init__(self, fields: Mapping[str, SearchField], *, has_site: bool) -> None:
        super().__init__(fields)
        self.has_site = has_site

    def get(self, name: str, default: Any = None) -> Any:
        """Return the field of a name.

        Raises:
            Fault: SITE_MISSING.
        """
        if name in FIELDS_OF_SITE and not self.has_site:
            raise faults.SITE_MISSING()
        attribute = name.removeprefix(ATTRIBUTE_PREFIX)
        if attribute and attribute != name and name not in self:
            self[name] = SearchField("string", _value_of(attribute), sortable=False)
        return super().get(name, default)


def _value_of(attribute: str) -> Callable[[Properties], Any]:
    return lambda product: (product.get("variation_values") or {}).get(attribute)


def search_variants(call: Call) -> Answer:
    """Show a page of the variants for a query."""
    product = find_product(call.store, call.key[-1])
    if product is None:
        raise faults.PRODUCT_NOT_FOUND(call.key[-1])
    if not has_kind(product, "master", "variation_group"):
        raise faults.NOT_MASTER_OR_GROUP(call.key[-1])
    site = read_site(call)
    master = find_product(call.store, find_master_id(product) or call.key[-1]) or product
    found = (find_product(call.store, name) for name in list_variants(call.store, product))
    variants = [variant for variant in found if variant is not None]

    def show(record: Record, whole: bool) -> Properties:  # noqa: FBT001 - see Show
        name = record.key[-1]
        if not whole:
            return {"product_id": name, "link": call.link_to(PRODUCTS_NAME, name)}
        shown = show_variant(call, master, record)
        return shown if site else {n: v for n, v in shown.items() if n not in PRICES}

    return answer_search(call, RESULT, _make_fields(call, site), variants, show)


def _make_fields(call: Call, site: str | None) -> VariantFields:
    """Return the search fields of a call."""
    lists, now = list_inventories(call.store, site), read_clock(call)

    def stock(product: Properties) -> tuple[float, bool]:
        return find_stock(call.store, lists, product["id"])

    fields = {
        "id": SearchField("string"),
        "product_id": SearchField("string", str, sources=("id",)),
        "name": texts_of("name"),
        "online": SearchField("boolean", lambda product: is_online(product, site, now)),
        "in_stock": SearchField("boolean", lambda product: stock(product)[1]),
        "searchable": SearchField(
            "boolean", lambda product: of_site(product.get("searchable"), site)
        ),
        "ats": SearchField("number", lambda product: stock(product)[0]),
    }
    return VariantFields(fields, has_site=site is not None)


VARIANT_SEARCH = Operation(
    method="POST",
    path="products/{id}/variant_search",
    answer=search_variants,
    shows=RESULT,
    body=SearchRequest(),
    parameters=SITE_PARAMETER,
    expansions=("_base", "all", "availability", "variations", "attributes"),
    faults=(
        faults.PRODUCT_NOT_FOUND,
        faults.NOT_MASTER_OR_GROUP,
        faults.SITE_MISSING,
        MALFORMED_SEARCH_PARAMETER,
        general.MALFORMED_SELECTOR,
        general.QUOTA_EXCEEDED,
    ),
)
