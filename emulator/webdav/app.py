"""WebDAV as a blueprint: authentication, the view, refusals as HTML."""

import errno
from collections.abc import Callable, Sequence
from html import escape

from flask import Blueprint, Flask
from werkzeug.exceptions import (
    Conflict,
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    RequestURITooLarge,
    Unauthorized,
)
from werkzeug.wrappers import Response

from emulator.family import TOO_LARGE, UPLOAD_PATH, Family
from emulator.request import PlainResponse, Request, current_request
from emulator.webdav.operation import ALLOWED_METHODS, METHODS, Operation
from emulator.webdav.place import SITES_PATH, Place, check_host, find, find_destination
from emulator.workspace.files import ALL_FILES, FilePermission, Files
from emulator.workspace.registry import current
from emulator.workspace.workspace import Workspace

FAMILY_NAME = "webdav"
UNAUTHORIZED = "This request requires HTTP authentication."
HTML_MEDIA_TYPE = "text/html;charset=ISO-8859-1"
CODE_FOLDER = "cartridges"
READS = {"GET", "HEAD", "OPTIONS", "PROPFIND"}
PERMISSIONS = "emulator.webdav.permissions"
"""The WSGI environment key of the permissions of the client."""
Authenticate = Callable[[Workspace, str | None], Sequence[FilePermission]]
Prepare = Callable[[Workspace], object]
METHODS_WITH_DESTINATION = ("COPY", "MOVE", "POST")


def register(
    app: Flask, authenticate: Authenticate, prepare: Prepare, own_names: Sequence[str] = ()
) -> Family:
    """Add WebDAV to an application; return the family.

    Args:
        app: The application.
        authenticate: Returns the permissions that a header Authorization gives.
        prepare: Makes the folders of the workspace's code versions.
        own_names: The host names of the server, besides the name in the header Host.
    """
    blueprint = Blueprint(FAMILY_NAME, __name__)

    def check() -> None:
        request = current_request()
        workspace = current(request.environ)
        permissions = authenticate(workspace, request.headers.get("Authorization"))
        if not permissions:
            raise Unauthorized(UNAUTHORIZED)
        request.environ[PERMISSIONS] = permissions
        if request.method in METHODS_WITH_DESTINATION and "Destination" in request.headers:
            check_host(request.headers["Destination"], request.url_root, own_names)
        if _may_reach_code(request):
            prepare(workspace)

    for name, rule in (("sites", SITES_PATH), ("file", f"{SITES_PATH}/<path:path>")):
        blueprint.add_url_rule(rule, name, serve, methods=ALLOWED_METHODS)
    app.register_blueprint(blueprint)
    return Family(
        name=FAMILY_NAME,
        paths=(UPLOAD_PATH,),
        application=app.wsgi_app,
        check=check,
        refuse=refuse,
        routes=app.url_map,
        operations={
            (f"{FAMILY_NAME}.{name}", method): method.lower()
            for name in ("sites", "file")
            for method in METHODS
        },
        is_spooled=True,
    )


def _may_reach_code(request: Request) -> bool:
    """Return False for a request without any relation to the folder of code versions."""
    path = f"{request.path}{request.headers.get('Destination', '')}".lower()
    marks = (CODE_FOLDER, "%", "..")
    return any(mark in path for mark in marks) or path.rstrip("/").endswith("/sites")


def serve(path: str = "") -> PlainResponse:
    """Answer a request.

    Raises:
        HTTPException: The request is refused.
    """
    request = current_request()
    if request.environ.get(TOO_LARGE):
        raise RequestEntityTooLarge("The body is too large.")
    workspace = current(request.environ)
    place = find(workspace.files, path)
    _check_permissions(request, workspace.files, place)
    try:
        return Operation(request, workspace.files, place, workspace.clock.now()).serve()
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise Conflict("A file is where a folder has to be, or the reverse.") from error
    except FileNotFoundError as error:  # another request has removed the file meanwhile
        raise NotFound("There is no such file or folder.") from error
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:
            raise Conflict("Another request has made the folder.") from error
        if error.errno == errno.ENAMETOOLONG:
            raise RequestURITooLarge("The path is too long.") from error
        raise


def _check_permissions(request: Request, files: Files, place: Place) -> None:
    """Check the permissions of the client for a place and for a destination (DAV-15).

    Raises:
        Unauthorized: The client has no permission.
    """
    permissions: Sequence[FilePermission] = request.environ[PERMISSIONS]
    asked = [(place, request.method not in READS)]
    if "Destination" in request.headers and request.method in METHODS_WITH_DESTINATION:
        asked = [(place, request.method != "COPY")]
        asked += [(find_destination(files, request.headers["Destination"]), True)]
    for one, writes in asked if permissions != ALL_FILES else ():
        if not any(found.covers(one.segments, writes=writes) for found in permissions):
            raise Unauthorized(UNAUTHORIZED)


def refuse(error: HTTPException) -> Response:
    """Return an HTTP error as a page; 401 as published for an instance (DAV-6)."""
    request = current_request()
    page = f"<html><body><h1>{error.code} - {error.name}</h1>{escape(error.description or '')}"
    response = PlainResponse(f"{page}</body></html>", error.code, content_type=HTML_MEDIA_TYPE)
    for name, value in error.get_headers(request.environ):
        if name == "Content-Range":
            response.headers[name] = value
        elif name == "Allow":  # werkzeug keeps the methods of a route in a set
            response.headers[name] = ", ".join(ALLOWED_METHODS)
    if error.code == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        realm = f"{request.host}/on/demandware.servlet"
        response.headers["WWW-Authenticate"] = f'BASIC realm="{realm}"'
        response.headers["x-error"] = "1"
        response.headers["Accept-Ranges"] = "bytes"
    return response
