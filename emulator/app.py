"""The application: all families, the front door, and one exit for errors."""

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, current_app
from flask import Request as FlaskRequest
from flask.globals import request_ctx
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    ServiceUnavailable,
)
from werkzeug.routing import Map, MapAdapter, Rule, RuleFactory

from emulator import startup
from emulator.account_manager import app as account_manager
from emulator.account_manager.context import Access
from emulator.account_manager.fixture import COLLECTIONS as ACCOUNT_COLLECTIONS
from emulator.config import ACCOUNT_MANAGER, INVENTORY_SERVICE, WEBDAV, Config
from emulator.console import app as console
from emulator.console import page
from emulator.console.setup import Setup
from emulator.control import app as control
from emulator.extending.check import extend
from emulator.extending.error import ExtensionError
from emulator.extending.source import read_extensions
from emulator.fallback.answer import Fallback
from emulator.fallback.upstream import Upstream
from emulator.family import DROPPED, FAMILY, Family, find_endpoint
from emulator.fixture.data_set import Collection
from emulator.front_door import FrontDoor, RecordOptions, record
from emulator.inventory_service import app as inventory_service
from emulator.inventory_service.fixture import COLLECTIONS as INVENTORY_COLLECTIONS
from emulator.ocapi import app as data
from emulator.ocapi.access import oauth, permission, stub_access, traffic
from emulator.ocapi.access.auth import identify_bearer
from emulator.ocapi.access.client import check_certificate
from emulator.ocapi.access.direct_token import issue_token
from emulator.ocapi.access.file_access import find_permissions
from emulator.ocapi.batch import api as batch
from emulator.ocapi.call import Service
from emulator.ocapi.data_api import OWN, DataApi
from emulator.ocapi.factory import Factory
from emulator.ocapi.hook.point import Hook, UnknownHookError
from emulator.ocapi.meta import api as meta
from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.code import folders
from emulator.recording.exchange import Reply
from emulator.recording.log import RequestLog, open_log
from emulator.request import PlainResponse, Request, current_request
from emulator.store import StoreUnavailable
from emulator.webdav import app as webdav
from emulator.workspace.crash import log_outage
from emulator.workspace.failpoint import ConnectionDropped, Declaration
from emulator.workspace.registry import Workspaces, current
from emulator.workspace.stub import Readers, StubDeclaration
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger("emulator")

EXTENSION = "ocapi_emulator"
SERVICE = "ocapi_emulator_service"
LOG = "ocapi_emulator_log"
FAMILIES = "ocapi_emulator_families"
PART = "emulator.part"
"""The key of the WSGI environment that marks a part of a batch request."""
MAX_PARSED_RULES = 1024
MAX_MATCHES = 1024
MAX_MATCHED_LENGTH = 512  # of the path, in characters
PARSED_RULES: dict[Hashable, tuple[Any, Any, Any, frozenset[str]]] = {}
"""Trace, converters, parts and names of arguments of the parsed routing rules."""
OTHER_COLLECTIONS = (*INVENTORY_COLLECTIONS, *ACCOUNT_COLLECTIONS)


def create_app(config: Config | None = None, **knobs: Any) -> Flask:
    """Return the Flask application that serves all APIs of the emulator.

    Without the shared store the application answers 503 until the store is there. So a server of
    several processes can replace a process meanwhile.

    Args:
        config: The configuration. Without one the ``OCAPI_EMULATOR_*`` variables decide.
        **knobs: Fields of ``Config``, in place of ``config``; they win over the variables.

    Raises:
        ConfigError: A field has an invalid value.
        ExtensionError: A resource or hook of a user cannot be used; the error is a ConfigError.
        FixtureError: The data set has errors.
        RuleError: The file of failpoints, or a file of stubs, has errors.
        SettingsError: The settings document has errors.
        TypeError: Both ``config`` and fields are given.
    """
    if config and knobs:
        raise TypeError("create_app takes a Config or its fields, not both")
    app = make_app(config or Config.from_environment(**knobs))
    try:
        workspaces_of(app).open()
    except StoreUnavailable as error:
        logger.warning("%s; requests get 503 until the store is there", error)
    return app


