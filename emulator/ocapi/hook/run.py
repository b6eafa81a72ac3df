"""The calls of hooks around an operation (HOOK-2 to HOOK-7)."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import count
from typing import Any, cast

import orjson

from emulator.ocapi.answer import Answer
from emulator.ocapi.call import Call
from emulator.ocapi.check import read_again
from emulator.ocapi.hook.point import Hook, HookCall, OperationHooks, Point, Status
from emulator.ocapi.schema import faults
from emulator.ocapi.verbs import read
from emulator.store import (
    Change,
    Delete,
    Expected,
    Key,
    Presence,
    Put,
    Record,
    Store,
    retry_on_conflict,
    thaw,
)

NOTE = "raised by the hook "
ERROR_CODE = "ERROR"
MAX_AFTER_RUNS = 100
"""The bound of runs for one request: a hook may write the document of the request itself."""


class HookExitError(Exception):
    """A hook has raised an exception that would end a program, or a test."""


class HookLoopError(Exception):
    """A write meets a newer document again and again."""


def answer_with_hooks(
    call: Call, points: OperationHooks, operation: Callable[[Call], Answer]
) -> Answer:
    """Answer a checked call by an operation, with the hooks of the operation.

    Args:
        call: The call.
        points: The extension points with hooks.
        operation: The operation; it starts again if it meets a newer state (RST-5).

    Raises:
        Fault: HOOK_STATUS, or a fault of the operation.
        Exception: A hook has failed; a note names the extension point.
    """
    call.prevent_caching()
    if before := points.get("before"):
        call.content = _run(call, before, call.content or {})
        read_again(call)
    after, key, runs, starts = points.get("after"), call.key, count(1), count()

    def start() -> Answer:
        call.key = key  # operations may complete the key
        if next(starts) and call.declarations:
            read_again(call)  # another request may have deleted a declaration
        if after and next(runs) > MAX_AFTER_RUNS:
            problem = f"the document has changed {MAX_AFTER_RUNS} times while the hook ran"
            error = HookLoopError(problem)
            _note(error, after)
            raise error
        return _write_with_hook(call, after, operation) if after else operation(call)

    answer = retry_on_conflict(start)
    if (modify := points.get("modify")) and answer.content is not None:
        content = orjson.loads(orjson.dumps(answer.content, default=dict))
        answer = answer._replace(content=_run(call, modify, content))
    return answer


def _write_with_hook(call: Call, point: Point, operation: Callable[[Call], Answer]) -> Answer:
    """Answer a call; the hook runs right before the write, in the same step."""
    store = HookedStore(call, point)
    call.reviser = store.revise
    try:
        with call.replacing(cast("Store", store)):
            answer = operation(call)
    finally:
        call.reviser = None
    if not store.has_run:
        store.run_without_write()
    return _show_again(call, answer, store.changed) if store.changed else answer


class HookedStore:
    """The store of a call with a hook before the first write.

    An operation that derives other changes from the document calls ``revise`` before; so the other
    changes fit the document of the hook. For all other operations the hook runs within the write.

    Args:
        call: The call.
        point: The extension point.

    Attributes:
        has_run: Whether the hook has run.
        changed: The record to store if the hook has changed the document within the write.
    """

    def __init__(self, call: Call, point: Point) -> None:
        self._call = call
        self._point = point
        self._store = call.store
        self.has_run = False
        self.changed: Record | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def apply(self, *changes: Change) -> None:
        """Run the hook, and make all changes in a single step; see ``Store.apply``."""
        if not self.has_run:
            self.has_run = True
            changes = tuple(self._run_hook(changes))
        self._store.apply(*changes)

    def put(self, collection: str, record: Record, expected: Expected = Presence.ANY) -> None:
        """Run the hook, and write a record; see ``Store.put``."""
        self.apply(Put(collection, record, expected))

    def delete(self, collection: str, key: Key, expected: Expected = Presence.ANY) -> bool:
        """Run the hook, and remove a record; see ``Store.delete``."""
        existed = self._store.get(collection, key) is not None
        self.apply(Delete(collection, key, expected))
        return existed

    def revise(self, record: Record) -> Record:
        """Run the hook on a record to write, unless the hook has run; see ``Call.revise``."""
        if self.has_run:
            return record
        self.has_run = True
        return self._change(record)

    def run_without_write(self) -> None:
        """Run the hook on the present document, after an operation without a write."""
        resource, key = self._call.route.resource, self._call.key
        found = None
        if self._call.route.methods and len(key) == len(resource.keys):
            found = self._store.get(resource.name, key)
        unchanged = (Put(resource.name, found, found.state),) if found else ()
        changes = self._run_hook(unchanged)
        if self.changed:
            self._store.apply(*changes)

    def _run_hook(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Return the changes of a write after the hook."""
        call, main = self._call, _find_main(self._call, changes)
        if isinstance(main, Put):
            record = self._change(main.record)
            if record is main.record:
                return changes
            self.changed = record
            replaced = main._replace(record=record)
            return [replaced if one is main else one for one in changes]
        deleted = self._store.get(main.collection, main.key) if main else None
        shown = thaw(deleted.properties) if deleted else deepcopy(call.content or {})
        _run(call, self._point, shown)
        return changes

    def _change(self, record: Record) -> Record:
        """Run the hook on a record; return the same record if the hook changes nothing."""
        before = thaw(record.properties)
        after = _run(self._call, self._point, deepcopy(before))
        if after == before:
            return record
        return _make_record(self._call, self._point, record, after)


