"""The fault table: status, type, arguments and message of every fault (FLT-2, FLT-3).

The table has the faults of the protocol. A fault of one resource stands in the resource's
declaration.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.family import HINT_HEADER

MAX_HINT_CHARACTERS = 500
NOT_PRINTABLE = re.compile(r"[^ -~]", re.ASCII)


class Fault(Exception):  # noqa: N818 - OCAPI's own word for its error document
    """An answer to a failed request. ``str`` returns the message.

    Attributes:
        kind: The row of the fault table.
        arguments: Plain values, one for each argument of the kind.
        headers: Additional headers of the answer, such as ``Allow``.
    """

    def __init__(self, kind: "FaultType", arguments: Mapping[str, Any]) -> None:
        super().__init__(kind.message.format_map(arguments))
        self.kind = kind
        self.arguments = arguments
        self.headers: dict[str, str] = {}

    @property
    def hint(self) -> str:
        """The emulator's advice to the client's author: a header, no part of the message.

        Printable ASCII; another character becomes ``?``, and a longer text is cut.
        """
        return self.headers.get(HINT_HEADER, "")

    @hint.setter
    def hint(self, text: str) -> None:
        """Put the hint into the header."""
        self.headers[HINT_HEADER] = NOT_PRINTABLE.sub("?", text)[:MAX_HINT_CHARACTERS]


@dataclass(frozen=True)
class FaultType:
    """A row of the fault table. A call with the values of the arguments returns a fault.

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
        """Return the fault with ``values`` as arguments, in the order of the row.

        A number or truth value becomes a text: the arguments of faults are texts (FLT-1).
        """
        texts = (json.dumps(one) if isinstance(one, (int, float)) else one for one in values)
        return self.make(dict(zip(self.arguments, texts, strict=True)))

    def make(self, arguments: Mapping[str, Any]) -> Fault:
        """Return the fault with arguments by name."""
        return Fault(self, arguments)


DECODING = "An error occurred while decoding the request."

