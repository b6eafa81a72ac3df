"""Recordings hold no sensitive value, in whatever place and spelling the value stood."""

import gzip
import json
import zlib
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from html import unescape
from io import BytesIO
from itertools import chain
from typing import Any
from urllib.parse import quote, quote_plus
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.corpus.inspection import list_texts, list_variants
from emulator.corpus.message import Raw
from emulator.corpus.sensitive import TEST_DATA_KINDS
from emulator.corpus.vocabulary import protocol_words
from emulator.tests.corpus.messages import (
    DAMAGED,
    FORM,
    INSTANCE,
    JSON,
    TEXT,
    XML,
    ask,
    base64,
    inspect,
    pack,
    redact,
    tell,
    write,
)

MAIL = "Erika.Muster@web.de"
DATA = "/s/-/dw/data/v23_2"
CUSTOMER = f"{DATA}/customer_lists/RefArch/customers"
TOKEN = "zaqxswcdevfr"
BASIC = {"Authorization": f"Basic {base64('myclient:s3cr3t!pass')}"}
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
CUSTOMER_ID = "abUMsavpD9Y6jW00di2SjxGCMU"
BATCH = (
    "--f81d4fae7dec11d0\r\nContent-Type: application/http\r\n\r\n"
    f"PATCH {CUSTOMER}/1001 HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n"
    'Content-Length: 26\r\n\r\n{"last_name":"Vandenberg"}\r\n--f81d4fae7dec11d0--\r\n'
)
FIELDS = (
    '--f81d4fae7dec11d0\r\nContent-Disposition: form-data; name="login"\r\n\r\nzacharias\r\n'
    '--f81d4fae7dec11d0\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
)

