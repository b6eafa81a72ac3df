"""The second pass: search the finished text of a recording for secrets.

The search is independent of the redaction: it shares neither patterns nor decoders with it. A
mistake of the redaction shows here as a finding, which names the place and never the value.
"""

import binascii
import gzip
import html
import json
import math
import re
import zipfile
import zlib
from base64 import b64decode
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import chain, pairwise
from quopri import decodestring
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

from emulator.fixture import zip_file

PASSWORD = "password"  # noqa: S105 - a type of attributes, and a name of members
MAX_VARIANTS = 64  # of a text
MAX_DEPTH = 4  # encodings inside each other
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_FINDINGS = 100
MIN_RANDOM_CHARACTERS = 20
MIN_BITS, MIN_HEX_BITS = 3.6, 3.0
"""The entropy of a character from which a text counts as random."""
MIN_PRINTABLE_SHARE = 0.75
"""The share of letters, digits and signs in the bytes of a text."""
STATE_IN_TEXT = re.compile(
    r"(?:resource.state|etag|if-match|if-none-match)\W{1,8}([0-9a-f]{32,64})(?!\w)", re.IGNORECASE
)
DATA_KINDS = frozenset({"email", "card", "random text"})
"""The kinds that stand in test data."""
STATE_MEMBERS = frozenset({"_resource_state", "etag", "if-match", "if-none-match"})
"""Members with resource states: random by nature, and no secret."""

MAILBOX = re.compile(
    r"(?<![^\s@\"'<>(),;:=/\\&])[^\s@\"'<>(),;:=/\\&]+@[^\s@\"'<>(),;:=/\\&]+\.[^\W\d_]{2,}"
)
OWN_DOMAIN = re.compile(
    r"@(?:[\w.-]+\.)?(?:example\.(?:com|org|net)|example|test|invalid)$", re.IGNORECASE
)
WEB_TOKEN = re.compile(r"ey[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*")
SCHEME = re.compile(r"\b(?:bearer|basic|digest)\s+([A-Za-z0-9._~+/=-]{6,})", re.IGNORECASE)
CARD = re.compile(
    r"(?<![\w.])(?:\d{15,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{3,7}|\d{4}[ -]\d{6}[ -]\d{5})(?!\w)"
)
CARD_ISSUERS = (range(2221, 2721), range(3000, 7000))  # first four digits; no year is among them
PASSWORD_IN_URL = re.compile(r"//[^/\s:@]*:([^/\s@]+)@")
KEY_PREFIX = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bAIza[\w-]{30,}|\bgh[a-z]_\w{20,}|\bgithub_pat_|\bxox[a-z]-\w+"
    r"|\b[sr]k_(?:live|test)_\w+|\bglpat-\w+|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(?!secret-)\S"
)
INSTANCE = re.compile(
    r"(?<![\w.-])(?!(?:www|account)\.demandware\.com)[\w-]+(?:\.[\w-]+)*\.(?:demandware\.(?:net|com)"
    r"|commercecloud\.salesforce\.com)\b",
    re.IGNORECASE,
)
SECRET_MEMBER = re.compile(
    r"^(?!.*(?:length|age|count|date|enabled|type|expir|min|max|force|time|policy|attempt|period))"
    r".*(?:passw|secret|apikey|privatekey|credential|accesstoken|refreshtoken|idtoken|assertion)"
)
NAMED_ELEMENT = re.compile(
    r"<[\w:.-]+\s(?:[^<>]{0,1024}\s)?(?:[\w.-]{1,64}-)?(?:id|name|key)=[\"']([^\"'<>]{1,256})[\"'][^<>]{0,1024}(?<!/)>"
    r"\s*(?:<!\[CDATA\[|<value\b[^<>]*>)?([^<\]]+)"
)
"""An element with a name in an attribute, and its text."""
ELEMENT = re.compile(
    r"<(?:\w{1,64}:)?([\w.-]{1,256})(?:\s[^<>]{0,1024})?(?<!/)>\s*(?:<!\[CDATA\[)?([^<\]]+)"
)
"""An element, and its text."""
SPOKEN = re.compile(
    r"\b(?:password|passwort|kennwort)(?:\s+(?:is|ist))?\s*:?\s+['\"]?((?=[^\s'\"<>&,;={}]*\d)[^\s'\"<>&,;={}]{4,})"
    r"|\bcurl\b.{0,500}?\s(?:-u|--user)[ =]?['\"]?[^\s:'\"]+:([^\s'\"]+)",
    re.IGNORECASE,
)
"""A password in a sentence, or in a command."""
VALUE_MEMBERS = frozenset({"value", "values", "val", "site_values", "default_value"})
"""Members with the value of an attribute."""
NAMING_MEMBERS = ("id", "name", "key", "attribute_id")
"""Members with the name of an attribute."""
NO_VALUES = frozenset({"_type", "_v", "_resource_state", "link", "type"})
ASSIGNED = re.compile(
    r"(?:passw(?:or)?d|client_secret|access_token|refresh_token|api_?key|client_assertion)"
    r"[\"']?\s*[=:]\s*[\"']?([^\s\"'&<>,;]+)",
    re.IGNORECASE,
)
WORDS = re.compile(r"[A-Za-z0-9+/=_~-]{20,}")
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
SHOWN_NAME = re.compile(r"[A-Za-z_][\w-]{0,30}", re.ASCII)
"""A name in a pointer; another name may be a secret."""
QUOTED_PRINTABLE = re.compile(r"=[0-9A-F]{2}")
PLAIN = re.compile(r"[\W_]*|\d{1,3}|true|false|null|none|\*+", re.IGNORECASE)
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


