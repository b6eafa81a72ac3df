"""The recipes with containers work, apart from the container: a running server stands for it."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from benchmarks.process import reserving_port
from emulator import Emulator
from emulator.config import KNOBS, variable
from emulator.tests.project.test_examples import EXAMPLES, ROOT, find_node, run

RECIPES = EXAMPLES / "testcontainers"
PYTHON_CONTAINERS = {
    "testcontainers/core/container.py": """
import os
class DockerContainer:
    def __init__(self, image): self.image, self.env = image, {}
    def with_exposed_ports(self, port): self.port = port; return self
    def with_env(self, name, value): self.env[name] = value; return self
    def waiting_for(self, strategy): return self
    def __enter__(self):
        assert (self.image, self.port) == ("ocapi-emulator", 8080)
        assert self.env == {"OCAPI_EMULATOR_CONTROL_TOKEN": "secret"}
        return self
    def __exit__(self, *error): pass
    def get_container_host_ip(self): return "127.0.0.1"
    def get_exposed_port(self, port): return os.environ["SERVED_PORT"]
""",
    "testcontainers/core/wait_strategies.py": """
class HttpWaitStrategy:
    def __init__(self, port, path): pass
    def with_header(self, name, value): return self
""",
}
NODE_CONTAINERS = """
export class GenericContainer {
  withExposedPorts() { return this; }
  withEnvironment() { return this; }
  withWaitStrategy() { return this; }
  async start() { return this; }
  async stop() {}
  getHost() { return "127.0.0.1"; }
  getMappedPort() { return process.env.SERVED_PORT; }
}
export const Wait = { forHttp: () => ({ withHeaders: () => ({}) }) };
"""
JAVA_CLASSES = {
    "org/testcontainers/containers/GenericContainer.java": """
package org.testcontainers.containers;
public class GenericContainer<SELF extends GenericContainer<SELF>> {
    public GenericContainer(org.testcontainers.utility.DockerImageName image) {}
    @SuppressWarnings("unchecked") private SELF self() { return (SELF) this; }
    public SELF withExposedPorts(Integer... ports) { return self(); }
    public SELF withEnv(String name, String value) { return self(); }
    public SELF waitingFor(org.testcontainers.containers.wait.strategy.Wait wait) { return self(); }
    public void start() {}
    public void stop() {}
    public String getHost() { return "127.0.0.1"; }
    public Integer getMappedPort(int port) { return Integer.valueOf(System.getenv("SERVED_PORT")); }
}
""",
    "org/testcontainers/containers/wait/strategy/Wait.java": """
package org.testcontainers.containers.wait.strategy;
public class Wait {
    public static Wait forHttp(String path) { return new Wait(); }
    public Wait withHeader(String name, String value) { return this; }
}
""",
    "org/testcontainers/utility/DockerImageName.java": """
package org.testcontainers.utility;
public class DockerImageName {
    public static DockerImageName parse(String name) { return new DockerImageName(); }
}
""",
    **{
        f"org/junit/jupiter/api/{name}.java": f"""
package org.junit.jupiter.api;
@java.lang.annotation.Retention(java.lang.annotation.RetentionPolicy.RUNTIME)
public @interface {name} {{}}
"""
        for name in ("AfterAll", "BeforeAll", "BeforeEach", "Test")
    },
    "org/junit/jupiter/api/Assertions.java": """
package org.junit.jupiter.api;
public class Assertions {
    public static void assertEquals(int wanted, int actual) {
        if (wanted != actual) throw new AssertionError(wanted + " is not " + actual);
    }
}
""",
    "Run.java": """
