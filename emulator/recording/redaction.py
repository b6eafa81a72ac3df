"""Redaction: replace the secrets in a recorded request and answer by ``***``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from html import escape
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

import orjson

from emulator.recording.secret import (
    REDACTED,
    hide_card_numbers,
    is_card_name,
    is_secret_name,
    may_hold_secret,
    redact,
    redact_named,
)

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
LOCATION = "location"
URL_HEADERS = frozenset({LOCATION, "referer"})
MAX_PARAMETERS = 256  # of a query; further parameters are left out
MIN_TOKEN_CHARACTERS = 8  # a shorter text is also found in harmless words
MIN_CUT_TOKEN_CHARACTERS = 4  # of a token at the end of a cut body
CODE_PARAMETER = re.compile(r"(?P<name>(?:\A|[?&#])code=)(?P<value>[^&#\s\"'<>]++)")
GRANT_PARAMETER = re.compile(r"(?:\A|[?&#])(?:state|grant_type|redirect_uri|code_verifier)=")
"""A parameter of OAuth: a ``code`` beside it is an authorization code (RFC 6749, 4.1.2, 4.1.3)."""
GRANT_MEMBER = re.compile(r'"(?:grant_type|code_verifier)\\*"\s*:')
"""The same in JSON. A ``state`` of JSON is harmless: it is also a part of an address."""
CODE_NAMES = frozenset({"code"})
OPAQUE_CODE = re.compile(r"(?=[^a-z]*[a-z])(?=\D*\d)[\w.~+/=%-]{22,}", re.ASCII)
"""A code of 128 bits (RFC 6749, 10.10), in any spelling; codes of coupons are shorter."""
PERCENT_ENCODED = re.compile(r"%[0-9A-F]{2}")


class Redactor:
    """Replaces the secrets in the texts of a request and the answer.

    Args:
        authorization: The request's Authorization header. Its credentials are secret anywhere.
        names: The names of further members and elements with a secret.
    """

    def __init__(self, authorization: str, names: Iterable[str] = ()) -> None:
        scheme, _, rest = authorization.strip().partition(" ")
        self.token = rest.strip() or scheme
        self.names = frozenset(names)

    def text(self, text: str) -> str:
        """Return a text without secrets, in characters of UTF-8."""
        if not text.isascii():
            text = text.encode(errors="backslashreplace").decode()
        redacted = redact(self._without_token(text))
        if GRANT_MEMBER.search(redacted):
            redacted = redact_named(redacted, CODE_NAMES)
        return redact_named(redacted, self.names) if self.names else redacted

    def may_find_secret(self, text: str) -> bool:
        """Return False if ``text`` would change neither the text nor a text inside of it."""
        if self.names or not text.isascii() or may_hold_secret(text) or GRANT_MEMBER.search(text):
            return True
        return any(spelling in text for spelling in self._spellings)

    def query(self, query: str) -> str:
        """Return a query or a form without secrets, otherwise unchanged."""
        query = _hide_code(query)
        if not may_hold_secret(query):
            return self.text(query)
        pairs = query.split("&")
        redacted = {pair: self._redact_pair(pair) for pair in dict.fromkeys(pairs)}
        return "&".join(redacted[pair] for pair in pairs)

    def parameters(self, query: str) -> dict[str, str]:
        """Return the first parameters of a query by name, without secrets."""
        pairs = _hide_code(query).split("&", MAX_PARAMETERS)[:MAX_PARAMETERS]
        read = parse_qsl("&".join(pairs), keep_blank_values=True)
        return {self.text(name): self._redact_value(name, value) for name, value in read}

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers, by names in lower case, without secrets."""
        return {self.text(name): self._redact_header(name, text) for name, text in headers.items()}

    def body(self, text: str, media_type: str, *, cut: bool) -> str:
        """Return a body without secrets, otherwise unchanged.

        Args:
            text: The body, or its beginning.
            media_type: The value of the Content-Type header.
            cut: Whether the end of the body is missing.
        """
        of_form = media_type.partition(";")[0].strip().lower() == FORM_MEDIA_TYPE
        redacted = self.query(text) if of_form else self.text(text)
        if "\0" in redacted:  # UTF-16 has a NUL beside each ASCII letter
            letters = redacted.replace("\0", "")
            found = self.text(letters)
            redacted = redacted if found == letters else found
        return self._without_cut_token(redacted) if cut else redacted

    @cached_property
    def _spellings(self) -> list[str]:
        """The token in the spellings of URLs, JSON and XML, the longest first."""
        if len(self.token) < MIN_TOKEN_CHARACTERS:
            return []
        decoded = self.token.encode("latin-1", "replace").decode(errors="replace")
        forms = {form for token in (self.token, decoded) for form in _spell(token)}
        return sorted(forms, key=len, reverse=True)

    def _without_token(self, text: str) -> str:
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return text

    def _without_cut_token(self, text: str) -> str:
        """Return a text without the beginning of the token at the end."""
        for spelling in self._spellings:
            beginning = spelling[:MIN_CUT_TOKEN_CHARACTERS]
            at = text.find(beginning, max(0, len(text) - len(spelling) + 1))
            while at >= 0:
                if spelling.startswith(text[at:]):
                    return text[:at] + REDACTED
                at = text.find(beginning, at + 1)
        return text

    def _redact_pair(self, pair: str) -> str:
        name, sign, value = pair.partition("=")
        name = self._redact_encoded(name)
        known = unquote_plus(name) if sign else ""
        if self._is_secret(known):
            return f"{name}={REDACTED}"
        return f"{name}{sign}{self._redact_encoded(value, known)}"

    def _redact_encoded(self, text: str, name: str = "") -> str:
        decoded = unquote_plus(text)
        redacted = self._redact_value(name, decoded)
        return text if redacted == decoded else quote_plus(redacted, safe="*")

    def _redact_value(self, name: str, value: str) -> str:
        if self._is_secret(name):
            return REDACTED
        return self.text(hide_card_numbers(value) if is_card_name(name) else value)

    def _is_secret(self, name: str) -> bool:
        return name in self.names or is_secret_name(name)

    def _redact_header(self, name: str, value: str) -> str:
        if name == "authorization" and " " in value.strip():
            return f"{self.text(value.strip().partition(' ')[0])} {REDACTED}"
        if name in URL_HEADERS:
            value = _hide_code(value, is_redirect=name == LOCATION)
        return self._redact_value(name, value)


def _hide_code(text: str, *, is_redirect: bool = False) -> str:
    """Return a query, a form or a URL without an authorization code.

    Other APIs have harmless codes, as of coupons.

    Args:
        text: The text.
        is_redirect: Whether the text is the target of a redirect: then every code is hidden.
    """
    if "code=" not in text:
        return text
    is_grant = is_redirect or GRANT_PARAMETER.search(text) is not None

    def hide(found: "re.Match[str]") -> str:
        is_secret = is_grant or OPAQUE_CODE.fullmatch(found["value"])
        return f"{found['name']}{REDACTED}" if is_secret else found[0]

    return CODE_PARAMETER.sub(hide, text)


def _spell(token: str) -> Iterator[str]:
    yield token
    for encoded in (quote(token, safe="", errors="replace"), quote(token, errors="replace")):
        yield encoded
        yield PERCENT_ENCODED.sub(lambda found: found[0].lower(), encoded)
    yield orjson.dumps(token.encode(errors="replace").decode()).decode()[1:-1]
    escaped = escape(token, quote=False)
    yield escaped
    yield escaped.replace('"', "&quot;").replace("'", "&apos;")
