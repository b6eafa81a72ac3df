"""The grades of differences: which answer is right, and where a wrong answer differs."""

from typing import Any

from emulator.corpus.exchange import Answer, Body
from emulator.corpus.grade import MISSING, Difference
from emulator.tests.corpus.echo import grade_answer
from emulator.tests.table import table

JSON = (("Content-Type", "application/json;charset=UTF-8"),)
XML_FAULT = (
    '<fault xmlns="u"><fault><arguments><entry key="{}">1</entry></arguments>'
    "<type>X</type></fault></fault>"
)
XML = (("Content-Type", "application/xml"),)
PROBLEM = (("Content-Type", "application/problem+json"),)
MIXED = (("Content-Type", 'multipart/mixed; boundary="one"'),)
OTHER_MIXED = (("Content-Type", 'multipart/mixed; boundary="another"'),)


def json(value: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, Body("json", value))


def xml(text: str, status: int = 200) -> Answer:
    return Answer(status, XML, Body("text", text))


def fault(name: str, status: int = 404, **arguments: Any) -> Answer:
    return json({"_v": "23.2", "fault": {"arguments": arguments, "type": name}}, status)


def compare(recorded: Answer, answered: Answer, **others: Any) -> list[tuple[Any, ...]]:
    found = grade_answer(recorded, answered, **others)
    return [(one.grade, one.pointer, one.recorded, one.answered) for one in found]


@table(
    ("recorded", "answered", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("values", "/a", 1, 2)]),
        ({"a": 1}, {"a": "1"}, [("types", "/a", "integer", "string")]),
        ({"a": 1}, {"a": 1.0}, [("types", "/a", "integer", "decimal")]),
        ({"a": True}, {"a": 1}, [("types", "/a", "boolean", "integer")]),
        ({"a": {}}, {"a": []}, [("types", "/a", "object", "array")]),
        ({"a": None}, {"a": {}}, [("types", "/a", "null", "object")]),
        ({"a": {"b/c": 1}}, {"a": {}}, [("members", "/a/b~1c", 1, MISSING)]),
        ({"a": {}}, {"a": {"b~": None}}, [("members", "/a/b~0", MISSING, None)]),
        ([1, 2], [1], [("members", "/1", 2, MISSING)]),
        ([1], [1, 2], [("members", "/1", MISSING, 2)]),
        (["a", "b"], ["b", "a"], [("values", "/0", "a", "b"), ("values", "/1", "b", "a")]),
        (
            [{"id": "p1"}, {"id": "p2"}],
            [{"id": "p2"}, {"id": "p2"}],
            [("values", "/0/id", "p1", "p2")],
        ),
    ],
)
def test_a_json_body_is_compared_by_value(recorded: Any, answered: Any, expected: Any) -> None:
    assert compare(json(recorded), json(answered)) == expected


def test_differences_are_in_the_order_of_the_grades() -> None:
    recorded = Answer(200, JSON, Body("json", {"a": 1, "b": 2, "c": "x"}))
    answered = Answer(201, (), Body("json", {"b": "2", "c": "y"}))
    assert compare(recorded, answered) == [
        ("status", "", 200, 201),
        ("members", "/a", 1, MISSING),
        ("types", "/b", "integer", "string"),
        ("values", "/c", "x", "y"),
        ("headers", "content-type", "application/json;charset=UTF-8", MISSING),
    ]


def test_a_fault_in_place_of_a_document_is_one_difference() -> None:
    assert compare(json({"a": 1}), fault("X")) == [
        ("status", "", 200, 404),
        ("fault", "/fault/type", MISSING, "X"),
    ]


def test_another_fault_is_one_difference() -> None:
    assert compare(fault("X", a=1), fault("Y", b=2)) == [("fault", "/fault/type", "X", "Y")]


def test_the_names_of_arguments_belong_to_the_fault() -> None:
    recorded, answered = fault("X", a=1, b=1), fault("X", a=2, c=1)
    assert compare(recorded, answered) == [
        ("fault", "/fault/arguments", ["a", "b"], ["a", "c"]),
        ("values", "/fault/arguments/a", 1, 2),
    ]


