"""The examples and recipes do what they say, as far as this machine can run them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.config import KNOBS, variable
from emulator.tests.process import serving

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "examples"
TIMEOUT = 120
TOKEN = "a-secret-of-this-test"
# Those that a user of the examples has; others of this project's take seconds to import.
PLUGINS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "-p xdist -p randomly -p ocapi_emulator",
}
PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def run(command: list[str], folder: Path, **variables: str) -> str:
    """Run a command and return what it printed; it has to end well."""
    hidden = ("COV_", "PYTEST_", "OCAPI_EMULATOR_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(  # noqa: S603 - our own examples
        command,
        cwd=folder,
        env={**clean, **PLUGINS, "PATH": PROGRAMS, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_pytest(folder: Path, *options: str) -> str:
    """Run the tests of an example, from a copy of it."""
    return run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options], folder)


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """A copy of the example for pytest, as a project of its own."""
    return Path(shutil.copytree(EXAMPLES / "pytest", tmp_path / "consumer"))


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator
    emulator.check()


def test_the_tests_of_the_example_pass_one_by_one(consumer: Path) -> None:
    assert " 20 passed" in run_pytest(consumer, "-p", "no:randomly")


@pytest.mark.long
def test_they_pass_in_parallel_and_in_any_order_against_one_server(
    consumer: Path, server: Emulator
) -> None:
    options = ("-n", "2", "--randomly-seed=1", "--ocapi-url", server.url)
    assert " 20 passed" in run_pytest(consumer, *options)
    assert [workspace.name for workspace in server.workspaces] == ["default"]
    assert len(server.workspace.journal) == 0


CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def ocapi_config(ocapi_config):
    return {**ocapi_config, "journal": 5000}
"""
OWN_TEST = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_own_document(ocapi, number):
    mine = f"{ocapi.data_url}/inventory_lists/inventory_m"
    assert ocapi.session.get(mine).json()["description"] == "of our project"
    assert ocapi.session.delete(mine).status_code == 204
    ocapi.verify({"path": "/**/inventory_lists/inventory_m"}, times=2)
"""


def make_own_data_set(folder: Path) -> Path:
    """Write a data set of a project, with a description that no bundled data set has."""
    shutil.copytree(ROOT / "fixtures" / "storefront", folder)
    lists = json.loads((folder / "inventory_lists.json").read_text())
    lists[0]["description"] = "of our project"
    (folder / "inventory_lists.json").write_text(json.dumps(lists))
    return folder


@pytest.mark.long
def test_own_fixtures_of_a_server_with_other_paths_serve_parallel_tests(
    consumer: Path, tmp_path: Path
) -> None:
    """The server stands for a container: another process, other paths, a control token."""
    own = make_own_data_set(consumer / "shop")
    there = shutil.copytree(own, tmp_path / "container" / "data")
    (consumer / "pytest.ini").write_text("[pytest]\npythonpath = .\nocapi_fixtures = shop\n")
    (consumer / "conftest.py").write_text(CONFTEST)
    (consumer / "test_own.py").write_text(OWN_TEST)
    with serving("--fixtures", str(there), "--journal", "5000", "--control-token", TOKEN) as served:
        _, url = served
        parallel = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2"]
        variables = {"OCAPI_EMULATOR_CONTROL_TOKEN": TOKEN}
        shown = run([*parallel, "--ocapi-url", url], consumer, **variables)
        assert " 24 passed" in shown
        left = run(["ocapi-emulator", "workspaces", "--json", "--url", url], consumer, **variables)
        assert [workspace["name"] for workspace in json.loads(left)] == ["default"]
    assert " 24 passed" in run_pytest(consumer, "-n", "2")


def test_the_example_for_unittest_passes() -> None:
    output = run([sys.executable, "-W", "error", "-m", "unittest", "-v"], EXAMPLES / "unittest")
    assert "Ran 3 tests" in output
    assert output.strip().endswith("OK")


def find_node() -> str:
    """Return the path of Node 18 or later; skip the test without one."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node on this machine")
    version = int(run([node, "--version"], ROOT)[1:].partition(".")[0])
    if version < 18:
        pytest.skip(f"Node {version} is older than 18")
    return node


def test_the_example_for_node_passes(server: Emulator) -> None:
    output = run([find_node(), "--test"], EXAMPLES / "node", OCAPI_EMULATOR_URL=server.url)
    assert re.search(r"^. pass 7$", output, re.MULTILINE), output
    assert [workspace.name for workspace in server.workspaces] == ["default"]


@pytest.mark.long
def test_the_example_for_node_starts_a_server_of_its_own() -> None:
    output = run([find_node(), "--test"], EXAMPLES / "node")
    assert re.search(r"^. pass 7$", output, re.MULTILINE), output


def steps_of_github() -> tuple[Mapping[str, str], list[str]]:
    job = yaml.safe_load((EXAMPLES / "ci" / "github-actions.yml").read_text())["jobs"]["test"]
    steps = [step["run"] for step in job["steps"] if "run" in step and "if" not in step]
    return job["env"], steps


def steps_of_gitlab() -> tuple[Mapping[str, str], list[str]]:
    job = yaml.safe_load((EXAMPLES / "ci" / "gitlab-ci.yml").read_text())["test"]
    return job["variables"], [*job["before_script"], *job["script"]]


@pytest.mark.long
@pytest.mark.parametrize("read", [steps_of_github, steps_of_gitlab])
def test_the_steps_of_a_job_file_pass_once_all_is_installed(consumer: Path, read: Any) -> None:
    variables, [install, *steps] = read()
    assert install == "python -m pip install './ocapi-emulator[pytest]' pytest-xdist"
    script = "\n".join(["set -e", 'trap "kill %1" EXIT', *steps])
    with reserving_port() as port:
        given = {name: value.replace("8080", str(port)) for name, value in variables.items()}
        output = run(["/bin/bash", "-m", "-c", script], consumer, **given)
    assert "status ok" in output
    assert " 20 passed" in output


def test_the_image_is_small_and_runs_without_root_and_has_a_health_check() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert stages == ["FROM python:3.13-slim AS build", "FROM python:3.13-slim"]
    assert lines.index("USER 10001") > lines.index(stages[1])
    [health] = [line for line in lines if line.startswith("HEALTHCHECK ")]
    assert json.loads(health.partition("CMD ")[2]) == ["ocapi-emulator", "health"]


def test_the_image_gets_all_files_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "docs/*" in lines
    assert [f"!{path}" for path in included if path.startswith("docs/")] == [
        line for line in lines if line.startswith("!")
    ]


def test_the_variables_of_image_and_service_are_knobs() -> None:
    service = yaml.safe_load((EXAMPLES / "docker" / "compose.yml").read_text())["services"]["ocapi"]
    assert (EXAMPLES / "docker" / service["build"] / "Dockerfile").samefile(ROOT / "Dockerfile")
    named = set(re.findall(r"OCAPI_EMULATOR_\w+", (ROOT / "Dockerfile").read_text()))
    assert named | set(service["environment"]) <= {variable(knob.name) for knob in KNOBS}


@pytest.mark.long
def test_the_image_serves() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True).returncode:  # noqa: S603, PLW1510
        pytest.skip("no container engine is at hand: the image was not built")
    run([docker, "build", "-t", "ocapi-emulator:test", "."], ROOT)
    output = run([docker, "run", "--rm", "ocapi-emulator:test", "check", "storefront"], ROOT)
    assert "8 inventory_lists" in output