class Finding(NamedTuple):
    """A place with a secret.

    Attributes:
        exchange: The number of the exchange, from 1; 0 for the head.
        pointer: The JSON pointer of the member in the exchange; members with a secret in their
            names are shown as ``*``.
        kind: The kind of the secret, such as ``email``.
    """

    exchange: int
    pointer: str
    kind: str


class Hidden(NamedTuple):
    """A value that must be missing.

    Attributes:
        kind: The kind of the value.
        is_word: Whether the value counts as a whole word only.
    """

    kind: str
    is_word: bool


class Place(NamedTuple):
    """A text in a recording.

    Attributes:
        name: The nearest name of a member, empty for none.
        text: The text.
        variants: The text, and what the text means under each encoding.
    """

    name: str
    text: str
    variants: list[str]


class Inspector:
    """Searches recordings.

    Args:
        hidden: The values that were hidden, in lower case.
        issued: The pseudonyms.
        kept: Names of members whose values may look like secrets.
        is_test_data: Whether documents may have e-mail addresses, numbers of cards, and random ids.
    """

    def __init__(
        self,
        hidden: Mapping[str, Hidden],
        issued: Collection[str] = (),
        kept: Collection[str] = (),
        *,
        is_test_data: bool = False,
    ) -> None:
        self._hidden = {_squeeze(value): what for value, what in hidden.items()}
        self._issued = issued
        self._harmless = DATA_KINDS if is_test_data else frozenset()
        self._kept = {_letters(name) for name in kept}

    def inspect(self, content: bytes) -> list[Finding]:
        """Return the places with secrets in the lines of a recording."""
        texts: dict[tuple[str, str], list[tuple[int, str]]] = {}
        lines = [json.loads(line) for line in content.splitlines()]
        passwords = {_letters(f"c_{name}") for name in _list_passwords(lines)} - self._kept
        for number, line in enumerate(lines):
            for pointer, name, text in list_texts(line, passwords):
                texts.setdefault((name, text), []).append((number, pointer))
        variants = {text: list_variants(text) for _, text in texts}
        whole = "\n".join(_squeeze(variant) for some in variants.values() for variant in some)
        present = {value: what for value, what in self._hidden.items() if value in whole}
        states = {text.strip('"') for name, text in texts if name.lower() in STATE_MEMBERS}
        for some in variants.values():
            states |= {state for variant in some for state in STATE_IN_TEXT.findall(variant)}
        findings: set[Finding] = set()
        names: set[str] = set()
        for (name, text), places in texts.items():
            place = Place(name, text, variants[text])
            kinds = {*_find_hidden(place, present), *self._find_unknown(place, states)}
            for kind in kinds - self._harmless:
                findings |= {Finding(*where, kind) for where in places}
                names.add(text)
            if len(findings) >= MAX_FINDINGS:
                break
        return sorted(found._replace(pointer=_mask(found.pointer, names)) for found in findings)

    def _find_unknown(self, place: "Place", states: Collection[str]) -> Iterator[str]:
        """Yield the kinds of secrets by their form, or by the name of the member."""
        if _letters(place.name) in self._kept:
            return
        if self._is_secret_member(place.name, place.text):
            yield "secret"
        for variant in place.variants:
            yield from self._find_forms(variant)
        words = (word for found in WORDS.finditer(place.text) for word in _split_word(found[0]))
        for word in words:
            is_seen = word in states or self._is_hidden(word) or _is_readable(word)
            if not is_seen and _is_random(word):
                yield "random text"

    def _is_secret_member(self, name: str, text: str) -> bool:
        text, letters = text.strip(), _letters(name)
        if not SECRET_MEMBER.match(letters) or letters in self._kept or text in self._issued:
            return False
        return not (PLAIN.fullmatch(text) or ISO_DATE.fullmatch(text) or _is_pseudonym(text))

    def _find_forms(self, text: str) -> Iterator[str]:
        if any(not OWN_DOMAIN.search(found[0]) for found in MAILBOX.finditer(text)):
            yield "email"
        if WEB_TOKEN.search(text) or KEY_PREFIX.search(text):
            yield "token"
        if any(self._is_credential(found[1]) for found in SCHEME.finditer(text)):
            yield "token"
        if any(self._is_open(found[1]) for found in PASSWORD_IN_URL.finditer(text)):
            yield "secret"
        if any(self._is_open(found[1]) for found in ASSIGNED.finditer(text)):
            yield "secret"
        if any(self._is_open(found[1] or found[2]) for found in SPOKEN.finditer(text)):
            yield "secret"
        elements = chain(NAMED_ELEMENT.finditer(text), ELEMENT.finditer(text))
        if any(self._is_secret_member(*found.groups()) for found in elements):
            yield "secret"
        cards = (found[0] for found in CARD.finditer(text))
        if any(card not in self._issued and _is_card(card) for card in cards):
            yield "card"
        if INSTANCE.search(text):
            yield "host"

    def _is_credential(self, text: str) -> bool:
        if self._is_hidden(text):
            return False
        pair = _decode_base64(text) or b""
        is_pair = b":" in pair and all(byte >= ord(" ") for byte in pair)
        return is_pair or any(map(str.isdigit, text)) or len(text) >= MIN_RANDOM_CHARACTERS

    def _is_hidden(self, text: str) -> bool:
        """Return True for a pseudonym, and for Basic credentials that consist of pseudonyms."""
        if text in self._issued or _is_pseudonym(text):
            return True
        decoded = _decode_base64(text)
        if not decoded:
            return False
        user, *secrets = decoded.decode("latin-1").split(":")
        return all(
            not one or one in self._issued or _is_pseudonym(one) for one in secrets or [user]
        )

    def _is_open(self, text: str) -> bool:
        return not (self._is_hidden(text) or PLAIN.fullmatch(text))


