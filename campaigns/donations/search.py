"""Search donations: filter, sort, and page by key."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.donors.contact import identity_key
from campaigns.donations.donors.identity import contact_identity
from campaigns.donations.donors.name_key import NAMELESS, name_key
from campaigns.donations.models import Donation
from campaigns.donations.search_plan import ORDERS, DonationQuery, Plan
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.keys import Keys

MOST_SHOWN = 50


class DonationLine(NamedTuple):
    """A donation in a list, without its donor; amounts in fen. `matched_minor` is captured and not on hold. Match
    that is reserved or on hold is not final."""

    id: UUID
    campaign: str
    project: int
    project_name: str
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    channel: str
    provider: str
    payment_reference: str | None
    pledged_at: datetime
    paid_at: datetime | None
    matched_minor: int
    reserved_minor: int
    held_minor: int

    @property
    def given_minor(self) -> int:
        """The part of the gift that was not refunded; 0 while the donation is unpaid."""
        return self.amount_minor - self.refunded_minor if self.paid_at else 0


class Results(NamedTuple):
    """Donations in the requested order. `after` continues the list; it is None at the end."""

    donations: list[DonationLine]
    after: UUID | None


# The match of a donation `d`.
MATCH = """
    LATERAL (SELECT coalesce(sum(r.live_minor) FILTER (WHERE r.state = 'captured' AND NOT r.held), 0)::bigint
                      AS matched_minor,
                    coalesce(sum(r.live_minor) FILTER (WHERE r.state = 'reserved'), 0)::bigint AS reserved_minor,
                    coalesce(sum(r.live_minor) FILTER (WHERE r.held), 0)::bigint AS held_minor
               FROM reservation r WHERE r.donation_id = d.id) AS m"""
_LINES = f"""
    SELECT d.id, c.slug AS campaign, d.project_id AS project, p.name AS project_name, d.amount_minor,
           d.refunded_minor, d.currency, d.status, d.channel, d.provider, d.payment_reference, d.pledged_at,
           d.paid_at, m.matched_minor, m.reserved_minor, m.held_minor
      FROM (SELECT * FROM donation d WHERE {{conditions}} ORDER BY {{order}} LIMIT :most) AS d
      JOIN campaign c ON c.id = d.campaign_id JOIN project p ON p.id = d.project_id CROSS JOIN {MATCH}
     ORDER BY {{order}}"""


def contact_key(keys: Keys, contact: str) -> str:
    """Return the donor key of a phone number or e-mail address. Raises Invalid `search_invalid`."""
    identity = contact_identity(contact)
    if identity is None:
        raise Invalid("search_invalid", fields={"contact": fault("contact_required")})
    return identity_key(keys, identity)


def name_key_of(keys: Keys, name: str) -> str:
    """Return the key of a donor's full name. Raises Invalid `search_invalid`."""
    key = name_key(keys, name)
    if key == NAMELESS:
        raise Invalid("search_invalid", fields={"name": fault("required")})
    return key


def record_contact_search(tx: Tx, actor: str) -> None:
    """Record that a manager searched for a donor by contact or name. The search term is not recorded, because the
    trail is never erased."""
    record_audit(tx, actor, "contact.search", "donors")


def search(tx: Tx, query: DonationQuery, after: UUID | None = None, most: int = MOST_SHOWN) -> Results:
    """Return up to `most` donations that match the query, starting behind the donation `after`.

    Raises Invalid `search_invalid`.
    """
    plan = Plan.of(tx, query)
    order, behind = ORDERS[query.order]
    last = tx.get(Donation, after) if after is not None else None
    where = plan.where if last is None else f"{plan.where} AND {behind}"
    values = plan.values | {"most": most + 1, "after": after}
    values |= {"after_at": last and last.pledged_at, "after_amount": last and last.amount_minor}
    sql = _LINES.format(conditions=where, order=order)
    rows = tx.rows_as(DonationLine, sql, **values)
    return Results(rows[:most], rows[most - 1].id if len(rows) > most else None)
