"""Who a request says it comes from, before anybody has checked it."""

import re
from base64 import b64decode, urlsafe_b64decode
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
LENGTH = re.compile(r"\d{1,5}", re.ASCII)
LARGEST_FORM = 64 * 1024  # bytes; what is larger is no form of a token endpoint


def claim(environ: "WSGIEnvironment") -> str:
    """Return the client id that a request gives in its token, query, header, form or Basic header.

    Returns:
        The id, which may be anybody's; empty if there is none.
    """
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if authorization and (client := _read_bearer(authorization)):
        return client
    if client := _read_query(environ.get("QUERY_STRING", "")):
        return client
    if client := environ.get("HTTP_X_DW_CLIENT_ID", ""):
        return str(client)
    return _read_form(environ) or _read_basic(authorization)


@lru_cache(maxsize=1024)
def _read_bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return _read_subject(token.strip()) if scheme.lower() == "bearer" else ""


def read_expiry(authorization: str) -> float:
    """Return when the token of an Authorization header expires, unverified.

    Returns:
        Seconds of the epoch; 0 if it is no token.
    """
    until = _read_claims(authorization.partition(" ")[2].strip()).get("exp")
    return float(until) if isinstance(until, (int, float)) else 0.0


def _read_subject(token: str) -> str:
    """Return the subject of a JWT, unverified."""
    subject = _read_claims(token).get("sub")
    return subject if isinstance(subject, str) else ""


def _read_claims(token: str) -> dict[str, Any]:
    claims = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - RFC 7519, 3
    try:
        read: Any = orjson.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _read_query(query: str) -> str:
    return parse_qs(query).get("client_id", [""])[0] if "client_id=" in query else ""


def _read_form(environ: "WSGIEnvironment") -> str:
    """Return the client id of a form, which stays to be read by others."""
    length = environ.get("CONTENT_LENGTH") or ""
    of_form = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == FORM
    if not (of_form and LENGTH.fullmatch(length) and int(length) <= LARGEST_FORM):
        return ""
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    form = parse_qs(body.decode(errors="replace"))
    named = form.get("client_id", [""])[0]
    return named or _read_subject(form.get("client_assertion", [""])[0])


@lru_cache(maxsize=1024)
def _read_basic(authorization: str) -> str:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        client, colon, _ = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return ""
    return client if colon else ""  # what has no colon may be a secret
