"""Random writes that meet between reads and changes: no reference is left dangling."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.api import Api
from contract_tests.test_users import speak_as
from contract_tests.walk.description import Description
from contract_tests.walk.knowledge import cut_to_id
from contract_tests.walk.walker import Step, Walker
from emulator import Emulator
from emulator.store import Change, MemoryStore

DEMO = "a" * 30
SEED = "WALK_SEED"
SEEDS, CHECKS, STEPS_BETWEEN_CHECKS = 10, 4, 25
MAX_TRIES = 10  # to find a write that names the same document


def list_texts(content: Any) -> Iterator[str]:
    """Yield all texts of a document."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | dict):
        for each in content.values() if isinstance(content, dict) else content:
            yield from list_texts(each)


class Rival(Walker):
    """A walker whose writes go to documents that a write of another client names."""

    def choose_against(self, step: Step) -> Step:
        """Return the write of a named document, or one that names a document, too."""
        named = {*step.ids, *list_texts(step.body)}
        if step.method == "DELETE":
            for _ in range(MAX_TRIES):
                other = self.choose()
                if other.path != step.path and {*other.ids, *list_texts(other.body)} & named:
                    return other
        found = [
            (template, ids)
            for template in self.writing
            if template.is_of_document
            for ids in sorted(self.known.ids[cut_to_id(template.segments)])
            if ids[-1] in named and (template, ids) != (step.template, step.ids)
        ]
        if not found:
            return self.choose()
        template, ids = self.random.choice(found)
        method = self.random.choice([*template.writes, "DELETE"])
        if method not in template.operations:
            method = template.writes[0]
        body = self.invent.body(template, method, ids)
        return Step(method, template, ids, body, {}, as_user=True)

    def act_against(self, step: Step, statuses: Counter[int]) -> Callable[[], None]:
        """Return a function that writes, and counts the first digit of the status."""

        def act() -> None:
            other = self.choose_against(step)
            sent = {"json": other.body, "headers": self.user}
            answer = self.api.call(other.method, self.api.scope + other.path, **sent)
            statuses[answer.status_code // 100] += 1

        return act


def let_in(patch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let a rival act before each change of the store, unless the rival makes the change."""
    apply, acting = MemoryStore.apply, list[bool]()

    def apply_after_rival(store: MemoryStore, *changes: Change) -> None:
        if not acting:
            acting.append(True)
            act()
            acting.clear()
        apply(store, *changes)

    patch.setattr(MemoryStore, "apply", apply_after_rival)


@pytest.mark.long
def test_writes_that_meet_leave_no_dangling_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = [os.environ[SEED]] if SEED in os.environ else [f"walk {n}" for n in range(SEEDS)]
    statuses = Counter[int]()
    with Emulator(fixtures="storefront") as emulator:
        api = Api(emulator.url, DEMO, DEMO, "documented")
        description = Description(api)
        known = Walker(api, description, "", {}).known
        for seed in seeds:
            emulator.reset()
            user = speak_as(api, "admin", "Secret:123")
            walker = Walker(api, description, seed, user, known=known, alone=False)
            rival = Rival(api, description, f"{seed} rival", user, known=walker.known)
            for _ in range(CHECKS):
                with monkeypatch.context() as patch:
                    for step in (walker.choose() for _ in range(STEPS_BETWEEN_CHECKS)):
                        let_in(patch, rival.act_against(step, statuses))
                        walker.step(step)
                        patch.undo()
                walker.restore()
    assert statuses[2] > len(seeds) * STEPS_BETWEEN_CHECKS // 5
