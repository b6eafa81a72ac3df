"""Both descriptions against the emulator: generated requests of schemathesis, whole sessions.

Schemathesis sends valid and invalid requests to each operation, and follows links between
operations: the descriptions declare none, so the links are inferred from ids and locations. The ids
of the data set stand in most paths, since a random id meets nothing but 404.
"""

import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any

import requests

from contract_tests.schemathesis_run import (
    DATA_API_SETTINGS,
    SERVICE_SETTINGS,
    make_command,
)
from emulator import Emulator
from fuzz.bounds import MAX_CASE_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OPERATIONS = {"data-api-description": 333, "inventory-service-description": 10}
MAX_IDS = 20
"""The ids of a path parameter."""
ID_SHARE = 0.8
"""The share of requests with an id of the data set."""
TIMEOUT = 60.0
END_SECONDS = 60.0
"""The time for the report of an ended run."""
SECTION = re.compile(r"^=+ (\w[\w ]*) =+$", re.MULTILINE)
"""The heading of a section of the report."""
PHASES = (
    *("--phases", "coverage,fuzzing,stateful", "--continue-on-failure"),
    *("--suppress-health-check", "all"),  # a busy machine makes generation slow
)


@dataclass
class Watch:
    """The figures of a server.

    Attributes:
        application: The application.
        requests: The number of requests.
        seconds: The greatest processor time of a request.
        slow: The requests beyond the bound.
    """

    application: "WSGIApplication"
    requests: int = 0
    seconds: float = 0.0
    slow: list[str] = field(default_factory=list)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, and measure the processor time."""
        began = thread_time()
        try:
            return self.application(environ, start_response)
        finally:
            seconds = thread_time() - began
            self.requests += 1
            self.seconds = max(self.seconds, seconds)
            if seconds > MAX_CASE_SECONDS:
                line = f"{environ['REQUEST_METHOD']} {environ['REQUEST_URI']}"
                self.slow.append(f"{line} takes {seconds:.1f} s of processor time")


@dataclass(frozen=True)
class Run:
    """The result of a description.

    Attributes:
        name: The name of the target.
        cases: The number of generated cases.
        seconds: The time.
        watch: The figures of the server.
        links: The links that were followed, of all inferred links.
        findings: The failures of schemathesis, slow requests and internal errors; empty for none.
        is_cut: The time has ended the run.
    """

    name: str
    cases: int
    seconds: float
    watch: Watch
    links: str
    findings: str
    is_cut: bool = False


def list_ids(files: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the ids of a data set, by the name of a path parameter and of a collection."""
    found: dict[str, dict[str, None]] = {}
    for file, content in files.items():
        collection = file.removesuffix(".json")
        entries = content if isinstance(content, list) else []
        for entry in entries:
            for name, value in entry.items():
                if isinstance(value, str) and value.isascii() and "/" not in value:
                    found.setdefault(name, {})[value] = None
                    if name == "id":
                        found.setdefault(collection, {})[value] = None
                        found.setdefault(f"{collection.removesuffix('s')}_id", {})[value] = None
    return {name: [*values][:MAX_IDS] for name, values in found.items()}


def bind_ids(ids: Mapping[str, list[str]], paths: Iterable[str]) -> str:
    """Return the settings for paths with ids of the data set.

    Args:
        ids: The ids by name.
        paths: The paths of the description.
    """
    names = {name for path in paths for name in re.findall(r"{(\w+)}", path)}
    collections = {found for path in paths for found in re.findall(r"(\w+)/{id}", path)}
    used = sorted((names | collections) & ids.keys() - {"id"})
    lines = [f"[dictionaries.{name}]\nvalues = {dumps(ids[name])}" for name in used]
    # The server takes another text than ``true`` for false, so no such text is refused.
    lines += ["[parameters]", '"header.x-dw-validate-existing" = "true"']
    lines += [_bind(f"path.{name}", name) for name in sorted(names & set(used))]
    for name in sorted(collections & set(used)):
        lines += [f'[[operations]]\ninclude-path-regex = "/{name}/[{{]id[}}]"']
        lines += ["[operations.parameters]", _bind("path.id", name)]
    return "\n".join(lines)


