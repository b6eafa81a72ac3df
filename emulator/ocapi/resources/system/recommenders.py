"""The recommenders of a site (SYS-5)."""

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import Array, Embedded, String

COLLECTION = "recommenders"
NOT_FOUND = FaultType(
    404, "RecommenderNotFound", "No recommender with name '{name}' could be found.", ("name",)
)
CQUOTIENT = FaultType(
    400, "CQuotient", "The recommendation service answered '{statusCode}'.", ("statusCode",)
)


class Recommender(Document):
    """A recommender."""

    description = String()
    name = String()


class StoredRecommender(Recommender):
    """A recommender in data sets."""

    name = String(min_length=1, required=True, allow_none=False)


class RecommendersResult(Document):
    """The recommenders of a site."""

    recommenders = Array(Embedded(Recommender()))


def list_names(call: Call) -> Answer:
    """Show the recommenders of a site."""
    SITES.find(call.store, call.key)
    count = call.store.count(COLLECTION, call.key)
    records = call.store.scan(COLLECTION, 0, count, call.key).records
    shown = [dict(record.properties) for record in records]
    return answer_document(call, RecommendersResult(), {"recommenders": shown})


RECOMMENDERS = Resource(
    path=COLLECTION,
    document=StoredRecommender(),
    collection=RESULT,
    key="name",
    verbs=frozenset(),
    not_found=NOT_FOUND,
    parent=SITES,
    parent_key="site_id",
    operations=(
        Operation(
            method="GET",
            path="sites/{site_id}/ai/recommender_names",
            answer=list_names,
            shows=RecommendersResult(),
            faults=(CQUOTIENT, SITES.not_found),
        ),
    ),
)
