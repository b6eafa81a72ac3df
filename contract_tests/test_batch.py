"""Batch requests (BAT-1 to BAT-10)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import pytest
import requests

from contract_tests.api import JSON, XML, Api, assert_fault

Make = Callable[..., str]

BATCH = "/s/-/dw/batch"
BASE = "/s/-/dw/data/v23_2/"
LISTS = "x-dw-resource-path-extension: inventory_lists"
GET = {"x-dw-http-method": "GET", "x-dw-resource-path": BASE}
DELIMITER = re.compile(rb"(?:\A|\r?\n)--b(--)?(?:\r?\n|\Z)")


class Answer(NamedTuple):
    """One part of an answer."""

    status: int
    identifier: str | None
    content_type: str | None
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def fault(self) -> str:
        """The type of the fault."""
        return str(self.json["fault"]["type"])


def send(
    api: Api,
    body: str,
    headers: Mapping[str, str | None] | None = None,
    path: str = BATCH,
    **options: Any,
) -> requests.Response:
    """Send a batch request whose boundary is ``b``."""
    sent = {"Content-Type": "multipart/mixed; boundary=b", **GET, **(headers or {})}
    return api.call("POST", path, data=body.encode(), headers=sent, **options)


def read(response: requests.Response) -> list[Answer]:
    """Return the parts of an answer, whatever its lines end with."""
    assert response.status_code == 200, response.text
    contents = DELIMITER.split(response.content)[::2]
    assert contents[0].strip() == contents[-1].strip() == b""
    return [_read_part(content) for content in contents[1:-1]]


def _read_part(content: bytes) -> Answer:
    head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = (line.partition(": ") for line in head.decode().split("\n"))
    headers = {name.lower(): value for name, _, value in lines}
    return Answer(
        int(headers["x-dw-status-code"]),
        headers.get("x-dw-content-id"),
        headers.get("content-type"),
        body,
    )


def ask(api: Api, body: str, headers: Mapping[str, str | None] | None = None) -> list[Answer]:
    """Send a batch request and return the parts of its answer."""
    return read(send(api, body, headers))


def join(*parts: str) -> str:
    """Return a body of parts."""
    return "".join(f"--b\n{part}\n" for part in parts) + "--b--"


ONE = join(LISTS)


@pytest.mark.rule("BAT-1")
@pytest.mark.parametrize("path", ["/dw/batch", "/s/-/dw/batch", "/s//-/dw/batch/"])
def test_batch_requests_are_posted_to_any_form_of_the_path(api: Api, path: str) -> None:
    (answer,) = read(send(api, ONE, path=path))
    assert (answer.status, answer.json["_type"]) == (200, "inventory_lists")


@pytest.mark.rule("BAT-1")
def test_options_tells_the_methods_of_a_batch_and_needs_no_token(api: Api) -> None:
    response = api.call("OPTIONS", BATCH, headers={"Authorization": None})
    assert (response.status_code, response.content) == (204, b"")
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.rule("BAT-1")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused_with_those_there_are(api: Api, method: str) -> None:
    response = api.call(method, BATCH)
    assert_fault(response, 405, "MethodNotAllowed", {"method": method})
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.rule("BAT-2")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "multipart/mixed",
        "multipart/mixed; boundary=",
        "multipart/form-data; boundary=b",
        f"multipart/mixed; boundary={'b' * 71}",
    ],
)
def test_a_content_type_without_parts_and_boundary_is_refused(api: Api, content_type: str) -> None:
    response = send(api, ONE, {"Content-Type": content_type})
    assert_fault(response, 400, "IllegalContentType", {"contentType": content_type})


@pytest.mark.rule("BAT-2")
@pytest.mark.parametrize(
    ("sent", "boundary", "told"),
    [
        ('"b"', "b", "b"),
        ('"a b;c"', "a b;c", '"a b;c"'),
        ("#separator$_@", "#separator$_@", '"#separator$_@"'),
    ],
)
def test_the_answer_has_the_boundary_of_the_request(
    api: Api, sent: str, boundary: str, told: str
) -> None:
    headers = {"Content-Type": f"Multipart/Mixed; Boundary={sent}"}
    response = send(api, f"--{boundary}\n{LISTS}\n--{boundary}--", headers)
    assert response.headers["Content-Type"] == f"multipart/mixed; boundary={told}"
    assert response.text.startswith(f"--{boundary}\n")
    assert response.text.rstrip().endswith(f"\n--{boundary}--")


@pytest.mark.rule("BAT-3")
@pytest.mark.parametrize(
    "body",
    [
        f"--b\n{LISTS}\n--b--",
        f"--b\r\n{LISTS}\r\n\r\n\r\n--b--\r\n",
        f"preamble\n--b\n{LISTS}\n--b--\nepilogue\n--b\n{LISTS}\n",
        f"--b\n{LISTS}\n",
        f"--b\n{LISTS}\n\n--b\n\n--b\n--b--",
        f"--b\n{LISTS.upper().replace('INVENTORY_LISTS', 'inventory_lists')}\n--b--",
    ],
    ids=["plain", "CRLF", "surroundings", "no end", "empty parts", "names in upper case"],
)
def test_parts_are_found_in_any_surroundings(api: Api, body: str) -> None:
    (answer,) = ask(api, body)
    assert (answer.status, answer.json["_type"]) == (200, "inventory_lists")


@pytest.mark.rule("BAT-3")
def test_a_body_ends_where_a_line_is_the_delimiter(api: Api, make: Make) -> None:
    path, told = f"{LISTS}/{make()}", "--b --bx ---b--"
    body = f'{{"description":\n"{told}"}}'
    (answer,) = ask(api, join(f"x-dw-http-method: PATCH\n{path}\n\n{body}"))
    assert (answer.status, answer.json["description"]) == (200, told)


@pytest.mark.rule("BAT-3")
def test_a_closing_delimiter_may_follow_the_body_directly(api: Api, make: Make) -> None:
    part = f'x-dw-http-method: PATCH\n{LISTS}/{make()}\n\n{{"description":"told"}}'
    (answer,) = ask(api, f"--b\n{part}--b--")
    assert (answer.status, answer.json["description"]) == (200, "told")


@pytest.mark.rule("BAT-3")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "there's no part between lines '--b'"),
        ("--b--", "there's no part between lines '--b'"),
        ("--c\nx: y\n--c--", "there's no part between lines '--b'"),
        (
            '--b\nx-dw-content-id: 1\n{"query": {}}\n--b--',
            "'{\"query\": {}}' in part 1 is no header; a blank line goes between headers and body",
        ),
        (
            f"--b\n{LISTS}\n--b\nno header\n\n--b--",
            "'no header' in part 2 is no header; a blank line goes between headers and body",
        ),
    ],
    ids=["nothing", "no part", "another boundary", "no blank line", "no colon"],
)
def test_what_is_no_multipart_body_is_refused(api: Api, body: str, told: str) -> None:
    message = f"The request body isn't valid: {told}."
    assert_fault(send(api, body), 400, "InvalidRequestBody", {"message": told}, message)


@pytest.mark.rule("BAT-4")
def test_there_are_50_parts_at_most(api: Api) -> None:
    answers = ask(api, join(*[f"{LISTS}?count=0"] * 50))
    assert [answer.status for answer in answers] == [200] * 50
    told = "a batch request has 50 parts at most"
    assert_fault(send(api, join(*[LISTS] * 51)), 400, "QuotaExceeded", {"msg": told})
    assert_fault(send(api, join(*[LISTS] * 5000)), 400, "QuotaExceeded", {"msg": told})


@pytest.mark.rule("BAT-4")
def test_parts_have_100000_elements_together_at_most(api: Api) -> None:
    many = "[" + ",".join(["1"] * 60_000) + "]"
    write = f'x-dw-http-method: PUT\n{LISTS}/x\n\n{{"description":{many}}}'
    first, second, third = ask(api, join(write, write, LISTS))
    assert (first.status, first.fault) == (400, "TypeDecodingException")
    told = (
        "the parts of a batch request take at most 1000000 steps together; "
        "send fewer or smaller parts"
    )
    for answer in (second, third):
        fault = answer.json["fault"]
        assert (answer.status, fault["type"]) == (400, "QuotaExceededException")
        assert fault["arguments"] == {"msg": told}


@pytest.mark.rule("BAT-4")
def test_heads_of_parts_have_500000_characters_at_most(api: Api) -> None:
    told = {"msg": "the heads of the parts have 500000 characters at most"}
    small, large = (f"{LISTS}?{'a' * size}" for size in (9_000, 20_000))
    assert [answer.status for answer in ask(api, join(*[small] * 50))] == [200] * 50
    assert_fault(send(api, join(*[large] * 50)), 400, "QuotaExceeded", told)
    path = f"{BATCH}?{'a' * 20_000}"
    assert [answer.status for answer in read(send(api, ONE, path=path))] == [200]
    assert_fault(send(api, join(*[LISTS] * 50), path=path), 400, "QuotaExceeded", told)


@pytest.mark.rule("BAT-4")
def test_parts_without_anything_do_not_count(api: Api) -> None:
    answers = ask(api, join(*[f"{LISTS}?count=0", ""] * 50))
    assert [answer.status for answer in answers] == [200] * 50


@pytest.mark.rule("BAT-4")
def test_a_body_of_more_than_5_mb_is_refused(api: Api) -> None:
    largest = 5 * 1024 * 1024 - len(ONE)
    assert [answer.status for answer in ask(api, ONE + " " * largest)] == [200]
    response = send(api, ONE + " " * (largest + 1))
    assert_fault(
        response, 400, "RequestEntityTooLarge", {}, "The request body is larger than 5 MB."
    )


@pytest.mark.rule("BAT-5")
def test_a_part_without_a_method_is_refused(api: Api) -> None:
    parts = join(f"x-dw-http-method: GET\n{LISTS}", LISTS)
    response = send(api, parts, {"x-dw-http-method": None})
    assert_fault(response, 400, "MissingHttpMethod", {"part": "2"})


@pytest.mark.rule("BAT-5")
@pytest.mark.parametrize("method", ["get", "TRACE", "x"])
def test_a_method_that_there_is_not_is_refused(api: Api, method: str) -> None:
    part = join(f"x-dw-http-method: {method}\n{LISTS}")
    assert_fault(send(api, part), 400, "InvalidHttpMethod", {"method": method})
    inherited = send(api, join(f"x-dw-http-method: GET\n{LISTS}"), {"x-dw-http-method": method})
    assert_fault(inherited, 400, "InvalidHttpMethod", {"method": method})


@pytest.mark.rule("BAT-5")
def test_a_part_without_a_base_path_is_refused(api: Api) -> None:
    parts = join(f"x-dw-resource-path: {BASE}\n{LISTS}", LISTS)
    response = send(api, parts, {"x-dw-resource-path": None})
    assert_fault(response, 400, "MissingResourcePath", {"part": "2"})


@pytest.mark.rule("BAT-5")
@pytest.mark.parametrize(
    ("base", "extension"),
    [
        (BASE, "inventory_lists"),
        (f"{BASE}inventory_lists", ""),
        ("/", f"{BASE[1:]}inventory_lists"),
        (f"{BASE}inventory_", "lists?count=1"),
    ],
)
def test_the_extension_is_appended_to_the_path(api: Api, base: str, extension: str) -> None:
    part = f"x-dw-resource-path: {base}\nx-dw-resource-path-extension: {extension}"
    (answer,) = ask(api, join(part))
    assert (answer.status, answer.json["_type"]) == (200, "inventory_lists")


@pytest.mark.rule("BAT-5")
@pytest.mark.parametrize("path", ["inventory_lists/(a,b)", "inventory_lists/(a)/x"])
def test_a_path_of_several_ids_is_refused(api: Api, path: str) -> None:
    response = send(api, join(f"x-dw-resource-path-extension: {path}"))
    assert_fault(response, 400, "ResourcePathNotAllowed", {"path": BASE + path})


@pytest.mark.rule("BAT-5")
def test_an_encoded_parenthesis_is_part_of_an_id(api: Api) -> None:
    (answer,) = ask(api, join(f"{LISTS}/%28a,b%29"))
    assert (answer.status, answer.fault) == (404, "InventoryListNotFoundException")


@pytest.mark.rule("BAT-5")
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("http://localhost/s/-/dw/data/v23_2/inventory_lists", "a part takes a path"),
        ("HTTPS://example.com/", "a part takes a path"),
        ("/s/-/dw/batch", "a part can't be a batch request itself"),
        ("//dw//b%61tch/", "a part can't be a batch request itself"),
    ],
)
def test_absolute_urls_and_batches_are_no_parts(api: Api, path: str, told: str) -> None:
    response = send(api, join(f"x-dw-resource-path: {path}"))
    assert (response.status_code, response.json()["fault"]["type"]) == (
        400,
        "ResourcePathException",
    )
    assert told in response.json()["fault"]["message"]


@pytest.mark.rule("BAT-5")
@pytest.mark.parametrize(
    "path",
    ["/s/-/dw/shop/v23_2/products/x", "/items", "/dw/oauth2/access_token", "/__emulator__/health"],
)
def test_what_the_data_api_does_not_have_is_not_found(api: Api, path: str) -> None:
    other, own = ask(api, join(f"x-dw-resource-path: {path}", LISTS))
    assert (other.status, other.fault) == (404, "ResourcePathNotFoundException")
    assert own.status == 200


@pytest.mark.rule("BAT-6")
def test_a_part_has_the_headers_of_the_request_and_its_own(api: Api, make: Make) -> None:
    part = f"x-dw-http-method: PATCH\n{LISTS}/{make()}\n"
    own = part + "If-Match: *\n\n{}"
    answers = ask(api, join(part + "\n{}", own), {"If-Match": '"no"'})
    assert [answer.status for answer in answers] == [412, 200]


@pytest.mark.rule("BAT-6")
def test_a_part_has_a_content_type_of_its_own_or_none(api: Api, make: Make) -> None:
    name = make()
    part = f"x-dw-http-method: PATCH\n{LISTS}/{name}\n"
    document = (
        '<inventory_list xmlns="http://www.demandware.com/ocapi/data/23.2">'
        "<description>two</description></inventory_list>"
    )
    in_json, in_xml, other = ask(
        api,
        join(
            f'{part}\n{{"description":"one"}}',
            f"{part}Content-Type: application/xml\n\n{document}",
            f"{part}Content-Type: text/plain\n\nx",
        ),
    )
    assert (in_json.status, in_json.content_type) == (200, JSON)
    assert (in_xml.status, in_xml.content_type) == (200, XML)
    assert b"<description>two</description>" in in_xml.body
    assert (other.status, other.fault) == (415, "UnsupportedContentTypeException")
    assert api.get(f"/inventory_lists/{name}").json()["description"] == "two"


@pytest.mark.rule("BAT-6")
def test_a_part_has_the_parameters_of_the_request_and_its_own(api: Api, make: Make) -> None:
    make()
    parts = join(LISTS, f"{LISTS}?count=0", f"{LISTS}?start=100&select=(start)")
    response = send(api, parts, path=f"{BATCH}?count=1&select=(count,start)")
    members = [set(answer.json) - {"_v", "_type"} for answer in read(response)]
    assert [answer.json.get("count") for answer in read(response)] == [1, 0, None]
    assert members == [{"count", "start"}, {"count", "start"}, {"start"}]


@pytest.mark.rule("BAT-6")
@pytest.mark.parametrize("query", ["a=%zz", "a=%4", "a=%ff"])
def test_a_query_that_cannot_be_read_is_refused(api: Api, query: str) -> None:
    expected = 400, "IllegalQueryString", {"queryString": query}
    assert_fault(send(api, join(LISTS, f"{LISTS}?{query}")), *expected)
    headers = {"Content-Type": "multipart/mixed; boundary=b", **GET}
    status, _, body = api.raw("POST", f"{BATCH}?{query}", headers, ONE.encode())
    told = orjson.loads(body)["fault"]
    assert (status, told["type"]) == (400, "IllegalQueryStringException")


@pytest.mark.rule("BAT-6")
def test_a_part_that_is_a_post_may_stand_for_another_method(api: Api, make: Make) -> None:
    name = make()
    override = f"{LISTS}/{name}\nx-dw-http-method-override: PATCH\n"
    overridden, plain = ask(
        api,
        join(
            f'x-dw-http-method: POST\n{override}\n{{"description":"told"}}',
            f"x-dw-http-method: GET\n{override}",
        ),
    )
    assert (overridden.status, overridden.json["description"]) == (200, "told")
    assert (plain.status, plain.json["description"]) == (200, "told")


@pytest.mark.rule("BAT-7")
def test_a_part_has_the_site_of_its_path_or_of_the_request(api: Api, make: Make) -> None:
    name = make()
    parts = join(
        f"x-dw-resource-path: /dw/data/v23_2/\n{LISTS}/{name}?select=(link)",
        f"x-dw-resource-path: /s/-/dw/data/v23_2/\n{LISTS}/{name}?select=(link)",
        f"x-dw-resource-path: /s/contract-none/dw/data/v23_2/\n{LISTS}",
    )
    below = f"/dw/data/v23_2/inventory_lists/{name}"
    of_host, of_organization, unknown = read(send(api, parts, path="/dw/batch"))
    assert of_host.json["link"] == f"{api.url}{below}"
    assert of_organization.json["link"] == f"{api.url}/s/-{below}"
    assert (unknown.status, unknown.fault) == (404, "UnknownSiteException")
    of_request, _, _ = read(send(api, parts, path="/s/-/dw/batch"))
    assert of_request.json["link"] == f"{api.url}/s/-{below}"


@pytest.mark.rule("BAT-7")
def test_a_batch_for_an_unknown_site_is_refused(api: Api) -> None:
    response = send(api, ONE, path="/s/contract-none/dw/batch")
    assert_fault(response, 400, "UnknownSiteId", {"siteId": "contract-none"})


@pytest.mark.rule("BAT-8")
@pytest.mark.parametrize(
    ("headers", "status", "kind", "arguments"),
    [
        ({"Authorization": None}, 400, "MissingClientId", {}),
        ({"Authorization": "Basic eDp5"}, 401, "InvalidAuthorizationHeader", {}),
        ({"Authorization": "Bearer"}, 401, "InvalidAuthorizationHeader", {}),
        ({"Authorization": "Bearer x.y.z"}, 401, "InvalidToken", {"accessToken": "x.y.z"}),
        (
            {"Authorization": None, "x-dw-client-id": "contract-none"},
            401,
            "UnknownClientId",
            {"clientId": "contract-none"},
        ),
    ],
)
def test_a_batch_of_nobody_we_know_is_refused(
    api: Api, headers: dict[str, str | None], status: int, kind: str, arguments: dict[str, str]
) -> None:
    assert_fault(send(api, ONE, headers), status, kind, arguments)


@pytest.mark.rule("BAT-8")
def test_a_client_id_is_enough_for_a_batch_and_a_token_for_its_parts(api: Api) -> None:
    headers = {"Authorization": None, "x-dw-client-id": api.client_id}
    without, with_token = ask(
        api, join(LISTS, f"{LISTS}\nAuthorization: Bearer {api.token}"), headers
    )
    assert (without.status, without.fault) == (401, "AuthorizationHeaderMissingException")
    assert with_token.status == 200


@pytest.mark.rule("BAT-9")
def test_an_answer_names_each_part_and_its_status(api: Api, unused: str) -> None:
    api.made.add(f"{api.scope}/inventory_lists/{unused}")
    path = f"{LISTS}/{unused}"
    response = send(
        api,
        join(
            f"x-dw-content-id: \t req 1;\xe9 \nx-dw-http-method: PUT\n{path}\n\n{{}}",
            f"x-dw-http-method: DELETE\n{path}\nx-dw-content-id: same",
            f"x-dw-http-method: GET\n{path}\nx-dw-content-id: same",
        ),
        {"x-dw-content-id": "not inherited"},
    )
    created, deleted, missing = read(response)
    assert (created.status, created.identifier, created.content_type) == (201, "req 1;é", JSON)
    assert created.json["id"] == unused
    assert deleted == (204, "same", None, b"")
    assert (missing.status, missing.identifier, missing.content_type) == (404, "same", JSON)
    assert response.headers["Cache-Control"] == "max-age=0,no-cache,no-store,must-revalidate"


@pytest.mark.rule("BAT-9")
def test_the_status_stands_before_the_blank_line_and_lines_end_with_a_line_feed(
    api: Api, unused: str
) -> None:
    path = f"{LISTS}/{unused}"
    parts = (
        f"x-dw-content-id: 1\nx-dw-http-method: HEAD\n{path}",
        f"x-dw-content-id: 2\nx-dw-http-method: OPTIONS\n{path}",
        f"x-dw-content-id: 3\n{path}",
        f"{path}",
    )
    response = send(api, join(*parts))
    assert response.headers["Content-Type"] == "multipart/mixed; boundary=b"
    head, _, rest = response.text.partition("\n\n")
    assert head == (
        "--b\nx-dw-content-id: 1\nx-dw-status-code: 404\n"
        "--b\nx-dw-content-id: 2\nx-dw-status-code: 204\n"
        f"--b\nx-dw-content-id: 3\nContent-Type: {JSON}\nx-dw-status-code: 404"
    )
    body, fourth, end = rest.partition(f"\n--b\nContent-Type: {JSON}\nx-dw-status-code: 404\n\n")
    assert fourth
    assert end == f"{body}\n--b--\n"


@pytest.mark.rule("BAT-10")
def test_parts_are_served_in_order_and_see_what_was_done_before(api: Api, unused: str) -> None:
    api.made.add(f"{api.scope}/inventory_lists/{unused}")
    path = f"{LISTS}/{unused}"
    answers = ask(
        api,
        join(
            path,
            f'x-dw-http-method: PUT\n{path}\n\n{{"description":"one"}}',
            f'x-dw-http-method: PATCH\n{path}\n\n{{"description":"two"}}',
            path,
            f"x-dw-http-method: DELETE\n{path}",
            path,
        ),
    )
    assert [answer.status for answer in answers] == [404, 201, 200, 200, 204, 404]
    assert answers[3].json["description"] == "two"


@pytest.mark.rule("BAT-10")
def test_a_part_that_fails_neither_stops_nor_undoes_the_others(api: Api, make: Make) -> None:
    first, second = make(), make()
    part = "x-dw-http-method: PATCH\n" + LISTS
    told = '\n\n{"description":"told"}'
    answers = ask(
        api,
        join(f"{part}/{first}{told}", f'{part}/{first}\n\n{{"x":1}}', f"{part}/{second}{told}"),
    )
    assert [answer.status for answer in answers] == [200, 400, 200]
    assert answers[1].fault == "UnknownPropertyException"
    for name in (first, second):
        assert api.get(f"/inventory_lists/{name}").json()["description"] == "told"


@pytest.mark.rule("BAT-10")
@pytest.mark.parametrize(
    "wrong",
    [
        "x-dw-http-method: x",
        "x-dw-resource-path:",
        "x-dw-resource-path-extension: (a,b)",
        "x-dw-resource-path-extension: ?%",
        "no header",
    ],
)
def test_a_batch_that_is_refused_changes_nothing(api: Api, make: Make, wrong: str) -> None:
    name = make(description="before")
    part = f'x-dw-http-method: PATCH\n{LISTS}/{name}\n\n{{"description":"after"}}'
    assert send(api, join(part, wrong)).status_code == 400
    assert api.get(f"/inventory_lists/{name}").json()["description"] == "before"


@pytest.mark.rule("BAT-10")
def test_the_first_check_that_fails_decides_the_answer(api: Api) -> None:
    wrong = {"Content-Type": "x/y", "Authorization": "Basic x"}
    nowhere = "/s/contract-none/dw/batch?a=%ff"
    faults = [
        api.call("PUT", nowhere, headers=wrong),
        send(api, "x", wrong, path=nowhere.replace("contract-none", "-")),
        send(api, "x", {**wrong, "Content-Type": "multipart/mixed; boundary=b"}),
        send(api, "x"),
        send(api, join("x-dw-http-method: x\nx-dw-resource-path:", "x-dw-http-method:")),
    ]
    assert [response.json()["fault"]["type"] for response in faults] == [
        "UnknownSiteIdException",
        "IllegalContentTypeException",
        "InvalidAuthorizationHeaderException",
        "InvalidRequestBodyException",
        "InvalidHttpMethodException",
    ]
