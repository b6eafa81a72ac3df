"""Small resources of the system: locales, logs, alerts, metrics, settings of clients."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.system.alert_settings import ALERT_SETTINGS
from emulator.ocapi.resources.system.alerts import ALERT_DESCRIPTORS, ALERT_ITEMS
from emulator.ocapi.resources.system.ecdn import ECDN_ZONES, LOG_REQUESTS
from emulator.ocapi.resources.system.locales import LOCALES_RESOURCE
from emulator.ocapi.resources.system.logging import LOG_SETTINGS
from emulator.ocapi.resources.system.ocapi_configs import OCAPI_CONFIGS
from emulator.ocapi.resources.system.recommenders import RECOMMENDERS

RESOURCES: tuple[Resource, ...] = (
    LOCALES_RESOURCE,
    LOG_SETTINGS,
    ECDN_ZONES,
    LOG_REQUESTS,
    RECOMMENDERS,
    ALERT_DESCRIPTORS,
    ALERT_ITEMS,
    ALERT_SETTINGS,
    OCAPI_CONFIGS,
)
