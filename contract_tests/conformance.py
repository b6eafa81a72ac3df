"""Compare the description of a server with a reference, and explain the differences.

The reference is the digest of ``digest.py``, or a whole description. Both descriptions are
Swagger 2.0 or OpenAPI 3.0. Each description is read into facts about
operations, parameters, documents, properties and faults; the paths are the paths of the server.
``RULES`` lists the intended differences, each with a rule of the contract. Any other difference is
wrong, and the exit code is 1.

    python -m contract_tests.conformance [reference.json] [--url https://host] > conformance.md
"""

import argparse
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from contract_tests.api import Api
from contract_tests.digest import (
    DIGEST,
    FAULT_TYPE,
    HTTP_METHODS,
    NOTE_KEYWORDS,
    SCHEMA_KEYWORDS,
    Tree,
)

META_PATH = "/s/-/dw/meta/v1/rest/data/v23_2"
DEMO_CLIENT = "a" * 30
SECRET_VARIABLE = "OCAPI_EMULATOR_CLIENT_SECRET"
# The kinds of facts, with plurals.
FACT_KINDS = {
    "operation": "operations",
    "parameter": "parameters",
    "document": "documents",
    "property": "properties",
    "fault": "faults",
}
OPERATION_KINDS = {"operation", "parameter", "fault"}
NUMBERS = ("", "right", "by rule", "wrong", "served", "in the reference")
PATH_PARAMETER = re.compile(r"\{[^}]*\}")
PRESENT, ABSENT = "stated", ""
MAX_EXAMPLES = 3

Facets = dict[str, str]
Subject = tuple[str, str]


@dataclass(frozen=True)
class Fact:
    """The statements of a description about a subject.

    Attributes:
        facets: The statements by name, such as ``type`` and ``maxLength``; values as text.
        note: A remark about a doubtful subject; empty without a remark.
    """

    facets: Mapping[str, str]
    note: str = ""


Facts = dict[Subject, Fact]
"""Facts by kind and name of the subject."""


@dataclass(frozen=True)
class Deviation:
    """A difference between the two descriptions.

    Attributes:
        kind: One of FACT_KINDS.
        name: The name of the subject, such as ``GET /inventory_lists`` or ``inventory_list.id``.
        facet: The different statement; empty if a description lacks the whole subject.
        served: The statement of the server, ABSENT without a statement.
        reference: The statement of the reference, ABSENT without a statement.
        reason: The rule behind the difference; empty for a wrong difference.
    """

    kind: str
    name: str
    facet: str
    served: str
    reference: str
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """An intended deviation; ``*`` in a pattern stands for any text.

    Attributes:
        identifier: The id of the rule in the contract.
        why: The rule in few words.
        kind: One of FACT_KINDS.
        name: A pattern of names.
        facet: A pattern of statements; empty for the whole subject.
        served: A pattern of the server's statement; ABSENT without a statement.
        reference: A pattern of the statement of the reference.
    """

    identifier: str
    why: str
    kind: str
    name: str
    facet: str = ""
    served: str = PRESENT
    reference: str = "*"

    def explains(self, deviation: Deviation) -> bool:
        """Return True if the rule explains the deviation."""
        patterns = (
            (self.name, deviation.name),
            (self.facet, deviation.facet),
            (self.reference, deviation.reference),
        )
        named = all(fnmatchcase(text, pattern) for pattern, text in patterns)
        return named and self.kind == deviation.kind and fnmatchcase(deviation.served, self.served)

    @property
    def reason(self) -> str:
        """The rule in a line."""
        return f"{self.identifier}: {self.why}"


def _list_read_only(identifier: str, why: str, document: str, *properties: str) -> Iterator[Rule]:
    """Yield the rules of properties that the server sets, and the reference lets requests set."""
    for name in properties:
        yield Rule(identifier, why, "property", f"{document}.{name}", "readOnly", "true")


