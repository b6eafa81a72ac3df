"""A client that writes at random, and checks answers and state.

The walk knows no single resource. The description gives paths, methods and documents; the state of
the workspace, lists, searches and answers give ids and values.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import urlencode

import requests

from contract_tests.api import Api
from contract_tests.walk.description import Description, Ids, Template
from contract_tests.walk.invention import Inventor
from contract_tests.walk.knowledge import Knowledge, cut_to_id

STATE, CLOCK = "/__emulator__/state", "/__emulator__/clock"
PAGE_ITEMS = 30
MATCH_ALL = {"query": {"match_all_query": {}}, "select": "(**)", "count": PAGE_ITEMS}
MAX_SAMPLE = 3  # documents of a path
MAX_LINKS = 2  # of an answer
SHARE_OF_USERS = 0.3  # of requests


class WalkError(AssertionError):
    """An answer that breaks its schema, or a reference to a missing document."""


@dataclass(frozen=True)
class Step:
    """A write."""

    method: str
    template: Template
    ids: Ids
    body: Any
    query: Mapping[str, str]
    as_user: bool

    @property
    def path(self) -> str:
        """The path below the version."""
        return self.template.fill(self.ids)

    def __str__(self) -> str:
        query = f"?{urlencode(self.query)}" if self.query else ""
        body = "" if self.body is None else f" {json.dumps(self.body)}"
        return f"{self.method} {self.path}{query}{body}{' (as a user)' if self.as_user else ''}"


class Walker:
    """A client that writes at random.

    Args:
        api: A client of the server.
        description: The description of the server.
        seed: The seed of all choices.
        user: The header with the token of a user.
        known: Knowledge of the same data set, to copy; None to explore.
        alone: Whether there is no other writer: a written document can be read.
    """

    def __init__(
        self,
        api: Api,
        description: Description,
        seed: str,
        user: Mapping[str, str],
        *,
        known: Knowledge | None = None,
        alone: bool = True,
    ) -> None:
        self.api, self.description, self.user, self.alone = api, description, user, alone
        self.random = Random(seed)  # noqa: S311 - no secrets
        self.known = deepcopy(known) if known else Knowledge(self.random)
        self.known.random = self.random
        self.invent = Inventor(self.random, description, self.known)
        self.steps: list[Step] = []
        self.statuses = Counter[str]()
        self.writing = [each for each in description.templates if each.writes]
        # Each walk prefers some paths, so that writes meet.
        self.weights = [self.random.random() ** 3 for _ in self.writing]
        if known is None:
            self.known.read_state(self._read_state()["files"], description.templates)
            self.sweep()

    def walk(self, count: int) -> None:
        """Write at random.

        Raises:
            WalkError: The server fails, or an answer breaks its schema.
        """
        for _ in range(count):
            self.step(self.choose())

    def choose(self) -> Step:
        """Return a write."""
        template = self.random.choices(self.writing, self.weights)[0]
        method = self.random.choice(template.writes)
        chance = 0.5 if method == "PUT" else 0.15
        prefix = cut_to_id(template.segments)
        ids = self.known.choose_ids(template, prefix, chance_of_new=chance)
        body = self.invent.body(template, method, ids)
        query = self.invent.query(template, method)
        return Step(method, template, ids, body, query, self.random.random() < SHARE_OF_USERS)

    def step(self, step: Step) -> None:
        """Write, and read what is written.

        Raises:
            WalkError: See ``walk``.
        """
        self.steps.append(step)
        headers = self.user if step.as_user else {}
        path = self.api.scope + step.path
        sent = {"json": step.body, "params": step.query, "headers": headers}
        answer = self.api.call(step.method, path, **sent)
        if answer.status_code in {401, 403} and not step.as_user:
            self.step(replace(step, as_user=True))
            return
        self.statuses[f"{step.method} {answer.status_code // 100}xx"] += 1
        self._check(step.template, step.method, answer, str(step))
        segments, ids = step.template.segments, step.ids
        if answer.status_code == 404:
            self.known.forget(segments, ids)
        if answer.status_code < 300 and step.method == "DELETE":
            self.known.remove(segments, ids)
        elif answer.status_code < 300:
            self._learn(step.template, step.ids, answer)
            if self.alone:
                self._read_again(step, answer)

    def _read_again(self, step: Step, answer: requests.Response) -> None:
        content = answer.json() if answer.content else {}
        links = sorted(set(self._links(content)))
        paths = self.random.sample(links, min(MAX_LINKS, len(links)))
        for path in paths if self._may_rename(step) else [*paths, step.path]:
            if found := self.description.match(path.partition("?")[0]):
                self.read(*found, strict=True)

    def _may_rename(self, step: Step) -> bool:
        if step.method != "PATCH" or not step.template.is_of_document or not step.body:
            return False
        kind, _ = self.description.resolve(step.template.body(step.method))
        names = self.known.own_names[kind] | {"id", step.template.names[-1]}
        return any(step.body.get(name, step.ids[-1]) != step.ids[-1] for name in names)

    def read(self, template: Template, ids: Ids, *, strict: bool) -> str:
        """Return a document or a collection, or what a search in it finds.

        Args:
            template: The template of the path.
            ids: The ids in the path.
            strict: Whether the path must be found.

        Raises:
            WalkError: The server fails, or an answer breaks its schema.
        """
        if not (method := template.reading_method):
            return ""
        path = template.fill(ids) + template.reading_query
        body = MATCH_ALL if method == "POST" else None
        place = f"{method} {path}"
        answer = self.api.call(method, self.api.scope + path, json=body)
        if answer.status_code == 403:
            answer = self.api.call(method, self.api.scope + path, json=body, headers=self.user)
        if strict and answer.status_code >= 300:
            raise WalkError(f"{place}: {answer.status_code} {answer.text[:500]}")
        self._check(template, method, answer, place)
        if answer.status_code == 200:
            self._learn(template, ids, answer)
        elif answer.status_code == 404:
            self.known.forget(template.segments, ids)
        return answer.text

    def sweep(self) -> list[tuple[Template, Ids, str]]:
        """Read a sample of all documents and collections; return their templates, ids and texts.

        Raises:
            WalkError: The server fails, or an answer breaks its schema.
        """
        texts: list[tuple[Template, Ids, str]] = []
        for template in self.description.templates:
            known = sorted(self.known.ids[cut_to_id(template.segments)]) if template.names else [()]
            if not known:
                known = [
                    self.known.choose_ids(template, cut_to_id(template.segments), chance_of_new=1)
                    for _ in range(MAX_SAMPLE)
                ]
            some = self.random.sample(known, min(MAX_SAMPLE, len(known)))
            texts += [(template, ids, self.read(template, ids, strict=False)) for ids in some]
        return texts

    def finish(self) -> None:
        """Stop the clock and check documents, references and indexes.

        Raises:
            WalkError: See ``sweep`` and ``restore``.
        """
        self.api.call("POST", f"{CLOCK}/freeze", json={})
        self.restore(self.sweep())
        self.api.call("POST", f"{CLOCK}/reset")

    def restore(self, texts: Iterable[tuple[Template, Ids, str]] = ()) -> None:
        """Put the state of the workspace back: all references are checked, all indexes made anew.

        Args:
            texts: What the server has answered before.

        Raises:
            WalkError: The state is refused, or state or answers are others after it.
        """
        before = self._read_state()
        answer = self.api.call("PUT", STATE, json=before)
        if answer.status_code != 200:
            raise WalkError(f"PUT {STATE}: {answer.status_code} {answer.text[:3000]}")
        after = self._read_state()["files"]
        for name, entries in before["files"].items():
            if entries != after[name]:
                lost = [each for each in entries if each not in after[name]]
                new = [each for each in after[name] if each not in entries]
                raise WalkError(f"{name}: PUT {STATE} makes {new} of {lost}, or another order")
        for template, ids, text in texts:
            found = self.read(template, ids, strict=False)
            if found != text:
                raise WalkError(f"{template.fill(ids)}: PUT {STATE} makes {found} of {text}")

    def _read_state(self) -> Any:
        return self.api.call("GET", STATE).json()

    def _check(
        self, template: Template, method: str, answer: requests.Response, place: str
    ) -> None:
        if answer.status_code >= 500:
            raise WalkError(f"{place}: {answer.status_code} {answer.text[:500]}")
        content = answer.json() if answer.content else None
        found = self.description.find_faults(template, method, answer.status_code, content)
        if found:
            raise WalkError("\n".join([f"{place}: {answer.text[:3000]}", *found]))

    def _learn(self, template: Template, ids: Ids, answer: requests.Response) -> None:
        content = answer.json() if answer.content else {}
        self.known.read(content)
        for path in self._links(content):
            if found := self.description.match(path.partition("?")[0]):
                self.known.add(found[0].segments, found[1])
        if not template.names:
            return
        if template.is_of_document and content:
            self.known.add(template.segments, ids)
            own = {name for name, value in content.items() if value == ids[-1]}
            self.known.own_names[content.get("_type", "")] |= own
        for item in content.get("data", ()) if isinstance(content, dict) else ():
            names = [n for n in ("id", *item) if n == "id" or n.endswith("_id")]
            values = [item[n] for n in names if isinstance(item.get(n), str)]
            if values and not template.is_of_document:
                self.known.add((*template.segments, "{}"), (*ids, values[0]))

    def _links(self, content: Any) -> Iterator[str]:
        """Yield the paths below the version to which an answer links."""
        start = self.api.url + self.api.scope
        if isinstance(content, list | dict):
            for each in content.values() if isinstance(content, dict) else content:
                yield from self._links(each)
        elif isinstance(content, str) and content.startswith(start):
            yield content.removeprefix(start)
