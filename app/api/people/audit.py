"""The audit trail of who did what, for admins and auditors."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint
from app.api.schema_fields import Key, Text, Time
from app.current import deps
from app.http import access, scope
from app.http.heavy_reads import heavy
from app.http.scope import Where
from campaigns import audit_chain
from campaigns.audit_trail import MOST_SHOWN, AuditQuery, search
from campaigns.network.roles import Permission
from kernel.ids import MOST_ID

blueprint = make_blueprint("audit", "The audit trail: acts of managers, and events of security.")


class AuditIn(Schema):
    """Filters of the audit trail. An omitted one does not apply."""

    subject = Text(200, 1, metadata={"description": "what it is about, such as `pot:7` or `manager:3`"})
    actor = Text(200, 1, metadata={"description": "a login, or `token:LABEL`"})
    action = Text(100, 1, metadata={"description": "an action such as `pot.create`, or its first part: `pot`"})
    since = Time(metadata={"description": "at this time or later"})
    until = Time(metadata={"description": "before this time"})
    before = fields.Integer(
        validate=validate.Range(1, MOST_ID), metadata={"description": "`before` of the page before"}
    )
    page_size = fields.Integer(validate=validate.Range(1, 100), load_default=MOST_SHOWN)


class AuditEntryOut(Schema):
    id = Key()
    at = Time()
    actor = Text()
    action = Text()
    subject = Text()
    detail = fields.Dict(metadata={"description": "`before` and `after` of what was changed; figures and reasons"})
    address = Text(
        metadata={"description": "the network of the request (IPv4: /24, IPv6: /48); empty: a command or job"}
    )
    block = Key(allow_none=True, metadata={"description": "the block that seals it; null: not sealed yet"})


class HeadOut(Schema):
    block = fields.Integer()
    hash = Text()


class AuditOut(Schema):
    entries = fields.List(fields.Nested(AuditEntryOut))
    before = Key(allow_none=True, metadata={"description": "continues the list; null at its end"})
    head = fields.Nested(HeadOut, metadata={"description": "the newest block of the audit chain"})


@blueprint.get("/audit")
@access.managers(Permission.AUDIT_READ, where=Where.LISTED)
@heavy
@blueprint.arguments(AuditIn, location="query")
@blueprint.response(200, AuditOut)
def entries(query: dict[str, Any]) -> Any:
    """List the matching entries, newest first. A caller confined to a branch gets those about their branch."""
    page_size = query.pop("page_size")
    with deps().db.transaction() as tx:
        page = search(tx, AuditQuery(**query, branch=scope.branch()), page_size)
        return {**page._asdict(), "head": audit_chain.head(tx)}