@table(
    ("recorded", "answered", "expected"),
    [
        (
            Answer(400, PROBLEM, Body("json", {"type": "about:x", "title": "X"})),
            Answer(400, PROBLEM, Body("json", {"type": "about:y", "title": "Y"})),
            [("fault", "/type", "about:x", "about:y")],
        ),
        (
            json({"error": "invalid_client"}, 401),
            json({"error": "invalid_grant"}, 401),
            [("fault", "/error", "invalid_client", "invalid_grant")],
        ),
        (
            xml(XML_FAULT.format("a")),
            xml(XML_FAULT.format("b")),
            [
                ("fault", "/fault/fault/arguments", ["a"], ["b"]),
                ("values", "/fault/fault/arguments/entry/@key", "a", "b"),
            ],
        ),
        (
            xml("<fault><fault><type>X</type></fault></fault>"),
            xml("<fault><fault><type>Y</type></fault></fault>"),
            [("fault", "/fault/fault/type", "X", "Y")],
        ),
    ],
)
def test_faults_of_other_forms_are_known(
    recorded: Answer, answered: Answer, expected: list[tuple[Any, ...]]
) -> None:
    assert compare(recorded, answered) == expected


@table(
    ("recorded", "answered", "expected"),
    [
        ("<a><b>1</b></a>", '<?xml version="1.0"?>\n<a>\n  <b>1</b>\n</a>', []),
        ("<a><b>1</b></a>", "<a><b>2</b></a>", [("values", "/a/b", "1", "2")]),
        ("<a><b>1</b><b>2</b></a>", "<a><b>1</b></a>", [("members", "/a/b[2]", "2", MISSING)]),
        (
            '<a b="1"/>',
            '<a c="1"/>',
            [("members", "/a/@b", "1", MISSING), ("members", "/a/@c", MISSING, "1")],
        ),
        ('<a xmlns="u"/>', '<a xmlns="v"/>', [("values", "/a/@xmlns", "u", "v")]),
        ('<p:a xmlns:p="u"/>', '<a xmlns="u"/>', []),
        ("<a/>", "<b/>", [("members", "/a", "", MISSING), ("members", "/b", MISSING, "")]),
        ("<a>1</a>", "<a><b/></a>", [("types", "/a", "string", "object")]),
        ("<a>1</a>", "<a>", [("types", "", "xml", "text")]),
        ("<a>" * 102 + "</a>" * 102, "<a>" * 102 + "</a>" * 102, []),
    ],
)
def test_an_xml_body_is_compared_by_element(recorded: str, answered: str, expected: Any) -> None:
    assert compare(xml(recorded), xml(answered)) == expected


def test_an_entity_of_xml_is_not_expanded() -> None:
    text = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert compare(xml(text), xml(text)) == []
    assert compare(xml(text), xml(text.replace("c", "d"))) == [
        ("values", "/0", text, text.replace("c", "d"))
    ]


def test_a_batch_is_compared_by_part() -> None:
    part = 'Content-Type: application/json\r\nx-dw-status-code: {}\r\n\r\n{{"a":{}}}\r\n'
    recorded = f"--one\r\n{part.format(200, 1)}--one\r\n{part.format(200, 2)}--one--"
    answered = (
        f"--another\r\n{part.format(200, 1)}--another\r\n{part.format(404, 3)}--another--\r\n"
    )
    assert compare(
        Answer(200, MIXED, Body("text", recorded)), Answer(200, OTHER_MIXED, Body("text", answered))
    ) == [
        ("values", "/1/headers/x-dw-status-code", "200", "404"),
        ("values", "/1/body/a", 2, 3),
    ]


def test_the_line_ends_of_a_batch_are_compared() -> None:
    recorded = '--one\r\nx-dw-status-code: 200\r\n\r\n{\n"a":1}\r\n--one--\r\n'
    answered = recorded.replace("\r\n", "\n")
    one, other = (Answer(200, MIXED, Body("text", text)) for text in (recorded, answered))
    assert compare(one, one) == []
    assert compare(one, other) == [("values", "/0/line_ends/0", "\r\n", "\n")]