CASES: dict[str, tuple[Sequence[Raw], Sequence[str]]] = {
    # Spellings
    "in a path": ([ask(f"{DATA}/users/{MAIL}")], [MAIL]),
    "encoded": ([ask(f"{DATA}/users/{quote(MAIL, safe='')}")], [MAIL]),
    "encoded twice": ([ask(f"/x/{quote(quote(MAIL, safe=''), safe='')}")], [MAIL]),
    "encoded wholly": ([ask("/x/" + "".join(f"%{c:02X}" for c in MAIL.encode()))], [MAIL]),
    "in a query": ([ask(f"/x?q={quote_plus(MAIL)}")], [MAIL]),
    "with a plus": ([ask("/x?m=jo%2Btag%40acme.de"), tell({"x": "jo+tag@acme.de"})], ["jo+tag@"]),
    "escaped": ([tell('{"x":"' + "".join(f"\\u{ord(c):04x}" for c in MAIL) + '"}')], [MAIL]),
    "as a member": ([tell({MAIL: 1})], [MAIL]),
    "JSON in JSON": (
        [tell({"x": json.dumps({"y": json.dumps({"z": MAIL, "password": 'p"w\\d1234'})})})],
        [MAIL, 'p"w\\d1234'],
    ),
    "JSON in XML": (
        [tell("<a>{&quot;last_name&quot;:&quot;Vandenberg&quot;}</a>", XML)],
        ["Vandenberg"],
    ),
    "JSON in a query": (
        [ask("/x?f=" + quote(json.dumps({"last_name": "Vandenberg", "password": "zaq12"})))],
        ["Vandenberg", "zaq12"],
    ),
    "JSON in a script": ([tell('cb({"last_name":"Vandenberg"})', TEXT)], ["Vandenberg"]),
    "reference": ([tell(f"<a>{MAIL.replace('@', '&#64;')}</a>", XML)], [MAIL]),
    "hex references": ([tell("".join(f"&#x{ord(c):x};" for c in MAIL), XML)], [MAIL]),
    "Base64": ([tell({"x": base64(f"hello {MAIL}")})], [MAIL]),
    "Base64 twice": ([tell({"x": base64(base64(f"hello {MAIL}"))})], [MAIL]),
    "Base64 of URLs": (
        [ask("/x/" + urlsafe_b64encode(f"hello? {MAIL}".encode()).decode())],
        [MAIL],
    ),
    "UTF-16": ([tell(f"hello {MAIL}".encode("utf-16"), TEXT)], [MAIL]),
    "UTF-16 without mark": ([tell(f"hello {MAIL}".encode("utf-16-le"), TEXT)], [MAIL]),
    "JSON in UTF-16": ([tell('{"last_name":"Vandenberg"}'.encode("utf-16"))], ["Vandenberg"]),
    "Latin-1": (
        [tell("<a><last-name>Müßigmann</last-name></a>".encode("latin-1"), XML)],
        ["igmann"],
    ),
    "gzip": ([tell(gzip.compress(MAIL.encode()), TEXT | {"Content-Encoding": "gzip"})], [MAIL]),
    "deflate": ([tell(zlib.compress(MAIL.encode()), {"Content-Encoding": "deflate"})], [MAIL]),
    "unknown coding": ([tell(b"\x8b" + MAIL.encode(), {"Content-Encoding": "br"})], [MAIL]),
    "gzip file": (
        [ask("/x", gzip.compress(b"<last-name>Vandenberg</last-name>"), method="PUT")],
        ["Vandenberg"],
    ),
    "archive": (
        [ask("/x", pack(c="<a><customer customer-no='0815777'>Z</customer></a>"), method="PUT")],
        ["0815777"],
    ),
    "archive in archive": ([ask("/x", pack(a=pack(b=MAIL)), method="PUT")], [MAIL]),
    "picture": ([ask("/x", b"\x89PNG\r\n\x1a\n\0\0" + MAIL.encode(), method="PUT")], [MAIL]),
    "table with bars": (
        [tell("customer_no|last_name|email\n00047110|Vandenberg|z@acme.de\n", TEXT)],
        ["Vandenberg", "00047110", "z@acme.de"],
    ),
    "table": (
        [tell("first_name,last_name,email\nZacharias,Vandenberg,z@acme.de\n", TEXT)],
        ["Zacharias", "Vandenberg", "z@acme.de"],
    ),
    "composed letters": (
        [tell({"last_name": "Jos\u00e9rez"}), tell({"x": "Jose\u0301rez"})],
        ["Jose\u0301rez", "Jos\u00e9rez"],
    ),
    "domain of an address": (
        [tell({"x": "the host ftp.acme.de"}), tell({"email": "z@acme.de"})],
        ["acme"],
    ),
    "sandbox in a scope": (
        [
            tell(
                {"scope": "SALESFORCE_COMMERCE_API:zzab_001 mail", "x": ["f_ecom_zzab_001", "zzab"]}
            )
        ],
        ["zzab"],
    ),
    "IBAN in lower case": ([tell({"x": "de89 3704 0044 0532 0130 00"})], ["3704"]),
    "id of an address": (
        [
            ask(f"{CUSTOMER}/1/addresses/Zackis%20Haus"),
            tell({"address_id": "Zackis Haus", "x": "no address 'zackis haus'"}),
        ],
        ["Zackis"],
    ),
    "further numbers of orders": (
        [tell({"external_order_no": "EXT-778899", "replaced_order_no": "77889900"})],
        ["778899"],
    ),
    "session": ([ask("/x?session=abc123def4")], ["abc123def4"]),
    # Tokens and secrets
    "bearer": ([ask("/x?y=1", headers={"Authorization": f"Bearer {UUID}"})], [UUID]),
    "quoted token": (
        [tell({"fault": {"message": f"The token '{TOKEN}' is invalid"}}, status=401)],
        [TOKEN],
    ),
    "token elsewhere": (
        [ask(f"/x/{TOKEN}/y?t=a{TOKEN}b"), ask(headers={"authorization": f"bearer {TOKEN}"})],
        [TOKEN],
    ),
    "token in a query": ([ask(f"/x?access_token={TOKEN}")], [TOKEN]),
    "fragment": (
        [tell("", {"Location": f"https://shop.acme.de/c#access_token={TOKEN}"}, 302)],
        [TOKEN, "acme"],
    ),
    "code and state": (
        [tell("", {"Location": "https://a.acme.de/c?code=Xq7GhT2LmnPq&state=aB3dE5gH7jK9"}, 302)],
        ["Xq7GhT2LmnPq", "aB3dE5gH7jK9"],
    ),
    "basic": ([ask(headers=BASIC)], ["myclient", "s3cr3t!pass"]),
    "user grant": (
        [ask(headers={"Authorization": f"Basic {base64(f'{MAIL}:agentpw99:clientpw77')}"})],
        [MAIL, "agentpw99", "clientpw77"],
    ),
    "basic in text": ([tell(f"curl -H 'Authorization: {BASIC['Authorization']}'", TEXT)], ["mycl"]),
    "form": (
        [ask("/x", "client_id=my%2Dclient&client_secret=p%40ss+w0rd%26x", FORM, "POST")],
        ["my-client", "p@ss w0rd&x"],
    ),
    "userinfo": ([tell({"x": f"https://bob:hunter22@{INSTANCE}/x"})], ["hunter22", "bob", "zzab"]),
    "encoded userinfo": (
        [ask("/x?u=" + quote("https://zack:pw123456@acme.de/", safe=""))],
        ["pw123456", "acme.de"],
    ),
    "cookies": (
        [
            ask(headers={"Cookie": "dwsid=abcDEF123456; b=xyzXYZ98765"}),
            tell("", {"Set-Cookie": "dwsid=abcDEF123456; Path=/; Domain=shop.acme.de"}),
        ],
        ["abcDEF123456", "xyzXYZ98765", "acme.de"],
    ),
    "API keys": (
        [
            ask(headers={"X-Api-Key": "zaq12wsxcde3"}),
            tell({"x": "AKIAIOSFODNN7ABCDEFG", "y": "xoxb-12345-abcdefgh"}),
        ],
        ["zaq12wsxcde3", "AKIAIOSFODNN7ABCDEFG", "xoxb-12345-abcdefgh"],
    ),
    "private key": (
        [tell({"x": "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBgkq\n-----END PRIVATE KEY-----"})],
        ["MIIBVgIBADANBgkq"],
    ),
    "later secret": (
        [ask("/x/hunter2hunter2"), ask("/x", "client_secret=hunter2hunter2", FORM, "POST")],
        ["hunter2hunter2"],
    ),
    "password attribute": (
        [tell({"id": "gate", "value_type": "password", "value": "kupfer-7-dachs"})],
        ["kupfer-7-dachs"],
    ),
    "password attribute of sites": (
        [tell({"id": "gate", "value_type": "password", "site_values": {"RefArch": "kupfer-7"}})],
        ["kupfer-7"],
    ),
    "default of a password attribute": (
        [tell({"id": "gate", "value_type": "password", "default_value": {"value": "kupfer-7"}})],
        ["kupfer-7"],
    ),
    "password attribute elsewhere": (
        [tell({"c_gate": "kupfer-7"}), tell({"id": "gate", "value_type": "password"})],
        ["kupfer-7"],
    ),
    "password attribute in XML": (
        [
            tell(
                '<attribute-definition attribute-id="gate"><type>password</type>'
                "<default-value>kupfer-7</default-value></attribute-definition>"
                '<custom-attribute attribute-id="gate">kupfer-8</custom-attribute>',
                XML,
            ),
            tell({"c_gate": "kupfer-9"}),
        ],
        ["kupfer-7", "kupfer-8", "kupfer-9"],
    ),
    "secret name with values of sites": (
        [tell({"id": "apiPassword", "site_values": {"RefArch": "kupfer-7"}})],
        ["kupfer-7"],
    ),
    "key and val": ([tell({"key": "client_secret", "val": "kupfer-7"})], ["kupfer-7"]),
    "elements for key and value": (
        [tell("<entry><key>password</key><value>kupfer-7</value></entry>", XML)],
        ["kupfer-7"],
    ),
    "sentences": (
        [
            tell({"x": "The password is Kupfer7-Dachs", "y": "Passwort: Kupfer8-Dachs"}),
            tell({"x": "failed with password 'Kupfer9-Dachs'."}),
            tell({"x": "curl -u bob:Kupfer-Dachs https://example.com"}),
        ],
        ["Kupfer7", "Kupfer8", "Kupfer9", "Kupfer-"],
    ),
    # Persons
    "names": (
        [
            ask(f"{DATA}/x/Vandenberg?q=Zacharias+Vandenberg"),
            tell({"firstName": "Zacharias", "LAST-NAME": "Vandenberg"}),
            tell({"x": "zacharias VANDENBERG, z_vandenberg"}),
        ],
        ["Zacharias", "Vandenberg"],
    ),
    "words of a name": (
        [tell({"x": "Dear Mr Vandenberg"}), tell({"full_name": "Zacharias Vandenberg"})],
        ["Vandenberg"],
    ),
    "CDATA": (
        [tell("<a><last-name><![CDATA[Vandenberg]]></last-name></a>", XML)],
        ["Vandenberg"],
    ),
    "XML attributes": (
        [tell('<o customer-name="Zacharias Vandenberg" customer-email="z@acme.de"/>', XML)],
        ["Vandenberg", "z@acme.de"],
    ),
    "custom attribute": (
        [tell('<custom-attribute attribute-id="nickname">Zacki</custom-attribute>', XML)],
        ["Zacki"],
    ),
    "preference": (
        [tell('<preference preference-id="apiPassword">kupfer-7</preference>', XML)],
        ["kupfer-7"],
    ),
    "preference of a person": (
        [tell('<preference preference-id="contactLastName">Vandenberg</preference>', XML)],
        ["Vandenberg"],
    ),
    "preference in CDATA": (
        [tell('<p a="b" p-id="apiKey" c="d"><![CDATA[kupfer-7]]></p>', XML)],
        ["kupfer-7"],
    ),
    "preference in an archive": (
        [ask("/x", pack(a='<preference preference-id="apiKey">kupfer-7</preference>'), JSON)],
        ["kupfer-7"],
    ),
    "values of a custom attribute": (
        [
            tell(
                '<custom-attribute attribute-id="apiSecrets"><value>kupfer-7</value>\n'
                "<value>kupfer-8</value></custom-attribute>"
                '<custom-attribute attribute-id="nickname"><value>Zacki</value></custom-attribute>',
                XML,
            )
        ],
        ["kupfer-7", "kupfer-8", "Zacki"],
    ),
    "input of a page": (
        [tell(f'<input value="{TOKEN}" type="hidden" name="csrf_token"/>', TEXT)],
        [TOKEN],
    ),
    "deep JSON": ([tell("[" * 300 + '"z@acme.de"' + "]" * 300)], ["z@acme.de"]),
    "broken JSON": ([tell('{"last_name":"Vandenberg", "x": [1,')], ["Vandenberg"]),
    "XML of an order": (
        [
            tell(
                '<order order-no="00000815"><customer-name>Zacharias Vandenberg</customer-name>'
                "<card-number>4111-1111-1111-1111</card-number><phone>030-99 88 77</phone>"
                "<remote-host>81.2.69.142</remote-host></order>",
                XML,
            )
        ],
        ["00000815", "Vandenberg", "4111", "99 88", "81.2.69.142"],
    ),
    "session in a path": ([ask("/x;jsessionid=ABCdef123456;v=1")], ["ABCdef123456"]),
    "apostrophe": (
        [tell({"last_name": "O'Brien-X"}), ask("/x?q=O%27Brien-X"), tell("O&#39;Brien-X", XML)],
        ["Brien"],
    ),
    "form in Latin-1": (
        [ask("/x", b"last_name=M\xfc\xdfigmann&x=1", FORM, "POST")],
        ["igmann"],
    ),
    "number as password": ([tell({"password": 12345678}), tell({"x": "12345678"})], ["12345678"]),
    "single quotes": ([tell("{'last_name': 'Vandenberg'}", TEXT)], ["Vandenberg"]),
    "search": (
        [ask("/x", {"text_query": {"fields": ["last_name"], "search_phrase": "Vanden"}}, JSON)],
        ["Vanden"],
    ),
    "JSON patch": (
        [ask("/x", [{"op": "add", "path": "/last_name", "value": "Vandenberg"}], JSON)],
        ["Vandenberg"],
    ),
    "pair": ([tell({"name": "customer_email", "value": "zacharias"})], ["zacharias"]),
    "list of addresses": (
        [tell({"email_to": "a@acme.de, Zacharias <b@acme.de>"})],
        ["a@acme.de", "b@acme.de", "Zacharias"],
    ),
    "login": (
        [tell({"login": "zvandenberg"}), tell({"x": "changed by zvandenberg."})],
        ["zvandenberg"],
    ),
    "postal address": (
        [tell({"address1": "Hauptstraße 12b", "postal_code": "10115", "x": "to hauptstraße 12B"})],
        ["Hauptstraße 12b", "10115"],
    ),
    "phone": (
        [tell({"x": "ring +49 (0)30 1234-567 or (212) 555-1234", "phone": 4915112345678})],
        ["1234-567", "555-1234", "4915112345678"],
    ),
    "short phone": ([tell({"phone": "555-0181"}), tell({"x": "call 555-0181"})], ["555-0181"]),
    "birthday": ([tell({"birthday": "1981-02-03T00:00:00.000Z"})], ["1981-02-03"]),
    "cards": (
        [
            tell({"x": "4111111111111111", "y": 5500005555555559, "z": "3782-822463-10005"}),
            tell(
                {"payment_card": {"number": "6011 0009 9013 9424"}, "x": "DE89370400440532013000"}
            ),
        ],
        ["4111111111111111", "5500005555555559", "3782-822463-10005", "6011", "DE8937"],
    ),
    "cards in arrays": (
        [
            tell({"cards": [{"number": "711188"}], "payment_card": {"number": ["711199"]}}),
            tell({"cards": ["4111111111111111", [{"a": [{"number": 5500005555555559}]}]]}),
        ],
        ["711188", "711199", "4111111111111111", "5500005555555559"],
    ),
    # Ids and hosts
    "customer number": (
        [ask(f"{CUSTOMER}/1001"), tell({"customer_no": "1001", "link": f"{CUSTOMER}/1001"})],
        ["1001"],
    ),
    "number of a customer": (
        [tell({"customer_number": 815777}), tell({"x": 815777, "y": "no 815777"})],
        ["815777"],
    ),
    "UUID": ([tell({"organizations": [UUID]}), ask(f"/x/{UUID.upper()}")], [UUID]),
    "id of a customer": (
        [ask(f"/x/{CUSTOMER_ID}"), tell({"customer_id": CUSTOMER_ID})],
        [CUSTOMER_ID],
    ),
    "hosts": (
        [tell({"x": f"see {INSTANCE} or //staging-acme.demandware.net/on"})],
        [INSTANCE, "staging-acme"],
    ),
    "IP addresses": (
        [tell({"x": "from 203.0.114.77 and 2001:db9::1:2"})],
        ["203.0.114.77", "2001:db9::1:2"],
    ),
    # Parts
    "batch": (
        [ask("/x", BATCH, {"Content-Type": "multipart/mixed; boundary=f81d4fae7dec11d0"}, "POST")],
        ["Vandenberg", "1001", TOKEN, "f81d4fae7dec11d0"],
    ),
    "fields": (
        [
            ask(
                "/x",
                FIELDS.encode() + b"\xff\xfe\0" + MAIL.encode() + b"\r\n--f81d4fae7dec11d0--\r\n",
                {"Content-Type": "multipart/form-data; boundary=f81d4fae7dec11d0"},
                "POST",
            )
        ],
        ["zacharias", MAIL],
    ),
    "WebDAV": (
        [tell("<d:href>/on/x/z%40acme.de.txt</d:href><d:owner>Vandenberg</d:owner>", XML)],
        ["z@acme.de", "Vandenberg"],
    ),
    "entity tag": ([ask(headers={"If-Match": '"z@acme.de"'})], ["z@acme.de"]),
    "headers": (
        [ask(headers={"From": "Zacharias <z@acme.de>", "X-User": "z@acme.de"})],
        ["z@acme.de"],
    ),
}
"""Exchanges, and the values that must be missing, also decoded."""