RULES = (
    *(
        Rule(identifier, "a missing site is reported first", "fault", f"* {path} 404 SiteNotFound*")
        for identifier, path in (("SLOT-1", "/sites/{}/slot*"), ("ABT-1", "/sites/{}/ab_test*"))
    ),
    *(
        Rule(
            identifier, "a longer id is missing", "parameter", f"* {path} path *", "maxLength", "*"
        )
        for identifier, path in (("SLOT-2", "/sites/{}/slots/*"), ("ABT-1", "/sites/{}/ab_test*"))
    ),
    Rule(
        "SLOT-2",
        "the path gives it, and requests cannot set it",
        "property",
        "slot_configuration.*",
        "re[aq]*",
        "*",
    ),
    Rule(
        "SLOT-7",
        "the path gives it",
        "property",
        "slot_configuration_campaign_assignment.*",
        "required",
        "*",
    ),
    *(
        Rule("SRC-1", "a query may be malformed in every search", "fault", f"POST {path} 400 Malf*")
        for path in ("/sites/{}/ab_test_search", "/sites/{}/slot_configuration_search")
    ),
    Rule(
        "ABT-1", "a write has a document", "operation", "P* /sites/{}/ab_tests/*", "request.*", "*"
    ),
    Rule(
        "ABT-1",
        "a header of the documentation",
        "parameter",
        "PUT /sites/{}/ab_tests/{} header x-dw-validate-existing",
    ),
    Rule("ABT-1", "PUT creates", "fault", "PUT /sites/{}/ab_tests/{} 404 ABTestNotFound*", "", ""),
    Rule(
        "ABT-4",
        "PUT creates",
        "fault",
        "PUT /sites/{}/ab_tests/{}/segments/{} 404 ABTestSegmentNotFound*",
        "",
        "",
    ),
    Rule(
        "ABT-6",
        "a list adds the values as a document does",
        "parameter",
        "GET /sites/{}/ab_tests query expand",
    ),
    *_list_read_only(
        "ABT-6",
        "other operations decide",
        "ab_test",
        "segment_count",
        "status",
        "test_groups",
        "test_segments",
    ),
    *_list_read_only(
        "ABT-6",
        "other operations decide",
        "ab_test_segment",
        "promotions",
        "slot_configs",
        "sorting_rules",
    ),
    *_list_read_only("ABT-6", "other operations decide", "ab_test_trigger", "is_pipeline_based"),
    Rule(
        "ORDER-3",
        "a status of later versions",
        "property",
        "order_status_update_request.status",
        "enum",
        "*",
    ),
    Rule(
        "CUS-7",
        "a missing group is deleted already",
        "operation",
        "DELETE /sites/{}/customer_groups/{}",
        "204",
        "nothing",
    ),
    Rule(
        "SITE-1",
        "a missing site has a fault of its own",
        "fault",
        "GET /sites/{} 404 SiteNotFoundException",
    ),
    Rule("FLT-1", "every answer may be a fault", "operation", "* /alerts/items*", "default", "*"),
    Rule(
        "SYS-5",
        "a longer id belongs to no site",
        "parameter",
        "GET /sites/{}/ai/recommender_names path site_id",
        "maxLength",
        ABSENT,
    ),
    Rule(
        "ALERT-1",
        "a value of an enumeration is not empty",
        "property",
        "alert_*_priority",
        "minLength",
        ABSENT,
    ),
    Rule("SYS-1", "a result has hits, not data", "property", "locale_result.data", "", ABSENT),
    Rule("SYS-1", "pages have these members", "property", "locale_result.expand"),
    Rule(
        "SYS-2",
        "the instance decides",
        "property",
        "custom_log_settings.debug_permitted",
        "readOnly",
        "true",
    ),
    Rule("ALERT-1", "an alert may be missing", "fault", "* 404 AlertItemNotFoundException"),
    Rule("ALERT-2", "settings need user and descriptor", "fault", "* /alerts/usersettings *"),
    Rule("CONF-1", "settings need a user", "fault", "* /ocapi_configs/{} 403 AccessWithoutUser*"),
    Rule("SYS-3", "a request may be missing", "fault", "GET /log_requests/ecdn/{} 404 *"),
    Rule("SYS-3", "a zone may be missing", "fault", "POST /log_requests/ecdn 404 *"),
    Rule("SYS-1", "a site may be missing", "fault", "GET /sites/{}/locale_info/locales 404 *"),
    Rule("USER-2", "a role may be unknown", "fault", "P* /users/{} 400 InvalidRoleException"),
    *_list_read_only(
        "USER-1",
        "sign-in sets these dates",
        "user",
        "last_login_date",
        "password_expiration_date",
        "password_modification_date",
    ),
    *_list_read_only("ROLE-1", "assignments give the users", "role", "user_count", "users"),
    Rule("EXP-1", "a search also expands", "parameter", "POST *_search query expand"),
    Rule(
        "ROLE-1",
        "PUT of an existing id is refused, never answered 200",
        "operation",
        "PUT /roles/{}",
        "200",
        ABSENT,
    ),
    Rule(
        "CART-2",
        "the Business Manager is no site of the collection",
        "operation",
        "GET /sites/Sites-Site",
    ),
    Rule(
        "SRC-1",
        "a selector may be malformed in every search",
        "fault",
        "POST *_search 400 MalformedSelectorException",
    ),
    Rule(
        "SRC-1",
        "every search has these faults",
        "fault",
        "POST /job_execution_search 400 Malformed*Exception",
    ),
    Rule("MET-1", "a PUT that creates answers 201", "operation", "PUT *", "201", "*"),
    Rule(
        "INV-5",
        "PUT of an existing id is refused, never answered 200",
        "operation",
        "PUT /inventory_lists/{}",
        "200",
        ABSENT,
    ),
    Rule(
        "INV-5",
        "PUT of an existing id is refused",
        "fault",
        "PUT /inventory_lists/{} 404 InventoryListDuplicateException",
    ),
    Rule(
        "INV-3",
        "another id in the body is refused by every write",
        "fault",
        "P* 400 IdConflictException",
    ),
    Rule("SEL-2", "every document has a selector", "parameter", "* query select"),
    *(
        Rule(
            *("PAG-1", f"{name} is not below 0", "parameter", f"GET * query {name}"),
            *("minimum", "0", ABSENT),
        )
        for name in ("start", "count")
    ),
    Rule(
        "MKT-11",
        "the size of a page has a bound",
        "parameter",
        "GET /sites/{}/coupons/{}/codes query count",
        "maximum",
        "10000",
    ),
    *(
        Rule("VER-1", "25.6 has it first", kind, name, "", ABSENT)
        for kind, name in (
            ("document", "customer_list_preferences"),
            ("property", "alert_descriptor_settings.show_on_banner"),
            ("property", "customer_list.preferences"),
            ("property", "customer_list_preferences.*"),
            ("property", "ecdn_log_fetch_request.zone_id"),
            ("property", "ecdn_log_fetch_response.message"),
        )
    ),
    Rule("URL-7", "a segment is never empty", "parameter", "* path *", "minLength", "1"),
    Rule(
        "INV-4",
        "a new id has up to 256 characters",
        "parameter",
        "PUT * path *",
        "maxLength",
        "256",
    ),
    Rule(
        "INV-4", "an id has 1 to 256 characters", "property", "inventory_list.id", "minLength", "1"
    ),
    Rule(
        "INV-4",
        "an id has 1 to 256 characters",
        "property",
        "inventory_list.id",
        "maxLength",
        "256",
    ),
    Rule(
        "RST-4",
        "every write takes If-Match",
        "parameter",
        "PATCH * header If-Match",
        served=ABSENT,
    ),
    Rule(
        "CUS-1",
        "a missing customer list is reported first",
        "fault",
        "POST /customer_lists/{}/customer_search 404 CustomerListNotFoundException",
    ),
    Rule(
        "CUS-2",
        "a number belongs to one customer",
        "fault",
        "P* /customer_lists/{}/customers* 400 CustomerNumberAlreadyInUseException",
    ),
    Rule(
        "CUS-6",
        "a primary address has an id",
        "fault",
        "P* /customer_lists/{}/customers* 400 InvalidAddressIdException",
    ),
    Rule(
        "CUS-7",
        "PUT never replaces a group",
        "operation",
        "PUT /sites/{}/customer_groups/{}",
        "200",
        ABSENT,
    ),
    Rule(
        "CUS-7",
        "no system fails inside the emulator",
        "fault",
        "PUT /sites/{}/customer_groups/{} 400 CustomerGroupCreateException",
        served=ABSENT,
    ),
    Rule(
        "CUS-7",
        "a group in deletion is not written",
        "fault",
        "* /sites/{}/customer_groups/{}* 409 ObjectInDeletionConflictException",
    ),
    Rule(
        "CUS-10",
        "some groups have no list of members",
        "operation",
        "* /sites/{}/customer_groups/{}/member*",
        "204",
        "nothing",
    ),
    Rule(
        "CUS-11",
        "there is no document to select from",
        "parameter",
        "DELETE /sites/{}/customer_groups/{}/members/{} query select",
        served=ABSENT,
    ),
    Rule(
        "SRC-1",
        "a query may be malformed in every search",
        "fault",
        "POST /customer_lists/{}/customer_search 400 MalformedSearchParameterException",
    ),
    Rule(
        "CUS-1",
        "a customer list with a longer id is missing",
        "parameter",
        "POST /customer_lists/{}/customer_search path customer_list_id",
        "maxLength",
        ABSENT,
    ),
    Rule("CUS-2", "a number is not empty", "property", "customer.customer_no", "minLength", "1"),
    Rule(
        "CUS-2",
        "1 and 2 are all whole numbers from 1 to 2",
        "property",
        "customer.gender",
        "minimum",
        "1",
    ),
    Rule(
        "CUS-2",
        "1 and 2 are all whole numbers from 1 to 2",
        "property",
        "customer.gender",
        "maximum",
        "2",
    ),
    Rule(
        "CUS-2",
        "a new number has up to 100 characters",
        "parameter",
        "PUT * path customer_no",
        "maxLength",
        "100",
    ),
    Rule(
        "CUS-3",
        "a missing login has a fault of its own",
        "property",
        "credentials.login",
        "required",
        "false",
    ),
    Rule(
        "CUS-4",
        "DELETE of a missing customer is 204",
        "fault",
        "DELETE /customer_lists/{}/customers/{} 404 CustomerListCustomerNotFoundException",
        served=ABSENT,
    ),
    Rule(
        "CUS-6",
        "computed from the names",
        "property",
        "customer_address.full_name",
        "readOnly",
        "true",
    ),
    Rule("CUS-6", "the resource state", "property", "customer_address.etag", "readOnly", "true"),
    *_list_read_only("CUS-7", "only data sets give types and rules", "customer_group", "type"),
    *_list_read_only("CUS-7", "computed", "customer_group", "in_deletion", "member_count"),
    Rule(
        "CUS-7",
        "only data sets give types and rules",
        "property",
        "rule.description",
        "readOnly",
        "true",
    ),
    Rule(
        "CUS-7",
        "a missing site is reported first",
        "fault",
        "* /sites/{}/customer_group* 404 SiteNotFoundException",
    ),
    *_list_read_only(
        "CUS-10",
        "the path gives the customer",
        "customer_group_member",
        "active",
        "customer_link",
        "customer_no",
        "email",
        "first_name",
        "last_name",
        "login",
    ),
    Rule(
        "PRD-1",
        "an id of more than 100 characters is missing",
        "parameter",
        "* /products/{}* path *",
        "maxLength",
        ABSENT,
    ),
    *(
        Rule("MKT-1", "a missing site is reported first", "fault", f"* {path} 404 SiteNotFound*")
        for path in (
            "/sites/{}/campaign*",
            "/sites/{}/coupon*",
            "/sites/{}/promotion*",
            "/sites/{}/slot_configuration_campaign_assignment_search",
            "/sites/{}/sorting_rule_search",
            "/sites/{}/source_code_group*",
        )
    ),
    *(
        Rule(identifier, "the server computes this", "property", name, "readOnly", "true")
        for identifier, name in (
            ("MKT-9", "coupon.exported_code_count"),
            ("MKT-9", "coupon.redemption_count"),
            ("MKT-9", "coupon.total_codes_count"),
            ("MKT-11", "coupon_code.redemption_count"),
            ("MKT-14", "source_code_group.active"),
        )
    ),
    Rule(
        "MKT-14",
        "a group with a longer id is missing",
        "parameter",
        "* /sites/{}/source_code_groups/{} path id",
        "maxLength",
        ABSENT,
    ),
    Rule(
        "MKT-14",
        "PUT and PATCH check the same",
        "fault",
        "PATCH /sites/{}/source_code_groups/{} 400 SourceCodeGroupInvalidException",
    ),
    Rule(
        "MKT-7",
        "PUT and PATCH have the same faults",
        "fault",
        "PUT /sites/{}/campaigns/{}/promotions/{} 404 *NotFoundException",
    ),
    Rule(
        "SRC-1",
        "a query may be malformed in every search",
        "fault",
        "POST /sites/{}/promotion_campaign_assignment_search 400 MalformedSearchParameterException",
    ),
    Rule(
        "SRC-1",
        "a query may be malformed in every search",
        "fault",
        "POST /sites/{}/sorting_rule_search 400 MalformedSearchParameterException",
    ),
    *_list_read_only(
        "PRD-2",
        "other documents give these",
        "product",
        "assigned_categories",
        "ats",
        "bundled_products",
        "image_groups",
        "in_stock",
        "online",
        "owning_catalog_name",
        "price",
        "price_currency",
        "price_per_unit",
        "primary_categories",
        "primary_category_id",
        "product_bundles",
        "product_options",
        "product_sets",
        "set_products",
        "variants",
        "variation_attributes",
        "variation_groups",
        "variation_values",
    ),
    *_list_read_only(
        "PRD-7",
        "the product gives these",
        "variant",
        "ats",
        "default_product_variation",
        "in_stock",
        "online",
        "orderable",
        "price",
        "price_currency",
        "price_per_unit",
        "searchable",
        "variation_attributes",
    ),
    *_list_read_only(
        "PRD-7",
        "the variants give these",
        "variation_group",
        "orderable",
        "price",
        "price_per_unit",
    ),
    *_list_read_only(
        "PRD-8",
        "the definition gives these",
        "variation_attribute",
        "attribute_definition_name",
        "shared",
        "variation_attribute_type",
    ),
    *_list_read_only(
        "PRD-8", "the stock of the variants", "variation_attribute_value", "orderable"
    ),
    *_list_read_only(
        "PRD-9",
        "the id and the default give these",
        "product_option",
        "name",
        "selected_option_value",
    ),
    *_list_read_only("PRD-2", "the path gives the URLs", "media_file", "abs_url", "dis_base_url"),
    *_list_read_only("PRD-2", "the source gives the markup", "markup_text", "markup"),
    Rule(
        "PRD-8",
        "a missing attribute is reported first",
        "fault",
        "GET /products/{}/variation_attributes/{}/values/{} 404 VariationAttributeNotFound*",
    ),
    Rule(
        "PRD-7",
        "the id may belong to a product in another role",
        "fault",
        "PUT /products/{}/variation* 400 ProductIsNotVariation*",
    ),
    Rule("PRD-7", "the path gives the id", "property", "variant.product_id", "required", "false"),
    Rule(
        "CAT-2",
        "an id of more than 256 characters is missing",
        "parameter",
        "* /catalogs/{}* path cat*_id",
        "maxLength",
        ABSENT,
    ),
    Rule(
        "CAT-4",
        "the expansions are for internal use",
        "parameter",
        "GET /catalogs/{}/categories* query expand",
        served=ABSENT,
    ),
    *_list_read_only(
        "CAT-1",
        "other documents give it",
        "catalog",
        "assigned_product_count",
        "assigned_sites",
        "category_count",
        "owned_product_count",
        "recommendation_count",
        "root_category",
    ),
    *_list_read_only(
        "CAT-4", "other documents give it", "category", "categories", "paths", "sorting_rules"
    ),
    *_list_read_only(
        "CAT-7",
        "the ends of a link give it",
        "category_link",
        "source_catalog_name",
        "source_category_name",
        "target_catalog_name",
        "target_category_name",
    ),
    Rule(
        "CAT-7",
        "a link has one of five types",
        "fault",
        "PUT /catalogs/{}/categories/{}/category_links/* 400 IllegalEnumeration*",
    ),
    *_list_read_only(
        "CAT-8",
        "the product gives it",
        "category_product_assignment",
        "owning_catalog_name",
        "product_name",
    ),
    Rule(
        "CAT-11",
        "a missing attribute has a fault",
        "fault",
        "PATCH /catalogs/{}/shared_variation_attributes/{} 404 VariationAttributeNotFound*",
    ),
    Rule("CAT-4", "the size of an answer has a bound", "fault", "GET /catalogs* 400 Quota*"),
    Rule("CAT-5", "the work of a deletion has a bound", "fault", "DELETE /catalogs* 400 Quota*"),
    Rule("CAT-8", "the work of a write has a bound", "fault", "P* /catalogs* 400 Quota*"),
    Rule("CAT-5", "the root category stays", "fault", "DELETE /catalogs* 400 CategoryInvalid*"),
    Rule(
        "EXP-1",
        "expansions of a search may be in the query",
        "parameter",
        "POST *_search query expand",
    ),
    Rule(
        "GC-1",
        "a missing site is reported first",
        "fault",
        "* /sites/{}/gift_certificate* 404 SiteNotFoundException",
    ),
    Rule("GC-1", "a URL has the id", "property", "gift_certificate.merchant_id", "m??Length", "*"),
    *_list_read_only(
        "GC-2",
        "the server sets it",
        "gift_certificate",
        "masked_gift_certificate_code",
        "transactions",
    ),
    Rule(
        "LIB-1", "a longer id is missing", "parameter", "* /libraries/* path *", "maxLength", ABSENT
    ),
    Rule(
        "LIB-2",
        "PUT creates a missing asset",
        "fault",
        "PUT /libraries/{}/content/{} 404 ContentNotFoundException",
        served=ABSENT,
    ),
    *_list_read_only(
        "LIB-2",
        "assignments give the folder",
        "content_asset",
        "classification_folder_id",
        "classification_folder_link",
    ),
    Rule("LIB-3", "a URL has the id", "property", "content_folder.id", "minLength", "1"),
    Rule(
        "LIB-3",
        "a write changes a bounded number of documents",
        "fault",
        "* /libraries/{}/folders/{} 400 QuotaExceededException",
    ),
    *_list_read_only(
        "LIB-3", "links are computed", "content_folder", "parent_link", "sub_folders_link"
    ),
    *_list_read_only(
        "LIB-3", "links are computed", "content_folder_assignment", "content_link", "folder_link"
    ),
    Rule("LIB-4", "a page has hits, not data", "property", "content_*_result.data", "", ABSENT),
    Rule(
        "STO-1",
        "a missing site is reported first",
        "fault",
        "* /sites/{}/store* 404 SiteNotFoundException",
    ),
    Rule(
        "STO-1",
        "a store with a longer id is missing",
        "parameter",
        "* /sites/{}/stores/{} path id",
        "maxLength",
        ABSENT,
    ),
    Rule("SRC-1", "a search has a query", "operation", "POST *_search", "request.required", "true"),
    Rule("ENV-1", "documents have an envelope", "property", "*._v"),
    Rule("ENV-1", "documents have an envelope", "property", "*._type"),
    Rule("ENV-1", "documents have an envelope", "property", "*._resource_state"),
    Rule("DEC-3", "link is computed", "property", "*.link", "readOnly", "true"),
    Rule("DEC-3", "writes set the dates", "property", "*.creation_date", "readOnly", "true"),
    Rule("DEC-3", "writes set the dates", "property", "*.last_modified", "readOnly", "true"),
    Rule(
        "DEC-3",
        "the sites hold the assignment",
        "property",
        "inventory_list.assigned_sites",
        "readOnly",
        "true",
    ),
    Rule(
        "DEC-3",
        "computed from allocation and turnover",
        "property",
        "product_inventory_record.ats",
        "readOnly",
        "true",
    ),
    Rule(
        "DEC-3",
        "computed from allocation and turnover",
        "property",
        "product_inventory_record.stock_level",
        "readOnly",
        "true",
    ),
    *_list_read_only(
        "OBJ-1",
        "computed, or given by data sets only",
        "object_type_definition",
        "attribute_definition_count",
        "attribute_group_count",
        "read_only",
    ),
    *_list_read_only(
        "OBJ-2",
        "computed, or given by data sets only",
        "object_attribute_definition",
        "effective_id",
        "queryable",
        "read_only",
        "requires_encoding",
        "set_value_type",
        "system",
    ),
    *_list_read_only(
        "OBJ-5",
        "computed, or given by assignments and data sets only",
        "object_attribute_group",
        "attribute_definitions",
        "attribute_definitions_count",
        "internal",
    ),
    Rule("OBJ-1", "a type has a name", "property", "object_*.object_type", "minLength", "1"),
    Rule("OBJ-5", "a group has an id", "property", "object_attribute_group.id", "m??Length", "*"),
    Rule(
        "OBJ-2",
        "a value is a scalar",
        "property",
        "object_attribute_value_definition.value",
        "type",
        "anything",
    ),
    Rule(
        "OBJ-2",
        "a list and a search add the values as a document does",
        "parameter",
        "* /*_object_definitions/{}/attribute_definition* query expand",
    ),
    Rule(
        "OBJ-3",
        "the reference names a fault that no change of a system attribute raises",
        "fault",
        "PATCH /system_object_definitions/*s/{} 400 AttributeDefinitionReadOnlyException",
        served=ABSENT,
    ),
    Rule(
        "OBJ-5",
        "a missing type has its fault in every operation",
        "fault",
        "* /system_object_definitions/{}/attribute_group* 404 ObjectTypeNotFoundException",
    ),
    *_list_read_only(
        "COB-2",
        "the path and the type give the key",
        "custom_object",
        "key_property",
        "key_value_integer",
        "key_value_string",
        "object_type",
    ),
    Rule(
        "PRF-2",
        "a site may be missing",
        "fault",
        "* /sites/{}/site_preferences/* 404 SiteNotFoundException",
    ),
    Rule(
        "PRF-2",
        "the preferences of sites come by expansion",
        "property",
        "organization_preferences.site_preferences",
        "readOnly",
        "true",
    ),
    Rule(
        "PRF-4",
        "a value has the type of the preference",
        "property",
        "preference_value.site_values",
        "values.type",
        ABSENT,
    ),
    *_list_read_only(
        "COD-2",
        "PATCH changes id and active",
        "code_version",
        "activation_time",
        "cartridges",
        "compatibility_mode",
        "last_modification_time",
        "rollback",
        "total_size",
        "web_dav_url",
    ),
    Rule("COD-1", "a collection may name expansions", "property", "code_version_result.expand"),
    Rule(
        "JOB-4",
        "the faults of the body of an index update",
        "fault",
        "POST /jobs/{}/executions 400 *SiteScopeParameterException",
    ),
    Rule(
        "FLT-1",
        "arguments hold plain values",
        "property",
        "fault.fault.arguments",
        "values.type",
        ABSENT,
    ),
    Rule("SRC-2", "a query is one of its kinds", "property", "query.*_query"),
    Rule("SRC-2", "a filter is one of its kinds", "property", "filter.*_filter"),
    Rule("SRC-2", "a value is a scalar", "property", "term_*.values", "items.type", "anything"),
    Rule("SRC-2", "a bound is a scalar", "property", "range*_filter.*", "type", "anything"),
    Rule("SRC-3", "a result has hits, not data", "property", "*_search_result.data", "", ABSENT),
    Rule(
        "SRC-4",
        "the work of a search has a bound",
        "fault",
        "POST *_search 400 QuotaExceededException",
    ),
    Rule(
        "SRC-4",
        "an unknown operator has a fault of its own",
        "property",
        "*.operator",
        "enum",
        ABSENT,
    ),
)


