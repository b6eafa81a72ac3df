"""Formats, content types, JSONP and sizes (FMT-1 to FMT-4, FMT-6, FMT-7)."""

import json
from collections.abc import Callable

import pytest

from contract_tests.api import JSON, XML, Api, assert_fault

Make = Callable[..., str]
LIST = "http://www.demandware.com/ocapi/data/23.2"


def as_xml(members: str) -> str:
    """Return the XML form of an inventory list with these members."""
    return f'<inventory_list xmlns="{LIST}">{members}</inventory_list>'


@pytest.mark.rule("FMT-1", "FMT-3")
@pytest.mark.parametrize(
    ("query", "headers", "answered"),
    [
        ("", {}, JSON),
        ("?format=json", {}, JSON),
        ("?format=xml", {}, XML),
        ("", {"Content-Type": "application/xml"}, JSON),
        ("?format=json", {"Accept": "application/xml"}, JSON),
        ("", {"Accept": "application/xml"}, XML),
        ("", {"Accept": "text/xml"}, XML),
        ("", {"Accept": "application/xml; charset=UTF-8"}, XML),
        ("", {"Accept": "application/xml;q=0.8, application/json"}, JSON),
        ("", {"Accept": "text/html"}, JSON),
        ("", {"Accept": "garbage;;;"}, JSON),
    ],
)
def test_a_get_takes_its_format_from_parameter_then_accept(
    api: Api, make: Make, query: str, headers: dict[str, str], answered: str
) -> None:
    for path in (f"/inventory_lists/{make()}", "/inventory_lists"):
        assert api.get(path + query, headers=headers).headers["Content-Type"] == answered


@pytest.mark.rule("FMT-1")
@pytest.mark.parametrize(
    ("content_type", "query", "answered"),
    [
        ("application/xml", "", XML),
        ("text/xml; charset=UTF-8", "", XML),
        ("application/xml", "?format=json", XML),
        ("application/json", "?format=xml", JSON),
        ("APPLICATION/JSON", "?format=xml", JSON),
        (None, "", JSON),
        (None, "?format=xml", XML),
    ],
)
def test_a_body_decides_the_format_by_its_content_type(
    api: Api, make: Make, content_type: str | None, query: str, answered: str
) -> None:
    spoken = as_xml("<description>two</description>")
    xml = content_type is not None and "xml" in content_type
    body = spoken if xml else '{"description":"two"}'
    answer = api.patch(
        f"/inventory_lists/{make()}{query}",
        data=body.encode(),
        headers={"Content-Type": content_type},
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, answered)
    assert "two" in answer.text