def decode(content: bytes) -> str:
    """Return all texts of a recording, also decoded, in lower case."""
    texts = (text for line in content.splitlines() for *_, text in list_texts(json.loads(line)))
    return "\n".join(chain.from_iterable(map(list_variants, texts))).lower()


@pytest.mark.parametrize("case", CASES)
def test_a_value_is_hidden(case: str) -> None:
    raws, values = CASES[case]
    before = decode(json.dumps([str(raw) for raw in raws]).encode())
    redacted = redact(raws)
    after = decode(write(redacted))
    assert [value for value in values if value.lower() in after] == []
    assert inspect(redacted) == []
    assert redacted.counts
    assert before != after


def show(*raws: Raw, **choices: Any) -> list[Any]:
    """Return the lines of a recording, without the head."""
    return [json.loads(line) for line in write(redact(raws, **choices)).splitlines()[1:]]


@pytest.mark.parametrize(
    "name",
    [
        "c_sftpPwd",
        "c_smtpPass",
        "pass",
        "c_pw",
        "c_hmacKey",
        "c_adyenHmac",
        "c_merchantKey",
        "c_licenseKey",
        "c_apiKey",
        "c_privateKey",
        "c_secretKey",
        "c_accessKey",
        "c_encryptionKey",
        "c_signingKey",
        "signature",
        "c_sig",
        "c_basicAuth",
        "c_authHeader",
        "c_bearer",
        "c_connectionString",
        "c_sas",
        "c_salt",
        "sid",
        "security_answer",
        "c_kennwort",
        "c_passwort",
    ],
)
def test_a_member_with_a_secret_name_is_hidden(name: str) -> None:
    [line] = show(tell({name: "Kupfer7-Dachs"}))
    assert line["answer"]["json"][name] in ("secret-1", "cookie-1")


