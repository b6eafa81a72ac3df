"""Requests for a WSGI application (PEP 3333).

Rules:

- Every value of the environment without a dot in its name is a ``str`` of bytes as Latin-1: no lone
  surrogate, no number, also for ``CONTENT_LENGTH``.
- ``REQUEST_URI`` is the target as the client has sent it. ``PATH_INFO`` is decoded.
- ``wsgi.input`` holds the whole body and ends (``wsgi.input_terminated``), in chunks or not. Of a
  body beyond ``listener.MAX_BODY_BYTES`` nothing or the beginning is there, and
  ``emulator.body_too_large`` is set.
- The ``close`` of an iterable is called, whatever happens.
"""

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from emulator.family import TOO_LARGE
from emulator.http.answer import Answer
from emulator.http.body import Body, ChunkedBody
from emulator.http.request import Head

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Gateway:
    """Runs an application.

    Args:
        application: The application.
        scheme: ``http`` or ``https``.
        name: The server's name for a request without a host.
        port: The server's port.
    """

    def __init__(self, application: "WSGIApplication", scheme: str, name: str, port: int) -> None:
        self._application = application
        self._constants: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": name,
            "SERVER_PORT": str(port),
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": scheme,
            "wsgi.version": (1, 0),
        }

    def run(
        self, head: Head, body: Body | ChunkedBody | None, client: tuple[Any, ...], answer: Answer
    ) -> None:
        """Let the application answer a request.

        Args:
            head: The head of the request.
            body: The body of the request, None for none.
            client: The address of the client.
            answer: Takes status, headers and body of the application.

        Raises:
            Exception: Whatever the application raises.
        """
        iterable = self._application(self._make_environ(head, body, client), answer.start)
        try:
            # A list is the whole body, so its length is known and one packet may hold the answer.
            if isinstance(iterable, list) and not answer.is_begun:
                answer.write_whole(b"".join(iterable))
            else:
                for part in iterable:
                    answer.write(part)
            answer.finish()
        finally:
            close = getattr(iterable, "close", None)
            if close is not None:
                close()

    def _make_environ(
        self, head: Head, body: Body | ChunkedBody | None, client: tuple[Any, ...]
    ) -> "WSGIEnvironment":
        environ = {
            **self._constants,
            **head.fields,
            "PATH_INFO": head.path,
            "QUERY_STRING": head.query,
            "REMOTE_ADDR": client[0],
            "REMOTE_PORT": str(client[1]),
            "REQUEST_METHOD": head.method,
            "REQUEST_URI": head.target,
            "SERVER_PROTOCOL": f"HTTP/{head.version}",
            "wsgi.input": BytesIO() if body is None else body.open(),
        }
        if body is not None and body.is_too_large:
            environ[TOO_LARGE] = True
        elif head.is_chunked:
            environ["CONTENT_LENGTH"] = "0" if body is None else str(body.size)
        return environ
