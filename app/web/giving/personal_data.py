"""Personal data of a donation: its donor may download it, erase it, and withdraw what is published."""

import json
from uuid import UUID

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.http import access, donor_cookie
from app.http.problems import plain
from app.web.blueprint import blueprint
from campaigns.audit import DONOR
from campaigns.donations.donors import consent
from campaigns.privacy.erase import erase
from campaigns.privacy.export import export
from campaigns.privacy.person import alone
from kernel.errors import Refusal


@blueprint.post("/d/<uuid:donation_id>/personal-data")
@access.donor_link
def personal_data(donation_id: UUID) -> Response:
    """Return all data held with this donation as a JSON download."""
    with deps().db.transaction() as tx:
        exported = plain(export(deps(), tx, alone(tx, donation_id), DONOR))
    response = Response(json.dumps(exported, ensure_ascii=False, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=personal-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/d/<uuid:donation_id>/erasure")
@access.donor_link
def erase_personal_data(donation_id: UUID) -> AnyResponse:
    """Erase the personal data of this donation after the donor has confirmed."""
    try:
        if request.form.get("sure") == "1":
            with deps().db.transaction() as tx:
                erase(deps(), tx, alone(tx, donation_id), DONOR, "donor")
    except Refusal as refusal:
        return donor_cookie.to_page(donation_id, trouble=refusal.code)
    return donor_cookie.to_page(donation_id, at="personal")


@blueprint.post("/d/<uuid:donation_id>/unpublish")
@access.donor_link
def withdraw_publication(donation_id: UUID) -> AnyResponse:
    """Withdraw the donor's name and message from publication."""
    with deps().db.transaction() as tx:
        consent.withdraw_publication(tx, donation_id, "donor")
    return donor_cookie.to_page(donation_id, at="personal")