@pytest.mark.parametrize(
    ("name", "pseudonym"),
    [
        ("attention_name", "Name-1"),
        ("c_attn", "Name-1"),
        ("c_firma", "Name-1"),
        ("user", "Name-1"),
        ("last_login_user", "Name-1"),
        ("changed_by_user", "Name-1"),
        ("SftpUser", "Name-1"),
        ("SftpHost", "host-1.example.com"),
        ("emailsDomains", "host-1.example.com"),
        ("c_strasse", "Address-1"),
        ("c_Straße", "Address-1"),
        ("c_ort", "Address-1"),
        ("c_postleitzahl", "Address-1"),
        ("c_handy", "555-0001"),
        ("c_telefonnummer", "555-0001"),
        ("c_kundennummer", "id-1"),
        ("original_order_no", "id-1"),
        ("c_kontonummer", "400000000010"),
        ("sessionKey", "cookie-1"),
    ],
)
def test_a_member_with_the_name_of_personal_data_is_hidden(name: str, pseudonym: str) -> None:
    [line] = show(tell({name: "Kupfer 7"}))
    assert line["answer"]["json"] == {name: pseudonym}


@pytest.mark.parametrize(
    "name",
    ["X-Acme-Auth", "X-Signature", "X-Hmac", "X-Session", "X-Remote-User", "X-Original-Host"],
)
def test_a_header_with_a_sensitive_name_is_hidden(name: str) -> None:
    [line] = show(ask(headers={name: "kupfer7.dachs.de"}))
    assert "dachs" not in line["request"]["headers"][name]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("key", "token"), ("code", "token"), ("sig", "secret"), ("hmac", "secret")],
)
def test_a_parameter_of_a_signed_link_is_hidden(name: str, kind: str) -> None:
    lines = show(
        ask(f"/x?a=b&{name}=Kupfer7-Dachs"),
        tell({"link": f"https://example.com/x?{name}=Kupfer8-Dachs"}),
    )
    assert lines[0]["request"]["target"] == f"/x?a=b&{name}={kind}-1"
    assert lines[1]["answer"]["json"] == {"link": f"https://example.com/x?{name}={kind}-2"}


