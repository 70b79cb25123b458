"""Take in donations that partner platforms received: they become donations of their own channel, by the platform's
time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations import contact
from campaigns.donations.contact import Donor
from campaigns.donations.models import Donation
from campaigns.donations.states import Status, Transition
from campaigns.donations.transitions import transition
from campaigns.intake.partner_limits import ABOVE_LIMIT, allowance, is_limited
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.ids import fingerprint
from payments.inbox import InboxMessage, retry
from payments.partner_events import OFFLINE, PartnerFact

RETRY = timedelta(minutes=1)  # our default


class Intake(NamedTuple):
    """Which donations were created, and which messages wait for an operator and why (message id -> reason)."""

    created: set[UUID]
    waiting: dict[int, str]


class _Placed(NamedTuple):
    """A partner's donation and where it belongs."""

    fact: PartnerFact
    campaign_id: int
    project_id: int


class _Place(NamedTuple):
    """Where a donation could belong: None where nothing was found. `allowed`: the partner may raise for it."""

    id: UUID
    project_id: int | None
    campaign_id: int | None
    allowed: bool

    @property
    def problem(self) -> str | None:
        """Why the donation cannot be taken in now, as a stable code."""
        if self.project_id is None:
            return "project_unknown"
        if not self.allowed:
            return "project_not_allowed"
        return "no_campaign_then" if self.campaign_id is None else None


def retry_due(tx: Tx) -> int:
    """Make waiting messages due again once per minute and return how many.

    What they wait for (a project, a campaign, a payment) may have come, and nobody need remember to say so.
    What was put aside as another shop's while its payment was being booked by another worker comes back too.
    """
    put_aside = tx.run(
        """UPDATE inbox_work SET state = 'new', done_at = NULL, reference = NULL
            WHERE state = 'ignored' AND reference IS NOT NULL AND done_at > :since
              AND EXISTS (SELECT FROM donation WHERE payment_intent = reference)""",
        since=tx.now - 2 * RETRY,
    )
    return put_aside + retry(tx, waiting_since=tx.now - RETRY)


def take_in(tx: Tx, deps: Dependencies, received: Sequence[tuple[InboxMessage, PartnerFact]]) -> Intake:
    """Create the donations of partners' payments that do not exist yet.

    A message waits when its project code is unknown, the partner may not raise money for it, no campaign of it was
    open at the time of payment, or it is above the partner's limits (`partner_limits`).
    """
    paid = {fact.donation_id: (message, fact) for message, fact in reversed(received) if fact.kind == "paid"}
    if not paid:
        return Intake(set(), {})
    existing = {row.id for row in tx.rows("SELECT id FROM donation WHERE id = ANY(:ids)", ids=list(paid))}
    new = [pair for id_, pair in paid.items() if id_ not in existing]
    places = _places(tx, [fact for _, fact in new])
    waiting: dict[int, str] = {}
    placed: list[_Placed] = []
    limits = allowance(tx, deps, {fact.partner for _, fact in new if is_limited(fact.partner)}) if new else None
    for message, fact in sorted(new, key=lambda pair: pair[0].id):
        place = places[fact.donation_id]
        if place.problem is not None:
            waiting[message.id] = place.problem
        elif limits and is_limited(fact.partner) and not limits.fits(message, fact):
            waiting[message.id] = ABOVE_LIMIT
        elif place.campaign_id is not None and place.project_id is not None:
            placed.append(_Placed(fact, place.campaign_id, place.project_id))
    if limits:
        limits.write(tx)
    _insert(tx, deps, sorted(placed, key=lambda item: item.fact.donation_id))
    return Intake({item.fact.donation_id for item in placed}, waiting)


def _places(tx: Tx, facts: Sequence[PartnerFact]) -> dict[UUID, _Place]:
    """Find the campaign and project of each donation. Of several campaigns the one that opened last counts:
    campaigns of one project do not overlap in practice, and this decides where they do."""
    rows = tx.rows_as(
        _Place,
        """SELECT DISTINCT ON (u.id) u.id, p.id AS project_id, c.id AS campaign_id,
                  coalesce(pa.projects IS NULL OR pa.projects @> to_jsonb(u.code), false) AS allowed
             FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:partners AS text[]),
                         CAST(:times AS timestamptz[])) AS u(id, code, partner, paid_at)
             LEFT JOIN project p ON p.code = u.code
             LEFT JOIN partner pa ON pa.name = u.partner
             LEFT JOIN campaign_entry e ON e.project_id = p.id
             LEFT JOIN campaign c ON c.id = e.campaign_id AND c.opens_at <= u.paid_at AND u.paid_at < c.ends_at
                                 AND c.phase NOT IN ('draft', 'cancelled')
            ORDER BY u.id, c.opens_at DESC NULLS LAST""",
        ids=[fact.donation_id for fact in facts],
        codes=[fact.project_code for fact in facts],
        partners=[fact.partner for fact in facts],
        times=[fact.occurred_at for fact in facts],
    )
    return {row.id: row for row in rows}


def _insert(tx: Tx, deps: Dependencies, placed: Sequence[_Placed]) -> None:
    if not placed:
        return
    facts = [item.fact for item in placed]
    keys = [contact.partner_donor_key(deps.keys, fact) for fact in facts]
    insert_rows(
        tx,
        Donation,
        {
            "id": [fact.donation_id for fact in facts],
            "campaign_id": [item.campaign_id for item in placed],
            "project_id": [item.project_id for item in placed],
            "amount_minor": [fact.amount_minor for fact in facts],
            "currency": [fact.currency for fact in facts],
            "channel": ["offline" if fact.partner == OFFLINE else "partner" for fact in facts],
            "source_code": [fact.partner for fact in facts],
            "donor_key": keys,
            "request_hash": [fingerprint([fact.partner, fact.their_id]) for fact in facts],
            "pledged_at": [fact.occurred_at for fact in facts],
            "provider": [f"partner:{fact.partner}" for fact in facts],
            "payment_reference": [fact.their_id for fact in facts],
            "status": str(Status.PENDING),
            "team": "",
            "message": "",
            "publish_name": False,
            "accept_unmatched": True,
        },
        conflict="(id)",
    )
    contact.store_contacts(
        tx,
        deps.keys,
        [
            contact.NewContact(fact.donation_id, key, Donor(name=fact.donor_name))
            for fact, key in zip(facts, keys, strict=True)
        ],
    )
    transition(tx, [Transition(fact.donation_id, None, Status.PENDING, "partner") for fact in facts])
