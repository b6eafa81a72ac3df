"""A client of the server under test, and the one place that knows the shape of a fault."""

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
TIMEOUT = 10.0


class Api:
    """One API client of one server.

    Args:
        url: The server's base URL.
        client_id: The API client.
        client_secret: Its secret.
        dialect: ``documented`` or ``observed``, how the server answers where these differ.
    """

    scope = "/s/-/dw/data/v23_2"

    def __init__(self, url: str, client_id: str, client_secret: str, dialect: str) -> None:
        self.url = url
        self.client_id = client_id
        self.client_secret = client_secret
        self.dialect = dialect
        self.session = requests.Session()
        self.token: str = self.grant(client_id, client_secret).json()["access_token"]

    def grant(self, client_id: str, client_secret: str) -> requests.Response:
        """Ask for a token in the usual way."""
        return self.session.post(
            f"{self.url}/dwsso/oauth2/access_token",
            auth=(client_id, client_secret),
            data={"grant_type": "client_credentials"},
            timeout=TIMEOUT,
        )

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to any path of the server, with the token unless ``headers`` say else."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.session.request(
            method, self.url + path, headers=sent, timeout=TIMEOUT, allow_redirects=False, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET a resource of the Data API, such as ``/inventory_lists``."""
        return self.call("GET", self.scope + path, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        """PUT a resource of the Data API."""
        return self.call("PUT", self.scope + path, **options)

    def patch(self, path: str, **options: Any) -> requests.Response:
        """PATCH a resource of the Data API."""
        return self.call("PATCH", self.scope + path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """DELETE a resource of the Data API."""
        return self.call("DELETE", self.scope + path, **options)

    def raw(
        self, method: str, target: str, headers: Mapping[str, str], body: Any = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send a request whose target and headers nothing touches; return what came."""
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.netloc, timeout=TIMEOUT)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in {"Authorization": f"Bearer {self.token}", **headers}.items():
                connection.putheader(name, value)
            chunked = headers.get("Transfer-Encoding") == "chunked"
            connection.endheaders(body, encode_chunked=chunked)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()


def assert_fault(
    response: requests.Response,
    status: int,
    kind: str,
    arguments: Mapping[str, Any],
    message: str | None = None,
) -> None:
    """Assert that an answer is a fault document of the documented dialect, exactly (FLT-1)."""
    assert response.headers["Content-Type"] == JSON, response.text
    document = response.json()
    detail = document.pop("fault")
    told = detail.pop("message")
    expected = {"arguments": arguments, "type": f"{kind}Exception"}
    assert (response.status_code, detail) == (status, expected)
    assert document == {"_v": "23.2", "_type": "fault"}
    assert told == message if message else told
