"""The Data API as a blueprint: routes made from the resources, one view, one exit."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Flask
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from emulator.family import FAULT as FAULT_TYPE
from emulator.family import INJECTED, Family
from emulator.ocapi.access import origin
from emulator.ocapi.answer import Answer
from emulator.ocapi.cache import AnswerCache
from emulator.ocapi.call import IS_CACHEABLE, Call, Route, Service
from emulator.ocapi.check import CHECKS, CHECKS_OF_OPTIONS, read_again
from emulator.ocapi.hook.point import plan
from emulator.ocapi.hook.run import answer_with_hooks, explain
from emulator.ocapi.meta import description
from emulator.ocapi.resource import list_methods
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import FAULT
from emulator.ocapi.schema.fault_samples import SAMPLES
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.verbs import VERBS
from emulator.ocapi.wire import envelope, formats, override, url, versions
from emulator.ocapi.wire.formats import Format
from emulator.ocapi.wire.override import OVERRIDDEN
from emulator.request import Response, current_request
from emulator.store import ATTEMPTS, StateConflict, StoreContended

NAME = "data"
VERSION_STATUS = "x-dw-version-status"
HEADERS = {  # ENV-8
    "Expires": "Thu, 01-Jan-1970 00:00:00 GMT",
    "Cache-Control": "max-age=0,no-cache,no-store,must-revalidate",
    VERSION_STATUS: versions.status(versions.CURRENT),
}
CONTENT_TYPES = {
    Format.JSON: "application/json;charset=UTF-8",
    Format.XML: "application/xml;charset=UTF-8",
}
FAULTS_BY_STATUS = {
    400: faults.MALFORMED_PARAMETER,
    413: faults.REQUEST_ENTITY_TOO_LARGE,
    500: faults.INTERNAL_SERVER_ERROR,
    503: faults.SERVICE_UNAVAILABLE,
}
"""The faults for errors that arise before or outside the checks."""
BODILESS = (204, 304)
JAVASCRIPT = "text/javascript;charset=UTF-8"
SCOPES = ("/s/<segment:_site>/dw/data/<segment:_version>", "/dw/data/<segment:_version>")


class SegmentConverter(BaseConverter):
    """One segment of a canonical path, any characters (URL-5)."""

    def to_python(self, value: str) -> str:
        """Return the id."""
        return url.decode_segment(value) if "%" in value else value


def register(app: Flask, service: Service) -> Family:
    """Add the Data API to an application.

    Args:
        app: The application.
        service: The configuration that all calls share.

    Returns:
        The family of all resources.

    Raises:
        UnknownHookError: No operation has the extension point of a hook.
    """
    paths = plan(service.api.routes, service.hooks)
    routes = {f"{NAME}.{path}": route for path, route in paths.items()}
    app.url_map.converters["segment"] = SegmentConverter

    def view(**segments: str) -> Response:
        request: Any = request_ctx.request
        request.environ[IS_CACHEABLE] = True
        route = routes[request.url_rule.endpoint]
        segments.pop("_site", None)
        del segments["_version"]
        return serve(Call(request, service, route, tuple(segments.values())))

    blueprint = Blueprint(NAME, __name__)
    for path, route in paths.items():
        for scope in SCOPES:
            blueprint.add_url_rule(
                f"{scope}/{path}",
                path,
                view,
                methods=route.allowed,
                merge_slashes=False,
            )
    app.register_blueprint(blueprint)
    return Family(
        name=NAME,
        paths=("/s", "/dw", "/dwsso"),
        application=AnswerCache(app, service.api.search_path),
        refuse=lambda error: _refuse(error, service),
        routes=app.url_map,
        operations=dict(_name_operations(routes)),
        faults={
            name: tuple(kind.arguments for kind in forms)
            for name, forms in service.api.fault_forms.items()
        },
        samples=SAMPLES,
        prepare=override.apply,
    )


def _name_operations(routes: Mapping[str, Route]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield endpoint and method with the operation's name in the Meta API."""
    for endpoint, route in routes.items():
        for method in (*route.methods, *route.operations):
            yield (endpoint, method), description.name_operation(method, route.template)


def serve(call: Call) -> Response:
    """Answer a call, with a fault document if a check or the verb refuses the call."""
    try:
        return _finish(call, _answer(call))
    except Fault as fault:
        return _finish(call, _answer_fault(call, fault))


