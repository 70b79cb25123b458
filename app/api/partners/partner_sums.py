"""The sums that platforms brought in for a campaign as stated to them, their answers, and our replies, for
managers."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Key, Text, Time, one_of
from app.current import deps
from app.http import access
from campaigns.closing.publication.partner_sums import SumsLine, reply_to_answer, sums_of_campaign
from campaigns.closing.publication.partner_sums_models import SumsVerdict
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission

blueprint = make_blueprint("partner sums", "What platforms brought in for an event, and what they say of it.")


class SumsAnswerOut(Schema):
    id = Key()
    verdict = one_of(*SumsVerdict)
    text = Text()
    projects = fields.List(fields.String(), metadata={"description": "codes of the projects that differ"})
    answered_at = Time()
    reply = Text(allow_none=True)
    replied_at = Time(allow_none=True)
    replied_by = Text(allow_none=True)


class PartnerSumsOut(Schema):
    partner = Text()
    number = fields.Integer(metadata={"description": "1, 2, ... of this platform and event; the highest holds"})
    sums = fields.Dict(metadata={"description": "as in the event `campaign.sums`, in all and by project"})
    stated_at = Time()
    answer_until = Time()
    answers = fields.List(fields.Nested(SumsAnswerOut))


class SumsReplyOut(Schema):
    answer_id = Key()
    reason = Text()
    actor = Text()
    replied_at = Time()


@blueprint.get("/campaigns/<slug>/partner-sums")
@access.managers(Permission.READ)
@blueprint.response(200, PartnerSumsOut(many=True))
def list_sums(slug: str) -> Any:
    """List the sums stated to each platform with the public notice and its corrections (for a cancelled campaign,
    when it was wound up), its answers, and the replies."""
    with deps().db.transaction() as tx:
        return [_shown(line) for line in sums_of_campaign(tx, find_campaign(tx, slug).id or 0)]


@blueprint.post("/partner-sums-answers/<id:sums_answer_id>/reply")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, SumsReplyOut)
def reply(body: dict[str, Any], sums_answer_id: int) -> Any:
    """Reply to a contradiction. The platform can read the reply."""
    with deps().db.transaction() as tx:
        return reply_to_answer(tx, sums_answer_id, body["reason"], access.actor())


def _shown(line: SumsLine) -> dict[str, Any]:
    answers = [
        each.said.model_dump()
        | {
            "reply": each.reply.reason if each.reply else None,
            "replied_at": each.reply.replied_at if each.reply else None,
            "replied_by": each.reply.actor if each.reply else None,
        }
        for each in line.answers
    ]
    return line.stated.model_dump() | {"answers": answers}
