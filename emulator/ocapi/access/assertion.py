"""Client authentication by JWT bearer assertion (AUT-6; RFC 7523, section 3)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from emulator.ocapi.access import client
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.access.oauth_error import OAuthError, authentication_failed
from emulator.store import Store
from emulator.workspace.workspace import Workspace

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ACCOUNT_MANAGER_HOSTS = ("account.demandware.com", "account.demandware.com:443")
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC_ALGORITHMS = ["ES256", "ES384", "ES512"]
ALGORITHMS_BY_KEY_KIND = {"RSA": RSA_ALGORITHMS, "EC": EC_ALGORITHMS}


def verify(
    parameters: Mapping[str, str], workspace: Workspace, host: str, paths: tuple[str, ...]
) -> str:
    """Return the client id of an assertion.

    Args:
        parameters: The request's ``client_assertion_type`` and ``client_assertion``.
        workspace: The workspace with the clients and the clock.
        host: The host of the request, a valid host of the audience.
        paths: The paths of the token endpoints, the valid paths of the audience.

    Raises:
        OAuthError: invalid_request, the type of the assertion is unknown; invalid_client, the
            assertion is not valid.
    """
    if parameters["client_assertion_type"] != JWT_BEARER:
        raise OAuthError(400, "invalid_request", "Parameter 'client_assertion_type' is unknown")
    claims = _decode(parameters.get("client_assertion", ""), workspace.store)
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    is_for_us = any(_is_endpoint(str(url), host, paths) for url in audiences)
    in_time = _is_in_time(claims, workspace.clock.now().timestamp())
    if not (in_time and is_for_us and claims["iss"] == claims["sub"]):
        raise _invalid()
    return str(claims["sub"])


def _decode(assertion: str, store: Store) -> Mapping[str, Any]:
    """Return the claims of an assertion, signed by a registered key of the client."""
    import jwt  # noqa: PLC0415 - see ``token.py``

    options: Any = {"require": ["iss", "sub", "aud", "exp"], "verify_aud": False}
    options |= {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        record = store.get(CLIENTS, (str(claimed.get("sub")),))
        for key in client.public_keys(record.properties) if record else ():
            algorithms = ALGORITHMS_BY_KEY_KIND[client.key_kind(key)]
            try:
                return jwt.decode(assertion, key, algorithms, options=options)
            except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
                continue
    except (jwt.PyJWTError, ValueError, RecursionError, ImportError) as error:
        raise _invalid() from error
    raise authentication_failed()


def _invalid() -> OAuthError:
    """Return the error of an assertion that does not hold, though the key may be right."""
    return OAuthError(400, "invalid_client", "JWT is not valid")


def _is_in_time(claims: Mapping[str, Any], now: float) -> bool:
    since, until, issued = claims.get("nbf", 0), claims["exp"], claims.get("iat", 0)
    if not all(isinstance(date, (int, float)) for date in (since, until, issued)):
        return False
    return bool(since <= now < until)


def _is_endpoint(audience: str, host: str, paths: tuple[str, ...]) -> bool:
    """Return True for a token endpoint of this server or of Account Manager."""
    try:
        url = urlsplit(audience)
    except ValueError:
        return False
    ours = url.netloc == host and url.scheme in ("http", "https")
    theirs = url.netloc in ACCOUNT_MANAGER_HOSTS and url.scheme == "https"
    return url.path in paths and (ours or theirs)
