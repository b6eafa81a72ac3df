"""The second pass finds secrets by itself, and takes nothing harmless for a secret."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest

from emulator.corpus.exchange import Answer, Body, Exchange, Recording, Request, render
from emulator.corpus.inspection import Hidden, Inspector, describe
from emulator.tests.corpus.messages import DAMAGED, HEAD, base64, pack

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln"
OPAQUE = "kJ8s7Hd92kLmQz01XcVb"
HEX = "9f86d081884c7d659a2feaa0c55ad015"
STATE = "847f9ac5e5a1f1a1b847f9ac5e5a1f1a1b847f9ac5e5a1f1a1b847f9ac5e5a1f"

PLANTED = {
    "mail": ("x zack@acme.de y", "email"),
    "token of JSON": (f"x {JWT}", "token"),
    "bearer": ("Authorization: Bearer abc12345", "token"),
    "basic": (f"Basic {base64('user:pass')}", "token"),
    "card": ("4111 1111 1111 1111", "card"),
    "card with more": ("4111 1111 1111 1111 10", "card"),
    "password in a URL": ("https://a:hunter2@b", "secret"),
    "assignment": ("client_secret=hunter2", "secret"),
    "key": ("AKIAIOSFODNN7ABCDEFG", "token"),
    "private key": ("-----BEGIN RSA PRIVATE KEY-----\nMIIB", "token"),
    "sentence": ("The password is Kupfer7-Dachs", "secret"),
    "sentence with quotes": ("failed with password 'Kupfer7-Dachs'.", "secret"),
    "German sentence": ("Passwort: Kupfer7-Dachs", "secret"),
    "command": ("curl -u bob:Kupfer-Dachs https://example.com", "secret"),
    "element with a secret name": ("<a:password x='y'>kupfer</a:password>", "secret"),
    "section with a secret name": ("<clientSecret><![CDATA[kupfer]]></clientSecret>", "secret"),
    "element": ('<preference preference-id="apiPassword">kupfer</preference>', "secret"),
    "instance": ("https://zzab-001.dx.commercecloud.salesforce.com/x", "host"),
    "random text": (f"x {OPAQUE}", "random text"),
    "random text with signs": ("kJ8s7Hd92kLm-Qz01XcVbNmAsDf_9sdfKJH23", "random text"),
    "random digits": (HEX, "random text"),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "encoded": lambda text: quote(text, safe=""),
    "encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "escaped": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "in JSON": lambda text: json.dumps(json.dumps({"a": text})),
    "in XML": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "in Base64": base64,
    "in Base64 twice": lambda text: base64(base64(text)),
    "compressed": lambda text: b64encode(gzip.compress(text.encode())).decode(),
    "in an archive": lambda text: b64encode(pack(a=text)).decode(),
    "in UTF-16": lambda text: b64encode(text.encode("utf-16-le")).decode(),
}
BY_FORM_ONLY = ("random text", "random text with signs", "random digits")
"""Random text is sought as written: every encoding looks random."""


def make(value: object) -> Exchange:
    return Exchange(Request("GET", "/x"), Answer(200, (), Body("json", value)))


def inspect(value: object, **hidden: Hidden) -> list[str]:
    recording = Recording(HEAD, (make({}), make(value)))
    return describe(Inspector(hidden, {"token-1"}, ["c_sum"]).inspect(render(recording)))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", [name for name in PLANTED if name not in BY_FORM_ONLY])
def test_a_planted_secret_is_found(name: str, spelling: str) -> None:
    text, kind = PLANTED[name]
    found = inspect({"a": [{"note": SPELLINGS[spelling](text)}]})
    assert f"exchange 2: /answer/json/a/0/note: {kind}" in found


def test_an_archive_that_cannot_be_read_hides_no_other_secret() -> None:
    found = inspect({"file": b64encode(DAMAGED).decode(), "note": "zack@acme.de"})
    assert found == ["exchange 2: /answer/json/note: email"]


def test_the_time_in_the_name_of_a_log_is_no_card() -> None:
    path = "/Sites/LOGS/jobs/import/Job-import-20261129211320006.log"  # right by Luhn
    assert inspect({"log_file_path": path}) == []


@pytest.mark.parametrize("name", BY_FORM_ONLY)
def test_random_text_is_found(name: str) -> None:
    text, kind = PLANTED[name]
    assert inspect({"note": text}) == [f"exchange 2: /answer/json/note: {kind}"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_hidden_value_is_found(spelling: str) -> None:
    text = SPELLINGS[spelling]("by Vandenberg Ltd")
    found = inspect({"note": text}, vandenberg=Hidden("name", is_word=True))
    assert "exchange 2: /answer/json/note: name" in found


def test_a_hidden_word_is_no_part_of_a_word() -> None:
    assert inspect({"x": "limestone"}, stone=Hidden("name", is_word=True)) == []
    assert inspect({"x": "limestone"}, stone=Hidden("secret", is_word=False)) != []


def test_a_member_with_a_secret_name_is_found() -> None:
    assert inspect({"password": "short"}) == ["exchange 2: /answer/json/password: secret"]
    assert inspect({"a": {"clientSecret": "x1"}}) == [
        "exchange 2: /answer/json/a/clientSecret: secret"
    ]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"id": "gate", "value_type": "password", "value": "kupfer"}, "value"),
        ({"id": "gate", "value_type": "password", "site_values": {"A": "kupfer"}}, "site_values/A"),
        (
            {"id": "gate", "value_type": "password", "default_value": {"value": "kupfer"}},
            "default_value/value",
        ),
        ([{"id": "gate", "value_type": "password"}, {"c_gate": "kupfer"}], "1/c_gate"),
        ({"id": "apiPassword", "site_values": {"RefArch": "kupfer"}}, "site_values/RefArch"),
    ],
)
def test_the_value_of_a_password_attribute_is_found(value: object, place: str) -> None:
    assert inspect(value) == [f"exchange 2: /answer/json/{place}: secret"]


def test_the_place_never_shows_the_value() -> None:
    found = inspect({"zack@acme.de": {"b": "zack@acme.de"}})
    assert found == [
        "exchange 2: /answer/json/*: email",
        "exchange 2: /answer/json/*/b: email",
    ]
    hidden = {"zvandenberg": Hidden("name", is_word=True)}
    assert inspect({"zvandenberg": {"b": "zvandenberg"}}, **hidden) == [
        "exchange 2: /answer/json/*: name",
        "exchange 2: /answer/json/*/b: name",
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"_resource_state": STATE, "x": f'<a _resource_state="{STATE}"/>', "y": STATE},
        {"text": f'ETag: "{STATE}"\r\n\r\n'},
        {"access_token": "token-1", "password": "secret-2", "min_password_length": 8},
        {"password": None, "x": "Bearer token-1", "y": f"Basic {base64('client-1:secret-1')}"},
        {"x": "person-1@example.com at https://instance-1.example.com/s/-/dw/data/v23_2/sites"},
        {"x": "http://www.demandware.com/xml/impex/customer/2006-10-31"},
        {
            "x": "InvalidCustomPropertyException",
            "y": "2026-11-29T18:00:00.000Z",
            "z": 4006381333931,
        },
        {"x": "/on/demandware.servlet/webdav/Sites/Impex/src/instance/customers.xml"},
        {"x": "apparel-m-2XL-blue-36x34", "y": "00000000-0000-4000-8000-000000000001"},
        {"x": '"208-1795982549324"', "y": "0.4111111111111111", "z": 1795982549324},
        {"c_sum": HEX, "x": "Basic authentication with a bearer token"},
    ],
)
def test_what_is_harmless_is_not_found(value: object) -> None:
    assert inspect(value) == []
