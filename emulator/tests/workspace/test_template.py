"""Templates: the values of a request in an answer."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from marshmallow import ValidationError

from emulator.tests.bound import bounded
from emulator.tests.table import table
from emulator.workspace.template import TemplateError, compile_body, compile_header

MIB = 1024 * 1024


@dataclass
class Request:
    """The values of a request."""

    variables: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None


BASKET = {"items": [{"id": "a", "price": 1.5}], "c_gift": True, "note": None, "é": "ü"}
REQUEST = Request({"id": 'b/1"', "site": "RefArch"}, {"q": "red shoe"}, BASKET)


def render(body: Any, request: Request = REQUEST) -> tuple[bytes, bool]:
    return compile_body(body, request.variables).render(request)


def problem(body: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        compile_body(body, {"id"})
    return str(caught.value.messages[0])


@table(
    ("body", "value"),
    [
        ({}, {}),
        ([], []),
        (3, 3),
        ({"a": "{{path.id}}"}, {"a": 'b/1"'}),
        ({"a": "{{ path.id }}"}, {"a": 'b/1"'}),
        ({"a": "no. {{path.id}}, {{path.site}}"}, {"a": 'no. b/1", RefArch'}),
        ({"a": "{{query.q}}"}, {"a": "red shoe"}),
        ({"a": "{{query.none}}"}, {"a": None}),
        ({"a": "<{{query.none}}>"}, {"a": "<>"}),
        ({"a": "{{body.items}}"}, {"a": BASKET["items"]}),
        ({"a": ["{{body.items.0.price}}", "{{body.items.1}}"]}, {"a": [1.5, None]}),
        ({"a": "{{body.items.0.id.x}}"}, {"a": None}),
        ({"a": "{{body.c_gift}}", "b": "is {{body.c_gift}}"}, {"a": True, "b": "is true"}),
        ({"a": "{{body.note}}", "b": "is {{body.note}}"}, {"a": None, "b": "is "}),
        ({"a": "{{body.items.0}}!"}, {"a": '{"id":"a","price":1.5}!'}),
        ({"a": "{{body}}"}, {"a": BASKET}),
        ({"a": "{{body.é}}"}, {"a": "ü"}),
        ({"{{path.id}}": 1}, {'b/1"': 1}),
        ({"a": '"{{path.site}}"'}, {"a": '"RefArch"'}),
        ({"a": '\\"{{path.site}}"'}, {"a": '\\"RefArch"'}),
        ({"a": ["\\", "{{path.site}}"]}, {"a": ["\\", "RefArch"]}),
        ({"a": "{ {path.id} }", "b": "}}"}, {"a": "{ {path.id} }", "b": "}}"}),
        ({"a": {"b": {"c": "{{body.items.0.price}}"}}}, {"a": {"b": {"c": 1.5}}}),
    ],
)
def test_values_of_the_request_stand_in_json(body: Any, value: Any) -> None:
    data, is_json = render(body)
    assert (orjson.loads(data), is_json) == (value, True)


@table(
    ("body", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ("basket {{path.id}} of {{body.items.0.price}}", 'basket b/1" of 1.5'),
        ("{{query.q}}", "red shoe"),
        ('"{{query.q}}"', '"red shoe"'),
    ],
)
def test_values_of_the_request_stand_in_a_text(body: str, text: str) -> None:
    assert render(body) == (text.encode(), False)


@table(("body", "value"), [("{{body}}", BASKET), ("{{body.c_gift}}", True), ("{{body.x}}", None)])
def test_a_text_of_one_reference_becomes_json_for_another_value(body: str, value: Any) -> None:
    data, is_json = render(body)
    assert (orjson.loads(data), is_json) == (value, True)


def test_inserted_text_is_no_template() -> None:
    request = Request({"id": "{{query.q}}"}, {"q": "x"})
    assert render({"a": "{{path.id}} {{path.id}}"}, request) == (
        b'{"a":"{{query.q}} {{query.q}}"}',
        True,
    )


@table(
    ("value", "header"),
    [
        ("/s/{{path.site}}/baskets/{{path.id}}", "/s/RefArch/baskets/b%2F1%22"),
        ("{{query.q}}", "red shoe"),
        ("{{body.items.0.price}}", "1.5"),
        ("{{body.none}}", ""),
        ("{{body.é}} ü", "%C3%BC \xfc"),
    ],
)
def test_values_of_the_request_stand_in_a_header(value: str, header: str) -> None:
    assert compile_header(value, REQUEST.variables).render_header(REQUEST) == header


def test_a_value_adds_no_line_to_a_header() -> None:
    request = Request(query={"q": "a\r\nSet-Cookie: b=\x00"})
    rendered = compile_header("{{query.q}}", ()).render_header(request)
    assert rendered == "a%0D%0ASet-Cookie: b=%00"


@table(
    ("body", "why"),
    [
        ("{{path.basket}}", "The path has no variable 'basket'; variables: id."),
        ("{{path}}", "Write one name after path, such as {{path.id}}."),
        ("{{query}}", "Write one name after query, such as {{query.id}}."),
        ("{{query.a.b}}", "Write one name after query, such as {{query.id}}."),
        ("{{body" + ".a" * 17 + "}}", "A reference has up to 16 names."),
        ({"a": "{{body.a}}" * 1001}, "Has more than 1000 references."),
    ],
)
def test_an_invalid_reference_is_refused(body: Any, why: str) -> None:
    assert problem(body) == why


@table("text", ["{{}}", "{{name}}", "{{header.x}}", "{{path.id", "{{path.id|upper}}", "{{ 1+1 }}"])
def test_braces_without_a_reference_are_refused(text: str) -> None:
    for body in (text, {"a": text}):
        assert problem(body).startswith("'{{")
        assert "is not a reference: write {{path.NAME}}, {{query.NAME}}, " in problem(body)


def test_the_inserted_values_are_bounded() -> None:
    large = Request(body={"a": "x" * MIB})
    with pytest.raises(TemplateError, match="more than 5242880 bytes"):
        render({"a": "{{body.a}} " * 1000}, large)
    with pytest.raises(TemplateError, match="more than 8192 bytes"):
        compile_header("{{body.a}}", ()).render_header(large)


def test_a_value_that_cannot_be_written_is_an_error() -> None:
    deep = Request(body=orjson.loads(b"[" * 500 + b"]" * 500))
    with pytest.raises(TemplateError, match="nested too deeply"):
        render({"a": "{{body}}"}, deep)


def test_a_large_answer_takes_little_time() -> None:
    body = [{"number": number, "text": 'x"\\' * 10} for number in range(100_000)]
    template = compile_body([*body, *["{{body.a}}"] * 1000], ())
    request = Request(body={"a": ["x" * 5000]})
    with bounded(0.5):
        data, _ = template.render(request)
    assert len(data) > 5 * MIB
