"""The bodies of requests to execute jobs: general, or of a system job (JOB-3, JOB-4)."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.job.documents import JobExecutionRequest
from emulator.ocapi.resources.job.jobs import JOB_EXECUTION
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Boolean, Custom, Enumeration, Map, String

SYSTEM_PREFIX = "sfcc-"
IMPORT_JOB, EXPORT_JOB = "sfcc-site-archive-import", "sfcc-site-archive-export"
INDEX_JOB_PREFIX, INDEX_JOB_SUFFIX = "sfcc-search-index-", "-full-update"
MISSING_SITE_SCOPE = FaultType(
    400, "MissingSiteScopeParameter", "The parameter 'site_scope' is missing."
)
INVALID_SITE_SCOPE = FaultType(
    400, "InvalidSiteScopeParameter", "The parameter 'site_scope' is invalid."
)
SYSTEM_FAULTS = (MISSING_SITE_SCOPE, INVALID_SITE_SCOPE)

Parameters = dict[str, str]


class SiteArchiveImportConfiguration(Document):
    """The body for the import of a site archive."""

    file_name = String(min_length=1, allow_none=False, required=True)
    mode = Enumeration("merge", load_default="merge")


class SiteArchiveExportConfiguration(Document):
    """The body for the export of a site archive."""

    data_units = Map(allow_none=False, required=True)
    export_file = String(min_length=1, allow_none=False, required=True)
    overwrite_export_file = Boolean(load_default=False)


class AnyValue(Custom):
    """A JSON value of any type; the job checks the value."""

    def check(self, value: Any) -> Any:
        """See ``Property.check``."""
        return value


class SearchIndexUpdateConfiguration(Document):
    """The body for the update of a search index."""

    site_scope = AnyValue()


class AnyRequest(JobExecutionRequest):
    """A body whose members depend on the job; ``read_parameters`` checks the members."""

    def decode(self, body: Any, **_: Any) -> dict[str, Any]:
        """Return no changes: the schema of the job decodes ``body``."""
        del body
        return {}

    @cached_property
    def type_name(self) -> str:
        """The name of the general document."""
        return REQUEST.type_name


REQUEST = JobExecutionRequest()
ANY_REQUEST = AnyRequest()


def _name_import(body: Mapping[str, Any]) -> Parameters:
    return {"ImportMode": body["mode"], "ImportFile": body["file_name"]}


def _name_export(body: Mapping[str, Any]) -> Parameters:
    return {
        "ExportFile": body["export_file"],
        "DataUnits": json.dumps(body["data_units"], separators=(",", ":")),
        "OverwriteExportFile": str(body["overwrite_export_file"]).lower(),
    }


def _name_sites(body: Mapping[str, Any]) -> Parameters:
    """Return the parameter with the sites of an index.

    Raises:
        Fault: MISSING_SITE_SCOPE, INVALID_SITE_SCOPE.
    """
    scope = body.get("site_scope")
    if scope is None:
        raise MISSING_SITE_SCOPE()
    sites = scope.get("named_sites") if isinstance(scope, dict) else scope
    if not isinstance(sites, list) or not sites or not all(isinstance(s, str) for s in sites):
        raise INVALID_SITE_SCOPE()
    return {"SiteScope": ",".join(sites)}


def read_parameters(call: Call, job_id: str) -> Parameters:
    """Return the parameters of a request to execute a job, by name.

    Raises:
        Fault: The body violates the schema of the job's request, or sets a property that the
            client may not set (SET-2).
    """
    body = {} if call.content is None else call.content
    own, name_parameters = _find_schema(job_id)
    general = own is REQUEST or (isinstance(body, dict) and "parameters" in body)
    schema = REQUEST if general else own
    values = schema.decode(body, version=call.version, partial=False)
    if body:
        call.check_permitted(schema, values)
    found = dict(_list_parameters(values)) if general else name_parameters(values)
    _check_parameters(job_id, found)
    return found


def _find_schema(job_id: str) -> tuple[Document, Callable[[Mapping[str, Any]], Parameters]]:
    if job_id == IMPORT_JOB:
        return SiteArchiveImportConfiguration(), _name_import
    if job_id == EXPORT_JOB:
        return SiteArchiveExportConfiguration(), _name_export
    if _is_index_job(job_id):
        return SearchIndexUpdateConfiguration(), _name_sites
    return REQUEST, dict


def _is_index_job(job_id: str) -> bool:
    return job_id.startswith(INDEX_JOB_PREFIX) and job_id.endswith(INDEX_JOB_SUFFIX)


def _list_parameters(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter in values.get("parameters") or ():
        yield parameter["name"], parameter["value"]


def _check_parameters(job_id: str, parameters: Parameters) -> None:
    """Check the name of an archive for the ending of an archive, and an index job for sites.

    Raises:
        Fault: JOB_EXECUTION, MISSING_SITE_SCOPE.
    """
    member = {IMPORT_JOB: "ImportFile", EXPORT_JOB: "ExportFile"}.get(job_id)
    if member and not parameters.get(member, "").endswith(".zip"):
        raise JOB_EXECUTION(job_id)
    if job_id == IMPORT_JOB:
        parameters.setdefault("ImportMode", "merge")
    if _is_index_job(job_id) and "SiteScope" not in parameters:
        raise MISSING_SITE_SCOPE()
