"""Giving, for programs."""

from typing import Any
from uuid import UUID

from flask import g

from app.api.base import blueprint
from app.api.donation_schemas import DonationIn, DonationOut, HoldOut, RefundIn, RefundOut
from app.current import create_donation, deps, save_opened_payment
from app.http import access
from app.http.problems import plain
from app.i18n.locale import asked
from campaigns.donations.accept_unmatched import accept_unmatched
from campaigns.donations.commands import CreateDonation
from campaigns.donations.contact import Donor
from campaigns.donations.expire import cancel as cancel_donation
from campaigns.donations.expire import keep_alive
from campaigns.donations.explain import explain
from campaigns.donations.open_payment import open_payment
from campaigns.donations.refund import request_refund
from campaigns.donations.states import WAITING
from campaigns.donations.view import DonationView, donation_view
from campaigns.network.roles import Permission

blp = blueprint("donations", "Give, and see what becomes of a donation.")


@blp.post("/donations")
@access.public
@blp.arguments(DonationIn())
@blp.response(201, DonationOut())
@blp.alt_response(200, schema=DonationOut, description="the same request came before")
def give(given: dict[str, Any]) -> Any:
    """Give. Sent again with the same id and body it is the same donation. The cashier speaks the language of
    `Accept-Language`, Chinese or English."""
    command = wish_of(given)
    answer = create_donation(command)
    opened = open_payment(
        deps(),
        answer.donation,
        command.payment_flow,
        command.locale,
        save_opened_payment,
    )
    return view(opened), 201 if answer.created else 200


def wish_of(given: dict[str, Any]) -> CreateDonation:
    """The command in a checked body."""
    channel = given.get("channel") or {"kind": "api"}
    rest = ("id", "campaign", "project", "amount_minor", "currency", "message", "team", "accept_unmatched")
    return CreateDonation(
        **{name: given[name] for name in (*rest, "payment_flow") if name in given},
        donor=Donor(**given.get("donor", {})),
        channel=channel["kind"],
        source_code=channel.get("code", ""),
        locale=asked(),
    )


def view(found: DonationView) -> dict[str, Any]:
    """A donation as its donor may see it. How to pay is shown only while payment is waited for."""
    waiting = found.status in WAITING
    return {
        **{name: getattr(found, name) for name in DonationOut._declared_fields if hasattr(found, name)},
        "project": found.project_id,
        "token": deps().keys.token(str(found.id)),
        "match": {
            "reserved_minor": found.reserved_minor,
            "captured_minor": found.captured_minor,
            "held_minor": found.held_minor,
            "until": found.match_until if waiting else None,
            "parts": found.parts,
        },
        "payment": {
            "provider": found.provider,
            "reference": found.payment_reference,
            "url": found.payment_url if waiting else None,
            "client_secret": found.client_secret if waiting else None,
        },
    }


def _shown(donation_id: UUID) -> dict[str, Any]:
    with deps().db.transaction() as tx:
        shown = view(donation_view(tx, donation_id))
    if g.get("as_manager"):
        for mine in ("token", "payment"):
            del shown[mine]  # what only the donor may act with
    return shown


@blp.get("/donations/<uuid:donation_id>")
@access.donor_or_reader
@blp.response(200, DonationOut)
def show(donation_id: UUID) -> Any:
    """How a donation stands."""
    return _shown(donation_id)


@blp.get("/donations/<uuid:donation_id>/explanation")
@access.donor_or_reader
@blp.response(200, description="history, every decision pot by pot, and what became of the match")
def explanation(donation_id: UUID) -> Any:
    """Why it got the match that it got."""
    with deps().db.transaction() as tx:
        return plain(explain(tx, donation_id).as_json())


@blp.post("/donations/<uuid:donation_id>/keep-alive")
@access.donor
@blp.response(200, HoldOut)
def hold(donation_id: UUID) -> Any:
    """The donor's page is open: hold the match longer, up to its limit."""
    return {"until": keep_alive(deps(), donation_id)}


@blp.post("/donations/<uuid:donation_id>/accept-unmatched")
@access.donor
@blp.response(200, DonationOut)
def agree(donation_id: UUID) -> Any:
    """The donor agrees to pay although match may be missing. Again without effect."""
    accept_unmatched(deps(), donation_id)
    return _shown(donation_id)


@blp.post("/donations/<uuid:donation_id>/cancel")
@access.donor
@blp.response(200, DonationOut)
def cancel(donation_id: UUID) -> Any:
    """The donor changes his mind before paying. Again without effect."""
    cancel_donation(deps(), donation_id)
    return _shown(donation_id)


@blp.post("/donations/<uuid:donation_id>/refunds")
@access.managers(Permission.DONATIONS_REFUND)
@blp.arguments(RefundIn)
@blp.response(201, RefundOut)
def refund(given: dict[str, Any], donation_id: UUID) -> Any:
    """Send money back, all that is left by default; the provider is asked by a job."""
    with deps().db.transaction() as tx:
        return request_refund(tx, donation_id, given.get("amount_minor"), given["reason"], access.actor())
