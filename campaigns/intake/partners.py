"""Take in donations that partner platforms received, and those of offline files.

They become donations of the channel `partner` or `offline`, matched by the reported time of payment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.donors import contact
from campaigns.donations.donors.erased import DonorIn, keys_after_erasure
from campaigns.donations.facts.load import DonationRef, refs_of
from campaigns.donations.facts.store_reported import ReportedDonation
from campaigns.intake.partner_limits import ABOVE_LIMIT, Allowance, allowance, is_limited, terms_of
from campaigns.intake.partner_states import PAUSED
from campaigns.intake.places import places
from campaigns.intake.project_codes import codes_of_ours
from kernel.db import NOW, Database, Tx
from payments.inbox.due_again import MOST_RETRIED, retrying
from payments.inbox.inbox import InboxMessage
from payments.partners.partner_events import PartnerFact

RETRY = timedelta(minutes=1)  # our default

_NOW = f"(SELECT {NOW})"  # read once, so that an index may be searched for it
_RETRY_DUE = f"""
    WITH put_aside AS (
        UPDATE inbox_work SET state = 'new', done_at = NULL, reference = NULL
         WHERE state = 'ignored' AND reference IS NOT NULL AND done_at > {_NOW} - 2 * CAST(:retry AS interval)
           AND EXISTS (SELECT FROM donation WHERE payment_intent = reference)
        RETURNING inbox_id),
    tried AS ({retrying(f"{_NOW} - CAST(:retry AS interval)")} RETURNING inbox_id)
    SELECT inbox_id FROM put_aside UNION ALL SELECT inbox_id FROM tried"""


@dataclass(slots=True)
class Intake:
    """What a batch of partner payments amounts to.

    - `reported`: the donations to store, by id.
    - `known`: the campaign of these and of existing donations, by id.
    - `waiting`: the messages that wait for an operator (message id -> reason).
    - `differing`: the messages that contradict their donation (message id -> reason).
    """

    reported: dict[UUID, ReportedDonation] = field(default_factory=dict)
    known: dict[UUID, DonationRef] = field(default_factory=dict)
    waiting: dict[int, str] = field(default_factory=dict)
    differing: dict[int, str] = field(default_factory=dict)
    limits: Allowance | None = None

    def count(self, tx: Tx) -> None:
        """Count the reported donations against their partners' limits.

        Call it late in the transaction, because all batches of a partner contend for the same rows. Raises
        LimitsMet if another batch used up what this one relied on.
        """
        if self.limits is not None:
            self.limits.write(tx)

    def leave(self, donation_ids: Collection[UUID]) -> None:
        """Leave out donations that another worker has stored meanwhile."""
        for donation_id in donation_ids:
            donation = self.reported.pop(donation_id)
            if self.limits is not None and is_limited(donation.fact.partner):
                self.limits.take_back(donation.fact)


class _Retried(NamedTuple):
    inbox_id: int


def retry_due(db: Database) -> None:
    """Make waiting messages due again once per minute, in one statement that is a transaction by itself.

    What they wait for (a project, a campaign, a payment) may exist by now, and no operator has to trigger a retry.
    Messages that were ignored as another shop's while another worker was booking their payment become due too.
    """
    db.rows_at_once(_Retried, _RETRY_DUE, retry=RETRY, most=MOST_RETRIED)


def take_in(tx: Tx, deps: Dependencies, received: Sequence[tuple[InboxMessage, PartnerFact]]) -> Intake:
    """Determine which partner payments are new donations, and where they belong. Writes nothing.

    A message waits if its project code is unknown, the partner may not raise money for the project, the project was
    suspended or blacklisted before the payment, none of its campaigns was open at the time of payment, the payment
    exceeds the partner's limits (`partner_limits`), or the partner is paused.
    """
    terms = terms_of(tx, deps, {fact.partner for _, fact in received})
    waiting = {message.id: PAUSED for message, fact in received if terms[fact.partner].paused}
    paid = {
        fact.donation_id: (message, fact)
        for message, fact in reversed(received)
        if fact.kind == "paid" and message.id not in waiting
    }
    intake = Intake(known={ref.id: ref for ref in refs_of(tx, paid)}, waiting=waiting)
    intake.differing = _differing(tx, deps, received, paid, intake)
    new = [pair for id_, pair in paid.items() if id_ not in intake.known]
    if not new:
        return intake
    belonging = places(tx, [fact for _, fact in new])
    limited = {fact.partner: terms[fact.partner] for _, fact in new if is_limited(fact.partner)}
    intake.limits = allowance(tx, deps, limited) if limited else None
    for message, fact in sorted(new, key=_by_message):
        place = belonging[fact.donation_id]
        if place.problem is not None:
            intake.waiting[message.id] = place.problem
        elif intake.limits and is_limited(fact.partner) and not intake.limits.fits(message, fact):
            intake.waiting[message.id] = ABOVE_LIMIT
        elif place.campaign_id is not None and place.project_id is not None:
            key = contact.partner_donor_key(deps.keys, fact)
            intake.reported[fact.donation_id] = ReportedDonation(fact, place.campaign_id, place.project_id, key)
            intake.known[fact.donation_id] = DonationRef(fact.donation_id, place.campaign_id)
    _recognise_erased(tx, deps, intake)
    return intake


def _differing(
    tx: Tx,
    deps: Dependencies,
    received: Sequence[tuple[InboxMessage, PartnerFact]],
    paid: Mapping[UUID, tuple[InboxMessage, PartnerFact]],
    intake: Intake,
) -> dict[int, str]:
    """Return the repeated payments that name another project or donor than the first message did."""
    again = [
        (message, fact)
        for message, fact in received
        if fact.kind == "paid"
        and message.id not in intake.waiting
        and (fact.donation_id in intake.known or paid[fact.donation_id][0] is not message)
    ]
    if not again:
        return {}
    firsts = _firsts(tx, [fact.donation_id for _, fact in again])
    ours = codes_of_ours(tx, {fact.partner for _, fact in again})
    for id_, (_, fact) in paid.items():
        if id_ not in intake.known:
            firsts[id_] = _First(id_, ours(fact), contact.partner_donor_key(deps.keys, fact))
    notes = {
        message.id: firsts[fact.donation_id].contradiction(deps, fact, ours(fact))
        for message, fact in again
        if fact.donation_id in firsts
    }
    return {message_id: note for message_id, note in notes.items() if note}


class _First(NamedTuple):
    """What the first message said of a donation, before any correction of its project. An erased donor has no
    key."""

    id: UUID
    project_code: str
    donor_key: str | None

    def contradiction(self, deps: Dependencies, fact: PartnerFact, project_code: str) -> str:
        """Return how a later event contradicts the first one, as a stable code, or "" if it does not.

        `project_code` is our code of the later event's project.
        """
        if project_code != self.project_code:
            return "project_differs"
        key = contact.partner_donor_key(deps.keys, fact)
        return "donor_differs" if fact.donor and self.donor_key not in (None, key) else ""


def _firsts(tx: Tx, donation_ids: Sequence[UUID]) -> dict[UUID, _First]:
    rows = tx.rows_as(
        _First,
        """SELECT d.id, p.code AS project_code, CASE WHEN d.erased_at IS NULL THEN d.donor_key END AS donor_key
             FROM donation d LEFT JOIN project_correction k ON k.donation_id = d.id AND k.number = 1
             JOIN project p ON p.id = coalesce(k.from_project_id, d.project_id)
            WHERE d.id = ANY(:ids) AND d.channel = 'partner'""",
        ids=list(donation_ids),
    )
    return {row.id: row for row in rows}


def _recognise_erased(tx: Tx, deps: Dependencies, intake: Intake) -> None:
    """Count a donor who was erased and gives again as one donor until the campaign publishes its result."""
    donors = {id_: DonorIn(new.campaign_id, new.donor_key) for id_, new in intake.reported.items()}
    erased = keys_after_erasure(tx, deps.keys, donors.values())
    for id_, donor in donors.items() if erased else ():
        if donor in erased:
            intake.reported[id_] = intake.reported[id_]._replace(donor_key=erased[donor])


def _by_message(pair: tuple[InboxMessage, PartnerFact]) -> int:
    return pair[0].id
