"""Divide the income of a released campaign's projects among their shares (分账).

The totals of a campaign stay unchanged: the shares are credited from `allotted`, which shows how much of a
project's donations and match was passed on. Later changes (a refund, a late donation) are divided by another step.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.payouts.models import Allotment, FeesFrom, SplitRule
from campaigns.payouts.rules import rules_of_campaign, shares_of, splits_at
from campaigns.payouts.split import ACCOUNTS, Parts, divide
from kernel.bulk import insert_rows
from kernel.db import Tx
from ledger.chart import AccountKind, allotted, share
from ledger.kinds import TransferKind
from ledger.post import Transfer, post

RELEASED = (Phase.RELEASED, Phase.ARCHIVED)


class Income(NamedTuple):
    """The income of a project in a campaign, how much of it no statement shows yet, and how much was divided
    (fen), by which rule (None: our default) and in how many steps."""

    project_id: int
    raised_minor: int
    matched_minor: int
    unproven_minor: int
    fees_minor: int
    divided: Parts
    rule_id: int | None
    steps: int

    @property
    def to_divide_minor(self) -> int:
        return self.raised_minor + self.matched_minor - self.unproven_minor


class Step(NamedTuple):
    """What the shares of a project gain or lose now, and by which rule."""

    income: Income
    rule: SplitRule | None
    parts: Parts


def allot(deps: Dependencies) -> int:
    """Divide the undivided income of projects in released campaigns; return for how many projects."""
    with deps.db.transaction() as tx:
        released = col(Campaign.phase).in_([str(phase) for phase in RELEASED])
        due = [
            campaign.id for campaign in tx.all(select(Campaign).where(released)) if next(_steps(tx, campaign), None)
        ]
    return sum(_allot_by_id(deps, campaign_id) for campaign_id in due if campaign_id)


def _allot_by_id(deps: Dependencies, campaign_id: int) -> int:
    with deps.db.transaction() as tx:
        return allot_campaign(tx, lock_campaign_by_id(tx, campaign_id))


def allot_campaign(tx: Tx, campaign: Campaign) -> int:
    """Divide the undivided income of a locked campaign's projects; return for how many projects.

    Idempotent. Does nothing if the campaign is not released. Posts to the ledger.
    """
    if campaign.phase not in RELEASED:
        return 0
    steps = list(_steps(tx, campaign))
    if steps:
        _store(tx, campaign, steps)
        post(tx, [transfer for step in steps for transfer in _transfers(campaign.id or 0, step)])
    return len(steps)


def _steps(tx: Tx, campaign: Campaign) -> Iterator[Step]:
    """Yield the necessary changes. A share cannot give back what it has spent; the rest is tried again later."""
    incomes = incomes_of(tx, campaign)
    rules = _rules(tx, campaign, incomes)
    left = balances(tx, campaign.id or 0)
    for income in incomes:
        rule = rules.get(income.project_id)
        due = divide(income.to_divide_minor, income.fees_minor, shares_of(rule)).minus(income.divided)
        least = Parts(*(-left.get((income.project_id, kind), 0) for kind in ACCOUNTS))
        parts = due.not_below(least)
        if any(parts):
            yield Step(income, rule, parts)


def _rules(tx: Tx, campaign: Campaign, incomes: list[Income]) -> dict[int, SplitRule]:
    """Return project id -> its rule. Money that was divided once keeps its rule, whatever rules are added later."""
    kept_ids = {income.rule_id for income in incomes if income.rule_id}
    kept = {rule.project_id: rule for rule in tx.all(select(SplitRule).where(col(SplitRule.id).in_(kept_ids)))}
    undivided = [income.project_id for income in incomes if not income.steps]
    return kept | splits_at(tx, campaign.opens_at, undivided)


def incomes_of(tx: Tx, campaign: Campaign) -> list[Income]:
    """Return the income of each project of a campaign.

    Donations that no statement shows yet are not divided: late ones, and those whose difference was signed off.
    """
    rows = tx.rows(
        """WITH money AS (
               SELECT project_id, raised_minor, 0 AS matched FROM project_raised WHERE campaign_id = :campaign
                UNION ALL
               SELECT b.project_id, 0, b.balance_minor FROM pot p JOIN pot_balance b ON b.pot_id = p.id
                WHERE p.campaign_id = :campaign AND b.kind = :released),
           came AS (SELECT project_id, CAST(sum(raised_minor) AS bigint) AS raised,
                           CAST(sum(matched) AS bigint) AS matched FROM money GROUP BY 1),
           unproven AS (
               SELECT d.project_id, CAST(sum(d.amount_minor - d.refunded_minor) AS bigint) AS minor FROM donation d
                WHERE d.campaign_id = :campaign AND d.status IN ('paid', 'disputed')
                  AND NOT EXISTS (SELECT FROM provider_line l WHERE l.donation_id = d.id AND l.kind = 'charge')
                GROUP BY 1),
           done AS (
               SELECT project_id, CAST(sum(project_minor) AS bigint) AS project,
                      CAST(sum(township_minor) AS bigint) AS township,
                      CAST(sum(management_minor) AS bigint) AS management, CAST(sum(fees_minor) AS bigint) AS fees,
                      (array_agg(rule_id ORDER BY number DESC))[1] AS rule_id, count(*) AS steps
                 FROM allotment WHERE campaign_id = :campaign GROUP BY 1)
           SELECT c.project_id, c.raised, c.matched, coalesce(u.minor, 0) AS unproven, d.project, d.township,
                  d.management, d.fees, d.rule_id, coalesce(d.steps, 0) AS steps
             FROM came c LEFT JOIN unproven u USING (project_id) LEFT JOIN done d USING (project_id)
            ORDER BY c.project_id""",
        campaign=campaign.id,
        released=str(AccountKind.POT_RELEASED),
    )
    fees = _fees(tx, campaign) if fees_from(tx, campaign) is FeesFrom.GIFTS else {}
    return [
        Income(
            row.project_id,
            row.raised,
            row.matched,
            row.unproven,
            fees.get(row.project_id, 0),
            Parts(row.project or 0, row.township or 0, row.management or 0, row.fees or 0),
            row.rule_id,
            row.steps,
        )
        for row in rows
    ]


def fees_from(tx: Tx, campaign: Campaign) -> FeesFrom:
    """Return who bears providers' fees: as in the campaign's first step, before that by the host's rules. So a
    changed rule divides nothing anew."""
    steps = select(Allotment).where(Allotment.campaign_id == campaign.id)
    first = tx.first(steps.order_by(col(Allotment.id)).limit(1))
    if first is None:
        return FeesFrom(rules_of_campaign(tx, campaign).fees_from)
    if first.fees_from is not None:
        return FeesFrom(first.fees_from)
    # An earlier version did not store it: whether any fee was taken out of the gifts tells.
    taken = tx.first(steps.where(Allotment.fees_minor != 0).limit(1))
    return FeesFrom.HOST if taken is None else FeesFrom.GIFTS


def _fees(tx: Tx, campaign: Campaign) -> Mapping[int, int]:
    """Return project id -> what providers kept of its donations according to their statements, in fen."""
    rows = tx.rows(
        """SELECT d.project_id,
                  CAST(sum(l.fee_minor - CASE l.kind WHEN 'fee' THEN l.amount_minor ELSE 0 END) AS bigint) AS minor
             FROM donation d JOIN provider_line l ON l.donation_id = d.id AND l.provider = d.provider
            WHERE d.campaign_id = :campaign AND coalesce(l.fee_currency, l.currency) = d.currency GROUP BY 1""",
        campaign=campaign.id,
    )
    return {row.project_id: row.minor for row in rows}


def balances(tx: Tx, campaign_id: int) -> dict[tuple[int, AccountKind], int]:
    """Return (project id, share) -> the share's money that is not set aside for a payout, in fen."""
    rows = tx.rows(
        """SELECT project_id, kind, balance_minor FROM share_balance
            WHERE campaign_id = :campaign AND kind = ANY(:kinds)""",
        campaign=campaign_id,
        kinds=list(ACCOUNTS),
    )
    return {(row.project_id, AccountKind(row.kind)): row.balance_minor for row in rows}


def _store(tx: Tx, campaign: Campaign, steps: list[Step]) -> None:
    values = {
        "project_id": [step.income.project_id for step in steps],
        "number": [step.income.steps + 1 for step in steps],
        "rule_id": [step.rule.id if step.rule else None for step in steps],
        "fees_from": str(fees_from(tx, campaign)),
    }
    values |= {name: [getattr(step.parts, name) for step in steps] for name in Parts._fields}
    insert_rows(tx, Allotment, {**values, "campaign_id": campaign.id, "allotted_at": tx.now})


def _transfers(campaign_id: int, step: Step) -> Iterator[Transfer]:
    project_id = step.income.project_id
    source = allotted(campaign_id, project_id)
    for kind, amount_minor in zip(ACCOUNTS, step.parts, strict=True):
        key = f"allotment:{campaign_id}:{project_id}:{step.income.steps + 1}:{kind}"
        to = share(kind, campaign_id, project_id)
        if amount_minor > 0:
            yield Transfer(key, source, to, amount_minor, TransferKind.MONEY_ALLOTTED)
        elif amount_minor < 0:
            yield Transfer(key, to, source, -amount_minor, TransferKind.ALLOTMENT_CORRECTED)
