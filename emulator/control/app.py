"""Health and reset."""

from importlib import metadata

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError

from emulator.config import Config
from emulator.control import guard
from emulator.workspace import Workspace

PREFIX = "/__emulator__"


def create_app(config: Config, workspace: Workspace) -> Flask:
    """Return the application of the control plane."""
    app = Flask("emulator.control", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.register_error_handler(HTTPException, _refuse)

    @app.before_request
    def check() -> None:
        guard.check(request, config.host)

    @app.get(f"{PREFIX}/health")
    def health() -> Response:
        return jsonify(
            status="ok",
            version=metadata.version("ocapi-emulator"),
            fixtures=config.fixtures,
            dialect=config.dialect,
        )

    @app.post(f"{PREFIX}/reset")
    def reset() -> Response:
        workspace.reset()
        return jsonify(status="ok", reset="fixtures")

    @app.errorhandler(Exception)
    def crash(error: Exception) -> Response:
        workspace.crashes.record(request.method, request.path, error)
        return _refuse(InternalServerError())

    return app


def _refuse(error: HTTPException) -> Response:
    """Answer a problem document (RFC 9457)."""
    response = jsonify(title=error.name, status=error.code, detail=error.description)
    response.status_code = error.code or 500
    response.content_type = "application/problem+json"
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response
