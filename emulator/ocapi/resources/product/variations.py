"""Variants and variation groups of a master (PRD-7): products with variation values."""

from collections.abc import Iterator
from functools import partial

from emulator.ocapi.resource import Operation
from emulator.ocapi.resources.product import faults
from emulator.ocapi.resources.product.availability import SITE_PARAMETER
from emulator.ocapi.resources.product.product import (
    Variant,
    Variants,
    VariationGroup,
    VariationGroups,
)
from emulator.ocapi.resources.product.relations import GROUPS, VARIATIONS
from emulator.ocapi.resources.product.roles import show_group, show_variant
from emulator.ocapi.resources.product.variation_changes import (
    delete_member,
    patch_member,
    put_member,
)
from emulator.ocapi.resources.product.variation_members import Role, list_members, read_member
from emulator.ocapi.schema.faults import ID_CONFLICT

PATH = "products/{{master_product_id}}/{}"
VARIANT = Role(
    kind="variant",
    path="variations",
    entries=VARIATIONS,
    document=Variant(),
    collection=Variants(),
    show=show_variant,
    is_not=faults.NOT_VARIATION,
    not_found=faults.VARIATION_NOT_FOUND,
    expansions=(
        ("price", "availability"),
        ("variation", "attributes", "availability", "prices"),
    ),
)
VARIATION_GROUP = Role(
    kind="variation_group",
    path="variation_groups",
    entries=GROUPS,
    document=VariationGroup(),
    collection=VariationGroups(),
    show=show_group,
    is_not=faults.NOT_VARIATION_GROUP,
    not_found=faults.VARIATION_GROUP_NOT_FOUND,
    expansions=(("price", "availability"), ("price", "availability")),
)


def declare_operations(role: Role) -> Iterator[Operation]:
    """Yield the operations on the products in a role."""
    above = (faults.PRODUCT_NOT_FOUND, faults.NOT_MASTER)
    found = (*above, role.is_not, role.not_found)
    valid = faults.VARIATION_VALUE_NOT_VALID
    path = PATH.format(role.path)
    yield Operation(
        method="GET",
        path=path,
        answer=partial(list_members, role=role),
        shows=role.collection,
        expansions=role.expansions[0],
        parameters=SITE_PARAMETER,
        faults=above,
    )
    yield Operation(
        method="GET",
        path=f"{path}/{{id}}",
        answer=partial(read_member, role=role),
        shows=role.document,
        expansions=role.expansions[1],
        parameters=SITE_PARAMETER,
        faults=found,
    )
    for method, act, refused in (
        ("PUT", put_member, (*above, role.is_not, valid, faults.VALUE_NOT_FOUND, ID_CONFLICT)),
        ("PATCH", patch_member, (*found, valid, ID_CONFLICT)),
    ):
        yield Operation(
            method=method,
            path=f"{path}/{{id}}",
            answer=partial(act, role=role),
            shows=role.document,
            body=role.document,
            faults=refused,
        )
    yield Operation(
        method="DELETE",
        path=f"{path}/{{id}}",
        answer=partial(delete_member, role=role),
        faults=found,
    )
