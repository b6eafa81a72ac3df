"""API clients and users: their entries, and how each proves who it is (AUT-2, AUT-3, AUT-6)."""

import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from hmac import compare_digest

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.ocapi.access import client
from emulator.store import MemoryStore, Record
from emulator.tests.table import table

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
# The subject public key info of a key whose algorithm nobody knows, OID 1.3.101.122.
UNKNOWN_KEY = bytes.fromhex("302a300506032b657a032100") + bytes(32)
Signing = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def pem_of(key: Signing) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def certificate_of(key: Signing) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "c1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2034, 1, 1, tzinfo=UTC))
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def armoured(label: str, data: bytes) -> str:
    body = b64encode(data).decode()
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


@pytest.fixture
def store() -> MemoryStore:
    entries = {"client_id": "c1", "client_secret": "geheim é"}
    held = MemoryStore()
    held.load("clients", [client.read_client(entries)])
    held.load("users", [Record.of(("admin",), {"login": "admin", "password": "a:b"})])
    return held


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_the_record_of_a_client_has_its_id_for_key() -> None:
    record = client.read_client({"client_id": "c1", "client_secret": "s"})
    assert record.key == ("c1",)
    assert dict(record.properties) == {"client_id": "c1", "client_secret": "s"}


@table(
    ("entry", "reasons"),
    [
        ({}, ["client_id"]),
        ({"client_id": "c1", "scopes": ["a b"]}, ["scopes"]),
        ({"client_id": "c1", "scopes": "a"}, ["scopes"]),
        ({"client_id": "", "client_secret": "s"}, ["client_id"]),
        ({"client_id": "c1", "client_secret": ""}, ["client_secret"]),
        ({"client_id": 1, "client_secret": None}, ["client_id", "client_secret"]),
        ({"client_id": "c1", "client_secret": "s", "secret": "s"}, ["secret"]),
        ({"client_id": "c1", "client_secret": "s", "certificate": "x"}, ["certificate"]),
        ({"client_id": "c1", "client_secret": "s", "certificate": 1}, ["certificate"]),
        ({"client_id": "c1", "client_secret": "s", "redirect_uris": "x"}, ["redirect_uris"]),
    ],
)
def test_what_is_no_client_is_refused_with_all_reasons(entry: object, reasons: list[str]) -> None:
    with pytest.raises(ValueError, match=": ") as raised:
        client.read_client(entry)
    told = str(raised.value).split("; ")
    assert sorted(reason.partition(": ")[0] for reason in told) == reasons


@table("entry", [[], "c1", None, 1])
def test_what_is_no_object_is_refused(entry: object) -> None:
    with pytest.raises(ValueError, match="is not an object"):
        client.read_client(entry)


@pytest.mark.parametrize(
    "pem",
    [pem_of(RSA_KEY), pem_of(EC_KEY), certificate_of(RSA_KEY), certificate_of(EC_KEY)],
    ids=["RSA key", "EC key", "RSA certificate", "EC certificate"],
)
def test_a_client_may_have_a_certificate_or_a_public_key(pem: str) -> None:
    entry = {"client_id": "c1", "client_secret": "s", "certificate": pem}
    assert client.read_client(entry).properties["certificate"] == pem


