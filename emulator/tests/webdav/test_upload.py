"""Large files through the bundled server: memory stays small, temporary files go."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.ocapi.access.direct_token import issue_token
from emulator.recording.match import Match

MIB = 1024 * 1024
SIZE_MIB = 100
SIZE = SIZE_MIB * MIB
PATH = "/on/demandware.servlet/webdav/Sites/Temp/large"
SERVER = """
import sys
from emulator import Emulator
with Emulator() as emulator:
    print(emulator.url, emulator.token(), flush=True)
    sys.stdin.read()
"""


def read_peak(process: int) -> int:
    """Return the greatest resident memory of a process so far, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def pieces() -> Iterator[bytes]:
    return (b"0123456789abcdef" * (MIB // 16) for _ in range(SIZE_MIB))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process in /proc")
@pytest.mark.parametrize("is_chunked", [pytest.param(False, marks=pytest.mark.long), True])
def test_100_mb_take_less_than_20_mb_of_memory(*, is_chunked: bool) -> None:
    with subprocess.Popen(  # noqa: S603 - a server of our own
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stdin
        url, token = server.stdout.readline().split()
        headers = {"Authorization": f"Bearer {token}"}
        with closing(http.client.HTTPConnection(url.partition("://")[2], timeout=60)) as client:
            client.request("PUT", PATH, b"small", headers)
            assert client.getresponse().read() == b""
            before = read_peak(server.pid)
            length = {} if is_chunked else {"Content-Length": str(SIZE)}
            client.request("PUT", PATH, pieces(), headers | length, encode_chunked=is_chunked)
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (204, b"")
            client.request("GET", PATH, headers=headers)
            answer = client.getresponse()
            assert sum(len(piece) for piece in iter(lambda: answer.read(MIB), b"")) == SIZE
            after = read_peak(server.pid)
        server.stdin.close()
    assert after - before < 20 * MIB


def test_client_that_leaves_in_an_upload_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Emulator() as emulator:
        client = http.client.HTTPConnection(emulator.url.partition("://")[2], timeout=10)
        client.putrequest("PUT", PATH)
        client.putheader("Content-Length", str(2 * MIB))
        client.endheaders(b"x" * MIB)
        client.close()
        token = issue_token(emulator.workspace, "").access_token
        with closing(http.client.HTTPConnection(client.host, client.port, timeout=10)) as other:
            other.request("GET", PATH, headers={"Authorization": f"Bearer {token}"})
            assert other.getresponse().status == 404
    emulator.workspace.files.restore()
    assert not list(tmp_path.glob("*/new/*"))


@pytest.mark.parametrize(("size", "kept"), [(7, b"xxxx"), (MIB, b"")])
def test_journal_keeps_the_beginning_of_a_small_file_and_the_size(size: int, kept: bytes) -> None:
    with Emulator(journal_body=4) as emulator:
        token = issue_token(emulator.workspace, "").access_token
        headers = {"Authorization": f"Bearer {token}"}
        with closing(
            http.client.HTTPConnection(emulator.url.partition("://")[2], timeout=10)
        ) as client:
            for method, body in (("PUT", b"x" * size), ("GET", None)):
                client.request(method, PATH, body, headers)
                client.getresponse().read()
        written, read = emulator.workspace.journal.find(Match({}))
    assert (written.operation, written.request_body) == ("put", (b"xxxx", size))
    assert (read.operation, read.reply_body) == ("get", (kept, size))