def _find_main(call: Call, changes: Sequence[Change]) -> Put | Delete | None:
    """Return the change of the call's document, else of the first document of the resource."""
    kind, name = Delete if call.method == "DELETE" else Put, call.route.resource.name
    found = [one for one in changes if isinstance(one, kind) and one.collection == name]
    exact = (one for one in found if _key_of(one) == call.key)
    return next(exact, found[0] if found else None)


def _key_of(change: Put | Delete) -> Key:
    return change.record.key if isinstance(change, Put) else change.key


def _make_record(call: Call, point: Point, record: Record, document: Mapping[str, Any]) -> Record:
    """Return the record of a changed document, with the same key.

    Raises:
        ValueError: The document is not valid.
    """
    resource = call.route.resource
    schema = resource.stored or resource.document
    # Members that operations add beside the schema stay as they are.
    aside = {n: v for n, v in record.properties.items() if schema.property_of(n) is None}
    checked = {n: v for n, v in document.items() if n not in aside}
    try:
        properties = {**schema.decode_stored(checked), **aside}
    except ValueError as error:
        _note(error, point)
        raise
    if len(record.key) == len(resource.keys):
        return resource.record(record.key, properties)
    return Record(record.key, properties)


def _show_again(call: Call, answer: Answer, record: Record) -> Answer:
    """Return the answer of a write with the changed document."""
    is_document = call.route.template[-1].startswith("{")
    shown = call.route.operations.get("GET") if is_document else None
    if answer.content is None or (call.operation and not shown):
        return answer
    if call.operation is None:
        call.key = record.key
    again = shown.answer(call) if call.operation and shown else read(call)
    return answer._replace(content=again.content, headers={**answer.headers, **again.headers})


def _run(call: Call, point: Point, document: dict[str, Any]) -> dict[str, Any]:
    """Run the hooks of an extension point up to the first status; return the document.

    Raises:
        Fault: HOOK_STATUS: a hook has returned an error.
        Exception: A hook has failed.
    """
    hook_call = _describe(call, point, document)
    for hook in point.hooks:
        status = _call(point, hook, hook_call)
        if status is not None:
            _check_status(point, status)
            break
    return document


def _call(point: Point, hook: Hook, hook_call: HookCall) -> Status | None:
    """Return the status of a hook.

    Raises:
        Exception: The hook has failed; a note names the extension point.
    """
    try:
        status = hook(hook_call)
        if status is not None and not isinstance(status, Status):
            kind = type(status).__name__
            raise TypeError(f"a hook returns None or a Status, not {kind}")  # noqa: TRY301
        # A value that JSON does not have fails here, not in the answer.
        orjson.dumps([hook_call.document, status], default=dict)
    except Exception as error:
        _note(error, point)
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # such as sys.exit and pytest.fail: the request ends, no more
        failed = HookExitError(f"{type(error).__name__}: {error}")
        _note(failed, point)
        raise failed from error
    return status


def _check_status(point: Point, status: Status) -> None:
    """Refuse the request if a status is an error.

    Raises:
        Fault: HOOK_STATUS.
    """
    if not status.ok:
        code, details = status.code or ERROR_CODE, dict(status.details or {})
        raise faults.HOOK_STATUS(point.name, code, status.message, details)


def _describe(call: Call, point: Point, document: dict[str, Any]) -> HookCall:
    names = [segment[1:-1] for segment in call.route.template if segment.startswith("{")]
    sent: Mapping[str, Any] = call.content or {}
    return HookCall(
        name=point.name,
        document=document,
        request=deepcopy(sent),
        method=call.method,
        path=call.path,
        ids=dict(zip(names, call.ids, strict=False)),
        site=call.address.site,
        client=call.client,
        user=call.user,
        workspace=call.workspace.name,
    )


def _note(error: Exception, point: Point) -> None:
    """Add the name of the extension point to an error."""
    error.add_note(f"{NOTE}'{point.name}'")


def explain(error: BaseException | None) -> str:
    """Return a sentence about an error of a hook; empty for any other error."""
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(NOTE)]
    if not notes:
        return ""
    return f"the hook {notes[0].removeprefix(NOTE)} raised {type(error).__name__}: {error}"
