"""Certificates for https: of a local authority in the user's cache folder, or in files of the user.

Rules:

- The authority is made at the first use and kept: a client has to trust it once.
- The key of the authority stays in its folder, and only the user can read it. Key and certificate
  appear in one step, so that processes which start together use the same authority.
- A certificate is made for each start of a server, and its key is never kept.
- The libraries come with the extra ``tls``. Only the local authority needs them.
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

if TYPE_CHECKING:
    from trustme import CA

# The libraries are imported in functions: they may be missing, and they take a tenth of a second at
# the start of programs without TLS.

APPLICATION = "ocapi-emulator"
CERTIFICATE_FILE, KEY_FILE = "ca.pem", "ca-key.pem"
DEFAULT_NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "account.demandware.com",
    "*.localhost",  # ignored by OpenSSL, which wants two dots in a wildcard; others accept it
    "*.ocapi.test",
)
# Some systems refuse server certificates that are valid for more than 825 days. The first day lies
# in the past, for clients whose clock is late.
VALID_BEFORE, VALID_AFTER = timedelta(days=1), timedelta(days=800)
# A number at the end is an address for a resolver; a final dot is not compared by clients.
INVALID_END = re.compile(r"(?:^|\.)\d*$")
ALTERNATIVE = "or choose your own certificate with --tls-cert and --tls-key"


class CertificateError(ValueError):
    """No certificate is available; the message, in one line, gives reason and remedy."""


def authority(folder: Path | None = None) -> Path:
    """Return the certificate file of the local authority, for clients to trust.

    Args:
        folder: The folder of the authority; by default a folder in the user's cache.

    Raises:
        CertificateError: The folder cannot be used, the authority is not valid, or the extra
            ``tls`` is not installed.
    """
    path, _ = _open(folder)
    return path


def find_authority() -> Path | None:
    """Return the certificate file of the local authority in the user's cache.

    Returns:
        The file; None if there is no authority yet, or the extra ``tls`` is not installed.
    """
    with suppress(CertificateError, OSError):
        file = user_cache_path(APPLICATION) / CERTIFICATE_FILE
        return file if file.is_file() else None
    return None


def issue(names: Iterable[str] = (), folder: Path | None = None) -> ssl.SSLContext:
    """Return a server's context with a new certificate of the local authority.

    Args:
        names: Host names, also with ``*.`` at the beginning, and IP addresses, besides
            ``DEFAULT_NAMES``.
        folder: The folder of the authority; by default a folder in the user's cache.

    Raises:
        CertificateError: A name is not valid, or there is no authority.
    """
    identities = dict.fromkeys([*DEFAULT_NAMES, *map(_check, names)])
    _, ca = _open(folder)
    now = datetime.now(UTC)
    leaf = ca.issue_cert(
        *identities,
        organization_name=APPLICATION,
        not_before=now - VALID_BEFORE,
        not_after=now + VALID_AFTER,
    )
    context = _server_context()
    try:
        leaf.configure_cert(context)
    except OSError as error:
        raise CertificateError(
            f"cannot write a temporary file for the certificate: {error.strerror};"
            f" set TMPDIR to a folder that can be written, {ALTERNATIVE}"
        ) from error
    return context


def read(certificate: str, key: str) -> ssl.SSLContext:
    """Return a server's context with a certificate of the user.

    Args:
        certificate: PEM file with the server's certificate, then the certificates up to its
            authority.
        key: PEM file with the private key, without a passphrase.

    Raises:
        CertificateError: A file cannot be read or used, or the two do not belong together.
    """
    _expect(certificate, b"CERTIFICATE-----", "certificate")
    _expect(key, b"PRIVATE KEY-----", "private key")

    def refuse() -> str:
        # Without this function OpenSSL would ask on the terminal.
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
    """Return shell lines to make curl, Python requests and Node trust an authority.

    Args:
        path: The certificate file of the authority.
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


@contextmanager
def _extra() -> Iterator[None]:
    """Name the extra for the imports in the block."""
    try:
        yield
    except ImportError as error:
        raise CertificateError(
            f"--tls needs more packages: pip install 'ocapi-emulator[tls]', {ALTERNATIVE}"
        ) from error


