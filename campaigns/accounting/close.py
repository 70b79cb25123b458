"""Close a month: create its missing vouchers, then prevent further changes."""

from campaigns.accounting import periods
from campaigns.accounting.book import book
from campaigns.accounting.models import AccountingPeriod
from campaigns.accounting.periods import last_day, require_over
from campaigns.dependencies import Dependencies


def close_period(deps: Dependencies, period: str, actor: str) -> AccountingPeriod:
    """Create the vouchers of all days up to the end of a period, and close the period. Idempotent.

    Raises as `campaigns.accounting.periods.close` and `campaigns.accounting.book.book`.
    """
    with deps.db.transaction() as tx:
        require_over(tx, period)
    book(deps, actor, last_day(period))
    with deps.db.transaction() as tx:
        return periods.close(tx, period, actor)
