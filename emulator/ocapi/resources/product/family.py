"""The two homes of options and of variation attributes: products, and catalogs."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Family:
    """The options or the variation attributes of products, or of catalogs.

    Attributes:
        path: The path of the members below their owner, such as ``product_options``.
        owners: The path of the owners, such as ``products``.
        members: The store's collection of the options or variation attributes.
        values: The store's collection of the values.
        shared: Whether several products use the members.
    """

    path: str
    owners: str
    members: str
    values: str
    shared: bool = False