@pytest.mark.parametrize(
    "name",
    [
        "key_attribute",
        "sort_key",
        "code",
        "key",
        "compass",
        "c_bypass",
        "result",
        "token_type",
        "c_oversalted",
    ],
)
def test_a_member_with_a_harmless_name_is_kept(name: str) -> None:
    [line] = show(tell({name: "Kupfer7-Dachs"}))
    assert line["answer"]["json"] == {name: "Kupfer7-Dachs"}


def test_the_same_value_has_the_same_pseudonym_everywhere() -> None:
    lines = show(
        ask(f"{DATA}/users/{quote(MAIL)}?email={quote_plus(MAIL.upper())}"),
        tell({"email": MAIL, "link": f"https://{INSTANCE}{DATA}/users/{MAIL}"}),
        tell(f"<email>{MAIL.replace('@', '&#64;')}</email>", XML),
    )
    mail = "person-1@example.com"
    encoded = "person-1%40example.com"
    assert lines[0]["request"]["target"] == f"{DATA}/users/{encoded}?email={encoded}"
    assert lines[1]["answer"]["json"] == {
        "email": mail,
        "link": f"https://instance-1.example.com{DATA}/users/{mail}",
    }
    assert lines[2]["answer"]["text"] == f"<email>{mail}</email>"


@pytest.mark.parametrize(
    "text",
    [
        "/users/{}",
        "https://example.com/a%2Fb/users/{}/c%20d",
        "email={}&back=%2Fhome%3Fx",
        '<a href="/users/{}">100%</a>',
        '{{\\"link\\": \\"/users/{}\\"}}',
        "/x?back=%2Fusers/{}",
    ],
)
@pytest.mark.parametrize(
    ("mail", "pseudonym"),
    [
        ("zoe@acme.test2.de", "person-1@example.com"),
        ("zoe%40acme.test2.de", "person-1%40example.com"),
        ("zoe%2540acme.test2.de", "person-1%2540example.com"),
        ("zoe%2Bx@acme.test2.de", "person-1@example.com"),
    ],
)
def test_an_encoded_value_has_an_encoded_pseudonym(text: str, mail: str, pseudonym: str) -> None:
    lines = show(
        tell({"link": text.format(mail)}, JSON | {"Location": text.format(mail)}),
        tell(text.format(mail), TEXT),
        ask(f"/x?email={mail}"),
    )
    assert lines[0]["answer"]["json"] == {"link": text.format(pseudonym)}
    assert dict(lines[0]["answer"]["headers"])["Location"] == text.format(pseudonym)
    assert lines[1]["answer"]["text"] == text.format(pseudonym)


@pytest.mark.parametrize(
    "text", ["No user '{}' here.", "`{}`", "**{}**", "{{{}}}", "%27{}%27", "&apos;{}&apos;"]
)
def test_an_address_in_quotes_has_its_pseudonym_in_quotes(text: str) -> None:
    lines = show(tell({"email": MAIL}), tell({"x": text.format(MAIL)}))
    assert lines[0]["answer"]["json"] == {"email": "person-1@example.com"}
    assert lines[1]["answer"]["json"] == {"x": text.format("person-1@example.com")}


