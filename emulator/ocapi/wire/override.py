"""Method override (MET-3): a POST in place of another method."""

from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from emulator.family import TOO_LARGE
from emulator.ocapi.wire.formats import MAX_BODY_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_PARAMETERS = 100  # of a query or form; the search in more would be slow
OVERRIDE_HEADER = "HTTP_X_DW_HTTP_METHOD_OVERRIDE"
ALLOWED_METHODS = ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OVERRIDDEN = "emulator.overridden"
"""The key of the WSGI environment for an overridden request: the client sent a POST."""
REFUSED = "emulator.refused_override"
"""The key of the WSGI environment with the name of a refused method."""
MAX_METHOD_CHARACTERS = 100
MAX_ENCODED_CHARACTERS = 3  # of one character of a form


def apply(environ: "WSGIEnvironment") -> None:
    """Override the method of a request, before routing.

    An override that is not allowed stays in the environment. The first of the checks refuses the
    request.
    """
    if environ["REQUEST_METHOD"] != "POST":
        return
    method = requested(environ)
    if method in ALLOWED_METHODS:
        environ["REQUEST_METHOD"] = method
        environ[OVERRIDDEN] = True
    elif method is not None:
        environ[REFUSED] = method


def requested(environ: "WSGIEnvironment") -> str | None:
    """Return the method in the query, the form or the header of a POST, in this order; or None."""
    query = environ.get("QUERY_STRING", "").encode("latin-1", "replace")
    if (method := _find_method(query)) is not None:
        return method
    if (method := _take_from_form(environ)) is not None:
        return method
    header: str | None = environ.get(OVERRIDE_HEADER)
    return header


def _take_from_form(environ: "WSGIEnvironment") -> str | None:
    """Return the ``method`` of a form, or None.

    A form with a ``method`` is used up: after that the request has no body.
    """
    if parse_options_header(environ.get("CONTENT_TYPE"))[0].lower() != FORM_TYPE:
        return None
    body = get_input_stream(environ).read(MAX_BODY_BYTES + 1)
    method = _find_method(body)
    if method is None:
        environ["wsgi.input"] = BytesIO(body)
        return None
    environ |= {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0", "CONTENT_TYPE": ""}
    environ[TOO_LARGE] = environ.get(TOO_LARGE) or len(body) > MAX_BODY_BYTES
    return method


def _find_method(parameters: bytes) -> str | None:
    """Return the first ``MAX_METHOD_CHARACTERS`` of the parameter ``method``, or None.

    Long names and values stay encoded: the decoded form of 5 MB takes 300 MB.
    """
    if parameters.count(b"&") >= MAX_PARAMETERS:
        return None
    for field in parameters.split(b"&"):
        name, _, value = field.partition(b"=")
        if len(name) <= MAX_ENCODED_CHARACTERS * len("method") and _unquote(name) == "method":
            beginning = value[: MAX_ENCODED_CHARACTERS * MAX_METHOD_CHARACTERS]
            return _unquote(beginning)[:MAX_METHOD_CHARACTERS]
    return None


def _unquote(text: bytes) -> str:
    return unquote_plus(text.decode(errors="replace"), errors="replace")
