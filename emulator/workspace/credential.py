"""API clients and users in the store of a workspace, shared by several families."""

CLIENTS = "clients"
"""API clients by id: ``client_secret``, keys, redirect URIs, scopes, ``active``."""
USERS = "users"
"""Users by login: ``password``, ``disabled``."""
ACCOUNTS = "account_users"
"""Account Manager's users by id: ``mail``, ``roles``, ``roleTenantFilter``."""
LOGINS = "account_logins"
"""The id of each user of ``ACCOUNTS`` by login."""
API_CLIENTS = "api_clients"
"""What Account Manager knows of clients besides ``CLIENTS``, by id."""

URI_CHARACTERS = r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]"  # RFC 3986, without a fragment
REDIRECT_URI = rf"[A-Za-z][A-Za-z0-9+.-]*:{URI_CHARACTERS}+"
SCOPE = r"[\x21\x23-\x5b\x5d-\x7e]+"  # RFC 6749, section 3.3
