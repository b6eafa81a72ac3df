"""The login of the console: the control token once, then a cookie."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from emulator.config import Config
from emulator.console.page import render_alone
from emulator.control import guard
from emulator.control.app import PATH_PREFIX

NAME = "login"


def create(config: Config) -> Blueprint:
    """Return the pages of the login and the logout."""
    blueprint = Blueprint(NAME, __name__)

    @blueprint.route("", methods=["GET", "POST"])
    def show() -> Response:
        if not config.control_token:
            return make_response(redirect(url_for("console.index")))
        if request.method == "GET":
            return render_alone("login.html")
        if not guard.is_token(request.form.get("token", ""), config.control_token):
            return render_alone("login.html", 401, wrong=True)
        return _enter(config)

    @blueprint.post("/end")
    def end() -> Response:
        response = make_response(redirect(url_for("console.login.show")))
        if config.control_token:
            response.delete_cookie(guard.name_session(config.control_token), _cookie_path())
        return response

    return blueprint


def _enter(config: Config) -> Response:
    response = make_response(redirect(_find_target()))
    response.set_cookie(
        guard.name_session(config.control_token),
        guard.make_session(config.control_token),
        path=_cookie_path(),
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def _cookie_path() -> str:
    return f"{request.root_path}{PATH_PREFIX}"


def _find_target() -> str:
    """Return the page to show after the login: a page of the console, whatever the query says."""
    target = request.args.get("next", "")
    is_own = target.startswith(_cookie_path()) and "\\" not in target and "//" not in target
    return target if is_own and target.isprintable() else url_for("console.index")
