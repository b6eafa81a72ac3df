"""Secrets in text: find secrets by name and by form, and replace each with ``***``.

A recorded text may be JSON, XML, a form, an HTTP message, a multipart body or prose, and it may be
cut anywhere. A parser refuses a text that is cut or nested too deeply, so the text is scanned
instead. Every scan takes linear time, and leaves all other characters as they are.
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote

REDACTED = "***"
SECRET_NAME = re.compile(
    r"passw(?:or)?d|passphrase|secret"
    r"|(?:token|api_?key|(?:access|private|secret|shared|signing|encryption|subscription)key"
    r"|assertion|authorization|cookie|credential|sessionid|dwsid|jwt|codeverifier"
    r"|(?:cards?\d*|bankaccounts?)number|iban|securitycode|cv[cv])"
    r"s?(?:value|hash)?\d*$"
    r"|^x?(?:auth|pass|pwd|passcode|otp)$"
)
"""Names of secrets, in lower case and without separators: ``clientsecret``, ``xapikey``."""
SECRET_HINTS = (
    *("pass", "pwd", "secret", "token", "key", "assertion", "auth", "cookie", "credential", "otp"),
    *("session", "dwsid", "jwt", "verifier", "eyj", "bearer", "basic", "://", "%", "\\u", "&lt;"),
    *("card", "cvc", "cvv", "securit", "bank", "iban"),
)
"""A secret has one of these hints nearby. Most texts have no hint, and are not scanned."""
CARD_NAME = re.compile(r"(?:card|bankaccount)s?\d*$")
"""Names of cards, of bank accounts and of lists of them: the numbers inside are secret."""
NUMBER_NAME = re.compile(r"^(?:number|pan)s?$")
CARD_HINTS = ("card", "bank", "\\u")
MAX_NAME_CHARACTERS = 256
MAX_ENCODINGS = 3  # times that a text inside a URL may be percent-encoded

NAME_SEPARATORS = re.compile(r"[\W_]+")
UNICODE_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
# A name and the separator behind the name: ``"name":`` at any depth of escaped quotes, or
# ``name=``, ``name:``, ``'name' =>``.
ASSIGNMENT = re.compile(
    r'"(?P<member>(?:[^"\\]|\\++u[0-9a-fA-F]{4}){1,256})(?P<escape>\\*)"\s*+:\s*+'
    r"|(?<![\w.\[\]-])(?P<name>[\w.\[\]-]++)(?P<quote>\\*[\"'])?\s*+(?P<sign>=>|=|:)\s*+"
)
OPENING_QUOTE = re.compile(r"(\\*)([\"'])")
STRING_ENDS = {q: re.compile(rf"(?:[^{q}\\]|\\.)*+{q}?", re.DOTALL) for q in "\"'"}
BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]]', re.DOTALL)
JSON_SCALAR = re.compile(r"[^,}\]\s]*+")
HEADER_WORD = re.compile(
    r"(?:(?:basic|bearer|digest)[ \t]+)?[^\s,;&\"'<>\\(){}\[\]]*+", re.IGNORECASE
)
# A form's value ends at ``&``, in JSON also where ``&``, a quote or an angle bracket is escaped.
FORM_VALUE = re.compile(
    r"(?:[^\s&\"'<>\\]|\\++u(?!00(?:26|22|27|3[cCeE]))[0-9a-fA-F]{4}|\\/)*+", re.ASCII
)
FOLDED_LINE = re.compile(r"[^\r\n]*+(?:\r?\n[ \t]++[^\r\n]*+)*+")
LINE_START = re.compile(r"(?:^|[\r\n])[ \t]*\Z")
PROTOCOL_URN = re.compile(r"\burn:(?:ietf|demandware):params:oauth:(?:[\w-]+:)*\Z", re.IGNORECASE)
"""The begin of a name of the protocol (RFC 6755), whose words are no names of secrets."""
MARKUP_BRACKETS = (("<", ">"), ("&lt;", "&gt;"), (r"\\u003[cC]", r"\\u003[eE]"))
# The attribute that names the value of an element: <preference preference-id="smtpPassword">.
NAMING_ATTRIBUTE = re.compile(
    r"(?<![\w.:-])(?:attribute-id|preference-id|key|name)\s*+=\s*+[\"']([^\"'<>]{1,256}+)"
)
DECLARATION = re.compile(r"definition$|^attribute$", re.IGNORECASE)
"""The elements that declare a property, and have no value of it."""
FIELD_NAME = re.compile(r"\bname=\"?([^\"\r\n;]{1,256}+)", re.IGNORECASE)
BLANK_LINE = re.compile(r"(?:^|\n)\r?\n")
# Digits that are a whole text of a card, or a whole element of a list of cards.
CARD_DIGITS = re.compile(
    r"(?P<before>(?:\A|[\[,]|(?P<markup>>|&gt;|\\u003e))\s*+(?P<quote>(?:\\*[\"'])?))"
    r"\d(?:[ -]?\d){11,18}"
    r"(?=(?:\\*[\"'])?\s*+(?:\Z|[\],<]|&lt;|\\u003c))",
    re.IGNORECASE,
)
NO_NUMBERS = frozenset({"", "null"})
SECRET_FORMS = (
    (re.compile(r"eyJ[\w-]{5,}+(?:\.[\w-]*+)*+"), REDACTED),  # a JSON Web Token (RFC 7519)
    (re.compile(r"\b(basic|bearer)([ \t]+)[\w.~+/-]{16,}+=*", re.IGNORECASE), rf"\1\2{REDACTED}"),
    (re.compile(r"(://[^/\s:@\"']*+:)[^/\s@\"']++@"), rf"\1{REDACTED}@"),
    (re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]*+"), rf"\1{REDACTED}"),
    # The number of a card or a bank account in an attribute: ``<card number="...">``.
    (
        re.compile(
            r"(<[\w.:-]*(?:card|bank[_-]?account)s?\s(?:[^<>]*?\s)?number\s*=\s*[\"'])[^\"'<>]++",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    # A fault quotes the token that it refuses.
    (re.compile(r"(\btoken (?:'|&apos;|&#39;))[^'&]*+", re.IGNORECASE), rf"\1{REDACTED}"),
)
URL_LIKE = re.compile(r"[^\s\"'<>&]++")

IsSecret = Callable[[str], bool]
Hide = Callable[[str, str], str]  # returns the text in the place of a value, by name and value
Span = tuple[int, int, str, str]  # begin and end of a value with its quotes, a quote, and a name


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return True for the name of a secret, in any case and spelling."""
    return SECRET_NAME.search(_spell(name)) is not None


