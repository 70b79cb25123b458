"""The filters of the list of donations: read from the address, with the options for each."""

from typing import Any

from flask import g
from flask_babel import lazy_gettext as _l
from sqlmodel import col, select

from app.forms import Form
from app.http import scope
from app.i18n import labels
from app.i18n.labels import word
from app.web.giving.donation_form import read_uuid
from campaigns.disclosure.campaigns import campaign_lines
from campaigns.donations.models import CHANNELS
from campaigns.donations.search import Results, search
from campaigns.donations.search_plan import DonationQuery, Order
from campaigns.donations.states import ABANDONED, WAITING, Status
from campaigns.network.organisations import children, root
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid, NotFound
from matching.models import Pot

# The tabs above the list. Each groups the statuses that managers need not distinguish.
STATE_GROUPS = {
    "waiting": (_l("支付中"), tuple(WAITING)),
    "paid": (_l("已付"), (Status.PAID, Status.SETTLED)),
    "back": (_l("已退或有争议"), (Status.REFUNDED, Status.DISPUTED)),
    "unpaid": (_l("没有付成"), tuple(ABANDONED)),
}
NOBODY = "-"  # a key that matches no donor
FILTERS = (
    "id",
    "reference",
    "amount",
    "least",
    "most",
    "since",
    "until",
    "campaign",
    "node",
    "pot",
    "project",
    "channel",
    "state",
    "donor",
    "name",
    "order",
)


def read_query(form: Form) -> DonationQuery | None:
    """Return the query of the address, or None with `form.faults`. Unknown states, orders and channels are
    ignored."""
    state, order, channel = form["state"], form["order"], form["channel"]
    query = DonationQuery(
        id=form["id"],
        reference=form.text("reference", 255) or "",
        donor_key=_key_of_person(form["donor"]),
        name_key=_key_of_person(form["name"]),
        amount_minor=form.amount("amount"),
        least_minor=form.amount("least"),
        most_minor=form.amount("most"),
        project=form.whole("project"),
        campaign=form.text("campaign", 200) or "",
        node=form.text("node", 64) or "",
        statuses=STATE_GROUPS[state][1] if state in STATE_GROUPS else (),
        channel=channel if channel in CHANNELS else "",
        pot=form.whole("pot"),
        since=form.moment("since"),
        until=form.moment("until"),
        branch=scope.branch(),
        order=Order(order) if order in list(Order) else Order.NEWEST,
    )
    return None if form.faults else query


def _key_of_person(key: str) -> str:
    """Return the requested donor key, or `NOBODY` if the caller may not search for people."""
    return key if not key or g.caller.may(Permission.DONATIONS_REFUND) else NOBODY


def find_in(tx: Tx, form: Form, query: DonationQuery | None) -> Results | None:
    """Return the requested page of the list, or None with `form.faults`."""
    if query is None:
        return None
    try:
        return search(tx, query, read_uuid(form["after"]))
    except Invalid as refusal:
        form.add_refusal(refusal)
        return None


def filter_choices(tx: Tx, query: DonationQuery | None) -> dict[str, Any]:
    """Return the options: campaigns, places directly below the manager's branch, and pots of the chosen
    campaign."""
    events = campaign_lines(tx, scope.branch())
    chosen = next((event.id for event in events if query and event.slug == query.campaign), None)
    return {
        "event_choices": [(event.slug, event.name) for event in events],
        "channel_choices": [(channel, word(labels.CHANNELS, channel)) for channel in CHANNELS],
        "places": _places(tx),
        "pots": _pots(tx, chosen) if chosen else [],
    }


def _pots(tx: Tx, campaign_id: int) -> list[Any]:
    return tx.all(select(Pot.id, Pot.name).where(Pot.campaign_id == campaign_id).order_by(col(Pot.rank)))


def _places(tx: Tx) -> list[tuple[str, str]]:
    above = scope.branch() or root(tx)
    try:
        return [(node.code, node.name) for node in children(tx, above)] if above else []
    except NotFound:
        return []