def user_cache_path(name: str) -> Path:
    """Return the folder of an application in the user's cache."""
    with _extra():
        import platformdirs  # noqa: PLC0415
    return platformdirs.user_cache_path(name)


def _check(name: str) -> str:
    """Return a host name or an IP address for a certificate."""
    with _extra():
        import idna  # noqa: PLC0415

    with suppress(ValueError):
        return str(ip_address(name))
    try:
        host = idna.encode(name.removeprefix("*."), uts46=True).decode()
    except ValueError:
        host = ""
    if INVALID_END.search(host):
        raise CertificateError(
            f"'{name}' is neither a host name nor an IP address; give the name as it stands in"
            " URLs, without scheme, port and brackets"
        )
    return name


def _open(folder: Path | None) -> "tuple[Path, CA]":
    """Return the certificate file of the authority and the authority, new if there is none."""
    place = folder or user_cache_path(APPLICATION)
    key, certificate = place / KEY_FILE, place / CERTIFICATE_FILE
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not key.exists():
            _make(key)
        ca = _load(key)
        _publish(certificate, ca.cert_pem.bytes())
    except OSError as error:
        raise CertificateError(
            f"cannot keep a certificate authority in {place}: {error.strerror};"
            f" make it a folder that can be written, {ALTERNATIVE}"
        ) from error
    return certificate, ca


def _make(file: Path) -> None:
    """Write key and certificate of a new authority, unless another process is faster."""
    with _extra():
        from trustme import CA  # noqa: PLC0415

    ca = CA(organization_name=APPLICATION)
    pem = ca.private_key_pem.bytes() + ca.cert_pem.bytes()
    # One file for both appears whole and only once: a link does not replace a file.
    with _draft(file.parent, pem) as draft, suppress(FileExistsError):
        os.link(draft, file)


def _publish(file: Path, pem: bytes) -> None:
    """Write the certificate file, unless the file is up to date."""
    if file.exists() and file.read_bytes() == pem:
        return
    with _draft(file.parent, pem) as draft:
        draft.chmod(0o644)
        draft.replace(file)


@contextmanager
def _draft(folder: Path, data: bytes) -> Iterator[Path]:
    """Provide a temporary file for the owner alone, to be renamed or linked in the block."""
    handle, name = mkstemp(dir=folder, prefix=".", suffix=".pem")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _load(file: Path) -> "CA":
    with _extra():
        from cryptography import exceptions, x509  # noqa: PLC0415
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from trustme import CA  # noqa: PLC0415

    pem = _contents(file, f"delete it, and a new authority is made, {ALTERNATIVE}")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        matches = (
            serialization.load_pem_private_key(pem, None).public_key() == certificate.public_key()
        )
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        matches = False
    if not matches:
        raise CertificateError(
            f"{file} is damaged; delete it, and a new authority is made, {ALTERNATIVE}"
        )
    if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
        raise CertificateError(
            f"{file} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to"
            f" {certificate.not_valid_after_utc:%Y-%m-%d} only; delete it, and a new authority is"
            f" made, {ALTERNATIVE}"
        )
    return CA.from_pem(pem, pem)


def _contents(file: Path, advice: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CertificateError(f"cannot read {file}: {error.strerror}; {advice}") from error


def _expect(file: str, mark: bytes, what: str) -> None:
    """Check a file of the user for the mark of its kind.

    Raises:
        CertificateError: The file cannot be read, or holds something else.
    """
    if mark not in _contents(Path(file), f"name the PEM file that holds the {what}"):
        raise CertificateError(f"{file} holds no {what} in PEM; name the file that does")


def _complaint(certificate: str, key: str, error: OSError) -> str:
    """Return a message for two files after an error of OpenSSL."""
    reason = getattr(error, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key} does not belong to the first certificate in {certificate}"
    return (
        f"OpenSSL cannot use {certificate} with {key} ({reason or error.strerror});"
        " one of them is damaged or of a kind that is not supported"
    )
