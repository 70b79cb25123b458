"""Donors' public words: list for moderation, show, hide."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Key, Minor, Text, Time, Whole, one_of
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.desks import words_desk
from campaigns.network.roles import Permission

blueprint = make_blueprint("words", "Donors' messages and names, before others read them.")


class WordsOut(Schema):
    """Words with their gift. `suspicion`: what a rule found in them; `reports`: number of readers who reported them
    as improper."""

    id = Key()
    donation = fields.UUID(attribute="donation_id")
    campaign = Text()
    project_name = Text()
    amount_minor = Minor()
    state = one_of(*words_desk.STATES)
    suspicion = one_of("", "contact")
    reports = Whole(0, 2**31 - 1)
    written_at = Time()
    decided_at = Time(allow_none=True)
    actor = Text()
    name = Text(metadata={"description": "empty when the donor did not agree that it is shown"})
    message = Text()
    tribute = Text(metadata={"description": "in whose honour or memory; empty: nobody's"})


class WordsQuery(Schema):
    state = one_of(*words_desk.STATES)


@blueprint.get("/words")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
@blueprint.arguments(WordsQuery, location="query")
@blueprint.response(200, WordsOut(many=True))
@blueprint.paginate()
def list_words(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the words of paid donations in the branch; without `state`, those that wait or were reported."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = words_desk.listed(
            tx, deps().keys, query.get("state"), scope.branch(), page_of(paging)
        )
    return rows


@blueprint.post("/words/<id:words_id>/show")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.response(200, WordsOut)
def show(words_id: int) -> Any:
    """Make the words public. Idempotent."""
    return _decide(words_id, show=True)


@blueprint.post("/words/<id:words_id>/hide")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.response(200, WordsOut)
def hide(words_id: int) -> Any:
    """Hide the words from the public. Idempotent."""
    return _decide(words_id, show=False)


def _decide(words_id: int, *, show: bool) -> Any:
    with deps().db.transaction() as tx:
        words_desk.decide(tx, [words_id], access.actor(), show=show, branch=scope.branch())
        return words_desk.line(tx, deps().keys, words_id)
