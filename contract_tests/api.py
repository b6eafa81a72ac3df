"""A client of the server under test, and the check of fault documents."""

import base64
import http.client
import json
import re
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
TIMEOUT = 60.0
"""A busy server may take long; a request for work that is due takes ten seconds alone."""
CREATED_ID_PREFIX = "/contract"  # ids of the documents of tests
TOKEN_PATH = "/dwsso/oauth2/access_token"
ACCESS_TOKEN = re.compile(r'"access_token"\s*:\s*"([^"]+)"')

# The last answer, and the secrets and tokens that no report may show.
LAST_ANSWER: deque[requests.Response] = deque(maxlen=1)
SECRETS: set[str] = set()


class TargetError(Exception):
    """The target is unreachable or grants no token; the message names the URL."""


@cache
def trust(ca_file: str | None) -> ssl.SSLContext:
    """Return a TLS context with the public authorities and the authorities of a file."""
    context = ssl.create_default_context()
    for file in filter(None, (DEFAULT_CA_BUNDLE_PATH, ca_file)):
        context.load_verify_locations(file)
    return context


class _Trusting(HTTPAdapter):
    def __init__(self, ca_file: str) -> None:
        self.context = trust(ca_file)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self.context, **options)


def _remember(response: requests.Response, *_: Any, **__: Any) -> None:
    LAST_ANSWER.append(response)
    SECRETS.update(
        ACCESS_TOKEN.findall(response.text) if b"access_token" in response.content else ()
    )


def open_session(ca_file: str | None = None) -> requests.Session:
    """Return a session without proxies and ``.netrc``, because both change requests.

    Args:
        ca_file: Further CA certificates, PEM.
    """
    session = requests.Session()
    session.trust_env = False
    session.hooks["response"].append(_remember)
    if ca_file:
        session.mount("https://", _Trusting(ca_file))
    return session


