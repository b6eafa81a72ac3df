"""The codes of coupons: stored and generated codes, and the coupon of a code (MKT-10, MKT-11)."""

from collections.abc import Iterator, Sequence
from typing import Any

from emulator.fixture.reference import Records
from emulator.ocapi.resources.marketing.coupon import MULTIPLE_CODES, SINGLE_CODE, SYSTEM_CODES
from emulator.ocapi.resources.marketing.generated_codes import (
    CONFIG,
    ENDING_LENGTH,
    count_generated,
    find_generated,
    find_stem,
    generate_code,
)
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.store import Key, Put, Record, Size, Store

CODES = "coupon_codes"  # site, coupon and code
ISSUED = f"{CODES}.issued"  # the same, only codes that have been exported
REDEMPTIONS = "coupon_redemptions"  # site, coupon, code and order
REDEMPTIONS_BY_ORDER = f"{REDEMPTIONS}.by_order"
"""The keys are site, order, coupon and code. The keys of a deleted coupon stay."""
COUPONS_BY_SINGLE_CODE = f"{COUPONS_NAME}.by_code"
COUPONS_BY_CODE = f"{CODES}.by_code"
"""The keys are site, code without case, code and coupon, as in ``COUPONS_BY_SINGLE_CODE``.

A key alone proves nothing: the keys of a deleted coupon stay, because a coupon may have many codes.
"""
COUPONS_BY_STEM = f"{COUPONS_NAME}.by_stem"  # site, stem without case, and coupon
MAX_SPELLINGS = 10_000  # of a code, by case and coupon; a count would be another look-up


def list_coupon_entries(coupon: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of the entry of a coupon with a single code or generated codes."""
    code = coupon.get("single_code")
    if code is not None:
        yield COUPONS_BY_SINGLE_CODE, _entry(coupon.key, code)
    elif coupon.get(CONFIG) is not None:
        site_id, coupon_id = coupon.key
        yield COUPONS_BY_STEM, (site_id, find_stem(coupon).casefold(), coupon_id)


def list_code(code: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of a code."""
    yield COUPONS_BY_CODE, _entry(code.key[:2], code.key[-1])
    if code.get("issued"):
        yield ISSUED, code.key


def _entry(coupon: Key, code: str) -> Key:
    site_id, coupon_id = coupon
    return site_id, code.casefold(), code, coupon_id


def put_code(coupon: Key, code: str) -> Iterator[Put]:
    """Yield the changes for a new code of a coupon."""
    yield Put(CODES, Record((*coupon, code), {"code": code, "issued": False}))
    yield Put(COUPONS_BY_CODE, Record(_entry(coupon, code), {}))


def list_holders(store: Store, site_id: str, code: str, *, case_insensitive: bool) -> Iterator[str]:
    """Yield the ids of the coupons with a code; none for a free code.

    Args:
        store: The store.
        site_id: The site of the coupons.
        code: The code.
        case_insensitive: Whether a code that differs in case counts as the same code. The coupon
            with the other code may also say so.
    """
    for coupon, other in _list_spellings(store, site_id, code.casefold()):
        if other == code or case_insensitive or coupon.get("case_insensitive"):
            yield coupon.key[1]


def list_shared_codes(coupon: Record, records: Records) -> Iterator[str]:
    """Yield the problem of a single code of a data set that another coupon has (MKT-10)."""
    code = coupon.get("single_code")
    if code is not None:
        yield from list_other_holders(coupon, code, records)


def list_other_holders(coupon: Record, code: str, records: Records) -> Iterator[str]:
    """Yield the problem of a code of a data set for each other coupon with the code."""
    site_id, coupon_id = coupon.key
    for name in (COUPONS_BY_SINGLE_CODE, COUPONS_BY_CODE):
        for *_, other, holder_id in records.list_keys(name, (site_id, code.casefold())):
            holder = records.get(COUPONS_NAME, (site_id, holder_id))
            if holder is None or holder_id == coupon_id:
                continue
            has_code = (
                records.has(CODES, (*holder.key, other)) or holder.get("single_code") == other
            )
            insensitive = coupon.get("case_insensitive") or holder.get("case_insensitive")
            if has_code and (other == code or insensitive):
                yield f"the coupon '{holder_id}' has the code '{other}'"


def expect_holders(store: Store, site_id: str, code: str) -> Iterator[Size]:
    """Yield the expectation that no coupon gets a code meanwhile; look for holders after this."""
    prefix = (site_id, code.casefold())
    for name in (COUPONS_BY_SINGLE_CODE, COUPONS_BY_CODE):
        yield Size(name, prefix, store.count(name, prefix))


def _list_spellings(store: Store, site_id: str, folded: str) -> Iterator[tuple[Record, str]]:
    """Yield coupon and code for each code with the spelling ``folded`` without case."""
    for name in (COUPONS_BY_SINGLE_CODE, COUPONS_BY_CODE):
        for entry in store.scan(name, 0, MAX_SPELLINGS, (site_id, folded)).records:
            code, holder = entry.key[2:]
            coupon = store.get(COUPONS_NAME, (site_id, holder))
            if coupon is not None and _has(store, coupon, code):
                yield coupon, code
    stem = folded[:-ENDING_LENGTH]
    for entry in store.scan(COUPONS_BY_STEM, 0, MAX_SPELLINGS, (site_id, stem)).records:
        coupon = store.get(COUPONS_NAME, (site_id, entry.key[-1]))
        generated = find_generated(coupon, folded) if coupon is not None else None
        if coupon is not None and generated is not None:
            yield coupon, generated


def list_taken(store: Store, coupon: Record) -> Iterator[tuple[str, str]]:
    """Yield holder and code for the generated codes of a coupon that other coupons have."""
    (site_id, coupon_id), stem = coupon.key, find_stem(coupon).casefold()
    for name in (COUPONS_BY_SINGLE_CODE, COUPONS_BY_CODE):
        found = store.scan(name, 0, MAX_SPELLINGS, (site_id,), (site_id, stem)).records
        for folded in dict.fromkeys(one.key[1] for one in found):
            if not folded.startswith(stem):
                break
            code = find_generated(coupon, folded)
            if code is None:
                continue
            insensitive = bool(coupon.get("case_insensitive"))
            for holder in list_holders(store, site_id, code, case_insensitive=insensitive):
                if holder != coupon_id:
                    yield holder, code


def _has(store: Store, coupon: Record, code: str) -> bool:
    """Look for the code of an entry in a coupon."""
    stored = store.get(CODES, (*coupon.key, code)) is not None
    return stored or coupon.get("single_code") == code


class Codes(Sequence[Record]):
    """The codes of a coupon, read or generated page by page.

    Args:
        store: The store.
        coupon: The coupon.
    """

    def __init__(self, store: Store, coupon: Record) -> None:
        self._store, self._coupon = store, coupon
        self._type = coupon.get("type")

    def __len__(self) -> int:
        if self._type == MULTIPLE_CODES:
            return self._store.count(CODES, self._coupon.key)
        if self._type == SYSTEM_CODES:
            return count_generated(self._coupon)
        return 1

    def __getitem__(self, index: Any) -> Any:
        start, stop, _ = index.indices(len(self))
        if self._type == MULTIPLE_CODES:
            return self._store.scan(CODES, start, stop - start, self._coupon.key).records
        if self._type == SINGLE_CODE:
            return [self._make(self._coupon.get("single_code")) for _ in range(start, stop)]
        stem = find_stem(self._coupon)
        return [self._make(generate_code(stem, number)) for number in range(start, stop)]

    def _make(self, code: str) -> Record:
        return Record((*self._coupon.key, code), {"code": code, "issued": False})
