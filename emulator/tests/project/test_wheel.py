"""The wheel: what is in it, and that an emulator starts from it alone."""

import json
import os
import re
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

import hatch_build

ROOT = Path(__file__).parents[3]
TIMEOUT = 120

PROGRAM = """
import json, sys, urllib.request
import emulator
with emulator.Emulator(fixtures=sys.argv[1]) as server:
    with urllib.request.urlopen(server.url + "/__emulator__/health") as response:
        health = json.load(response)
print(json.dumps([emulator.__file__, health["status"], health["fixtures"]]))
"""

EXTRAS = """
import sys
import requests
from emulator import Emulator
from emulator.http.certificate import authority
with Emulator(fixtures="samples", tls=True, store=sys.argv[1]) as server:
    url = server.url + "/s/-/dw/data/v23_2/inventory_lists"
    headers = {"Authorization": "Bearer " + server.token()}
    answer = requests.get(url, headers=headers, verify=str(authority()))
print(answer.status_code, answer.json()["total"])
"""

VERIFICATION = """
import sys
from pathlib import Path
from emulator import Emulator
from emulator.cli.verification import Options, command, verify
with Emulator(fixtures="samples") as server:
    options = Options(server.url, rules=("URL-5",))
    print(Path(command(options, sys.argv[1])[-1]).parent)
    sys.exit(verify(options, print))
"""


