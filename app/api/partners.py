"""Partner platforms, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import blueprint
from app.api.schema_fields import Text, Time, texts
from app.current import deps
from app.http import access
from campaigns.audit import record_audit
from campaigns.network.roles import Permission
from payments import partners

blp = blueprint("partners", "Platforms that push donations by webhook.")


class PartnerIn(Schema):
    name = Text(40, 1, required=True)
    title = Text(100)
    projects = texts(32, allow_none=True, metadata={"description": "codes; left out: any"})


class PartnerOut(Schema):
    name = Text()
    title = Text()
    projects = fields.List(fields.String(), allow_none=True)
    created_at = Time()


class PartnerMadeOut(Schema):
    name = Text()
    title = Text()
    projects = fields.List(fields.String(), allow_none=True)
    secret = Text(metadata={"description": "for signing (Standard Webhooks); shown this once"})


@blp.get("/partners")
@access.managers(Permission.READ)
@blp.response(200, PartnerOut(many=True))
@blp.paginate()
def list_partners(pagination_parameters: PaginationParameters) -> Any:
    """All platforms, without their secrets."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        rows = [partner.model_dump(exclude={"sealed_secret"}) for partner in partners.list_partners(tx)]
    asked.item_count = len(rows)
    return rows[asked.first_item : asked.last_item + 1]


@blp.post("/partners")
@access.managers(Permission.PARTNERS_WRITE)
@blp.arguments(PartnerIn)
@blp.response(201, PartnerMadeOut)
def create(given: dict[str, Any]) -> Any:
    """Register a platform; the answer has its signing secret, this once."""
    title = given.get("title") or given["name"]
    with deps().db.transaction() as tx:
        secret = partners.create(tx, deps().keys, given["name"], title, given.get("projects"))
        record_audit(tx, access.actor(), "partner.create", f"partner:{given['name']}")
    return {"name": given["name"], "title": title, "projects": given.get("projects"), "secret": secret}
