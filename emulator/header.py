"""Response headers of a user's own, from settings documents and failpoints (RFC 9110, section 5).

The server sets the length, the framing and the date of each answer itself, so a user cannot set
these. A WSGI application sends no header of a connection (PEP 3333): waitress answers 500 to it.
``Set-Cookie`` may be set: a client must handle the cookies of a real instance, and only the owner
of the server writes settings and failpoints.

A failpoint or a stub has a body of its own, perhaps compressed. A settings document adds headers to
the bodies of the API, each of them whole and without a coding.
"""

import re

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
SERVER_HEADERS = (
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "server",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
)
CODING_HEADERS = ("content-encoding", "content-range")
"""Headers about the coding or the range of a body, right only beside a body of the same owner."""


def find_problem(name: str, value: str) -> str:
    """Return the problem of a header, or an empty string if a user may set the header."""
    if not NAME.fullmatch(name):
        return "is not a valid header name"
    if name.lower() in SERVER_HEADERS:
        return "is set by the server itself"
    return "" if VALUE.fullmatch(value) else "has a value that no header can carry"


def find_problem_beside(name: str, value: str) -> str:
    """Return the problem of a header beside a body of the API, or an empty string for none."""
    if name.lower() in CODING_HEADERS:
        return "describes a coded or partial body, but the API sends each body whole and uncoded"
    return find_problem(name, value)
