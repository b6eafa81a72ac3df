"""The steps of sfcc-connector; ``connector.py`` calls the client."""

from pathlib import Path

from clients.instance import Instance
from clients.step import Step


def prepare(_: Instance, folder: Path) -> None:
    """Make nothing: the steps need no files."""


STEPS = (
    Step(("authenticate",), shows='"access_token": ".+"expires_in": 899'),
    Step(("get_jobs",), shows='"total": ', missing="jobs are not served"),
    Step(("MetadataEndpoint.list_apis",), shows='"name": "data"'),
    Step(("MetadataEndpoint.list_versions",), shows="v23_2"),
    Step(("MetadataEndpoint.list_resource_descr", "version=v23_2"), shows="inventory_lists"),
    Step(("MetadataEndpoint.list_docs", "version=v23_2"), shows="inventory_list"),
    Step(
        ("MetadataEndpoint.get_doc_info", "version=v23_2", "doc_id=inventory_list"),
        shows="default_in_stock",
    ),
)
