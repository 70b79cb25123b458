"""Donations, for API clients."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response, g

from app.api.base import make_blueprint
from app.api.donations.donation_answer import answer
from app.api.donations.donation_schemas import (
    DonationIn,
    DonationOut,
    HoldOut,
    RefundDonorOut,
    RefundIn,
    RefundOut,
    RefundPreviewOut,
)
from app.api.reason_schemas import AnyReasonIn
from app.api.second_person import may_wait, waiting
from app.current import create_donation, deps, save_opened_payment
from app.duties import perform
from app.http import access, scope
from app.http.network import sender
from app.http.problems import plain
from app.i18n.locale import requested_language
from campaigns.donations.accept_unmatched import accept_unmatched
from campaigns.donations.commands import CreateDonation, Replaced
from campaigns.donations.donors.contact import Donor, message_of
from campaigns.donations.donors.tribute import Tribute
from campaigns.donations.explain import Explanation, explain
from campaigns.donations.open_payment import open_payment
from campaigns.donations.refunds.refund_donor import refundable_of_donor
from campaigns.donations.refunds.refunds import refunds
from campaigns.donations.unpaid.expire import cancel as cancel_donation
from campaigns.donations.unpaid.expire import keep_alive
from campaigns.donations.unpaid.own_unpaid import own_unpaid_sum
from campaigns.donations.unpaid.shared_device import contact_would_help
from campaigns.donations.view import donation_view
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.money import CURRENCY

_ANSWERS = ("accept_unmatched", "confirmed")  # answers to refusals that ask the donor a question

blueprint = make_blueprint("donations", "Create donations and follow them.")


@blueprint.post("/donations")
@access.public
@blueprint.arguments(DonationIn())
@blueprint.response(201, DonationOut())
@blueprint.alt_response(200, schema=DonationOut, description="the same request was sent before")
def create(body: dict[str, Any]) -> Any:
    """Create a donation and open its payment. Idempotent: the same id and body return the same donation.

    With `confirmed` false, an unusually large gift, or many of one donor within an hour, is refused with
    `giving_unusual` (409) and nothing is reserved. Ask the donor, then send the same body with the contents of
    `confirm`. Above a harder limit it is refused with `giving_paused` (409) until `again_at`. Programs that omit
    `confirmed` are neither asked nor paused.

    Match is reserved for only a few unpaid donations of one donor, browser or address, and only for a share of a
    pot. Beyond that, the request is refused with 409 `too_many_unpaid` (pay or cancel some), or with 409
    `unpaid_match_limit`, after which the same body with the contents of `confirm` gives without match. The checkout
    uses the language of `Accept-Language`.
    """
    command = command_of(body)
    created = create_donation(command)
    opened = open_payment(
        deps(),
        created.donation,
        command.payment_flow,
        command.locale,
        save_opened_payment,
    )
    return answer(opened, command.message, 201 if created.created else 200)


def command_of(body: dict[str, Any]) -> CreateDonation:
    """Return the command in a validated body."""
    channel = body.get("channel") or {"kind": "api"}
    rest = (
        "id",
        "campaign",
        "project",
        "amount_minor",
        "currency",
        "message",
        "team",
        "age",
        "guardian",
        *_ANSWERS,
    )
    return CreateDonation(
        **{name: body[name] for name in (*rest, "payment_flow") if name in body},
        donor=Donor(**body.get("donor", {})),
        channel=channel["kind"],
        source_code=channel.get("code", ""),
        locale=requested_language(),
        **sender(),
        replaces=tuple(Replaced(**replaced) for replaced in body.get("replaces", ())),
        tribute=Tribute(**body["tribute"]) if body.get("tribute") else None,
    )


def _shown(donation_id: UUID) -> Response:
    with deps().db.transaction() as tx:
        donation, message = donation_view(tx, donation_id), message_of(tx, deps().keys, donation_id)
    return answer(donation, message, as_donor=not g.get("as_manager"))


@blueprint.get("/donations/<uuid:donation_id>")
@access.donor_or_reader
@blueprint.response(200, DonationOut)
def show(donation_id: UUID) -> Any:
    """Return a donation."""
    return _shown(donation_id)


@blueprint.get("/donations/<uuid:donation_id>/explanation")
@access.donor_or_reader
@blueprint.response(200, description="history, every decision pot by pot, and what became of the match")
def explanation(donation_id: UUID) -> Any:
    """Explain a donation: its history, and why each pot matched it.

    If a cap per donor cut its match, its donor (not a manager) also sees their other unpaid donations in the
    campaign, whose match counts against the cap too: `own_unpaid` has their `count` and `own_unpaid_minor`, the fen
    reserved for them. Pay, cancel or replace them. `contact_would_help` means that the cap counts together all
    gifts without contact from the donor's device; with a phone number or e-mail address the donor would be counted
    alone.
    """
    with deps().db.transaction() as tx:
        explanation = explain(tx, donation_id)
        unpaid = {} if g.get("as_manager") else _for_donor(tx, explanation)
        return plain(explanation.as_json() | unpaid)


def _for_donor(tx: Tx, explanation: Explanation) -> dict[str, Any]:
    return {
        "own_unpaid": asdict(own_unpaid_sum(tx, explanation)),
        "contact_would_help": contact_would_help(tx, explanation),
    }


@blueprint.post("/donations/<uuid:donation_id>/keep-alive")
@access.donor
@blueprint.response(200, HoldOut)
def extend(donation_id: UUID) -> Any:
    """Extend the match reservation while the donor's page is open, up to its limit."""
    return {"until": keep_alive(deps(), donation_id)}