@lru_cache(maxsize=4096)
def is_card_name(name: str) -> bool:
    """Return True for the name of a card or of a list of cards, in any case and spelling."""
    return CARD_NAME.search(_spell(name)) is not None


@lru_cache(maxsize=4096)
def _is_number_name(name: str) -> bool:
    return NUMBER_NAME.search(_spell(name.rpartition(":")[2])) is not None


def _spell(name: str) -> str:
    """Return the letters of a name in lower case, without separators."""
    return NAME_SEPARATORS.sub("", _unescape(name[-MAX_NAME_CHARACTERS:]).lower())


def may_hold_secret(text: str) -> bool:
    """Return True if a scan of a text could find a secret."""
    lower = text.lower()
    return any(hint in lower for hint in SECRET_HINTS)


def redact(text: str, encodings: int = MAX_ENCODINGS) -> str:
    """Return a text without secrets.

    Args:
        text: Any text, whole or cut.
        encodings: The number of percent-encodings to remove, to find the secrets inside.
    """
    if not may_hold_secret(text):
        return text
    text = hide_named(text, is_secret_name, _redact_value)
    if any(hint in text.lower() for hint in CARD_HINTS):
        text = _hide_cards(text)
    for form, replacement in SECRET_FORMS:
        text = form.sub(replacement, text)
    if encodings and "%" in text:
        text = URL_LIKE.sub(lambda found: _redact_url(found[0], encodings - 1), text)
    return text


def redact_named(text: str, names: Collection[str]) -> str:
    """Return a text without the values of JSON members and XML elements with some names."""

    def is_named(name: str) -> bool:
        return _unescape(name) in names

    for opening, closing in MARKUP_BRACKETS:
        text = _replace(text, _find_elements(text, opening, closing, is_named), _redact_value)
    return _replace(text, _find_assignments(text, is_named), _redact_value)


def hide_card_numbers(value: str, quoted: str = "") -> str:
    """Return the value of a card, or of a list of cards, without the numbers inside.

    Args:
        value: JSON, XML, digits or any other text, whole or cut.
        quoted: The quote around ``***`` in the place of a number of JSON.
    """
    for opening, closing in MARKUP_BRACKETS:
        elements = _find_elements(value, opening, closing, _is_number_name)
        value = _replace(value, _find_texts(value, elements), _redact_value)
    members = _find_assignments(value, _is_number_name)
    value = _replace(value, _find_texts(value, members), _redact_value)

    def hide(found: "re.Match[str]") -> str:
        added = "" if found["quote"] or found["markup"] else quoted
        return f"{found['before']}{added}{REDACTED}{added}"

    return CARD_DIGITS.sub(hide, value)


