"""The management cost of a host in a year, compared with its spending of that year (慈善法 第61条)."""

from typing import NamedTuple

from campaigns.payouts.rules import rules_of
from kernel.db import Tx
from kernel.money import BPS_WHOLE

_WARN_BPS = 9_000  # of the ceiling; our default


class ManagementYear(NamedTuple):
    """A year of a host, in fen. `management` is the numerator.

    The denominator, all spending of the year, is the management cost plus what was paid out to projects and
    townships and did not come back.
    """

    host: str
    name: str
    year: int
    management_minor: int
    paid_minor: int
    most_bps: int
    source: str

    @property
    def spending_minor(self) -> int:
        """The denominator."""
        return self.management_minor + self.paid_minor

    @property
    def share_bps(self) -> int:
        """Management cost as a share of spending, rounded up so that rounding never brings it within the
        ceiling."""
        return -(-self.management_minor * BPS_WHOLE // self.spending_minor) if self.spending_minor else 0

    @property
    def state(self) -> str:
        """`over` above the ceiling, `near` from nine tenths of it, otherwise `within`."""
        if self.share_bps > self.most_bps:
            return "over"
        return "near" if self.share_bps * BPS_WHOLE >= self.most_bps * _WARN_BPS else "within"


def management_years(tx: Tx, host: str | None = None, branch: str | None = None) -> list[ManagementYear]:
    """Return the years of all hosts, of the hosts in a branch, or of one host, newest first."""
    rows = tx.rows(
        """WITH legs AS (
               SELECT a.campaign_id, a.allotted_at AT TIME ZONE 'Asia/Shanghai' AS at,
                      a.management_minor AS management, 0 AS paid FROM allotment a WHERE a.management_minor <> 0
                UNION ALL
               SELECT l.campaign_id, CAST(r.paid_on AS timestamp), 0, r.amount_minor
                 FROM remittance r JOIN payout_plan l ON l.id = r.plan_id WHERE r.state = 'paid'
                UNION ALL
               SELECT u.campaign_id, CAST(u.returned_on AS timestamp), 0, -u.amount_minor FROM surplus_return u)
           SELECT c.host_code, o.name, o.lineage, CAST(extract(year FROM l.at) AS int) AS year,
                  CAST(sum(l.management) AS bigint) AS management, CAST(sum(l.paid) AS bigint) AS paid
             FROM legs l JOIN campaign c ON c.id = l.campaign_id JOIN organisation o ON o.code = c.host_code
            WHERE (CAST(:host AS text) IS NULL OR c.host_code = :host)
              AND (CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)])
            GROUP BY 1, 2, 3, 4 ORDER BY 4 DESC, 1""",
        host=host,
        branch=branch,
    )
    years = []
    for row in rows:
        rules = rules_of(tx, row.lineage)
        money = (row.management, row.paid, rules.management_year_most_bps, rules.management_source)
        years.append(ManagementYear(row.host_code, row.name, row.year, *money))
    return years
