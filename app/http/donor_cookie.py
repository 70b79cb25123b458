"""How a browser proves that it may see a donation without keeping the token in the URL. URLs end up in histories
and proxy logs, and are sent to the payment provider.

A link with the token (`/d/{id}?token=`) works while the donation exists. Its first visit exchanges the token for a
cookie of that donation and redirects to the bare URL. Browsers without cookies, and those that return from the
provider, bring a visit pass instead: `?visit=`, signed by us, valid for a limited time.
"""

import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from app.current import deps
from app.http.auth import may_see_donation
from campaigns.donations.visit_pass import is_valid, visit_pass

VISIT_S = 3600  # how long a pass issued by a page lasts
_LASTS_S = 365 * 24 * 3600
_MOST = 200  # characters of a token or pass


def cookie_name() -> str:
    """Return the cookie's name. Its path is that of the donation, so it cannot have the prefix `__Host-`."""
    return "__Secure-donation" if current_app.config["SESSION_COOKIE_SECURE"] else "donation"


def holds(donation_id: UUID) -> bool:
    """Return whether this browser has the cookie of this donation."""
    return may_see_donation(donation_id, request.cookies.get(cookie_name(), "")[:_MOST])


def pass_for(donation_id: UUID) -> str:
    """Return a visit pass for a URL on our pages. Does not query the database, because error pages need it too."""
    return visit_pass(deps().keys, donation_id, int(time.time()) + VISIT_S)


def opens(donation_id: UUID, text: str) -> bool:
    """Return whether this is a visit pass of this donation that has not expired."""
    with deps().db.transaction() as tx:
        return is_valid(deps().keys, donation_id, text[:_MOST], tx.now.timestamp())


def exchange(donation_id: UUID) -> AnyResponse | None:
    """Exchange the token or pass of a GET of the donor's page: return a redirect that sets the cookie.

    None if the browser needs no redirect: at the bare URL, or with a pass because it keeps no cookies.
    """
    token, visit = request.args.get("token"), request.args.get("visit")
    if token is not None:
        return to_page(donation_id) if may_see_donation(donation_id, token) else None
    if visit is not None and request.cookies and (opens(donation_id, visit) or holds(donation_id)):
        return to_page(donation_id)
    return None


def may_see(donation_id: UUID) -> bool:
    """Return whether a GET of the donor's page that was not exchanged may see the donation."""
    if "token" in request.args:
        return False  # a wrong token is refused even if the browser has the cookie
    visit = request.args.get("visit", "")
    return holds(donation_id) or (bool(visit) and opens(donation_id, visit))


def to_page(donation_id: UUID, *, at: str = "", **more: Any) -> AnyResponse:
    """Redirect the donor to their page (`at`: an anchor on it) and set the cookie. Other query parameters are kept
    and `more` is added. A browser that sent no cookies at all also gets a pass."""
    kept = {name: value for name, value in request.args.items() if name not in ("token", "visit")}
    address = page_address(donation_id, **(kept if request.method != "POST" else {}), **more)
    response = redirect(f"{address}#{at}" if at else address, 303)
    return remember(response, donation_id)


def page_address(donation_id: UUID, **query: Any) -> str:
    """Return the URL of the donor's page for this browser, with a pass if it seems to keep no cookies."""
    values = {name: value for name, value in query.items() if value}
    if not request.cookies:
        values["visit"] = pass_for(donation_id)
    return f"/d/{donation_id}" + (f"?{urlencode(values)}" if values else "")


def remember(response: AnyResponse, donation_id: UUID) -> AnyResponse:
    """Set the donation's cookie in the browser."""
    response.set_cookie(
        cookie_name(),
        deps().keys.token(str(donation_id)),
        max_age=_LASTS_S,
        path=f"/d/{donation_id}",
        httponly=True,
        samesite="Lax",  # the donor returns from the checkout page by a link
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response
