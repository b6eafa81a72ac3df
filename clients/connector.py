"""Call sfcc-connector in an environment of its own; print the answer as JSON.

    python connector.py host:port function [argument ...]
    python connector.py host:port MetadataEndpoint.name [argument=value ...]

The functions of the client come first. The client names further endpoints for its users without
a function: these are read as its functions do it.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import sfcc_connector.api
from apiclient import HeaderAuthentication, JsonRequestFormatter, JsonResponseHandler
from sfcc_connector import SFCCClient
from sfcc_connector.client import APIConnector
from sfcc_connector.extensions import SFCCErrorHandler

LOGIN, PASSWORD, CLIENT_ID, CLIENT_SECRET = "admin", "Secret:123", "a" * 30, "a" * 30


def main(domain: str, name: str, *arguments: str) -> None:
    """Print the answer of a function, or of an endpoint."""
    client = SFCCClient(
        {
            "domain": domain,
            "ocapi_version": "v23_2",
            "use_ssl": True,
            "username": LOGIN,
            "password": PASSWORD,
            "client_id": CLIENT_ID,
            "client_password": CLIENT_SECRET,
        }
    )
    print(json.dumps(call(client, name, arguments)))


def call(client: Any, name: str, arguments: tuple[str, ...]) -> Any:
    """Return the answer of a function, or of an endpoint."""
    if name == "authenticate":
        return client.authenticate()
    if "." in name:
        return read(client, name, dict(argument.split("=") for argument in arguments))
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2100))
    return getattr(client, name)(begin, end, *map(json.loads, arguments))


def read(client: Any, name: str, values: dict[str, str]) -> Any:
    """Return the answer of GET for an endpoint."""
    client.authenticate()
    api = APIConnector(
        authentication_method=HeaderAuthentication(token=client.token),
        response_handler=JsonResponseHandler,
        error_handler=SFCCErrorHandler,
        request_formatter=JsonRequestFormatter,
    )
    group, _, endpoint = name.partition(".")
    url = getattr(getattr(sfcc_connector.api, group), endpoint)
    return api.get(url.format(**values))


if __name__ == "__main__":
    main(*sys.argv[1:])
