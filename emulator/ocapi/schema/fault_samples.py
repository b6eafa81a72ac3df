"""Values for the arguments of a fault that a failpoint injects without arguments."""

from collections.abc import Mapping
from typing import Any

SAMPLES: Mapping[str, Any] = {
    "body": "{",
    "campaignId": "spring-2023",
    "catalogId": "storefront-catalog",
    "categoryId": "sweaters",
    "clientId": "a" * 30,
    "client": "0" * 64,
    "server": "1" * 64,
    "customerListId": "RefArch",
    "document": "inventory_list",
    "endDate": "2026-01-01T00:00:00.000Z",
    "startDate": "2026-12-31T00:00:00.000Z",
    "host": "localhost:8080",
    "ifMatch": '"of-yesterday"',
    "inventorylistId": "inventory_m",
    "jobId": "sfcc-site-archive-import",
    "libraryId": "RefArch",
    "limit": 5000,
    "locale": "xx-YY",
    "login": "admin",
    "mediaType": "text/plain",
    "contentType": "text/plain",
    "method": "PATCH",
    "parameter": "count",
    "value": "0",
    "path": "$.description",
    "productId": "merino-crew",
    "property": "description",
    "siteId": "RefArch",
    "statusCode": "ERROR",
    "statusMsg": "Injected by a failpoint.",
    "statusDetails": {},
    "message": "Injected by a failpoint.",
    "msg": "Injected by a failpoint.",
    "version": "v23_2",
}
"""Values by the name of the argument; ids are those of the data set ``storefront``.

The value of another argument is the name of the argument.
"""
