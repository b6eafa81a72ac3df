"""Secrets taken out of what is recorded."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode
from xml.sax.saxutils import escape

import orjson

MASKED = "***"
FORM = "application/x-www-form-urlencoded"
HIDDEN = (
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-authorization",
    "x-emulator-control-token",
)
"""Headers nothing is shown of."""
NAMES = (
    "access_token",
    "accesstoken",
    "assertion",
    "client_assertion",
    "client_secret",
    "id_token",
    "password",
    "refresh_token",
)
"""Parameters, members and elements whose values are secrets."""
NAME = "|".join(NAMES)
SHORTEST_TOKEN = 8  # characters; what is shorter would be found in texts that it is no part of
SHORTEST_PIECE = 4  # characters of a token that was cut off
# In texts that are neither a form nor JSON: of a URL, an XML document, a part of a body.
PARAMETER = re.compile(rf"\b({NAME})(=|%3D)([\"']?)[^&\s<>\"']*", re.IGNORECASE)
ELEMENT = re.compile(rf"(<({NAME})\b[^>]*>)[^<]*", re.IGNORECASE)
MEMBER = re.compile(rf'("(?:{NAME})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^,}}\s]+)', re.IGNORECASE)
ENCODED = re.compile(r"%[0-9A-F]{2}")
LINE = re.compile(r"^((?:authorization|cookie)[ \t]*:[ \t]*)[^\r\n]*", re.IGNORECASE | re.MULTILINE)
QUOTED = re.compile(r"(\b[Tt]oken ')[^']*(')")  # as faults quote a token that they refuse
PART = re.compile(rf'(name="?(?:{NAME})"?\r?\n(?:[^\r\n]+\r?\n)*\r?\n)[^\r\n]*', re.IGNORECASE)


class Mask:
    """Takes the secrets of one request out of texts.

    Args:
        authorization: The request's Authorization header, whose credentials nobody is to see.
    """

    def __init__(self, authorization: str) -> None:
        scheme, _, rest = authorization.strip().partition(" ")
        self.token = rest.strip() or scheme

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        text = self._spelled.sub(MASKED, text) if self._spelled else text
        text = PARAMETER.sub(rf"\1\2\3{MASKED}", ELEMENT.sub(rf"\1{MASKED}", text))
        text = PART.sub(rf"\1{MASKED}", MEMBER.sub(rf'\1"{MASKED}"', text))
        return QUOTED.sub(rf"\1{MASKED}\2", LINE.sub(rf"\1{MASKED}", text))

    def query(self, query: str) -> str:
        """Return a query, or a form, without secrets; as it was sent if there are none."""
        pairs = parse_qsl(query, keep_blank_values=True)
        masked = list(self._mask_pairs(pairs))
        return query if masked == pairs else urlencode(masked, safe="*")

    def parameters(self, query: str) -> dict[str, str]:
        """Return the parameters of a query by name, without secrets."""
        return dict(self._mask_pairs(parse_qsl(query, keep_blank_values=True)))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers, by names in lower case, without secrets."""
        return {name: self._mask_header(name, value) for name, value in headers.items()}

    def body(self, text: str, media_type: str, *, cut: bool) -> str:
        """Return a body without secrets; as it was sent if there are none.

        Args:
            text: The body, or the beginning of it.
            media_type: What it says to be.
            cut: Whether it is the beginning alone.
        """
        if media_type.partition(";")[0].strip().lower() == FORM:
            return self._without_piece(self.query(text)) if cut else self.query(text)
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self._without_piece(self.text(text)) if cut else self.text(text)
        masked = self._mask_value(value)
        return text if masked == value else orjson.dumps(masked).decode()

    @cached_property
    def _spellings(self) -> list[str]:
        """The token as URLs, JSON and XML write it, the longest first."""
        if len(self.token) < SHORTEST_TOKEN:
            return []
        decoded = self.token.encode("latin-1", "replace").decode(errors="replace")
        forms = {form for token in (self.token, decoded) for form in _spell(token)}
        return sorted(forms, key=len, reverse=True)

    @cached_property
    def _spelled(self) -> "re.Pattern[str] | None":
        if not self._spellings:
            return None
        return re.compile("|".join(map(re.escape, self._spellings)))

    def _without_piece(self, text: str) -> str:
        """Return a text that was cut off without the beginning of the token at its end."""
        for spelling in self._spellings:
            for length in range(len(spelling) - 1, SHORTEST_PIECE - 1, -1):
                if text.endswith(spelling[:length]):
                    return text[:-length] + MASKED
        return text

    def _mask_pairs(self, pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for name, value in pairs:
            yield self.text(name), MASKED if name.lower() in NAMES else self.text(value)

    def _mask_header(self, name: str, value: str) -> str:
        if name in HIDDEN:
            return MASKED
        if name == "authorization":
            return f"{value.partition(' ')[0]} {MASKED}" if " " in value.strip() else MASKED
        return self.text(value)

    def _mask_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self.text(name): MASKED if name.lower() in NAMES else self._mask_value(member)
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._mask_value(member) for member in value]
        return self.text(value) if isinstance(value, str) else value


def _spell(token: str) -> Iterator[str]:
    yield token
    for encoded in (quote(token, safe=""), quote(token)):
        yield encoded
        yield ENCODED.sub(lambda found: found[0].lower(), encoded)
    yield orjson.dumps(token).decode()[1:-1]
    yield escape(token)
    yield escape(token, {'"': "&quot;", "'": "&apos;"})
