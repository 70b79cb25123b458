"""Money out, for managers: splits of projects, payout plans and their remittances."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.money import payout_schemas as schemas
from app.api.reason_schemas import OneLineReasonIn
from app.api.second_person import may_wait, waiting
from app.bank_files import file_of
from app.current import deps
from app.duties import perform
from app.http import access
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.payouts import figures, plans, remittances, rules
from campaigns.payouts.allot import fees_from
from campaigns.payouts.bank_answers import newest_answers
from campaigns.payouts.failures import failures_of
from campaigns.payouts.models import PayoutPlan, Remittance
from campaigns.payouts.postings import parts_of
from campaigns.payouts.split import Shares
from campaigns.projects import projects
from kernel.clock import local_day
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("payouts", "Money out: how projects are split, what is planned, and what became of it.")
_PLAN, _REMITTANCE = "/payout-plans/<id:plan_id>", "/remittances/<id:remittance_id>"


@blueprint.get("/projects/<id:project_id>/splits")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.SplitOut(many=True))
def list_splits(project_id: int) -> Any:
    """List the versions of a project's split, newest first. Without one, all of its money is the project's."""
    with deps().db.transaction() as tx:
        projects.find(tx, project_id)
        return rules.splits_of(tx, project_id)


@blueprint.post("/projects/<id:project_id>/splits")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.SplitIn)
@blueprint.response(201, schemas.SplitOut)
def set_split(body: dict[str, Any], project_id: int) -> Any:
    """Set a project's split from a given time, for campaigns that open from then on."""
    shares = Shares(body["project_bps"], body["township_bps"], body["management_bps"])
    with deps().db.transaction() as tx:
        return rules.set_split(tx, project_id, shares, body["valid_from"], body["reason"], access.actor())


@blueprint.get("/organisations/<code>/payout-rules")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.PayoutRulesOut)
def show_rules(code: str) -> Any:
    """Return the payout rules for campaigns that an organisation hosts."""
    with deps().db.transaction() as tx:
        held = rules.rules_of_organisation(tx, code)
        return {**held.model_dump(), "organisation": held.organisation_code}


@blueprint.route("/organisations/<code>/payout-rules", methods=["PATCH"])
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PayoutRulesIn)
@blueprint.response(200, schemas.PayoutRulesOut)
def change_rules(body: dict[str, Any], code: str) -> Any:
    """Change the payout rules for campaigns that an organisation hosts."""
    with deps().db.transaction() as tx:
        return {**rules.set_rules(tx, code, body, access.actor()).model_dump(), "organisation": code}


@blueprint.get("/campaigns/<slug>/money-out")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.CampaignMoneyOut)
def show_figures(slug: str) -> Any:
    """Return how much of a campaign's money is divided, planned and paid."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        sums, bearer = figures.totals(tx, campaign.id or 0), fees_from(tx, campaign)
    return {**_sums(sums), "fees_from": bearer}


@blueprint.get("/campaigns/<slug>/money-out/projects")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.ProjectMoneyOut(many=True))
@blueprint.paginate()
def list_figures(pagination_parameters: PaginationParameters, slug: str) -> Any:
    """List the same figures per project, largest first."""
    with deps().db.transaction() as tx:
        campaign_id = find_campaign(tx, slug).id or 0
        rows, pagination_parameters.item_count = figures.per_project(
            tx, campaign_id, page_of(pagination_parameters)
        )
    return [{**row._asdict(), **_sums(row.figures)} for row in rows]


def _sums(sums: figures.Figures) -> dict[str, Any]:
    return {**sums._asdict(), "moved_minor": sums.moved_minor, "currency": CURRENCY}


@blueprint.get("/campaigns/<slug>/payout-plans")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.PlanOut(many=True))
def list_plans(slug: str) -> Any:
    """List the payout plans of a campaign, newest first."""
    with deps().db.transaction() as tx:
        return _plans(tx, plans.plans_of(tx, find_campaign(tx, slug).id or 0))


@blueprint.post("/campaigns/<slug>/payout-plans")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(201, schemas.PlanOut)
def make_plan(slug: str) -> Any:
    """Plan the payout of everything that the projects of a released campaign have. Another person approves the
    plan."""
    with deps().db.transaction() as tx:
        return _plan(tx, plans.make_plan(tx, slug, access.actor()))


@blueprint.get(_PLAN)
@access.managers(Permission.READ)
@blueprint.response(200, schemas.PlanOut)
def show_plan(plan_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _plan(tx, plans.find_plan(tx, plan_id))


@blueprint.get(f"{_PLAN}/remittances")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.RemittanceOut(many=True))
def list_remittances(plan_id: int) -> Any:
    """List the remittances of a plan."""
    with deps().db.transaction() as tx:
        plans.find_plan(tx, plan_id)
        return _remittances(tx, plans.remittances_of(tx, plan_id))


@blueprint.post(f"{_PLAN}/approve")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PlanOut)
@may_wait(blueprint)
def approve_plan(plan_id: int) -> Any:
    """Approve another person's plan, which sets its money aside. Above the limit another signature is needed."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "payout.approve", plan_id)
        return waiting(tx, outcome) or _plan(tx, outcome)


