"""Find a donation by what is known of it: time, amount, project, order number, contact, part of its id.

The most telling condition is left to its index, the others are written so that no index fits them: the plan is the
same before the tables were ever analysed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.contact import identity_key
from campaigns.donations.identity import contact_identity
from campaigns.donations.models import Donation
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.keys import Keys

MOST_SHOWN = 50
LEAST_ID = 8  # characters
# Pledges come before their payments: by how much, at most, where a time is searched for.
_PLEDGED_BEFORE = timedelta(hours=1)
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class DonationQuery:
    """What is known of a donation; "" and None: unknown. Amounts in fen.

    The time is that of the payment, of an unpaid donation that of the pledge, from `since` on and before `until`.
    `id` is its beginning, `reference` an order number of the provider or the platform. `branch` limits the search.
    """

    id: str = ""
    reference: str = ""
    donor_key: str = ""
    amount_minor: int | None = None
    project: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    branch: str | None = None


class DonationLine(NamedTuple):
    """A donation in a list, without its donor; fen."""

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


class Results(NamedTuple):
    """Donations, newest pledge first; `after` continues the list, None at its end."""

    donations: list[DonationLine]
    after: UUID | None


_LINES = """
    SELECT d.id, c.slug AS campaign, d.project_id AS project, p.name AS project_name, d.amount_minor,
           d.refunded_minor, d.currency, d.status, d.channel, d.provider, d.payment_reference, d.pledged_at,
           d.paid_at
      FROM (SELECT * FROM donation d WHERE {conditions} ORDER BY d.pledged_at DESC, d.id DESC LIMIT :most) AS d
      JOIN campaign c ON c.id = d.campaign_id JOIN project p ON p.id = d.project_id
     ORDER BY d.pledged_at DESC, d.id DESC"""
_OF_BRANCH = """EXISTS (SELECT FROM project p JOIN organisation o ON o.code = p.organisation_code
                         WHERE p.id = d.project_id AND :branch = ANY(o.lineage))"""
# Of an order number: of the payment, its checkout, its charge on a statement, or the platform's own.
_BY_REFERENCE = """d.id IN (SELECT id FROM donation WHERE payment_reference = :reference
                     UNION SELECT id FROM donation WHERE payment_intent = :reference
                     UNION SELECT donation_id FROM provider_line WHERE source_id = :reference)"""
_BY_PROJECT = """d.project_id = :project
            AND d.campaign_id IN (SELECT campaign_id FROM campaign_entry WHERE project_id = :project)"""


def contact_key(keys: Keys, contact: str) -> str:
    """Return the donor key of a phone number or e-mail address. Raises Invalid `search_invalid`."""
    identity = contact_identity(contact)
    if identity is None:
        raise Invalid("search_invalid", fields={"contact": fault("contact_required")})
    return identity_key(keys, identity)


def record_contact_search(tx: Tx, actor: str) -> None:
    """Record that a manager looked for somebody by their contact; not for whom: the trail is never erased."""
    record_audit(tx, actor, "contact.search", "donors")


def search(tx: Tx, query: DonationQuery, after: UUID | None = None, most: int = MOST_SHOWN) -> Results:
    """Return the donations that fit everything that is known, `most` of them behind the donation `after`.

    Raises Invalid `search_invalid`, also when nothing is known.
    """
    low, high = _id_range(query.id)
    conditions = [_driver(query), *_filters(query)]
    last = tx.get(Donation, after) if after is not None else None
    if last is not None:
        conditions.append("(d.pledged_at, d.id) < (:after_at, :after)")
    _plan_by_index(tx, query)
    rows = tx.rows_as(
        DonationLine,
        _LINES.format(conditions=" AND ".join(conditions)),
        low=low,
        high=high,
        reference=query.reference,
        donor=query.donor_key,
        amount=query.amount_minor,
        project=query.project,
        since=query.since,
        until=query.until,
        pledged_since=query.since and query.since - _PLEDGED_BEFORE,
        branch=query.branch,
        after_at=last and last.pledged_at,
        after=after,
        most=most + 1,
    )
    return Results(rows[:most], rows[most - 1].id if len(rows) > most else None)


def _plan_by_index(tx: Tx, query: DonationQuery) -> None:
    """Let the plan be made for the size that the table has now, without a scan of all rows. Where the index has the
    order of the list, nothing may read everything that fits before the first is shown."""
    ordered = (query.donor_key or query.amount_minor is not None) and not (query.id or query.reference)
    tx.scalar("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
    for how in ("seqscan", "bitmapscan", "sort") if ordered else ("seqscan",):
        tx.scalar("SELECT set_config(:how, 'off', true)", how=f"enable_{how}")


def _driver(query: DonationQuery) -> str:
    """Return the condition whose index finds the rows. Raises Invalid `search_invalid` when nothing is known."""
    if query.id:
        return "d.id BETWEEN CAST(:low AS uuid) AND CAST(:high AS uuid)"
    if query.reference:
        return _BY_REFERENCE
    between = _pledged_between(query, "d.pledged_at")
    if query.donor_key:
        return " AND ".join(["d.donor_key = :donor", *between])
    if query.amount_minor is not None:
        return " AND ".join(["d.amount_minor = :amount", *between])
    if query.project is not None:
        return _BY_PROJECT
    if between:
        return " AND ".join(between)
    raise Invalid("search_invalid", fields={"": fault("nothing_to_search")})


def _pledged_between(query: DonationQuery, column: str) -> list[str]:
    since = [f"{column} >= :pledged_since"] if query.since else []
    return since + ([f"{column} < :until"] if query.until else [])


def _filters(query: DonationQuery) -> Sequence[str]:
    """Return every condition once more, as expressions that no index fits."""
    known: list[tuple[Any, str]] = [
        (query.donor_key, "d.donor_key || '' = :donor"),
        (query.reference, _BY_REFERENCE),
        (query.amount_minor, "d.amount_minor + 0 = :amount"),
        (query.project, "d.project_id + 0 = :project"),
        (query.since, "coalesce(d.paid_at, d.pledged_at) >= :since"),
        (query.until, "coalesce(d.paid_at, d.pledged_at) < :until"),
        (query.branch, _OF_BRANCH),
    ]
    return [condition for value, condition in known if value not in (None, "")]


def _id_range(text: str) -> tuple[str | None, str | None]:
    """Return the first and the last id that begin like this. Raises Invalid `search_invalid`."""
    digits = text.replace("-", "").lower()
    if not text:
        return None, None
    if not LEAST_ID <= len(digits) <= 32 or not _HEX.issuperset(digits):
        raise Invalid("search_invalid", fields={"id": fault("not_an_id", least=LEAST_ID)})
    return digits.ljust(32, "0"), digits.ljust(32, "f")
