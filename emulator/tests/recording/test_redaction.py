"""Secrets are taken out of texts, queries, headers and bodies, and nothing else is."""

import pytest

from emulator.recording.redaction import Mask

TOKEN = "abcdefgh.ijklmnop"
NONE, BEARER = Mask(""), Mask(f"Bearer {TOKEN}")
NAMES = ["client_secret", "client_assertion", "password", "access_token", "refresh_token"]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("authorization", "token"),
    [
        ("Bearer 12345678", "12345678"),
        ("Bearer   12345678  ", "12345678"),
        ("Basic id:secret ", "id:secret"),
        ("12345678", "12345678"),
        ("", ""),
    ],
)
def test_the_token_of_a_header_is_found(authorization: str, token: str) -> None:
    assert Mask(authorization).token == token


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TOKEN, "***"),
        (f"Access token '{TOKEN}' isn't valid", "Access token '***' isn't valid"),
        (f"/s/-/{TOKEN}/x", "/s/-/***/x"),
        (TOKEN[:-1], TOKEN[:-1]),
        ("", ""),
    ],
)
def test_the_token_is_taken_out_wherever_it_stands(text: str, shown: str) -> None:
    assert BEARER.text(text) == shown


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ('Tok"en&12345<', '{"a":"Tok\\"en&12345<"}'),
        ('Tok"en&12345<', '<a>Tok"en&amp;12345&lt;</a>'),
        ('Tok"en&12345<', "<a>Tok&quot;en&amp;12345&lt;</a>"),
        ("abc/def+12", "q=abc%2Fdef%2B12"),
        ("abc/def+12", "q=abc%2fdef%2b12"),
        ("T\xc3\xa4tigkeit", "Tätigkeit"),
    ],
)
def test_it_is_found_as_json_xml_and_urls_write_it(token: str, text: str) -> None:
    shown = Mask(f"Bearer {token}").text(text)
    assert "***" in shown
    assert "12345" not in shown
    assert "def" not in shown


def test_a_short_token_is_not_looked_for() -> None:
    assert Mask("Bearer 1234567").text("1234567") == "1234567"


@pytest.mark.parametrize("token", ["a.b*c+d?", "\\1\\g<1>x", "((((((((", "$^$^$^$^"])
def test_a_token_is_no_expression(token: str) -> None:
    assert Mask(f"Bearer {token}").text(f"x {token} y aaaaaaaa") == "x *** y aaaaaaaa"


@pytest.mark.parametrize("name", [*NAMES, "CLIENT_SECRET"])
def test_parameters_that_hold_secrets_are_masked(name: str) -> None:
    assert NONE.query(f"a=b&{name}=s%26cret/+=x&c=d") == f"a=b&{name}=***&c=d"
    assert NONE.query(f"{name}=one&{name}=two") == f"{name}=***&{name}=***"
    assert NONE.parameters(f"a=b&{name}=s3cret") == {"a": "b", name: "***"}
    assert NONE.body(f'{name}=a"s3 cret&x=1', FORM, cut=False) == f"{name}=***&x=1"
    assert NONE.text(f"/x?{name}=s3cret HTTP") == f"/x?{name}=*** HTTP"


def test_encoded_names_are_masked_too() -> None:
    assert NONE.query("client%5Fsecret=s3cret") == "client_secret=***"
    assert "s3cret" not in NONE.query("u=http%3A%2F%2Fx%3Faccess_token%3Ds3cret")
    assert NONE.body('{"client\\u005fsecret":"s3cret"}', JSON, cut=False) == (
        '{"client_secret":"***"}'
    )


@pytest.mark.parametrize("query", ["a=b", "a=%7Eb&&c", "select=(**)", "x=1;y=2", "", "=", "&"])
def test_a_query_without_secrets_stays_as_it_was(query: str) -> None:
    assert BEARER.query(query) == query


@pytest.mark.parametrize("value", ['"s3cret"', "1234567", "null", '["s3cret"]', '{"a":"s3cret"}'])
@pytest.mark.parametrize("name", NAMES)
def test_members_that_hold_secrets_are_masked(name: str, value: str) -> None:
    shown = NONE.body(f'{{"a":[{{"{name}": {value}}}],"b":1}}', JSON, cut=False)
    assert shown == f'{{"a":[{{"{name}":"***"}}],"b":1}}'


@pytest.mark.parametrize("text", ['{"a" :  1}', '[1,"x"]', "null", "no json", "<a/>", ""])
def test_a_body_without_secrets_stays_as_it_was(text: str) -> None:
    assert BEARER.body(text, JSON, cut=False) == text


def test_json_stays_json() -> None:
    shown = NONE.body('{"u":"x?password=abc\\"d","v":"y"}', JSON, cut=False)
    assert shown == '{"u":"x?password=***\\"d","v":"y"}'


@pytest.mark.parametrize(
    "text",
    [
        "<password>s3cret</password>",
        '<a password="s3cret"/>',
        "<password x='1'>s3cret</password>",
        '{"password": "s3cret", ',
        '{"password": "s3cr\\"s3cret',
        'form-data; name="password"\r\n\r\ns3cret\r\n--x',
        "password='s3cret'",
    ],
)
def test_secrets_are_taken_out_of_other_texts(text: str) -> None:
    shown = NONE.body(text, "", cut=False)
    assert "s3cret" not in shown
    assert "***" in shown


@pytest.mark.parametrize("length", range(4, len(TOKEN) + 1))
def test_the_beginning_of_a_token_at_the_end_of_a_cut_body_is_masked(length: int) -> None:
    assert BEARER.body(f"it's {TOKEN[:length]}", "", cut=True) == "it's ***"
    assert BEARER.body(f"x={TOKEN[:length]}", FORM, cut=True) == "x=***"


def test_a_body_that_is_whole_keeps_its_end() -> None:
    assert BEARER.body(f"it's {TOKEN[:6]}", "", cut=False) == f"it's {TOKEN[:6]}"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer abcdefghi", "Bearer ***"),
        ("authorization", "abcdefghi", "***"),
        ("cookie", "a=b", "***"),
        ("set-cookie", "a=b", "***"),
        ("proxy-authorization", "Basic x", "***"),
        ("x-emulator-control-token", "x", "***"),
        ("referer", f"http://x/?t={TOKEN}", "http://x/?t=***"),
        ("accept", "*/*", "*/*"),
    ],
)
def test_headers_that_hold_secrets_are_masked(name: str, value: str, shown: str) -> None:
    assert BEARER.headers({name: value}) == {name: shown}