@table(
    ("recorded", "answered", "expected"),
    [
        (Body("text", "a\nb"), Body("text", "a\r\nb"), []),
        (Body("text", "a\nb"), Body("text", "a\nc"), [("values", "/1", "b", "c")]),
        (Body("base64", b"\xff"), Body("base64", b"\xfe"), [("values", "", "ff", "fe")]),
        (Body("json", 1), Body("text", "1"), [("types", "", "json", "text")]),
        (Body("json", 1), None, [("members", "", 1, MISSING)]),
        (None, Body("json", 1), [("members", "", MISSING, 1)]),
    ],
)
def test_other_bodies_are_compared_as_text(
    recorded: Body | None, answered: Body | None, expected: Any
) -> None:
    assert compare(Answer(200, (), recorded), Answer(200, (), answered)) == expected


@table(
    ("name", "recorded", "answered", "is_right"),
    [
        ("Cache-Control", "a", "A", False),
        ("etag", "a", "a", True),
        ("Allow", "GET, PUT", "PUT,GET", True),
        ("Allow", "GET, PUT", "GET", False),
        ("x-dw-version-status", "current", "deprecated", False),
        ("X-RateLimit-Remaining", "399", "12", True),
        ("Date", "a", "b", True),
        ("Server", "a", "b", True),
        ("x-dw-request-base-id", "a", "b", True),
    ],
)
def test_headers_of_the_contract_are_compared(
    name: str, recorded: str, answered: str, *, is_right: bool
) -> None:
    found = compare(Answer(204, ((name, recorded),)), Answer(204, ((name.lower(), answered),)))
    assert found == ([] if is_right else [("headers", name.lower(), recorded, answered)])


def test_a_repeated_header_is_one_value() -> None:
    one, other = Answer(200, (("Link", "a, b"),)), Answer(200, (("Link", "a"), ("Link", "b")))
    assert compare(one, other) == []


def test_at_least_allows_more_members_items_and_headers() -> None:
    recorded = Answer(200, (("ETag", "x"),), Body("json", {"a": [{"b": 1}]}))
    more = Answer(
        200, (("ETag", "x"), ("Expires", "0")), Body("json", {"a": [{"b": 1, "c": 2}, 3]})
    )
    assert compare(recorded, more, at_least=True) == []
    assert [one[0] for one in compare(recorded, more)] == ["members", "members", "headers"]
    less = Answer(200, (), Body("json", {"a": []}))
    assert [one[0] for one in compare(recorded, less, at_least=True)] == ["members", "headers"]
    assert compare(fault("X", a=1), fault("X", a=1, b=2), at_least=True) == []
    assert compare(Answer(404), fault("X"), at_least=True) == []


def test_only_the_wanted_grades_are_given() -> None:
    recorded, answered = fault("X", 404, a=1), fault("Y", 400, a=1)
    assert compare(recorded, answered, grades=("fault",)) == [("fault", "/fault/type", "X", "Y")]
    assert compare(json({"a": 1}), json({"b": 1}), grades=("values", "types")) == []


def test_the_number_of_differences_is_bounded() -> None:
    assert len(compare(json(list(range(2000))), json([]))) == 1000


def test_a_difference_is_a_value() -> None:
    assert grade_answer(json(1), json(2)) == [Difference("values", "", 1, 2)]


def test_an_unfinished_job_execution_is_compared_by_status_fault_and_headers() -> None:
    recorded = json({"execution_status": "running", "status": "RUNNING"})
    assert compare(recorded, json({"execution_status": "finished"})) == []
    assert compare(recorded, fault("X")) == [
        ("status", "", 200, 404),
        ("fault", "/fault/type", MISSING, "X"),
    ]
    odd = json({"execution_status": ["running"]})
    assert compare(odd, json({"execution_status": []})) == [
        ("members", "/execution_status/0", "running", MISSING)
    ]
