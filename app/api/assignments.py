"""Who works on a row of a desk. An assignment tells colleagues and locks nothing."""

from typing import Any

from flask import g
from marshmallow import Schema

from app.api.base import make_blueprint
from app.api.schema_fields import Key, Prose, Text, Time
from app.current import deps
from app.desk_rows import require_row
from app.http import access
from app.http.scope import Where
from campaigns.assignments import ASSIGNERS, KINDS, assignments_of, release, take
from campaigns.own_rows import MOST, own_rows
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("desks", "Who works on which row of a desk. An assignment locks nothing.")
_ROW = f"/desks/<any({', '.join(KINDS)}):desk>/<id:row_id>"


class NoteIn(Schema):
    note = Prose(MOST_REASON, load_default="", metadata={"description": "for the colleagues"})


class AssignmentOut(Schema):
    """`assignee` is empty, and `assigned_at` null, for a row that nobody has taken."""

    assignee = Text(dump_default="")
    note = Text(dump_default="")
    assigned_at = Time(dump_default=None, allow_none=True)


class TakenOut(AssignmentOut):
    taken_from = Text(metadata={"description": "who had the row before; empty for nobody else"})


class OwnRowOut(Schema):
    kind = Text(metadata={"description": "the desk, as in the addresses of its rows"})
    row_id = Key()
    note = Text()
    assigned_at = Time()
    slug = Text(metadata={"description": "the campaign of a case; empty for other kinds"})


@blueprint.get("/desks/own")
@access.managers(*ASSIGNERS, where=Where.ANY)
@blueprint.response(200, OwnRowOut(many=True), description=f"the newest first, at most {MOST}")
def list_own() -> Any:
    """Return the waiting rows that the caller has taken and may still decide."""
    with deps().db.transaction() as tx:
        return own_rows(tx, g.caller)


@blueprint.get(f"{_ROW}/assignment")
@access.managers(*ASSIGNERS, where=Where.NAMED)
@blueprint.response(200, AssignmentOut)
def show(desk: str, row_id: int) -> Any:
    """Return who works on a row of a desk, with their note."""
    with deps().db.transaction() as tx:
        require_row(tx, desk, row_id)
        return assignments_of(tx, desk, [row_id]).get(row_id, {})


@blueprint.post(f"{_ROW}/take")
@access.managers(*ASSIGNERS, where=Where.NAMED)
@blueprint.arguments(NoteIn)
@blueprint.response(200, TakenOut)
def take_row(body: dict[str, Any], desk: str, row_id: int) -> Any:
    """Become the assignee of a row, also in place of a colleague, with a note. Repeating it replaces the note."""
    with deps().db.transaction() as tx:
        require_row(tx, desk, row_id)
        assignment, taken_from = take(tx, desk, row_id, body["note"], access.actor())
        return {**assignment.model_dump(), "taken_from": taken_from}


@blueprint.post(f"{_ROW}/release")
@access.managers(*ASSIGNERS, where=Where.NAMED)
@blueprint.response(204)
def release_row(desk: str, row_id: int) -> None:
    """Leave a row without an assignee. A row without one stays so."""
    with deps().db.transaction() as tx:
        require_row(tx, desk, row_id)
        release(tx, desk, row_id, access.actor())