def _answer(call: Call) -> Answer:
    """Check a call in the order of ORD-1, and answer by the operation or the verb of the route.

    A write that meets a newer state starts again (RST-5). A client that expects a state then gets
    a fault; the write of another client applies to the newer document.

    Raises:
        Fault: A check or the operation refuses the call.
        StoreContended: Each of ``ATTEMPTS`` has met a newer state.
    """
    if injected := call.request.environ.get(INJECTED):
        fault = call.service.api.make_fault(injected.name, injected.arguments)
        if injected.hint:
            fault.hint = injected.hint
        raise fault
    for check in CHECKS_OF_OPTIONS if call.method == "OPTIONS" else CHECKS:
        check(call)  # the first that fails decides the answer (FLT-5)
    if call.method == "OPTIONS":
        return _answer_options(call)
    operation, key = call.operation, call.key
    method = "GET" if call.method == "HEAD" else call.method
    answer = operation.answer if operation else VERBS[call.route.methods[method]]
    if points := call.route.hooks.get(method):
        return answer_with_hooks(call, points, answer)
    for _ in ATTEMPTS:
        try:
            return answer(call)
        except StateConflict:
            call.key = key  # operations may complete the key
            if call.declarations:
                read_again(call)  # another request may have deleted a declaration
    raise StoreContended


def _refuse(error: HTTPException, service: Service) -> Response:
    """Answer a request that has no route, or an error of the server (FLT-4)."""
    methods = frozenset(getattr(error, "valid_methods", None) or ())
    request = current_request()
    call = Call(request, service, methods=methods)
    if error.code in (404, 405):
        return serve(call)
    kind = FAULTS_BY_STATUS.get(error.code or 500, faults.INTERNAL_SERVER_ERROR)
    malformed = formats.find_malformed(request) if kind is faults.MALFORMED_PARAMETER else ()
    fault = kind(*malformed)
    if hint := explain(getattr(error, "original_exception", None)):
        fault.hint = hint
    return _finish(call, _answer_fault(call, fault))


def _answer_options(call: Call) -> Answer:
    """Answer the methods of a path (MET-2), to a preflight as well (SET-4)."""
    methods = list_methods(call.route.methods_of(call.version))
    preflight = "Access-Control-Request-Method" in call.request.headers
    more = dict(origin.allow_preflight(methods)) if call.origin and preflight else {}
    return Answer(204, headers={"Allow": methods, **more})


def _answer_fault(call: Call, fault: Fault) -> Answer:
    call.request.environ[FAULT_TYPE] = fault.kind.type
    content = envelope.wrap_fault(fault, call.version, call.dialect)
    return Answer(fault.kind.status, content, FAULT, fault.headers)


def _finish(call: Call, answer: Answer) -> Response:
    """Render an answer: the one way out, for documents and faults alike."""
    allowed = dict(origin.allow(call.origin)) if call.origin else {}
    status_of_version = {VERSION_STATUS: versions.status(call.version)}
    granted = call.permission.response_headers
    headers = {**HEADERS, **status_of_version, **allowed, **granted, **answer.headers}
    headers["x-dw-request-base-id"] = call.workspace.clock.identifier()
    status = answer.status
    body = None if answer.content is None else _render(call, answer, headers)
    if call.request.method == "HEAD" and status == 200:  # noqa: PLR2004 - MET-2
        status, body = 204, None
    elif call.request.environ.get(OVERRIDDEN) and call.request.method == "HEAD":
        body = b""  # the client sent a POST and would wait for the body
    if status not in BODILESS:
        headers["Content-Length"] = str(len(body or b""))
    # A list of parts: for bytes, werkzeug would look for the length and set it again.
    return Response([body] if body else [], status, headers)


def _render(call: Call, answer: Answer, headers: dict[str, str]) -> bytes:
    """Return the body of an answer, and add the headers of the format."""
    wanted = call.format or formats.preferred(call.request)
    parameters = call.request.parameters
    indent = parameters.get("pretty_print") == "true"
    headers["Content-Type"] = CONTENT_TYPES[wanted]
    content: Mapping[str, Any] = answer.content or {}
    data = formats.encode(wanted, content, answer.document, call.version, indent=indent)
    if parameters and (name := formats.callback(call.request)):
        data = formats.wrap(name, data)
        headers["Content-Type"] = JAVASCRIPT
        headers["X-Content-Type-Options"] = "nosniff"
    return data