# 400
BODY_DECODING = FaultType(
    400, "BodyDecoding", DECODING + " The body '{body}' is malformed.", ("body",)
)
ENUM_CONSTRAINT_VIOLATION = FaultType(
    400,
    "EnumConstraintViolation",
    DECODING + " There's an unknown enum value '{enumValue}' in document '{document}'.",
    ("document", "enumValue"),
)
FIELD_NOT_SORTABLE = FaultType(
    400, "FieldNotSortable", "The field '{field}' can't be used to sort the results.", ("field",)
)
HOOK_STATUS = FaultType(
    400,
    "HookStatus",
    "The extension point '{extensionPoint}' returned the status '{statusCode}': {statusMsg}",
    ("extensionPoint", "statusCode", "statusMsg", "statusDetails"),
)
ILLEGAL_ENUMERATION_VALUE = FaultType(
    400,
    "IllegalEnumerationValue",
    "The value '{value}' for type '{type}' is invalid.",
    ("value", "type"),
)
ILLEGAL_HTTP_METHOD_OVERRIDE = FaultType(
    400,
    "IllegalHttpMethodOverride",
    "The HTTP method '{method}' can't be used as an override.",
    ("method",),
)
INVALID_CLIENT_ID = FaultType(
    400, "InvalidClientId", "The client ID '{clientId}' is invalid.", ("clientId",)
)
INVALID_CUSTOM_PROPERTY = FaultType(
    400, "InvalidCustomProperty", "A custom property can't be written with the given value."
)
INVALID_EXPAND_VALUE = FaultType(
    400, "InvalidExpandValue", "The expand value '{expandValue}' is invalid.", ("expandValue",)
)
INVALID_HOST_HEADER = FaultType(
    400, "InvalidHostHeader", "The Host header '{host}' is invalid.", ("host",)
)
INVALID_SEARCH_FIELD_TYPE = FaultType(
    400,
    "InvalidSearchFieldType",
    "The value '{value}' of search field '{field}' isn't of type '{type}'.",
    ("field", "value", "type"),
)
INVALID_VERSION = FaultType(
    400, "InvalidVersion", "The API version in the URL is missing or malformed."
)
MALFORMED_LOCALE = FaultType(
    400, "MalformedLocale", "The locale '{locale}' is malformed.", ("locale",)
)
MALFORMED_MEDIA_TYPE = FaultType(
    400, "MalformedMediaType", "The media type '{mediaType}' is malformed.", ("mediaType",)
)
MALFORMED_PARAMETER = FaultType(
    400,
    "MalformedParameter",
    "The value '{value}' of parameter '{parameter}' is malformed.",
    ("parameter", "value"),
)
MALFORMED_SELECTOR = FaultType(
    400, "MalformedSelector", "The property selector '{selector}' is malformed.", ("selector",)
)
MISSING_CLIENT_ID = FaultType(400, "MissingClientId", "The client ID is missing.")
NULL_CONSTRAINT_VIOLATION = FaultType(
    400,
    "NullConstraintViolation",
    "The parameter '{parameter}' is required and can't be null.",
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
    "The property '{property}' of document '{document}' isn't permitted for the current client.",
    ("property", "document"),
)
QUERY_SEARCH_TYPES_NOMATCH = FaultType(
    400,
    "QuerySearchTypesNomatch",
    "The fields '{field1}' and '{field2}' have different types: '{type1}' and '{type2}'.",
    ("field1", "field2", "type1", "type2"),
)
QUOTA_EXCEEDED = FaultType(400, "QuotaExceeded", "The quota is exceeded. {msg}", ("msg",))
RANGE_FILTER_TYPE = FaultType(
    400,
    "RangeFilterType",
    "The field '{field}' of type '{type}' can't be filtered by a range.",
    ("field", "type"),
)
RANGE_FILTER_VALUE = FaultType(
    400,
    "RangeFilterValue",
    "The range filter of field '{field}' can't use the value '{value}'.",
    ("field", "value"),
)
RESOURCE_PATH = FaultType(
    400, "ResourcePath", "The resource path is invalid: {message}.", ("message",)
)
SEARCH_OPERATOR_NOT_APPLICABLE = FaultType(
    400,
    "SearchOperatorNotApplicable",
    "The operator '{operator}' can't be applied to field '{field}'.",
    ("operator", "field"),
)
START_AFTER_END = FaultType(
    400,
    "StartAfterEnd",
    "The start date '{startDate}' of '{resourceId}' in document '{document}' "
    "is after the end date '{endDate}'.",
    ("document", "resourceId", "startDate", "endDate"),
)
STRING_CONSTRAINT_VIOLATION = FaultType(
    400,
    "StringConstraintViolation",
    "The value of parameter '{parameter}' is invalid. Expected is {expected}.",
    ("parameter", "expected"),
)
TERM_OPERATOR_MISMATCH_VALUES = FaultType(
    400,
    "TermOperatorMismatchValues",
    "The number of values doesn't match the operator '{operator}' of field '{field}'.",
    ("field", "operator"),
)
TYPE_DECODING = FaultType(
    400,
    "TypeDecoding",
    "Decoding of the property with path '{path}' failed because the expected type is "
    "'{expectedTypes}' but the actual type was '{actualType}'.",
    ("path", "expectedTypes", "actualType"),
)
UNEXPECTED_VERSION = FaultType(
    400,
    "UnexpectedVersion",
    DECODING + " The version '{version}' of the document isn't the version of the request.",
    ("version",),
)
UNKNOWN_LOCALE = FaultType(400, "UnknownLocale", "The locale '{locale}' is unknown.", ("locale",))
UNKNOWN_PROPERTY = FaultType(
    400,
    "UnknownProperty",
    DECODING + " There's an unknown property '{property}' in document '{document}'.",
    ("property", "document"),
)
UNKNOWN_SEARCH_FIELD = FaultType(
    400, "UnknownSearchField", "The search field '{field}' is unknown.", ("field",)
)
UNKNOWN_SEARCH_OPERATOR = FaultType(
    400, "UnknownSearchOperator", "The search operator '{operator}' is unknown.", ("operator",)
)
UNKNOWN_SITE_ID = FaultType(
    400, "UnknownSiteId", "No site with ID '{siteId}' could be found.", ("siteId",)
)
UNQUERYABLE_FIELD = FaultType(
    400, "UnqueryableField", "The field '{field}' can't be queried.", ("field",)
)
UNSUPPORTED_CURRENCY = FaultType(
    400, "UnsupportedCurrency", "The currency '{currency}' isn't supported.", ("currency",)
)
UNSUPPORTED_LOCALE = FaultType(
    400, "UnsupportedLocale", "The locale '{locale}' isn't supported.", ("locale",)
)
VALUE_CONSTRAINT_VIOLATION = FaultType(
    400,
    "ValueConstraintViolation",
    "The value of parameter '{parameter}' is invalid. Expected is {expected}.",
    ("parameter", "expected"),
)

# 401
AUTHORIZATION_HEADER_MISSING = FaultType(
    401,
    "AuthorizationHeaderMissing",
    "The request is unauthorized. The 'Authorization' header is missing.",
)
DEMO_CLIENT_ID = FaultType(
    401, "DemoClientId", "The client ID '{clientId}' is for demonstration only.", ("clientId",)
)
INVALID_ACCESS_TOKEN = FaultType(
    401,
    "InvalidAccessToken",
    "Unauthorized request! The access token '{accessToken}' is invalid.",
    ("accessToken",),
)
INVALID_AUTHORIZATION_HEADER = FaultType(
    401,
    "InvalidAuthorizationHeader",
    "The request is unauthorized. "
    "In the 'Authorization' header, the 'Bearer <access token>' is expected.",
)
INVALID_SECURE_TOKEN = FaultType(401, "InvalidSecureToken", "The secure token is invalid.")
UNAUTHORIZED_ORIGIN = FaultType(
    401,
    "UnauthorizedOrigin",
    "The origin '{origin}' isn't allowed for the current client.",
    ("origin",),
)
UNAUTHORIZED_READ_ACCESS = FaultType(
    401,
    "UnauthorizedReadAccess",
    "Read access to resource '{method} {path}' requires an authorized user.",
    ("method", "path"),
)
UNAUTHORIZED_WRITE_ACCESS = FaultType(
    401,
    "UnauthorizedWriteAccess",
    "Write access to resource '{method} {path}' requires an authorized user.",
    ("method", "path"),
)
UNKNOWN_CLIENT_ID = FaultType(
    401, "UnknownClientId", "The client ID '{clientId}' is unknown.", ("clientId",)
)

