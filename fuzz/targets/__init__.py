"""The targets: all readers of bytes from outside."""

from fuzz.engine import Target
from fuzz.targets import archives, documents, requests, settings, texts, wire

TARGETS: tuple[Target, ...] = (
    *texts.TARGETS,
    *documents.TARGETS,
    *settings.TARGETS,
    *archives.TARGETS,
    *requests.TARGETS,
    *wire.TARGETS,
)
