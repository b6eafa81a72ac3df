"""The steps of sfcc-connector; ``connector.py`` calls the client."""

import json
from pathlib import Path

from clients.instance import Instance
from clients.step import Step


def prepare(_: Instance, folder: Path) -> None:
    """Make nothing: the steps need no files."""


FINISHED = {
    "query": {
        "term_query": {"fields": ["status"], "operator": "one_of", "values": ["OK", "ERROR"]}
    },
    "sorts": [{"field": "start_time", "sort_order": "desc"}],
    "select": "(**)",
}
STEPS = (
    Step(("authenticate",), shows='"access_token": ".+"expires_in": 899'),
    # The client sorts by the id of executions, and this field is not sortable (JOB-6).
    Step(("get_jobs",), shows="FieldNotSortableException", exit_code=1),
    Step(("get_jobs", json.dumps(FINISHED)), shows='"job_id": .*"total": [1-9]'),
    Step(("MetadataEndpoint.list_apis",), shows='"name": "data"'),
    Step(("MetadataEndpoint.list_versions",), shows="v23_2"),
    Step(("MetadataEndpoint.list_resource_descr", "version=v23_2"), shows="inventory_lists"),
    Step(("MetadataEndpoint.list_docs", "version=v23_2"), shows="inventory_list"),
    Step(
        ("MetadataEndpoint.get_doc_info", "version=v23_2", "doc_id=inventory_list"),
        shows="default_in_stock",
    ),
)
