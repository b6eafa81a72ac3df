"""The log of requests: one line for each exchange, without secrets or codes for a terminal."""

import io
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange, begin
from emulator.recording.log import JsonFormat, RequestLog, TextFormat, open_log, wants_color
from emulator.tests.table import table

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "s3cret-Value_99"
DATA = Family("data", lambda _, __: [])
TIME = re.compile(r"\d\d:\d\d:\d\d\.\d{3} ")


def meet(path: str = "/things/a", *, authorization: str = "", **told: Any) -> Exchange:
    """Return an exchange of a GET that was answered with 200 after 1.25 ms."""
    sent = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    exchange = begin({"REQUEST_METHOD": "GET", "PATH_INFO": path, **sent}, DATA, lambda: NOON)
    for name, value in {"status": 200, "seconds": 0.00125, "client": "me", **told}.items():
        setattr(exchange, name, value)
    return exchange


def log(form: TextFormat | JsonFormat, *exchanges: Exchange) -> str:
    """Return what a log writes about exchanges."""
    written: list[str] = []
    log = RequestLog(form, written.append)
    for exchange in exchanges:
        log.add(exchange, "default")
    log.close()
    return "".join(written)


def log_text(*exchanges: Exchange) -> str:
    """Return the lines of text without the times, which the test checks here."""
    lines = log(TextFormat(), *exchanges).splitlines()
    assert all(TIME.match(line) for line in lines)
    return "\n".join(TIME.sub("", line) for line in lines)


def log_json(exchange: Exchange, *, verbose: bool = False) -> Any:
    return json.loads(log(JsonFormat(verbose=verbose), exchange))


@table(
    ("told", "line"),
    [
        ({}, "default me GET /things/a 200 1.2 ms"),
        ({"client": ""}, "default - GET /things/a 200 1.2 ms"),
        (
            {"status": 404, "fault": "SiteNotFoundException"},
            "default me GET /things/a 404 SiteNotFoundException 1.2 ms",
        ),
        (
            {"status": 503, "failpoint": "7"},
            "default me GET /things/a 503 [failpoint 7] 1.2 ms",
        ),
        ({"status": 0}, "default me GET /things/a dropped 1.2 ms"),
        ({"method": "PATCH", "seconds": 1.5}, "default me PATCH /things/a 200 1500.0 ms"),
    ],
)
def test_line_says_who_asked_what_and_how_it_went(told: dict[str, Any], line: str) -> None:
    assert log_text(meet(**told)) == line


def test_json_has_the_names_of_the_journal() -> None:
    shown = log_json(meet(number=3, status=503, fault="X", failpoint="7"))
    assert datetime.fromisoformat(shown.pop("time")).tzinfo is not None
    assert shown == {
        "number": 3,
        "workspace": "default",
        "client": "me",
        "method": "GET",
        "path": "/things/a",
        "status": 503,
        "fault": "X",
        "failpoint": "7",
        "stub": "",
        "upstream": "",
        "ms": 1.25,
    }


def with_bodies() -> Exchange:
    exchange = meet(query="a=1&client_secret=x", authorization=f"Bearer {SECRET}")
    exchange.environ["CONTENT_TYPE"] = "application/json"
    exchange.request_body = Body.of(f'{{"password":"{SECRET}","name":"Ann"}}'.encode(), 100)
    exchange.reply_headers = [("Content-Type", "text/plain"), ("Set-Cookie", SECRET)]
    exchange.reply_body = Body.of(b"first\nsecond\n\x1b[31mthird", 20)
    return exchange


def test_verbose_text_has_headers_and_bodies_without_secrets() -> None:
    written = log(TextFormat(verbose=True), with_bodies())
    assert TIME.sub("", written).splitlines() == [
        "default me GET /things/a 200 1.2 ms",
        "  > GET /things/a?a=1&client_secret=***",
        "  > authorization: Bearer ***",
        "  > content-type: application/json",
        "  >",
        '  > {"password":"***","name":"Ann"}',
        "  < 200",
        "  < content-type: text/plain",
        "  < set-cookie: ***",
        "  <",
        "  < first",
        "  < second",
        "  < \\x1b[31mth",
        "  < (23 bytes)",
    ]


def test_verbose_json_has_the_messages_of_the_journal() -> None:
    exchange = with_bodies()
    shown, recorded = log_json(exchange, verbose=True), exchange.show()
    for name in ("query", "request", "answer"):
        assert shown[name] == json.loads(orjson.dumps(recorded[name]))
    assert SECRET not in json.dumps(shown)