def test_the_domain_of_a_kept_host_stays() -> None:
    namespace = "http://www.demandware.com/ocapi/data/23.2"
    lines = show(tell({"email": "zoe@demandware.com"}), tell({"x": namespace}))
    assert lines[0]["answer"]["json"] == {"email": "person-1@example.com"}
    assert lines[1]["answer"]["json"] == {"x": namespace}


def test_a_number_of_a_card_has_a_pseudonym_in_all_spellings() -> None:
    spellings = ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"]
    lines = show(*(tell({"x": spelling}) for spelling in spellings))
    assert [line["answer"]["json"] for line in lines] == [{"x": "4000000000000010"}] * 3


def test_an_archive_that_cannot_be_read_is_a_file() -> None:
    [line] = show(ask("/x", DAMAGED, method="PUT"))
    assert line["request"]["text"] == "file-1"
    [line] = show(ask("/x", DAMAGED, method="PUT"), kinds=TEST_DATA_KINDS)
    assert b64decode(line["request"]["base64"]) == DAMAGED


def test_pseudonyms_have_the_form_of_the_values() -> None:
    [line] = show(
        tell(
            {
                "customer_no": "00001001",
                "customer_id": CUSTOMER_ID,
                "user_id": UUID,
                "phone_home": "+49 30 1234567",
                "last_name": "Vandenberg",
                "birthday": "1981-02-03",
                "x": "4111111111111111 10.1.2.3 2001:db9::1",
            }
        )
    )
    assert line["answer"]["json"] == {
        "customer_no": "99999999",
        "customer_id": "id000000000000000000000001",
        "user_id": "00000000-0000-4000-8000-000000000001",
        "phone_home": "555-0001",
        "last_name": "Name-1",
        "birthday": "1970-01-01",
        "x": "4000000000000010 192.0.2.1 2001:db8::2",
    }


def test_credentials_stay_credentials() -> None:
    lines = show(
        ask("/dwsso/oauth2/access_token", "grant_type=client_credentials", BASIC | FORM, "POST"),
        tell({"access_token": "eyJhbGciOiJub25lIn0.e30.", "token_type": "Bearer"}),
        ask(headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}),
    )
    scheme, encoded = lines[0]["request"]["headers"]["Authorization"].split()
    assert (scheme, b64decode(encoded)) == ("Basic", b"client-1:secret-1")
    assert lines[0]["request"]["text"] == "grant_type=client_credentials"
    assert lines[1]["answer"]["json"] == {"access_token": "token-1", "token_type": "Bearer"}
    assert lines[2]["request"]["headers"]["Authorization"] == "Bearer token-1"


def test_a_client_with_its_id_as_secret_has_both() -> None:
    demo = "a" * 30
    lines = show(
        ask(headers={"Authorization": f"Basic {base64(f'{demo}:{demo}')}"}),
        ask(f"/x?client_id={demo}"),
    )
    encoded = lines[0]["request"]["headers"]["Authorization"].split()[1]
    assert b64decode(encoded) == b"client-1:secret-1"
    assert lines[1]["request"]["target"] == "/x?client_id=client-1"


STATE = "847f9ac5e5a1f1a1b847f9ac5e5a1f1a1b847f9ac5e5a1f1a1b847f9ac5e5a1f"
KEPT = {
    "_v": "23.2",
    "_type": "inventory_list",
    "_resource_state": STATE,
    "id": "shirt-red-42",
    "creation_date": "2026-11-29T18:00:00.000Z",
    "display_name": {"default": "Shirt", "de-DE": "Hemd"},
    "fault": {"type": "SiteNotFoundException", "arguments": {"siteId": "x"}, "message": "No."},
    "min_password_length": 8,
    "passwordDaysExpiration": 90,
    "passwordHistorySize": 4,
    "passwordMinEntropy": 25,
    "passwordModificationTimestamp": "2026-11-29T18:00:00.000Z",
    "token_type": "Bearer",
    "stock_level": 12345678,
    "price": 12.5,
    "ean": "4006381333931",
    "last_modified_by": "",
    "login": None,
    "enabled": True,
    "permissions": [{"id": "Access_Keys", "type": "functional", "values": ["ACCESS", "READONLY"]}],
    "issuer": "https://account.demandware.com:443/dwsso/oauth2/access_token",
    "xmlns": "http://www.demandware.com/ocapi/data/23.2",
}


def test_what_the_contract_needs_is_kept() -> None:
    raw = tell(KEPT, JSON | {"ETag": f'"{STATE}"'})
    redacted = redact([raw])
    [exchange] = redacted.exchanges
    assert exchange.answer.body is not None
    assert exchange.answer.body.value == KEPT
    assert list(exchange.answer.body.value) == list(KEPT)
    assert exchange.answer.headers == raw.answer_headers
    assert redacted.counts == {}
    assert inspect(redacted) == []