class Description:
    """A description as facts.

    Args:
        tree: Swagger 2.0 or OpenAPI 3.0, decoded.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        components = tree.get("components", {})
        self.documents: Tree = tree.get("definitions", components.get("schemas", {}))

    @property
    def paths(self) -> set[str]:
        """All paths, without the names of path parameters."""
        return {unname(path) for path in self.tree["paths"]}

    def facts(self, paths: set[str], documents: Iterable[str]) -> Facts:
        """Return the facts about some paths, and about some documents if described."""
        found = {
            subject: fact
            for name, operation in self._operations(paths)
            for subject, fact in self._read_operation(name, operation)
        }
        for name in documents:
            if name in self.documents:
                found["document", name] = Fact({})
                found |= _read_properties(name, self.documents[name])
        return found

    def reach(self, paths: set[str]) -> set[str]:
        """Return the documents in the operations of some paths, nested documents included."""
        reached = set[str]()
        waiting = {
            name for _, operation in self._operations(paths) for name in self._mentioned(operation)
        }
        while waiting:
            reached |= waiting
            inside = (self._mentioned(self.documents.get(name, {})) for name in waiting)
            waiting = {name for names in inside for name in names} - reached
        return reached

    def _operations(self, paths: set[str]) -> Iterator[tuple[str, Tree]]:
        for path, item in self.tree["paths"].items():
            if unname(path) in paths:
                shared = item.get("parameters", [])
                for method in HTTP_METHODS:
                    if method in item:
                        parameters = [*shared, *item[method].get("parameters", [])]
                        name = f"{method.upper()} {unname(path)}"
                        yield name, {**item[method], "parameters": parameters}

    def _mentioned(self, part: Any) -> Iterator[str]:
        """Yield the names of referenced documents in a part of the description."""
        if isinstance(part, Mapping):
            if "$ref" in part:
                yield from self._follow(part["$ref"])
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                yield from self._mentioned(inner)

    def _follow(self, reference: Any) -> Iterator[str]:
        place, _, name = str(reference).rpartition("/")
        if place == "#/components/requestBodies":
            yield from self._mentioned(self._resolve({"$ref": reference}))
        else:
            yield name

    def _resolve(self, part: Tree) -> Tree:
        """Return the target of a reference, except references to documents."""
        found: Any = self.tree
        if "$ref" not in part:
            return part
        for segment in part["$ref"].removeprefix("#/").split("/"):
            found = found[segment]
        return dict(found)

    def _read_operation(self, name: str, operation: Tree) -> Iterator[tuple[Subject, Fact]]:
        facets = {"operationId": operation.get("operationId", ""), **self._read_request(operation)}
        for status, described in operation["responses"].items():
            response = self._resolve(described)
            for fault in FAULT_TYPE.findall(response.get("description", "")):
                yield ("fault", f"{name} {status} {fault}"), Fact({}, _note(response))
            if status == "default" or status.startswith("2"):
                facets[status] = _read_content(response)
        yield ("operation", name), Fact(facets)
        for parameter in map(self._resolve, operation["parameters"]):
            if parameter["in"] != "body":
                yield _read_parameter(name, parameter)

    def _read_request(self, operation: Tree) -> Facets:
        bodies = [p for p in map(self._resolve, operation["parameters"]) if p["in"] == "body"]
        if "requestBody" in operation:
            bodies.append(self._resolve(operation["requestBody"]))
        return {
            key: value
            for body in bodies
            for key, value in (
                ("request", _read_content(body)),
                ("request.required", _text(body.get("required", False))),
            )
        }


def unname(path: str) -> str:
    """Return a path without the names of path parameters."""
    return PATH_PARAMETER.sub("{}", path)


def _read_content(part: Tree) -> str:
    """Return the type of a body, of a response or a request."""
    schemas = [media.get("schema", {}) for media in part.get("content", {}).values()]
    schema = part.get("schema", schemas[0] if schemas else None)
    return "nothing" if schema is None else _read_schema(schema)["type"]


def _read_parameter(operation: str, parameter: Tree) -> tuple[Subject, Fact]:
    required = {"required": _text(parameter.get("required", False))}
    facets = required | _read_schema(parameter.get("schema", parameter))
    return ("parameter", f"{operation} {parameter['in']} {parameter['name']}"), Fact(facets)


def _read_properties(owner: str, schema: Tree) -> Facts:
    """Return the facts about properties, and about properties of unnamed objects."""
    facts: Facts = {}
    for name, inner in schema.get("properties", {}).items():
        required = {"required": _text(name in schema.get("required", ()))}
        facts["property", f"{owner}.{name}"] = Fact(required | _read_schema(inner), _note(inner))
        facts |= _read_properties(f"{owner}.{name}", inner)
    return facts


def _read_schema(schema: Tree) -> Facets:
    """Return the statements of a schema; nested names begin with ``items.`` or ``values.``."""
    if "$ref" in schema:
        return {"type": schema["$ref"].rpartition("/")[2]}
    stated = {
        key: _text(schema[key]) for key in SCHEMA_KEYWORDS if schema.get(key, False) is not False
    }
    facets = {"type": schema.get("type", "anything"), **stated}
    for key, prefix in (("items", "items"), ("additionalProperties", "values")):
        if isinstance(schema.get(key), Mapping):
            facets |= {f"{prefix}.{k}": v for k, v in _read_schema(schema[key]).items()}
    return facets


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(map(_text, value)))
    return value if isinstance(value, str) else json.dumps(value)


def _note(part: Tree) -> str:
    found = (part[name] for name in NOTE_KEYWORDS if name in part)
    return next(
        (v if isinstance(v, str) else "not in the documentation of 23.2" for v in found), ""
    )


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    Attributes:
        served: The facts about the server.
        reference: The facts of the reference about the same paths.
        whole: All facts of the reference.
        deviations: The differences, in the order of kinds and names.
    """

    served: Facts
    reference: Facts
    whole: Facts
    deviations: Sequence[Deviation]

    @property
    def wrong(self) -> list[Deviation]:
        """The deviations without an explanation."""
        return [deviation for deviation in self.deviations if not deviation.reason]


