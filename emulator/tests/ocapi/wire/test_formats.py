"""Formats: what a request speaks and wants, and its body and answer in it (FMT-1 to FMT-7)."""

from io import BytesIO
from typing import Any

import orjson
import pytest
from werkzeug.test import EnvironBuilder

from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import Number, String
from emulator.ocapi.wire import formats
from emulator.ocapi.wire.formats import Format
from emulator.ocapi.wire.select import Documents
from emulator.request import Request
from emulator.store import Record
from emulator.tests.table import table

FIVE_MB = 5 * 1024 * 1024
JSON, XML = "application/json", "application/xml"


class SmallThing(Document):
    id = String()
    size = Number()


THING = SmallThing()


def ask(
    method: str = "GET", path: str = "/", body: bytes | None = None, **variables: Any
) -> Request:
    environ = EnvironBuilder(path, method=method).get_environ()
    if body is not None:
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    return Request(environ | variables)


def chunked(body: bytes, **variables: Any) -> Request:
    environ = ask("PUT", body=body).environ
    environ |= {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    del environ["CONTENT_LENGTH"]
    return Request(environ | variables)


@table(
    ("path", "headers", "format_"),
    [
        ("/", {}, "json"),
        ("/?format=json", {}, "json"),
        ("/?format=xml", {}, "xml"),
        ("/?format=XML", {}, "json"),
        ("/?format=yaml", {}, "json"),
        ("/?format=", {}, "json"),
        ("/?format=xml&format=json", {}, "xml"),
        ("/", {"HTTP_ACCEPT": "*/*"}, "json"),
        ("/", {"HTTP_ACCEPT": "application/*"}, "json"),
        ("/", {"HTTP_ACCEPT": "text/html"}, "json"),
        ("/", {"HTTP_ACCEPT": ""}, "json"),
        ("/", {"HTTP_ACCEPT": "application/xml"}, "xml"),
        ("/", {"HTTP_ACCEPT": "text/xml"}, "xml"),
        ("/", {"HTTP_ACCEPT": "APPLICATION/XML"}, "xml"),
        ("/", {"HTTP_ACCEPT": "text/html,application/xml;q=0.9,*/*;q=0.8"}, "xml"),
        ("/", {"HTTP_ACCEPT": "application/xml;q=0.5,application/json"}, "json"),
        ("/", {"HTTP_ACCEPT": "application/xml;q=0"}, "json"),
        ("/", {"HTTP_ACCEPT": "application/json, application/xml"}, "json"),
        ("/?format=json", {"HTTP_ACCEPT": "application/xml"}, "json"),
        ("/?format=xml", {"HTTP_ACCEPT": "application/json"}, "xml"),
        ("/?format=yaml", {"HTTP_ACCEPT": "application/xml"}, "xml"),
        # What a request without a document calls its body means nothing.
        ("/", {"CONTENT_TYPE": "application/xml"}, "json"),
        ("/?format=xml", {"CONTENT_TYPE": "application/json"}, "xml"),
    ],
)
def test_parameter_then_accept_decide_where_no_document_is_sent(
    path: str, headers: dict[str, Any], format_: str
) -> None:
    for method in ("GET", "HEAD", "DELETE", "OPTIONS"):
        assert formats.preferred(ask(method, path, **headers)) == format_


@table(
    ("path", "length", "format_"),
    [
        ("/", 8192, "xml"),
        ("/", 8193, "json"),
        ("/", 200_000, "json"),
        ("/?format=xml", 9000, "xml"),
    ],
)
def test_a_very_long_accept_header_means_nothing(path: str, length: int, format_: str) -> None:
    accept = "application/xml".ljust(length, ",")
    assert len(accept) == length
    assert formats.preferred(ask("GET", path, HTTP_ACCEPT=accept)) == format_


@table(
    ("path", "headers", "format_"),
    [
        ("/", {"CONTENT_TYPE": "application/json"}, "json"),
        ("/", {"CONTENT_TYPE": "application/xml"}, "xml"),
        ("/", {"CONTENT_TYPE": "text/xml"}, "xml"),
        ("/", {"CONTENT_TYPE": "Text/XML; charset=utf-8"}, "xml"),
        ("/?format=xml", {"CONTENT_TYPE": "application/json;charset=UTF-8"}, "json"),
        ("/?format=json", {"CONTENT_TYPE": "application/xml"}, "xml"),
        ("/", {"CONTENT_TYPE": "application/json", "HTTP_ACCEPT": "application/xml"}, "json"),
        ("/", {}, "json"),
        ("/?format=xml", {}, "xml"),
        ("/", {"HTTP_ACCEPT": "application/xml"}, "xml"),
        ("/", {"CONTENT_TYPE": "text/plain"}, "json"),
        ("/?format=xml", {"CONTENT_TYPE": "text/plain"}, "xml"),
        ("/", {"CONTENT_TYPE": "garbage", "HTTP_ACCEPT": "text/xml"}, "xml"),
    ],
)
def test_the_content_type_decides_where_a_document_is_sent(
    path: str, headers: dict[str, Any], format_: str
) -> None:
    for method in ("POST", "PUT", "PATCH"):
        assert formats.preferred(ask(method, path, **headers)) == format_


@table(
    "content_type",
    [
        "application/json",
        "application/json;charset=UTF-8",
        "application/json; charset=utf-8",
        'application/json; charset="utf8"',
        "application/json; charset=Utf8",
        "application/json;",
        "application/json;;",
        "application/json ; ; charset=utf-8 ;; ",
        "application/json;\tcharset=utf-8\t",
        r'application/json; a="\"; charset=latin-1"',
        'application/json; a=""',
        "application/json; version=1",
        "APPLICATION/JSON",
        "application/xml",
        "text/xml;charset=UTF-8",
        "",
    ],
)
def test_json_and_xml_in_utf_8_are_supported(content_type: str) -> None:
    expected = Format.XML if "xml" in content_type else Format.JSON
    for method in ("POST", "PUT", "PATCH"):
        assert formats.check(ask(method, body=b"x", CONTENT_TYPE=content_type)) is expected


REFUSED = [
    ("text/plain", "UnsupportedContentType", {"contentType": "text/plain"}),
    ("text/plain; charset=x", "UnsupportedContentType", {"contentType": "text/plain; charset=x"}),
    ("text/json", "UnsupportedContentType", {"contentType": "text/json"}),
    ("application/xml+x", "UnsupportedContentType", {"contentType": "application/xml+x"}),
    ("multipart/form-data", "UnsupportedContentType", {"contentType": "multipart/form-data"}),
    ("application/*", "UnsupportedContentType", {"contentType": "application/*"}),
    ("application", "MalformedMediaType", {"mediaType": "application"}),
    ("application/", "MalformedMediaType", {"mediaType": "application/"}),
    ("/json", "MalformedMediaType", {"mediaType": "/json"}),
    ("a/b/c", "MalformedMediaType", {"mediaType": "a/b/c"}),
    (";charset=utf-8", "MalformedMediaType", {"mediaType": ";charset=utf-8"}),
    ("application/json x", "MalformedMediaType", {"mediaType": "application/json x"}),
    ("application/json, a/b", "MalformedMediaType", {"mediaType": "application/json, a/b"}),
    *(
        (text, "MalformedMediaType", {"mediaType": text})
        for text in (
            "application/json;charset",
            "application/json;charset=",
            "application/json;=utf-8",
            "application/json; charset = utf-8",
            "application/json; charset=utf-8 x",
            "application/json; charset=utf-8, a/b",
            "application/json; charset=ü",
            'application/json; charset="utf-8',
            'application/json; charset="utf-8"x',
            'application/json; charset="utf-8\\"',
            "text/plain;charset",
        )
    ),
    ("application/json;charset=latin-1", "CharsetNotAcceptable", {"charset": "latin-1"}),
    ("text/xml; Charset='UTF-8'", "CharsetNotAcceptable", {"charset": "'UTF-8'"}),
    ('application/json;charset="UTF-16"', "CharsetNotAcceptable", {"charset": "UTF-16"}),
]


@table(("content_type", "kind", "arguments"), REFUSED)
def test_another_content_type_of_a_document_is_refused(
    content_type: str, kind: str, arguments: dict[str, str]
) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(Fault) as raised:
            formats.check(ask(method, body=b"x", CONTENT_TYPE=content_type))
        assert (raised.value.kind.name, raised.value.arguments) == (kind, arguments)


@table("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_any_content_type_is_accepted_where_there_is_no_document(method: str) -> None:
    for content_type, _, _ in REFUSED:
        for length in ("", "0"):
            request = ask(method, CONTENT_TYPE=content_type, CONTENT_LENGTH=length)
            assert formats.check(request) is Format.JSON


def test_any_content_type_is_accepted_of_a_get_with_a_body() -> None:
    assert formats.check(ask("GET", body=b"x", CONTENT_TYPE="text/plain")) is Format.JSON


@table("method", ["POST", "PUT", "PATCH"])
def test_the_content_type_counts_where_the_body_is_missing_too(method: str) -> None:
    with pytest.raises(Fault) as raised:
        formats.check(ask(method, CONTENT_TYPE="text/plain"))
    assert raised.value.kind.name == "UnsupportedContentType"


def test_the_content_type_of_a_chunked_delete_counts() -> None:
    with pytest.raises(Fault) as raised:
        formats.check(chunked(b"x", REQUEST_METHOD="DELETE", CONTENT_TYPE="text/plain"))
    assert raised.value.kind.name == "UnsupportedContentType"


@table("format_", ["yaml", "XML", "JSON", "", " json"])
@table("method", ["GET", "PUT", "DELETE"])
def test_another_format_is_refused(method: str, format_: str) -> None:
    request = ask(method, f"/?format={format_}", b"x", CONTENT_TYPE="text/plain")
    with pytest.raises(Fault) as raised:
        formats.check(request)
    assert raised.value.kind.name == "UnsupportedFormat"
    assert raised.value.arguments == {"format": format_}


def test_a_format_that_is_supported_passes() -> None:
    assert formats.check(ask("GET", "/?format=xml")) is Format.XML
    assert formats.check(ask("PUT", "/?format=xml", b"{}", CONTENT_TYPE=JSON)) is Format.JSON


@table("length", [0, 1, FIVE_MB])
def test_a_body_of_up_to_5_mb_is_read(length: int) -> None:
    assert len(formats.read_body(ask("PUT", body=b"x" * length))) == length
    assert len(formats.read_body(chunked(b"x" * length))) == length


def too_large(request: Request) -> None:
    with pytest.raises(Fault) as raised:
        formats.read_body(request)
    assert (raised.value.kind.name, raised.value.arguments) == ("RequestEntityTooLarge", {})


def test_a_larger_body_is_refused() -> None:
    too_large(ask("PUT", body=b"x" * (FIVE_MB + 1)))


def test_a_larger_body_in_chunks_is_refused() -> None:
    too_large(chunked(b"x" * (FIVE_MB + 1)))


def test_a_body_that_the_server_did_not_read_is_refused() -> None:
    too_large(Request(ask("PUT").environ | {"emulator.body_too_large": True}))


def test_a_request_without_a_body_has_an_empty_one() -> None:
    assert formats.read_body(ask("GET")) == b""


NAMESPACE = b'xmlns="http://www.demandware.com/ocapi/data/23.2"'
XML_THING = b"<small_thing " + NAMESPACE + b"><size>5</size></small_thing>"


@table("content_type", ["application/xml", "text/xml", "Text/Xml;charset=utf-8"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_body_is_xml_if_its_content_type_says_so(method: str, content_type: str) -> None:
    request = ask(method, CONTENT_TYPE=content_type)
    assert formats.decode(request, XML_THING, THING, "23.2") == {"size": 5}


@table("content_type", ["", "application/json", "text/plain", "garbage"])
def test_a_body_is_json_otherwise(content_type: str) -> None:
    request = ask("PUT", "/?format=xml", HTTP_ACCEPT=XML, CONTENT_TYPE=content_type)
    assert formats.decode(request, b' {"size": [1, null]} ', THING, "23.2") == {"size": [1, None]}


@table("body", [b"[]", b'"x"', b"1.5", b"true", b"null"])
def test_any_json_value_is_decoded(body: bytes) -> None:
    request = ask("PUT", CONTENT_TYPE=JSON)
    assert orjson.dumps(formats.decode(request, body, THING, "23.2")) == body


@table(
    ("content_type", "body", "told"),
    [
        pytest.param(JSON, b"", "", id="nothing"),
        pytest.param(JSON, b'{"a":', '{"a":', id="not ended"),
        pytest.param(JSON, b"{'a': 1}", "{'a': 1}", id="single quotes"),
        pytest.param(JSON, b'{"a": 1,}', '{"a": 1,}', id="comma at the end"),
        pytest.param(JSON, b'{"a": NaN}', '{"a": NaN}', id="NaN"),
        pytest.param(JSON, b'{"a": 1e999}', '{"a": 1e999}', id="infinite"),
        pytest.param(JSON, b'"\\ud800"', '"\\ud800"', id="lone surrogate"),
        pytest.param(JSON, b'"\xe9"', '"\ufffd"', id="Latin-1"),
        pytest.param(JSON, b"{}x", "{}x", id="text after the value"),
        pytest.param(JSON, XML_THING, XML_THING.decode()[:100], id="XML"),
        pytest.param(JSON, b"x" * 101, "x" * 100, id="more than 100 characters"),
        pytest.param(JSON, "ä".encode() * 150, "ä" * 100, id="characters, not bytes"),
        pytest.param(JSON, b"[" * 1025 + b"]" * 1025, "[" * 100, id="1025 levels"),
        pytest.param(JSON, b"[" + b"1," * 100_000 + b"1]", "[" + "1," * 49 + "1", id="elements"),
        pytest.param(JSON, b"[" + b'"",' * 300_000 + b"1]", "[" + '"",' * 33, id="strings"),
        pytest.param(XML, b"", "", id="nothing for XML"),
        pytest.param(XML, b"{}", "{}", id="JSON for XML"),
        pytest.param(XML, b"<a>\xe9</a>", "<a>\ufffd</a>", id="XML in Latin-1"),
        pytest.param(XML, b"<!DOCTYPE a><a/>", "<!DOCTYPE a><a/>", id="DTD"),
        pytest.param(XML, b"<other/>", "<other/>", id="another root"),
    ],
)
def test_a_malformed_body_is_refused_and_quoted(content_type: str, body: bytes, told: str) -> None:
    with pytest.raises(Fault) as raised:
        formats.decode(ask("PUT", CONTENT_TYPE=content_type), body, THING, "23.2")
    assert (raised.value.kind.name, raised.value.arguments) == ("BodyDecoding", {"body": told})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[" * 1024 + "]" * 1024, None),
        ("[" + "1," * 99_998 + "1]", [1] * 99_999),
        ('{"a":"' + "[," * 100_000 + '"}', {"a": "[," * 100_000}),
        ('{"a":"' + r"\",[" * 50_000 + r'\\"}', {"a": '",[' * 50_000 + "\\"}),
    ],
    ids=["1024 levels", "elements", "marks in a string", "escaped quotes in a string"],
)
def test_json_within_its_bounds_is_read(text: str, value: Any) -> None:
    found = formats.read_json(text.encode())
    assert value is None or found == value


def test_a_query_that_is_not_utf_8_has_no_parameters_here() -> None:
    request = ask("GET", QUERY_STRING="format=xml&callback=\xe9")
    assert formats.check(request) is Format.JSON
    assert formats.callback(request) is None


def test_json_is_encoded_without_spaces_in_the_order_given() -> None:
    content = {"b": [1, 2.5, None], "a": {"ä": "€\u2028"}}
    text = formats.encode(Format.JSON, content, THING, "23.2", indent=False)
    assert text.decode() == '{"b":[1,2.5,null],"a":{"ä":"€\u2028"}}'


def test_json_is_indented_on_demand() -> None:
    text = formats.encode(Format.JSON, {"a": 1, "b": [2]}, THING, "23.2", indent=True)
    assert text == b'{\n  "a": 1,\n  "b": [\n    2\n  ]\n}'


def test_what_a_record_holds_is_encoded() -> None:
    record = Record.of(("x",), {"names": {"de": "x"}, "tags": ["a"]})
    content = {"data": Documents([record.properties])}
    text = formats.encode(Format.JSON, content, THING, "23.2", indent=False)
    assert text == b'{"data":[{"names":{"de":"x"},"tags":["a"]}]}'


@pytest.mark.parametrize(
    ("indent", "members"), [(False, b"<size>5</size>"), (True, b"\n  <size>5</size>\n")]
)
def test_xml_is_encoded_and_indented_on_demand(*, indent: bool, members: bytes) -> None:
    text = formats.encode(Format.XML, {"size": 5}, THING, "23.2", indent=indent)
    root = b"<small_thing " + NAMESPACE + b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    prologue = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    assert text == prologue + root + members + b"</small_thing>"


USABLE = ["f", "$", "_", "$f_1", "a.b", "a.b.c", "a[0]", "a[0][12].b", "a.$b._c[3]", "jQuery1_2"]
UNUSABLE = [
    *(
        "",
        " ",
        "1a",
        "a.",
        ".a",
        "a..b",
        "a.1",
        "a[",
        "a[]",
        "a[x]",
        "a['b']",
        "a[0]b",
        "a b",
        "a-b",
    ),
    *("alert(1)", "a;b", "a/**/", "<script>", "f\n", "é", "a\u2028", "f(", "a,b"),
]


@table("name", USABLE)
def test_a_path_of_identifiers_is_a_callback(name: str) -> None:
    request = Request(EnvironBuilder(query_string={"callback": name}).get_environ())
    formats.check_callback(request)
    assert formats.callback(request) == name


@table("name", UNUSABLE)
def test_anything_else_is_no_callback(name: str) -> None:
    request = Request(EnvironBuilder(query_string={"callback": name}).get_environ())
    assert formats.callback(request) is None
    with pytest.raises(Fault) as raised:
        formats.check_callback(request)
    assert raised.value.kind.name == "MalformedParameter"
    assert raised.value.arguments == {"parameter": "callback", "value": name}


@table("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("name", ["f", "alert(1)"])
def test_a_callback_means_nothing_but_on_get(method: str, name: str) -> None:
    request = ask(method, f"/?callback={name}")
    formats.check_callback(request)
    assert formats.callback(request) is None


@pytest.mark.parametrize(
    ("path", "accept"), [("/?callback=f&format=xml", "*/*"), ("/?callback=f", "application/xml")]
)
def test_xml_is_not_called_back(path: str, accept: str) -> None:
    request = ask("GET", path, HTTP_ACCEPT=accept)
    formats.check_callback(request)
    assert formats.callback(request) is None


def test_a_request_without_a_callback_has_none() -> None:
    request = ask("GET", "/?x=1")
    formats.check_callback(request)
    assert formats.callback(request) is None


def test_json_is_wrapped_in_a_call_after_a_comment() -> None:
    assert formats.wrap("a.b[0]", b'{"x":1}') == b'/**/a.b[0]({"x":1})'


def test_what_ends_a_line_in_javascript_alone_is_escaped() -> None:
    json = '["a\u2028b\u2029c\u2027ä"]'.encode()
    assert formats.wrap("f", json) == '/**/f(["a\\u2028b\\u2029c\u2027ä"])'.encode()