class _Connection(http.client.HTTPConnection):
    """A connection for targets of any bytes, given as latin-1."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1")


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class Api:
    """An API client of a server; ``clear`` deletes the created documents.

    The ids of created documents begin with ``contract``.

    Args:
        url: The server's base URL.
        client_id: The API client.
        client_secret: The secret of the client.
        dialect: The dialect of the server: ``documented`` or ``observed``.
        token_url: The token endpoint; by default a path of the server.
        ca_file: Further CA certificates, PEM.

    Raises:
        TargetError: The server is unreachable or grants no token.
    """

    scope = "/s/-/dw/data/v23_2"

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        dialect: str,
        *,
        token_url: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        self.url = url
        self.client_id = client_id
        self.client_secret = client_secret
        self.dialect = dialect
        self.token_url = token_url or url + TOKEN_PATH
        self.ca_file = ca_file
        self.made = set[str]()
        _hide(client_id, client_secret)
        self.session = open_session(ca_file)
        # An answer knows its request, so ``assert_fault`` finds the dialect here.
        self.session.headers["User-Agent"] = f"ocapi-contract-tests ({dialect})"
        self.token: str = self._first_token()

    def _first_token(self) -> str:
        with _answering(self.token_url):
            answer = self.grant(self.client_id, self.client_secret)
        found = ACCESS_TOKEN.search(answer.text)
        if answer.status_code == 200 and found:
            return found[1]
        came = f"{answer.status_code} {' '.join(answer.text.split())[:300]}".strip()
        raise TargetError(
            f"{self.token_url} grants no token to the client '{self.client_id}': it answers {came}"
        )

    def check(self) -> None:
        """Raise TargetError if the server does not answer; another server may grant the tokens."""
        with _answering(self.url):
            self.get("/inventory_lists?count=0")

    def grant(self, client_id: str, client_secret: str) -> requests.Response:
        """Request a token with client credentials."""
        return self.session.post(
            self.token_url,
            auth=(client_id, client_secret),
            data={"grant_type": "client_credentials"},
            timeout=TIMEOUT,
        )

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to any path of the server; ``headers`` may replace the token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        sent = {name: value for name, value in headers.items() if value is not None}
        address = self.url + path
        if path.startswith("/dwsso"):  # another server may grant the tokens
            base = self.token_url.partition("/dwsso")[0]
            address = self.token_url if path == TOKEN_PATH else base + path
        try:
            response = self.session.request(
                method, address, headers=sent, timeout=TIMEOUT, allow_redirects=False, **options
            )
        except KeyboardInterrupt:  # the server may still create the document
            if CREATED_ID_PREFIX in path:
                self.made.add(path.partition("?")[0])
            raise
        if method not in {"GET", "DELETE"} and response.status_code < 300:
            self.made.update(_list_created(path, response))
            self.made.update(_list_customers(method, path, response))
        return response

    def clear(self) -> None:
        """Delete the created documents that still exist."""
        while self.made:
            self.call("DELETE", self.made.pop())

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
        """Send target and headers unchanged; return status, headers and body."""
        connection = self._connect()
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in {"Authorization": f"Bearer {self.token}", **headers}.items():
                connection.putheader(name, value)
            chunked = headers.get("Transfer-Encoding") == "chunked"
            connection.endheaders(body, encode_chunked=chunked)
            response = connection.getresponse()
            return response.status, CaseInsensitiveDict(response.getheaders()), response.read()
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            context = trust(self.ca_file)
            return _SecureConnection(parts.netloc, timeout=TIMEOUT, context=context)
        return _Connection(parts.netloc, timeout=TIMEOUT)


def _list_created(path: str, response: requests.Response) -> list[str]:
    """Return the paths of documents of a test that a write may have created.

    The id is the last one of the path, or the server has added it (POST) or changed it (PATCH).
    """
    paths = [_identify(path)]
    if response.headers.get("Content-Type") == JSON and b'"link"' in response.content:
        link = urlsplit(response.json().get("link", ""))
        paths.append(_identify(f"{link.path}?{link.query}"))
    return [path for path in paths if CREATED_ID_PREFIX in path]


def _identify(path: str) -> str:
    """Return a path without the query, but with the context of a slot configuration."""
    return path if "?context=" in path else path.partition("?")[0]


def _list_customers(method: str, path: str, response: requests.Response) -> list[str]:
    """Return the path of a customer that a write has created or moved: no link names it.

    The server numbers a customer of a POST. A PATCH may give another number.
    """
    collection, found, rest = path.partition("/customers")
    if found and not rest.strip("/").count("/") and b'"customer_no"' in response.content:
        number = response.json()["customer_no"]
        if method == "POST" or number.startswith("contract"):
            return [f"{collection}/customers/{number}"]
    return []


def _hide(client_id: str, secret: str) -> None:
    """Add all encoded forms of a secret to ``SECRETS``."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    escaped = json.dumps(secret)[1:-1]
    SECRETS.update({secret, quote(secret), quote_plus(secret), basic, escaped} - {""})


@contextmanager
def _answering(url: str) -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, UnicodeError) as error:
        raise TargetError(f"no answer from {url}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return the innermost reason, without names of pools and connections."""
    inner = error.args[0] if error.args else error
    reason = str(getattr(inner, "reason", inner))
    return re.sub(r"^<?[\w.]*(Connection|Pool)\w*\([^)]*\)>?: |^<[^>]*>: ", "", reason)


def fault_envelope(dialect: str) -> dict[str, str]:
    """Return the members beside ``fault`` in a dialect (FLT-1)."""
    return {"_v": "23.2"} | ({"_type": "fault"} if dialect == "documented" else {})


def assert_fault(
    response: requests.Response,
    status: int,
    kind: str,
    arguments: Mapping[str, Any],
    message: str | None = None,
) -> None:
    """Assert that an answer is exactly this fault document in the server's dialect (FLT-1)."""
    assert response.headers.get("Content-Type") == JSON, response.text
    document = response.json()
    detail = document.pop("fault", {})
    text = detail.pop("message", "")
    expected = {"type": f"{kind}Exception"} | ({"arguments": arguments} if arguments else {})
    assert (response.status_code, detail) == (status, expected)
    observed = "(observed)" in str(response.request.headers["User-Agent"])
    assert document == fault_envelope("observed" if observed else "documented")
    assert text == message if message else text
