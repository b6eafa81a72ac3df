"""Users, access keys and roles."""

from emulator.ocapi.resource import Resource
from emulator.ocapi.resources.user.access_keys import ACCESS_KEYS
from emulator.ocapi.resources.user.roles import ROLES
from emulator.ocapi.resources.user.users import USERS

RESOURCES: tuple[Resource, ...] = (USERS, ACCESS_KEYS, ROLES)