@blueprint.post(f"{_PLAN}/withdraw")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.PlanOut)
def withdraw_plan(body: dict[str, Any], plan_id: int) -> Any:
    """Withdraw a plan that was not sent to the bank."""
    with deps().db.transaction() as tx:
        return _plan(tx, plans.withdraw(tx, plan_id, body["reason"], access.actor()))


@blueprint.post(f"{_PLAN}/send")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PlanOut)
def send_plan(plan_id: int) -> Any:
    """Mark an approved plan as sent. Its file exists from now on and never changes."""
    with deps().db.transaction() as tx:
        return _plan(tx, plans.send(tx, plan_id, access.actor()))


@blueprint.get(f"{_PLAN}/file")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.FileQuery, location="query")
@blueprint.response(200, content_type="application/octet-stream")
def show_file(query: dict[str, Any], plan_id: int) -> Response:
    """Return the bank file of a sent plan: CSV, or ISO 20022 pain.001.001.09. Each download is recorded."""
    return file_of(plan_id, query["format"], access.actor())


@blueprint.get(_REMITTANCE)
@access.managers(Permission.READ)
@blueprint.response(200, schemas.RemittanceWithParts)
def show_remittance(remittance_id: int) -> Any:
    """Return a remittance with the amount for each project."""
    with deps().db.transaction() as tx:
        row = remittances.find_remittance(tx, remittance_id)
        return {**_remittances(tx, [row])[0], "parts": parts_of(tx, row.plan_id, row.id)}


@blueprint.post(f"{_REMITTANCE}/paid")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PaidIn)
@blueprint.response(200, schemas.RemittanceOut)
@may_wait(blueprint)
def mark_paid(body: dict[str, Any], remittance_id: int) -> Any:
    """Record that the bank paid a remittance, with evidence. The bank's statement does so automatically."""
    with deps().db.transaction() as tx:
        return _marked(tx, "remittance.paid", remittance_id, **body | {"paid_on": body["paid_on"].isoformat()})


@blueprint.post(f"{_REMITTANCE}/refused")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.RemittanceOut)
@may_wait(blueprint)
def refuse(body: dict[str, Any], remittance_id: int) -> Any:
    """Record that the bank did not pay a remittance. The next plan includes its money."""
    with deps().db.transaction() as tx:
        return _marked(tx, "remittance.refused", remittance_id, body["reason"])


@blueprint.post(f"{_REMITTANCE}/returned")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.ReturnedIn)
@blueprint.response(200, schemas.RemittanceOut)
@may_wait(blueprint)
def mark_returned(body: dict[str, Any], remittance_id: int) -> Any:
    """Record that the money of a paid remittance came back. The next plan pays it again."""
    with deps().db.transaction() as tx:
        day = body["returned_on"] or local_day(tx.now)
        return _marked(tx, "remittance.returned", remittance_id, body["reason"], returned_on=day.isoformat())


def _marked(tx: Tx, act: str, remittance_id: int, reason: str = "", **arguments: Any) -> Any:
    outcome = perform(tx, act, remittance_id, reason, **arguments)
    return waiting(tx, outcome) or _remittances(tx, [outcome])[0]


def _plan(tx: Tx, plan: PayoutPlan) -> dict[str, Any]:
    return _plans(tx, [plan])[0]


def _plans(tx: Tx, rows: Sequence[PayoutPlan]) -> list[dict[str, Any]]:
    outcomes = figures.outcomes(tx, [plan.id or 0 for plan in rows])
    none = figures.Outcomes()
    return [
        {
            **plan.model_dump(),
            "campaign": plans.campaign_of(tx, plan),
            "currency": CURRENCY,
            "open_payments": outcomes.get(plan.id or 0, none).open,
            "failed_payments": outcomes.get(plan.id or 0, none).failed,
        }
        for plan in rows
    ]


def _remittances(tx: Tx, rows: Sequence[Remittance]) -> list[dict[str, Any]]:
    """Return remittances of one plan as their schema shows them."""
    answers = newest_answers(tx, [row.id or 0 for row in rows])
    failures = failures_of(tx, rows[0].plan_id) if rows else {}
    more = [{"bank_answer": answers.get(row.id or 0), "failure": failures.get(row.id or 0)} for row in rows]
    return [{**row.model_dump(), "currency": CURRENCY, **about} for row, about in zip(rows, more, strict=True)]
