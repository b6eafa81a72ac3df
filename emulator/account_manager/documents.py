"""Documents of Account Manager: users, API clients, organizations, roles (ACC-2 to ACC-5).

A schema validates request documents and entries of data sets. Members that only Account Manager
sets are in the schemas of entries; in requests these members are ignored.
"""

import re
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from emulator.workspace.credential import REDIRECT_URI, SCOPE

MIN_SECRET_CHARACTERS, MAX_SECRET_CHARACTERS = 12, 128
PREFERRED_LOCALES = ["none", "de", "de_DE", "en", "en_CA", "en_US", "es", "fr", "fr_CA", "nl"]
USER_STATES = ["INITIAL", "ENABLED", "DELETED"]
AUTH_METHODS = ["private_key_jwt", "client_secret_post", "client_secret_basic", "none"]
MAIL_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
TENANT_NAME = re.compile(r"[^\W_]{4,}_\w{3,}", re.ASCII)  # realm and instance: ``zzzz_001``
ROLE_NAME = re.compile(r"\w+", re.ASCII)
MISSING_MESSAGES: dict[str, Any] = {"required": "must not be null", "null": "must not be null"}
MAX_FILTER_CHARACTERS = 10_000
MAX_LIST_ENTRIES = 1000


def text(max_length: int, min_length: int = 1, **options: Any) -> fields.String:
    """Return a field for a text of bounded length."""
    size = validate.Length(min_length, max_length, error="size must be between {min} and {max}")
    return fields.String(validate=size, error_messages=MISSING_MESSAGES, **options)


def texts(pattern: str = "", **options: Any) -> "fields.List[str]":
    """Return a field for a list of texts, each of a pattern."""
    size = validate.Length(max=MAX_LIST_ENTRIES, error="size must be at most {max}")
    entry = text(2048)
    if pattern:
        entry.validators.append(validate.Regexp(rf"\A{pattern}\Z", re.ASCII))
    return fields.List(entry, validate=size, error_messages=MISSING_MESSAGES, **options)


def split_filter(role_tenant_filter: str) -> dict[str, list[str]]:
    """Return the instances of a role tenant filter by role: ``ECOM_ADMIN:zzzz_001,zzzz_002``.

    Raises:
        ValueError: The filter is malformed.
    """
    tenants_by_role: dict[str, list[str]] = {}
    for group in filter(None, role_tenant_filter.split(";")):
        role, _, rest = group.partition(":")
        tenants = rest.split(",")
        tenants_by_role.setdefault(role, []).extend(tenants)
        if not (ROLE_NAME.fullmatch(role) and all(map(TENANT_NAME.fullmatch, tenants))):
            raise ValueError(f"'{group[:100]}' is not ROLE:realm_instance,realm_instance")
    return tenants_by_role


def check_filter(value: str | None) -> None:
    """Check a role tenant filter; raise ValidationError for a malformed filter."""
    if len(value or "") > MAX_FILTER_CHARACTERS:
        raise ValidationError(f"size must be at most {MAX_FILTER_CHARACTERS}")
    try:
        split_filter(value or "")
    except ValueError as error:
        raise ValidationError(str(error)) from error


def role_tenant_filter() -> fields.String:
    """Return a field for a role tenant filter."""
    return fields.String(allow_none=True, validate=check_filter, load_default="")


class Request(Schema):
    """The base of request documents: other members are ignored."""

    class Meta:
        """The rule for other members."""

        unknown = EXCLUDE


class User(Request):
    """The members of a new user."""

    mail = fields.String(
        required=True,
        validate=[
            validate.Length(max=254),
            validate.Regexp(rf"\A{MAIL_ADDRESS.pattern}\Z", error="Email '{input}' invalid"),
        ],
        error_messages=MISSING_MESSAGES,
    )
    firstName = text(40, required=True)
    lastName = text(40, required=True)
    displayName = text(100)
    businessPhone = text(100, 0, allow_none=True, load_default=None)
    homePhone = text(100, 0, allow_none=True, load_default=None)
    mobilePhone = text(100, 0, allow_none=True, load_default=None)
    preferredLocale = fields.String(
        allow_none=True, validate=validate.OneOf(PREFERRED_LOCALES), load_default=None
    )
    roles = texts(load_default=list)
    organizations = texts(required=True)
    primaryOrganization = text(2048, required=True)
    roleTenantFilter = role_tenant_filter()
    password = text(MAX_SECRET_CHARACTERS, load_only=True)


class UserChange(User):
    """The members of a change of a user; missing members stay."""

    userState = fields.String(validate=validate.OneOf(USER_STATES))