def _hide_cards(text: str) -> str:
    """Return a text without the numbers of cards: members, elements and fields at any depth."""
    for opening, closing in MARKUP_BRACKETS:
        text = _hide_inside(text, _find_elements(text, opening, closing, is_card_name))
    text = _hide_inside(text, _find_fields(text, is_card_name))
    return _hide_inside(text, _find_assignments(text, is_card_name))


def _hide_inside(text: str, cards: Iterator[Span]) -> str:
    pieces, at = [], 0
    for begin, end, quoted, _ in cards:
        pieces += [text[at:begin], hide_card_numbers(text[begin:end], quoted)]
        at = end
    return "".join((*pieces, text[at:])) if pieces else text


def _find_texts(text: str, spans: Iterator[Span]) -> Iterator[Span]:
    """Yield values without their quotes, but no empty ones: a cut text stays cut."""
    for begin, end, quoted, name in spans:
        value = text[begin:end]
        if quoted and value.startswith(quoted):
            inside = value.removeprefix(quoted)
            closed = len(quoted) if inside.endswith(quoted) else 0
            if inside[: len(inside) - closed]:
                yield begin + len(quoted), end - closed, "", name
        elif value not in NO_NUMBERS:
            yield begin, end, quoted, name


def hide_named(
    text: str, is_secret: IsSecret, hide: Hide, is_secret_line: IsSecret | None = None
) -> str:
    """Return a text with other values of members, elements, fields and parameters.

    Args:
        text: Any text, whole or cut.
        is_secret: Decides about a name.
        hide: Returns the new value, by name and value as written.
        is_secret_line: Decides about the name of a header line; by default ``is_secret`` does.
    """
    for opening, closing in MARKUP_BRACKETS:
        text = _replace(text, _find_elements(text, opening, closing, is_secret), hide)
    text = _replace(text, _find_fields(text, is_secret), hide)
    return _replace(text, _find_assignments(text, is_secret, is_secret_line or is_secret), hide)


def _redact_value(_name: str, _value: str) -> str:
    return REDACTED


def _redact_url(text: str, encodings: int) -> str:
    decoded = unquote(text) if "%" in text else text
    if decoded == text:
        return text
    redacted = redact(decoded, encodings)
    return text if redacted == decoded else quote(redacted, safe="/:?#@!$&()*+,;=")


def _replace(text: str, spans: Iterator[Span], hide: Hide) -> str:
    pieces, at = [], 0
    for begin, end, quoted, name in spans:
        hidden = REDACTED
        if hide is not _redact_value:  # the journal needs neither name nor value
            value = text[begin:end].removeprefix(quoted).removesuffix(quoted)
            hidden = hide(_unescape(name), value)
        pieces += [text[at:begin], quoted, hidden, quoted]
        at = end
    return "".join((*pieces, text[at:])) if pieces else text


def _find_assignments(
    text: str, is_secret: IsSecret, is_secret_line: IsSecret | None = None
) -> Iterator[Span]:
    """Yield the values of members, parameters, attributes and header lines with secret names."""
    at = 0
    while found := ASSIGNMENT.search(text, at):
        at = found.end()
        name = found["member"] or found["name"]
        is_line = found["sign"] == ":" and not found["quote"]
        decide = is_secret_line if is_line and is_secret_line else is_secret
        if decide(name):
            before = text[max(0, found.start() - MAX_NAME_CHARACTERS) : found.start()]
            if is_line and PROTOCOL_URN.search(before):
                continue
            end, quoted = _find_value(text, found)
            yield at, end, quoted, name
            at = end


def _find_value(text: str, found: "re.Match[str]") -> tuple[int, str]:
    """Return the end of the value behind a name, and the quote for a value in its place."""
    at, is_member = found.end(), found["member"] is not None
    if opened := OPENING_QUOTE.match(text, at):
        return _find_string_end(text, opened), opened[0]
    is_nested = text[at : at + 1] in ("{", "[")
    if is_member or found["quote"]:
        quoted = f'{found["escape"]}"' if is_member else found["quote"]
        end = _find_bracket_end(text, at, quoted) if is_nested else _end(JSON_SCALAR, text, at)
        return end, quoted
    line_before = text[max(0, found.start() - MAX_NAME_CHARACTERS) : found.start()]
    if found["sign"] == ":" and LINE_START.search(line_before):
        return _end(FOLDED_LINE, text, at), ""
    if is_nested:
        return _find_bracket_end(text, at, '"'), ""
    return _end(HEADER_WORD if found["sign"] == ":" else FORM_VALUE, text, at), ""


