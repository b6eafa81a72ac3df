"""Take sensitive values out of JSON and text.

A value is sensitive by the name of its member, by its form, or because it is sensitive elsewhere in
the recording. The redactor reads each place decoded: escapes of URLs, JSON and XML, and Base64.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus
from xml.sax.saxutils import escape

import orjson

from emulator.corpus import pattern
from emulator.corpus.decoding import (
    Hit,
    decode,
    decode_wholly,
    encode_once,
    encode_wholly,
    has_escapes,
    substitute,
)
from emulator.corpus.known import Known
from emulator.corpus.pseudonym import BLANKS, EMAIL, FORM, Pseudonyms
from emulator.corpus.sensitive import CREDENTIALS, Kind, Names
from emulator.corpus.vocabulary import path_words, protocol_words, sensitive_steps
from emulator.recording.secret import hide_named

MAX_NESTING = 3  # Base64 inside of Base64
MAX_CACHED_CHARACTERS = 256
MAX_NUMBER_DIGITS = 19  # of a number in JSON with 64 bits
INHERITED = CREDENTIALS | {Kind.VALUE, Kind.CARD}
"""Kinds of members whose whole value is sensitive, with all members inside."""
UNTYPED_MEMBERS = frozenset({"_type", "_v", "_resource_state", "link", "type"})
SCHEMA_MEMBERS = frozenset({"_type", "$ref", "type", "properties", "description", "operationId"})
"""Members of descriptions, and of documents whose members have names of their own."""
LOCALE = re.compile(r"default|value|source|x-default|[a-z]{2}([-_][A-Z]{2})?")
NAMING_MEMBERS = ("fields", "field", "name", "attribute_id", "attribute", "key", "path", "id")
"""Members of a search or of a pair that name another member."""
NAMED_MEMBERS = frozenset(
    {"value", "values", "search_phrase", "from", "to", "default_value", "site_values", "val"}
)
PASSWORD_DEFINITION = re.compile(
    r"<attribute-definition\b[^<>]*?\battribute-id=[\"'](?P<name>[^\"'<>]{1,256})[\"'][^<>]*(?<!/)>"
    r"(?P<inside>(?:(?!</?attribute-definition\b).)*)",
    re.DOTALL,
)
PASSWORD_TYPE = re.compile(r"<type>\s*password\s*</type>", re.IGNORECASE)
DEFAULT_VALUE = re.compile(r"(<default-value\b[^<>]*>)([^<]+)")
HARMLESS = re.compile(
    r"\W*|\{[\w-]+\}|(?i:true|false|null|none|yes|no)|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?"
)
BIRTHDAY = re.compile(r"\d{4}-\d\d-\d\d")
NAMED_MAILBOX = re.compile(r"(?P<name>[^<>,;\"]*[^<>,;\"\s])(?P<rest>\"?\s*<)")
ATTRIBUTE_ELEMENT = re.compile(
    r"(?P<start><(?P<tag>[\w:.-]+)\b[^<>]{0,1024}?\s(?:[\w.-]{1,64}-)?(?:id|name|key)="
    r"[\"'](?P<name>[^\"'<>]{1,256})[\"'][^<>]{0,1024}(?<!/)>)"
    r"(?P<value>[^<]+|\s*+<!\[CDATA\[(?:(?!\]\]>).)*+\]\]>\s*+|(?:\s*+<value\b[^<>]*+>[^<]*+</value>)++\s*+)"
    r"(?=</(?P=tag)>)",
    re.DOTALL,
)
"""An element with a name in an attribute, such as ``<preference preference-id="apiPassword">``."""
PAIR_ELEMENTS = re.compile(
    r"(?P<start><(?P<key>key|name|id)>\s*(?P<name>[^<>\s]{1,256})\s*</(?P=key)>\s*<(?P<tag>value|val|string)\b[^<>]*>)"
    r"(?P<value>[^<]+)(?=</(?P=tag)>)"
)
UNTYPED_ELEMENTS = "".join(rf"(?<!<{name}>)" for name in sorted(UNTYPED_MEMBERS))
LEAF = re.compile(rf"(?<=>){UNTYPED_ELEMENTS}[^<>]*[^<>\s][^<>]*(?=</)")
"""The text of an element, other than the elements of the envelope."""
SCRIPT = re.compile(
    r"(?P<start>(?:/\*\*/)?[\w$.\[\]]{1,256}\()(?P<json>[{\[].*[}\]])(?P<end>\);?\s*)", re.DOTALL
)
"""JSON as an argument of a function (FMT-4)."""
SPACED_JSON = re.compile(r"\":[ ]")
MARKUP = re.compile(r"\s*<(?P<tag>[\w:.-]+)\b.*</[\w:.-]+>\s*", re.DOTALL)
CDATA_LEAF = re.compile(r"(?<=<!\[CDATA\[)(?:(?!\]\]>).)+", re.DOTALL)
SCHEMES = frozenset({"basic", "bearer", "digest"})
CDATA = re.compile(r"(\s*<!\[CDATA\[)(.*?)(\]\]>\s*)", re.DOTALL)
INPUT_ELEMENT = re.compile(r"<(?:input|meta|param|property|field)\b[^<>]*>", re.IGNORECASE)
INPUT_NAME = re.compile(r"\b(?:name|key)=[\"']([^\"'<>]{1,256})[\"']", re.IGNORECASE)
INPUT_VALUE = re.compile(r"(\b(?:value|content)=[\"'])([^\"'<>]+)", re.IGNORECASE)
BASIC = re.compile(r"\bbasic[ \t]+(?P<value>[A-Za-z0-9+/_-]{4,}={0,2})", re.IGNORECASE)
URL_LIKE = re.compile(r"[^\s\"'<>&]++")
SAFE_CHARACTERS = "/:?#@!$&()*+,;="
MIN_PART_CHARACTERS = 4  # of a word in a person's name
FIRMS = re.compile(r"company|organi|account|legal|department", re.IGNORECASE)
STEP_END = r"[^/?#\s\"'<>&\\,;]+"


class Redactor:
    """Hides sensitive values, and collects them.

    Args:
        names: The kinds of members.
        known: The values to hide everywhere.
        pseudonyms: The pseudonyms; None to collect the values only, and to hide none.

    Attributes:
        found: The sensitive values.
    """

    def __init__(self, names: Names, known: Known, pseudonyms: Pseudonyms | None = None) -> None:
        self.names = names
        self.found = Known()
        self._known = known
        self._pseudonyms = pseudonyms
        self._nesting = 0
        self._harmless: set[str] = set()
        steps = "|".join(map(re.escape, sensitive_steps()))
        self._steps = re.compile(rf"/(?P<step>{steps})/(?P<value>{STEP_END})")

    def hide(self, kind: Kind, value: str) -> str:
        """Return the pseudonym of a value, and note the value."""
        stripped = value.strip()
        if FORM.fullmatch(stripped) or HARMLESS.fullmatch(stripped) or self._is_issued(stripped):
            return value
        kind = self._resolve(kind, stripped)
        if kind not in self.names.kinds:
            return value
        self.found.add(kind, BLANKS.sub(" ", stripped) if kind is Kind.NAME else stripped)
        if kind is Kind.EMAIL:
            self._note_domain(stripped)
        return self._pseudonyms.name(kind, stripped) if self._pseudonyms else value

    def _note_domain(self, mail: str) -> None:
        """Note the domain of an e-mail address, to find the domain elsewhere.

        The domain of a kept host, such as ``www.demandware.com``, stays: names of namespaces have
        the domain.
        """
        domain = mail.rpartition("@")[2]
        is_kept = any(map(pattern.is_kept_host, (domain, f"www.{domain}")))
        if Kind.HOST in self.names.kinds and "." in domain and not is_kept:
            self.found.add(Kind.HOST, domain)

    def _is_issued(self, value: str) -> bool:
        """Return whether a value is a pseudonym, in a text that was redacted in part."""
        return self._pseudonyms is not None and value in self._pseudonyms.issued

    def _resolve(self, kind: Kind, value: str) -> Kind:
        """Return the kind of a value with regard to its form and to other places."""
        if kind not in CREDENTIALS and EMAIL.fullmatch(value):
            return Kind.EMAIL
        if kind is Kind.EMAIL and "@" not in value:
            kind = Kind.NAME
        known = self._known.find_kind(value) or self.found.find_kind(value) or kind
        # A test client may have its id as secret; the two roles stay apart.
        return kind if {kind, known} == {Kind.CLIENT, Kind.SECRET} else known

    def value(self, value: Any, name: str = "", kind: Kind | None = None) -> Any:
        """Return a JSON value without sensitive values.

        Args:
            value: The value.
            name: The name of the member with the value, empty for none.
            kind: The kind of the value, None for a harmless member.
        """
        match value:
            case str():
                return self.string(value, name, kind)
            case dict():
                kinds = self._classify_members(value, name, kind)
                return {
                    self._key(member): self.value(inner, member, kinds[member])
                    for member, inner in value.items()
                }
            case list():
                return [self.value(inner, name, kind) for inner in value]
            case bool() | None:
                return value
            case _:
                return self._number(value, kind)

    def string(self, value: str, name: str, kind: Kind | None) -> str:
        """Return a string member without sensitive values."""
        if name and self.names.is_kept(name):
            return self.known_values(value)
        return self.document(value) if kind is None else self.typed(kind, value, name)

    def typed(self, kind: Kind, value: str, name: str = "") -> str:
        """Return a value of a kind without the sensitive text inside."""
        match kind:
            case Kind.TOKEN:
                return self.credentials(value)
            case Kind.EMAIL if "@" in value and not EMAIL.fullmatch(value.strip()):
                return self.text(NAMED_MAILBOX.sub(self._hide_mailbox, value))
            case Kind.HOST if "/" in value or pattern.is_kept_host(value):
                return self.text(value)
            case Kind.IP if pattern.is_kept_host(value):
                return value
            case Kind.BIRTHDAY:
                return BIRTHDAY.sub(self._hide_birthday, self.text(value))
            case Kind.NAME if not FIRMS.search(name):
                self._note_parts(value)
        return self.hide(kind, value)

    def _hide_birthday(self, found: "re.Match[str]") -> str:
        if self._pseudonyms is None or Kind.BIRTHDAY not in self.names.kinds:
            return found[0]
        return self._pseudonyms.name(Kind.BIRTHDAY, found[0])

    def _hide_mailbox(self, found: "re.Match[str]") -> str:
        return self.hide(Kind.NAME, found["name"].strip()) + found["rest"]

    def _note_parts(self, name: str) -> None:
        """Note the words of a person's name, to find these words elsewhere."""
        words = name.split() if Kind.NAME in self.names.kinds else ()
        if len(words) > 1 and "@" not in name:
            for word in words:
                if len(word) >= MIN_PART_CHARACTERS and word.isalpha() and word[0].isupper():
                    self.found.add(Kind.NAME, word)

    def credentials(self, value: str) -> str:
        """Return the value of an Authorization header with pseudonyms."""
        scheme, blank, rest = value.strip().partition(" ")
        if scheme.lower() == "basic" and (hidden := self._hide_basic(rest.strip())):
            return f"{scheme} {hidden}"
        if not blank:
            return value if scheme.lower() in SCHEMES else self.hide(Kind.TOKEN, value)
        return f"{scheme} {self.hide(Kind.TOKEN, rest)}"

    def _hide_basic(self, encoded: str) -> str:
        """Return Basic credentials with pseudonyms (RFC 7617), empty for other text.

        Business Manager grants take three parts: user, password, and password of the client.
        """
        found = pattern.decode_base64(encoded)
        if found is None or ":" not in found[0]:
            return ""
        first, *secrets = found[0].split(":")
        kind = Kind.CLIENT if len(secrets) == 1 and "@" not in first else Kind.NAME
        named = [self.hide(kind, first), *(self.hide(Kind.SECRET, one) for one in secrets)]
        return pattern.encode_base64(":".join(named), encoded, found[1])

    def text(self, text: str) -> str:
        """Return a text without sensitive values; all other characters stay as they are."""
        if text in self._harmless or len(text) < 2:  # noqa: PLR2004 - no value is that short
            return text
        redacted = substitute(self._hide_named(text), self._find)
        if redacted == text and len(text) <= MAX_CACHED_CHARACTERS:
            self._harmless.add(text)
        return redacted

    def document(self, text: str) -> str:
        """Return a text without sensitive values; JSON is read as JSON, also in JavaScript."""
        if script := SCRIPT.fullmatch(text):
            return f"{self.text(script['start'])}{self.document(script['json'])}{script['end']}"
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            with suppress(orjson.JSONDecodeError, TypeError, RecursionError):  # also if too deep
                value = orjson.loads(text.removeprefix("\ufeff"))
                hidden = self.value(value)
                if hidden == value:
                    return text
                is_compact = SPACED_JSON.search(text) is None
                return (
                    orjson.dumps(hidden).decode()
                    if is_compact
                    else json.dumps(hidden, ensure_ascii=False)
                )
        return self.text(text)

    def query(self, query: str) -> str:
        """Return a query or a form without sensitive values."""
        return "&".join(map(self._pair, query.split("&")))

    def target(self, target: str) -> str:
        """Return path and query without sensitive values."""
        path, mark, query = target.partition("?")
        return f"{self.text(path)}{mark}{self.query(query)}"

    def _pair(self, pair: str) -> str:
        name, sign, value = pair.partition("=")
        kind = self.names.classify(unquote_plus(name)) if sign else None
        if name in pattern.GRANT_PARAMETERS and len(value) >= pattern.MIN_GRANT_CHARACTERS:
            kind = Kind.TOKEN
        if kind is None or self.names.is_kept(name):
            return f"{self.text(name)}{sign}{self.text(value)}"
        plain = unquote_plus(value)
        hidden = self.typed(kind, plain, name)
        if hidden == plain:
            return pair
        safe = "@" if "@" in value or "%40" not in value else ""
        return f"{name}{sign}{quote_plus(hidden, safe=safe)}"

    def _key(self, name: str) -> str:
        return name if name.lower() in protocol_words() else self.text(name)

    def _number(self, value: Any, kind: Kind | None) -> Any:
        """Return a number, or the pseudonym of a sensitive number."""
        text = str(value)
        if not isinstance(value, int) or (kind is None and not self._is_known(text)):
            kinds = {found.kind for found in pattern.find_values(text)}
            kind = Kind.CARD if Kind.CARD in kinds else None
        elif kind is None:
            kind = self._known.find_kind(text)
        if kind is None or kind is Kind.IP:
            return value
        digits = re.search(r"\d+$", self.hide(kind, text))
        return int(digits[0][:MAX_NUMBER_DIGITS]) if digits else value

    def _is_known(self, text: str) -> bool:
        return any(True for _ in self._known.find(text))

    def _classify_members(
        self, members: Mapping[str, Any], name: str, inherited: Kind | None
    ) -> dict[str, Kind | None]:
        """Return the kinds of the members of an object."""
        is_schema = bool(SCHEMA_MEMBERS & members.keys())
        is_map = name == "site_values" or _is_localized(members)
        is_passed = (inherited in INHERITED and not is_schema) or is_map
        passed = inherited if is_passed else None
        named = self._classify_named(members)
        kinds: dict[str, Kind | None] = {}
        for member in members:
            kind = self.names.classify(f"{name}_{member}" if member == "number" else member)
            if kind is None and member in NAMED_MEMBERS:
                kind = named
            if kind is None and member not in UNTYPED_MEMBERS and not self.names.is_kept(member):
                kind = passed
            kinds[member] = kind
        return kinds

    def _classify_named(self, members: Mapping[str, Any]) -> Kind | None:
        """Return the kind of the value in a pair, such as ``{"name": "email", "value": "..."}``."""
        if members.get("value_type") == "password":
            self._add_password(members.get("id"))
            return Kind.SECRET
        if not NAMED_MEMBERS & members.keys() or "type" in members:
            return None
        for member in NAMING_MEMBERS:
            given = members.get(member)
            for one in given if isinstance(given, list) else [given]:
                if isinstance(one, str):
                    kind = self.names.classify(re.split(r"[./]", one)[-1])
                    if kind is not None:
                        return kind
        return None

    def _add_password(self, attribute: Any) -> None:
        """Note an attribute of the type password. Documents have a member with the name."""
        if isinstance(attribute, str) and attribute:
            self.names.add_password(f"c_{attribute}")
            if attribute.lower() not in protocol_words():
                self.names.add_password(attribute)

    def _hide_definition(self, found: "re.Match[str]") -> str:
        """Return the XML of an attribute definition without the default value of a password."""
        if not PASSWORD_TYPE.search(found["inside"]):
            return found[0]
        self._add_password(found["name"])
        return DEFAULT_VALUE.sub(
            lambda value: value[1] + self.hide(Kind.SECRET, value[2]), found[0]
        )

    def _hide_named(self, text: str) -> str:
        """Return a text with other values of members, elements, fields and parameters."""
        if not any(sign in text for sign in '=:<&"%'):
            return text
        text = hide_named(text, self._is_sensitive, self._hide_member, self._is_sensitive_line)
        if "<" in text:
            if PASSWORD_TYPE.search(text):
                text = PASSWORD_DEFINITION.sub(self._hide_definition, text)
            text = ATTRIBUTE_ELEMENT.sub(self._hide_element, text)
            text = PAIR_ELEMENTS.sub(self._hide_element, text)
            text = INPUT_ELEMENT.sub(self._hide_input, text)
        if "%" in text:
            text = URL_LIKE.sub(self._hide_in_url, text)
        if "&quot;" in text or "&#" in text or "&amp;" in text:
            plain = unescape(text)
            hidden = self._hide_named(plain) if plain != text else plain
            text = text if hidden == plain else escape(hidden, {'"': "&quot;"})
        return text

    def _is_sensitive(self, name: str) -> bool:
        return self.names.classify(name) is not None

    def _is_sensitive_line(self, name: str) -> bool:
        return self.names.classify_line(name) is not None

    def _hide_member(self, name: str, value: str) -> str:
        kind = self.names.classify(name)
        if section := CDATA.fullmatch(value):
            return f"{section[1]}{self._hide_member(name, section[2])}{section[3]}"
        plain = decode_wholly(value) if has_escapes(value) else value
        if kind is None or (kind not in CREDENTIALS and re.search(r"[<{\[]", plain)):
            return self._hide_named(value)
        if MARKUP.fullmatch(value):
            return self._hide_leaves(kind, value)
        if MARKUP.fullmatch(unescape(value)):
            return escape(self._hide_leaves(kind, unescape(value)), {'"': "&quot;"})
        hidden = self.typed(kind, plain, name)
        return value if hidden == plain else encode_wholly(hidden, value)

    def _hide_leaves(self, kind: Kind, value: str) -> str:
        """Return markup without the texts inside; names of elements and attributes stay."""
        text = self._hide_named(value)
        for leaf in (LEAF, CDATA_LEAF):
            text = leaf.sub(lambda found: self._hide_leaf(kind, found[0]), text)
        return text

    def _hide_leaf(self, kind: Kind, value: str) -> str:
        plain = decode_wholly(value) if has_escapes(value) else value
        hidden = self.typed(kind, plain)
        return value if hidden == plain else hidden

    def _hide_element(self, found: "re.Match[str]") -> str:
        kind = self.names.classify(found["name"])
        if kind is None:
            return found[0]
        name, value = found["name"], found["value"]
        if "<value" in value:
            return found["start"] + LEAF.sub(lambda leaf: self._hide_member(name, leaf[0]), value)
        return found["start"] + self._hide_member(name, value)

    def _hide_input(self, found: "re.Match[str]") -> str:
        """Return an element such as ``<input name="csrf_token" value="...">``."""
        name = INPUT_NAME.search(found[0])
        if name is None or not self._is_sensitive(name[1]):
            return found[0]
        return INPUT_VALUE.sub(
            lambda value: value[1] + self._hide_member(name[1], value[2]), found[0]
        )

    def _hide_in_url(self, found: "re.Match[str]") -> str:
        plain = unquote(found[0]) if "%" in found[0] else found[0]
        if plain == found[0]:
            return plain
        hidden = self._hide_named(plain)
        if hidden == plain:
            return found[0]
        return _replace_decoded(found[0], plain, hidden)

    def _find(self, text: str) -> list[Hit]:
        """Return the places to replace in a text without escapes: in order, without overlaps."""
        found = [*pattern.find_values(text), *self._find_steps(text)]
        candidates = [Candidate(begin, end, kind, "") for begin, end, kind in found]
        candidates += (Candidate(*hit, "") for hit in self._known.find(text))
        candidates += self._find_encoded(text)
        return list(self._decide(text, candidates))

    def known_values(self, text: str) -> str:
        """Return a text without the values that were sensitive in other places."""
        return substitute(text, self._find_known)

    def _find_known(self, text: str) -> list[Hit]:
        return list(self._decide(text, [Candidate(*hit, "") for hit in self._known.find(text)]))

    def _decide(self, text: str, candidates: Iterable["Candidate"]) -> Iterator[Hit]:
        for begin, end, chosen in _merge(candidates):
            value = text[chosen.begin : chosen.end]
            hidden = chosen.replacement or self.hide(chosen.kind, value)
            if hidden != value:
                yield begin, end, hidden

    def _find_steps(self, text: str) -> Iterator[pattern.Found]:
        """Yield the ids in paths, such as the number in ``/customers/00001``."""
        if "/" not in text:
            return
        for found in self._steps.finditer(text):
            step, (name, kind) = found["value"], sensitive_steps()[found["step"]]
            is_file = re.search(r"\.[a-z]{2,4}$", step) and "@" not in step
            if not (step in path_words() or is_file or self.names.is_kept(name)):
                yield pattern.Found(*found.span("value"), kind)

    def _find_encoded(self, text: str) -> Iterator["Candidate"]:
        """Yield Basic credentials, and Base64 with sensitive values inside."""
        for found in BASIC.finditer(text):
            if hidden := self._hide_basic(found["value"]):
                yield Candidate(*found.span("value"), Kind.SECRET, hidden)
        for form in pattern.BASE64_FORMS if self._nesting < MAX_NESTING else ():
            for found in form.finditer(text):
                if hidden := self._hide_encoded(found[0]):
                    yield Candidate(*found.span(), Kind.SECRET, hidden)

    def _hide_encoded(self, encoded: str) -> str:
        """Return Base64 without the sensitive values inside; empty if there is none."""
        found = pattern.decode_base64(encoded)
        if found is None:
            return ""
        self._nesting += 1
        try:
            hidden = self.text(found[0])
        finally:
            self._nesting -= 1
        return "" if hidden == found[0] else pattern.encode_base64(hidden, encoded, found[1])


