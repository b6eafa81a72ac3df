"""The caller of a request: the client id in the request, not verified."""

import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
FORM_LENGTH = re.compile(r"\d{1,5}", re.ASCII)
"""Content-Length of a form; the bound ``MAX_FORM_BYTES`` has five digits."""
MAX_FORM_BYTES = 64 * 1024  # the bound of the token endpoints
MAX_PARAMETERS = 100  # the bound of the token endpoints
MAX_CACHED_HEADERS = 1024
MAX_CACHED_CHARACTERS = 2048  # of one header: bounded keys bound the bytes of the cache


def claim(environ: "WSGIEnvironment", form_client: str | None = None) -> str:
    """Return the client id of a token, a query, a header, a form or a Basic header, in this order.

    Args:
        environ: The request.
        form_client: The client id of the form, if read before; empty for none.

    Returns:
        The id, not verified; empty if the request has none.
    """
    authorization = read(environ, "HTTP_AUTHORIZATION")
    if authorization and (client := _get_client(_read_bearer(authorization))):
        return client
    if client := _read_query(read(environ, "QUERY_STRING")):
        return client
    if client := read(environ, "HTTP_X_DW_CLIENT_ID"):
        return client
    in_form = read_form(environ) if form_client is None else form_client
    return in_form or _read_basic(authorization)


def read(environ: "WSGIEnvironment", name: str) -> str:
    """Return a value of the environment as text, empty for no value.

    PEP 3333 asks for text, but some servers and adapters send numbers, bytes or None.
    """
    value = environ.get(name)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return "" if value is None else str(value)


def _read_bearer(authorization: str) -> Mapping[str, Any]:
    """Return the claims of a bearer token, not verified; none if there is no such token."""
    cached = len(authorization) <= MAX_CACHED_CHARACTERS
    return (_parse_bearer if cached else _parse_bearer.__wrapped__)(authorization)


@lru_cache(maxsize=MAX_CACHED_HEADERS)
def _parse_bearer(authorization: str) -> Mapping[str, Any]:
    scheme, _, token = authorization.partition(" ")
    return _read_claims(token.strip()) if scheme.lower() == "bearer" else {}


def read_expiry(authorization: str) -> float:
    """Return the expiry of an Authorization header's token, not verified.

    Returns:
        Seconds since the epoch; 0 if the header holds no token.
    """
    until = _read_bearer(authorization).get("exp")
    return float(until) if isinstance(until, (int, float)) else 0.0


def _get_client(claims: Mapping[str, Any]) -> str:
    """Return the client of a token's claims, empty if there is none.

    An assertion has no ``client_id``; the client is the subject.
    """
    client = claims.get("client_id", claims.get("sub"))
    return client if isinstance(client, str) else ""


def _read_claims(token: str) -> dict[str, Any]:
    claims = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - RFC 7519, 3
    try:
        found: Any = orjson.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read_query(query: str) -> str:
    return _find(query, "client_id") if "client_id=" in query else ""


def read_form(environ: "WSGIEnvironment") -> str:
    """Return the client id of a form; the body can be read again."""
    length, stream = read(environ, "CONTENT_LENGTH"), environ.get("wsgi.input")
    is_form = read(environ, "CONTENT_TYPE").partition(";")[0].strip().lower() == FORM_MEDIA_TYPE
    if not (is_form and stream and FORM_LENGTH.fullmatch(length) and int(length) <= MAX_FORM_BYTES):
        return ""
    body = stream.read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    form = body.decode(errors="replace")
    return _find(form, "client_id") or _get_client(_read_claims(_find(form, "client_assertion")))


def _find(parameters: str, name: str) -> str:
    """Return the first value of a parameter; empty if missing, or for too many parameters."""
    if parameters.count("&") >= MAX_PARAMETERS:
        return ""
    return parse_qs(parameters).get(name, [""])[0]


def _read_basic(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        client, colon, _ = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return ""
    return client if colon else ""  # a text without a colon may be a secret
