"""The endpoint of documents: create a document from a few properties."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import fields

from emulator.control.problem import Problem, load, read_json
from emulator.recording.match import Values
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace.registry import current
from emulator.workspace.workspace import Workspace

CreateDocument = Callable[[Workspace, str, Mapping[str, Any]], dict[str, Any]]
"""Creates a document by its name and some properties; raises ValueError with the reason."""


class NewDocument(AdvisingSchema):
    """The name of the document, such as ``inventory_list``, and the wanted properties."""

    type = fields.String(required=True)
    properties = Values(load_default=dict)


def create(create_document: CreateDocument) -> Blueprint:
    """Return the endpoint ``documents``."""
    blueprint = Blueprint("documents", __name__)

    @blueprint.post("")
    def add() -> tuple[Response, int]:
        wanted = load(NewDocument(), read_json())
        workspace = current(request.environ)
        try:
            made = create_document(workspace, wanted["type"], wanted["properties"])
        except ValueError as error:
            raise Problem(400, f"{str(error).rstrip('.')}.") from error
        return jsonify(made), 201

    return blueprint