class Candidate(NamedTuple):
    """A place in a text with a sensitive value.

    Attributes:
        begin: The begin of the place.
        end: The end of the place.
        kind: The kind of the value.
        replacement: The text in the place of the value; empty for a pseudonym.
    """

    begin: int
    end: int
    kind: Kind
    replacement: str


def _merge(candidates: Iterable[Candidate]) -> list[tuple[int, int, Candidate]]:
    """Return candidates in order. The longest of overlapping candidates replaces all of them."""
    merged: list[tuple[int, int, Candidate]] = []
    for one in sorted(candidates, key=lambda one: (one.begin, -one.end)):
        if merged and one.begin < merged[-1][1]:
            begin, end, longest = merged[-1]
            longer = max(longest, one, key=lambda c: (c.end - c.begin, bool(c.replacement)))
            merged[-1] = begin, max(end, one.end), longer
        else:
            merged.append((one.begin, one.end, one))
    return merged


def _count_common(one: str, other: str) -> int:
    """Return the number of equal characters at the begin of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _replace_decoded(encoded: str, plain: str, hidden: str) -> str:
    """Return a percent-encoded text with a new value. Equal beginnings and ends stay as written."""
    decoded = decode(encoded)
    if decoded is None or decoded.text != plain:
        return quote(hidden, safe=SAFE_CHARACTERS)
    first = _count_common(plain, hidden)
    last = _count_common(plain[first:][::-1], hidden[first:][::-1])
    end = len(plain) - last
    if first == end:
        return quote(hidden, safe=SAFE_CHARACTERS)
    begin, stop = decoded.locate(first, end)
    changed = encode_once(hidden[first : len(hidden) - last], encoded[begin:stop])
    return f"{encoded[:begin]}{changed}{encoded[stop:]}"


def _is_localized(members: Mapping[str, Any]) -> bool:
    return all(LOCALE.fullmatch(member) for member in members)
