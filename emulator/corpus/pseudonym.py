"""Pseudonyms: the same value of a kind has the same pseudonym in the whole recording.

A pseudonym has the form of the value, so that a replay needs no special case: an e-mail address
becomes an e-mail address, and a customer number of eight digits becomes eight digits.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection
from unicodedata import normalize

from emulator.corpus.pattern import complete_card, is_iban, is_masked
from emulator.corpus.sensitive import Kind

EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
BLANKS = re.compile(r"[\s+]+")
CARD_SIGNS = re.compile(r"[\s+-]+")
"""The signs between the groups of a number."""
DIGITS = re.compile(r"[0-9]+", re.ASCII)
MIN_ID_CHARACTERS = 8
"""The length of an id from which the pseudonym has the same length."""
STEMS = {Kind.ADDRESS: "Address-", Kind.NAME: "Name-"}
FORM = re.compile(
    r"person-\d+@example\.com|(?:instance|host)-\d+\.example\.com"
    r"|(?:token|secret|client|cookie|id|value|Name|Address|boundary|file|email)-\d+"
    r"|192\.0\.2\.\d+|2001:db8::[0-9a-f]+|0{8}-0000-4000-8000-0\d{11}"
)
"""The form of pseudonyms that no other value has: a value of this form was hidden before."""


def fold(text: str) -> str:
    """Return a text in lower case, with as many characters as before."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


class Pseudonyms:
    """The pseudonyms of a recording.

    Args:
        avoided: Values in lower case that no pseudonym may equal.

    Attributes:
        counts: The occurrences by kind and pseudonym.
        issued: All pseudonyms.
    """

    def __init__(self, avoided: Collection[str] = ()) -> None:
        self.counts: dict[Kind, Counter[str]] = {}
        self.issued: set[str] = set()
        self._avoided = avoided
        self._numbers: Counter[str] = Counter()
        self._given: dict[tuple[Kind, str], str] = {}

    def name(self, kind: Kind, value: str) -> str:
        """Return the pseudonym of a value, and count the occurrence."""
        folded = fold(value)
        spelled = CARD_SIGNS.sub("", folded) if kind is Kind.CARD else BLANKS.sub(" ", folded)
        key = kind, normalize("NFC", spelled)
        if key not in self._given:
            self._given[key] = self._make(kind, value)
        pseudonym = self._given[key]
        self.counts.setdefault(kind, Counter())[pseudonym] += 1
        return pseudonym

    def _make(self, kind: Kind, value: str) -> str:
        stem, make = _choose_form(kind, value)
        while True:
            self._numbers[stem] += 1
            pseudonym = make(self._numbers[stem])
            if pseudonym not in self.issued and pseudonym.lower() not in self._avoided:
                self.issued.add(pseudonym)
                return pseudonym


def _choose_form(kind: Kind, value: str) -> tuple[str, Callable[[int], str]]:  # noqa: PLR0911 - a table
    """Return the stem for the numbers, and a function of the number."""
    size = len(value)
    match kind:
        case Kind.EMAIL if EMAIL.fullmatch(value):
            return "person", "person-{}@example.com".format
        case Kind.INSTANCE | Kind.HOST:
            return kind, f"{kind}-{{}}.example.com".format
        case Kind.IP:
            return kind, "2001:db8::{:x}".format if ":" in value else "192.0.2.{}".format
        case Kind.BIRTHDAY:
            return kind, lambda number: f"19{70 + number // 300 % 30}-{number // 28 % 12 + 1:02}-01"
        case Kind.PHONE | Kind.CARD:
            return _choose_number_form(kind, value)
        case Kind.ID | Kind.NAME if UUID.fullmatch(value):
            return "uuid", "00000000-0000-4000-8000-{:012}".format
        case Kind.ID | Kind.ADDRESS | Kind.VALUE if DIGITS.fullmatch(value):
            return f"digits {size}", lambda number: _count_down(size, number)
        case Kind.ID if size >= MIN_ID_CHARACTERS and value.isalnum():
            return f"id {size}", f"id{{:0{size - 2}}}".format
    return kind, f"{STEMS.get(kind, f'{kind}-')}{{}}".format


def _count_down(size: int, number: int) -> str:
    """Return digits counted down from the end; an instance counts up from the begin."""
    while number >= 10**size:
        size += 1
    return str(10**size - number)


def _choose_number_form(kind: Kind, value: str) -> tuple[str, Callable[[int], str]]:
    digits = re.sub(r"\D", "", value)
    size = len(digits)
    if kind is Kind.PHONE:
        if digits != value:
            return kind, "555-{:04}".format
        return f"{kind} {size}", f"555{{:0{max(4, size - 3)}}}".format
    if is_masked(value):
        return "mask", f"{'*' * max(1, len(value) - 4)}{{:04}}".format
    if is_iban(value):
        return "iban", "XX00{:016}".format
    return f"{kind} {size}", lambda number: complete_card(number, max(12, size))
