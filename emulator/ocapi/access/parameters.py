"""Parameters of the OAuth endpoints: strictly decoded, bounded in number and bytes (AUT-4)."""

from urllib.parse import parse_qsl

from flask import Request

from emulator.ocapi.access.oauth_error import OAuthError

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 64 * 1024
MAX_PARAMETERS = 100


def read_query(request: Request) -> dict[str, str]:
    """Return the parameters of the query.

    Raises:
        OAuthError: See ``_parse``.
    """
    try:
        data = request.environ.get("QUERY_STRING", "").encode("latin-1")
    except UnicodeEncodeError as error:  # from a server that decodes more than PEP 3333 allows
        raise _invalid("The query string isn't UTF-8") from error
    return _parse(data, "query string")


def read_form(request: Request) -> dict[str, str]:
    """Return the parameters of the form; empty for a body of another media type.

    Raises:
        OAuthError: See ``_parse``.
        RequestEntityTooLarge: The body is larger than ``MAX_FORM_BYTES``.
    """
    if request.mimetype != FORM_MEDIA_TYPE:
        return {}
    length = request.environ.get("CONTENT_LENGTH")
    if isinstance(length, int):  # from an adapter that ignores PEP 3333; werkzeug needs text
        request.environ["CONTENT_LENGTH"] = str(length)
    request.max_content_length = MAX_FORM_BYTES
    return _parse(request.get_data(), "form")


def _parse(data: bytes, source: str) -> dict[str, str]:
    """Return the parameters of url-encoded bytes.

    Raises:
        OAuthError: invalid_request, the bytes or the values are not UTF-8, there are too many
            parameters, or a parameter is given more than once (RFC 6749, section 3.2).
    """
    # Counted before anything is parsed: parsing costs a hundred times as much as counting.
    if data.count(b"&") >= MAX_PARAMETERS:
        raise _invalid(f"The {source} has more than {MAX_PARAMETERS} parameters")
    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise _invalid(f"The {source} isn't UTF-8") from error
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise _invalid("A parameter is given more than once")
    return parameters


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)