def compare(served: Tree, reference: Tree, rules: Iterable[Rule] = RULES) -> Comparison:
    """Compare two descriptions at the paths of the first.

    The compared documents are the documents of the server and of the reference at these paths.
    """
    ours, theirs, rules = Description(served), Description(reference), tuple(rules)
    documents = ours.reach(ours.paths)
    here = ours.facts(ours.paths, documents)
    there = theirs.facts(ours.paths, documents | theirs.reach(ours.paths))
    whole = theirs.facts(theirs.paths, theirs.documents)
    found = (explain(deviation, rules) for deviation in deviate(here, there))
    order = tuple(FACT_KINDS)
    deviations = sorted(found, key=lambda d: (order.index(d.kind), d.name, d.facet))
    return Comparison(here, there, whole, deviations)


def deviate(served: Facts, reference: Facts) -> Iterator[Deviation]:
    """Yield the differences; a remark of the reference explains a doubtful subject."""
    for kind, name in served.keys() | reference.keys():
        here, there = served.get((kind, name)), reference.get((kind, name))
        if here is None or there is None:
            statements = (PRESENT, ABSENT) if there is None else (ABSENT, PRESENT)
            note = f"reference: {there.note}" if there and there.note else ""
            yield Deviation(kind, name, "", *statements, note)
        else:
            for facet in here.facets.keys() | there.facets.keys():
                values = here.facets.get(facet, ABSENT), there.facets.get(facet, ABSENT)
                if values[0] != values[1]:
                    yield Deviation(kind, name, facet, *values)