@pytest.mark.parametrize(
    "constant",
    [
        "grant_type=urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken",
        "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ],
)
def test_a_constant_of_the_protocol_is_kept(constant: str) -> None:
    name, value = constant.split("=")
    encoded = f"{name}={quote(value, safe='')}"
    lines = show(
        ask("/x", constant, FORM, "POST"),
        ask(f"/x?{encoded}", encoded, FORM, "POST"),
        tell({name: value, "note": f"{constant}, {encoded}"}),
        tell(f"<a>{constant}</a>", XML),
    )
    assert lines[0]["request"]["text"] == constant
    assert lines[1]["request"]["text"] == encoded
    assert lines[1]["request"]["target"] == f"/x?{encoded}"
    assert lines[2]["answer"]["json"] == {name: value, "note": f"{constant}, {encoded}"}
    assert lines[3]["answer"]["text"] == f"<a>{constant}</a>"


def test_a_description_is_kept() -> None:
    described = {
        "definitions": {
            "credentials": {"properties": {"password": {"type": "string", "maxLength": 256}}},
            "user": {"password": {"description": "The password.", "type": "string"}},
        },
        "parameters": [{"name": "client_id", "in": "query", "description": "The client."}],
        "paths": {"/users/{login}/password": {"patch": {"tags": ["users"]}}},
    }
    [line] = show(tell(described))
    assert line["answer"]["json"] == described


CREDENTIALS = {"login": "zacki77", "enabled": True, "password": "kupfer-7", "answer": "Bello77"}
CREDENTIALS_XML = (
    "<credentials><login>zacki77</login><enabled-flag>true</enabled-flag>"
    '<password encrypted="true">{SSHA}abc</password><password-answer/>'
    "<a><![CDATA[Bello77]]></a></credentials>"
)
HIDDEN_XML = (
    "<credentials><login>Name-1</login><enabled-flag>true</enabled-flag>"
    '<password encrypted="true">secret-1</password><password-answer/>'
    "<a><![CDATA[secret-2]]></a></credentials>"
)


def test_credentials_keep_their_members_in_xml_and_javascript_too() -> None:
    customer = '{"credentials":{"_type":"credentials","enabled":true,"login":"zacki77"}}'
    lines = show(
        tell(f"/**/app.on[0]({customer})", TEXT),
        tell("<c><credentials><_type>credentials</_type><login>zacki77</login></credentials></c>"),
    )
    hidden = customer.replace("zacki77", "Name-1")
    assert lines[0]["answer"]["text"] == f"/**/app.on[0]({hidden})"
    assert lines[1]["answer"]["text"] == (
        "<c><credentials><_type>credentials</_type><login>Name-1</login></credentials></c>"
    )


def test_credentials_of_a_document_keep_their_members() -> None:
    hidden = {"login": "Name-1", "enabled": True, "password": "secret-1", "answer": "secret-2"}
    body = json.dumps({"credentials": CREDENTIALS})
    batch = (
        f"--x\r\nContent-Type: application/http\r\n\r\nPUT /x HTTP/1.1\r\n\r\n{body}\r\n--x--\r\n"
    )
    lines = show(
        tell({"credentials": CREDENTIALS, "text": body}),
        ask("/x", batch, {"Content-Type": "multipart/mixed; boundary=x"}, "POST"),
    )
    shown = lines[0]["answer"]["json"]
    assert shown["credentials"] == json.loads(shown["text"])["credentials"] == hidden
    part = lines[1]["request"]["text"].split("\r\n\r\n")[2]
    assert json.loads(part.partition("\r\n")[0]) == {"credentials": hidden}


def test_credentials_in_xml_keep_their_elements() -> None:
    escaped = CREDENTIALS_XML.replace("<", "&lt;").replace(">", "&gt;")
    lines = show(
        tell(f"<customer>{CREDENTIALS_XML}</customer>", XML),
        ask("/x", pack(a=f"<customer>{CREDENTIALS_XML}</customer>"), method="PUT"),
        tell(f"<a>{escaped}</a>", XML),
        tell({"text": CREDENTIALS_XML}),
    )
    assert lines[0]["answer"]["text"] == f"<customer>{HIDDEN_XML}</customer>"
    with ZipFile(BytesIO(b64decode(lines[1]["request"]["base64"]))) as archive:
        assert archive.read("a").decode() == f"<customer>{HIDDEN_XML}</customer>"
    assert unescape(lines[2]["answer"]["text"]) == f"<a>{HIDDEN_XML}</a>"
    assert lines[3]["answer"]["json"] == {"text": HIDDEN_XML}


def test_a_secret_of_letters_is_no_part_of_a_word() -> None:
    [line] = show(tell({"password": "readonly", "x": "readonly", "y": "ReadOnlyException"}))
    assert line["answer"]["json"] == {
        "password": "secret-1",
        "x": "secret-1",
        "y": "ReadOnlyException",
    }


def test_a_word_of_the_protocol_is_hidden_in_its_place_only() -> None:
    [line] = show(tell({"last_name": "Order", "orders": [{"order": "the order"}]}))
    assert line["answer"]["json"] == {"last_name": "Name-1", "orders": [{"order": "the order"}]}


def test_headers_of_the_way_are_left_out() -> None:
    way = {"Host": INSTANCE, "Via": "1.1 x", "CF-Ray": "8f", "X-Request-Id": "1", "Date": "today"}
    [line] = show(ask(headers=way | {"Accept": "application/json", "Content-Length": "5"}))
    assert line["request"]["headers"] == {"Accept": "application/json"}


def test_names_of_the_user_decide() -> None:
    raw = tell({"c_nick": "Zacki", "x": "by Zacki", "login": "robot-7", "id": "list-1"})
    [line] = show(raw, hide=["c_nick"], keep=["login"], hide_ids=True)
    assert line["answer"]["json"] == {
        "c_nick": "value-1",
        "x": "by value-1",
        "login": "robot-7",
        "id": "id-1",
    }


def test_the_login_of_a_path_is_the_login_of_the_document() -> None:
    lines = show(
        ask(f"{DATA}/users/admin"),
        ask(f"{DATA}/users/this/password"),
        tell({"login": "admin", "link": f"{DATA}/users/admin", "roles": ["admin"]}),
    )
    assert lines[0]["request"]["target"] == f"{DATA}/users/Name-1"
    assert lines[1]["request"]["target"] == f"{DATA}/users/this/password"
    assert lines[2]["answer"]["json"] == {
        "login": "Name-1",
        "link": f"{DATA}/users/Name-1",
        "roles": ["admin"],
    }


def test_a_kept_number_is_kept_in_paths() -> None:
    lines = show(ask(f"{CUSTOMER}/1001"), tell({"customer_no": "1001"}), keep=["customer_no"])
    assert lines[0]["request"]["target"] == f"{CUSTOMER}/1001"
    assert lines[1]["answer"]["json"] == {"customer_no": "1001"}


def test_of_test_data_only_credentials_are_hidden() -> None:
    told = {
        "email": MAIL,
        "last_name": "Vandenberg",
        "birthday": "1981-02-03",
        "x": f"{MAIL} {UUID}",
    }
    picture = b"\x89PNG\r\n\x1a\n\0\0"
    lines = show(
        ask(headers={"Authorization": f"Basic {base64(f'{MAIL}:agentpw99:clientpw77')}"}),
        tell(told | {"access_token": TOKEN, "link": f"https://{INSTANCE}/x"}),
        tell(picture, {"Content-Type": "image/png"}),
        kinds=TEST_DATA_KINDS,
    )
    basic = lines[0]["request"]["headers"]["Authorization"].split()[1]
    assert b64decode(basic) == f"{MAIL}:secret-1:secret-2".encode()
    hidden = {"access_token": "token-1", "link": "https://instance-1.example.com/x"}
    assert lines[1]["answer"]["json"] == told | hidden
    assert b64decode(lines[2]["answer"]["base64"]) == picture


def test_a_part_of_a_batch_keeps_its_right_length() -> None:
    content = {"Content-Type": "multipart/mixed; boundary=f81d4fae7dec11d0"}
    [line] = show(ask("/x", BATCH, content, "POST"))
    assert line["request"]["headers"]["Content-Type"] == "multipart/mixed; boundary=boundary-1"
    assert line["request"]["text"] == (
        "--boundary-1\r\nContent-Type: application/http\r\n\r\n"
        f"PATCH {CUSTOMER}/id-1 HTTP/1.1\r\nAuthorization: Bearer token-1\r\n"
        'Content-Length: 22\r\n\r\n{"last_name":"Name-1"}\r\n--boundary-1--\r\n'
    ).replace("id-1", "9999")


def test_an_archive_stays_an_archive() -> None:
    [line] = show(ask("/x", pack(customers=f"<email>{MAIL}</email>"), method="PUT"))
    with ZipFile(BytesIO(b64decode(line["request"]["base64"]))) as archive:
        assert archive.read("customers") == b"<email>person-1@example.com</email>"


def test_a_file_that_can_not_be_read_is_the_same_at_each_place() -> None:
    picture = b"\x89PNG\r\n\x1a\n\0\0\1\2"
    lines = show(ask("/x", picture, method="PUT"), tell(picture, {"Content-Type": "image/png"}))
    assert lines[0]["request"]["text"] == lines[1]["answer"]["text"] == "file-1"


def test_a_pseudonym_never_equals_a_value() -> None:
    numbers = [f"{number:08}" for number in (99999999, 1, 99999997)]
    lines = show(*(tell({"customer_no": number}) for number in numbers))
    shown = [line["answer"]["json"]["customer_no"] for line in lines]
    assert shown == ["99999998", "99999996", "99999995"]


def test_a_number_of_any_size_has_a_pseudonym() -> None:
    numbers = [7, 8, 9, 10, 18446744073709551615]
    lines = show(*(tell({"customer_no": number}) for number in numbers))
    shown = [line["answer"]["json"]["customer_no"] for line in lines]
    assert shown == [6, 5, 4, 99, 9999999999999999999]


def test_a_recording_of_pseudonyms_stays_as_it_is() -> None:
    told = {"email": "person-7@example.com", "last_name": "Name-2", "access_token": "token-1"}
    [line] = show(tell(told))
    assert line["answer"]["json"] == told


NAMED = st.sampled_from(["last_name", "password", "email", "customer_no", "access_token", "login"])
LETTERS = st.characters(categories=("Ll", "Lu", "Nd"), max_codepoint=0x24F)
VALUES = st.text(LETTERS, min_size=6, max_size=20).filter(
    lambda value: value.lower() not in protocol_words()
)


@given(NAMED, VALUES, st.data())
def test_a_value_that_is_hidden_once_is_nowhere(name: str, value: str, data: st.DataObject) -> None:
    spelled = data.draw(
        st.sampled_from(
            [
                value,
                quote(value, safe=""),
                quote(quote(value, safe=""), safe=""),
                json.dumps(value)[1:-1],
                json.dumps(json.dumps(value))[1:-1],
                "".join(f"&#{ord(c)};" for c in value),
                base64(f"it is {value}!"),
                value.upper() if len(value.upper()) == len(value) else value,
            ]
        )
    )
    elsewhere = data.draw(
        st.sampled_from(
            [
                ask(f"/x/{quote(spelled)}/y?z={quote(spelled, safe='')}"),
                tell({"note": f"for {spelled}."}),
                tell({"c": [{f"k {spelled}": 1}]}),
                tell(f"<a b='{spelled}'> {spelled} </a>", XML),
                ask("/x", f"a={quote_plus(spelled)}", FORM, "POST"),
                ask(headers={"X-Note": quote(spelled)}),
            ]
        )
    )
    redacted = redact([elsewhere, tell({name: value})])
    assert value.lower() not in decode(write(redacted))
