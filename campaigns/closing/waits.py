"""List what a campaign waits for before its next phase, for managers and for the closing itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.closing.bank.bank_waits import count_open_at_bank
from campaigns.closing.cancel import giving_back
from campaigns.closing.models import Cancellation
from campaigns.closing.problems import STATEMENT_UNAVAILABLE, find_problem
from campaigns.closing.publication.objections import count_open
from campaigns.closing.publication.partner_sums import count_contradicted
from campaigns.desks.payment_desk import count_undecided
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.screening.cases import count_open_cases
from kernel.db import Tx


@dataclass(frozen=True, slots=True)
class Wait:
    """One condition that a campaign waits for: a stable code, and a count or a time.

    Codes: `time` (`until`; `detail`: the phase that ends then), `paying` (donations that are being paid),
    `messages` (from outside, unprocessed), `discrepancies` (open), `bank` (differences at the bank about money that
    providers of its gifts sent), `cases` (undecided), `objections` (to the published result, without a reply),
    `partner_sums` (contradictions of platforms, without a reply), `payments` (on the desk, undecided), `statement`
    (the provider's, unread), `failed` (the last run of the step raised: `detail` says what and where, `until`
    when). For a cancelled campaign: `refunds` (under way), `refunds_failed`, `outside` (gifts that partners or the
    federation must give back), `disputes` (open).
    """

    code: str
    count: int = 0
    until: datetime | None = None
    detail: str = ""


class Unfinished(NamedTuple):
    """How many donations are being paid, and how many messages that came in time are unprocessed."""

    paying: int
    messages: int


def last_message_at(campaign: Campaign) -> datetime:
    """Return the time until which messages of payments may arrive: donors finish paying, and providers repeat lost
    messages."""
    return campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s)


def unfinished(tx: Tx, campaign: Campaign) -> Unfinished:
    """Count what must finish before the last match is given.

    Only messages that came in time count, because the traffic of other campaigns never stops and must not hold up
    this one.
    """
    paying = tx.scalar(
        "SELECT count(*) FROM donation WHERE campaign_id = :id AND status IN ('pending', 'paying')", id=campaign.id
    )
    messages = tx.scalar(
        """SELECT count(*) FROM inbox_work JOIN inbox_event e ON e.id = inbox_id
            WHERE state = 'new' AND e.received_at < :last""",
        last=last_message_at(campaign),
    )
    return Unfinished(int(paying), int(messages))


def waits(tx: Tx, campaign: Campaign) -> list[Wait]:
    """Return what a campaign waits for now; empty when its next step is due or no step is left."""
    assert campaign.id is not None
    due_at = _due_at(campaign)
    phase = Phase(campaign.phase)
    waits = [Wait("time", until=due_at, detail=phase)] if due_at is not None and tx.now < due_at else []
    if phase in (Phase.ENDED, Phase.SETTLING):
        left = unfinished(tx, campaign)
        waits += [Wait("paying", left.paying), Wait("messages", left.messages)]
    if phase is Phase.CANCELLED:
        waits += _wind_up_waits(tx, campaign)
    if phase is Phase.RECONCILING:
        waits.append(Wait("discrepancies", _open_discrepancies(tx, campaign.id)))
        waits.append(Wait("bank", count_open_at_bank(tx, campaign, last_message_at(campaign))))
        waits.append(Wait("cases", count_open_cases(tx, campaign.id)))
        waits.append(Wait("payments", count_undecided(tx, campaign.id)))
    if phase is Phase.NOTICE:
        waits.append(Wait("objections", count_open(tx, campaign.id)))
        waits.append(Wait("partner_sums", count_contradicted(tx, campaign.id)))
    waiting = [wait for wait in waits if wait.count or wait.until is not None]
    problem = find_problem(tx, campaign.id)
    if problem is None:
        return waiting
    if problem.code == STATEMENT_UNAVAILABLE:
        return [*waiting, Wait("statement", problem.times, problem.last_at)]
    return [*waiting, Wait("failed", problem.times, problem.last_at, problem.detail)]


def _due_at(campaign: Campaign) -> datetime | None:
    """Return when the next step is due by the clock; None if it does not depend on the clock."""
    match Phase(campaign.phase):
        case Phase.SCHEDULED:
            return campaign.opens_at
        case Phase.OPEN:
            return campaign.ends_at
        case Phase.ENDED:
            return campaign.ends_at + timedelta(seconds=campaign.finishing_s)
        case Phase.SETTLING:
            return last_message_at(campaign)
        case Phase.NOTICE:
            return campaign.notice_until
        case _:
            return None


def _wind_up_waits(tx: Tx, campaign: Campaign) -> list[Wait]:
    """Return what a cancelled campaign waits for: nothing once it is wound up, unless more money comes in."""
    assert campaign.id is not None
    left = giving_back(tx, campaign)
    waits = [
        Wait("paying", left.unpaid),
        Wait("refunds", left.refunding),
        Wait("refunds_failed", left.failed),
        Wait("outside", left.outside),
        Wait("disputes", left.disputed),
    ]
    cancellation = tx.get(Cancellation, campaign.id)
    if cancellation is not None and cancellation.wound_up_at is None:
        waits.append(Wait("discrepancies", _open_discrepancies(tx, campaign.id)))
        waits.append(Wait("payments", count_undecided(tx, campaign.id)))
    return waits


def _open_discrepancies(tx: Tx, campaign_id: int) -> int:
    return int(
        tx.scalar("SELECT count(*) FROM discrepancy WHERE campaign_id = :id AND state = 'open'", id=campaign_id)
    )