def explain(deviation: Deviation, rules: Iterable[Rule]) -> Deviation:
    """Return the deviation with the reason of the first fitting rule."""
    found = (rule.reason for rule in rules if rule.explains(deviation))
    return replace(deviation, reason=deviation.reason or next(found, ""))


def render(comparison: Comparison) -> str:
    """Return a comparison as Markdown: numbers, wrong deviations, explained deviations."""
    wrong = [
        [d.kind, d.name, d.facet or "all of it", d.served or "-", d.reference or "-"]
        for d in comparison.wrong
    ]
    parts = [
        "# Conformance",
        count_facts(comparison),
        "## Wrong",
        make_table(["kind", "name", "what", "served", "reference"], wrong) if wrong else "Nothing.",
        "## By rule",
        make_table(["rule", "deviations", "such as"], list(_group(comparison.deviations))),
    ]
    return "\n\n".join(parts) + "\n"


def count_facts(comparison: Comparison) -> str:
    """Return the numbers of a comparison as a table of Markdown."""
    return make_table(NUMBERS, [[kind, *map(str, row)] for kind, row in count(comparison).items()])


def count(comparison: Comparison) -> dict[str, tuple[int, ...]]:
    """Return the numbers of a comparison by kind: the columns of ``NUMBERS``."""
    return {plural: _count(comparison, kind) for kind, plural in FACT_KINDS.items()}


