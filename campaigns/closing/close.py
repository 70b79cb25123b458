"""An event closes by itself, phase by phase. Every step is one transaction that holds the event's row with all
its effects, so it happens once, whoever else tries; a scheduler that was down simply catches up."""

from collections.abc import Callable
from datetime import datetime, timedelta

from campaigns.closing.challenges import unlock_met
from campaigns.closing.reconcile import fetch, reconcile
from campaigns.closing.redistribute import redistribute
from campaigns.closing.release import release_match, return_free
from campaigns.closing.reoffer import reoffer
from campaigns.closing.report import write_report
from campaigns.dependencies import Dependencies
from campaigns.donations.expire import expire
from campaigns.donations.process import process_inbox
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.transitions import transition
from campaigns.screening.cases import count_open_cases
from campaigns.screening.screen import screen
from kernel.db import Tx
from ledger.chart import AccountKind
from matching.reveal import reveal

ACTOR = "scheduler"


def close(deps: Dependencies, slug: str | None = None) -> int:
    """Move every campaign (or one) through all phases that are due; answers how many steps were made."""
    with deps.db.transaction() as tx:
        due = tx.rows(
            """SELECT c.id, c.phase FROM campaign c
                WHERE c.phase = ANY(:phases) AND (CAST(:slug AS text) IS NULL OR c.slug = :slug)
                  AND (c.phase <> 'cancelled' OR EXISTS (
                       SELECT FROM pot p JOIN pot_balance b ON b.pot_id = p.id
                        WHERE p.campaign_id = c.id AND b.kind = :free AND b.balance_minor > 0))
                ORDER BY c.id""",
            phases=[str(phase) for phase in _STEPS],
            slug=slug,
            free=str(AccountKind.POT_FREE),
        )
    return sum(_walk(deps, campaign_id, Phase(phase)) for campaign_id, phase in due)


def _walk(deps: Dependencies, campaign_id: int, phase: Phase) -> int:
    """As many steps as are due now."""
    steps = 0
    while phase in _STEPS and (after := _step(deps, campaign_id, phase)) is not None:
        phase = after
        steps += 1
    return steps


def _step(deps: Dependencies, campaign_id: int, phase: Phase) -> Phase | None:
    """One step, or None when none is due. What needs the network is done before the transaction."""
    if phase is Phase.SETTLING:
        _let_finish(deps)
    if phase is Phase.RECONCILING:
        screen(deps)  # nothing is published that nobody has looked at
        if not fetch(deps, campaign_id):
            return None
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        if campaign.phase != phase:
            return Phase(campaign.phase)  # somebody else was faster: go on from there
        to = _STEPS[phase](tx, campaign)
        if to is not None:
            transition(tx, campaign, to, ACTOR)
        return to


def _let_finish(deps: Dependencies) -> None:
    """Work off what came in and let lapse what will not be paid, before the last match is given."""
    while process_inbox(deps):
        pass
    while expire(deps):
        pass


def _after(moment: datetime, seconds: int, now: datetime) -> bool:
    return now >= moment + timedelta(seconds=seconds)


def _open(tx: Tx, campaign: Campaign) -> Phase | None:
    return Phase.OPEN if campaign.opens_at <= tx.now else None


def _end(tx: Tx, campaign: Campaign) -> Phase | None:
    return Phase.ENDED if campaign.ends_at <= tx.now else None


def _settle(tx: Tx, campaign: Campaign) -> Phase | None:
    """Those who were paying at the end may finish."""
    return Phase.SETTLING if _after(campaign.ends_at, campaign.finishing_s, tx.now) else None


def _reconcile(tx: Tx, campaign: Campaign) -> Phase | None:
    """Late messages are in and nobody is paying any more: freed match is offered again, then the books are
    compared."""
    last = campaign.ends_at + timedelta(seconds=campaign.finishing_s + campaign.late_s)
    if tx.now < last:
        return None
    # Only what came in time: another campaign's traffic never stops, and must not hold this one.
    busy = tx.scalar(
        """SELECT EXISTS (SELECT FROM donation WHERE campaign_id = :id AND status IN ('pending', 'paying'))
               OR EXISTS (SELECT FROM inbox_work JOIN inbox_event e ON e.id = inbox_id
                           WHERE state = 'new' AND e.received_at < :last)""",
        id=campaign.id,
        last=last,
    )
    if busy:
        return None
    unlock_met(tx, campaign)
    while reoffer(tx, campaign) + redistribute(tx, campaign):
        pass  # what moved to a better pot left money in a worse one, for those who got none
    return Phase.RECONCILING


def _notice(tx: Tx, campaign: Campaign) -> Phase | None:
    """Every difference is explained and every held match decided: the result is written down and published."""
    assert campaign.id is not None
    if reconcile(tx, campaign) or count_open_cases(tx, campaign.id):
        return None
    reveal(tx, campaign.id)
    write_report(tx, campaign)
    return Phase.NOTICE


def _release(tx: Tx, campaign: Campaign) -> Phase | None:
    if not _after(campaign.phase_since, campaign.notice_s, tx.now):
        return None
    release_match(tx, campaign)
    return Phase.RELEASED


def _give_back(tx: Tx, campaign: Campaign) -> None:
    """A campaign that was called off keeps no match: what nobody holds any more goes back to the funds, now and
    whenever a hold lapses. The phase stays."""
    return_free(tx, campaign)


_STEPS: dict[Phase, Callable[[Tx, Campaign], Phase | None]] = {
    Phase.SCHEDULED: _open,
    Phase.OPEN: _end,
    Phase.ENDED: _settle,
    Phase.SETTLING: _reconcile,
    Phase.RECONCILING: _notice,
    Phase.NOTICE: _release,
    Phase.CANCELLED: _give_back,
}
