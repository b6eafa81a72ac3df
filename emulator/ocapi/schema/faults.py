"""The fault table: type, status, arguments and message of every fault (FLT-2, FLT-3).

A fault exists only here or, where it belongs to one resource, in that resource's declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Fault(Exception):  # noqa: N818 - OCAPI's own word for its error document
    """A fault on its way to the client.

    Attributes:
        kind: The row of the table.
        arguments: Plain values, one for each argument of the kind.
        headers: Headers that the answer carries besides, such as ``Allow``.
        hint: What would help, told behind the message.
    """

    def __init__(self, kind: "FaultType", arguments: Mapping[str, Any]) -> None:
        super().__init__(kind.message.format_map(arguments))
        self.kind = kind
        self.arguments = arguments
        self.headers: dict[str, str] = {}
        self.hint = ""

    def __str__(self) -> str:
        """Return the message, with the hint if there is one."""
        return f"{super().__str__()} Missing: {self.hint}" if self.hint else super().__str__()


@dataclass(frozen=True)
class FaultType:
    """One row of the fault table; calling it with the arguments makes a fault.

    Attributes:
        status: The HTTP status.
        name: The type without its ending ``Exception``.
        message: The sentence; ``{argument}`` stands for the argument's value.
        arguments: The names of the arguments, in order.
    """

    status: int
    name: str
    message: str
    arguments: tuple[str, ...] = field(default=())

    @property
    def type(self) -> str:
        """The fault's ``type`` on the wire."""
        return f"{self.name}Exception"

    def __call__(self, *values: Any) -> Fault:
        """Return the fault with ``values`` as its arguments, in the order of the table."""
        return self.make(dict(zip(self.arguments, values, strict=True)))

    def make(self, arguments: Mapping[str, Any]) -> Fault:
        """Return the fault with arguments by name."""
        return Fault(self, arguments)


DECODING = "An error occurred while decoding the request."

