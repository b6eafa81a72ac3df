"""The local certificate authority, what it issues, and certificates of one's own."""

import os
import shlex
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from trustme import CA

from emulator.http.certificate import CertificateError, authority, issue, read, trust
from emulator.tests.table import table

TIMEOUT = 30
OWN = "choose your own certificate with --tls-cert and --tls-key"
AUTHORITIES = """
import sys
from pathlib import Path
from emulator.http.certificate import authority

print("ready", flush=True)
sys.stdin.readline()
print(authority(Path(sys.argv[1])).read_text())
"""

Own = tuple[str, str]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Let new files be readable by everyone unless they are made otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Make files: a certificate of shop.example.com, the one that leads to its root, its key."""
    root = CA()
    leaf = root.create_child_ca().issue_cert("shop.example.com")
    certificate, key = tmp_path / "own.pem", tmp_path / "own-key.pem"
    certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(key)
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    return str(certificate), str(key)


def shake_hands(server: ssl.SSLContext, trusted: Path, name: str) -> ssl.SSLObject:
    """Connect a client in memory; return its end."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cafile=trusted)
    client = trusting.wrap_bio(down, up, server_hostname=name)
    ends = [client, server.wrap_bio(up, down, server_side=True)]
    while ends:
        try:
            ends[0].do_handshake()
            ends.pop(0)
        except ssl.SSLWantReadError:
            ends.reverse()
    return client


def presented(server: ssl.SSLContext, trusted: Path) -> x509.Certificate:
    der = shake_hands(server, trusted, "localhost").getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


def test_authority_is_made_on_first_use_and_then_kept(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    certificate = authority(folder)
    assert certificate == folder / "ca.pem"
    first = certificate.read_bytes()
    assert (
        x509.load_pem_x509_certificate(first)
        .extensions.get_extension_for_class(x509.BasicConstraints)
        .value.ca
    )
    assert authority(folder).read_bytes() == first
    assert files(folder) == ["ca-key.pem", "ca.pem"]


def test_certificate_of_the_authority_comes_without_its_key(tmp_path: Path) -> None:
    assert b"PRIVATE" not in authority(tmp_path).read_bytes()


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    certificate = authority(tmp_path / "new")
    assert mode(tmp_path / "new") == 0o700
    assert mode(tmp_path / "new" / "ca-key.pem") == 0o600
    assert mode(certificate) == 0o644


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_the_key_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    link = os.link

    def look(draft: Path, file: Path) -> None:
        modes.append(mode(draft))
        link(draft, file)

    monkeypatch.setattr(os, "link", look)
    authority(tmp_path)
    assert modes == [0o600]


def test_authority_is_kept_in_the_cache_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.http.certificate.user_cache_path", lambda name: tmp_path / name)
    assert authority() == tmp_path / "ocapi-emulator" / "ca.pem"
    assert shake_hands(issue(), authority(), "localhost").version() == "TLSv1.3"


def test_processes_that_begin_at_once_share_one_authority(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AUTHORITIES, str(tmp_path / "new")]
    started = [
        subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda one: one.communicate("go\n", TIMEOUT)[0].strip(), started))
    assert [process.returncode for process in started] == [0, 0]
    assert told[0].startswith("-----BEGIN CERTIFICATE-----")
    assert told[0] == told[1] == (tmp_path / "new" / "ca.pem").read_text().strip()
    assert files(tmp_path / "new") == ["ca-key.pem", "ca.pem"]


def test_later_process_uses_the_authority_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    authority(other)
    link = os.link

    def be_late(draft: Path, file: Path) -> None:
        file.write_bytes((other / "ca-key.pem").read_bytes())
        link(draft, file)

    monkeypatch.setattr(os, "link", be_late)
    late = authority(tmp_path / "late")
    assert late.read_bytes() == (other / "ca.pem").read_bytes()
    assert files(late.parent) == ["ca-key.pem", "ca.pem"]


@pytest.mark.parametrize("left", [None, b"", b"-----BEGIN CERTIFICATE-----\nnonsense"])
def test_certificate_of_another_key_is_written_again(tmp_path: Path, left: bytes | None) -> None:
    certificate = authority(tmp_path)
    first = certificate.read_bytes()
    certificate.unlink()
    if left is not None:
        certificate.write_bytes(left)
    assert authority(tmp_path).read_bytes() == first