def _is_card(text: str) -> bool:
    """Return True if a number has the check digit (Luhn) and the first digits of a card."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    issuer = int("".join(map(str, digits[:4])))
    is_known = any(issuer in issuers for issuers in CARD_ISSUERS)
    return is_known and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _find_hidden(place: "Place", hidden: Mapping[str, Hidden]) -> Iterator[str]:
    """Yield the kinds of hidden values in a text."""
    for variant in place.variants if hidden else ():
        squeezed = _squeeze(variant)
        for value, (kind, is_word) in hidden.items():
            if value in squeezed and (not is_word or _has_word(squeezed, value)):
                yield kind


def _mask(pointer: str, names: Collection[str]) -> str:
    """Return a pointer without names that are secrets."""
    return "/".join("*" if step in names else step for step in pointer.split("/"))


def list_texts(
    value: Any, passwords: Collection[str] = (), pointer: str = "", name: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield pointer, name of the nearest member, and text of all strings, numbers and names.

    Args:
        value: A JSON value.
        passwords: Names of members with passwords, in lower case without separators. The name of
            such a member, and of the value of a password attribute, is ``password``.
        pointer: The pointer of the value.
        name: The name of the member with the value.
    """
    if isinstance(value, dict):
        is_secret = _is_password(value)
        for member, inner in value.items():
            yield f"{pointer}/*", "", member
            shown = member if SHOWN_NAME.fullmatch(member) else "*"
            is_value = is_secret and member in VALUE_MEMBERS
            is_inside = name == PASSWORD and member not in NO_VALUES
            named = is_value or is_inside or _letters(member) in passwords
            yield from list_texts(
                inner, passwords, f"{pointer}/{shown}", PASSWORD if named else member
            )
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from list_texts(inner, passwords, f"{pointer}/{number}", name)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield pointer, name, str(value)


