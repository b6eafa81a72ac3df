"""The OAuth endpoints behind servers and adapters that ignore PEP 3333."""

from http import HTTPStatus

from werkzeug.test import EnvironBuilder, run_wsgi_app

from emulator import Emulator

CREDENTIALS = {"client_id": "a" * 30, "client_secret": "a" * 30}


def test_length_may_be_a_number() -> None:
    form = {"grant_type": "client_credentials", **CREDENTIALS}
    environ = EnvironBuilder(method="POST", path="/dw/oauth2/access_token", data=form).get_environ()
    environ["CONTENT_LENGTH"] = int(environ["CONTENT_LENGTH"])
    emulator = Emulator(fixtures="samples")
    _, status, _ = run_wsgi_app(emulator.app, environ)
    assert status.startswith(str(HTTPStatus.OK.value))
    emulator.check()
