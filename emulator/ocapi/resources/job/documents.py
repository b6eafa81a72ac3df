"""The documents of job executions, as in the reference of the Data API."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    MAX_INT64,
    Array,
    Boolean,
    DateTime,
    Embedded,
    Enumeration,
    Integer,
    String,
)
from emulator.ocapi.search.query import SearchResult

TRIMMED = r"\S|(\S(.*)\S)"
EXECUTION_STATUSES = (
    *("pending", "running", "pausing", "paused", "resuming", "resumed", "restarting"),
    *("restarted", "retrying", "retried", "aborting", "aborted", "finished", "unknown"),
)
CONTINUE_STATUSES = (
    *("pending", "running", "pausing", "paused", "resuming", "resumed", "restarting"),
    *("restarted", "retrying", "retried", "aborting", "aborted", "aborting_for_restart"),
    *("aborted_for_restart", "finished", "unknown"),
)


class Status(Document):
    """The exit status of a job or of a step."""

    code = String()
    message = String()
    status = Enumeration("ok", "error")


class StatusMetadata(Document):
    """The origin of a status: a client or a user, with a reason."""

    client_id = String()
    reason = String()
    user_login = String()


class JobExecutionParameter(Document):
    """A parameter of an execution."""

    name = String(min_length=1, max_length=256, pattern=TRIMMED, allow_none=False, required=True)
    value = String(max_length=1000, pattern=TRIMMED, allow_none=False, required=True)


class JobExecutionRequest(Document):
    """The body of a request to execute a job."""

    parameters = Array(Embedded(JobExecutionParameter(), allow_none=False))


class JobExecutionContinueInformation(Document):
    """The state of an execution after a pause."""

    continue_status = Enumeration(*CONTINUE_STATUSES)
    is_pending = Boolean()


class JobExecutionRetryInformation(Document):
    """The number of attempts of an execution."""

    current_retry_attempt = Integer()
    max_retries = Integer()


class JobStepExecution(Document):
    """The execution of a step."""

    chunk_size = Integer()
    duration = Integer(maximum=MAX_INT64)
    end_time = DateTime()
    execution_scope = String()
    execution_status = Enumeration(*EXECUTION_STATUSES)
    exit_status = Embedded(Status())
    id = String()
    include_steps_from_job_id = String()
    is_chunk_oriented = Boolean()
    item_filter_count = Integer()
    item_write_count = Integer()
    modification_time = DateTime()
    start_time = DateTime()
    status = String()
    status_metadata = Embedded(StatusMetadata())
    step_description = String()
    step_id = String()
    step_type_id = String()
    step_type_info = String()
    total_item_count = Integer(maximum=MAX_INT64)


class JobExecution(Document):
    """The execution of a job."""

    items_are_whole = True

    client_id = String()
    continue_information = Embedded(JobExecutionContinueInformation())
    duration = Integer(maximum=MAX_INT64)
    effective_duration = Integer(maximum=MAX_INT64)
    end_time = DateTime()
    executed_server_id = String()
    execution_scopes = Array(String())
    execution_status = Enumeration(*EXECUTION_STATUSES)
    exit_status = Embedded(Status())
    id = String(allow_none=False)
    is_log_file_existing = Boolean()
    is_restart = Boolean()
    job_description = String()
    job_id = String(allow_none=False)
    log_file_name = String()
    log_file_path = String()
    modification_time = DateTime()
    parameters = Array(Embedded(JobExecutionParameter(), allow_none=False))
    retry_information = Embedded(JobExecutionRetryInformation())
    start_time = DateTime(allow_none=False)
    status = String()
    status_metadata = Embedded(StatusMetadata())
    step_executions = Array(Embedded(JobStepExecution(), allow_none=False))
    user_login = String()


class JobExecutions(Collection):
    """The executions of data sets; no path shows a page of executions."""

    data = Array(Embedded(JobExecution()))


class JobExecutionSearchResult(SearchResult):
    """A page of the executions found by a search."""

    hits = Array(Embedded(JobExecution()))
