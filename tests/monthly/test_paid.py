"""What the bank paid out stands in the monthly statement of each node, and in vouchers."""

from campaigns.accounting.book import book
from campaigns.monthly import reading
from campaigns.monthly.publish import publish_statements
from campaigns.payouts import plans, remittances
from kernel.paging import Page
from tests.payouts.conftest import released
from tests.payouts.test_payouts import approved
from tests.world import World

__all__ = ["released"]


def test_money_that_was_paid_out_leaves_the_statement(released: World) -> None:
    plan_id = approved(released)
    released.do(plans.send, plan_id, "maker")
    first, _second = released.do(plans.remittances_of, plan_id)
    released.do(remittances.mark_paid, first.id, "R-1", released.clock.at.date(), "slip", "maker")
    released.clock.advance(days=31)
    publish_statements(released.deps)
    newest = released.do(reading.statements, None, None, Page(1, 100))[0]
    month = newest[0].month
    county = released.do(reading.published, "4101", month).statement
    other = released.do(reading.published, "4102", month).statement
    assert (county["paid_minor"], other["paid_minor"]) == (290_03, 0)
    assert county["closing_minor"] == 300_03 - 290_03
    assert book(released.deps, "finance").vouchers > 0
    released.check()
