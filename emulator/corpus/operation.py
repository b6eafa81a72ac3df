"""The operation of a request, such as ``GET /inventory_lists/{id}``; and whether it is a change."""

import re
from collections import defaultdict
from functools import cache
from urllib.parse import parse_qs, urlsplit

from emulator.corpus.exchange import Request, find_header
from emulator.ocapi.data_api import OWN

DATA_PATH = "/dw/data/"
OVERRIDE_HEADER = "x-dw-http-method-override"
OVERRIDE_PARAMETER = "method"
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
CHANGING_METHODS = re.compile(rb"POST|PUT|PATCH|DELETE", re.IGNORECASE)
SEARCH_END, TOKEN_END, BATCH_END = "_search", "/oauth2/access_token", "/dw/batch"


def name_operation(request: Request) -> str:
    """Return the method and the template of the Data API, or the path of another API.

    Args:
        request: The request; a method override counts.
    """
    method = request.method
    if method == "POST":
        method = find_header(request.headers, OVERRIDE_HEADER).upper() or method
    path = urlsplit(request.target).path
    _, data, below = path.partition(DATA_PATH)
    segments = [segment for segment in below.split("/")[1:] if segment]
    if not data or not segments:
        return f"{method} {path}"
    return f"{method} {_find_template(segments) or path}"


def is_change(request: Request) -> bool:
    """Return True for a request that may change documents.

    Reading methods, searches and requests for tokens change nothing, nor does a batch of reading
    requests. A request in doubt may change documents.
    """
    if request.method != "POST":
        return request.method not in READING_METHODS
    operation, path = name_operation(request), urlsplit(request.target).path
    content = request.body.content if request.body else b""
    if path.endswith(BATCH_END):
        named = " ".join(value for _, value in request.headers).encode("latin-1", "replace")
        return CHANGING_METHODS.search(named + b" " + content) is not None
    parameters = parse_qs(f"{urlsplit(request.target).query}&{content.decode('latin-1')}")
    is_overridden = OVERRIDE_PARAMETER in parameters or not operation.startswith("POST ")
    return is_overridden or not operation.endswith((SEARCH_END, TOKEN_END))


def _find_template(segments: list[str]) -> str:
    """Return the template of a path; a literal segment goes before an id."""
    found = [
        template
        for template in _list_templates()[len(segments)]
        if all(
            known.startswith("{") or known == sent
            for known, sent in zip(template, segments, strict=True)
        )
    ]
    best = min(found, key=lambda t: [segment.startswith("{") for segment in t], default=None)
    return f"/{'/'.join(best)}" if best else ""


@cache
def _list_templates() -> dict[int, list[list[str]]]:
    """Return the templates of the Data API by the number of segments."""
    templates: dict[int, list[list[str]]] = defaultdict(list)
    for template in OWN.templates:
        segments = template.split("/")
        templates[len(segments)].append(segments)
    return templates
