"""Job executions (JOB-1 to JOB-6)."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from contract_tests.api import Api, assert_fault
from contract_tests.place import here

Start = Callable[..., Api]
HERE = here()
JOBS = "jobs that have no effect, and the clock of an emulator"
IMPORT = "sfcc-site-archive-import"
INDEX = "sfcc-search-index-product-full-update"


@pytest.fixture
def storefront(start: Start) -> Api:
    """A server with the data set ``storefront`` and a clock that stands at 2026-01-01."""
    return start(fixtures="storefront", seed="jobs")


def execute(api: Api, job: str, **options: Any) -> requests.Response:
    return api.call("POST", f"{api.scope}/jobs/{job}/executions", **options)


def advance(api: Api, seconds: float) -> None:
    answer = api.call("POST", "/__emulator__/clock/advance", json={"seconds": seconds})
    assert answer.status_code == 200


def find(api: Api, query: Any, **members: Any) -> list[dict[str, Any]]:
    request = {"query": query, **members}
    answer = api.call("POST", f"{api.scope}/job_execution_search", json=request)
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


def term(field: str, operator: str, *values: str) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def write_data_set(folder: Path, **collections: Any) -> None:
    """Write a data set with a client, a site and these collections."""
    client = {"client_id": "a" * 30, "client_secret": "a" * 30}
    files = {"clients": {"clients": [client]}, "sites": [{"id": "Shop"}], **collections}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


@pytest.mark.rule("JOB-1", "JOB-5", "JOB-6")
def test_a_missing_job_and_a_missing_execution_have_faults(shop: Api) -> None:
    message = "No Job with ID 'contract-none' was found."
    missing = {"jobId": "contract-none"}
    assert_fault(execute(shop, "contract-none"), 404, "JobNotFound", missing, message)
    path, arguments = "/jobs/contract-none/executions/contract-1", {"executionId": "contract-1"}
    message = "No Job execution with ID 'contract-1' was found."
    for answer in (shop.get(path), shop.delete(path)):
        assert_fault(answer, 404, "JobExecutionNotFound", arguments, message)
    assert find(shop, term("job_id", "is", "contract-none")) == []
    request = {"query": {"match_all_query": {}}, "sorts": [{"field": "id"}]}
    refused = shop.call("POST", f"{shop.scope}/job_execution_search", json=request)
    assert_fault(refused, 400, "FieldNotSortable", {"field": "id"})


@pytest.mark.rule("JOB-3", "JOB-4")
def test_a_wrong_request_executes_no_system_job(shop: Api) -> None:
    unknown = {"property": "a", "document": "site_archive_import_configuration"}
    answer = execute(shop, IMPORT, json={"file_name": "x.zip", "a": 1})
    assert_fault(answer, 400, "UnknownProperty", unknown)
    assert execute(shop, IMPORT, json=[]).status_code == 400
    assert_fault(execute(shop, INDEX), 400, "MissingSiteScopeParameter", {})
    other: Any = {"parameters": [{"name": "Other", "value": HERE.site}]}
    assert_fault(execute(shop, INDEX, json=other), 400, "MissingSiteScopeParameter", {})
    invalid = execute(shop, INDEX, json={"site_scope": 1})
    assert_fault(invalid, 400, "InvalidSiteScopeParameter", {})


@pytest.mark.rule("JOB-1")
@pytest.mark.parametrize("duration", [1e12, 1e300])
def test_a_job_takes_no_longer_than_a_date_can_tell(
    start: Start, tmp_path: Path, duration: float
) -> None:
    write_data_set(tmp_path, jobs=[{"id": "Endless", "duration": 1e9}])
    api = start(fixtures=str(tmp_path))
    assert execute(api, "Endless").status_code == 200
    files = api.call("GET", "/__emulator__/state").json()
    files["files"]["jobs.json"][0]["duration"] = duration
    refused = api.call("PUT", "/__emulator__/state", json=files)
    assert refused.status_code == 400
    assert "duration" in refused.text


@pytest.mark.rule("JOB-1")
@pytest.mark.needs(JOBS)
def test_a_job_is_executed(storefront: Api) -> None:
    answer = execute(storefront, "SyncInventory")
    assert answer.status_code == 200
    document = answer.json()
    assert re.fullmatch("[0-9a-f]{64}", document.pop("_resource_state"))
    log = "Job-SyncInventory-20260101000000000.log"
    description = (
        "Reads the stock of the warehouse, and then updates the availability of both sites."
    )
    assert document == {
        "_v": "23.2",
        "_type": "job_execution",
        "client_id": "a" * 30,
        "duration": 0,
        "execution_status": "pending",
        "id": "41270",
        "is_log_file_existing": False,
        "is_restart": False,
        "job_description": description,
        "job_id": "SyncInventory",
        "log_file_path": f"/Sites/LOGS/jobs/SyncInventory/{log}",
        "modification_time": "2026-01-01T00:00:00.000Z",
        "start_time": "2026-01-01T00:00:00.000Z",
        "status": "PENDING",
    }


@pytest.mark.rule("JOB-2")
@pytest.mark.needs(JOBS)
def test_an_execution_advances_with_the_clock(storefront: Api) -> None:
    path = f"/jobs/SyncInventory/executions/{execute(storefront, 'SyncInventory').json()['id']}"
    seen = []
    for seconds in (0, 0.5, 1.5, 1):
        advance(storefront, seconds)
        shown = storefront.get(path).json()
        steps = [step["status"] for step in shown.get("step_executions", ())]
        seen.append((shown["status"], shown["execution_status"], shown["duration"], steps))
    assert seen == [
        ("PENDING", "pending", 0, []),
        ("RUNNING", "running", 500, ["RUNNING"]),
        ("RUNNING", "running", 2000, ["OK", "RUNNING"]),
        ("OK", "finished", 3000, ["OK", "OK", "OK"]),
    ]
    assert shown["end_time"] == shown["modification_time"] == "2026-01-01T00:00:03.000Z"
    assert shown["exit_status"] == {"_type": "status", "code": "OK", "status": "ok"}
    assert shown["execution_scopes"] == ["Organization", "RefArch", "RefArchGlobal"]
    assert shown["is_log_file_existing"] is True
    step = shown["step_executions"][0]
    assert (step["_type"], step["id"], step["step_id"]) == (
        "job_step_execution",
        "41271",
        "ReadStock",
    )
    assert (step["start_time"], step["execution_scope"]) == (
        "2026-01-01T00:00:00.500Z",
        "Organization",
    )


@pytest.mark.rule("JOB-2")
@pytest.mark.needs(JOBS)
def test_a_failed_execution_shows_error_and_finished_together(storefront: Api) -> None:
    started = execute(storefront, "ExportOrders").json()
    advance(storefront, 0.5)
    path = f"/jobs/ExportOrders/executions/{started['id']}"
    running = storefront.get(path).json()
    assert not {"exit_status", "end_time", "execution_scopes"} & set(running)
    advance(storefront, 0.5)
    ended = storefront.get(path).json()
    assert (ended["status"], ended["execution_status"]) == ("ERROR", "finished")
    assert ended["exit_status"] == {"_type": "status", "code": "ERROR", "status": "error"}
    assert ended["step_executions"][-1]["exit_status"] == {
        "_type": "status",
        "code": "ERROR",
        "message": "No connection to sftp.example.com",
        "status": "error",
    }


@pytest.mark.rule("JOB-2")
@pytest.mark.needs(JOBS)
def test_the_log_of_an_execution_is_read_over_webdav(storefront: Api) -> None:
    started = execute(storefront, "SyncInventory").json()
    advance(storefront, 3)
    base = "/on/demandware.servlet/webdav"
    old = f"/s/-/dw/data/v21_2/jobs/SyncInventory/executions/{started['id']}"
    name = storefront.call("GET", old).json()["log_file_name"]
    for path in (started["log_file_path"], f"/Sites/Impex/log/{name}"):
        log = storefront.call("GET", base + path)
        assert log.status_code == 200
        assert log.text == (
            "[2026-01-01 00:00:00.000 GMT] INFO Execution of job 'SyncInventory' started.\n"
            "[2026-01-01 00:00:01.333 GMT] INFO Step 'ReadStock' ended: OK.\n"
            "[2026-01-01 00:00:02.166 GMT] INFO Step 'Update' ended: OK.\n"
            "[2026-01-01 00:00:03.000 GMT] INFO Step 'Update' ended: OK.\n"
            "1204 records were read.\n"
            "[2026-01-01 00:00:03.000 GMT] INFO Execution ended: OK.\n"
        )


@pytest.mark.rule("JOB-1")
@pytest.mark.needs(JOBS)
def test_a_running_execution_refuses_another(storefront: Api) -> None:
    execute(storefront, "SyncInventory")
    advance(storefront, 2.9)
    answer = execute(storefront, "SyncInventory")
    assert_fault(answer, 400, "JobAlreadyRunning", {"jobId": "SyncInventory"})
    assert execute(storefront, "Rebuild").status_code == 200
    advance(storefront, 0.1)
    assert execute(storefront, "SyncInventory").json()["id"] == "41276"


@pytest.mark.rule("JOB-1")
def test_executions_of_a_data_set_count(start: Start, tmp_path: Path) -> None:
    step = {"id": "50007", "step_id": "Read", "start_time": "2025-12-31T23:00:00.000Z"}
    running = {
        "id": "50000",
        "job_id": "Read",
        "start_time": "2025-12-31T23:00:00.000Z",
        "end_time": "2026-01-01T00:00:01.000Z",
        "step_executions": [step],
    }
    write_data_set(tmp_path, jobs=[{"id": "Read"}, {"id": "Write"}], job_executions=[running])
    api = start(fixtures=str(tmp_path), seed="jobs")
    assert_fault(execute(api, "Read"), 400, "JobAlreadyRunning", {"jobId": "Read"})
    assert [hit["id"] for hit in find(api, term("status", "is", "RUNNING"))] == ["50000"]
    assert execute(api, "Write").json()["id"] == "50008"
    advance(api, 1)
    assert execute(api, "Read").status_code == 200


@pytest.mark.rule("JOB-1")
@pytest.mark.needs(JOBS)
def test_a_job_that_is_unknown_or_invalid_is_not_executed(storefront: Api) -> None:
    answer = execute(storefront, "unknown")
    message = "No Job with ID 'unknown' was found."
    assert_fault(answer, 404, "JobNotFound", {"jobId": "unknown"}, message)
    cause = "unknown step type 'custom.Obsolete'"
    arguments = {"jobId": "Obsolete", "cause": cause}
    assert_fault(execute(storefront, "Obsolete"), 400, "JobInvalid", arguments)
    assert len(find(storefront, {"match_all_query": {}})) == 3


@pytest.mark.rule("JOB-1")
@pytest.mark.parametrize("fault", ["JobExecution", "JobNotRestartable", "JobRestart"])
def test_a_data_set_can_refuse_a_job(start: Start, fault: str, tmp_path: Path) -> None:
    write_data_set(tmp_path, jobs=[{"id": "Refused", "refusal": fault}])
    answer = execute(start(fixtures=str(tmp_path)), "Refused")
    assert_fault(answer, 400, fault, {"jobId": "Refused"})


@pytest.mark.rule("JOB-3")
@pytest.mark.parametrize("body", [{}, {"data": "null"}, {"json": {}}, {"json": {"parameters": []}}])
@pytest.mark.needs(JOBS)
def test_a_request_needs_no_parameters(storefront: Api, body: Any) -> None:
    answer = execute(storefront, "Rebuild", **body)
    assert answer.status_code == 200
    assert "parameters" not in answer.json()


@pytest.mark.rule("JOB-3")
@pytest.mark.needs(JOBS)
def test_parameters_are_shown_and_checked(storefront: Api) -> None:
    body: Any = {"parameters": [{"name": "since", "value": "yesterday"}]}
    shown = execute(storefront, "Rebuild", json=body).json()["parameters"]
    assert shown == [{"_type": "job_execution_parameter", "name": "since", "value": "yesterday"}]
    unknown = execute(storefront, "SyncInventory", json={"file_name": "x.zip"})
    arguments = {"property": "file_name", "document": "job_execution_request"}
    assert_fault(unknown, 400, "UnknownProperty", arguments)
    assert execute(storefront, "SyncInventory", json=[]).status_code == 400
    for parameter in (
        None,
        {"name": "", "value": "x"},
        {"name": "x" * 257, "value": "x"},
        {"name": "x"},
    ):
        refused = execute(storefront, "SyncInventory", json={"parameters": [parameter]})
        assert refused.status_code == 400
        assert refused.json()["fault"]["type"] == "PropertyConstraintViolationException"


@pytest.mark.rule("JOB-4")
@pytest.mark.parametrize(
    "body",
    [
        {"file_name": "x.zip"},
        {"file_name": "x.zip", "mode": "merge"},
        {"parameters": [{"name": "ImportFile", "value": "x.zip"}]},
    ],
)
@pytest.mark.needs(JOBS)
def test_system_jobs_take_a_body_of_their_own(storefront: Api, body: Any) -> None:
    answer = execute(storefront, IMPORT, json=body)
    assert answer.status_code == 202
    shown = {one["name"]: one["value"] for one in answer.json()["parameters"]}
    assert shown == {"ImportMode": "merge", "ImportFile": "x.zip"}
    assert (answer.json()["execution_status"], answer.json()["status"]) == ("pending", "PENDING")


@pytest.mark.rule("JOB-4")
@pytest.mark.needs(JOBS)
def test_bodies_of_system_jobs_are_checked(storefront: Api) -> None:
    for body, fault, arguments in [
        ({"file_name": "x"}, "JobExecution", {"jobId": IMPORT}),
        (
            {"file_name": "x.zip", "a": 1},
            "UnknownProperty",
            {"property": "a", "document": "site_archive_import_configuration"},
        ),
    ]:
        assert_fault(execute(storefront, IMPORT, json=body), 400, fault, arguments)
    scope: Any = {"site_scope": {"named_sites": ["RefArch"]}}
    assert execute(storefront, INDEX, json=scope).status_code == 202
    assert_fault(execute(storefront, INDEX), 400, "MissingSiteScopeParameter", {})
    without: Any = {"parameters": [{"name": "Other", "value": "RefArch"}]}
    assert_fault(execute(storefront, INDEX, json=without), 400, "MissingSiteScopeParameter", {})
    invalid = execute(storefront, INDEX, json={"site_scope": 1})
    assert_fault(invalid, 400, "InvalidSiteScopeParameter", {})


@pytest.mark.rule("JOB-5")
@pytest.mark.needs(JOBS)
def test_a_finished_execution_is_deleted(storefront: Api) -> None:
    path = f"/jobs/Rebuild/executions/{execute(storefront, 'Rebuild').json()['id']}"
    arguments = {"executionId": path.rpartition("/")[2]}
    running = storefront.delete(path)
    assert_fault(running, 403, "JobExecutionNotFinished", arguments)
    advance(storefront, 1)
    stale = {"x-dw-resource-state": "0" * 64}
    assert storefront.delete(path, headers=stale).status_code == 409
    assert storefront.delete(path).status_code == 204
    message = f"No Job execution with ID '{arguments['executionId']}' was found."
    assert_fault(storefront.get(path), 404, "JobExecutionNotFound", arguments, message)
    assert_fault(storefront.delete(path), 404, "JobExecutionNotFound", arguments, message)
    next_id = execute(storefront, "Rebuild").json()["id"]
    assert int(next_id) > int(arguments["executionId"])


@pytest.mark.rule("JOB-5")
@pytest.mark.parametrize("job", ["SyncInventory", "unknown"])
@pytest.mark.needs(JOBS)
def test_an_execution_belongs_to_one_job(storefront: Api, job: str) -> None:
    answer = storefront.get(f"/jobs/{job}/executions/41265")
    assert_fault(answer, 404, "JobExecutionNotFound", {"executionId": "41265"})


@pytest.mark.rule("JOB-6")
@pytest.mark.needs(JOBS)
def test_executions_are_found_by_their_status_of_now(storefront: Api) -> None:
    execute(storefront, "SyncInventory")
    unfinished = term("status", "one_of", "RUNNING", "PENDING")
    for seconds, expected in [(0, ["PENDING"]), (1, ["RUNNING"]), (2, [])]:
        advance(storefront, seconds)
        assert [hit["status"] for hit in find(storefront, unfinished)] == expected
    assert len(find(storefront, term("status", "is", "OK", "ERROR"))) == 3


@pytest.mark.rule("JOB-6")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (term("id", "is", "41265"), ["41265"]),
        (term("job_id", "is", "ExportOrders"), ["41265", "41266"]),
        (term("start_time", "less", "2023-03-01T03:00:00.000Z"), ["41264"]),
        (term("end_time", "greater", "2023-03-01T03:00:01.000Z"), ["41266"]),
        (term("status", "is", "ABORTED"), ["41266"]),
    ],
)
def test_executions_are_found_by_these_fields(
    storefront: Api, query: Any, expected: list[str]
) -> None:
    assert sorted(hit["id"] for hit in find(storefront, query)) == expected


@pytest.mark.rule("JOB-6")
@pytest.mark.needs(JOBS)
def test_executions_are_sorted_by_all_fields_but_the_id(storefront: Api) -> None:
    everything: Any = {"match_all_query": {}}
    for field, expected in [
        ("job_id", ["SyncInventory", "ExportOrders", "ExportOrders"]),
        ("start_time", ["ExportOrders", "ExportOrders", "SyncInventory"]),
        ("end_time", ["ExportOrders", "ExportOrders", "SyncInventory"]),
        ("status", ["SyncInventory", "ExportOrders", "ExportOrders"]),
    ]:
        hits = find(storefront, everything, sorts=[{"field": field, "sort_order": "desc"}])
        assert [hit["job_id"] for hit in hits] == expected, field
    assert set(hits[0]) >= {"duration", "end_time", "exit_status", "job_id", "start_time"}
    request = {"query": everything, "sorts": [{"field": "id"}]}
    refused = storefront.call("POST", f"{storefront.scope}/job_execution_search", json=request)
    assert_fault(refused, 400, "FieldNotSortable", {"field": "id"})
