"""Several processes that share a Redis: workers of gunicorn, and servers at two addresses."""

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner, Result

from contract_tests.server import running
from emulator.cli.main import commands
from emulator.tests.process import serving

if TYPE_CHECKING:
    import subprocess

    from emulator.tests.conftest import Server

TIMEOUT = 30
LISTS = "/s/-/dw/data/v23_2/inventory_lists"
CONTROL = "/__emulator__"
DEMO = "a" * 30


def two_workers(
    store: str,
) -> AbstractContextManager[tuple["subprocess.Popen[bytes]", str]]:
    return running("gunicorn", "--workers", "2", fixtures="samples", store=store)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["serve", "--port", "0", *arguments])


def ask(method: str, url: str, **options: Any) -> requests.Response:
    """Ask on a connection of its own, which any worker may take."""
    return requests.request(method, url, timeout=TIMEOUT, **options)


def grant(url: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    granted = ask("POST", f"{url}/dwsso/oauth2/access_token", data=form, auth=(DEMO, DEMO))
    return {"Authorization": f"Bearer {granted.json()['access_token']}"}


def workers(process: "subprocess.Popen[bytes]") -> list[int]:
    """Return the processes that a process has forked and that run."""
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(worker) for worker in told.split()]


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = monotonic() + TIMEOUT
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)


def stop(worker: int) -> None:
    """Let all threads of a process stand still."""
    os.kill(worker, signal.SIGSTOP)
    threads = list(Path(f"/proc/{worker}/task").iterdir())
    until(lambda: all(" T " in (thread / "stat").read_text() for thread in threads))


def test_each_worker_of_gunicorn_knows_what_the_others_wrote(empty_redis: str) -> None:
    with two_workers(empty_redis) as (process, url):
        until(lambda: len(workers(process)) == 2)
        headers = grant(url)
        for number, worker in enumerate(workers(process)):
            stop(worker)  # so that the other one answers
            path = f"{url}{LISTS}/{number}"
            assert ask("PUT", path, headers=headers, json={}).status_code == 201
            os.kill(worker, signal.SIGCONT)
        for worker in workers(process):
            stop(worker)
            found = ask("GET", f"{url}{LISTS}?count=1", headers=headers).json()
            assert found["total"] == 4
            os.kill(worker, signal.SIGCONT)
        shown = ask("GET", f"{url}{CONTROL}/journal?limit=100").json()["exchanges"]
        assert [exchange["number"] for exchange in shown] == list(range(1, 6))
        process.terminate()
        assert process.wait(TIMEOUT) == 0
        with pytest.raises(requests.ConnectionError):
            ask("GET", url)


@pytest.mark.long
def test_a_killed_worker_is_replaced_and_its_data_remain(empty_redis: str) -> None:
    with two_workers(empty_redis) as (process, url):
        until(lambda: len(workers(process)) == 2)
        before = workers(process)
        headers = grant(url)
        assert ask("PUT", f"{url}{LISTS}/new", headers=headers, json={}).status_code == 201
        os.kill(before[0], signal.SIGKILL)
        until(lambda: before[0] not in workers(process) and len(workers(process)) == 2)
        assert ask("GET", f"{url}{LISTS}/new", headers=headers).status_code == 200


@pytest.mark.long
def test_a_worker_is_replaced_while_redis_is_away(own_redis_server: "Server") -> None:
    with two_workers(own_redis_server.url) as (process, url):
        until(lambda: len(workers(process)) == 2)
        own_redis_server.stop()
        for worker in workers(process):
            os.kill(worker, signal.SIGKILL)
        assert ask("POST", f"{url}{CONTROL}/reset").status_code == 503
        own_redis_server.start()
        assert ask("GET", url + LISTS, headers=grant(url)).status_code == 200
        assert process.poll() is None


@pytest.mark.long
def test_workers_end_with_the_first_process(empty_redis: str) -> None:
    with two_workers(empty_redis) as (process, url):
        until(lambda: len(workers(process)) == 2)
        left = workers(process)
        process.kill()
        process.wait(TIMEOUT)
        until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in left))
        with pytest.raises(requests.ConnectionError):
            ask("GET", url)


def test_servers_at_two_addresses_share_their_state(empty_redis: str) -> None:
    with (
        serving("--fixtures", "samples", "--store", empty_redis) as (_, first),
        serving("--fixtures", "samples", "--store", empty_redis) as (_, second),
    ):
        headers = grant(first)
        ask("PUT", f"{first}{LISTS}/new", headers=headers, json={})
        assert ask("GET", f"{second}{LISTS}/new", headers=headers).status_code == 200
        ask("POST", f"{second}{CONTROL}/reset")
        assert ask("GET", f"{first}{LISTS}/new", headers=headers).status_code == 404


@pytest.mark.long
def test_workers_outlive_a_redis_that_goes_and_comes_back(own_redis_server: "Server") -> None:
    with two_workers(own_redis_server.url) as (process, url):
        until(lambda: len(workers(process)) == 2)
        before = workers(process)
        headers = grant(url)
        for worker in before:
            # The other one answers. A worker that never met the store has no key of its tokens.
            stop(worker)
            assert ask("GET", f"{url}{LISTS}", headers=headers).status_code == 200
            os.kill(worker, signal.SIGCONT)
        own_redis_server.stop()
        for _ in range(6):
            answer = ask("GET", f"{url}{LISTS}", headers=headers)
            assert answer.status_code == 503
            assert answer.json()["fault"]["type"] == "ServiceUnavailableException"
        assert ask("GET", f"{url}{CONTROL}/health").status_code == 503
        own_redis_server.start()
        for _ in range(6):
            assert ask("GET", f"{url}{LISTS}", headers=headers).status_code == 200
        assert workers(process) == before


@pytest.mark.usefixtures("own_process")
def test_redis_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    result = invoke("--store", f"unix://{tmp_path}/redis.sock")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ocapi-emulator: can't use the store: Redis cannot be used")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("own_process")
@pytest.mark.parametrize(
    ("arguments", "excerpt"),
    [
        (["--store", "http://u:hunter2@h"], "store is neither memory nor a URL"),
        (["--store", "redis://u:hunter2@h/zero"], "store: the number of the database is not valid"),
        (
            ["--store", "redis://u:hunter2@h/0?timeout=1"],
            "store: unix:// may have the parameter db",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_line_without_the_password(
    arguments: list[str], excerpt: str
) -> None:
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"ocapi-emulator: {excerpt}")
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr


@pytest.mark.usefixtures("own_process")
def test_a_password_is_not_shown() -> None:
    result = invoke("--store", "redis://u:hunter2@127.0.0.1:1/0")
    assert result.exit_code == 2
    assert "hunter2" not in result.stdout + result.stderr