@pytest.mark.rule("FMT-1", "FLT-1")
def test_a_fault_takes_the_format_asked_for(api: Api, unused: str) -> None:
    answer = api.get(f"/inventory_lists/{unused}?format=xml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, XML)
    assert "<type>InventoryListNotFoundException</type>" in answer.text


@pytest.mark.rule("FMT-2")
@pytest.mark.parametrize("name", ["yaml", "JSON", "", "xml "])
def test_an_unknown_format_is_refused(api: Api, name: str) -> None:
    answer = api.get("/inventory_lists", params={"format": name})
    assert_fault(answer, 415, "UnsupportedFormat", {"format": name})


@pytest.mark.rule("FMT-2")
@pytest.mark.parametrize(
    ("content_type", "status", "kind", "arguments"),
    [
        ("text/plain", 415, "UnsupportedContentType", {"contentType": "text/plain"}),
        (
            "application/merge-patch+json",
            415,
            "UnsupportedContentType",
            {"contentType": "application/merge-patch+json"},
        ),
        ("json", 400, "MalformedMediaType", {"mediaType": "json"}),
        ("application/", 400, "MalformedMediaType", {"mediaType": "application/"}),
        ("a b/c", 400, "MalformedMediaType", {"mediaType": "a b/c"}),
        (
            "application/json;charset",
            400,
            "MalformedMediaType",
            {"mediaType": "application/json;charset"},
        ),
        (
            "application/json;charset=ISO-8859-1",
            406,
            "CharsetNotAcceptable",
            {"charset": "ISO-8859-1"},
        ),
    ],
)
def test_another_content_type_is_refused(
    api: Api,
    make: Make,
    content_type: str,
    status: int,
    kind: str,
    arguments: dict[str, str],
) -> None:
    made = make(description="one")
    for method in ("PATCH", "PUT", "DELETE"):
        path = f"/s/-/dw/data/v23_2/inventory_lists/{made}"
        headers = {"Content-Type": content_type}
        answer = api.call(method, path, data=b'{"description":"two"}', headers=headers)
        assert_fault(answer, status, kind, arguments)
    assert api.get(f"/inventory_lists/{made}").json()["description"] == "one"


@pytest.mark.rule("FMT-2")
@pytest.mark.parametrize("charset", ["UTF-8", "utf-8", "utf8", '"UTF-8"'])
def test_utf_8_is_accepted_however_it_is_spelled(api: Api, make: Make, charset: str) -> None:
    headers = {"Content-Type": f"application/json;charset={charset}"}
    body = '{"description":"Größe"}'.encode()
    answer = api.patch(f"/inventory_lists/{make()}", data=body, headers=headers)
    assert answer.json()["description"] == "Größe"


@pytest.mark.rule("FMT-4")
def test_pretty_print_indents(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make()}"
    plain, pretty = api.get(path), api.get(f"{path}?pretty_print=true")
    assert "\n" not in plain.text
    assert pretty.text.startswith('{\n  "_v": "23.2",\n  "_type"')
    assert pretty.json() == plain.json()
    assert "\n  <_v>23.2</_v>\n" in api.get(f"{path}?pretty_print=true&format=xml").text


@pytest.mark.rule("FMT-4")
def test_jsonp_wraps_the_answer_of_a_get(api: Api, make: Make) -> None:
    path = f"/inventory_lists/{make(description='x')}"
    answer = api.get(f"{path}?callback=app.on_list[0]")
    assert answer.headers["Content-Type"] == "text/javascript;charset=UTF-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head, tail = "/**/app.on_list[0](", ")"
    assert answer.text.startswith(head)
    assert answer.text.endswith(tail)
    assert json.loads(answer.text[len(head) : -len(tail)]) == api.get(path).json()


@pytest.mark.rule("FMT-4")
def test_jsonp_escapes_the_ends_of_lines_of_javascript(api: Api, make: Make) -> None:
    name = make(description="a\u2028b\u2029c")
    answer = api.get(f"/inventory_lists/{name}?callback=f")
    assert '"description":"a\\u2028b\\u2029c"' in answer.content.decode()


@pytest.mark.rule("FMT-4")
@pytest.mark.parametrize("name", ["alert(1)", "a-b", "1a", "", "a..b", "a b"])
def test_a_callback_that_is_no_identifier_path_is_refused(api: Api, name: str) -> None:
    answer = api.get("/inventory_lists", params={"callback": name})
    assert_fault(answer, 400, "MalformedParameter", {"parameter": "callback", "value": name})


@pytest.mark.rule("FMT-6")
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_5_mb_is_refused(api: Api, make: Make, chunked: bool) -> None:
    made = make(description="one")
    body = b'{"description":"' + b"x" * (5 * 1024 * 1024) + b'"}'
    answer = api.patch(f"/inventory_lists/{made}", data=iter([body]) if chunked else body)
    assert_fault(answer, 413, "RequestEntityTooLarge", {})
    assert api.get(f"/inventory_lists/{made}").json()["description"] == "one"


@pytest.mark.rule("FMT-6", "MET-3")
def test_a_form_over_5_mb_is_refused_whatever_method_it_names(api: Api, make: Make) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = api.call("POST", path, data=b"method=DELETE&" + b"a" * 6_000_000, headers=headers)
    assert_fault(answer, 413, "RequestEntityTooLarge", {})
    assert api.call("GET", path).status_code == 200


@pytest.mark.rule("FMT-6")
def test_a_body_of_5_mb_is_taken(api: Api, make: Make) -> None:
    body = b'{"description":"' + b"x" * (5 * 1024 * 1024 - 18) + b'"}'
    assert len(body) == 5 * 1024 * 1024
    assert api.patch(f"/inventory_lists/{make()}", data=body).status_code == 200


@pytest.mark.rule("FMT-6")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", '{"description": t9cc}'),
        ("application/json", '{"description": NaN}'),
        ("application/json", '{"description": "\\ud800"}'),
        ("application/xml", ""),
        ("application/xml", "<inventory_list>"),
        ("application/xml", "<inventory_list/>"),
        ("application/xml", f'<other xmlns="{LIST}"/>'),
        ("application/xml", "not xml at all"),
    ],
)
def test_a_malformed_body_is_refused_and_quoted(
    api: Api, make: Make, content_type: str, body: str
) -> None:
    made = make()
    path = f"/s/-/dw/data/v23_2/inventory_lists/{made}?format=json"
    for method in ("PATCH", "PUT"):
        headers = {"Content-Type": content_type}
        answer = api.call(method, path, data=body.encode(), headers=headers)
        assert answer.status_code == 400
        assert "BodyDecodingException" in answer.text
        if content_type == "application/json":
            assert_fault(answer, 400, "BodyDecoding", {"body": body[:100]})


