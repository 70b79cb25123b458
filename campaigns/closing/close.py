"""Close campaigns, phase by phase.

Every step is one transaction that locks the campaign and contains all effects of the step, so concurrent runs make
it once. A scheduler that was down catches up.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from campaigns.closing.bank.bank_waits import count_open_at_bank
from campaigns.closing.challenges import unlock_met_challenges
from campaigns.closing.disburse import disburse_match
from campaigns.closing.problems import (
    STATEMENT_UNAVAILABLE,
    STEP_FAILED,
    StatementUnavailable,
    clear_problem,
    record_problem,
)
from campaigns.closing.publication.objections import count_open
from campaigns.closing.publication.partner_sums import count_contradicted
from campaigns.closing.reconciliation.fetch_statement import fetch_statement
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.redistribute import redistribute
from campaigns.closing.reoffer import reoffer
from campaigns.closing.report import write_report
from campaigns.closing.restore import dequeue_restores
from campaigns.closing.waits import last_message_at, unfinished
from campaigns.closing.wind_up import wind_up
from campaigns.dependencies import Dependencies
from campaigns.desks.payment_desk import count_undecided
from campaigns.donations.unpaid.expire import expire
from campaigns.intake.process import process_inbox
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.lifecycle.transitions import transition
from campaigns.screening.cases import count_open_cases
from campaigns.screening.screen import screen
from kernel.db import Tx
from kernel.failures import failure_of
from ledger.chart import AccountKind
from matching.reveal import reveal_seeds

ACTOR = "scheduler"
log = structlog.get_logger("closing")


def close(deps: Dependencies, slug: str | None = None) -> int:
    """Move every campaign (or one) through all phases that are due; return how many steps were made.

    A failing step does not stop other campaigns: the failure is logged and stored for the campaign's managers. The
    first exception is raised again after all campaigns were processed, so that the run counts as failed.
    """
    with deps.db.transaction() as tx:
        # Compare the times without a lock first: the exclusive lock of an open campaign waits for all donations
        # being processed, and makes those after them wait.
        due = tx.rows(
            """SELECT c.id, c.slug, c.phase, p.campaign_id IS NOT NULL AS had_problem
                 FROM campaign c LEFT JOIN closing_problem p ON p.campaign_id = c.id
                WHERE c.phase = ANY(:phases) AND (CAST(:slug AS text) IS NULL OR c.slug = :slug)
                  AND (CASE c.phase WHEN 'scheduled' THEN c.opens_at <= :now
                                    WHEN 'open' THEN c.ends_at <= :now ELSE TRUE END
                       OR p.campaign_id IS NOT NULL)
                  AND (c.phase <> 'cancelled'
                       OR EXISTS (SELECT FROM pot p JOIN pot_balance b ON b.pot_id = p.id
                                   WHERE p.campaign_id = c.id AND b.kind = :free AND b.balance_minor > 0)
                       OR EXISTS (SELECT FROM campaign_cancellation w
                                    LEFT JOIN campaign_tally t USING (campaign_id)
                                   WHERE w.campaign_id = c.id AND (w.wound_up_at IS NULL OR t.donations > 0)))
                ORDER BY c.id""",
            phases=[str(phase) for phase in (*_STEPS, Phase.CANCELLED)],
            slug=slug,
            free=str(AccountKind.POT_FREE),
            now=tx.now,
        )
    steps, failures = 0, []
    for row in due:
        try:
            steps += _advance(deps, row.id, Phase(row.phase))
            if row.had_problem:
                clear_problem(deps, row.id)
        except StatementUnavailable:
            record_problem(deps, row.id, STATEMENT_UNAVAILABLE)
        except Exception as error:
            failure = failure_of(error)
            log.error("closing_failed", campaign=row.slug, error=failure.kind, at=failure.place)
            record_problem(deps, row.id, STEP_FAILED, str(failure))
            failures.append(error)
    if failures:
        raise failures[0]
    return steps


def _advance(deps: Dependencies, campaign_id: int, phase: Phase) -> int:
    """Make all steps that are due now and return how many. A cancelled campaign is wound up instead."""
    if phase is Phase.CANCELLED:
        return wind_up(deps, campaign_id)
    steps = 0
    while phase in _STEPS and (after := _step(deps, campaign_id, phase)) is not None:
        phase = after
        steps += 1
    return steps


def _step(deps: Dependencies, campaign_id: int, phase: Phase) -> Phase | None:
    """Make one step and return the next phase; None if no step is due. Network calls happen before the
    transaction."""
    if phase is Phase.SETTLING:
        _process_everything(deps)
    if phase is Phase.RECONCILING:
        screen(deps)  # nothing is published before it was screened
        if not fetch_statement(deps, campaign_id):
            raise StatementUnavailable
    with deps.db.transaction() as tx:
        campaign = lock_campaign_by_id(tx, campaign_id)
        if campaign.phase != phase:
            return Phase(campaign.phase)  # a concurrent run was faster: continue from there
        to = _STEPS[phase](tx, campaign)
        if to is not None:
            transition(tx, campaign, to, ACTOR)
        return to


def _process_everything(deps: Dependencies) -> None:
    """Process the inbox and expire unpaid donations before the last match is given."""
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
    """Wait until donors who were paying at the end had time to finish."""
    return Phase.SETTLING if _after(campaign.ends_at, campaign.finishing_s, tx.now) else None


def _reconcile(tx: Tx, campaign: Campaign) -> Phase | None:
    """Once late messages are in and no donor is paying any more, offer freed match again; the comparison of books
    follows."""
    if tx.now < last_message_at(campaign) or any(unfinished(tx, campaign)):
        return None
    unlock_met_challenges(tx, campaign)
    assert campaign.id is not None
    dequeue_restores(tx, campaign.id)  # donations whose money came back are among those offered match now
    while reoffer(tx, campaign) + redistribute(tx, campaign):
        pass  # match that moved to a better pot frees money in a worse one for unmatched donations
    return Phase.RECONCILING


def _notice(tx: Tx, campaign: Campaign) -> Phase | None:
    """Store and publish the result once every difference (including those at the bank) is explained and every case
    and payment on the desk is decided."""
    assert campaign.id is not None
    if reconcile(tx, campaign) or count_open_at_bank(tx, campaign, last_message_at(campaign)):
        return None
    if count_open_cases(tx, campaign.id) or count_undecided(tx, campaign.id):
        return None
    reveal_seeds(tx, campaign.id)
    write_report(tx, campaign)
    return Phase.NOTICE


def _disburse(tx: Tx, campaign: Campaign) -> Phase | None:
    assert campaign.id is not None
    if not _after(campaign.phase_since, campaign.notice_s, tx.now):
        return None
    if count_open(tx, campaign.id) or count_contradicted(tx, campaign.id):
        return None
    disburse_match(tx, campaign)
    return Phase.RELEASED


_STEPS: dict[Phase, Callable[[Tx, Campaign], Phase | None]] = {
    Phase.SCHEDULED: _open,
    Phase.OPEN: _end,
    Phase.ENDED: _settle,
    Phase.SETTLING: _reconcile,
    Phase.RECONCILING: _notice,
    Phase.NOTICE: _disburse,
}
