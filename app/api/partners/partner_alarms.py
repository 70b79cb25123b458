"""Alarms about platforms, for managers."""

from typing import Any

from marshmallow import Schema

from app.api.base import make_blueprint
from app.api.schema_fields import Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.partner_alarms import AlarmKind, acknowledge_alarm, alarms_of
from kernel.ids import MOST_ID
from payments.partners import partners

blueprint = make_blueprint("partner alarms", "Why someone should call a platform today.")


class AlarmOut(Schema):
    kind = one_of(*AlarmKind)
    pieces = Whole(0, MOST_ID, metadata={"description": "how many events it concerns"})
    since = Time()
    acknowledged_by = Text(metadata={"description": "empty: nobody has, or it has risen since"})
    acknowledged_at = Time(allow_none=True)


class AcknowledgeIn(Schema):
    pieces = Whole(0, MOST_ID, required=True, metadata={"description": "as the alarm showed it"})


@blueprint.get("/partners/<name>/alarms")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, AlarmOut(many=True))
def list_alarms(name: str) -> Any:
    """List today's alarms about a platform, including acknowledged ones."""
    with deps().db.transaction() as tx:
        return alarms_of(tx, partners.known(tx, name).name)


@blueprint.post("/partners/<name>/alarms/<kind>/acknowledge")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(AcknowledgeIn)
@blueprint.response(200, AlarmOut)
def acknowledge(body: dict[str, Any], name: str, kind: str) -> Any:
    """Acknowledge an alarm (`silent`, `refused`) until it rises again: with further events, or the next day. The
    others end when their cause is dealt with."""
    with deps().db.transaction() as tx:
        return acknowledge_alarm(tx, name, kind, body["pieces"], access.actor())