def _is_password(document: Mapping[str, Any]) -> bool:
    """Return whether the value of a document is a password, by its type or its name."""
    if document.get("value_type") == PASSWORD:
        return True
    names = (document.get(member) for member in NAMING_MEMBERS)
    is_description = "type" in document
    return not is_description and any(
        isinstance(name, str) and SECRET_MEMBER.match(_letters(name)) is not None for name in names
    )


def _list_passwords(value: Any) -> Iterator[str]:
    """Yield the ids of attributes with passwords."""
    if isinstance(value, dict):
        if value.get("value_type") == PASSWORD and isinstance(value.get("id"), str):
            yield value["id"]
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _list_passwords(inner)


def list_variants(text: str) -> list[str]:
    """Return a text and all decoded forms, also those of texts that are encoded several times."""
    variants, level = {text: None}, [text]
    for _ in range(MAX_DEPTH):
        level = [new for one in level for new in _decode_once(one) if new not in variants]
        variants |= dict.fromkeys(level)
        if not level or len(variants) > MAX_VARIANTS:
            break
    return list(variants)


def _decode_once(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "+" in text:
        yield unquote_plus(text)
    if "&" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        yield text.replace("\\/", "/").replace('\\"', '"').replace("\\", "")
    if QUOTED_PRINTABLE.search(text):
        yield decodestring(text.encode()).decode(errors="replace")
    if "\0" in text:
        yield text.replace("\0", "")
    for found in ENCODED.finditer(text):
        data = _decode_base64(found[0])
        if data is not None:
            yield from _read_bytes(data)


def _decode_base64(text: str) -> bytes | None:
    letters = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(letters + "=" * (-len(letters) % 4))
    except (binascii.Error, ValueError):
        return None


def _read_bytes(data: bytes) -> Iterator[str]:
    """Yield the texts in some bytes; none for bytes without meaning."""
    if data.startswith(b"PK\3\4"):
        yield from _unpack(data)
        return
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        text = text.removeprefix("\ufeff")
        if text.isascii() or encoding == "utf-8":
            yield text


def _unpack(data: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) <= MAX_UNPACKED_BYTES:
                for info in archive.infolist():
                    yield info.filename
                    yield from _read_bytes(archive.read(info))
    except zip_file.ERRORS:
        return


def _split_word(word: str) -> list[str]:
    """Return Base64 with a meaning as it is; of another word the pieces between slashes."""
    return [word] if _is_readable(word) else word.split("/")


def _is_readable(word: str) -> bool:
    """Return True if a word is Base64 of a readable text."""
    data = _decode_base64(word)
    if data is None:
        return False
    printable = sum(32 <= byte < 127 for byte in data)  # noqa: PLR2004 - ASCII
    if printable >= len(data) * MIN_PRINTABLE_SHARE:
        return True
    return any(variant.isprintable() or "\n" in variant for variant in _read_bytes(data))


def _is_random(word: str) -> bool:
    """Return whether a word looks random: letters and digits alternate, with high entropy."""
    letters = re.sub(r"[-_+=~]", "", word)
    if len(letters) < MIN_RANDOM_CHARACTERS or letters.isalpha() or letters.isdigit():
        return False
    counts = Counter(letters)
    bits = -sum(n / len(letters) * math.log2(n / len(letters)) for n in counts.values())
    is_hex = re.fullmatch(r"[0-9a-fA-F]+", letters) is not None
    classes = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in letters]
    changes = sum(one != other for one, other in pairwise(classes))
    # Ids of documents have words in them.
    is_mixed = changes * (3 if len(letters) < len(word) else 5) >= len(letters)
    return is_mixed and bits >= (MIN_HEX_BITS if is_hex else MIN_BITS)


def _is_pseudonym(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]+-\d+(?:@?\.?example\.com)?", text) is not None


def _has_word(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = text.find(word, at + 1)
    return False


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _squeeze(text: str) -> str:
    return re.sub(r"[\s+]+", " ", text.lower())


def describe(findings: Iterable[Finding]) -> list[str]:
    """Return a line for each finding, without values."""
    return [
        f"{f'exchange {place}' if place else 'head'}: {pointer or '/'}: {kind}"
        for place, pointer, kind in findings
    ]