def _count(comparison: Comparison, kind: str) -> tuple[int, ...]:
    """Return the numbers of a kind; subjects without a counterpart count, too."""
    served = sum(k == kind for k, _ in comparison.served)
    whole = sum(k == kind for k, _ in comparison.whole)
    subjects = comparison.served.keys() | comparison.reference.keys()
    return (*judge(comparison, {s for s in subjects if s[0] == kind}), served, whole)


def judge(comparison: Comparison, subjects: AbstractSet[Subject]) -> tuple[int, int, int]:
    """Return the numbers of subjects that are right, different by rule, and wrong."""
    wrong = {(d.kind, d.name) for d in comparison.wrong} & subjects
    by_rule = {(d.kind, d.name) for d in comparison.deviations} & subjects - wrong
    return len(subjects - wrong - by_rule), len(by_rule), len(wrong)


def judge_operations(comparison: Comparison) -> dict[str, tuple[int, int, int]]:
    """Return the numbers of each operation, such as ``GET /sites/{}``.

    The facts of an operation are those of its parameters, bodies, answers and faults.
    """
    found = defaultdict[str, set[Subject]](set)
    for kind, name in comparison.served.keys() | comparison.reference.keys():
        if kind in OPERATION_KINDS:
            found[" ".join(name.split(" ")[:2])].add((kind, name))
    return {name: judge(comparison, subjects) for name, subjects in found.items()}