# 400
BODY_DECODING = FaultType(
    400, "BodyDecoding", "The request body can't be decoded: '{body}'.", ("body",)
)
ENUM_CONSTRAINT_VIOLATION = FaultType(
    400,
    "EnumConstraintViolation",
    DECODING + " There's an unknown enum value '{enumValue}' in document '{document}'.",
    ("document", "enumValue"),
)
FIELD_NOT_SORTABLE = FaultType(
    400, "FieldNotSortable", "Field '{field}' isn't sortable.", ("field",)
)
HOOK_STATUS = FaultType(
    400,
    "HookStatus",
    "Extension point '{extensionPoint}' returned status '{statusCode}': {statusMsg}",
    ("extensionPoint", "statusCode", "statusMsg", "statusDetails"),
)
ILLEGAL_ENUMERATION_VALUE = FaultType(
    400,
    "IllegalEnumerationValue",
    "'{value}' isn't a value of enumeration '{type}'.",
    ("value", "type"),
)
ILLEGAL_HTTP_METHOD_OVERRIDE = FaultType(
    400,
    "IllegalHttpMethodOverride",
    "HTTP method '{method}' can't be used as an override. Use PUT, PATCH, DELETE, HEAD or OPTIONS.",
    ("method",),
)
INVALID_CLIENT_ID = FaultType(
    400, "InvalidClientId", "Client ID '{clientId}' isn't the expected one.", ("clientId",)
)
INVALID_CUSTOM_PROPERTY = FaultType(
    400, "InvalidCustomProperty", "A custom property can't be written with the given value."
)
INVALID_EXPAND_VALUE = FaultType(
    400, "InvalidExpandValue", "Expand value '{expandValue}' isn't allowed.", ("expandValue",)
)
INVALID_HOST_HEADER = FaultType(
    400, "InvalidHostHeader", "Host header '{host}' isn't valid.", ("host",)
)
INVALID_SEARCH_FIELD_TYPE = FaultType(
    400,
    "InvalidSearchFieldType",
    "Value '{value}' of search field '{field}' isn't of type '{type}'.",
    ("field", "value", "type"),
)
INVALID_VERSION = FaultType(
    400, "InvalidVersion", "The API version in the URL is missing or malformed."
)
MALFORMED_LOCALE = FaultType(400, "MalformedLocale", "Locale '{locale}' is malformed.", ("locale",))
MALFORMED_MEDIA_TYPE = FaultType(
    400, "MalformedMediaType", "Media type '{mediaType}' is malformed.", ("mediaType",)
)
MALFORMED_PARAMETER = FaultType(
    400,
    "MalformedParameter",
    "Parameter '{parameter}' has the malformed value '{value}'.",
    ("parameter", "value"),
)
MALFORMED_SELECTOR = FaultType(
    400, "MalformedSelector", "Selector '{selector}' is malformed.", ("selector",)
)
MISSING_CLIENT_ID = FaultType(400, "MissingClientId", "The request doesn't name a client ID.")
NULL_CONSTRAINT_VIOLATION = FaultType(
    400,
    "NullConstraintViolation",
    "Parameter '{parameter}' is required and can't be null.",
    ("parameter",),
)
PROPERTY_CONSTRAINT_VIOLATION = FaultType(
    400,
    "PropertyConstraintViolation",
    DECODING
    + " There's a value constraint violation of property '{path}' in document '{document}'.",
    ("document", "path"),
)
PROPERTY_NOT_PERMITTED = FaultType(
    400,
    "PropertyNotPermitted",
    "Property '{property}' of document '{document}' isn't permitted for the current client.",
    ("property", "document"),
)
QUERY_SEARCH_TYPES_NOMATCH = FaultType(
    400,
    "QuerySearchTypesNomatch",
    "Fields '{field1}' and '{field2}' have the different types '{type1}' and '{type2}'.",
    ("field1", "field2", "type1", "type2"),
)
QUOTA_EXCEEDED = FaultType(400, "QuotaExceeded", "A quota is exceeded: {msg}", ("msg",))
RANGE_FILTER_TYPE = FaultType(
    400,
    "RangeFilterType",
    "Field '{field}' of type '{type}' can't be filtered by a range.",
    ("field", "type"),
)
RANGE_FILTER_VALUE = FaultType(
    400,
    "RangeFilterValue",
    "The range filter of field '{field}' can't use value '{value}'.",
    ("field", "value"),
)
RESOURCE_PATH = FaultType(
    400, "ResourcePath", "The resource path isn't valid: {message}", ("message",)
)
SEARCH_OPERATOR_NOT_APPLICABLE = FaultType(
    400,
    "SearchOperatorNotApplicable",
    "Operator '{operator}' can't be applied to field '{field}'.",
    ("operator", "field"),
)
START_AFTER_END = FaultType(
    400,
    "StartAfterEnd",
    "Start date '{startDate}' of '{resourceId}' in document '{document}' "
    "is after its end date '{endDate}'.",
    ("document", "resourceId", "startDate", "endDate"),
)
STRING_CONSTRAINT_VIOLATION = FaultType(
    400,
    "StringConstraintViolation",
    "Parameter '{parameter}' violates a constraint. Expected is {expected}.",
    ("parameter", "expected"),
)
TERM_OPERATOR_MISMATCH_VALUES = FaultType(
    400,
    "TermOperatorMismatchValues",
    "Operator '{operator}' of field '{field}' doesn't fit the number of values.",
    ("field", "operator"),
)
TYPE_DECODING = FaultType(
    400,
    "TypeDecoding",
    DECODING + " Property '{path}' should be of type '{expectedTypes}', but is '{actualType}'.",
    ("path", "expectedTypes", "actualType"),
)
UNEXPECTED_VERSION = FaultType(
    400,
    "UnexpectedVersion",
    "Version '{version}' of the document isn't the version of the request.",
    ("version",),
)
UNKNOWN_LOCALE = FaultType(400, "UnknownLocale", "Locale '{locale}' isn't known.", ("locale",))
UNKNOWN_PROPERTY = FaultType(
    400,
    "UnknownProperty",
    DECODING + " There's an unknown property '{property}' in document '{document}'.",
    ("property", "document"),
)
UNKNOWN_SEARCH_FIELD = FaultType(
    400, "UnknownSearchField", "Search field '{field}' isn't known.", ("field",)
)
UNKNOWN_SEARCH_OPERATOR = FaultType(
    400, "UnknownSearchOperator", "Search operator '{operator}' isn't known.", ("operator",)
)
UNKNOWN_SITE_ID = FaultType(
    400, "UnknownSiteId", "No site with ID '{siteId}' could be found.", ("siteId",)
)
UNQUERYABLE_FIELD = FaultType(
    400, "UnqueryableField", "Field '{field}' can't be queried.", ("field",)
)
UNSUPPORTED_CURRENCY = FaultType(
    400, "UnsupportedCurrency", "Currency '{currency}' isn't supported.", ("currency",)
)
UNSUPPORTED_LOCALE = FaultType(
    400, "UnsupportedLocale", "Locale '{locale}' isn't supported.", ("locale",)
)
VALUE_CONSTRAINT_VIOLATION = FaultType(
    400,
    "ValueConstraintViolation",
    "Parameter '{parameter}' violates a value constraint. Expected is {expected}.",
    ("parameter", "expected"),
)

# 401
AUTHORIZATION_HEADER_MISSING = FaultType(
    401, "AuthorizationHeaderMissing", "The request has no Authorization header."
)
DEMO_CLIENT_ID = FaultType(
    401, "DemoClientId", "Client ID '{clientId}' is for demonstration only.", ("clientId",)
)
INVALID_ACCESS_TOKEN = FaultType(
    401,
    "InvalidAccessToken",
    "Access token '{accessToken}' isn't valid or has expired.",
    ("accessToken",),
)
INVALID_AUTHORIZATION_HEADER = FaultType(
    401, "InvalidAuthorizationHeader", "The Authorization header isn't of the form 'Bearer token'."
)
INVALID_SECURE_TOKEN = FaultType(401, "InvalidSecureToken", "The secure token isn't valid.")
UNAUTHORIZED_ORIGIN = FaultType(
    401,
    "UnauthorizedOrigin",
    "Origin '{origin}' isn't allowed for the current client.",
    ("origin",),
)
UNAUTHORIZED_READ_ACCESS = FaultType(
    401,
    "UnauthorizedReadAccess",
    "Reading resource '{method} {path}' needs an authorized user.",
    ("method", "path"),
)
UNAUTHORIZED_WRITE_ACCESS = FaultType(
    401,
    "UnauthorizedWriteAccess",
    "Writing resource '{method} {path}' needs an authorized user.",
    ("method", "path"),
)
UNKNOWN_CLIENT_ID = FaultType(
    401, "UnknownClientId", "Client ID '{clientId}' isn't known.", ("clientId",)
)