class UserEntry(User):
    """An entry of ``account_users``. The mail is the login, in any form."""

    class Meta:
        """The rule for other members."""

        unknown = RAISE
        exclude = ("password",)

    id = text(256, required=True)
    mail = text(254, required=True)
    userState = fields.String(validate=validate.OneOf(USER_STATES), load_default="ENABLED")
    createdAt = fields.String(load_default="2024-07-17T00:00:00Z")
    lastModified = fields.String(load_default="2024-07-17T00:00:00Z")
    lastLoginDate = fields.String(allow_none=True, load_default=None)
    passwordExpirationTimestamp = fields.Integer(allow_none=True, load_default=None)
    passwordModificationTimestamp = fields.Integer(allow_none=True, load_default=None)
    activationCodeCreationTimestamp = fields.Integer(allow_none=True, load_default=None)
    deleteTimestamp = fields.Integer(allow_none=True, load_default=None)
    sfUserId = fields.String(allow_none=True, load_default=None)
    linkedToSfIdentity = fields.Boolean(load_default=False)
    verifiers = fields.List(fields.Dict(), load_default=list)


class ApiClient(Request):
    """The members of a new API client."""

    name = text(200, required=True)
    description = text(256, 0, allow_none=True, load_default=None)
    jwtPublicKey = text(65_536, 0, allow_none=True, load_default=None)
    redirectUrls = texts(REDIRECT_URI, load_default=list)
    scopes = texts(SCOPE, load_default=list)
    defaultScopes = texts(SCOPE, load_default=list)
    organizations = texts(required=True)
    active = fields.Boolean(load_default=False, error_messages=MISSING_MESSAGES)
    roles = texts(load_default=list)
    roleTenantFilter = role_tenant_filter()
    versionControl = texts(load_default=list)
    tokenEndpointAuthMethod = fields.String(
        validate=validate.OneOf(AUTH_METHODS), load_default="client_secret_basic"
    )
    password = text(MAX_SECRET_CHARACTERS, MIN_SECRET_CHARACTERS, load_only=True)


class ApiClientEntry(ApiClient):
    """An entry of ``api_clients``: the members missing in ``clients.json``."""

    class Meta:
        """The rule for other members."""

        unknown = RAISE
        exclude = ("password", "jwtPublicKey", "redirectUrls", "scopes", "defaultScopes", "active")

    id = text(256, required=True)
    createdAt = fields.String(load_default="2024-07-17T00:00:00Z")
    lastAuthenticatedDate = fields.String(allow_none=True, load_default=None)
    passwordModificationTimestamp = fields.Integer(allow_none=True, load_default=None)
    disabledTimestamp = fields.Integer(allow_none=True, load_default=None)


class SecretChange(Request):
    """A change of the secret of an API client."""

    old = fields.String(required=True, error_messages=MISSING_MESSAGES)
    new = text(MAX_SECRET_CHARACTERS, MIN_SECRET_CHARACTERS, required=True)


class Organization(Schema):
    """An entry of ``organizations``."""

    id = text(256, required=True)
    name = text(256, required=True)
    type = fields.String(
        validate=validate.OneOf(["CUSTOMER", "PARTNER", "INTERNAL"]), load_default="CUSTOMER"
    )
    realms = texts(load_default=list)
    contactUsers = texts(load_default=list)
    sfAccountIds = texts(load_default=list)
    emailsDomains = texts(load_default=list)
    twoFARoles = texts(load_default=list)
    twoFAEnabled = fields.Boolean(load_default=False)
    allowedVerifierTypes = texts(load_default=list)
    vaasEnabled = fields.Boolean(load_default=False)
    sfIdentityFederation = fields.String(
        validate=validate.OneOf(["DISABLED", "ENABLED"]), load_default="DISABLED"
    )
    passwordMinEntropy = fields.Integer(load_default=0)
    passwordHistorySize = fields.Integer(load_default=0)
    passwordDaysExpiration = fields.Integer(load_default=0)


class Role(Schema):
    """An entry of ``account_roles``."""

    id = text(256, required=True)
    description = text(256, 0, load_default="")
    roleEnumName = text(50, 0, required=True)
    permissions = texts(load_default=list)
    scope = fields.String(validate=validate.OneOf(["GLOBAL", "INSTANCE"]), load_default="GLOBAL")
    targetType = fields.String(
        validate=validate.OneOf(["ApiClient", "User"]), allow_none=True, load_default=None
    )
    twoFAEnabled = fields.Boolean(load_default=False)
