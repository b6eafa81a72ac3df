"""Certificates for https: from a local authority in the user's cache folder, or one's own.

The authority is made on first use and stays the same from then on, so a client has to be told
once to trust it. Its key never leaves the folder, and nobody else can read it.
"""

import os
import re
import shlex
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from trustme import CA

# trustme brings in much of cryptography, a tenth of a second at the start of programs that do not
# speak TLS. So it is imported by the functions that need it.

APPLICATION = "ocapi-emulator"
CERTIFICATE, KEY = "ca.pem", "ca-key.pem"
NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "account.demandware.com",
    "*.localhost",  # OpenSSL wants two dots in a wildcard and passes this one over, others take it
    "*.ocapi.test",
)
# Some systems refuse server certificates that are valid for more than 825 days. A day lies in the
# past, for clients whose clock is late.
PAST, FUTURE = timedelta(days=1), timedelta(days=800)
# What a resolver takes for an address, and a final dot, which clients do not compare.
NO_HOST = re.compile(r"(?:^|\.)\d*$")
ELSE = "or choose your own certificate with --tls-cert and --tls-key"


class CertificateError(ValueError):
    """A certificate cannot be had; the message, one line, says why and what to do."""


def authority(folder: Path | None = None) -> Path:
    """Return the certificate of the local authority, the file that clients have to trust.

    Args:
        folder: Where the authority is kept; by default a folder in the user's cache.

    Raises:
        CertificateError: The folder cannot be used, or what lies there is no valid authority.
    """
    path, _ = _open(folder)
    return path


def issue(names: Iterable[str] = (), folder: Path | None = None) -> ssl.SSLContext:
    """Return a server's context with a new certificate of the local authority.

    Args:
        names: Host names (``*.`` may stand before one) and IP addresses, besides ``NAMES``.
        folder: Where the authority is kept; by default a folder in the user's cache.

    Raises:
        CertificateError: A name is none, or there is no authority.
    """
    identities = dict.fromkeys([*NAMES, *map(_check, names)])
    _, ca = _open(folder)
    now = datetime.now(UTC)
    leaf = ca.issue_cert(
        *identities, organization_name=APPLICATION, not_before=now - PAST, not_after=now + FUTURE
    )
    context = _server_context()
    try:
        leaf.configure_cert(context)
    except OSError as error:
        raise CertificateError(
            f"cannot write a temporary file for the certificate: {error.strerror};"
            f" set TMPDIR to a folder that can be written, {ELSE}"
        ) from error
    return context


def read(certificate: str, key: str) -> ssl.SSLContext:
    """Return a server's context with a certificate of the user's own.

    Args:
        certificate: PEM file with the server's certificate, then those that lead to its authority.
        key: PEM file with the private key, without a passphrase.

    Raises:
        CertificateError: A file cannot be read or used, or the two do not belong together.
    """
    _expect(certificate, b"CERTIFICATE-----", "certificate")
    _expect(key, b"PRIVATE KEY-----", "private key")

    def refuse() -> str:
        # Without this OpenSSL would ask on the terminal.
        raise CertificateError(
            f"the key in {key} has a passphrase; write it without one: openssl pkey -in"
            f" {shlex.quote(key)} -out FILE"
        )

    context = _server_context()
    try:
        context.load_cert_chain(certificate, key, password=refuse)
    except OSError as error:
        raise CertificateError(_complaint(certificate, key, error)) from error
    return context


def trust(path: Path) -> str:
    """Return lines for a shell that make curl, Python requests and Node trust an authority.

    Args:
        path: Its certificate, as ``authority`` returns it.
    """
    quoted = shlex.quote(str(path.absolute()))
    return "\n".join(
        [
            f"curl --cacert {quoted}",
            f"export REQUESTS_CA_BUNDLE={quoted}",
            f"export NODE_EXTRA_CA_CERTS={quoted}",
        ]
    )


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def _check(name: str) -> str:
    """Return a name that can stand in a certificate, or raise."""
    import idna  # noqa: PLC0415

    with suppress(ValueError):
        return str(ip_address(name))
    try:
        host = idna.encode(name.removeprefix("*."), uts46=True).decode()
    except ValueError:
        host = ""
    if NO_HOST.search(host):
        raise CertificateError(
            f"'{name}' is neither a host name nor an IP address; give the name as it stands in"
            " URLs, without scheme, port and brackets"
        )
    return name


def _open(folder: Path | None) -> "tuple[Path, CA]":
    """Return the authority and the file with its certificate, both made if need be."""
    place = folder or user_cache_path(APPLICATION)
    key, certificate = place / KEY, place / CERTIFICATE
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not key.exists():
            _make(key)
        ca = _load(key)
        _publish(certificate, ca.cert_pem.bytes())
    except OSError as error:
        raise CertificateError(
            f"cannot keep a certificate authority in {place}: {error.strerror};"
            f" make it a folder that can be written, {ELSE}"
        ) from error
    return certificate, ca


def _make(file: Path) -> None:
    """Write key and certificate of a new authority, unless another process is faster."""
    from trustme import CA  # noqa: PLC0415

    ca = CA(organization_name=APPLICATION)
    pem = ca.private_key_pem.bytes() + ca.cert_pem.bytes()
    # Both in one file, which appears whole and only once: a link does not replace what is there.
    with _draft(file.parent, pem) as draft, suppress(FileExistsError):
        os.link(draft, file)


def _publish(file: Path, pem: bytes) -> None:
    """Let the file hold the certificate, which it does already unless the authority is new."""
    if file.exists() and file.read_bytes() == pem:
        return
    with _draft(file.parent, pem) as draft:
        draft.chmod(0o644)
        draft.replace(file)


@contextmanager
def _draft(folder: Path, data: bytes) -> Iterator[Path]:
    """Provide a file that only its owner can read, for as long as it takes to give it its name."""
    handle, name = mkstemp(dir=folder, prefix=".", suffix=".pem")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _load(file: Path) -> "CA":
    from cryptography import exceptions, x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from trustme import CA  # noqa: PLC0415

    pem = _contents(file, f"delete it, and a new authority is made, {ELSE}")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        matches = load_pem_private_key(pem, None).public_key() == certificate.public_key()
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        matches = False
    if not matches:
        raise CertificateError(f"{file} is damaged; delete it, and a new authority is made, {ELSE}")
    if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        raise CertificateError(
            f"{file} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to"
            f" {certificate.not_valid_after_utc:%Y-%m-%d} only; delete it, and a new authority is"
            f" made, {ELSE}"
        )
    return CA.from_pem(pem, pem)


def _contents(file: Path, advice: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CertificateError(f"cannot read {file}: {error.strerror}; {advice}") from error


def _expect(file: str, mark: bytes, what: str) -> None:
    """Raise unless the file can be read and has the mark of what it should hold."""
    if mark not in _contents(Path(file), f"name the PEM file that holds the {what}"):
        raise CertificateError(f"{file} holds no {what} in PEM; name the file that does")


def _complaint(certificate: str, key: str, error: OSError) -> str:
    """Return what is wrong with two files that OpenSSL does not take."""
    reason = getattr(error, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key} does not belong to the first certificate in {certificate}"
    return (
        f"OpenSSL cannot use {certificate} with {key} ({reason or error.strerror});"
        " one of them is damaged or of a kind that is not supported"
    )
