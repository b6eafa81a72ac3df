"""Snapshots over HTTP: data are kept, brought back, and taken over into other workspaces."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from emulator import Emulator
from emulator.tests.control_client import ask
from emulator.tests.table import table

SNAPSHOTS = "/__emulator__/snapshots"
NOON = "2030-06-15T12:00:00.000Z"


def save(emulator: Emulator, name: str, workspace: str = "default") -> TestResponse:
    return ask(emulator, "PUT", f"{SNAPSHOTS}/{name}", workspace)


def rename(emulator: Emulator, name: str, workspace: str = "default") -> None:
    changes = {"name": name}
    assert ask(emulator, "PATCH", "/items/item-1", workspace, json=changes).status_code == 200


def name_of_item(emulator: Emulator, workspace: str = "default") -> Any:
    read = ask(emulator, "GET", "/items/item-1", workspace).json
    assert read is not None
    return read["name"]


def freeze(emulator: Emulator, at: str = NOON) -> None:
    ask(emulator, "POST", "/__emulator__/clock/freeze", json={"at": at})


def test_there_are_none_at_first(emulator: Emulator) -> None:
    assert ask(emulator, "GET", SNAPSHOTS).json == []


def test_a_saved_one_tells_its_name_and_when_it_was_taken(emulator: Emulator) -> None:
    freeze(emulator)
    response = save(emulator, "before")
    assert (response.status_code, response.json) == (201, {"name": "before", "at": NOON})


def test_they_are_listed_by_name(emulator: Emulator) -> None:
    freeze(emulator)
    for name in ("b", "c", "a"):
        save(emulator, name)
    shown = [{"name": name, "at": NOON} for name in ("a", "b", "c")]
    assert ask(emulator, "GET", SNAPSHOTS).json == shown


@table(
    ("sent", "name"),
    [
        ("before%20it", "before it"),
        ("a+b", "a+b"),
        ("a%2Fb", "a/b"),
        ("100%25", "100%"),
        ("100%2525", "100%25"),
        ("%C3%BC", "\xfc"),
        ("\xfc", "\xfc"),
    ],
)
def test_a_name_is_percent_decoded_once(emulator: Emulator, sent: str, name: str) -> None:
    freeze(emulator)
    shown = {"name": name, "at": NOON}
    assert save(emulator, sent).json == shown
    assert ask(emulator, "GET", SNAPSHOTS).json == [shown]
    assert ask(emulator, "POST", f"{SNAPSHOTS}/{sent}/restore").json == shown
    fork = ask(emulator, "POST", f"{SNAPSHOTS}/{sent}/fork", json={"workspace": "ci-7"})
    assert fork.json == {"workspace": "ci-7", "snapshot": name}
    assert ask(emulator, "DELETE", f"{SNAPSHOTS}/{sent}").status_code == 204
    assert ask(emulator, "GET", SNAPSHOTS).json == []


@table("sent", ["x" * 65, "%00", "a%0Ab", "%7F"])
def test_bad_name_is_refused(emulator: Emulator, sent: str) -> None:
    response = save(emulator, sent)
    assert response.status_code == 400
    assert response.json is not None
    told = " is not a valid snapshot name: use up to 64 printable characters."
    assert response.json["detail"].endswith(told)
    assert ask(emulator, "GET", SNAPSHOTS).json == []


def test_a_missing_one_is_named_percent_decoded(emulator: Emulator) -> None:
    response = ask(emulator, "DELETE", f"{SNAPSHOTS}/before%20it")
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["detail"] == "There is no snapshot 'before it' in this workspace."


def test_restore_brings_the_data_back_each_time(emulator: Emulator) -> None:
    freeze(emulator)
    rename(emulator, "kept")
    save(emulator, "s")
    for name in ("first", "second"):
        rename(emulator, name)
        response = ask(emulator, "POST", f"{SNAPSHOTS}/s/restore")
        assert (response.status_code, response.json) == (200, {"name": "s", "at": NOON})
        assert name_of_item(emulator) == "kept"


def test_restore_touches_neither_clock_nor_journal_nor_failpoints(emulator: Emulator) -> None:
    save(emulator, "s")
    freeze(emulator)
    rename(emulator, "changed")
    failpoint = {"match": {"path": "/never"}, "action": {"status": 503}}
    ask(emulator, "POST", "/__emulator__/failpoints", json=failpoint)
    ask(emulator, "POST", f"{SNAPSHOTS}/s/restore")
    assert emulator.workspace.clock.is_frozen
    assert len(emulator.workspace.journal) == 1
    assert len(list(emulator.workspace.failpoints)) == 1


def test_a_name_saved_again_stands_for_the_later_data(emulator: Emulator) -> None:
    assert save(emulator, "s").status_code == 201
    rename(emulator, "later")
    assert save(emulator, "s").status_code == 200
    rename(emulator, "latest")
    ask(emulator, "POST", f"{SNAPSHOTS}/s/restore")
    assert name_of_item(emulator) == "later"
    listed = ask(emulator, "GET", SNAPSHOTS).json
    assert listed is not None
    assert len(listed) == 1


def test_a_fork_gives_the_data_to_another_workspace_which_shares_nothing(
    emulator: Emulator,
) -> None:
    rename(emulator, "forked")
    save(emulator, "s")
    response = ask(emulator, "POST", f"{SNAPSHOTS}/s/fork", json={"workspace": "ci-7"})
    assert response.status_code == 201
    assert response.json == {"workspace": "ci-7", "snapshot": "s"}
    assert name_of_item(emulator, "ci-7") == "forked"
    rename(emulator, "of the fork", "ci-7")
    assert name_of_item(emulator) == "forked"
    assert ask(emulator, "GET", SNAPSHOTS, "ci-7").json == []


def test_a_fork_replaces_the_data_of_a_workspace_that_is_there(emulator: Emulator) -> None:
    rename(emulator, "own", "ci-7")
    save(emulator, "s")
    ask(emulator, "POST", f"{SNAPSHOTS}/s/fork", json={"workspace": "ci-7"})
    assert name_of_item(emulator, "ci-7") == "First item"


def test_a_reset_of_a_fork_leads_to_the_fixtures(emulator: Emulator) -> None:
    rename(emulator, "forked")
    save(emulator, "s")
    ask(emulator, "POST", f"{SNAPSHOTS}/s/fork", json={"workspace": "ci-7"})
    ask(emulator, "POST", "/__emulator__/reset", "ci-7")
    assert name_of_item(emulator, "ci-7") == "First item"


@table(
    ("body", "detail"),
    [
        ({"workspace": "No Name"}, "'no name' is not a valid workspace name"),
        ({"workspace": ""}, "'' is not a valid workspace name"),
        ({"workspace": 7}, "/workspace: Not a valid string."),
        ({}, "/workspace: Missing data for required field."),
        (None, "/workspace: Missing data for required field."),
        ({"workspace": "ci", "name": "x"}, "/name: Unknown field: known are workspace."),
    ],
)
def test_a_fork_to_nowhere_is_refused(emulator: Emulator, body: Any, detail: str) -> None:
    save(emulator, "s")
    response = ask(emulator, "POST", f"{SNAPSHOTS}/s/fork", json=body)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"].startswith(detail)
    assert [workspace.name for workspace in emulator.workspaces] == ["default"]


def test_a_deleted_one_is_gone_and_the_others_stay(emulator: Emulator) -> None:
    freeze(emulator)
    save(emulator, "a")
    save(emulator, "b")
    response = ask(emulator, "DELETE", f"{SNAPSHOTS}/a")
    assert (response.status_code, response.data) == (204, b"")
    assert ask(emulator, "GET", SNAPSHOTS).json == [{"name": "b", "at": NOON}]


@table(
    ("method", "path", "body"),
    [
        ("DELETE", f"{SNAPSHOTS}/none", None),
        ("POST", f"{SNAPSHOTS}/none/restore", None),
        ("POST", f"{SNAPSHOTS}/none/fork", {"workspace": "ci"}),
    ],
)
@pytest.mark.parametrize("workspace", ["default", "ci-7"])
def test_one_that_is_not_there_is_told_so(
    emulator: Emulator, method: str, path: str, body: Any, workspace: str
) -> None:
    response = ask(emulator, method, path, workspace, json=body)
    assert response.status_code == 404
    assert response.json == {
        "title": "Not Found",
        "status": 404,
        "detail": "There is no snapshot 'none' in this workspace.",
    }


def test_snapshots_belong_to_their_workspace(emulator: Emulator) -> None:
    save(emulator, "s", "ci-7")
    assert ask(emulator, "GET", SNAPSHOTS).json == []
    assert ask(emulator, "POST", f"{SNAPSHOTS}/s/restore").status_code == 404
    assert ask(emulator, "POST", f"{SNAPSHOTS}/s/restore", "ci-7").status_code == 200


def test_snapshots_outlast_a_reset(emulator: Emulator) -> None:
    rename(emulator, "kept")
    save(emulator, "s")
    ask(emulator, "POST", "/__emulator__/reset?to=empty")
    ask(emulator, "POST", f"{SNAPSHOTS}/s/restore")
    assert name_of_item(emulator) == "kept"


def test_a_hundred_are_kept_and_one_more_is_refused(emulator: Emulator) -> None:
    for number in range(100):
        assert save(emulator, f"s{number}").status_code == 201
    refused = save(emulator, "more")
    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["detail"] == "there are 100 snapshots already: delete one."
    assert save(emulator, "s7").status_code == 200
    ask(emulator, "DELETE", f"{SNAPSHOTS}/s7")
    assert save(emulator, "more").status_code == 201


def test_a_write_after_a_restore_has_a_number_of_its_own(emulator: Emulator) -> None:
    save(emulator, "s")
    for _ in range(2):
        item = {"sku": "new", "productVariant": {"variantId": "new"}}
        assert ask(emulator, "POST", "/items", json=item).status_code == 201
        page = ask(emulator, "GET", "/items").json
        assert page is not None
        assert [row["sku"] for row in page["items"]] == ["sku-1", "sku-2", "new"]
        ask(emulator, "POST", f"{SNAPSHOTS}/s/restore")
