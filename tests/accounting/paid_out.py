"""A campaign that was closed, divided, paid out and booked, with odd sums; and what the books hold of it."""

from typing import Any, NamedTuple

import pytest

from campaigns.accounting.book import book
from campaigns.closing.reconciliation import discrepancies
from campaigns.lifecycle.campaign import find_campaign
from campaigns.monthly.publish import publish_statements
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.models import Remittance
from campaigns.payouts.rules import set_split
from campaigns.payouts.split import Shares
from campaigns.spending import vouchers
from campaigns.spending.vouchers import Photo, Voucher
from kernel.clock import local_day
from kernel.db import Tx
from ledger.chart import AccountKind
from tests.payouts.released import HOST_ACCOUNT, account, release
from tests.world import ACTOR, SLUG, World

SPENT_MINOR = 30_05


class Books(NamedTuple):
    """Balances in fen: per kind of account, per project and kind, and of the provider's lines."""

    kinds: dict[str, int]
    projects: dict[int, dict[str, int]]
    stated_minor: int
    fee_minor: int

    @property
    def raised(self) -> int:
        return self.kinds["donations"]

    @property
    def matched(self) -> int:
        return self.kinds["pot_released"]

    @property
    def total(self) -> int:
        return self.raised + self.matched

    @property
    def left(self) -> int:
        """What may still be paid out."""
        return self.kinds["share_project"] + self.kinds["share_township"]

    @property
    def divided(self) -> int:
        return -self.kinds["allotted"]

    @property
    def paid(self) -> int:
        """What was divided and is neither with the host nor to be paid out."""
        return self.divided - self.left - self.kinds["share_management"] - self.kinds["payable"]


def line(tx: Tx, kind: str, line_id: str, donation: Any, amount_minor: int, fee_minor: int) -> None:
    """A line of the provider's statement."""
    tx.run(
        """INSERT INTO provider_line (provider, kind, line_id, source_id, donation_id, payment_intent, amount_minor,
                                      fee_minor, currency, occurred_at, fetched_at)
           VALUES ('stripe', :kind, :line, :line, :donation, :intent, :amount, :fee, 'CNY', :now, :now)""",
        kind=kind,
        line=line_id,
        donation=donation,
        intent=f"pi_{donation.hex}" if donation else None,
        amount=amount_minor,
        fee=fee_minor,
        now=tx.now,
    )


@pytest.fixture
def closed(world: World) -> World:
    """Odd sums, a refund in part, two differences that were signed off; divided, paid out, returned and paid
    again, some of it spent; the month is over, its statements are published and its vouchers made."""
    world.pot(150_03)
    for project in world.projects[:2]:
        world.do(set_split, project, Shares(8_000, 1_500, 500), None, "agreed", ACTOR)
    gifts = [world.give(amount, nth) for amount, nth in ((100_01, 0), (33_33, 1), (50_07, 2), (20_00, 0))]
    for gift in gifts:
        world.pay(gift)
    world.refund(gifts[3], 7_77)
    world.do(line, "charge", "txn_other", gifts[3].id, 21_00, 12)
    world.do(line, "refund", "txn_refund", gifts[3].id, -7_77, 0)
    world.do(line, "charge", "txn_stray", None, 8_88, 5)
    release(world)
    campaign = world.do(find_campaign, SLUG)
    for difference in world.do(discrepancies.listed, campaign.id, "open")[0]:
        world.do(discrepancies.sign_off, difference.id, "as the provider states", "finance")
    allot(world.deps)
    for code in ("4101", "4102"):
        account(world, code)
    account(world, "41", HOST_ACCOUNT)
    pay_out(world)
    spending = Voucher(SPENT_MINOR, world.clock.at.date(), "NO. 1", "food", "")
    entered = world.do(vouchers.enter, world.projects[0], spending, Photo("f" * 32, "hash"), "liaison")
    world.do(vouchers.check, entered.id, "finance")
    world.clock.advance(days=31)
    publish_statements(world.deps)
    book(world.deps, "finance")
    world.check()
    return world


def pay_out(world: World) -> None:
    """Both counties are paid, both payments come back; then one is paid again, and the bank refuses the other."""
    for row in send_plan(world):
        mark_paid(world, row)
        world.do(remittances.mark_returned, row.id, local_day(world.clock.at), "wrong account", "maker")
    first, second = send_plan(world)
    mark_paid(world, first)
    world.do(remittances.refuse, second.id, "account closed", "maker")


def send_plan(world: World) -> list[Remittance]:
    """Whatever may be paid out is on its way."""
    plan = world.do(plans.make_plan, SLUG, "maker")
    world.do(plans.approve, plan.id, "checker")
    world.do(plans.send, plan.id, "maker")
    rows: list[Remittance] = world.do(plans.remittances_of, plan.id)
    return rows


def mark_paid(world: World, row: Remittance) -> None:
    world.do(remittances.mark_paid, row.id, f"R-{row.id}", world.clock.at.date(), "slip", "maker")


def books_of(tx: Tx) -> Books:
    kinds = dict.fromkeys(map(str, AccountKind), 0)
    kinds |= dict(tx.rows("SELECT kind, CAST(sum(balance_minor) AS bigint) FROM ledger_account GROUP BY kind"))
    projects: dict[int, dict[str, int]] = {}
    for row in tx.rows(
        """SELECT project_id, kind, CAST(sum(balance_minor) AS bigint) AS minor FROM ledger_account
            WHERE project_id IS NOT NULL GROUP BY 1, 2"""
    ):
        projects.setdefault(row.project_id, {})[row.kind] = row.minor
    [stated] = tx.rows("SELECT sum(amount_minor) AS minor, sum(fee_minor) AS fee FROM provider_line")
    return Books(kinds, projects, int(stated.minor), int(stated.fee))