def _group(deviations: Iterable[Deviation]) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = {}
    for deviation in deviations:
        if deviation.reason:
            subject = f"{deviation.name} {deviation.facet}".strip()
            groups.setdefault(deviation.reason, []).append(f"`{subject}`")
    for reason in sorted(groups):
        named = groups[reason]
        more = ["..."] if len(named) > MAX_EXAMPLES else []
        yield [reason, str(len(named)), ", ".join(named[:MAX_EXAMPLES] + more)]


def make_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fetch(url: str, client_id: str, client_secret: str) -> Tree:
    """Return the description of a running server.

    Raises:
        TargetError: The server cannot be reached, or grants no token.
        SystemExit: The server has no description.
    """
    api = Api(url.rstrip("/"), client_id, client_secret, "documented")
    with api.session:
        answer = api.call("GET", META_PATH)
    if answer.status_code != 200:
        sys.exit(f"{url}{META_PATH} answers {answer.status_code}: {answer.text[:300]}")
    description: Tree = answer.json()
    return description


def make() -> Tree:
    """Return the description of this emulator."""
    # Imported late: the comparison of another server does not need the emulator.
    from emulator.ocapi.meta.description import describe  # noqa: PLC0415
    from emulator.ocapi.resources import RESOURCES  # noqa: PLC0415

    return describe(RESOURCES, "/s/-/dw/data/v23_2", "localhost:8080", "http")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; return 1 for a wrong deviation, otherwise 0."""
    parser = argparse.ArgumentParser(prog="conformance", description="Compare descriptions.")
    reference = os.environ.get("REFERENCE") or DIGEST
    usage = (
        "the reference description, a JSON file (default: the variable REFERENCE, or the digest)"
    )
    parser.add_argument("reference", nargs="?", default=reference, help=usage)
    parser.add_argument("--url", help="base URL of a running server (default: the emulator itself)")
    parser.add_argument("--client-id", default=DEMO_CLIENT, help="API client of that server")
    # No default: the help would show the secret.
    parser.add_argument(
        "--client-secret", help=f"client secret, if not in the variable {SECRET_VARIABLE}"
    )
    given = parser.parse_args(arguments)
    file = Path(given.reference)
    if not file.is_file():
        parser.error(f"'{given.reference}' is not a file: set REFERENCE=path")
    secret = given.client_secret or os.environ.get(SECRET_VARIABLE) or DEMO_CLIENT
    served = fetch(given.url, given.client_id, secret) if given.url else make()
    comparison = compare(served, json.loads(file.read_bytes()))
    sys.stdout.write(render(comparison))
    return 1 if comparison.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