def make_app(config: Config) -> Flask:
    """Return the application of a configuration, before the store is reached.

    Raises:
        ConfigError: See ``create_app``, with the other errors.
    """
    app = Application("emulator", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # each API answers OPTIONS in its own way
    service = app.extensions[SERVICE] = _make_service(config)
    log = app.extensions[LOG] = open_log(config.log, verbose=config.verbose)
    families, options = _register(app, service, log)
    readers = Readers(
        Declaration(families), StubDeclaration(_find_operation_of(app, tuple(families)))
    )
    collections = list_collections(service.api)
    workspaces = startup.open_workspaces(config, collections, readers, families)
    families.append(_register_control(app, service, readers, families[0]))
    app.extensions[EXTENSION] = workspaces
    app.extensions[FAMILIES] = tuple(families)
    app.owners = {family.name: family.name for family in families}
    app.owners[page.BLUEPRINT] = families[-1].name
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = True  # for routes of users
    app.before_request(_check)
    app.register_error_handler(HTTPException, _refuse)
    app.register_error_handler(StoreUnavailable, _refuse_outage)
    app.register_error_handler(ConnectionDropped, _drop)
    app.register_error_handler(Exception, _refuse_crash)
    app.wsgi_app = FrontDoor(families, workspaces, options, is_shared=config.is_shared)  # type: ignore[method-assign]
    return app


def make_api(resources: Iterable[Resource]) -> DataApi:
    """Return the Data API with the resources of users.

    Raises:
        ExtensionError: A resource cannot be served.
    """
    return extend(OWN, resources, OTHER_COLLECTIONS)


def _make_service(config: Config) -> Service:
    """Return the configuration of all calls, with resources and hooks of users.

    Raises:
        ExtensionError: A resource or a hook cannot be used.
    """
    extension = read_extensions(config.resources, config.hooks)
    hooks: dict[str, list[Hook]] = {}
    for name, hook in extension.hooks:
        hooks.setdefault(name, []).append(hook)
    return Service(config, make_api(extension.resources), hooks)


def list_collections(api: DataApi) -> tuple[Collection, ...]:
    """Return the collections of data sets of all APIs."""
    return (*api.collections, *OTHER_COLLECTIONS)


def _find_operation_of(app: Flask, families: Iterable[Family]) -> Callable[[str, str], str]:
    """Return a function that names the operation of a method and a path; empty for none."""

    def find(method: str, path: str) -> str:
        names = (family.name_operation(method, path) for family in families)
        endpoint = find_endpoint(app.url_map, method, path)
        return endpoint and next(filter(None, names), endpoint)

    return find


def _register(
    app: Flask, service: Service, log: RequestLog | None
) -> tuple[list[Family], RecordOptions]:
    """Add the families; the first serves all paths that no other family names.

    Raises:
        ExtensionError: There is no operation for the name of a hook.
    """
    config = service.config
    try:
        resources = data.register(app, service)
    except UnknownHookError as error:
        raise ExtensionError(str(error)) from error
    upstream = Upstream(config.upstream) if config.upstream else None
    fallback = Fallback(app.url_map, stub_access.check, resources, upstream)
    options = RecordOptions(config.journal_body, log, fallback)

    def serve_part(environ: "WSGIEnvironment", workspace: Workspace) -> Reply:
        environ[FAMILY], environ[PART] = resources, True
        return record(environ, workspace, options)

    families = [
        resources,
        oauth.register(app, service),
        meta.register(app, service),
        batch.register(app, service, serve_part),
    ]
    if INVENTORY_SERVICE not in config.left_out:
        families.append(inventory_service.register(app, config))
    if WEBDAV not in config.left_out:
        own_names = (*config.hosts, *config.tls_names)
        families.append(webdav.register(app, find_permissions, folders.prepare, own_names))
    if ACCOUNT_MANAGER not in config.left_out:
        access = Access(identify_bearer, check_certificate)
        families.append(account_manager.register(app, access))
    return families, options


def _register_control(app: Flask, service: Service, readers: Readers, resources: Family) -> Family:
    """Add the control plane and the console; return the family of both."""
    collections, functions = list_collections(service.api), _list_functions(service.api)
    family = control.register(app, service.config, readers, collections, functions)
    setup = Setup(
        service.config,
        resources,
        app.wsgi_app,
        service.api.resources,
        collections,
        issue_token,
        functions.summarize,
    )
    return console.register(app, setup, family)


def _list_functions(api: DataApi) -> control.Permissions:
    """Return the functions of the Data API for the control plane."""
    return control.Permissions(
        permission.read,
        lambda exchanges: traffic.summarize(traffic.read_uses(exchanges), api.templates),
        lambda workspace, client_id: issue_token(workspace, client_id)._asdict(),
        lambda workspace, name, given: Factory(api, workspace).create(name, given),
    )


def workspaces_of(app: Flask) -> Workspaces:
    """Return the workspaces of an application."""
    found: Workspaces = app.extensions[EXTENSION]
    return found


def families_of(app: Flask) -> tuple[Family, ...]:
    """Return the APIs of an application, with the names of their faults and operations."""
    found: tuple[Family, ...] = app.extensions[FAMILIES]
    return found


def api_of(app: Flask) -> DataApi:
    """Return the Data API of an application."""
    service: Service = app.extensions[SERVICE]
    return service.api


def unserved_of(app: Flask) -> Mapping[str, int]:
    """Return the number of requests by the hint about a missing operation or version (URL-8)."""
    service: Service = app.extensions[SERVICE]
    return service.unserved


def log_of(app: Flask) -> RequestLog | None:
    """Return the log of an application's requests; None for no log."""
    found: RequestLog | None = app.extensions[LOG]
    return found


class _Json(DefaultJSONProvider):
    """JSON with stored values, members in the given order."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Return a value as text."""
        return orjson.dumps(obj, default=self._encode).decode()

    @staticmethod
    def _encode(value: Any) -> Any:
        return dict(value) if hasattr(value, "keys") else DefaultJSONProvider.default(value)


class LazyRule(Rule):
    """A routing rule that is parsed once in a process, and compiles its URL builder on first use.

    Werkzeug parses each rule again for each application, though all have the same hundreds of
    rules, and compiles the builder with the rule, though only ``url_for`` ever needs one.
    """

    def compile(self) -> None:
        """Parse the rule, or take over the result of an equal rule of another application."""
        converters = tuple(self.map.converters.items())
        domain = self.map.host_matching, self.host, self.subdomain
        key = (self.rule, self.merge_slashes, *domain, converters)
        if key in PARSED_RULES:
            self._trace, self._converters, self._parts, arguments = PARSED_RULES[key]
            self.arguments = self.arguments | arguments
            self._build = _build.__get__(self)
            self._build_unknown = _build_with_unknown.__get__(self)
            return
        super().compile()
        if len(PARSED_RULES) < MAX_PARSED_RULES:
            parsed = self._trace, self._converters, self._parts, frozenset(self.arguments)
            PARSED_RULES[key] = parsed

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - werkzeug's signature
        return _build_with_unknown if append_unknown else _build


def _build(rule: Rule, **values: Any) -> tuple[str, str]:
    """Build a URL, and keep the compiled builder."""
    compiled = Rule._compile_builder(rule, append_unknown=False)  # noqa: SLF001
    rule._build = compiled.__get__(rule)  # noqa: SLF001
    return compiled(rule, **values)


def _build_with_unknown(rule: Rule, **values: Any) -> tuple[str, str]:
    """Build a URL with unknown values as its query, and keep the compiled builder."""
    compiled = Rule._compile_builder(rule, append_unknown=True)  # noqa: SLF001
    rule._build_unknown = compiled.__get__(rule)  # noqa: SLF001
    return compiled(rule, **values)


class RouteMap(Map):
    """Routing rules, with the latest matches of the Data API's routes.

    Attributes:
        matches: The rule and the values of a path and a method. All paths of the Data API have
            the same converters, whose results depend on the path alone.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.matches: dict[tuple[str, str], tuple[Rule, Mapping[str, Any]]] = {}

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a rule; it may be the better match of any path."""
        self.matches.clear()
        super().add(rulefactory)


class RouteMapAdapter(MapAdapter):
    """The routes of a request, with the matches of earlier requests.

    Werkzeug tries the 333 paths segment by segment, which takes as long as the operation of a GET.
    """

    map: RouteMap

    def match(self, *given: Any, **options: Any) -> Any:
        """Return the match of the request, as werkzeug does; see ``MapAdapter.match``."""
        if given or options != {"return_rule": True}:
            return super().match(*given, **options)
        key = self.path_info, self.default_method
        if known := self.map.matches.get(key):
            return known[0], dict(known[1])
        rule, values = super().match(return_rule=True)
        if rule.endpoint.startswith(f"{data.NAME}.") and len(self.path_info) < MAX_MATCHED_LENGTH:
            if len(self.map.matches) >= MAX_MATCHES:
                self.map.matches.clear()
            self.map.matches[key] = rule, dict(values)
        return rule, values


class Application(Flask):
    """Flask with a request class and a URL adapter that cost less for each request.

    Attributes:
        owners: The name of the API by blueprint. Most blueprints have the name of the API.
    """

    owners: Mapping[str, str] = MappingProxyType({})
    request_class = Request
    response_class = PlainResponse
    url_map_class = RouteMap
    url_rule_class = LazyRule
    json_provider_class = _Json

    def create_url_adapter(self, request: FlaskRequest | None) -> MapAdapter | None:
        """Return the URL adapter of a request."""
        if request is None or self.config["TRUSTED_HOSTS"] or self.url_map.host_matching:
            return super().create_url_adapter(request)
        host = request.environ.get("HTTP_HOST") or request.environ.get("SERVER_NAME", "")
        scheme, path, method = request.scheme, request.path, request.method
        return RouteMapAdapter(self.url_map, host, request.root_path, "", scheme, path, method)


def _current_family() -> Family:
    found: Family = current_request().environ[FAMILY]
    return found


def _check() -> None:
    """Check the bytes of the query and the case of the method; then the family's own rules.

    Raises:
        BadRequest: The query has bytes that are not UTF-8.
        MethodNotAllowed: The method is not in upper case (URL-6).
    """
    request: Request = request_ctx.request  # type: ignore[assignment]
    environ = request.environ
    family: Family = environ[FAMILY]
    owner = _find_owner(request)
    # The front door has chosen the API, and so the guard, by the path as sent. Flask decodes each
    # slash, and may find another API (URL-5). A part of a batch stays in the Data API.
    if owner != family.name and (owner or environ.get(PART)):
        raise NotFound
    query = request.query_string
    if not query.isascii():
        try:
            query.decode()
        except UnicodeDecodeError as error:
            raise BadRequest("The query string isn't UTF-8.") from error
    if not request.method.isupper() and request.url_rule is not None:
        # Werkzeug routes ``get`` as GET, but methods are case-sensitive (RFC 9110, 9.1).
        raise MethodNotAllowed(request.url_rule.methods)
    if family.check is not None:
        family.check()


def _find_owner(request: Request) -> str:
    """Return the name of the API whose route matched; empty for no route, or a user's route."""
    if request.url_rule is None:
        return ""
    app: Any = current_app
    owner: str = app.owners.get(request.url_rule.endpoint.partition(".")[0], "")
    return owner


def _refuse(error: HTTPException) -> ResponseReturnValue:
    """Answer an HTTP error in the form of the family; routes of users keep Flask's form."""
    request, family = current_request(), _current_family()
    if error.code == 404 and (welcome := console.welcome()):  # noqa: PLR2004 - nobody has "/"
        return welcome
    if request.url_rule is not None and not _find_owner(request):
        return error
    if isinstance(error, MethodNotAllowed) and _is_foreign(request, family):
        return error
    return family.refuse(error)


def _is_foreign(request: Request, family: Family) -> bool:
    """Return whether only routes of users can have a path: the path belongs to no family."""
    return family.name == data.NAME and f"/{request.path.split('/')[1]}" not in family.paths


def _drop(error: ConnectionDropped) -> ResponseReturnValue:
    """Leave a dropped connection to the front door: Flask would answer 500 for an exception."""
    current_request().environ[DROPPED] = error
    return ""


def _refuse_outage(error: StoreUnavailable) -> ResponseReturnValue:
    request = current_request()
    log_outage(request.method, request.path, error)
    return _current_family().refuse(ServiceUnavailable())


def _refuse_crash(error: Exception) -> ResponseReturnValue:
    request = current_request()
    current(request.environ).crashes.record(request.method, request.path, error)
    return _current_family().refuse(InternalServerError(original_exception=error))
