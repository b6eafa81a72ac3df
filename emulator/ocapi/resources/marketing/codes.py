"""The codes of coupons: stored and generated codes, and the coupon of a code (MKT-10, MKT-11)."""

from base64 import b32encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from emulator.ocapi.resources.marketing.coupon import MULTIPLE_CODES, SINGLE_CODE, SYSTEM_CODES
from emulator.ocapi.resources.marketing.names import COUPONS_NAME
from emulator.store import Key, Put, Record, Store

CODES = "coupon_codes"  # site, coupon and code
ISSUED = f"{CODES}.issued"  # the same, only codes that have been exported
REDEMPTIONS = "coupon_redemptions"  # site, coupon, code and order
COUPONS_BY_SINGLE_CODE = f"{COUPONS_NAME}.by_code"
COUPONS_BY_CODE = f"{CODES}.by_code"
"""The keys are site, code without case, code and coupon, as in ``COUPONS_BY_SINGLE_CODE``.

A key alone proves nothing: the keys of a deleted coupon stay, because a coupon may have many codes.
"""
MAX_SPELLINGS = 10_000  # of a code, by case and coupon; a count would be another look-up
GROUPS_OF_CODE = ((0, 4), (4, 8), (8, 12))


def list_single_code(coupon: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of the entry of a coupon with a single code."""
    code = coupon.get("single_code")
    if code is not None:
        yield COUPONS_BY_SINGLE_CODE, _entry(coupon.key, code)


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
    below = (site_id, code.casefold())
    for name in (COUPONS_BY_SINGLE_CODE, COUPONS_BY_CODE):
        for entry in store.scan(name, 0, MAX_SPELLINGS, below).records:
            other, holder = entry.key[2:]
            coupon = store.get(COUPONS_NAME, (site_id, holder))
            if coupon is None or not _has(store, coupon, other):
                continue
            if other == code or case_insensitive or coupon.get("case_insensitive"):
                yield holder


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
            return max(0, int(self._coupon.get("system_codes_config")["number_of_codes"]))
        return 1

    def __getitem__(self, index: Any) -> Any:
        start, stop, _ = index.indices(len(self))
        if self._type == MULTIPLE_CODES:
            return self._store.scan(CODES, start, stop - start, self._coupon.key).records
        if self._type == SINGLE_CODE:
            return [self._make(self._coupon.get("single_code")) for _ in range(start, stop)]
        return [self._make(self._generate(number)) for number in range(start, stop)]

    def _make(self, code: str) -> Record:
        return Record((*self._coupon.key, code), {"code": code, "issued": False})

    def _generate(self, number: int) -> str:
        """Return a generated code: the same for the same coupon and number."""
        seed = "\n".join([*self._coupon.key, str(number)])
        text = b32encode(sha256(seed.encode()).digest()).decode()
        groups = [text[first:last] for first, last in GROUPS_OF_CODE]
        prefix = self._coupon.get("system_codes_config").get("code_prefix")
        return "-".join([*([prefix] if prefix else []), *groups])
