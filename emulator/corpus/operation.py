"""The operation of a recorded request, such as ``GET /inventory_lists/{id}``."""

from collections import defaultdict
from functools import cache
from urllib.parse import urlsplit

from emulator.corpus.exchange import Request, find_header
from emulator.ocapi.data_api import OWN

DATA_PATH = "/dw/data/"
OVERRIDE_HEADER = "x-dw-http-method-override"


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
