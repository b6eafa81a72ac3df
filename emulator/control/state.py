"""All data of a workspace as JSON: take them out, put them back, or put in a data set."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from emulator import fixtures
from emulator.control.problem import Problem, load, read_json
from emulator.fixtures import Collection, FixtureError
from emulator.store import Record, Store
from emulator.workspace import current

FORMAT = 1


class Stored(fields.Field[Record]):
    """A record: its key and its properties."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Record:
        match value:
            case [list(key), dict(properties)] if key and all(isinstance(k, str) for k in key):
                return Record.of(tuple(key), properties)
        raise ValidationError("A record is an array of its key, an array, and its properties.")


class StateSchema(Schema):
    """Data as the store has them, or as the files of a data set."""

    format = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Equal(FORMAT, error=f"This server reads format {FORMAT}."),
    )
    collections = fields.Dict(fields.String(), fields.List(Stored()))
    files = fields.Dict(fields.String(), fields.Raw())

    @validates_schema
    def check(self, data: Mapping[str, Any], **_: Any) -> None:
        """Refuse what is neither, or both."""
        if ("collections" in data) == ("files" in data):
            raise ValidationError("Has either 'collections' or 'files'.")


def create(collections: tuple[Collection, ...]) -> Blueprint:
    """Return the endpoints below ``state``."""
    part = Blueprint("state", __name__)

    @part.get("")
    def dump() -> Response:
        store = current(request.environ).store
        match request.args.get("as", "collections"):
            case "collections":
                return jsonify(format=FORMAT, collections=_dump(store))
            case "files":
                return jsonify(format=FORMAT, files=fixtures.encode(store, collections))
        raise Problem(400, "State takes as=collections (which is the default) or as=files.")

    @part.put("")
    def restore() -> Response:
        contents = _read(load(StateSchema(), read_json()), collections)
        current(request.environ).store.replace(contents)
        return jsonify({name: len(records) for name, records in contents.items()})

    return part


def _dump(store: Store) -> dict[str, list[Any]]:
    return {name: _dump_collection(store, name) for name in store.collections()}


def _dump_collection(store: Store, name: str) -> list[Any]:
    records = store.scan(name, 0, store.count(name)).records
    return [[record.key, record.properties] for record in records]


def _read(state: Mapping[str, Any], collections: tuple[Collection, ...]) -> Any:
    """Return the records of a state by collection, of which none may be there twice."""
    if "files" in state:
        try:
            return fixtures.decode(state["files"], collections, "files")
        except FixtureError as error:
            raise Problem(400, str(error), errors=error.problems) from error
    for name, records in state["collections"].items():
        if len({record.key for record in records}) < len(records):
            raise Problem(400, f"Two records of '{name}' have the same key.")
    return state["collections"]
