"""Secrets taken out of what is recorded."""

import re
from collections.abc import Mapping

MASKED = "***"
HIDDEN = ("cookie", "proxy-authorization", "set-cookie")
"""Headers nothing is shown of."""
SHORTEST_TOKEN = 8  # characters; what is shorter would be found in texts that it is no part of
PARAMETER = re.compile(
    r"\b(client_secret|client_assertion|password|access_token|refresh_token)(=)[^&\s\"]*"
)
MEMBER = re.compile(
    r'("(?:client_secret|client_assertion|password|access_token|refresh_token)"\s*:\s*")'
    r'(?:[^"\\]|\\.)*'
)


def find_token(headers: Mapping[str, str]) -> str:
    """Return the credentials of an Authorization header, which are to be shown nowhere."""
    token = headers.get("authorization", "").partition(" ")[2].strip()
    return token if len(token) >= SHORTEST_TOKEN else ""


def mask_text(text: str, token: str) -> str:
    """Return a text without the token, and without values of parameters that hold secrets."""
    text = text.replace(token, MASKED) if token else text
    return MEMBER.sub(rf"\g<1>{MASKED}", PARAMETER.sub(rf"\1\2{MASKED}", text))


def mask_headers(headers: Mapping[str, str], token: str) -> dict[str, str]:
    """Return headers, by names in lower case, without their secrets."""
    return {name: _mask_header(name, value, token) for name, value in headers.items()}


def _mask_header(name: str, value: str, token: str) -> str:
    if name in HIDDEN:
        return MASKED
    if name == "authorization":
        return f"{value.partition(' ')[0]} {MASKED}" if " " in value else MASKED
    return mask_text(value, token)
