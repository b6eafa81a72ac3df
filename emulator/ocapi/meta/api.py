"""The Meta API (META): which APIs are served, in which versions, and a description of each."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from emulator.family import FAULT, Family
from emulator.ocapi.access import auth
from emulator.ocapi.call import Call, Service
from emulator.ocapi.meta import description as meta
from emulator.ocapi.resources import RESOURCES
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import envelope, url
from emulator.request import current_request

NAME = "meta"
PREFIX = "/dw/meta"
ROOT = f"{PREFIX}/v1/rest"
BASE_PATH = "/s/-/dw/data"
CACHED = "max-age=900,must-revalidate"
FAULTS_BY_STATUS = {500: faults.INTERNAL_SERVER_ERROR, 503: faults.SERVICE_UNAVAILABLE}
JSON = "application/json;charset=UTF-8"
OPERATIONS = {"apis": "getApis", "versions": "getVersions", "description": "getDescription"}


def register(app: Flask, service: Service) -> Family:
    """Add the Meta API to an application; return its family."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.before_request(lambda: _check(service))
    blueprint.add_url_rule(ROOT, "apis", _list_apis)
    blueprint.add_url_rule(f"{ROOT}/data", "versions", _list_versions)
    blueprint.add_url_rule(f"{ROOT}/data/<version>", "description", _describe)
    blueprint.register_error_handler(Fault, lambda fault: _refuse(service, fault))
    app.register_blueprint(blueprint)
    return Family(
        name=NAME,
        paths=(PREFIX,),
        application=app.wsgi_app,
        refuse=lambda error: _refuse_http(service, error),
        routes=app.url_map,
        operations={(f"{NAME}.{endpoint}", "GET"): name for endpoint, name in OPERATIONS.items()},
    )


def _check(service: Service) -> None:
    """Demand a token of any client; a client without one must not get a 404."""
    request = current_request()
    call = g.call = Call(request, service)
    if not url.is_host(call.host):
        raise faults.INVALID_HOST_HEADER(call.host)
    if "Authorization" not in request.headers:
        raise faults.AUTHORIZATION_HEADER_MISSING()
    auth.identify(request.headers, request.args, service.tokens(call.workspace), call.store)


def _refuse_http(service: Service, error: HTTPException) -> Response:
    """Answer an unknown path or method after the token, or an error of the server."""
    if error.code in (404, 405):
        try:
            _check(service)
        except Fault as fault:
            return _refuse(service, fault)
    return _refuse(service, _translate(error))


def _list_apis() -> Response:
    return _answer(meta.list_apis(f"{g.call.root_url}{ROOT}"))


def _list_versions() -> Response:
    return _answer(meta.list_versions(f"{g.call.root_url}{ROOT}/data", [url.SERVED]))


def _describe(version: str) -> Response:
    call: Call = g.call
    if version != url.SERVED:
        raise faults.VERSION_NOT_FOUND(version)
    description = meta.describe(
        RESOURCES,
        f"{request.root_path}{BASE_PATH}/{version}",
        call.host,
        call.host_url.partition("://")[0],
        replaces_existing=call.dialect.replaces_existing,
    )
    return _answer(description)


def _translate(error: HTTPException) -> Fault:
    if isinstance(error, MethodNotAllowed):
        fault = faults.METHOD_NOT_ALLOWED(request.method)
        fault.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return fault
    kind = FAULTS_BY_STATUS.get(error.code or 500)
    return kind() if kind else faults.RESOURCE_PATH_NOT_FOUND(request.path)


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
