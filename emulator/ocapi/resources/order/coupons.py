"""The coupon redemptions of an order (ORDER-12)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from emulator.ocapi.resources.id_lists import list_index_entries, move_entries
from emulator.ocapi.resources.marketing.codes import REDEMPTIONS, REDEMPTIONS_BY_ORDER
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.ocapi.resources.marketing.redemptions import COUPON_REDEMPTIONS
from emulator.store import Change, Delete, Key, Presence, Put, Record, Require, Store


class NoCouponError(Exception):
    """The coupon of a redemption is missing."""


def find_redemptions(store: Store, order: Key) -> Sequence[Record]:
    """Return the redemptions of an order.

    Args:
        store: The redemptions.
        order: The ids of site and order.
    """
    count = store.count(REDEMPTIONS_BY_ORDER, order)
    entries = store.scan(REDEMPTIONS_BY_ORDER, 0, count, order).records
    keys = ((one.key[0], *one.key[2:], one.key[1]) for one in entries)
    found = (store.get(REDEMPTIONS, key) for key in keys)
    return [one for one in found if one is not None]


def release(redemptions: Sequence[Record]) -> Iterator[Change]:
    """Yield the changes without some redemptions."""
    yield from (Delete(REDEMPTIONS, one.key, one.state) for one in redemptions)
    yield from move_entries(list_index_entries(COUPON_REDEMPTIONS, redemptions), ())


def take(store: Store, site_id: str, released: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """Yield the changes with released redemptions of a site.

    Raises:
        NoCouponError: The coupon of a redemption is missing.
    """
    names = COUPON_REDEMPTIONS.key_names[1:]
    taken = [Record((site_id, *(one[name] for name in names)), one) for one in released]
    for one in taken:
        if store.get(COUPONS_NAME, one.key[:2]) is None:
            raise NoCouponError
        yield Require(COUPONS_NAME, one.key[:2], Presence.PRESENT)
        yield Put(REDEMPTIONS, one)
    yield from move_entries((), list_index_entries(COUPON_REDEMPTIONS, taken))
