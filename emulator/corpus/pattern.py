"""Patterns of sensitive values in text, such as e-mail addresses and card numbers."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

from emulator.corpus.sensitive import Kind

MIN_TOKEN_CHARACTERS = 16
CARD = re.compile(
    r"(?<![\d.])(?:\d{14,19}|\d{4}(?P<sign>[ -])\d{4}(?P=sign)\d{4}(?P=sign)\d{2,4}"
    r"|\d{4}[ -]\d{6}[ -]\d{4,5})(?!\d)",
    re.ASCII,
)
CARD_PREFIX = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|(?:50|5[6-9]|6\d)\d{14,17}"
)
"""Lengths and first digits of the large issuers of cards (ISO/IEC 7812)."""
IBAN = re.compile(
    r"(?<![^\W_])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![^\W_])",
    re.IGNORECASE | re.ASCII,
)
IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", re.ASCII)
KEPT_HOSTS = re.compile(
    r"(?:.+\.)?(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)|(?:www\.)?w3\.org"
    r"|(?:www|account)\.demandware\.com|localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0|json-schema\.org|(?:www\.)?ietf\.org"
)
"""Hosts of documentation, of namespaces, of the Account Manager of all, and of this machine."""
PORT = re.compile(r":\d+$")

GRANT_PARAMETERS = ("code", "state", "nonce", "session_state", "code_challenge", "key")
"""Parameters of grants and of signed links; as members the names mean other things."""
MIN_GRANT_CHARACTERS = 8
FORMS: tuple[tuple[Kind, "re.Pattern[str]"], ...] = (
    (
        Kind.SECRET,
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?P<value>[^-]+)"),
    ),
    (Kind.TOKEN, re.compile(r"(?P<value>eyJ[\w-]{5,}(?:\.[\w-]*)*)")),
    (
        Kind.TOKEN,
        re.compile(
            r"\bbearer[ \t]+(?P<value>(?=[\w.~+/-]*\d|[\w.~+/-]{20})[\w.~+/-]{8,}=*)"
            r"(?![\w.~+/=\"-])",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.SECRET,
        re.compile(
            r"\b(?:password|passwort|kennwort|passphrase)(?:[ \t]+(?:is|ist|lautet))?[ \t]+"
            r"['\"]?(?P<value>(?=[^\s'\"<>&,;:={}]*\d)[^\s'\"<>&,;:={}]{4,})",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.SECRET,
        re.compile(
            r"\bcurl\b[^\r\n]{0,500}?\s(?:-u|--user)[ =]?['\"]?[^\s:'\"]+:(?P<value>[^\s'\"]+)"
        ),
    ),
    (Kind.TOKEN, re.compile(r"\btoken ['\"](?P<value>[^'\"&\s]{8,})", re.IGNORECASE)),
    (
        Kind.SECRET,
        re.compile(
            r"(?<![\w/+-])(?P<value>(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|gh[opsur]_\w{30,}"
            r"|github_pat_\w{30,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}"
            r"|(?:sk|pk|rk)_(?:live|test)_\w{10,}|sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}"
            r"|npm_\w{30,}|ya29\.[\w-]{20,}|dt0c01\.[\w.]{20,})"
        ),
    ),
    (
        Kind.TOKEN,
        re.compile(
            rf"[?&#](?:{'|'.join(GRANT_PARAMETERS)})="
            rf"(?P<value>[^&\s\"'<>#]{{{MIN_GRANT_CHARACTERS},}})"
        ),
    ),
    (Kind.SECRET, re.compile(r"://[^/\s:@\"'<>]*:(?P<value>[^/\s@\"'<>]+)@")),
    (Kind.NAME, re.compile(r"://(?P<value>[^/\s:@\"'<>]+)(?::[^/\s@\"'<>]*)?@")),
    (
        Kind.EMAIL,
        re.compile(
            # A sign before the first letter quotes the address, and is no part of it.
            r"(?<![\w.!#$%&*+?^~'-])(?:%[0-9a-fA-F]{2}|[.!#$%&*+?^~'-])*+"
            r"(?P<value>\w[\w.!#$%&*+?^~'-]*+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})"
        ),
    ),
    (
        Kind.HOST,
        re.compile(
            r"(?<![\w.])[a-z][a-z0-9+.-]{1,20}://(?:[^/\s@\"'<>]*@)?"
            r"(?P<value>(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.HOST,
        re.compile(
            r"(?<![\w.@-])(?P<value>(?:[\w-]+\.)+(?:demandware\.(?:net|com)|salesforce\.com|force\.com"
            r"|commercecloud\.com|mobify-storefront\.com|cloudapp\.net|amazonaws\.com))(?![\w-])",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.ID,
        re.compile(
            r"(?<![^\W_])(?P<value>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
            r"|[0-9a-fA-F]{32})(?![^\W_])"
        ),
    ),
    (
        Kind.ID,  # an id of B2C Commerce: 24 letters and digits or more
        re.compile(
            r"(?<![\w+-])(?P<value>(?=[A-Za-z]*\d)(?=[a-z\d]*[A-Z])(?=[A-Z\d]*[a-z])[A-Za-z\d]{24,32})"
            r"(?![\w+/=-])"
        ),
    ),
    (
        Kind.PHONE,
        re.compile(
            r"(?<![\w+])(?P<value>\+\d{1,3}[ .()/-]{0,2}(?:\d[ .()/-]{0,2}){6,12}\d"
            r"|\(\d{3}\) ?\d{3}[-.]\d{4}|\d{3}-\d{3}-\d{4}|0\d{2,4}[ /]\d{5,9})(?![\w-])",
            re.ASCII,
        ),
    ),
)
HINT = re.compile(
    r"[@]|passw|passphrase|kennwort|curl|\d{4}|://|eyJ|\d\.\d|:.*:|bearer|token|-----|demandware|salesforce|force\.com"
    r"|cloud|amazonaws|[\w-]{20}|sk-|xox|\d-\d",
    re.IGNORECASE,
)
"""Every pattern needs a hint; most texts have none."""


class Found(NamedTuple):
    """A sensitive value in a text."""

    begin: int
    end: int
    kind: Kind


def find_values(text: str, kind_of: Kind | None = None) -> Iterator[Found]:
    """Yield the sensitive values in a text; they may overlap.

    Args:
        text: The text, without escapes.
        kind_of: The only kind to find; None for all kinds.
    """
    if not HINT.search(text):
        return
    for kind, pattern in FORMS:
        if kind_of in (None, kind):
            for found in pattern.finditer(text):
                if not (kind is Kind.HOST and is_kept_host(found["value"])):
                    yield Found(*found.span("value"), kind)
    for finder in (_find_cards, _find_addresses):
        yield from finder(text)


def is_kept_host(host: str) -> bool:
    """Return whether a host, with or without port, belongs to no instance."""
    return KEPT_HOSTS.fullmatch(PORT.sub("", host.lower())) is not None


def _find_cards(text: str) -> Iterator[Found]:
    for found in CARD.finditer(text):
        if is_card(found[0]):
            yield Found(*found.span(), Kind.CARD)
    for found in IBAN.finditer(text):
        if is_iban(found[0]):
            yield Found(*found.span(), Kind.CARD)


def _find_addresses(text: str) -> Iterator[Found]:
    for found in (*IPV4.finditer(text), *IPV6.finditer(text)):
        if _is_foreign_address(found[0]):
            yield Found(*found.span(), Kind.IP)


def _is_foreign_address(text: str) -> bool:
    try:
        address = IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return False
    documentation = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
    return not text.lower().startswith(documentation)


def is_card(text: str) -> bool:
    """Return whether digits are the number of a payment card (Luhn)."""
    digits = re.sub(r"\D", "", text)
    return CARD_PREFIX.fullmatch(digits) is not None and sum_luhn(digits) % 10 == 0


def sum_luhn(digits: str) -> int:
    """Return the sum of digits. From the right, each second digit is doubled (ISO/IEC 7812-1)."""
    return sum(
        sum(divmod(int(digit) * (1 + number % 2), 10)) for number, digit in enumerate(digits[::-1])
    )


def complete_card(number: int, size: int) -> str:
    """Return a number of a payment card with some digits, correct by Luhn."""
    digits = f"4{number:0{size - 2}}"
    return f"{digits}{-sum_luhn(f'{digits}0') % 10}"


def is_iban(text: str) -> bool:
    """Return whether a text is a number of a bank account (ISO 13616)."""
    letters = text.replace(" ", "").upper()
    if not IBAN.fullmatch(letters):
        return False
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % 97 == 1


def is_masked(text: str) -> bool:
    """Return True if mask characters hide the first digits of a number."""
    return re.fullmatch(r"[*xX•]{2,}[ -]?[*xX•\d -]*", text) is not None


def decode_base64(text: str) -> tuple[str, str] | None:
    """Return the text in Base64, and its encoding; None for other text."""
    letters = text.translate(URL_SAFE).rstrip("=")
    try:
        data = b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-8"
        decoded = data.decode(encoding)
    except ValueError:
        return None
    return None if NOT_TEXT.search(decoded) else (decoded, encoding)


def encode_base64(text: str, like: str, encoding: str) -> str:
    """Return a text in Base64, with the alphabet and the padding of the Base64 text ``like``."""
    encoded = b64encode(text.encode(encoding)).decode()
    if "-" in like or "_" in like:
        encoded = encoded.replace("+", "-").replace("/", "_")
    return encoded if like.endswith("=") or len(like) % 4 == 0 else encoded.rstrip("=")


URL_SAFE = str.maketrans("-_", "+/")
NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
BASE64_FORMS = (
    re.compile(r"(?<![\w+/-])[A-Za-z0-9+/]{12,}={0,2}(?![\w+/=-])"),
    re.compile(r"(?<![\w+-])[A-Za-z0-9_-]{12,}={0,2}(?![\w+=-])"),
)
"""Base64 with the alphabet of RFC 4648, section 4, and of section 5."""
