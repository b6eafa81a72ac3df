"""The fault table against the rules' own (FLT-2), and the messages that are known (FLT-3)."""

import string

import pytest

from emulator.ocapi.schema import faults
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.tests.table import table

TABLE = """
400 BodyDecoding body
400 EnumConstraintViolation document,enumValue
400 FieldNotSortable field
400 HookStatus extensionPoint,statusCode,statusMsg,statusDetails
400 IllegalEnumerationValue value,type
400 IllegalHttpMethodOverride method
400 InvalidClientId clientId
400 InvalidCustomProperty
400 InvalidExpandValue expandValue
400 InvalidHostHeader host
400 InvalidSearchFieldType field,value,type
400 InvalidVersion
400 MalformedLocale locale
400 MalformedMediaType mediaType
400 MalformedParameter parameter,value
400 MalformedSelector selector
400 MissingClientId
400 NullConstraintViolation parameter
400 PropertyConstraintViolation document,path
400 PropertyNotPermitted property,document
400 QuerySearchTypesNomatch field1,field2,type1,type2
400 QuotaExceeded msg
400 RangeFilterType field,type
400 RangeFilterValue field,value
400 ResourcePath message
400 SearchOperatorNotApplicable operator,field
400 StartAfterEnd document,resourceId,startDate,endDate
400 StringConstraintViolation parameter,expected
400 TermOperatorMismatchValues field,operator
400 TypeDecoding path,expectedTypes,actualType
400 UnexpectedVersion version
400 UnknownLocale locale
400 UnknownProperty property,document
400 UnknownSearchField field
400 UnknownSearchOperator operator
400 UnknownSiteId siteId
400 UnqueryableField field
400 UnsupportedCurrency currency
400 UnsupportedLocale locale
400 ValueConstraintViolation parameter,expected
401 AuthorizationHeaderMissing
401 DemoClientId clientId
401 InvalidAccessToken accessToken
401 InvalidAuthorizationHeader
401 InvalidSecureToken
401 UnauthorizedOrigin origin
401 UnauthorizedReadAccess method,path
401 UnauthorizedWriteAccess method,path
401 UnknownClientId clientId
403 AccessWithoutUserForbidden
403 ClientAccessForbidden method,path
403 OrganizationAccessForbidden
403 SecureCommunicationRequired
403 SiteAccessForbidden siteId
403 SiteOffline siteId
403 UserAccessForbidden method,path
404 CurrencyNotFound currencyId
404 ResourcePathNotFound path
404 UnknownSite siteId
404 VersionNotFound version
405 MethodNotAllowed method
406 CharsetNotAcceptable charset
409 IfMatchRequired
409 ObjectInDeletionConflict objectId
409 ResourceStateConflict client,server
409 ResourceAlreadyExists
409 ConcurrentModification
412 InvalidIfMatch ifMatch
413 RequestEntityTooLarge
415 UnsupportedContentType contentType
415 UnsupportedFormat format
"""
# A fault of several resources, a fault outside the documented table, and the server's own.
OTHERS = """
403 OcapiDeprecated
400 IdConflict bodyID,urlID
500 InternalServerError
503 ServiceUnavailable
"""
Row = tuple[int, str, tuple[str, ...]]


def parse(line: str) -> Row:
    status, name, *arguments = line.split()
    return int(status), f"{name}Exception", tuple(arguments[0].split(",") if arguments else ())


ROWS = [parse(line) for line in (TABLE + OTHERS).split("\n") if line]
DECLARED = {name: row for name, row in vars(faults).items() if isinstance(row, FaultType)}
KINDS = {row.type: row for row in DECLARED.values()}


def test_the_global_faults_are_71_and_there_are_four_others() -> None:
    assert len(TABLE.split("\n")) - 2 == 71
    assert len({kind for _, kind, _ in ROWS}) == 75


def test_the_faults_are_those_of_the_rules_and_no_others() -> None:
    declared = [(row.status, row.type, row.arguments) for row in DECLARED.values()]
    assert sorted(declared) == sorted(ROWS)


def test_a_row_is_called_what_it_is_named() -> None:
    assert {n.replace("_", "") for n in DECLARED} == {r.name.upper() for r in DECLARED.values()}


def test_a_fault_takes_exactly_its_arguments_in_order_and_renders_its_message() -> None:
    for _, kind, arguments in ROWS:
        values = [f"<{name}>" for name in arguments]
        fault = KINDS[kind](*values)
        assert list(fault.arguments.items()) == list(zip(arguments, values, strict=True))
        assert (fault.kind, "{" in str(fault)) == (KINDS[kind], False)
        for wrong in [["x", *values], *([values[1:]] if values else [])]:
            with pytest.raises(ValueError, match="argument"):
                KINDS[kind](*wrong)


def test_a_message_names_the_arguments_of_the_fault() -> None:
    silent = {"statusDetails"}  # a map
    for _, kind, arguments in ROWS:
        named = {name for _, name, _, _ in string.Formatter().parse(KINDS[kind].message) if name}
        assert named == set(arguments) - silent, kind


