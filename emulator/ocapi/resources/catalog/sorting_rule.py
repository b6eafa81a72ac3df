"""The documents of sorting rules of products."""

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import (
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
)


class SortingRuleStep(Document):
    """A step of a sorting rule: an attribute and a direction."""

    attribute_id = String()
    direction = Enumeration("asc", "desc")
    is_system = Boolean()
    position = Integer()
    text_relevance_included = Boolean()
    type_id = String()


class SortingRule(Document):
    """A sorting rule of products."""

    creation_date = DateTime(read_only=True)
    description = String(max_length=4000)
    id = String(allow_none=False)
    last_modified = DateTime(read_only=True)
    product_sorting_rule_steps = Array(Embedded(SortingRuleStep()))
    rule_context = String()
    site = String()
