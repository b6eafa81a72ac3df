"""A/B tests, segments, and the experiences of segments."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.ab_test.ab_tests import AB_TESTS
from emulator.ocapi.resources.ab_test.segments import SEGMENTS
from emulator.ocapi.resources.ab_test.sorting_rules import SORTING_RULES

RESOURCES: tuple[Resource, ...] = (AB_TESTS, SEGMENTS, SORTING_RULES)