# 403
ACCESS_WITHOUT_USER_FORBIDDEN = FaultType(
    403, "AccessWithoutUserForbidden", "Access to the resource needs a user."
)
CLIENT_ACCESS_FORBIDDEN = FaultType(
    403,
    "ClientAccessForbidden",
    "Access to resource '{method} {path}' isn't allowed for the current client.",
    ("method", "path"),
)
ORGANIZATION_ACCESS_FORBIDDEN = FaultType(
    403, "OrganizationAccessForbidden", "Access to the organization isn't allowed."
)
SECURE_COMMUNICATION_REQUIRED = FaultType(
    403, "SecureCommunicationRequired", "The resource can be reached by HTTPS only."
)
SITE_ACCESS_FORBIDDEN = FaultType(
    403, "SiteAccessForbidden", "Access to site '{siteId}' isn't allowed.", ("siteId",)
)
SITE_OFFLINE = FaultType(403, "SiteOffline", "Site '{siteId}' is offline.", ("siteId",))
USER_ACCESS_FORBIDDEN = FaultType(
    403,
    "UserAccessForbidden",
    "Access to resource '{method} {path}' isn't allowed for the current user.",
    ("method", "path"),
)

# 404 to 415
CURRENCY_NOT_FOUND = FaultType(
    404,
    "CurrencyNotFound",
    "No currency with ID '{currencyId}' could be found.",
    ("currencyId",),
)
RESOURCE_PATH_NOT_FOUND = FaultType(
    404,
    "ResourcePathNotFound",
    "Unknown resource '{path}'. Please provide a valid resource.",
    ("path",),
)
UNKNOWN_SITE = FaultType(
    404, "UnknownSite", "No site with ID '{siteId}' could be found.", ("siteId",)
)
VERSION_NOT_FOUND = FaultType(
    404, "VersionNotFound", "API version '{version}' could not be found.", ("version",)
)
METHOD_NOT_ALLOWED = FaultType(
    405,
    "MethodNotAllowed",
    "HTTP method '{method}' isn't allowed for the requested resource.",
    ("method",),
)
CHARSET_NOT_ACCEPTABLE = FaultType(
    406,
    "CharsetNotAcceptable",
    "Charset '{charset}' isn't acceptable. Please use UTF-8.",
    ("charset",),
)
IF_MATCH_REQUIRED = FaultType(409, "IfMatchRequired", "The request needs an If-Match header.")
OBJECT_IN_DELETION_CONFLICT = FaultType(
    409, "ObjectInDeletionConflict", "Object '{objectId}' is being deleted.", ("objectId",)
)
RESOURCE_STATE_CONFLICT = FaultType(
    409,
    "ResourceStateConflict",
    "The resource was changed in the meantime. "
    "Its state is '{server}', the request expects '{client}'.",
    ("client", "server"),
)
RESOURCE_ALREADY_EXISTS = FaultType(
    409, "ResourceAlreadyExists", "The resource already exists, but the request expects it not to."
)
CONCURRENT_MODIFICATION = FaultType(
    409, "ConcurrentModification", "The resource was changed by another request."
)
INVALID_IF_MATCH = FaultType(
    412,
    "InvalidIfMatch",
    "The state of the resource doesn't meet the precondition '{ifMatch}'.",
    ("ifMatch",),
)
REQUEST_ENTITY_TOO_LARGE = FaultType(
    413, "RequestEntityTooLarge", "The request body is larger than 5 MB."
)
UNSUPPORTED_CONTENT_TYPE = FaultType(
    415,
    "UnsupportedContentType",
    "Content type '{contentType}' isn't supported.",
    ("contentType",),
)
UNSUPPORTED_FORMAT = FaultType(
    415, "UnsupportedFormat", "Format '{format}' isn't supported.", ("format",)
)

# Of the tables of several resources
ID_CONFLICT = FaultType(
    400,
    "IdConflict",
    "ID '{bodyID}' of the document isn't ID '{urlID}' of the URL.",
    ("bodyID", "urlID"),
)

# 500: CHOSEN, FLT-4
INTERNAL_SERVER_ERROR = FaultType(500, "InternalServerError", "The server met an internal error.")

# 503: CHOSEN, FLT-4
SERVICE_UNAVAILABLE = FaultType(
    503, "ServiceUnavailable", "The server can't reach its data. Please try again later."
)

TABLE = {kind.name: kind for kind in tuple(globals().values()) if isinstance(kind, FaultType)}
"""All of these by name."""