def run(
    arguments: list[str], folder: Path, program: Path | str = sys.executable, **variables: str
) -> str:
    """Run Python in a folder and return what it writes."""
    # Nothing of the measuring of coverage is passed on: what runs here are files that will be gone.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    finished = subprocess.run(  # noqa: S603 - programs of ours
        [program, *arguments],
        cwd=folder,
        env=env | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(["-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def unzipped(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def description(unzipped: Path) -> str:
    """The text that a package index shows."""
    [file] = unzipped.glob("*.dist-info/METADATA")
    return str(Parser().parsestr(file.read_text(encoding="utf-8")).get_payload())


def test_an_index_shows_no_link_to_a_file(description: str) -> None:
    targets = re.findall(r"\]\(([^)]*)\)", description)
    assert [target for target in targets if not re.match(r"https?://|#", target)] == []
    assert "<!--" not in description


def test_an_index_shows_how_to_install_from_the_index(description: str) -> None:
    commands = re.findall(r"pip install [^ `\n]+", description)
    assert commands == ["pip install ocapi-emulator", "pip install 'ocapi-emulator[pytest]'"]


def test_links_lead_to_the_repository_if_it_is_known() -> None:
    readme = "![a](docs/a.png) [b](docs/b.md#c) [d](https://d.example/) [e](#e)"
    assert hatch_build.render(readme, "https://host/owner/name") == (
        "![a](https://host/owner/name/raw/HEAD/docs/a.png)"
        " [b](https://host/owner/name/blob/HEAD/docs/b.md#c) [d](https://d.example/) [e](#e)"
    )


def test_the_wheel_is_for_any_machine(wheel: Path) -> None:
    assert wheel.name.startswith("ocapi_emulator-")
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_holds_the_data_sets(names: list[str]) -> None:
    files = ("clients.json", "inventory_lists.json", "sites.json")
    for data_set in ("samples", "storefront"):
        assert {f"emulator/data_sets/{data_set}/{file}" for file in files} <= set(names)
    data = [name for name in names if name.startswith("emulator/data_sets/")]
    assert [name for name in data if not name.endswith(".json")] == []


def test_the_wheel_holds_the_licence(names: list[str]) -> None:
    licences = [name for name in names if name.rpartition("/")[2] == "LICENSE"]
    [viewer] = [name for name in licences if ".dist-info/" not in name]
    assert viewer == "emulator/console/static/vendor/swagger-ui/LICENSE"
    assert len(licences) == 2


def test_the_wheel_holds_the_ledger(names: list[str]) -> None:
    rules = [name for name in names if name.startswith("emulator/ledger/")]
    assert "emulator/ledger/state.toml" in rules
    assert len(rules) > 40


def test_the_wheel_holds_the_evidence_of_the_operations(names: list[str]) -> None:
    assert "emulator/evidence/coverage.json" in names


def test_the_wheel_holds_the_pages_of_the_console(names: list[str]) -> None:
    console = ROOT / "emulator" / "console"
    files = [*console.glob("static/*.*"), *console.glob("templates/console/*.html")]
    assert len(files) > 20
    assert {file.relative_to(ROOT).as_posix() for file in files} <= set(names)


def test_the_wheel_has_type_hints(names: list[str]) -> None:
    assert "emulator/py.typed" in names


def test_the_wheel_holds_the_package_and_nothing_beside_it(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top.partition("-")[0] for top in tops} == {"emulator", "ocapi_emulator"}
    assert not [name for name in names if "tests" in name.split("/") or name.endswith(".pyc")]


def test_the_wheel_holds_the_contract_tests_but_those_of_a_checkout(names: list[str]) -> None:
    suite = "emulator/verification_suite/contract_tests/"
    shipped = {name.removeprefix(suite) for name in names if name.startswith(suite)}
    tests = ROOT / "contract_tests"
    checkout = {file.relative_to(tests).as_posix() for file in tests.rglob("*.py")}
    own = {"ledger.py", "test_ledger.py"} | {file for file in checkout if "coverage/" in file}
    assert shipped == checkout - own
    assert {"__init__.py", "conftest.py", "report.py", "test_url.py"} <= shipped


@pytest.mark.long
def test_a_server_is_verified_from_the_wheel_alone(unzipped: Path, tmp_path: Path) -> None:
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    other.mkdir()
    output = run(["-c", VERIFICATION, str(other)], empty, PYTHONPATH=str(unzipped)).splitlines()
    suite = unzipped / "emulator" / "verification_suite" / "contract_tests"
    assert output[0] == str(suite)
    assert output[-1] == (
        "1 rules: 1 hold, 0 differ, 0 not applicable (9 tests passed, 0 failed, 1 skipped)"
    )
    assert not list(empty.iterdir())
    assert not list(unzipped.glob("emulator/verification_suite/**/*.pyc"))


def test_the_wheel_offers_the_command(unzipped: Path) -> None:
    [file] = unzipped.glob("*.dist-info/entry_points.txt")
    assert "ocapi-emulator = emulator.cli.main:main" in file.read_text()


@pytest.mark.long
def test_an_emulator_starts_from_the_wheel_alone(unzipped: Path, tmp_path: Path) -> None:
    output = run(["-c", PROGRAM, "storefront"], tmp_path, PYTHONPATH=str(unzipped))
    assert json.loads(output) == [str(unzipped / "emulator" / "__init__.py"), "ok", "storefront"]


@pytest.mark.long
def test_the_source_distribution_builds_the_same_wheel(names: list[str], tmp_path: Path) -> None:
    run(["-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)], ROOT)
    [archive] = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path, filter="data")
    [source] = tmp_path.glob("ocapi_emulator-*/")
    run(["-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], source)
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as built:
        assert built.namelist() == names


@pytest.mark.long
@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_the_wheel_works_with_all_allowed_packages(
    wheel: Path, resolution: str, empty_redis: str, tmp_path: Path
) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    run(["-m", "uv", "venv", "--python", sys.executable, str(python.parents[1])], tmp_path)
    install = ["-m", "uv", "pip", "install", "--python", str(python), "--resolution", resolution]
    try:
        run([*install, f"{wheel}[all]"], tmp_path)
    except AssertionError as error:
        if "Failed to fetch" in str(error):
            pytest.skip("no package index answers")
        raise
    consumer = shutil.copytree(ROOT / "docs" / "examples" / "pytest", tmp_path / "consumer")
    output = run(["-m", "pytest", "-W", "error", "-q"], consumer, python)
    assert "20 passed" in output
    served = run(["-c", EXTRAS, empty_redis], tmp_path, python, XDG_CACHE_HOME=str(tmp_path))
    assert served == "200 2\n"
    verified = run(["-c", VERIFICATION, str(tmp_path)], tmp_path, python)
    assert " 0 differ" in verified.splitlines()[-1]
