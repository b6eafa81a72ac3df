"""Secrets are taken out of texts, queries, headers and bodies, and nothing else is."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.redaction import Redactor
from emulator.recording.secret import is_secret_name
from emulator.tests.bound import bounded
from emulator.tests.table import table

TOKEN = "abcdefgh.ijklmnop"
NONE, BEARER = Redactor(""), Redactor(f"Bearer {TOKEN}")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json;charset=UTF-8"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
SECRET_NAMES = [
    *("password", "Password", "old_password", "newPassword", "password1", "passwd", "pass", "pwd"),
    *("client_secret", "clientSecret", "CLIENT-SECRET", "x-dw-webhook-secret", "SecretKey"),
    *("access_token", "accessToken", "X-Access-Token", "refresh-token", "id_token", "csrfToken"),
    *("api_key", "apiKey", "ApiKey", "X-Api-Key", "c_apiKey", "ocp-subscription-key"),
    *("private_key", "accessKey", "sharedKey", "credentials", "client_assertion", "assertion"),
    *("authorization", "Proxy-Authorization", "X-Authorization", "x-auth", "Cookie", "Set-Cookie"),
    *("JSESSIONID", "dwsid", "jwt", "code_verifier", "user[password]", "client%5Fsecret"),
    *("client\\u005fsecret", "ns:password"),
    *("security_code", "securityCode", "card_number", "cardNumber", "credit-card-number"),
    *("payment_card.number", "cvv", "CVC", "cvc2", "card_cvv"),
    *("payment_bank_account.number", "bankAccountNumber", "bank_account_number", "IBAN"),
]
OTHER_NAMES = [
    *("client_id", "grant_type", "token_type", "client_assertion_type", "id", "key", "author"),
    *("Idempotency-Key", "x-dw-client-id", "passenger", "compass", "authentic", "session", "", "é"),
    *("code", "number", "card", "card_type", "masked_number", "credit_card_number_last_digits"),
    *("bank_account", "bank_routing_number", "urban"),
]


@table("name", SECRET_NAMES)
def test_a_secret_name_is_known_in_any_spelling(name: str) -> None:
    assert is_secret_name(name)


@table("name", OTHER_NAMES)
def test_other_names_are_not_secret(name: str) -> None:
    assert not is_secret_name(name)


PLACES = {
    "header": "Accept: */*\r\n{name}: Any s3cret; s3cret\r\nHost: a",
    "folded header": "{name}: a s3cret,\r\n  b s3cret\r\nHost: a",
    "parameter": "GET /x?a=b&{name}=s3cret&c=d HTTP/1.1",
    "parameter of a URL in a URL": "GET /x?u=http%3A%2F%2Fx%3F{name}%3Ds3cret%26c%3Dd",
    "JSON": '{{"{name}": "s3cret", "a": 1}}',
    "JSON string with escapes": '{{"{name}":"a\\"s3cret\\\\"}}',
    "JSON object": '{{"{name}": {{"a": ["}}", {{"b": "s3cret"}}]}}, "c": 1}}',
    "JSON array": '{{"{name}":["s3cret", "s3cret"]}}',
    "JSON in arrays": '[[{{"a":[{{"{name}":"s3cret"}}]}}]]',
    "JSON in a JSON string": '{{"a":"{{\\"{name}\\":\\"x s3cret\\"}}"}}',
    "JSON in JSON in JSON": '"{{\\"a\\":\\"{{\\\\\\"{name}\\\\\\":\\\\\\"s3cret\\\\\\"}}\\"}}"',
    "JSON that is cut in a string": '{{"a":1,"{name}":"x s3cret',
    "JSON that is cut in an object": '{{"{name}":{{"a":["s3cret"',
    "JSON that is nested 3,000 levels": "[" * 3000 + '{{"{name}":"s3cret"}}' + "]" * 3000,
    "Python": "{{'{name}': 's3cret'}}",
    "YAML": "a: 1\n{name}: s3cret s3cret\nb: 2",
    "XML attribute": '<a b="1" {name}="x s3cret" c="2"/>',
    "XML attribute in apostrophes": "<a {name} = 'x s3cret'>1</a>",
}


@table("name", ["clientSecret", "X-Access-Token", "api_key", "password"])
@table("place", PLACES)
def test_a_value_with_a_secret_name_is_redacted(place: str, name: str) -> None:
    shown = NONE.body(PLACES[place].format(name=name), "", cut=False)
    assert "s3cret" not in shown
    assert "***" in shown


ELEMENTS = {
    "plain": "<{name}>s3cret</{name}>",
    "prefix": '<ns:{name} xmlns:ns="a">s3cret</ns:{name}>',
    "attribute": '<{name} kind="plain">s3cret</{name}>',
    "a bracket in an attribute": "<{name} a=\"/>\" b='>'>s3cret</{name}>",
    "CDATA": "<{name}><![CDATA[s3cret]]></{name}>",
    "CDATA with an end tag": "<{name}><![CDATA[</{name}>s3cret]]></{name}>",
    "comment with an end tag": "<{name}><!-- </{name}> -->s3cret</{name}>",
    "children": "<{name}><a>s3cret</a><b>s3cret</b></{name}>",
    "child of the same name": "<{name}><{name}>a</{name}>s3cret</{name}>",
    "lines": "<{name}\n>\n s3cret\n</{name}\n>",
    "cut": "<a><{name}>s3cret</a>",
    "in JSON": '{{"a":"\\u003c{name}\\u003es3cret\\u003c/{name}\\u003e"}}',
    "in XML": "<a>&lt;{name}&gt;s3cret&lt;/{name}&gt;</a>",
}


@table("name", ["clientSecret", "x-api-key", "access_token", "Password"])
@table("place", ELEMENTS)
def test_an_element_with_a_secret_name_is_redacted(place: str, name: str) -> None:
    shown = NONE.body(f"<b>1</b>{ELEMENTS[place]}".format(name=name), "", cut=False)
    assert "s3cret" not in shown
    assert "***" in shown
    assert shown.startswith("<b>1</b>")


@table(
    ("text", "shown"),
    [
        ('{"password" :  "x" , "a":1}', '{"password" :  "***" , "a":1}'),
        ('{"password":null,"a":1}', '{"password":"***","a":1}'),
        ('{"password":12.5}', '{"password":"***"}'),
        ('{"a":"?password=x\\u0026b=1"}', '{"a":"?password=***\\u0026b=1"}'),
        ('{"u":"x?password=abc\\"d","v":"y"}', '{"u":"x?password=***\\"d","v":"y"}'),
        ("<password>x</password><a>1</a>", "<password>***</password><a>1</a>"),
        ("<password/><a>1</a>", "<password/><a>1</a>"),
        ("a=1;password=x&b=2", "a=1;password=***&b=2"),
        ("Bearer abcdefghijklmnopq is it", "Bearer *** is it"),
        ("Basic YWJjZGVmOmdoaWprbA== ok", "Basic *** ok"),
        (f"it is {JWT}, see", "it is ***, see"),
        (f'{{"a":"{JWT}"}}', '{"a":"***"}'),
        (JWT[:15], "***"),
        ("redis://user:p4ss@host/1", "redis://user:***@host/1"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII=\n", "-----BEGIN RSA PRIVATE KEY-----***"),
        ("Access token 'abc' isn't valid", "Access token '***' isn't valid"),
    ],
)
def test_only_the_secret_is_replaced(text: str, shown: str) -> None:
    assert NONE.body(text, "", cut=False) == shown


@table(
    ("text", "shown"),
    [
        (
            '{"payment_card": {"type": "Visa", "number": "4111 1111"}, "number": "1"}',
            '{"payment_card": {"type": "Visa", "number": "***"}, "number": "1"}',
        ),
        ('{"paymentCard":{"number":4111,"a":1}}', '{"paymentCard":{"number":"***","a":1}}'),
        ('"{\\"card\\":{\\"number\\":\\"41\\"}}"', '"{\\"card\\":{\\"number\\":\\"***\\"}}"'),
        ('"{\\"card\\":{\\"number\\":41}}"', '"{\\"card\\":{\\"number\\":\\"***\\"}}"'),
        ('{"card":{"type":"a"},"number":"1"}', '{"card":{"type":"a"},"number":"1"}'),
        ('{"card":{"a":{"b":1}},"order":{"number":"1"}}',) * 2,
        ('{"card":{"number":null}}',) * 2,
        (
            "<payment-card a='1'><type>a</type>\n<number>4111</number></payment-card>",
            "<payment-card a='1'><type>a</type>\n<number>***</number></payment-card>",
        ),
        ("<card><type>a</type></card><number>1</number>",) * 2,
        (
            '{"payment_bank_account":{"number":"DE02 1234","holder":"a"},"number":"1"}',
            '{"payment_bank_account":{"number":"***","holder":"a"},"number":"1"}',
        ),
        (
            "<payment_bank_account><number>DE02</number></payment_bank_account><number>1</number>",
            "<payment_bank_account><number>***</number></payment_bank_account><number>1</number>",
        ),
        ('<bank-account number="DE02"/>', '<bank-account number="***"/>'),
        ('{"card":{"type":"a","number":"411', '{"card":{"type":"a","number":"***'),
    ],
)
def test_the_number_of_a_card_is_redacted(text: str, shown: str) -> None:
    assert NONE.body(text, JSON, cut=False) == shown


@table(
    ("text", "shown"),
    [
        (
            '<preference preference-id="smtpPassword">s3cret</preference><a>b</a>',
            '<preference preference-id="smtpPassword">***</preference><a>b</a>',
        ),
        (
            "<custom-attribute xml:lang='x' attribute-id = 'apiKey'><value>s3cret</value>",
            "<custom-attribute xml:lang='x' attribute-id = 'apiKey'>***",
        ),
        ('<entry key="c_token">s3cret</entry>', '<entry key="c_token">***</entry>'),
        (
            "&lt;x name='client_secret'&gt;s3cret&lt;/x&gt;",
            "&lt;x name='client_secret'&gt;***&lt;/x&gt;",
        ),
        ('<preference preference-id="carrier">snail</preference>',) * 2,
        ('<attribute-definition attribute-id="password"><type>a</type>',) * 2,
        ('<attribute attribute-id="password"/><a>b</a>',) * 2,
        ('<a title="key=password">b</a>',) * 2,
    ],
)
def test_an_element_with_a_secret_name_in_an_attribute_is_redacted(text: str, shown: str) -> None:
    assert NONE.body(text, "application/xml", cut=False) == shown


@table(
    ("text", "shown"),
    [
        (
            '{"grant_type":"authorization_code","code":"s3cret"}',
            '{"grant_type":"authorization_code","code":"***"}',
        ),
        ('{"code":"s3cret","grant_type":"x"}', '{"code":"***","grant_type":"x"}'),
        (
            '{"a":"{\\"code\\":\\"s3cret\\",\\"grant_type\\":\\"x\\"}"}',
            '{"a":"{\\"code\\":\\"***\\",\\"grant_type\\":\\"x\\"}"}',
        ),
        ('{"code":"SUMMER","state":"BE"}',) * 2,
        ('{"grant":1,"code":"SUMMER"}',) * 2,
    ],
)
def test_a_code_beside_a_member_of_a_grant_is_redacted(text: str, shown: str) -> None:
    assert NONE.body(text, JSON, cut=False) == shown
    assert NONE.may_find_secret(text) is (text != shown)


NUMBER = "4111111111111111"
CARDS = [
    (
        '{"cards":[{"number":"{}","a":1},{"number":{}}],"number":"7"}',
        '{"cards":[{"number":"***","a":1},{"number":"***"}],"number":"7"}',
    ),
    (
        '{"payment_instruments":[{"payment_card":{"number":"{}"}}]}',
        '{"payment_instruments":[{"payment_card":{"number":"***"}}]}',
    ),
    (
        '{"cards":["{}", {} ,"Visa"],"number":"7"}',
        '{"cards":["***", "***" ,"Visa"],"number":"7"}',
    ),
    ('{"card":"{}","number":"7"}', '{"card":"***","number":"7"}'),
    ('{"creditCard":{},"number":"7"}', '{"creditCard":"***","number":"7"}'),
    (
        '{"card":{"holder":{"a":1},"number":"{}"},"number":5}',
        '{"card":{"holder":{"a":1},"number":"***"},"number":5}',
    ),
    (
        '{"card":{"a":{"b":[{"numbers":["{}","{}"]}]}},"x":[1]}',
        '{"card":{"a":{"b":[{"numbers":"***"}]}},"x":[1]}',
    ),
    ('{"card_numbers":["{}",{"a":["{}"]}],"x":[1]}', '{"card_numbers":"***","x":[1]}'),
    (
        '{"a":"{\\"cards\\":[{\\"number\\":\\"{}\\"}],\\"k\\":1}","number":"7"}',
        '{"a":"{\\"cards\\":[{\\"number\\":\\"***\\"}],\\"k\\":1}","number":"7"}',
    ),
    (
        '{"a":"{\\"cards\\":[{}],\\"k\\":1}","number":"7"}',
        '{"a":"{\\"cards\\":[\\"***\\"],\\"k\\":1}","number":"7"}',
    ),
    ('{"cards":[{"number":"{}"},{"number":"{}', '{"cards":[{"number":"***"},{"number":"***'),
    (
        "<cards><card><number>{}</number></card></cards><number>7</number>",
        "<cards><card><number>***</number></card></cards><number>7</number>",
    ),
    (
        "<cards><c><number>{}</number><number a='b'>{}</number></c></cards>",
        "<cards><c><number>***</number><number a='b'>***</number></c></cards>",
    ),
    (
        "<a><cards><card>{}</card>\n<card> {} </card></cards></a>",
        "<a><cards><card>***</card>\n<card> *** </card></cards></a>",
    ),
    (
        "<p:payment-card><p:x><p:number>{}</p:number></p:x></p:payment-card>",
        "<p:payment-card><p:x><p:number>***</p:number></p:x></p:payment-card>",
    ),
    ("<card><number><![CDATA[{}]]></number></card>", "<card><number>***</number></card>"),
    (
        '<card type="Visa" number="{}"/><a number="7"/>',
        '<card type="Visa" number="***"/><a number="7"/>',
    ),
    (
        "<cards><c number='{}'/><c number='{}'/></cards><c number='7'/>",
        "<cards><c number='***'/><c number='***'/></cards><c number='7'/>",
    ),
    (
        "&lt;card&gt;&lt;number&gt;{}&lt;/number&gt;&lt;/card&gt;",
        "&lt;card&gt;&lt;number&gt;***&lt;/number&gt;&lt;/card&gt;",
    ),
    (
        '{"a":"\\u003ccards\\u003e\\u003cnumber\\u003e{}\\u003c/number\\u003e"}',
        '{"a":"\\u003ccards\\u003e\\u003cnumber\\u003e***\\u003c/number\\u003e"}',
    ),
    (
        '--b\r\nX: form-data; name="card"\r\n\r\n{"number":"{}"}\r\n--b--',
        '--b\r\nX: form-data; name="card"\r\n\r\n{"number":"***"}\r\n--b--',
    ),
    (
        '--b\r\nContent-ID: 1\r\n\r\n{"cards":[{"number":"{}"}]}\r\n--b--',
        '--b\r\nContent-ID: 1\r\n\r\n{"cards":[{"number":"***"}]}\r\n--b--',
    ),
]


@table(("text", "shown"), CARDS)
def test_a_number_is_redacted_in_any_place_of_a_card(text: str, shown: str) -> None:
    assert NONE.body(text.replace("{}", NUMBER), "", cut=False) == shown


@table(
    ("form", "shown"),
    [
        ("cards[0][number]={}&b=1", "cards[0][number]=***&b=1"),
        ("cards%5B0%5D%5Bnumber%5D={}&number=7", "cards%5B0%5D%5Bnumber%5D=***&number=7"),
        ("a=b&card={}&cards={}&cards[]={}&id={}", "a=b&card=***&cards=***&cards[]=***&id={}"),
        ("card=4111+1111+1111+1111&number=7", "card=***&number=7"),
        ("card_numbers={}&card_numbers={}", "card_numbers=***&card_numbers=***"),
        ("card=%7B%22number%22%3A%22{}%22%7D&a=1", "card=%7B%22number%22%3A%22***%22%7D&a=1"),
        ("password=%5B%22s3cret%22%5D&a=1", "password=***&a=1"),
    ],
)
def test_the_number_of_a_card_is_redacted_in_a_form(form: str, shown: str) -> None:
    sent, expected = form.replace("{}", NUMBER), shown.replace("{}", NUMBER)
    assert NONE.query(sent) == NONE.body(sent, FORM, cut=False) == expected
    assert NUMBER not in NONE.text(f"GET /x?{sent.replace('&id=' + NUMBER, '')} HTTP/1.1")
    values = {**NONE.parameters(sent), "id": ""}.values()
    assert not any(NUMBER in value or "1111" in value or "s3cret" in value for value in values)


@table(
    ("text", "shown"),
    [
        ('/x?password={"a":["s3cret"]}&b=1', "/x?password=***&b=1"),
        ("/x?password=[s3cret,s3cret]&b=1", "/x?password=***&b=1"),
        ('{password: {a: "s3cret"}, b: 1}', "{password: ***, b: 1}"),
        (
            '{"a":"{\\"password\\":{\\"x\\":[\\"}\\"]},\\"k\\":1}","b":[2]}',
            '{"a":"{\\"password\\":\\"***\\",\\"k\\":1}","b":[2]}',
        ),
        ('{"a":"{\\"password\\":{\\"x\\":","b":[2]}', '{"a":"{\\"password\\":\\"***\\"","b":[2]}'),
    ],
)
def test_an_object_or_array_with_a_secret_name_ends_where_it_ends(text: str, shown: str) -> None:
    assert NONE.text(text) == shown


CODE = "dGhpcy1pcy0xMjgtYml0cw"


@table(
    ("query", "shown"),
    [
        ("code=SUMMER&count=5", "code=SUMMER&count=5"),
        ("code=SUMMER-SALE-2026-FREE-SHIPPING", "code=SUMMER-SALE-2026-FREE-SHIPPING"),
        ("code=x&state=y", "code=***&state=y"),
        ("state=y&code=x", "state=y&code=***"),
        ("grant_type=authorization_code&code=x", "grant_type=authorization_code&code=***"),
        (f"code={CODE}", "code=***"),
        (f"code={CODE[:-1]}", f"code={CODE[:-1]}"),
        ("code=0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f&b=1", "code=***&b=1"),
        (f"zip_code={CODE}", f"zip_code={CODE}"),
    ],
)
def test_an_authorization_code_is_redacted_in_a_query(query: str, shown: str) -> None:
    assert NONE.query(query) == NONE.body(query, FORM, cut=False) == shown
    assert NONE.parameters(query) == dict(pair.split("=") for pair in shown.split("&"))
    assert NONE.headers({"referer": f"http://a/?{query}"}) == {"referer": f"http://a/?{shown}"}


@table(
    ("target", "shown"),
    [
        ("http://own/?code=x", "http://own/?code=***"),
        ("/back?a=1&code=x#top", "/back?a=1&code=***#top"),
        ("http://own/#state=1&code=x", "http://own/#state=1&code=***"),
        ("/codes/code=x?zip_code=1", "/codes/code=x?zip_code=1"),
    ],
)
def test_a_code_is_redacted_in_the_target_of_a_redirect(target: str, shown: str) -> None:
    assert NONE.headers({"location": target}) == {"location": shown}


@table(
    "text",
    [
        *('{"a" :  1}', '[1,"x"]', "null", "no json", "<a/>", "", '{"token_type":"bearer"}'),
        "grant_type=client_credentials&client_id=a",
        '{"_v":"23.2","key":"a","page":"http://localhost:80/a?b=%20c"}',
        "<html><body>Bearer authentication: basic, see https://a.example/b@c</body></html>",
    ],
)
def test_a_text_without_secrets_stays_as_it_was(text: str) -> None:
    assert BEARER.body(text, JSON, cut=False) == text
    assert NONE.text(text) == text


MULTIPART = """--b\r
Content-Type: application/http\r
x-dw-http-method: PATCH\r
Authorization: Bearer s3cret\r
X-Client-Secret: s3cret\r
\r
{"password": "s3cret", "a": 1}\r
--b\r
Content-Disposition: form-data; name="api_key"\r
Content-Type: text/plain\r
\r
s3cret\r
s3cret\r
--b\r
Content-Disposition: form-data; name="colour"\r
\r
red\r
--b--"""


@table("length", [*range(0, len(MULTIPART), 7), len(MULTIPART)])
def test_parts_are_redacted_wherever_the_body_is_cut(length: int) -> None:
    shown = NONE.body(MULTIPART[:length], "multipart/mixed; boundary=b", cut=True)
    assert "s3c" not in shown
    if length == len(MULTIPART):
        assert "\r\n\r\nred\r\n" in shown
        assert '{"password": "***", "a": 1}' in shown
        assert 'name="api_key"\r\nContent-Type: text/plain\r\n\r\n***\r\n--b' in shown


def test_utf_16_is_redacted() -> None:
    text = '{"password":"s3cret"}'.encode("utf-16-le").decode("latin-1")
    assert NONE.body(text, JSON, cut=False) == '{"password":"***"}'
    assert NONE.body("a\0b", "", cut=False) == "a\0b"


@table(
    ("query", "shown"),
    [
        ("a=b&{}=s%26cret/+=x&c=d", "a=b&{}=***&c=d"),
        ("{}=one&{}=two", "{}=***&{}=***"),
        ("{}", "{}"),
        ("x=%20&{}=", "x=%20&{}=***"),
    ],
)
@table("name", ["client_secret", "CLIENT_SECRET", "api-key", "client%5Fsecret"])
def test_parameters_with_secret_names_are_redacted(name: str, query: str, shown: str) -> None:
    assert NONE.query(query.replace("{}", name)) == shown.replace("{}", name)
    assert NONE.body(query.replace("{}", name), FORM, cut=False) == shown.replace("{}", name)


def test_parameters_are_read_without_secrets() -> None:
    query = f"a=b&a=c%20d&api_key=s3cret&t={TOKEN}&e="
    assert BEARER.parameters(query) == {"a": "c d", "api_key": "***", "t": "***", "e": ""}


@table("query", ["a=b", "a=%7Eb&&c", "select=(**)", "x=1;y=2", "", "=", "&"])
def test_a_query_without_secrets_stays_as_it_was(query: str) -> None:
    assert BEARER.query(query) == query


@table(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer abcdefghi", "Bearer ***"),
        ("authorization", "abcdefghi", "***"),
        ("proxy-authorization", "Basic x", "***"),
        ("cookie", "a=b", "***"),
        ("set-cookie", "a=b", "***"),
        ("x-access-token", "x", "***"),
        ("x-client-secret", "x", "***"),
        ("x-api-key", "x", "***"),
        ("api-key", "x", "***"),
        ("x-dw-any-secret", "x", "***"),
        ("x-emulator-control-token", "x", "***"),
        ("referer", f"http://x/?t={TOKEN}", "http://x/?t=***"),
        ("x-forwarded-uri", "/a?api_key=x&b=1", "/a?api_key=***&b=1"),
        ("accept", "*/*", "*/*"),
    ],
)
def test_headers_are_redacted(name: str, value: str, shown: str) -> None:
    assert BEARER.headers({name: value}) == {name: shown}


@table(
    ("authorization", "token"),
    [
        ("Bearer   12345678  ", "12345678"),
        ("Basic id:secret ", "id:secret"),
        ("12345678", "12345678"),
        ("", ""),
    ],
)
def test_the_token_of_a_header_is_found(authorization: str, token: str) -> None:
    assert Redactor(authorization).token == token


@table(
    ("token", "text", "shown"),
    [
        (TOKEN, f"/s/-/{TOKEN}/x", "/s/-/***/x"),
        (TOKEN, TOKEN * 2, "******"),
        (TOKEN, TOKEN[:-1], TOKEN[:-1]),
        ('Tok"en&12345<', '{"a":"Tok\\"en&12345<"}', '{"a":"***"}'),
        ('Tok"en&12345<', '<a>Tok"en&amp;12345&lt;</a>', "<a>***</a>"),
        ('Tok"en&12345<', "<a>Tok&quot;en&amp;12345&lt;</a>", "<a>***</a>"),
        ("abc/def+12", "q=abc%2Fdef%2B12", "q=***"),
        ("abc/def+12", "q=abc%2fdef%2b12", "q=***"),
        ("T\xc3\xa4tigkeit", "Tätigkeit", "***"),
        ("a.b*c+d?", "a.b*c+d? aabbccdd", "*** aabbccdd"),
        ("1234567", "1234567", "1234567"),  # too short
    ],
)
def test_the_token_is_redacted_wherever_it_stands(token: str, text: str, shown: str) -> None:
    assert Redactor(f"Bearer {token}").text(text) == shown


@table("length", range(4, len(TOKEN) + 1))
def test_the_beginning_of_a_token_at_the_end_of_a_cut_body_is_redacted(length: int) -> None:
    assert BEARER.body(f"it's {TOKEN[:length]}", "", cut=True) == "it's ***"
    assert BEARER.body(f"x={TOKEN[:length]}", FORM, cut=True) == "x=***"


def test_a_whole_body_keeps_its_end() -> None:
    assert BEARER.body(f"it's {TOKEN[:6]}", "", cut=False) == f"it's {TOKEN[:6]}"


@given(st.text(), st.text(), st.booleans(), st.sampled_from([FORM, JSON, ""]))
def test_any_text_can_be_redacted_and_written(text: str, token: str, cut: bool, kind: str) -> None:  # noqa: FBT001
    redactor = Redactor(f"Bearer {token}")
    shown = [redactor.body(text, kind, cut=cut), redactor.query(text), redactor.parameters(text)]
    assert orjson.dumps([*shown, redactor.headers({text: text})])


REPEATED = (
    *('"password":', '"', '\\"', "password=", "password ", "<password>", "<password ", "<", "a"),
    *("\\u0061", "name=password\n", "eyJ", "%25", "://a", "Bearer ", "[", "password:", "&", "\\"),
    *("name=token;", ' name="token"', "name=a\r\n", '--b\r\nname="token"\r\n\r\nx\r\n'),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "token '",
        "<!--",
        'card":{',
        "<card>",
        "<card ",
        "card",
        '"card":{"number":"',
        '"cards":["4111111111111111",',
        "<cards><number>",
        "<card number=",
        '\\"card\\":{',
        "card=[",
        "&card=4",
        "code=",
        '\\\\"password\\\\":\\\\"',
        " ",
        "\n",
    ),
)


@pytest.mark.long
@table("piece", REPEATED)
def test_no_text_takes_long(piece: str) -> None:
    text = "password=" + piece * (256 * 1024 // len(piece))
    with bounded():
        BEARER.body(text, "", cut=True)
        BEARER.body(text, FORM, cut=True)
        Redactor(f"Bearer {text}").body(text[:-9], "", cut=True)


@table(
    ("text", "shown"),
    [
        ('{"c_pin": "a\\"b", "c_pins": 1}', '{"c_pin": "***", "c_pins": 1}'),
        ('{"c_pin": {"de": "a"}, "n": 1}', '{"c_pin": "***", "n": 1}'),
        ('{"c_\\u0070in": 12}', '{"c_\\u0070in": "***"}'),
        ('{"c_pin": "half', '{"c_pin": "***"'),
        ("<c_pin>a</c_pin><c_size>1</c_size>", "<c_pin>***</c_pin><c_size>1</c_size>"),
    ],
)
def test_the_values_of_concealed_members_are_redacted(text: str, shown: str) -> None:
    assert Redactor("", {"c_pin"}).text(text) == shown
    assert NONE.text(text) == text
