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
UNSAFE_SCHEMES = ("about", "blob", "data", "file", "filesystem", "javascript", "vbscript")
"""The schemes whose URIs a browser runs or reads locally."""
REDIRECT_URI = (
    rf"(?!(?i:{'|'.join(UNSAFE_SCHEMES)}):)"
    # With an authority, or of an application that owns the domain (RFC 8252, section 7.1).
    rf"(?:[A-Za-z][A-Za-z0-9+.-]*://(?=[^/?]){URI_CHARACTERS}+"
    rf"|[A-Za-z][A-Za-z0-9+-]*\.[A-Za-z0-9+.-]*:/{URI_CHARACTERS}*)"
)
SCOPE = r"[\x21\x23-\x5b\x5d-\x7e]+"  # RFC 6749, section 3.3
