"""Method override (MET-3): a POST that stands for another method."""

from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from emulator.family import TOO_LARGE
from emulator.ocapi.wire.formats import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
MAX_PARAMETERS = 100  # a form or query with more of them is not searched: parsing is slow
HEADER = "HTTP_X_DW_HTTP_METHOD_OVERRIDE"
ALLOWED = ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OVERRIDDEN = "emulator.overridden"
"""The key of the WSGI environment by which a request is known to have been a POST."""
REFUSED = "emulator.refused_override"
"""The key of the WSGI environment that holds an override which is not allowed."""


def apply(environ: "WSGIEnvironment") -> None:
    """Give a request the method it asks for, before it is routed.

    It is not answered here: an override that is not allowed is left in the environment, for the
    first of the checks to refuse.
    """
    if environ["REQUEST_METHOD"] != "POST":
        return
    method = requested(environ)
    if method in ALLOWED:
        environ["REQUEST_METHOD"] = method
        environ[OVERRIDDEN] = True
    elif method is not None:
        environ[REFUSED] = method


def requested(environ: "WSGIEnvironment") -> str | None:
    """Return the method that a POST asks for: by query, by form, by header; or None."""
    if (method := _find_method(environ.get("QUERY_STRING", ""))) is not None:
        return method
    if (method := _take_from_form(environ)) is not None:
        return method
    header: str | None = environ.get(HEADER)
    return header


def _take_from_form(environ: "WSGIEnvironment") -> str | None:
    """Return the form's ``method``; a form that has one is spent: the request has no body then."""
    if parse_options_header(environ.get("CONTENT_TYPE"))[0].lower() != FORM:
        return None
    body = get_input_stream(environ).read(LARGEST_BODY + 1)
    method = _find_method(body.decode(errors="replace"))
    if method is None:
        environ["wsgi.input"] = BytesIO(body)
        return None
    environ |= {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0", "CONTENT_TYPE": ""}
    environ[TOO_LARGE] = environ.get(TOO_LARGE) or len(body) > LARGEST_BODY
    return method


def _find_method(parameters: str) -> str | None:
    if parameters.count("&") >= MAX_PARAMETERS:
        return None
    found = parse_qs(parameters, keep_blank_values=True)
    return found["method"][0] if "method" in found else None
