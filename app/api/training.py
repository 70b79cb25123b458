"""The training site: order, show and delete it."""

from typing import Any

from flask import g
from marshmallow import Schema, fields

from app import training_orders
from app.api.base import make_blueprint
from app.api.schema_fields import Text, Time, Whole
from app.current import deps, settings
from app.http import access, scope
from app.http.scope import Where
from app.training_orders import MINUTES, Training
from campaigns.network.roles import Permission

blueprint = make_blueprint("training", "The training site of managers, with a database of its own.")


class TrainingIn(Schema):
    minutes = Whole(
        1, 60, required=True, metadata={"description": f"how long its event takes gifts: one of {MINUTES}"}
    )


class TrainingOut(Schema):
    state = Text(metadata={"description": "`starting`, `running` or `failed`"})
    ordered_by = Text()
    ordered_at = Time()
    until = Time(metadata={"description": "when it is thrown away by itself"})
    minutes = Whole()
    url = Text(metadata={"description": "where it is, once it runs"})
    login = Text()
    password = Text(metadata={"description": "of all its accounts; nothing there is real"})


class TrainingStateOut(Schema):
    available = fields.Boolean(metadata={"description": "whether one can be ordered in this installation"})
    training = fields.Nested(TrainingOut, allow_none=True)


@blueprint.get("/training")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(200, TrainingStateOut)
def show() -> Any:
    """Return the ordered training site, and how to sign in to it."""
    folder = settings().training_dir
    return {"available": training_orders.can_be_ordered(folder), "training": training_orders.current(folder)}


@blueprint.post("/training")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.ANY)
@blueprint.arguments(TrainingIn)
@blueprint.response(202, TrainingOut)
def start(body: dict[str, Any]) -> Training:
    """Order a training site, whose campaign opens, ends and closes by itself. Only one exists at a time."""
    with deps().db.transaction() as tx:
        return training_orders.start(tx, settings().training_dir, body["minutes"], g.caller)


@blueprint.post("/training/throw-away")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.ANY)
@blueprint.response(204)
def throw_away() -> None:
    """Delete the training site with all its data. A site that a branch ordered can be deleted by that branch or
    those above it."""
    folder = settings().training_dir
    with deps().db.transaction() as tx:
        if ordered := training_orders.current(folder):
            scope.require_node(tx, ordered.branch)
        training_orders.throw_away(tx, folder, access.actor())