public class Run {
    public static void main(String[] names) throws Exception {
        StockTest.start();
        for (var method : StockTest.class.getDeclaredMethods()) {
            if (!method.isAnnotationPresent(org.junit.jupiter.api.Test.class)) continue;
            var test = new StockTest();
            test.reset();
            method.invoke(test);
            System.out.println("passed " + method.getName());
        }
        StockTest.stop();
    }
}
""",
}


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    """The port of a server with a control token, as in a container."""
    with Emulator(control_token="secret") as emulator:
        yield str(urlsplit(emulator.url).port)
    emulator.check()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def test_the_recipe_for_python_passes(port: str, tmp_path: Path) -> None:
    shutil.copy(RECIPES / "test_stock.py", tmp_path)
    write(tmp_path, PYTHON_CONTAINERS)
    output = run([sys.executable, "-m", "pytest", "-q"], tmp_path, SERVED_PORT=port)
    assert "2 passed" in output


def test_the_recipe_for_node_passes(port: str, tmp_path: Path) -> None:
    node = find_node()
    shutil.copy(RECIPES / "stock.test.mjs", tmp_path)
    shutil.copy(EXAMPLES / "node" / "ocapi-emulator.mjs", tmp_path)
    package = json.dumps({"type": "module", "main": "index.js"})
    files = {"package.json": package, "index.js": NODE_CONTAINERS}
    write(tmp_path / "node_modules" / "testcontainers", files)
    output = run([node, "--test"], tmp_path, SERVED_PORT=port)
    assert re.search(r"^. pass 2$", output, re.MULTILINE), output


@pytest.mark.long
def test_the_recipe_for_java_passes(port: str, tmp_path: Path) -> None:
    compiler = shutil.which("javac")
    if compiler is None:
        pytest.skip("there is no compiler of Java on this machine")
    shutil.copy(RECIPES / "StockTest.java", tmp_path)
    write(tmp_path, JAVA_CLASSES)
    run([compiler, "-Xlint:all", "-Werror", "Run.java"], tmp_path)
    output = run(["java", "Run"], tmp_path, SERVED_PORT=port)
    assert sorted(output.split()) == [
        "aListIsDeleted",
        "passed",
        "passed",
        "theNextTestHasTheListAgain",
    ]


@pytest.mark.long
def test_the_action_of_github_starts_a_server(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    install, start = action["runs"]["steps"]
    assert '-m pip install --quiet "$SOURCE"' in install["run"]
    files = {name: str(tmp_path / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
    script = f'set -e; trap "jobs -p | xargs -r kill" EXIT\n{start["run"]}'
    with reserving_port() as port:
        given = {"PORT": str(port), "FIXTURES": "samples", "OPTIONS": "--dialect observed"}
        assert set(given) == set(start["env"])
        output = run(["bash", "-c", script], tmp_path, RUNNER_TEMP=str(tmp_path), **given, **files)
    url = f"http://127.0.0.1:{given['PORT']}"
    assert f"{url}: status ok" in output
    assert "dialect observed" in output
    outputs = dict(line.split("=") for line in (tmp_path / "github_output").read_text().split())
    assert outputs == {"url": url, "log": str(tmp_path / "ocapi-emulator.log")}
    assert list(outputs) == list(action["outputs"])
    assert (tmp_path / "github_env").read_text() == f"OCAPI_EMULATOR_URL={url}\n"


def test_the_job_with_the_action_uses_inputs_and_outputs_of_the_action() -> None:
    text = (EXAMPLES / "ci" / "github-action.yml").read_text()
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    [step] = [s for s in yaml.safe_load(text)["jobs"]["test"]["steps"] if s.get("id") == "ocapi"]
    assert set(step["with"]) <= set(action["inputs"])
    assert set(re.findall(r"steps\.ocapi\.outputs\.(\w+)", text)) <= set(action["outputs"])


def test_the_service_of_gitlab_has_variables_of_the_emulator() -> None:
    pipeline = yaml.safe_load((EXAMPLES / "ci" / "gitlab-service.yml").read_text())
    built, job = pipeline["ocapi-emulator"], pipeline["test"]
    [service] = job["services"]
    assert any(service["name"] in command for command in built["script"])
    assert job["variables"]["OCAPI_EMULATOR_URL"] == f"http://{service['alias']}:8080"
    assert set(job["variables"]) - {"OCAPI_EMULATOR_URL"} <= {variable(k.name) for k in KNOBS}
