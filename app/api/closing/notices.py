"""Public notices: the result of a campaign by project, and its corrections."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.campaign_views import public
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Text, Time, Whole
from app.current import deps
from app.http import access
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import correct, notices_of
from campaigns.network.roles import Permission

blueprint = make_blueprint(
    "notices", "Results of campaigns by project, frozen with their numbers, and corrections."
)


class NoticeProjectOut(Schema):
    code = Text()
    name = Text()
    county = Text()
    township = Text()
    node = Text()
    raised_minor = Whole()
    matched_minor = Whole()
    total_minor = Whole()
    goods_minor = Whole(metadata={"description": "value of goods received from the opening on; in no sum of money"})


class NoticeOut(Schema):
    """One version of a campaign's notice; amounts in fen."""

    version = Whole(metadata={"description": "1: the result; each later one corrects the one before"})
    year = Whole()
    number = Whole(metadata={"description": "without gaps within the year"})
    published_at = Time()
    reason = Text(metadata={"description": "why it corrects the one before; empty for the first"})
    hash = Text(attribute="notice_hash")
    ledger_mark = Whole()
    raised_minor = Whole()
    matched_minor = Whole()
    total_minor = Whole()
    goods_minor = Whole(metadata={"description": "value of goods; in no sum of money"})
    projects = fields.List(fields.Nested(NoticeProjectOut))


@blueprint.get("/campaigns/<slug>/notices")
@access.public
@blueprint.response(200, NoticeOut(many=True))
def list_notices(slug: str) -> Any:
    """List the versions of a campaign's notice, oldest first."""
    with deps().db.snapshot() as tx:
        return [_shown(notice) for notice in notices_of(tx, public(tx, slug).id or 0)]


@blueprint.post("/campaigns/<slug>/notices")
@access.managers(Permission.RECONCILE, Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(ReasonIn)
@blueprint.response(201, NoticeOut)
def create(body: dict[str, Any], slug: str) -> Any:
    """Publish a correction that shows the current books beside the previous notice. The reason is published too."""
    with deps().db.transaction() as tx:
        return _shown(correct(tx, slug, body["reason"], access.actor()))


def _shown(notice: PublicNotice) -> dict[str, Any]:
    return {**notice.model_dump(exclude={"notice"}), **notice.notice}
