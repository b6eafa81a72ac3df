"""The Meta API (META): which APIs are served, in which versions, and a description of each."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from emulator.family import FAULT, Family
from emulator.ocapi.access import auth
from emulator.ocapi.call import NO_MATCH, Call, Service
from emulator.ocapi.meta import description as meta
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import envelope, url
from emulator.ocapi.wire.request import Request
from emulator.store import StoreUnavailable
from emulator.workspace.crash import log_outage
from emulator.workspace.workspace import current

PREFIX = "/dw/meta"
ROOT = f"{PREFIX}/v1/rest"
BASE_PATH = "/s/-/dw/data"
CACHED = "max-age=900,must-revalidate"
JSON = "application/json;charset=UTF-8"
OPERATIONS = {"apis": "getApis", "versions": "getVersions", "description": "getDescription"}


def create_family(service: Service) -> Family:
    """Return the family of the Meta API."""
    app = Flask("emulator.ocapi.meta.api", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.before_request(lambda: _check(service))
    app.add_url_rule(ROOT, "apis", _list_apis)
    app.add_url_rule(f"{ROOT}/data", "versions", _list_versions)
    app.add_url_rule(f"{ROOT}/data/<version>", "description", _describe)

    @app.errorhandler(Fault)
    def refuse(fault: Fault) -> Response:
        return _refuse(service, fault)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        return _refuse(service, _translate(error))

    @app.errorhandler(StoreUnavailable)
    def wait(error: StoreUnavailable) -> Response:
        log_outage(request.method, request.path, error)
        return _refuse(service, faults.SERVICE_UNAVAILABLE())

    @app.errorhandler(Exception)
    def crash(error: Exception) -> Response:
        current(request.environ).crashes.record(request.method, request.path, error)
        return _refuse(service, faults.INTERNAL_SERVER_ERROR())

    operations = {(endpoint, "GET"): name for endpoint, name in OPERATIONS.items()}
    return Family("meta", app, app.url_map, operations)


def _check(service: Service) -> None:
    """Demand a token, of any client; who sends none must not take the server for gone."""
    call = g.call = Call(Request(request.environ), NO_MATCH, service)
    if not url.is_host(call.host):
        raise faults.INVALID_HOST_HEADER(call.host)
    if "Authorization" not in request.headers:
        raise faults.AUTHORIZATION_HEADER_MISSING()
    auth.identify(request.headers, request.args, service.tokens(call.workspace), call.store)


def _list_apis() -> Response:
    return _answer(meta.list_apis(f"{g.call.host_url}{ROOT}"))


def _list_versions() -> Response:
    return _answer(meta.list_versions(f"{g.call.host_url}{ROOT}/data", [url.SERVED]))


def _describe(version: str) -> Response:
    call: Call = g.call
    if version != url.SERVED:
        raise faults.VERSION_NOT_FOUND(version)
    description = meta.describe(
        RESOURCES,
        f"{BASE_PATH}/{version}",
        call.host,
        call.host_url.partition("://")[0],
        replaces_existing=call.dialect.replaces_existing,
    )
    return _answer(description)


def _translate(error: HTTPException) -> Fault:
    if not isinstance(error, MethodNotAllowed):
        return faults.RESOURCE_PATH_NOT_FOUND(request.path)
    fault = faults.METHOD_NOT_ALLOWED(request.method)
    fault.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return fault


def _refuse(service: Service, fault: Fault) -> Response:
    request.environ[FAULT] = fault.kind.type
    content = envelope.wrap_fault(fault, url.number(url.SERVED), service.dialect)
    response = _answer(content, fault.kind.status)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(fault.headers)
    return response


def _answer(content: Mapping[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": CACHED}
    return Response(orjson.dumps(content), status, headers, content_type=JSON)
