"""Worker processes, each run by a program of its own: they start, are replaced, and end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

import pytest

TIMEOUT = 30

PROGRAM = """
import os, signal, sys
import emulator.http.crew
from emulator.http.crew import Crew, CrewError

emulator.http.crew.GRACE = {grace}

def work(ready):
    {work}

signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
say = lambda text: print(text, flush=True)
try:
    Crew({size}, work, say).run(lambda told: say(f"ready {{told}}"))
except CrewError as error:
    say(f"error {{error}}")
    sys.exit(3)
say("ended")
"""
WAIT = "say(os.getpid()); ready('told'); signal.sigwait((signal.SIGINT, signal.SIGTERM))"


@contextmanager
def crew(work: str, size: int = 2, grace: float = TIMEOUT) -> Iterator["subprocess.Popen[str]"]:
    """Run a crew in a session of its own, of which nothing is left behind."""
    program = PROGRAM.format(work=work, size=size, grace=grace)
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def lines(process: "subprocess.Popen[str]", number: int) -> list[str]:
    return [line(process) for _ in range(number)]


def await_end(*workers: str) -> None:
    """Wait until processes have gone, whoever had to wait for them."""
    until = monotonic() + TIMEOUT
    for worker in workers:
        while is_running(int(worker)):
            assert monotonic() < until, f"{worker} still runs"
            sleep(0.01)


def is_running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_is_ready_once_all_workers_are() -> None:
    with crew(WAIT, 3) as process:
        *workers, ready = lines(process, 4)
        assert ready == "ready told"
        assert len(set(workers)) == 3
        assert all(is_running(int(worker)) for worker in workers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_all(number: int) -> None:
    with crew(WAIT) as process:
        *workers, _ = lines(process, 3)
        process.send_signal(number)
        assert process.communicate(timeout=TIMEOUT) == ("ended\n", "")
        assert process.returncode == 0
        assert not any(is_running(int(worker)) for worker in workers)


def test_a_signal_to_all_at_once_ends_all() -> None:
    with crew(WAIT) as process:
        lines(process, 3)
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=TIMEOUT)[0].endswith("ended\n")
        assert process.returncode == 0


def test_a_worker_that_was_killed_is_replaced() -> None:
    with crew(WAIT) as process:
        first, second, _ = lines(process, 3)
        os.kill(int(first), signal.SIGKILL)
        told = f"worker {first} ended by SIGKILL; another one takes its place"
        warned, third = lines(process, 2)
        assert warned == told
        assert len({first, second, third}) == 3
        assert is_running(int(second))
        assert is_running(int(third))


def test_workers_that_are_told_to_end_by_others_are_replaced() -> None:
    with crew(WAIT) as process:
        first, second, _ = lines(process, 3)
        for worker in (first, second):
            os.kill(int(worker), signal.SIGTERM)
        seen = lines(process, 4)
        warned = sorted(text for text in seen if text.startswith("worker"))
        told = "ended with exit code 0; another one takes its place"
        assert warned == sorted(f"worker {worker} {told}" for worker in (first, second))


def test_workers_end_when_the_first_process_is_killed() -> None:
    with crew(WAIT) as process:
        *workers, _ = lines(process, 3)
        process.kill()
        process.wait()
        await_end(*workers)


def test_a_worker_that_cannot_begin_ends_all() -> None:
    with crew("raise ValueError('cannot begin')") as process:
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (output, process.returncode) == ("error a worker ended before it could serve\n", 3)
    assert "ValueError: cannot begin" in errors


def test_it_gives_up_on_workers_that_die_at_once_again_and_again() -> None:
    with crew("ready('told'); os._exit(7)", 1) as process:
        output, _ = process.communicate(timeout=TIMEOUT)
    first, *warned, last = output.splitlines()
    assert first == "ready told"
    assert len(warned) == 4
    assert all(text.endswith("with exit code 7; another one takes its place") for text in warned)
    assert last.startswith("error worker ")
    assert last.endswith(" ended with exit code 7, the last of 5 that did so at once")
    assert process.returncode == 3


def test_workers_that_do_not_end_are_killed() -> None:
    stuck = "say(os.getpid()); ready('told'); signal.pause()"
    with crew(stuck, grace=0.05) as process:
        *workers, _ = lines(process, 3)
        process.terminate()
        assert process.communicate(timeout=TIMEOUT) == ("ended\n", "")
        assert not any(is_running(int(worker)) for worker in workers)
