"""The output of ``serve``: the address alone on standard output, all else on standard error."""

import json
import os
import re
import signal
import subprocess
from typing import Any

import requests

from emulator.tests.process import command_line, serving

TIMEOUT = 30
SECRET = "hunter2-hunter2"
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
SAMPLES = ("--fixtures", "samples")


def end(process: "subprocess.Popen[str]") -> tuple[str, str, int]:
    """Send SIGTERM; return what was still written, and the exit code."""
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=TIMEOUT)
    return output, errors, process.returncode


def get(url: str, **options: Any) -> int:
    return requests.get(url, timeout=TIMEOUT, **options).status_code


def test_serve_logs_text_by_default_without_secrets() -> None:
    with serving(*SAMPLES, "--control-token", SECRET, "--token-key", SECRET) as (process, url):
        assert get(f"{url}{LISTS}?client_secret={SECRET}", auth=("me", SECRET)) == 401
        assert get(f"{url}/__emulator__/health") == 200
        output, errors, code = end(process)
    assert (output, code) == ("", 0)
    assert SECRET not in errors
    *banner, line = errors.splitlines()
    assert re.fullmatch(rf"[\d:.]+ default me GET {LISTS} 401 \w+Exception [\d.]+ ms", line)
    assert [text.split()[0] for text in banner] == [
        *("version", "data", "dialect", "versions", "store", "console", "token"),
    ]
    assert f"{url}/__emulator__/" in errors


def test_json_log_has_an_object_in_each_line() -> None:
    options = ("--log", "json", "--verbose", "--store", "memory", "--without", "webdav")
    with serving(*SAMPLES, *options) as (process, url):
        assert get(f"{url}/items/none") == 404
        assert get(f"{url}/dw/shop/v1/baskets") == 404
        output, errors, code = end(process)
    assert (output, code) == ("", 0)
    banner, item, hint, basket, summary = [json.loads(line) for line in errors.splitlines()]
    assert banner["message"] == f"listening on {url}"
    assert banner["data_set"].startswith("samples: 2 sites, 2 inventory_lists, ")
    assert banner["without"] == "webdav"
    assert (item["path"], item["status"], item["fault"]) == ("/items/none", 404, "NOT_FOUND")
    assert json.loads(item["answer"]["body"]["text"])["status"] == 404
    assert (hint["level"], hint["message"]) == (
        "warning",
        "not emulated: GET /dw/shop/v1/baskets",
    )
    assert basket["path"] == "/dw/shop/v1/baskets"
    assert summary["message"].endswith("\n  GET /dw/shop/v1/baskets (1 request)")


def test_a_server_without_a_reader_of_standard_error_serves() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command_line(*SAMPLES), stdout=subprocess.PIPE, stderr=write, text=True
        )
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("ocapi-emulator listening on ").rstrip()
        assert [get(f"{url}/items") for _ in range(3)] == [200] * 3
        assert end(process)[2] == 0
    finally:
        os.close(write)
        process.kill()
        process.communicate()


def test_no_log_and_no_banner_if_unwanted() -> None:
    with serving(*SAMPLES, "--log", "none", "--verbose") as (process, url):
        assert get(f"{url}/items") == 200
        assert end(process) == ("", "", 0)


def test_unread_log_holds_up_no_request_and_no_end() -> None:
    with serving(*SAMPLES, "--verbose") as (process, url), requests.Session() as session:
        for number in range(60):
            path = f"/dw/shop/v1/{number}/{'a' * 2000}"
            assert session.get(url + path, timeout=TIMEOUT).status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0
