"""What all machines of random requests share: a workspace, a model, and the control plane."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from werkzeug.test import Client, TestResponse

from consistency import data_set
from emulator import Emulator
from emulator.tests.control_client import LOCAL

CONTROL = "/__emulator__"
WORKSPACE = "x-emulator-workspace"
SELDOM = st.integers(0, 5).map(lambda number: number == 0)
CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
SHORT = settings(stateful_step_count=20, suppress_health_check=CHECKS)
LONG = settings(stateful_step_count=50, max_examples=40, suppress_health_check=CHECKS)


class Machine(RuleBasedStateMachine):
    """The rules of the control plane; ``run`` sets ``emulator``.

    Attributes:
        name: The workspace.
        headers: The headers of each request.
        world: The model.
        saved: The model of the snapshot; None for no snapshot.
    """

    emulator: Emulator
    numbers: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        self.client = Client(self.emulator.app)
        self.name = f"machine-{next(self.numbers)}"
        self.headers = {WORKSPACE: self.name}
        self.world = self.make_world()
        self.saved: Any = None

    def make_world(self) -> Any:
        """Return the model of the data set."""
        raise NotImplementedError

    def teardown(self) -> None:
        self.send("DELETE", f"{CONTROL}/workspaces/{self.name}")

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.client.open(
            path, method=method, headers=headers, environ_overrides=LOCAL, **options
        )

    @rule()
    def save(self) -> None:
        assert self.send("PUT", f"{CONTROL}/snapshots/s").status_code in (200, 201)
        self.saved = deepcopy(self.world)

    @rule(happens=SELDOM)
    def load(self, *, happens: bool) -> None:
        if not happens:
            return
        status = self.send("POST", f"{CONTROL}/snapshots/s/restore").status_code
        assert status == (404 if self.saved is None else 200)
        if self.saved is not None:
            self.world = deepcopy(self.saved)

    @rule(happens=SELDOM)
    def reset(self, *, happens: bool) -> None:
        if not happens:
            return
        assert self.send("POST", f"{CONTROL}/reset").status_code == 200
        self.world = self.make_world()


def make_emulator(folder: Path) -> Emulator:
    """Return an emulator with the data set of the machines, which is written to a folder."""
    data_set.write(folder)
    return Emulator(fixtures=str(folder), journal=0)


def run(machine: type[Machine], emulator: Emulator, profile: settings) -> None:
    """Run a machine on an emulator."""
    machine.emulator, machine.numbers = emulator, iter(range(10**6))
    case = machine.TestCase
    case.settings = profile
    case("runTest").runTest()