def _find_string_end(text: str, opened: "re.Match[str]") -> int:
    """Return the end of a string; the quotes may be escaped, as in JSON inside of JSON."""
    escape, quoted = opened.groups()
    if not escape:
        return _end(STRING_ENDS[quoted], text, opened.end())
    closed = re.compile(rf"(?<!\\){re.escape(escape)}{quoted}").search(text, opened.end())
    return closed.end() if closed else len(text)


def _find_bracket_end(text: str, at: int, quoted: str) -> int:
    """Return the end of an object or array; its quotes may be escaped, as in JSON inside of JSON.

    An unescaped quote ends the text that has the escaped quotes.
    """
    depth = 0
    for found in _compile_brackets(quoted[:-1]).finditer(text, at):
        if found[0] == '"' and len(quoted) > 1:
            return found.start()
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(text)


@lru_cache(maxsize=8)
def _compile_brackets(escape: str) -> "re.Pattern[str]":
    if not escape:
        return BRACKET_OR_STRING
    quoted = rf'(?<!\\){re.escape(escape)}"'
    return re.compile(rf'{quoted}(?:.*?{quoted}|.*)|(?<!\\)"|[{{}}\[\]]', re.DOTALL)


def _end(pattern: "re.Pattern[str]", text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _find_elements(text: str, opening: str, closing: str, is_secret: IsSecret) -> Iterator[Span]:
    """Yield the contents of XML elements with secret names, in any namespace."""
    start = _compile_start(opening, closing)
    at = 0
    while found := start.search(text, at):
        at = found.end()
        if found[2].endswith("/"):
            continue
        if (name := _find_secret_name(found[1], found[2], is_secret)) is not None:
            end = _find_element_end(text, at, found[1], opening, closing)
            yield at, end, "", name
            at = end


def _find_secret_name(tag: str, attributes: str, is_secret: IsSecret) -> str | None:
    """Return the name of an element, or the name in an attribute, that names a secret."""
    if is_secret(tag):
        return tag
    named = NAMING_ATTRIBUTE.search(attributes)
    return named[1] if named and not DECLARATION.search(tag) and is_secret(named[1]) else None


@lru_cache(maxsize=8)
def _compile_start(opening: str, closing: str) -> "re.Pattern[str]":
    # In a quoted attribute the closing bracket does not end the tag.
    quoted = rf"\"(?:(?!{opening})[^\"])*+\"|'(?:(?!{opening})[^'])*+'"
    inside = rf"(?:{quoted}|(?!{opening}|{closing}).)*+"
    return re.compile(rf"{opening}([\w.:-]++)({inside}){closing}", re.DOTALL)


def _find_element_end(text: str, at: int, name: str, opening: str, closing: str) -> int:
    """Return where the end tag begins.

    If the text was cut before the tag, return the end of the text.
    """
    skipped = rf"{opening}!(?:\[CDATA\[.*?(?:\]\]{closing}|\Z)|--.*?(?:--{closing}|\Z))"
    tag = re.compile(rf"{skipped}|{opening}(/?){re.escape(name)}(?![\w.:-])", re.DOTALL)
    depth = 1
    for found in tag.finditer(text, at):
        depth += {"/": -1, "": 1, None: 0}[found[1]]
        if not depth:
            return found.start()
    return len(text)


def _find_fields(text: str, is_secret: IsSecret) -> Iterator[Span]:
    """Yield the values of multipart fields with secret names (RFC 7578)."""
    at = 0
    while found := FIELD_NAME.search(text, at):
        # Of a line the first name counts. A pattern to the end of the line would take time for
        # each name of the line.
        at = text.find("\n", found.end()) + 1
        if not at:
            return
        if is_secret(found[1]):
            blank = BLANK_LINE.search(text, at - 1)
            if blank is None:
                return
            at = text.find("\n--", blank.end())
            end = len(text) if at < 0 else at - (text[at - 1] == "\r")
            yield blank.end(), end, "", found[1]
            at = end


def _unescape(name: str) -> str:
    return UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), unquote(name))