DECODING = "An error occurred while decoding the request."


@table(
    ("fault", "message"),
    [
        (
            faults.CLIENT_ACCESS_FORBIDDEN("PUT", "/data/v19_10/code_versions/x"),
            (
                "Access to resource 'PUT /data/v19_10/code_versions/x' isn't allowed "
                "for the current client."
            ),
        ),
        (
            faults.PROPERTY_CONSTRAINT_VIOLATION("search_request", "$.start"),
            (
                f"{DECODING} There's a value constraint violation of property '$.start' "
                "in document 'search_request'."
            ),
        ),
        (
            faults.ENUM_CONSTRAINT_VIOLATION("search_request", "x"),
            f"{DECODING} There's an unknown enum value 'x' in document 'search_request'.",
        ),
        (
            faults.UNKNOWN_PROPERTY("p", "d"),
            f"{DECODING} There's an unknown property 'p' in document 'd'.",
        ),
        (
            faults.TYPE_DECODING(
                "$.a.[1].b", "VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT", "VALUE_STRING"
            ),
            (
                "Decoding of the property with path '$.a.[1].b' failed because the expected type "
                "is 'VALUE_NUMBER_INT|VALUE_NUMBER_FLOAT' but the actual type was 'VALUE_STRING'."
            ),
        ),
        (
            faults.RESOURCE_PATH_NOT_FOUND("/s/-/dw/data/v23_2/x"),
            "The resource path '/s/-/dw/data/v23_2/x' is unknown.",
        ),
        (faults.UNKNOWN_SITE("x"), "No site with ID 'x' could be found."),
        (faults.UNKNOWN_SITE_ID("x"), "No site with ID 'x' could be found."),
        (faults.MISSING_CLIENT_ID(), "The client ID is missing."),
        (
            faults.INVALID_AUTHORIZATION_HEADER(),
            (
                "The request is unauthorized. In the 'Authorization' header, "
                "the 'Bearer <access token>' is expected."
            ),
        ),
        (
            faults.INVALID_ACCESS_TOKEN("x"),
            "Unauthorized request! The access token 'x' is invalid.",
        ),
        (
            faults.ACCESS_WITHOUT_USER_FORBIDDEN(),
            "No user was provided with the OAuth token.",
        ),
        (
            faults.OCAPI_DEPRECATED(),
            "OCAPI has been deprecated. Access is not available for this instance.",
        ),
        (
            faults.FIELD_NOT_SORTABLE("x"),
            "The field 'x' can't be used to sort the results.",
        ),
        (faults.UNQUERYABLE_FIELD("link"), "The field 'link' can't be queried."),
        (faults.INVALID_EXPAND_VALUE("x"), "The expand value 'x' is invalid."),
        (faults.MALFORMED_SELECTOR("(x"), "The property selector '(x' is malformed."),
        (
            faults.ILLEGAL_ENUMERATION_VALUE("bad", "InstanceType"),
            "The value 'bad' for type 'InstanceType' is invalid.",
        ),
        (
            faults.SITE_ACCESS_FORBIDDEN("X"),
            (
                "Site-specific access via '/s/X/' isn't allowed. "
                "Organization-specific access is expected via '/s/-/'."
            ),
        ),
        (
            faults.OBJECT_IN_DELETION_CONFLICT("x"),
            (
                "The request on object 'x' can't be executed "
                "since it's already in the process of being deleted."
            ),
        ),
        (
            faults.ID_CONFLICT("a", "b"),
            "The ID in the request body ('a') doesn't match the ID in the URL ('b').",
        ),
    ],
)
def test_a_known_message_is_told_word_for_word(fault: Fault, message: str) -> None:
    assert str(fault) == message


def test_arguments_are_kept_as_values_and_not_taken_for_placeholders() -> None:
    fault = faults.MALFORMED_PARAMETER("{value}", 3)
    assert fault.arguments == {"parameter": "{value}", "value": "3"}
    assert str(fault) == "The value '3' of parameter '{value}' is malformed."


def test_every_fault_has_headers_of_its_own() -> None:
    first, second = faults.METHOD_NOT_ALLOWED("PUT"), faults.METHOD_NOT_ALLOWED("PUT")
    first.headers["Allow"] = "GET"
    assert second.headers == {}


def test_a_hint_is_a_header_and_no_part_of_the_message() -> None:
    fault = faults.MISSING_CLIENT_ID()
    assert (fault.hint, fault.headers) == ("", {})
    fault.hint = "caf\u00e9\r\nSet-Cookie: a=b" + "x" * 600
    assert fault.headers["x-emulator-hint"] == ("caf???Set-Cookie: a=b" + "x" * 600)[:500]
    assert fault.hint == fault.headers["x-emulator-hint"]
    assert str(fault) == "The client ID is missing."
