"""A released campaign without a provider: its gifts are on a statement, its match was disbursed."""

from datetime import timedelta
from typing import Any

from campaigns.closing.disburse import disburse_match
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.report import write_report
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.payouts import payees
from campaigns.payouts.payees import NewAccount
from campaigns.payouts.rules import set_split
from campaigns.payouts.split import Shares
from kernel.db import Tx
from tests.world import ACTOR, World

ACCOUNT = NewAccount("栾川县慈善会", "中国建设银行栾川支行", "105493000010", "4100 1234 5678 9012 345")
HOST_ACCOUNT = NewAccount("洛阳市慈善总会", "中国银行洛阳分行", "104493004019", "2583 0011 2233 4455")
SPLIT = Shares(8_000, 1_500, 500)
BEGAN = timedelta(days=-1)


def split(world: World, project: int = 0, shares: Shares = SPLIT) -> None:
    world.do(set_split, world.projects[project], shares, world.clock.at + BEGAN, "agreed", ACTOR)


def split_from_now(world: World, project: int = 0) -> None:
    world.do(set_split, world.projects[project], SPLIT, None, "agreed", ACTOR)


def on_statement(tx: Tx) -> None:
    """The provider's statement shows every paid gift, with a fee of 0.6 %."""
    tx.run(
        """INSERT INTO provider_line (provider, kind, line_id, source_id, payment_intent, donation_id, amount_minor,
                                      fee_minor, currency, occurred_at, fetched_at)
           SELECT d.provider, 'charge', 'txn_' || d.id, 'ch_' || d.id, d.payment_intent, d.id, d.amount_minor,
                  d.amount_minor * 6 / 1000, 'CNY', d.paid_at, d.paid_at
             FROM donation d WHERE d.paid_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM provider_line l WHERE l.donation_id = d.id)"""
    )


def release(world: World) -> None:
    """The campaign's gifts are on a statement, and its match is disbursed."""

    def do(tx: Tx) -> None:
        on_statement(tx)
        campaign = lock_campaign(tx, world.slug)
        campaign.phase = "released"
        tx.add(campaign)
        reconcile(tx, campaign)
        write_report(tx, campaign)
        tx.run(
            """INSERT INTO campaign_history (campaign_id, from_phase, to_phase, at, actor)
               SELECT id, 'notice', 'released', now(), 'test' FROM campaign WHERE slug = :slug""",
            slug=world.slug,
        )
        disburse_match(tx, campaign)

    world.do(do)


def account(world: World, code: str, new: NewAccount = ACCOUNT) -> int:
    """The organisation is paid into this account."""

    def do(tx: Tx) -> Any:
        return payees.confirm(tx, payees.propose(tx, world.deps.keys, code, new, ACTOR).id or 0, "second")

    payee_id: int = world.do(do).id
    return payee_id


def sums(world: World) -> dict[str, int]:
    """Kind of account -> the sum of its balances, of all that is about money out."""
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT kind, CAST(sum(balance_minor) AS bigint) AS minor FROM ledger_account
                WHERE campaign_id IS NOT NULL OR kind = 'bank' GROUP BY kind HAVING sum(balance_minor) <> 0"""
        )
    )
    return {row.kind: row.minor for row in rows}


def host(world: World, code: str) -> None:
    """This organisation hosts the campaign, in which the third village does not take part."""

    def do(tx: Tx) -> None:
        campaign = lock_campaign(tx, world.slug)
        campaign.host_code = code
        tx.add(campaign)
        tx.run("DELETE FROM campaign_entry WHERE project_id = :project", project=world.projects[2])

    world.do(do)
