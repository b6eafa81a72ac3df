"""An interrupted check ends at once, and leaves no server and no folder."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.process import PROC
from falsifier.hook import ROOT

SECONDS, MAX_SECONDS = 3600, 60
"""The time of the check, and the time that the end may take on a busy machine."""


def find_processes(folder: Path) -> list[str]:
    """Return the command lines of processes with a temporary folder in the environment."""
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not (PROC / "self" / "environ").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("store", "number"),
    [
        ("memory", signal.SIGINT),
        pytest.param("redis", signal.SIGTERM, marks=pytest.mark.long),
    ],
)
def test_interrupted_check_leaves_nothing(
    store: str, number: signal.Signals, tmp_path: Path
) -> None:
    if store == "redis" and shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    command = [sys.executable, "-m", "consistency", "--store", store]
    command += ["--seconds", str(SECONDS)]
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "TMPDIR": str(tmp_path)}
    with subprocess.Popen(  # noqa: S603 - the check itself
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert f"store {store}" in process.stderr.readline()
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=MAX_SECONDS)
        finally:
            process.kill()
    assert (process.returncode, said) == (130, "consistency: interrupted\n")
    assert list(tmp_path.iterdir()) == []
    assert find_processes(tmp_path) == []
