"""A round: concurrent clients in a new workspace, with failpoints, resets and snapshots."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event
from time import monotonic_ns
from typing import Any

from consistency import documents, items
from consistency.data_set import FIRST_TEXT
from consistency.documents import Documents, Known
from consistency.history import History, Operation
from consistency.items import Items
from consistency.recorder import Recorder
from consistency.session import CONTROL, REFUSED_BY_FAILPOINT, Session
from consistency.wire import Request

OLD_DOCUMENT, NEW_DOCUMENTS = "old", ("a", "b")
SNAPSHOT = "/snapshots/saved"
MAX_PAUSE_SECONDS = 0.04
MAX_KEYS = 3
COMMON_KNOWLEDGE = 0.6
FAILPOINTS: Sequence[dict[str, Any]] = (
    {"probability": 0.06, "action": {"drop": "before"}},
    {"probability": 0.04, "action": {"drop": "after"}},
    {"probability": 0.04, "action": {"truncate": 3}},
    {"probability": 0.2, "action": {"delay": [0.001, 0.02]}},
    {"probability": 0.1, "action": {"status": REFUSED_BY_FAILPOINT}},
    {"match": {"method": "PATCH"}, "probability": 0.4, "action": {"delay": [0.001, 0.01]}},
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a round.

    Attributes:
        url: The base URL of the server.
        workspace: The name of the new workspace.
        seed: The seed of all random choices; the order of requests differs in each run.
        clients: The number of clients.
        operations: The number of operations of each client.
        loses_data: Returns the losses of all data since a time, each with begin and end.
        stopped: Set to end the round before its time.
    """

    url: str
    workspace: str
    seed: str
    clients: int = 6
    operations: int = 40
    loses_data: Callable[[int], Sequence[Operation]] = field(default=lambda _: ())
    stopped: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record of a round, and the number of times that failpoints were declared."""

    workspace: str
    recorder: Recorder
    history: History
    failpoints: int


def run(plan: Plan) -> Outcome:
    """Run a round.

    Raises:
        SessionError: The server does not work before the round.
    """
    random = Random(plan.seed)  # noqa: S311 - choices that a seed repeats
    keys = choose_keys(random)
    first = {key: FIRST_TEXT if key.endswith(f"/{OLD_DOCUMENT}") else None for key in keys}
    recorder, begun = Recorder(first), monotonic_ns()
    operator = Operator(plan, recorder, random)
    clients = _make_clients(plan, recorder, keys, has_common=random.random() < COMMON_KNOWLEDGE)
    with ThreadPoolExecutor(len(clients) + 1) as pool:
        working = pool.submit(operator.run)
        try:
            for done in [pool.submit(client.run, plan) for client in clients]:
                done.result()
        finally:
            operator.finished.set()
        working.result()
    for operation in plan.loses_data(begun):
        recorder.add(operation)
    return Outcome(plan.workspace, recorder, recorder.history(), operator.failpoints)


def _make_clients(
    plan: Plan, recorder: Recorder, keys: Sequence[str], *, has_common: bool
) -> "list[Client]":
    """Return the clients of a round, perhaps with common knowledge of the documents."""
    names = [f"client-{number}" for number in range(1, plan.clients + 1)]
    sessions = [Session(plan.url, plan.workspace, name, recorder) for name in names]
    common = dict[str, Known]()
    return [
        Client(session, keys, Random(f"{plan.seed} {name}"), common if has_common else {})  # noqa: S311
        for session, name in zip(sessions, names, strict=True)
    ]


def choose_keys(random: Random) -> list[str]:
    """Return the keys of a round: a few, so that clients meet."""
    data = [
        f"{kind}{name}"
        for kind in documents.DOCUMENT_KINDS
        for name in (OLD_DOCUMENT, *NEW_DOCUMENTS)
    ]
    service = [f"{items.KIND}{name}" for name in NEW_DOCUMENTS]
    return sorted(random.sample([*data, *service, *service[:1]], random.randint(1, MAX_KEYS)))


class Client:
    """A client that reads and changes the documents of a round.

    Args:
        session: The session.
        keys: The documents.
        random: The source of random choices.
        known: The last seen documents of the Data API.
    """

    def __init__(
        self, session: Session, keys: Sequence[str], random: Random, known: dict[str, Known]
    ) -> None:
        self._session = session
        self._keys = keys
        self._random = random
        self._numbers = count(1)
        self._documents = Documents(session, random, self._name_text, known)
        self._items = Items(session, random, self._name_text)

    def run(self, plan: Plan) -> None:
        """Do the operations of a round.

        Raises:
            SessionError: The server grants no token.
        """
        try:
            self._session.authorize()
            for _ in range(plan.operations):
                if plan.stopped.is_set():
                    return
                key = self._random.choice(self._keys)
                is_item = key.startswith(items.KIND)
                (self._items if is_item else self._documents).act(key)
        finally:
            self._session.connection.close()

    def _name_text(self) -> str:
        return f"{self._session.client}-{next(self._numbers)}"


class Operator:
    """The client that resets, saves and restores the workspace, and declares failpoints.

    Args:
        plan: The plan of the round.
        recorder: The record of the round.
        random: The source of random choices.

    Attributes:
        finished: Set when the other clients are done.
        failpoints: The number of declarations of failpoints.
    """

    def __init__(self, plan: Plan, recorder: Recorder, random: Random) -> None:
        self.finished = Event()
        self.failpoints = 0
        self._random = random
        self._session = Session(plan.url, plan.workspace, "operator", recorder)
        self._weights = {
            self._declare_failpoints: 40,
            self._reset: 15,
            self._save: 20,
            self._load: 25,
        }

    def run(self) -> None:
        """Act until the other clients are done."""
        try:
            while not self.finished.wait(self._random.uniform(0, MAX_PAUSE_SECONDS)):
                (act,) = self._random.choices(tuple(self._weights), tuple(self._weights.values()))
                act()
            self._session.connection.ask(Request("PUT", f"{CONTROL}/failpoints", []))
        finally:
            self._session.connection.close()

    def _declare_failpoints(self) -> None:
        chosen = self._random.sample(FAILPOINTS, self._random.randint(0, 3))
        if self._session.declare_failpoints(chosen) and chosen:
            self.failpoints += 1

    def _reset(self) -> None:
        operation = Operation(client="", action="reset")
        self._session.control(operation, "POST", "/reset", {200: "ok"})

    def _save(self) -> None:
        operation = Operation(client="", action="save")
        self._session.control(operation, "PUT", SNAPSHOT, {200: "ok", 201: "ok"})

    def _load(self) -> None:
        operation = Operation(client="", action="load")
        self._session.control(operation, "POST", f"{SNAPSHOT}/restore", {200: "ok", 404: "absent"})
