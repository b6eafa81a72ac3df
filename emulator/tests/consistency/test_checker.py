"""The checker of histories: known histories, sequential ones, and a comparison with all orders."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.checker import Bounds, Verdict, check
from consistency.history import History, Operation
from consistency.model import State, Workspace

LINEARIZABLE, VIOLATED = Verdict.LINEARIZABLE, Verdict.VIOLATED


def op(times: str, action: Any, value: str | None = None, **members: Any) -> Operation:
    """Return an operation on the document 'k' of a client, such as ``op("0-2", "write", "a")``."""
    invoked, _, completed = times.partition("-")
    if completed == "":
        members.setdefault("outcome", "unknown")
    if action in {"read", "write", "create", "put", "delete"}:
        members.setdefault("key", "k")
    if action == "read":
        members.setdefault("seen", value)
        value = None
    return Operation(
        client=members.pop("client", "c"),
        action=action,
        value=value,
        invoked=int(invoked),
        completed=int(completed) if completed else None,
        **members,
    )


def judge(*operations: Operation, **first: str | None) -> Verdict:
    return check(History(first or {"k": "0"}, operations)).verdict


KNOWN: dict[str, tuple[Verdict, tuple[Operation, ...]]] = {
    "nothing": (LINEARIZABLE, ()),
    "a write, then a read of its text": (
        LINEARIZABLE,
        (op("0-1", "write", "a"), op("2-3", "read", "a")),
    ),
    "a read of the text before a finished write": (
        VIOLATED,
        (op("0-1", "write", "a"), op("2-3", "read", "0")),
    ),
    "reads of old and new during a write": (
        LINEARIZABLE,
        (op("0-9", "write", "a"), op("1-2", "read", "0"), op("3-4", "read", "a")),
    ),
    "an old text after a newer one": (
        VIOLATED,
        (op("0-9", "write", "a"), op("1-2", "read", "a"), op("3-4", "read", "0")),
    ),
    "two writes at once, seen in two orders": (
        VIOLATED,
        (
            op("0-9", "write", "a"),
            op("0-9", "write", "b"),
            op("10-11", "read", "a"),
            op("12-13", "read", "b"),
        ),
    ),
    "two accepted writes that expect the same text": (
        VIOLATED,
        (op("0-9", "write", "a", expected="0"), op("0-9", "write", "b", expected="0")),
    ),
    "an accepted and a refused write that expect the same text": (
        LINEARIZABLE,
        (
            op("0-9", "write", "a", expected="0"),
            op("0-9", "write", "b", expected="0", outcome="conflict", seen="a"),
        ),
    ),
    "a refused write though the text was as expected": (
        VIOLATED,
        (op("0-9", "write", "b", expected="0", outcome="conflict"),),
    ),
    "a refusal that shows an old text": (
        VIOLATED,
        (
            op("0-1", "write", "a"),
            op("2-3", "write", "b"),
            op("4-5", "write", "c", expected="0", outcome="conflict", seen="a"),
        ),
    ),
    "a lost write by a write without a condition": (
        LINEARIZABLE,
        (op("0-1", "write", "a"), op("2-3", "write", "b"), op("4-5", "read", "b")),
    ),
    "a lost answer of a write that was done late": (
        LINEARIZABLE,
        (op("0-", "write", "a"), op("2-3", "read", "0"), op("4-5", "read", "a")),
    ),
    "a lost answer of a write that was never done": (
        LINEARIZABLE,
        (op("0-", "write", "a"), op("2-3", "read", "0"), op("4-5", "write", "b", expected="0")),
    ),
    "a lost answer of a write that was done twice": (
        VIOLATED,
        (
            op("0-", "write", "a"),
            op("1-2", "read", "a"),
            op("3-4", "write", "b"),
            op("5-6", "read", "a"),
        ),
    ),
    "an effect before its request": (
        VIOLATED,
        (op("0-1", "read", "a"), op("2-", "write", "a")),
    ),
    "a reset that brings back the first text": (
        LINEARIZABLE,
        (op("0-1", "write", "a"), op("2-3", "reset"), op("4-5", "read", "0")),
    ),
    "a reset that leaves a text behind": (
        VIOLATED,
        (op("0-1", "write", "a"), op("2-3", "reset"), op("4-5", "read", "a")),
    ),
    "a snapshot, loaded twice": (
        LINEARIZABLE,
        (
            op("0-1", "write", "a"),
            op("2-3", "save"),
            op("4-5", "reset"),
            op("6-7", "load"),
            op("8-9", "read", "a"),
            op("10-11", "write", "b", expected="a"),
            op("12-13", "load"),
            op("14-15", "read", "a"),
        ),
    ),
    "no snapshot to load, though there is one": (
        VIOLATED,
        (op("0-1", "save"), op("2-3", "load", outcome="absent")),
    ),
    "a loaded snapshot, though there is none": (VIOLATED, (op("0-1", "load"),)),
    "a storage that has lost document and snapshot": (
        LINEARIZABLE,
        (
            op("0-1", "write", "a"),
            op("2-3", "save"),
            op("4-5", "lose"),
            op("6-7", "read", "0"),
            op("8-9", "load", outcome="absent"),
        ),
    ),
    "a document that is deleted, created, and replaced": (
        LINEARIZABLE,
        (
            op("0-1", "create", "a", outcome="present"),
            op("2-3", "delete", expected="0"),
            op("4-5", "read", None, outcome="absent"),
            op("6-7", "write", "b", outcome="absent"),
            op("8-9", "delete", lenient=True),
            op("10-11", "delete", outcome="absent"),
            op("12-13", "put", "c", outcome="created"),
            op("14-15", "put", "d"),
            op("16-17", "read", "d"),
        ),
    ),
    "a replaced document that was not there": (
        VIOLATED,
        (op("0-1", "delete"), op("2-3", "put", "a")),
    ),
    "two successful creations": (
        VIOLATED,
        (op("0-1", "delete"), op("2-9", "create", "a"), op("2-9", "create", "b")),
    ),
    "a repeated idempotency key after a deletion": (
        LINEARIZABLE,
        (
            op("0-1", "delete"),
            op("2-3", "create", "a", idempotency="i"),
            op("4-5", "delete"),
            op("6-7", "create", "a", idempotency="i"),
            op("8-9", "read", None, outcome="absent"),
        ),
    ),
    "a repeated idempotency key that creates again": (
        VIOLATED,
        (
            op("0-1", "delete"),
            op("2-3", "create", "a", idempotency="i"),
            op("4-5", "delete"),
            op("6-7", "create", "a", idempotency="i"),
            op("8-9", "read", "a"),
        ),
    ),
    "a repeated idempotency key that is refused": (
        VIOLATED,
        (
            op("0-1", "delete"),
            op("2-3", "create", "a", idempotency="i"),
            op("4-5", "create", "a", idempotency="i", outcome="present"),
        ),
    ),
    "a lost answer with an idempotency key, and the repeated request": (
        LINEARIZABLE,
        (
            op("0-1", "delete"),
            op("2-", "create", "a", idempotency="i"),
            op("4-5", "create", "a", idempotency="i"),
            op("6-7", "read", "a"),
        ),
    ),
    "a write to the successor of a document": (
        VIOLATED,
        (
            op("0-1", "delete"),
            op("2-3", "create", "x:0"),
            op("4-5", "write", "y:1", owner="y"),
        ),
    ),
    "a write to a document that has a successor": (
        LINEARIZABLE,
        (
            op("0-1", "delete"),
            op("2-3", "create", "x:0"),
            op("4-5", "write", "y:1", owner="y", outcome="absent"),
        ),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_history_is_judged(name: str) -> None:
    verdict, operations = KNOWN[name]
    assert judge(*operations) is verdict


def test_page_shows_one_instant() -> None:
    writes = [op("0-1", "write", "a", key="k"), op("2-3", "write", "b", key="l")]
    torn = op("0-9", "page", page={"k": "0", "l": "b"})
    whole = op("0-9", "page", page={"k": "a", "l": "0"})
    assert judge(*writes, torn, k="0", l="0") is VIOLATED
    assert judge(*writes, whole, k="0", l="0") is LINEARIZABLE


def test_half_reset_is_found_in_the_whole_workspace_only() -> None:
    operations = [
        op("0-1", "write", "a", key="k"),
        op("0-1", "write", "b", key="l"),
        op("2-9", "reset"),
        op("3-4", "read", "0", key="k"),
        op("5-6", "read", "b", key="l"),
    ]
    history = History({"k": "0", "l": "0"}, operations)
    assert check(history.of_key("k")).verdict is LINEARIZABLE
    assert check(history.of_key("l")).verdict is LINEARIZABLE
    assert check(history).verdict is VIOLATED


def test_search_beyond_its_bounds_is_undecided() -> None:
    writes = [op("0-99", "write", str(number), client=str(number)) for number in range(10)]
    history = History({"k": "0"}, [*writes, op("100-101", "read", "none")])
    assert check(history, Bounds(configurations=100)).verdict is Verdict.UNDECIDED
    assert check(history, Bounds(seconds=0.0)).verdict is Verdict.UNDECIDED
    assert check(history).verdict is VIOLATED


def test_blocked_operations_are_reported() -> None:
    stale = op("4-5", "read", "0")
    result = check(History({"k": "0"}, [op("0-1", "write", "a"), stale]))
    assert result.blocked == (stale,)
    assert result.state.registers[0].value == "a"


# Generated histories


def outcomes_of(operation: Operation) -> Iterator[Operation]:
    """Yield an operation with each known outcome."""
    if operation.action in {"reset", "save", "lose"}:
        yield replace(operation, outcome="ok")
    elif operation.action == "load":
        yield from (replace(operation, outcome="ok"), replace(operation, outcome="absent"))
    elif operation.action == "read":
        yield from (replace(operation, outcome="ok", seen=seen) for seen in ("0", *"abcdef", None))
    else:
        for outcome in ("ok", "created", "absent", "present", "conflict"):
            yield replace(operation, outcome=outcome)


def run(first: dict[str, str | None], requests: Sequence[Operation]) -> list[Operation]:
    """Return the requests with the outcomes of a sequential execution."""
    model = Workspace(first)
    state, done = model.begin(), []
    for request in requests:
        fitting = [
            (after, one)
            for one in outcomes_of(request)
            if (after := model.step(state, one)) is not None
        ]
        assert len(fitting) == 1, f"{request} has the outcomes {fitting}"
        state = fitting[0][0]
        done.append(fitting[0][1])
    return done


def requests(count: int) -> st.SearchStrategy[list[Operation]]:
    """Return lists of requests; each written text is different."""
    keys, texts = st.sampled_from("kl"), st.sampled_from(("0", *"abcdef"))
    some = st.one_of(
        st.builds(Operation, client=st.just("c"), action=st.just("read"), key=keys),
        st.builds(
            Operation,
            client=st.just("c"),
            action=st.sampled_from(("write", "delete")),
            key=keys,
            expected=st.none() | texts,
        ),
        st.builds(
            Operation,
            client=st.just("c"),
            action=st.sampled_from(("create", "put")),
            key=keys,
        ),
        st.builds(
            Operation,
            client=st.just("c"),
            action=st.sampled_from(("reset", "save", "load", "lose")),
        ),
    )
    return st.lists(some, max_size=count).map(_name_texts)


def _name_texts(operations: list[Operation]) -> list[Operation]:
    texts = iter("abcdef" * 9)
    writes = {"write", "create", "put"}
    return [replace(one, value=next(texts)) if one.action in writes else one for one in operations]


FIRST: dict[str, str | None] = {"k": "0", "l": None}


def overlap(done: Sequence[Operation], random: Random, spread: int) -> list[Operation]:
    """Return operations in their order of effect, with requests and answers around the effect."""
    return [
        replace(
            one,
            client=str(number),
            invoked=10 * number - random.randrange(spread),
            completed=10 * number + random.randrange(spread),
        )
        for number, one in enumerate(done)
    ]


@given(requests(40), st.randoms(use_true_random=False))
def test_execution_of_the_model_is_accepted(wanted: list[Operation], random: Random) -> None:
    history = History(FIRST, overlap(run(FIRST, wanted), random, 35))
    assert check(history).verdict is LINEARIZABLE
    for key in FIRST:
        assert check(history.of_key(key)).verdict is LINEARIZABLE


@given(requests(30), st.randoms(use_true_random=False))
def test_execution_with_lost_answers_is_accepted(wanted: list[Operation], random: Random) -> None:
    operations = overlap(run(FIRST, wanted), random, 35)
    lost = {*random.sample(range(len(operations)), min(4, len(operations)))}
    shown = [
        one if number not in lost or one.action == "read" else one.lose_answer()
        for number, one in enumerate(operations)
    ]
    assert check(History(FIRST, shown)).verdict is LINEARIZABLE


@given(requests(30), st.randoms(use_true_random=False))
def test_text_that_nobody_wrote_is_refused(wanted: list[Operation], random: Random) -> None:
    operations = overlap(run(FIRST, wanted), random, 35)
    wrong = op(f"{random.randrange(300)}-400", "read", "nobody's")
    assert check(History(FIRST, [*operations, wrong])).verdict is VIOLATED


def find_any_order(history: History) -> bool:
    """Return whether one of all orders of all possible subsets fits."""
    known = [one for one in history.operations if one.completed is not None]
    unknown = [one for one in history.operations if one.completed is None]
    subsets = chain.from_iterable(combinations(unknown, n) for n in range(len(unknown) + 1))
    return any(fits(history, order) for some in subsets for order in permutations([*known, *some]))


def fits(history: History, order: Sequence[Operation]) -> bool:
    for number, one in enumerate(order):
        later = order[number + 1 :]
        if any(x.completed is not None and x.completed < one.invoked for x in later):
            return False
    model = Workspace(history.first)
    state: State | None = model.begin()
    for one in order:
        state = model.step(state, one) if state else None
    return state is not None


@given(requests(5), st.randoms(use_true_random=False))
def test_verdict_is_that_of_all_orders(wanted: list[Operation], random: Random) -> None:
    operations = overlap(run(FIRST, wanted), random, 35)
    changed = []
    for one in operations:
        chance = random.random()
        if chance < 0.3:
            changed.append(random.choice(list(outcomes_of(one))))  # often a wrong one
        elif chance < 0.5 and one.action != "read":
            changed.append(one.lose_answer())
        else:
            changed.append(one)
    history = History(FIRST, changed)
    expected = LINEARIZABLE if find_any_order(history) else VIOLATED
    assert check(history).verdict is expected
