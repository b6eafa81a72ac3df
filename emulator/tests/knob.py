"""The default of each knob, as documented."""

from typing import Any

DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 8080,
    "fixtures": "storefront",
    "dialect": "documented",
    "accept_versions": "",
    "store": "memory",
    "token_key": "",
    "inventory_api_key": "",
    "trust_forwarded_proto": False,
    "control_token": "",
    "workspaces": 1000,
    "workspace_age": 3600,
    "journal": 1000,
    "journal_body": 16384,
    "failpoints": "",
    "stubs": "",
    "upstream": "",
    "settings": "",
    "seed": "",
    "log": "",
    "verbose": False,
    "without": "",
    "tls": False,
    "tls_name": "",
    "tls_cert": "",
    "tls_key": "",
    "resources": "",
    "hooks": "",
}
