"""API clients and Business Manager users: their documents and how each proves who it is."""

from base64 import b64decode
from collections.abc import Iterator
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote_plus

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from marshmallow import Schema, ValidationError, fields, validate, validates

from emulator.store import Record, Store

CLIENTS = "clients"
USERS = "users"
NON_EMPTY = validate.Length(min=1)

PublicKey = RSAPublicKey | EllipticCurvePublicKey


class Client(Schema):
    """An entry of ``clients`` in ``clients.json``: an API client as Account Manager knows it."""

    client_id = fields.String(required=True, validate=NON_EMPTY)
    client_secret = fields.String(required=True, validate=NON_EMPTY)
    certificate = fields.String()

    @validates("certificate")
    def check_certificate(self, value: str, data_key: str) -> None:  # noqa: ARG002 - inherited
        """Refuse what is neither a PEM certificate nor a PEM public key, RSA or EC."""
        try:
            public_key(value)
        except ValueError as error:
            raise ValidationError(
                f"is no RSA or EC certificate or public key in PEM: {error}"
            ) from error


class User(Schema):
    """An entry of ``users`` in ``clients.json``: a Business Manager user."""

    login = fields.String(required=True, validate=NON_EMPTY)
    password = fields.String(required=True, validate=NON_EMPTY)


def read_client(entry: Any) -> Record:
    """Return the record of a client entry; raise ValueError with the reason it is none."""
    return _read(Client(), "client_id", entry)


def read_user(entry: Any) -> Record:
    """Return the record of a user entry; raise ValueError with the reason it is none."""
    return _read(User(), "login", entry)


def _read(schema: Schema, key: str, entry: Any) -> Record:
    if not isinstance(entry, dict):
        told = "is no object"
        raise ValueError(told)  # noqa: TRY004 - it is the data set that is wrong
    try:
        values = schema.load(entry)
    except ValidationError as error:
        reasons = (f"{name}: {' '.join(why)}" for name, why in error.messages_dict.items())
        raise ValueError("; ".join(reasons)) from error
    return Record.of((values[key],), values)


def public_key(pem: str) -> PublicKey:
    """Return the key of a PEM certificate or of a PEM public key.

    Raises:
        ValueError: It is neither, or not of RSA or EC.
    """
    data = pem.encode()
    try:
        if b"CERTIFICATE" in data:
            key: Any = x509.load_pem_x509_certificate(data).public_key()
        else:
            key = load_pem_public_key(data)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, PublicKey):
        raise ValueError("a key of another kind")  # noqa: TRY004 - it is the text that is wrong
    return key


def read_basic(header: str | None) -> tuple[str, str] | None:
    """Return user and password of a Basic Authorization header, or None if it is none."""
    scheme, _, encoded = (header or "").partition(" ")
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # of Base64, of UTF-8, or no ASCII in the first place
        return None
    return (user, password) if scheme.lower() == "basic" and colon else None


def is_client(store: Store, client_id: str, secret: str) -> bool:
    """Return whether ``secret`` is that of a known client; takes the same time for any answer."""
    return _matches(store, CLIENTS, client_id, "client_secret", secret)


def is_user(store: Store, login: str, password: str) -> bool:
    """Return whether ``password`` is that of a known user; takes the same time for any answer."""
    return _matches(store, USERS, login, "password", password)


def _matches(store: Store, collection: str, name: str, attribute: str, given: str) -> bool:
    record = store.get(collection, (name,))
    expected = record.properties[attribute] if record else ""
    return compare_digest(expected.encode(), given.encode()) and record is not None


def spellings(user: str, password: str) -> Iterator[tuple[str, str]]:
    """Yield the pair as sent, and form-url-decoded as RFC 6749, 2.3.1 would have it (AUT-2)."""
    yield user, password
    yield unquote_plus(user), unquote_plus(password)
