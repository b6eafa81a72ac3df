"""Gift certificates of sites."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.gift_certificate.gift_certificates import GIFT_CERTIFICATES

RESOURCES: tuple[Resource, ...] = (GIFT_CERTIFICATES,)
