"""A session of requests with an always valid access token."""

from collections.abc import Callable

import requests

AUTHORIZATION = "Authorization"


class TokenSession(requests.Session):
    """Sends a valid access token with each request; a header of the user has precedence.

    Args:
        token: Returns a valid access token.
    """

    def __init__(self, token: Callable[[], str]) -> None:
        super().__init__()
        self.trust_env = False  # no proxy of the environment between a test and its server
        self._token = token
        self._sent = ""
        self._renew()

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Return the request with all headers of the session."""
        if self.headers.get(AUTHORIZATION) == self._sent:  # else the user has changed it
            self._renew()
        return super().prepare_request(request)

    def _renew(self) -> None:
        self._sent = f"Bearer {self._token()}"
        self.headers[AUTHORIZATION] = self._sent
