"""Exchanges as an HTTP Archive 1.2, the format of browsers and proxies."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib import metadata
from typing import Any

from emulator.recording.exchange import Exchange

HTTP_VERSION = "HTTP/1.1"
UNKNOWN_SIZE = -1  # the value of the format


def export(exchanges: Iterable[Exchange], base: str) -> dict[str, Any]:
    """Return an archive.

    Args:
        exchanges: The entries.
        base: Scheme and host of all URLs.
    """
    creator = {"name": "ocapi-emulator", "version": metadata.version("ocapi-emulator")}
    entries = [_show_entry(exchange.show(), base) for exchange in exchanges]
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _show_entry(shown: Mapping[str, Any], base: str) -> dict[str, Any]:
    milliseconds = shown["seconds"] * 1000
    return {
        "startedDateTime": shown["at"],
        "time": milliseconds,
        "request": _show_request(shown, base),
        "response": _show_response(shown),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_operation": shown["operation"],
        "_fault": shown["fault"],
        "_failpoint": shown["failpoint"],
        "_stub": shown["stub"],
        "_upstream": shown["upstream"],
    }


def _show_request(shown: Mapping[str, Any], base: str) -> dict[str, Any]:
    headers, body = shown["request"]["headers"], shown["request"]["body"]
    query = f"?{shown['query']}" if shown["query"] else ""
    entry = {
        "method": shown["method"],
        "url": f"{base}{shown['path']}{query}",
        "httpVersion": HTTP_VERSION,
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": _pairs(shown["parameters"]),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": body["size"],
    }
    return entry | ({"postData": _content(headers, body)} if body["size"] else {})


def _show_response(shown: Mapping[str, Any]) -> dict[str, Any]:
    headers, body, status = shown["answer"]["headers"], shown["answer"]["body"], shown["status"]
    known = status in set(HTTPStatus)
    return {
        "status": status,
        "statusText": HTTPStatus(status).phrase if known else "",
        "httpVersion": HTTP_VERSION,
        "cookies": [],
        "headers": _pairs(headers),
        "content": {"size": body["size"], **_content(headers, body)},
        "redirectURL": headers.get("location", ""),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": body["size"],
    }


def _content(headers: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
    media_type = {"mimeType": headers.get("content-type", "")}
    if "base64" in body:
        return {**media_type, "text": body["base64"], "encoding": "base64"}
    return {**media_type, "text": body["text"]}


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]
