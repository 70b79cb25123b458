"""Questions of donors about their donations, answered by managers, and the contact details of a campaign's host."""

from typing import Any
from uuid import UUID

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.schema_fields import Key, Minor, Prose, Text, Time
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.desks import question_desk
from campaigns.donations.questions import MOST_QUESTION, ask, questions_of
from campaigns.lifecycle.host_contact import MOST_EMAIL, MOST_HOURS, MOST_PHONE, Contact, contacts_of, set_contact
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("questions", "What donors ask, and how the host is reached.")


class QuestionIn(Schema):
    question = Prose(MOST_QUESTION, 1, required=True)


class QuestionOut(Schema):
    """A question as its donor sees it. `answer` is empty until it is answered."""

    id = Key()
    question = Text(attribute="words")
    asked_at = Time()
    answer = Text()
    answered_at = Time(allow_none=True)


class QuestionLineOut(QuestionOut):
    """A question as managers see it, without the donor."""

    donation = fields.UUID(attribute="donation_id")
    campaign = Text()
    project_name = Text()
    amount_minor = Minor()
    actor = Text()


class QuestionAnswerIn(Schema):
    answer = Prose(MOST_REASON, 1, required=True, metadata={"description": "the donor reads it"})


class ContactSchema(Schema):
    """Contact details of the host; an empty text where there is none."""

    phone = Text(MOST_PHONE)
    hours = Text(MOST_HOURS)
    email = Text(MOST_EMAIL)


@blueprint.post("/donations/<uuid:donation_id>/questions")
@access.donor
@blueprint.arguments(QuestionIn)
@blueprint.response(201, QuestionOut)
def create(body: dict[str, Any], donation_id: UUID) -> Any:
    """Ask about a donation. Repeating the same words while they wait returns the same question."""
    with deps().db.transaction() as tx:
        return ask(tx, deps().keys, donation_id, body["question"])


@blueprint.get("/donations/<uuid:donation_id>/questions")
@access.donor
@blueprint.response(200, QuestionOut(many=True))
def list_of_donation(donation_id: UUID) -> Any:
    """List the questions of a donation, oldest first, with their answers."""
    with deps().db.transaction() as tx:
        return questions_of(tx, deps().keys, donation_id)


@blueprint.get("/questions")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
@blueprint.response(200, QuestionLineOut(many=True))
@blueprint.paginate()
def list_all(pagination_parameters: PaginationParameters) -> Any:
    """List the questions of the caller's branch, unanswered ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = question_desk.listed(tx, deps().keys, scope.branch(), page_of(paging))
    return rows


@blueprint.post("/questions/<id:question_id>/answer")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(QuestionAnswerIn)
@blueprint.response(200, QuestionLineOut)
def reply(body: dict[str, Any], question_id: int) -> Any:
    """Answer a question. Repeating the same answer changes nothing."""
    with deps().db.transaction() as tx:
        question_desk.answer_question(tx, question_id, body["answer"], access.actor())
        return question_desk.line(tx, deps().keys, question_id)


@blueprint.get("/campaigns/<slug>/contact")
@access.public
@blueprint.response(200, ContactSchema)
def show_contact(slug: str) -> Any:
    """Return the contact details of a campaign's host."""
    with deps().db.transaction() as tx:
        campaign_id = public(tx, slug).id or 0
        return contacts_of(tx, [campaign_id]).get(campaign_id, Contact())


@blueprint.route("/campaigns/<slug>/contact", methods=["PATCH"])
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(ContactSchema)
@blueprint.response(200, ContactSchema)
def change_contact(body: dict[str, Any], slug: str) -> Any:
    """Change the contact details of the host. Named fields are replaced."""
    with deps().db.transaction() as tx:
        campaign_id = public(tx, slug, drafts=True).id or 0
        before = contacts_of(tx, [campaign_id]).get(campaign_id, Contact())
        return set_contact(tx, slug, before._replace(**body), access.actor())
