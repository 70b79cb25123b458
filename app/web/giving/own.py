"""A donor's own donations, found by the browser's cookie or by a code (`own_code`)."""

from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.http import access, donor_cookie
from app.i18n.refusals.refusals import REFUSALS
from app.web import visitor
from app.web.blueprint import blueprint
from app.web.giving import own_code
from campaigns.disclosure.offered import offered_among
from campaigns.disclosure.own_donations import OwnDonations, own_donations, person_donations
from campaigns.disclosure.trace import traces


@blueprint.get("/my")
@access.public
def my() -> AnyResponse:
    """Show the donations of this browser, or of the person who typed a code, those waiting for a payment first."""
    known = visitor.known()
    with deps().db.snapshot() as tx:
        person = own_code.opened_person(tx)
        if person is not None:
            own = person_donations(tx, person.donations)
        else:
            own = own_donations(tx, deps().keys, known) if known else OwnDonations([], [])
        ways, offered = traces(tx, own.past), offered_among(tx, own.past)
    page = render_template(
        "web/my.html",
        own=own,
        by_code=person is not None,
        count=len(person.donations) if person is not None else 0,
        traces=ways,
        offered=offered,
        done=request.args.get("done", ""),
        trouble=REFUSALS.get(request.args.get("trouble", ""), ""),
        donation_url=donation_url,
        token_of=lambda donation_id: deps().keys.token(str(donation_id)),
    )
    return private(make_response(page))


@blueprint.post("/my/forget")
@access.public
def forget_browser() -> AnyResponse:
    """Forget this browser's donations: its next donation form gives it another cookie."""
    return visitor.forget(redirect(url_for("web.my"), 303))


def donation_url(donation_id: UUID) -> str:
    """Return the URL, with a pass, of a donation of this visitor, for which this browser may have no cookie."""
    return url_for("web.donation", donation_id=donation_id, visit=donor_cookie.pass_for(donation_id))


def private(response: Response) -> Response:
    """Forbid caching of the page."""
    response.headers["Cache-Control"] = "no-store"
    return response