@blueprint.post("/donations/<uuid:donation_id>/accept-unmatched")
@access.donor
@blueprint.response(200, DonationOut)
def accept(donation_id: UUID) -> Any:
    """Agree to pay although match may be missing. Idempotent."""
    accept_unmatched(deps(), donation_id)
    return _shown(donation_id)


@blueprint.post("/donations/<uuid:donation_id>/cancel")
@access.donor
@blueprint.response(200, DonationOut)
def cancel(donation_id: UUID) -> Any:
    """Cancel an unpaid donation. Idempotent."""
    cancel_donation(deps(), donation_id)
    return _shown(donation_id)


@blueprint.get("/donations/<uuid:donation_id>/refunds")
@access.managers(Permission.READ)
@blueprint.response(200, RefundOut(many=True))
def list_refunds(donation_id: UUID) -> Any:
    """List the refunds of a donation with their states, oldest first."""
    with deps().db.transaction() as tx:
        return refunds(tx, donation_view(tx, donation_id).id)


@blueprint.post("/donations/<uuid:donation_id>/refunds")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(RefundIn)
@blueprint.response(201, RefundOut)
@may_wait(blueprint)
def refund(body: dict[str, Any], donation_id: UUID) -> Any:
    """Request a refund, by default of the whole remaining amount. A job sends it to the provider."""
    with deps().db.transaction() as tx:
        amount_minor = body.get("amount_minor")
        outcome = perform(tx, "donation.refund", donation_id, body["reason"], amount_minor=amount_minor)
        return waiting(tx, outcome) or outcome


@blueprint.get("/donations/<uuid:donation_id>/refund-all-of-donor")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.response(200, RefundPreviewOut)
def preview_refund_donor(donation_id: UUID) -> Any:
    """Preview refunding everything that the donor of this donation gave to the caller's branch in its campaign."""
    with deps().db.transaction() as tx:
        donations = refundable_of_donor(tx, donation_id, scope.branch())
    return {
        "donations": [donation for donation in donations if not donation.refused],
        "skipped": [donation for donation in donations if donation.refused],
        "total_minor": sum(donation.left_minor for donation in donations),
        "currency": CURRENCY,
    }


@blueprint.post("/donations/<uuid:donation_id>/refund-all-of-donor")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(201, RefundDonorOut)
@may_wait(blueprint)
def refund_all_of_donor(body: dict[str, Any], donation_id: UUID) -> Any:
    """Request refunds of everything that the donor of this donation gave to the caller's branch in its campaign. A
    job sends them. Repeating the call requests nothing new."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "donation.refund_donor", donation_id, body["reason"], **scope.confinement())
        if response := waiting(tx, outcome):
            return response
        requested, skipped = outcome
        return {
            "refunds": requested,
            "skipped": skipped,
            "total_minor": sum(each.amount_minor for each in requested),
            "currency": CURRENCY,
        }
