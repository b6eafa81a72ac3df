"""API clients and Business Manager users: the entries of ``clients.json``, and the secrets."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_plus

from marshmallow import Schema, ValidationError, fields, validate

from emulator.store import Record, Store, retry_on_conflict
from emulator.workspace import credential
from emulator.workspace.files import ROOTS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    PublicKey = RSAPublicKey | EllipticCurvePublicKey

CLIENTS, USERS = credential.CLIENTS, credential.USERS
SCOPE, REDIRECT_URI = credential.SCOPE, credential.REDIRECT_URI
NON_EMPTY = validate.Length(min=1)
LOOPBACK_URI = re.compile(
    rf"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{{1,5}})?([/?]{credential.URI_CHARACTERS}*)?",
    re.ASCII,
)
ROOT_NAMES = "|".join(name.lower() for name in ROOTS)
WEBDAV_PATH = re.compile(rf"\A/(?:(?:{ROOT_NAMES})(?:/[^/\\\x00-\x1f]+)*)?\Z")
PUBLIC_CLIENTS: Mapping[str, Mapping[str, Any]] = {
    "a40a7a9b-e854-4aa6-8078-d5f79872aa65": {},
    "7eee11e3-375b-498f-a087-e450a330d202": {},
}
"""Clients of published tools for sign-in without a secret; every data set has them (AUT-7)."""
CRYPTOGRAPHY_MISSING = "needs the package cryptography: pip install 'ocapi-emulator[tls]'"


def check_certificate(text: str) -> None:
    """Check a text: a PEM certificate or a PEM public key, RSA or EC.

    Raises:
        ValidationError: The text is neither, or the package cryptography is missing.
    """
    try:
        public_key(text)
    except ImportError as error:
        raise ValidationError(CRYPTOGRAPHY_MISSING) from error
    except ValueError as error:
        raise ValidationError(
            f"is not an RSA or EC certificate or public key in PEM: {error}"
        ) from error


class WebDavPermission(Schema):
    """A permission for a folder of WebDAV, as in the permission document of Business Manager."""

    path = fields.String(required=True, validate=validate.Regexp(WEBDAV_PATH))
    operations = fields.List(
        fields.String(validate=validate.OneOf(("read", "read_write"))),
        required=True,
        validate=NON_EMPTY,
    )


class Client(Schema):
    """An entry of ``clients`` in ``clients.json``: an API client of Account Manager.

    A client without ``client_secret`` is public: signed in by users only. A client without
    ``webdav_permissions`` may use all files of WebDAV.
    """

    client_id = fields.String(required=True, validate=NON_EMPTY)
    client_secret = fields.String(validate=NON_EMPTY)
    certificate = fields.String(validate=check_certificate)
    certificates = fields.List(fields.String(validate=check_certificate))
    redirect_uris = fields.List(
        fields.String(validate=validate.Regexp(rf"\A{REDIRECT_URI}\Z", re.ASCII))
    )
    active = fields.Boolean()
    default_scopes = fields.List(fields.String(validate=validate.Regexp(rf"\A{SCOPE}\Z", re.ASCII)))
    scopes = fields.List(fields.String(validate=validate.Regexp(rf"\A{SCOPE}\Z", re.ASCII)))
    webdav_permissions = fields.List(fields.Nested(WebDavPermission))


def read_client(entry: Any) -> Record:
    """Return the record of a client entry; raise ValueError with the problems of the entry."""
    return _read(Client(), "client_id", entry)


def _read(schema: Schema, key: str, entry: Any) -> Record:
    if not isinstance(entry, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - the data set is wrong, not the caller
    try:
        values = schema.load(entry)
    except ValidationError as error:
        problems = (f"{name}: {_join(reasons)}" for name, reasons in error.messages_dict.items())
        raise ValueError("; ".join(problems)) from error
    return Record.of((values[key],), values)


def _join(reasons: Any) -> str:
    """Return the reasons of a member in a line; a list has reasons for each entry."""
    if isinstance(reasons, dict):
        return " ".join(f"[{index}]: {_join(below)}" for index, below in reasons.items())
    return " ".join(reasons)


def public_keys(client: Mapping[str, Any]) -> Iterator["PublicKey"]:
    """Yield the registered keys of a client's entry."""
    single = [client["certificate"]] if "certificate" in client else []
    for pem in (*single, *client.get("certificates", ())):
        yield public_key(pem)


def public_key(pem: str) -> "PublicKey":
    """Return the key of a PEM certificate or of a PEM public key.

    Raises:
        ValueError: The text is neither, or the key is not an RSA or EC key.
        ImportError: The package cryptography is not installed.
    """
    # cryptography takes 12 MB and a tenth of a second, and only certificates need it.
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - the same
        load_pem_public_key,
    )

    data = pem.encode()
    try:
        if b"CERTIFICATE" in data:
            key: Any = x509.load_pem_x509_certificate(data).public_key()
        else:
            key = load_pem_public_key(data)
        key_kind(key)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    found: PublicKey = key
    return found


def key_kind(key: Any) -> Literal["RSA", "EC"]:
    """Return the kind of a public key; raise ValueError for any other kind."""
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415 - see ``public_key``
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415 - the same
        RSAPublicKey,
    )

    if isinstance(key, RSAPublicKey):
        return "RSA"
    if isinstance(key, EllipticCurvePublicKey):
        return "EC"
    raise ValueError("a key of another kind")


def read_basic(header: str | None) -> tuple[str, str] | None:
    """Return user and password of a Basic header, or None for any other header."""
    scheme, _, encoded = (header or "").partition(" ")
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # not Base64, not UTF-8, or not even ASCII
        return None
    return (user, password) if scheme.lower() == "basic" and colon else None


def find_first_user(store: Store) -> str | None:
    """Return the first login of a user who may sign in, None without such a user."""
    users = store.scan(USERS, 0, store.count(USERS)).records
    return next((user.key[0] for user in users if _is_enabled(user)), None)


def is_client(store: Store, client_id: str, secret: str) -> bool:
    """Return True for the secret of the client; the time is the same for any answer."""
    return _matches(store.get(CLIENTS, (client_id,)), "client_secret", secret)


def is_user(store: Store, login: str, password: str) -> bool:
    """Return True for the password of a user; the time is the same for any answer.

    A disabled or locked user has no valid password.
    """
    return _matches(store.get(USERS, (login,)), "password", password) and may_sign_in(store, login)


def may_sign_in(store: Store, login: str) -> bool:
    """Return whether a user exists, and is neither disabled nor locked."""
    record = store.get(USERS, (login,))
    return record is not None and _is_enabled(record)


def _is_enabled(user: Record) -> bool:
    return not (user.get("disabled") or user.get("locked"))


def note_login(store: Store, login: str, day: str) -> None:
    """Store the day of a user's last login, such as ``2026-01-31``."""

    def note() -> None:
        record = store.get(USERS, (login,))
        if record is not None and record.get("last_login_date") != day:
            store.put(USERS, record.amend({"last_login_date": day}), record.state)

    retry_on_conflict(note)


def _matches(record: Record | None, attribute: str, given: str) -> bool:
    """Return whether an active record has this secret; an empty secret never matches."""
    is_active = record is not None and record.get("active", True)
    expected = record.get(attribute) if record and is_active else None
    return compare_digest((expected or "").encode(), given.encode()) and bool(expected)


def spellings(user: str, password: str) -> Iterator[tuple[str, str]]:
    """Yield the pair as sent, then form-url-decoded (AUT-2; RFC 6749, section 2.3.1)."""
    yield user, password
    yield unquote_plus(user), unquote_plus(password)