@pytest.mark.rule("FMT-7")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "nonsense"},
        {"Content-Length": "0"},
        {"Content-Type": "application/json", "Content-Length": "0"},
    ],
)
def test_get_and_delete_may_carry_the_headers_of_a_body_they_lack(
    api: Api, make: Make, headers: dict[str, str]
) -> None:
    target = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    assert api.raw("GET", target, headers)[0] == 200
    assert api.raw("DELETE", target, headers)[0] == 204


@pytest.mark.rule("FMT-7")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("value", ["Bearer", "Bearer "])
def test_a_bearer_header_without_a_token_is_refused_as_such(
    api: Api, make: Make, method: str, value: str
) -> None:
    path = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    answer = api.call(method, path, headers={"Authorization": value})
    assert_fault(answer, 401, "InvalidAuthorizationHeader", {})
    assert api.call("GET", path).status_code == 200


@pytest.mark.rule("FMT-7")
def test_a_body_may_come_in_chunks(api: Api, make: Make) -> None:
    target = f"/s/-/dw/data/v23_2/inventory_lists/{make()}"
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    chunks = iter([b'{"descr', b'iption":', b'"in chunks"}'])
    status, _, body = api.raw("PATCH", target, headers, chunks)
    assert (status, json.loads(body)["description"]) == (200, "in chunks")


@pytest.mark.rule("FMT-7")
@pytest.mark.parametrize("selector", ["(**)", "%28%2A%2A%29"])
def test_a_selector_may_arrive_raw_or_encoded(api: Api, selector: str) -> None:
    target = f"/s/-/dw/data/v23_2/inventory_lists?count=0&select={selector}"
    status, _, body = api.raw("GET", target, {})
    assert (status, json.loads(body)["select"].strip("()")) == (200, "**")


@pytest.mark.rule("FMT-6")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"c_a":' * 1025 + "1" + "}" * 1025),
        ("application/json", '{"c_a":[' + "1," * 100_000 + "1]}"),
        ("application/xml", as_xml("<c_a>" * 64 + "</c_a>" * 64)),
        ("application/xml", as_xml("<c_a/>" * 100_000)),
        ("application/xml", as_xml("")[:-17] + "<c_a>" * 200_000),
    ],
    ids=["JSON levels", "JSON elements", "XML levels", "XML elements", "XML never closed"],
)
def test_a_body_has_bounded_levels_and_elements(
    api: Api, make: Make, content_type: str, body: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = api.patch(f"/inventory_lists/{make()}", data=body, headers=headers)
    assert answer.status_code == 400
    assert "BodyDecodingException" in answer.text
