"""What the city and its counties received in a year: money (款) from their published monthly statements, and goods
(物) with their confirmed value. The two are shown side by side and never added."""

from typing import NamedTuple

from kernel.db import Tx


class YearlyFigures(NamedTuple):
    """A year of a node and all nodes below it, in fen. `money` is what donors gave less what was refunded."""

    node: str
    name: str
    year: int
    money_minor: int
    goods_minor: int


def yearly_figures(tx: Tx) -> list[YearlyFigures]:
    """Return each year of the city and of each county, newest first."""
    return tx.rows_as(
        YearlyFigures,
        """WITH received AS (
               SELECT s.organisation_code AS node, CAST(left(s.month, 4) AS int) AS year,
                      CAST(s.statement ->> 'received_minor' AS bigint)
                      - CAST(s.statement ->> 'refunded_minor' AS bigint) AS money, 0 AS goods
                 FROM monthly_statement s
                UNION ALL
               SELECT unnest(p.lineage[1:2]), CAST(extract(year FROM g.received_on) AS int), 0, g.value_minor
                 FROM goods g JOIN project p ON p.id = g.project_id WHERE g.state = 'confirmed')
           SELECT o.code AS node, o.name, r.year, CAST(sum(r.money) AS bigint) AS money_minor,
                  CAST(sum(r.goods) AS bigint) AS goods_minor
             FROM received r JOIN organisation o ON o.code = r.node
            WHERE o.level IN ('city', 'county')
            GROUP BY o.code, o.name, o.lineage, r.year ORDER BY r.year DESC, o.lineage""",
    )
