"""The endpoints of the state: dump and load all data of a workspace as JSON."""

from flask import Blueprint, Response, jsonify, request
from marshmallow import fields, validate

from emulator.control.problem import MAX_ERRORS, Problem, load, read_json
from emulator.fixture import data_set as fixtures
from emulator.fixture.data_set import Collection, FixtureError
from emulator.recording.match import Values
from emulator.recording.nearest import AdvisingSchema
from emulator.workspace.registry import current

STATE_FORMAT = 1


class StateSchema(AdvisingSchema):
    """The files of a data set as JSON."""

    format = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Equal(STATE_FORMAT, error=f"This server reads format {STATE_FORMAT}."),
    )
    files = Values(required=True)


def create(collections: tuple[Collection, ...]) -> Blueprint:
    """Return the endpoints below ``state``.

    Args:
        collections: The collections of a data set.
    """
    blueprint = Blueprint("state", __name__)

    @blueprint.get("")
    def dump() -> Response:
        workspace = current(request.environ)
        workspace.work.finish()
        with workspace.store.frozen() as store:
            files = fixtures.encode(store, collections)
        return jsonify(format=STATE_FORMAT, files=files)

    @blueprint.put("")
    def restore() -> Response:
        files = load(StateSchema(), read_json())["files"]
        try:
            contents = fixtures.decode(files, collections, "files")
        except FixtureError as error:
            problems = error.problems[:MAX_ERRORS]
            errors = [{"pointer": "/files", "detail": problem} for problem in problems]
            detail = "\n".join(f"files: {problem}" for problem in problems)
            raise Problem(400, detail, errors=errors) from error
        workspace = current(request.environ)
        workspace.work.finish()
        workspace.store.replace(contents)
        return jsonify({c.name: len(contents.get(c.name, ())) for c in collections})

    return blueprint