def halve(pem: bytes) -> bytes:
    return pem[: len(pem) // 2]


def empty(_: bytes) -> bytes:
    return b""


def without_certificate(pem: bytes) -> bytes:
    return pem.partition(b"-----BEGIN CERTIFICATE")[0]


def without_key(pem: bytes) -> bytes:
    return b"".join(pem.partition(b"-----BEGIN CERTIFICATE")[1:])


def with_the_key_of_another(pem: bytes) -> bytes:
    return CA().private_key_pem.bytes() + without_key(pem)


def with_a_passphrase(pem: bytes) -> bytes:
    return encrypted(pem) + without_key(pem)


def encrypted(pem: bytes) -> bytes:
    return load_pem_private_key(pem, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )


@pytest.mark.parametrize(
    "damage",
    [halve, empty, without_certificate, without_key, with_the_key_of_another, with_a_passphrase],
)
def test_damaged_authority_is_reported(tmp_path: Path, damage: Any) -> None:
    authority(tmp_path)
    key = tmp_path / "ca-key.pem"
    key.write_bytes(damage(key.read_bytes()))
    with pytest.raises(CertificateError) as caught:
        authority(tmp_path)
    assert str(caught.value) == (
        f"{key} is damaged; delete it, and a new authority is made, or {OWN}"
    )
    key.unlink()
    assert authority(tmp_path).exists()


def authority_for(begin: datetime, end: datetime) -> bytes:
    """Return key and certificate of an authority that is valid in a time of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "of its time")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(begin).not_valid_after(end)
    certificate = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(
        key, hashes.SHA256()
    )
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return written + certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("year", [2001, 2201])
def test_expired_authority_is_reported(tmp_path: Path, year: int) -> None:
    key = tmp_path / "ca-key.pem"
    begin = datetime(year, 1, 2, tzinfo=UTC)
    key.write_bytes(authority_for(begin, begin + timedelta(days=31)))
    with pytest.raises(CertificateError) as caught:
        issue(folder=tmp_path)
    assert str(caught.value) == (
        f"{key} is valid from {year}-01-02 to {year}-02-02 only; delete it, and a new authority is"
        f" made, or {OWN}"
    )


def test_unreadable_key_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ca-key.pem").mkdir()
    with pytest.raises(CertificateError) as caught:
        authority(tmp_path)
    assert str(caught.value) == (
        f"cannot read {tmp_path}/ca-key.pem: Is a directory; delete it, and a new authority is"
        f" made, or {OWN}"
    )


def test_folder_below_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CertificateError) as caught:
        authority(tmp_path / "file" / "folder")
    assert str(caught.value) == (
        f"cannot keep a certificate authority in {tmp_path}/file/folder: Not a directory;"
        f" make it a folder that can be written, or {OWN}"
    )


def test_read_only_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied", "a name that says nothing")

    monkeypatch.setattr("emulator.http.certificate.mkstemp", refuse)  # root may write anywhere
    with pytest.raises(CertificateError) as caught:
        authority(tmp_path)
    assert str(caught.value) == (
        f"cannot keep a certificate authority in {tmp_path}: Permission denied;"
        f" make it a folder that can be written, or {OWN}"
    )


def test_nothing_is_left_behind_when_the_authority_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(CertificateError, match=r"Operation not permitted; make it a folder"):
        authority(tmp_path)
    assert files(tmp_path) == []


def test_existing_authority_is_used_without_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = authority(tmp_path).read_bytes()
    monkeypatch.delattr("emulator.http.certificate.mkstemp")
    assert authority(tmp_path).read_bytes() == first


OWN_NAMES = (
    "emulator",
    "shop.example.com",
    "*.wild.example.com",
    "192.0.2.7",
    "2001:db8::7",
    "bücher.example",
)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """Return a context for many names, and the certificate of its authority."""
    folder = tmp_path_factory.mktemp("authority")
    return issue(OWN_NAMES, folder), authority(folder)


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "account.demandware.com",
        "shop.ocapi.test",
        "emulator",
        "shop.example.com",
        "any.wild.example.com",
        "192.0.2.7",
        "2001:db8::7",
        "bücher.example",
    ],
)
def test_certificate_is_good_for_its_names(issued: tuple[ssl.SSLContext, Path], name: str) -> None:
    assert shake_hands(*issued, name).version() == "TLSv1.3"


@pytest.mark.parametrize("name", ["other.example.com", "192.0.2.8", "a.shop.example.com"])
def test_certificate_is_good_for_no_other_name(
    issued: tuple[ssl.SSLContext, Path], name: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(*issued, name)


def test_certificate_names_subdomains_of_localhost(tmp_path: Path) -> None:
    certificate = presented(issue(folder=tmp_path), authority(tmp_path))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "localhost",
        "account.demandware.com",
        "*.localhost",
        "*.ocapi.test",
    ]


def test_repeated_name_stands_once_in_the_certificate(tmp_path: Path) -> None:
    names = ["localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"]
    certificate = presented(issue(names, tmp_path), authority(tmp_path))
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(list(found)) == 6


@table(
    "name",
    [
        "",
        "*",
        "*.",
        "a.*.example.com",
        "https://shop.example.com",
        "shop.example.com:8443",
        "shop.example.com.",
        "shop..example.com",
        "[::1]",
        "256.1.1.1",
        "10.0.0.0/8",
        "who@example.com",
        "two words",
        "-shop.example.com",
        "a" * 64,
    ],
)
def test_invalid_name_is_reported(tmp_path: Path, name: str) -> None:
    with pytest.raises(CertificateError) as caught:
        issue(["shop.example.com", name], tmp_path)
    assert str(caught.value) == (
        f"'{name}' is neither a host name nor an IP address; give the name as it stands in"
        " URLs, without scheme, port and brackets"
    )


def test_certificate_is_valid_from_yesterday_on_for_more_than_a_year(tmp_path: Path) -> None:
    certificate = presented(issue(folder=tmp_path), authority(tmp_path))
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(hours=23)
    assert certificate.not_valid_after_utc > now + timedelta(days=366)
    valid = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert valid <= timedelta(days=825)


def test_each_certificate_is_a_new_one(tmp_path: Path) -> None:
    issued = [presented(issue(folder=tmp_path), authority(tmp_path)) for _ in range(2)]
    assert issued[0].serial_number != issued[1].serial_number
    assert issued[0].public_key() != issued[1].public_key()


def test_old_versions_and_renegotiation_are_refused(tmp_path: Path, own: Own) -> None:
    for context in (issue(folder=tmp_path), read(*own)):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_RENEGOTIATION


def test_missing_temporary_folder_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(CertificateError) as caught:
        issue(folder=tmp_path)
    assert str(caught.value) == (
        "cannot write a temporary file for the certificate: No such file or directory;"
        f" set TMPDIR to a folder that can be written, or {OWN}"
    )


def test_certificate_of_ones_own_is_presented_with_its_chain(own: Own, tmp_path: Path) -> None:
    client = shake_hands(read(*own), tmp_path / "root.pem", "shop.example.com")
    assert client.version() == "TLSv1.3"


def test_certificate_and_key_may_be_one_file(own: Own, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(Path(own[1]).read_bytes() + Path(own[0]).read_bytes())
    client = shake_hands(read(str(both), str(both)), tmp_path / "root.pem", "shop.example.com")
    assert client.version() == "TLSv1.3"


def test_missing_files_are_reported(own: Own, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(CertificateError) as caught:
        read(missing, own[1])
    assert str(caught.value) == (
        f"cannot read {missing}: No such file or directory; name the PEM file that holds the"
        " certificate"
    )
    with pytest.raises(CertificateError) as caught:
        read(own[0], missing)
    assert str(caught.value) == (
        f"cannot read {missing}: No such file or directory; name the PEM file that holds the"
        " private key"
    )


def test_folder_is_no_certificate(own: Own, tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=f"cannot read {tmp_path}: Is a directory; name"):
        read(str(tmp_path), own[1])


def test_exchanged_files_are_reported(own: Own) -> None:
    with pytest.raises(CertificateError) as caught:
        read(own[1], own[0])
    assert str(caught.value) == (f"{own[1]} holds no certificate in PEM; name the file that does")


def test_file_without_key_is_reported(own: Own) -> None:
    with pytest.raises(CertificateError) as caught:
        read(own[0], own[0])
    assert str(caught.value) == f"{own[0]} holds no private key in PEM; name the file that does"


def test_key_of_another_certificate_is_reported(own: Own, tmp_path: Path) -> None:
    other = tmp_path / "other-key.pem"
    CA().private_key_pem.write_to_path(other)
    with pytest.raises(CertificateError) as caught:
        read(own[0], str(other))
    assert str(caught.value) == (
        f"the key in {other} does not belong to the first certificate in {own[0]}"
    )


@pytest.mark.parametrize("damaged", [0, 1], ids=["certificate", "key"])
def test_damaged_file_is_reported(own: Own, damaged: int) -> None:
    file = Path(own[damaged])
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], *lines[2:]]))
    with pytest.raises(CertificateError) as caught:
        read(*own)
    assert str(caught.value).startswith(f"OpenSSL cannot use {own[0]} with {own[1]} (")
    assert str(caught.value).endswith(
        "); one of them is damaged or of a kind that is not supported"
    )


def test_key_with_passphrase_is_reported_without_a_prompt(own: Own) -> None:
    key = Path(own[1])
    key.write_bytes(encrypted(key.read_bytes()))
    with pytest.raises(CertificateError) as caught:
        read(*own)
    assert str(caught.value) == (
        f"the key in {key} has a passphrase; write it without one: openssl pkey -in {key} -out FILE"
    )


def test_trust_lines_are_quoted_for_a_shell() -> None:
    assert trust(Path("/home/me/ca.pem")).splitlines() == [
        "curl --cacert /home/me/ca.pem",
        "export REQUESTS_CA_BUNDLE=/home/me/ca.pem",
        "export NODE_EXTRA_CA_CERTS=/home/me/ca.pem",
    ]
    words = [shlex.split(line) for line in trust(Path("/my 'own' $HOME/ca.pem")).splitlines()]
    assert words == [
        ["curl", "--cacert", "/my 'own' $HOME/ca.pem"],
        ["export", "REQUESTS_CA_BUNDLE=/my 'own' $HOME/ca.pem"],
        ["export", "NODE_EXTRA_CA_CERTS=/my 'own' $HOME/ca.pem"],
    ]


def test_trust_lines_have_an_absolute_path(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert trust(Path("ca.pem")).startswith(f"curl --cacert {tmp_path}/ca.pem\n")


NEEDS_EXTRA = (
    "--tls needs more packages:"
    " pip install 'ocapi-emulator[tls]', or choose your own certificate with --tls-cert and"
    " --tls-key"
)


@pytest.mark.parametrize("package", ["trustme", "cryptography"])
@pytest.mark.parametrize("is_new", [True, False])
def test_missing_package_is_reported_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, *, is_new: bool
) -> None:
    if not is_new:
        authority(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CertificateError) as caught:
        issue(folder=tmp_path)
    assert str(caught.value) == NEEDS_EXTRA


@pytest.mark.parametrize(
    ("package", "act"),
    [("platformdirs", authority), ("platformdirs", issue), ("idna", lambda: issue(["localhost"]))],
)
def test_missing_package_of_the_defaults_is_reported_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, package: str, act: Callable[[], object]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CertificateError) as caught:
        act()
    assert str(caught.value) == NEEDS_EXTRA


def test_own_certificate_needs_no_extra(monkeypatch: pytest.MonkeyPatch, own: Own) -> None:
    for package in ("trustme", "cryptography", "platformdirs", "idna"):
        monkeypatch.setitem(sys.modules, package, None)
    assert isinstance(read(*own), ssl.SSLContext)


def test_libraries_are_not_imported_before_they_are_needed() -> None:
    program = (
        "import sys, emulator.http.certificate, emulator.http.listener;"
        "print({'trustme', 'cryptography', 'platformdirs', 'idna'} & set(sys.modules))"
    )
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, timeout=TIMEOUT, check=True
    )
    assert told.stdout.strip() == b"set()"