@table(
    ("authorization", "path"),
    [
        (f"Bearer {SECRET}", f"/things/{SECRET}"),
        (f"Bearer {SECRET * 100}", f"/things/{SECRET * 100}"),
        (f"{'Bearer' * 20} {SECRET}", f"/things/{SECRET}"),
        (f"Bearer {' ' * 200}{SECRET}", f"/things/{SECRET}"),
        (f"Bearer {SECRET}{' ' * 200}", f"/things/{SECRET}"),
        ("", f"/things/password={SECRET}"),
        ("", f"/things/password%3D{SECRET}"),
        ("", f"/things/eyJ{SECRET}.e30.x"),
    ],
)
def test_secrets_in_a_path_are_not_logged(authorization: str, path: str) -> None:
    for _ in range(2):
        assert SECRET not in log_text(meet(path, authorization=authorization))
        assert SECRET not in json.dumps(log_json(meet(path, authorization=authorization)))


def test_line_of_one_token_is_not_taken_for_another_token() -> None:
    written: list[str] = []
    log = RequestLog(TextFormat(), written.append)
    log.add(meet(f"/things/{SECRET}", authorization="Bearer another-token"), "default")
    log.add(meet(f"/things/{SECRET}", authorization=f"Bearer {SECRET}"), "default")
    log.close()
    first, second = "".join(written).splitlines()
    assert f"/things/{SECRET} " in first
    assert "/things/*** " in second


def test_concealed_members_are_not_logged() -> None:
    exchange = meet('/things/{"pin":"1234"}')
    exchange.conceal(["pin"])
    assert "1234" not in log_text(exchange)


@given(st.text(), st.text(), st.text())
def test_line_is_one_line_without_control_characters(client: str, method: str, path: str) -> None:
    line = log_text(meet(path, client=client, method=method))
    assert line.isprintable()
    assert len(line.split(" ")) == 7
    shown = log_json(meet(path, client=client, method=method))
    assert set(shown) == {"time", "number", "ms", *shown.keys()}


def test_long_texts_are_cut() -> None:
    line = log_text(meet("/" + "a" * 100_000, client="b" * 5000))
    assert len(line) < 2200


def test_colors_are_for_terminals_only() -> None:
    colored = log(TextFormat(colored=True), meet(status=404, fault="X", failpoint="1"))
    assert "\x1b[33m404 X\x1b[0m" in colored
    assert (
        re.sub(r"\x1b\[\d+m", "", colored)[13:]
        == "default me GET /things/a 404 X [failpoint 1] 1.2 ms\n"
    )
    assert "\x1b" not in log(TextFormat(), meet())


@table(
    ("variables", "expected"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_variables_turn_colors_off(variables: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert wants_color(Terminal(), variables) is expected
    assert wants_color(io.StringIO(), variables) is False
    assert wants_color(None, variables) is False


@table(("form", "first"), [("text", "broken 1"), ("json", '{"time":')])
def test_records_of_logging_are_logged_in_the_same_form(form: str, first: str) -> None:
    written: list[str] = []
    form_ = JsonFormat() if form == "json" else TextFormat()
    log = RequestLog(form_, written.append)
    with log.taking_records():
        error = ValueError("on purpose")
        logging.getLogger("emulator").error("broken %s", 1, exc_info=error)
        logging.getLogger("emulator").info("not logged")
    text = "".join(written)
    assert text.startswith(first)
    assert "ValueError: on purpose" in text
    assert "not logged" not in text
    if form == "json":
        assert json.loads(text)["level"] == "error"
    logging.getLogger("emulator").warning("later")
    log.close()
    assert "".join(written) == text


def test_a_record_of_logging_sends_no_control_characters_to_the_terminal() -> None:
    written: list[str] = []
    log = RequestLog(TextFormat(), written.append)
    with log.taking_records():
        logging.getLogger("emulator").error("\x1b[2J\rfirst\n\tsecond")
    assert "".join(written) == "\\x1b[2J\\rfirst\n        second\n"


def test_no_log_unless_asked_for() -> None:
    assert open_log("", verbose=True) is None
    assert open_log("none", verbose=True) is None


def test_log_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    opened = open_log("text", verbose=False)
    assert opened is not None
    opened.add(meet(), "default")
    opened.close()
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("default me GET /things/a 200 1.2 ms\n")
