"""Corrections of a donation's project, for managers."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Day, Flag, Key, Minor, Text, Time, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import news_of, perform
from app.http import access, scope
from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.donations.correction_models import ConsentBy, ProjectCorrection
from campaigns.donations.corrections import corrections_of
from campaigns.donations.view import donation_view
from campaigns.network.roles import Permission
from campaigns.projects.projects import find as find_project
from kernel.money import CURRENCY

blueprint = make_blueprint("project-corrections", "Donations for another project, as their donors agreed.")


class ProjectCorrectionIn(Schema):
    project = Key(required=True, metadata={"description": "of the same campaign"})
    consent = one_of(*ConsentBy, required=True, metadata={"description": "how the donor agreed"})
    consented_on = Day(required=True, metadata={"description": "when the donor agreed, a day in Shanghai"})
    reason = Text(500, 1, required=True)
    preview = Flag(load_default=False, metadata={"description": "only say what would come of it"})


class ProjectCorrectionOut(Schema):
    """`amount_minor` is the remaining amount of the donation. The match before and after is what the pots gave
    it."""

    id = Key(allow_none=True)
    donation = fields.UUID(attribute="donation_id")
    number = fields.Integer()
    from_project = Key(attribute="from_project_id")
    to_project = Key(attribute="to_project_id")
    amount_minor = Minor()
    match_before_minor = Minor(0)
    match_after_minor = Minor(0)
    currency = Currency()
    consent = one_of(*ConsentBy)
    consented_on = Day()
    reason = Text()
    actor = Text()
    corrected_at = Time()


@blueprint.get("/donations/<uuid:donation_id>/project-corrections")
@access.managers(Permission.READ)
@blueprint.response(200, ProjectCorrectionOut(many=True))
def list_corrections(donation_id: UUID) -> Any:
    """List the corrections of a donation's project, oldest first."""
    with deps().db.transaction() as tx:
        return [_view(row) for row in corrections_of(tx, donation_view(tx, donation_id).id)]


@blueprint.post("/donations/<uuid:donation_id>/project-corrections")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(ProjectCorrectionIn)
@blueprint.response(201, ProjectCorrectionOut)
@blueprint.alt_response(200, schema=ProjectCorrectionOut, description="a preview: nothing is corrected")
@may_wait(blueprint)
def correct(body: dict[str, Any], donation_id: UUID) -> Any:
    """Count a paid donation for another project of its campaign, in new entries.

    Its match is returned. While pots still decide, they match it again for the new project, before any other
    donation. Both projects must be in the caller's branch.
    """
    agreed = Agreed(body["project"], body["consent"], body["consented_on"])
    with deps().db.transaction() as tx:
        scope.require_node(tx, find_project(tx, agreed.project).organisation_code)
        if body["preview"]:
            rehearsed = (donation_id, agreed, body["reason"], access.actor())
            return tx.rehearse(lambda: _view(correct_project(tx, *rehearsed))), 200
        arguments = {**agreed._asdict(), "consented_on": agreed.consented_on.isoformat()}
        outcome = perform(tx, "donation.correct_project", donation_id, body["reason"], **arguments)
        if response := waiting(tx, outcome):
            return response
        news_of(tx, donation_view(tx, donation_id).campaign)
        return _view(outcome)


def _view(row: ProjectCorrection) -> dict[str, Any]:
    return {**row.model_dump(), "currency": CURRENCY}