# 403
ACCESS_WITHOUT_USER_FORBIDDEN = FaultType(
    403, "AccessWithoutUserForbidden", "No user was provided with the OAuth token."
)
CLIENT_ACCESS_FORBIDDEN = FaultType(
    403,
    "ClientAccessForbidden",
    "Access to resource '{method} {path}' isn't allowed for the current client.",
    ("method", "path"),
)
OCAPI_DEPRECATED = FaultType(
    403,
    "OcapiDeprecated",
    "OCAPI has been deprecated. Access is not available for this instance.",
)
ORGANIZATION_ACCESS_FORBIDDEN = FaultType(
    403, "OrganizationAccessForbidden", "Access to the organization isn't allowed."
)
SECURE_COMMUNICATION_REQUIRED = FaultType(
    403, "SecureCommunicationRequired", "Secure communication via HTTPS is required."
)
SITE_ACCESS_FORBIDDEN = FaultType(
    403,
    "SiteAccessForbidden",
    "Site-specific access via '/s/{siteId}/' isn't allowed. "
    "Organization-specific access is expected via '/s/-/'.",
    ("siteId",),
)
SITE_OFFLINE = FaultType(403, "SiteOffline", "The site with ID '{siteId}' is offline.", ("siteId",))
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
    404, "ResourcePathNotFound", "The resource path '{path}' is unknown.", ("path",)
)
UNKNOWN_SITE = FaultType(
    404, "UnknownSite", "No site with ID '{siteId}' could be found.", ("siteId",)
)
VERSION_NOT_FOUND = FaultType(
    404, "VersionNotFound", "The API version '{version}' couldn't be found.", ("version",)
)
METHOD_NOT_ALLOWED = FaultType(
    405,
    "MethodNotAllowed",
    "The HTTP method '{method}' isn't allowed for the requested resource.",
    ("method",),
)
CHARSET_NOT_ACCEPTABLE = FaultType(
    406,
    "CharsetNotAcceptable",
    "The charset '{charset}' isn't acceptable. Only 'UTF-8' is supported.",
    ("charset",),
)
IF_MATCH_REQUIRED = FaultType(409, "IfMatchRequired", "The 'If-Match' header is required.")
OBJECT_IN_DELETION_CONFLICT = FaultType(
    409,
    "ObjectInDeletionConflict",
    "The request on object '{objectId}' can't be executed "
    "since it's already in the process of being deleted.",
    ("objectId",),
)
RESOURCE_STATE_CONFLICT = FaultType(
    409,
    "ResourceStateConflict",
    "The resource was changed in the meantime. "
    "The state is '{server}', but the request expects '{client}'.",
    ("client", "server"),
)
RESOURCE_ALREADY_EXISTS = FaultType(409, "ResourceAlreadyExists", "The resource already exists.")
CONCURRENT_MODIFICATION = FaultType(
    409, "ConcurrentModification", "The resource was changed by another request."
)
INVALID_IF_MATCH = FaultType(
    412,
    "InvalidIfMatch",
    "The 'If-Match' header '{ifMatch}' doesn't match the state of the resource.",
    ("ifMatch",),
)
REQUEST_ENTITY_TOO_LARGE = FaultType(
    413, "RequestEntityTooLarge", "The request body is larger than 5 MB."
)
UNSUPPORTED_CONTENT_TYPE = FaultType(
    415,
    "UnsupportedContentType",
    "The content type '{contentType}' isn't supported.",
    ("contentType",),
)
UNSUPPORTED_FORMAT = FaultType(
    415, "UnsupportedFormat", "The format '{format}' isn't supported.", ("format",)
)

# Faults of several resources
ID_CONFLICT = FaultType(
    400,
    "IdConflict",
    "The ID in the request body ('{bodyID}') doesn't match the ID in the URL ('{urlID}').",
    ("bodyID", "urlID"),
)

# 500: CHOSEN, FLT-4
INTERNAL_SERVER_ERROR = FaultType(500, "InternalServerError", "The server met an internal error.")

# 503: CHOSEN, FLT-4
SERVICE_UNAVAILABLE = FaultType(
    503, "ServiceUnavailable", "The server can't reach its data. Please try again later."
)

TABLE = {kind.name: kind for kind in tuple(globals().values()) if isinstance(kind, FaultType)}
"""The faults above, by name."""