def excuse_empty_answers(paths: Mapping[str, Any]) -> str:
    """Return the settings for operations with 204: an answer without a body has no media type.

    Swagger states the media types of a fault as those of the whole operation.
    """
    names = [
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and "204" in operation.get("responses", {})
    ]
    check = "checks.content_type_conformance.enabled = false"
    return "\n".join(f"[[operations]]\ninclude-name = {dumps(name)}\n{check}" for name in names)


def _bind(parameter: str, dictionary: str) -> str:
    return f'"{parameter}" = {{dictionary = "{dictionary}", probability = {ID_SHARE}}}'


@contextmanager
def serving() -> Iterator[tuple[Emulator, Watch]]:
    """Serve the storefront data set, and measure each request."""
    with Emulator(journal=100) as emulator:
        watch = Watch(emulator.app.wsgi_app)
        emulator.app.wsgi_app = watch  # type: ignore[method-assign]
        yield emulator, watch


def run(name: str, cases: int, seconds: float, seed: int) -> Run:
    """Run the requests of a description.

    Args:
        name: A name of ``OPERATIONS``.
        cases: The number of cases, of the random requests alone.
        seconds: The greatest time.
        seed: The same seed makes the same requests.
    """
    examples = ("--max-examples", str(max(1, cases // OPERATIONS[name])))
    options = [*PHASES, *examples, "--seed", str(seed)]
    with serving() as (emulator, watch), TemporaryDirectory() as folder:
        description, settings = f"{emulator.url}/openapi.json", SERVICE_SETTINGS
        if name == "data-api-description":
            description = f"{emulator.url}/dw/meta/v1/rest/data/v23_2"
            token = {"Authorization": f"Bearer {emulator.token()}"}
            options += [f"--header=Authorization: Bearer {emulator.token()}"]
            state = requests.get(f"{emulator.url}/__emulator__/state", timeout=TIMEOUT).json()
            described = requests.get(description, headers=token, timeout=TIMEOUT).json()
            ids = bind_ids(list_ids(state["files"]), described["paths"])
            empty = excuse_empty_answers(described["paths"])
            settings = f"{DATA_API_SETTINGS}\n{empty}\n{ids}"
        began = monotonic()
        (Path(folder) / "schemathesis.toml").write_text(settings)
        code, output = run_for(make_command(description, *options), Path(folder), seconds)
        findings = list_failures(output, code)
        findings += watch.slow
        try:
            emulator.check()
        except Exception as error:  # noqa: BLE001 - any internal error is a finding
            findings.append(f"internal error: {error!r}")
    generated = re.search(r"(\d+) generated", output)
    links = re.search(r"API Links: +(.+)", output)
    return Run(
        name,
        int(generated[1]) if generated else watch.requests,
        monotonic() - began,
        watch,
        links[1] if links else "",
        "\n".join(findings),
        is_cut=code is None,
    )


def run_for(command: Sequence[str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """Run a command in a folder; return the exit code, None for a run cut by time, and the output.

    The option ``--max-time`` is no bound: with it schemathesis repeats the cases until the time.
    """
    with subprocess.Popen(  # noqa: S603 - the tool of our own environment
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # schemathesis reports what it has found so far
            return None, process.communicate(timeout=END_SECONDS)[0]
        else:
            return process.returncode, output
        finally:
            process.kill()


def list_failures(output: str, code: int | None) -> list[str]:
    """Return the sections of failures and errors; the output if a failed run has no such section.

    Args:
        output: The report of schemathesis.
        code: The exit code; None for a run cut by time.
    """
    _, *parts = SECTION.split(output)
    sections = zip(parts[::2], parts[1::2], strict=True)
    found = [text.strip("\n") for title, text in sections if title in ("FAILURES", "ERRORS")]
    return found or ([output] if code else [])
