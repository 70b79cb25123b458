"""Export or erase the personal data of one person."""

from typing import Any
from uuid import UUID

from flask import url_for
from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Text, Whole
from app.current import deps
from app.http import access
from app.http.heavy_reads import heavy
from app.http.problems import plain
from app.http.scope import Where
from campaigns.audit import DONOR
from campaigns.donations.donors.contact_look import look_at_contact, look_at_token
from campaigns.network.roles import Permission
from campaigns.privacy.erase import erase
from campaigns.privacy.export import export
from campaigns.privacy.person import Person, alone, person_by_contact, person_of_donation
from kernel.db import Tx
from kernel.errors import Invalid, fault

blueprint = make_blueprint("donors", "What we hold of one person: exported to them, or erased.")


class PersonIn(Schema):
    """A person, identified by `contact` or by one of their donations."""

    contact = Text(254, metadata={"description": "a phone number or e-mail address"})
    donation = fields.UUID()


class ErasedOut(Schema):
    donations = Whole(0, 2**63 - 1, metadata={"description": "how many donations name nobody any more"})
    messages = Whole(0, 2**63 - 1, metadata={"description": "how many stored messages lost their personal part"})


def _person(tx: Tx, body: dict[str, Any]) -> Person:
    if ("contact" in body) == ("donation" in body):
        raise Invalid("contact_invalid", fields={"contact": fault("contact_or_donation")})
    if "donation" in body:
        return person_of_donation(tx, body["donation"])
    return person_by_contact(tx, deps().keys, body["contact"])


@blueprint.post("/donors/export")
@access.managers(Permission.PERSONAL_DATA, where=Where.FEDERATION, keeps_reply=False)
@heavy
@blueprint.arguments(PersonIn)
@blueprint.response(200, description="their donations, with everything personal, consents and stored messages")
def export_person(body: dict[str, Any]) -> Any:
    """Export all data held about a person. The audit trail records who viewed it."""
    with deps().db.transaction() as tx:
        return plain(export(deps(), tx, _person(tx, body), access.actor()))


@blueprint.post("/donors/erasure")
@access.managers(Permission.PERSONAL_DATA, where=Where.FEDERATION)
@blueprint.arguments(PersonIn)
@blueprint.response(200, ErasedOut)
def erase_person(body: dict[str, Any]) -> Any:
    """Erase a person permanently: name, contact, messages, words to staff. Donations and books stay.

    Refused with `erasure_awaits_payment` (409) while one of their donations is being paid.
    """
    with deps().db.transaction() as tx:
        return erase(deps(), tx, _person(tx, body), access.actor(), "manager")


@blueprint.get("/donations/<uuid:donation_id>/personal-data")
@access.donor
@blueprint.response(200, description="the donation, with everything personal, consents and stored messages")
def export_own(donation_id: UUID) -> Any:
    """Export, as the donor, all data held with this donation."""
    with deps().db.transaction() as tx:
        return plain(export(deps(), tx, alone(tx, donation_id), DONOR))


class DonorContactOut(Schema):
    """Contact data that a donor left; "" where they left none."""

    name = Text()
    phone = Text()
    email = Text()


class DonationLinkOut(Schema):
    url = Text(metadata={"description": "opens the donation; for its donor only"})


@blueprint.get("/donations/<uuid:donation_id>/contact")
@access.managers(Permission.CONTACTS)
@blueprint.response(200, DonorContactOut)
def show_contact(donation_id: UUID) -> Any:
    """Return name, phone and e-mail of a donation's donor. The audit trail records who viewed them."""
    with deps().db.transaction() as tx:
        return look_at_contact(tx, deps().keys, donation_id, access.actor())


@blueprint.get("/donations/<uuid:donation_id>/link")
@access.managers(Permission.CONTACTS)
@blueprint.response(200, DonationLinkOut)
def show_link(donation_id: UUID) -> Any:
    """Return the donor's link to the donation, for a donor who lost it. The audit trail records who viewed it."""
    with deps().db.transaction() as tx:
        token = look_at_token(tx, deps().keys, donation_id, access.actor())
    return {"url": f"{deps().public_url}{url_for('web.donation', donation_id=donation_id, token=token)}"}


@blueprint.post("/donations/<uuid:donation_id>/erasure")
@access.donor
@blueprint.response(200, ErasedOut)
def erase_own(donation_id: UUID) -> Any:
    """Erase, as the donor, all personal data of this donation permanently. The donation and its match stay.

    Other donations of the same donor are erased with their own tokens, or by the federation, which verifies the
    donor's identity.
    """
    with deps().db.transaction() as tx:
        return erase(deps(), tx, alone(tx, donation_id), DONOR, "donor")
