"""The Meta API (META): the APIs, the versions, and a description of each version."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from emulator.family import FAULT, Family
from emulator.ocapi.access import auth
from emulator.ocapi.call import Call, Service
from emulator.ocapi.check import check_site, refuse_version
from emulator.ocapi.meta import description as meta
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.wire import envelope, formats, versions
from emulator.request import current_request, read_sent_path

NAME = "meta"
ROOT = "/dw/meta/v1/rest"
SCOPES = ("", "/s/<segment:site>")
CACHE_CONTROL = "max-age=900,must-revalidate"
FAULTS_BY_STATUS = {
    400: faults.MALFORMED_PARAMETER,
    500: faults.INTERNAL_SERVER_ERROR,
    503: faults.SERVICE_UNAVAILABLE,
}
JSON = "application/json;charset=UTF-8"


def register(app: Flask, service: Service) -> Family:
    """Add the Meta API to an application; return the family of the Meta API."""
    blueprint = Blueprint(NAME, __name__)
    blueprint.before_request(lambda: _check(service))
    for path, (operation, answer) in OPERATIONS.items():
        view = _make_view(answer)
        for scope in SCOPES:
            blueprint.add_url_rule(f"{scope}{ROOT}{path}", operation, view)
    blueprint.register_error_handler(Fault, lambda fault: _refuse(service, fault))
    app.register_blueprint(blueprint)
    return Family(
        name=NAME,
        paths=("/dw/meta",),
        application=app.wsgi_app,
        refuse=lambda error: _refuse_http(service, error),
        routes=app.url_map,
        operations={(f"{NAME}.{name}", "GET"): name for name, _ in OPERATIONS.values()},
    )


def _make_view(answer: Callable[..., dict[str, Any]]) -> Callable[..., Response]:
    """Return a view for all scopes; the check before has looked at the site."""

    def view(site: str = "", **segments: str) -> Response:  # noqa: ARG001 - see above
        return _answer(answer(g.call, **segments))

    return view


def _check(service: Service) -> None:
    """Check the token of a client, then host and site: clients take 404 for a missing server."""
    request = current_request()
    call = g.call = Call(request, service)
    if "Authorization" not in request.headers:
        raise faults.AUTHORIZATION_HEADER_MISSING()
    auth.identify(request.headers, request.args, call.workspace)
    check_site(call)


def _list_apis(call: Call) -> dict[str, Any]:
    return meta.list_apis(_link(call))


def _list_versions(call: Call) -> dict[str, Any]:
    return meta.list_versions(f"{_link(call)}/data", call.service.versions)


def _describe(call: Call, version: str) -> dict[str, Any]:
    if not (versions.is_version(version) and call.service.accepts(version)):
        raise refuse_version(call, version)
    return meta.describe(
        call.service.api.resources,
        f"{request.root_path}{call.address.prefix}/dw/data/{version}",
        call.host,
        call.host_url.partition("://")[0],
        replaces_existing=call.dialect.replaces_existing,
    )


def _list_documents(call: Call, version: str) -> dict[str, Any]:
    link = f"{_link(call)}/data/{version}/documents"
    return meta.list_documents(link, _describe(call, version))


def _show_document(call: Call, version: str, name: str) -> dict[str, Any]:
    shown = meta.show_document(name, _describe(call, version))
    if shown is None:
        raise faults.RESOURCE_PATH_NOT_FOUND(call.path)
    return shown


OPERATIONS: Mapping[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "": ("getApis", _list_apis),
    "/data": ("getVersions", _list_versions),
    "/data/<version>": ("getDescription", _describe),
    "/data/<version>/documents": ("getDocuments", _list_documents),
    "/data/<version>/documents/<segment:name>": ("getDocument", _show_document),
}
"""The name and the function of each operation, by the path below ``ROOT``."""


def _link(call: Call) -> str:
    """Return the URL of the list of APIs, in the scope of the request."""
    return f"{call.root_url}{call.address.prefix}{ROOT}"


def _refuse_http(service: Service, error: HTTPException) -> Response:
    """Answer an unknown path or method after the check, or an error of the server."""
    if error.code in (404, 405):
        try:
            _check(service)
        except Fault as fault:
            return _refuse(service, fault)
    return _refuse(service, _translate(error))


def _translate(error: HTTPException) -> Fault:
    if isinstance(error, MethodNotAllowed):
        fault = faults.METHOD_NOT_ALLOWED(request.method)
        fault.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return fault
    kind = FAULTS_BY_STATUS.get(error.code or 500)
    if kind is None:
        return faults.RESOURCE_PATH_NOT_FOUND(read_sent_path(current_request()))
    malformed = formats.find_malformed(current_request())
    return kind(*malformed if kind is faults.MALFORMED_PARAMETER else ())


def _refuse(service: Service, fault: Fault) -> Response:
    request.environ[FAULT] = fault.kind.type
    content = envelope.wrap_fault(fault, versions.CURRENT, service.dialect)
    response = _answer(content, fault.kind.status)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(fault.headers)
    return response


def _answer(content: Mapping[str, Any], status: int = 200) -> Response:
    headers = {"Cache-Control": CACHE_CONTROL}
    return Response(orjson.dumps(content), status, headers, content_type=JSON)