@table(
    ("uri", "valid"),
    [
        ("https://app.example/done?a=b", True),
        ("com.example.app:/done", True),
        ("my-app://signed-in", True),
        ("http://localhost:8080", True),
        ("https://[2001:db8::1]/x", True),
        ("/done", False),
        ("https:", False),
        ("https:done", False),
        ("https:///done", False),
        ("my-app:/done", False),
        ("javascript:x", False),
        ("javascript://app.example/%0Ax", False),
        ("JavaScript:/x", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("file://host/x", False),
        ("blob:https://app.example/x", False),
        ("about:blank", False),
        ("https://app.example/#x", False),
        ("https://app.example/\n", False),
        ("https://app.example/\u00e4", False),
        ("", False),
    ],
)
def test_redirect_uri_is_absolute_and_safe_and_has_no_fragment(uri: str, *, valid: bool) -> None:
    entry = {"client_id": "c1", "client_secret": "s", "redirect_uris": [uri]}
    if valid:
        assert list(client.read_client(entry).properties["redirect_uris"]) == [uri]
    else:
        with pytest.raises(ValueError, match=r"redirect_uris: \[0\]: "):
            client.read_client(entry)


WITHOUT_CRYPTOGRAPHY = """
import sys
sys.modules["cryptography"] = None
import jwt
from emulator.ocapi.access import client, oauth
from emulator.ocapi.access.token import Tokens
from emulator.clock import Clock
tokens = Tokens("s", Clock())
assert tokens.verify(tokens.issue("c1", 60)) == "c1"
try:
    client.read_client({"client_id": "c1", "client_secret": "s", "certificate": "x"})
except ValueError as error:
    print(error)
"""


def test_certificate_without_cryptography_names_the_extra() -> None:
    run = subprocess.run(  # noqa: S603 - a script of our own
        [sys.executable, "-c", WITHOUT_CRYPTOGRAPHY], capture_output=True, text=True, check=True
    )
    assert run.stdout == (
        "certificate: needs the package cryptography: pip install 'ocapi-emulator[tls]'\n"
    )


@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY], ids=["RSA", "EC"])
def test_the_key_of_a_certificate_is_that_of_the_bare_key(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    assert client.public_key(certificate_of(key)) == key.public_key()
    assert client.public_key(pem_of(key)) == key.public_key()


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param("", id="nothing"),
        pytest.param("CERTIFICATE", id="no PEM"),
        pytest.param("käse", id="no ASCII"),
        pytest.param(armoured("CERTIFICATE", b"x"), id="no certificate"),
        pytest.param(armoured("PUBLIC KEY", b"x"), id="no key"),
        pytest.param(pem_of(ED_KEY), id="a key of another kind"),
        pytest.param(certificate_of(ED_KEY), id="a certificate of another kind"),
        pytest.param(armoured("PUBLIC KEY", UNKNOWN_KEY), id="a key of an unknown kind"),
    ],
)
def test_what_is_no_key_of_rsa_or_ec_is_refused(pem: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are partly the library's
        client.public_key(pem)
    with pytest.raises(ValueError, match="certificate: is not an RSA or EC certificate"):
        client.read_client({"client_id": "c1", "client_secret": "s", "certificate": pem})


@table(
    ("header", "pair"),
    [
        (basic("c1:s"), ("c1", "s")),
        (basic("c1:s:t"), ("c1", "s:t")),
        (basic("c1:"), ("c1", "")),
        (basic(":s"), ("", "s")),
        (basic(":"), ("", "")),
        (basic("ä:ß€"), ("ä", "ß€")),
        (basic("c%201:s+"), ("c%201", "s+")),
        ("basic YTpi", ("a", "b")),
        ("BASIC YTpi", ("a", "b")),
        ("Basic   YTpi  ", ("a", "b")),
    ],
)
def test_user_and_password_are_read_from_a_basic_header(header: str, pair: tuple[str, str]) -> None:
    assert client.read_basic(header) == pair


@table(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "YTpi",
        "Bearer YTpi",
        "Basic:YTpi",
        "Basic YTpi YTpi",
        "Basic YTp",
        "Basic a:b",
        "Basic !!!!",
        "Basic YTpi\u00e9",
        "Basic \u00e4:\u00f6",
        basic("c1"),
        "Basic " + b64encode(b"\xff:\xfe").decode(),
    ],
)
def test_what_is_no_basic_header_is_none(header: str | None) -> None:
    assert client.read_basic(header) is None


@settings(deadline=None)
@given(st.text(st.characters(max_codepoint=255)))
def test_no_header_is_too_odd_to_read(text: str) -> None:
    assert client.read_basic(f"Other {text}") is None


@settings(deadline=None)
@given(st.text().filter(lambda text: ":" not in text), st.text())
def test_any_user_and_password_are_read(user: str, password: str) -> None:
    assert client.read_basic(basic(f"{user}:{password}")) == (user, password)


def test_a_client_is_known_by_its_secret(store: MemoryStore) -> None:
    assert client.is_client(store, "c1", "geheim é") is True


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("c1", "geheim"),
        ("c1", "geheim é "),
        ("c1", "GEHEIM é"),
        ("c1", ""),
        ("c2", "geheim é"),
        ("C1", "geheim é"),
        ("c2", ""),
        ("", ""),
        ("admin", "a:b"),
    ],
)
def test_a_client_is_not_known_by_anything_else(store: MemoryStore, name: str, secret: str) -> None:
    assert client.is_client(store, name, secret) is False


def test_a_user_is_known_by_the_password(store: MemoryStore) -> None:
    assert client.is_user(store, "admin", "a:b") is True


@pytest.mark.parametrize(
    ("name", "password"), [("admin", "a"), ("admin", ""), ("c1", "geheim é"), ("x", ""), ("", "")]
)
def test_a_user_is_not_known_by_anything_else(store: MemoryStore, name: str, password: str) -> None:
    assert client.is_user(store, name, password) is False


def test_secrets_are_compared_in_constant_time_even_for_the_unknown(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def record(expected: bytes, given: bytes) -> bool:
        compared.append((expected, given))
        return compare_digest(expected, given)

    monkeypatch.setattr(client, "compare_digest", record)
    assert [client.is_client(store, name, "s") for name in ("c1", "c2")] == [False, False]
    assert compared == [("geheim é".encode(), b"s"), (b"", b"s")]


@table(
    ("sent", "decoded"),
    [
        (("c1", "s"), ("c1", "s")),
        (("a+b", "c%2Bd"), ("a b", "c+d")),
        (("a%20b", "%C3%A4"), ("a b", "ä")),
        (("100%", "%zz"), ("100%", "%zz")),
    ],
)
def test_a_pair_is_spelled_as_sent_and_form_decoded(
    sent: tuple[str, str], decoded: tuple[str, str]
) -> None:
    assert list(client.spellings(*sent)) == [sent, decoded]
