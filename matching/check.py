"""Check pots and reservations. Each check is a query that finds faults; if it returns no rows, the promise
holds."""

from kernel.db import Tx, one_of
from ledger.chart import MATCHED

CHECKS = {
    "pot_adds_up": """
        SELECT format('pot %s: free + reserved + captured is %s fen, funded were %s', p.id,
                      booked.total, funded.total)
          FROM pot p
         CROSS JOIN LATERAL (SELECT coalesce(sum(balance_minor), 0) AS total FROM pot_balance
                              WHERE pot_id = p.id) AS booked
         CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM pot_funding
                              WHERE pot_id = p.id) AS funded
         WHERE booked.total <> funded.total""",
    "reservations_equal_books": f"""
        SELECT format('pot %s project %s: reservations %s/%s fen, books %s/%s', pot_id, project_id,
                      reserved, captured, book_reserved, book_captured)
          FROM (SELECT coalesce(r.pot_id, b.pot_id) AS pot_id, coalesce(r.project_id, b.project_id) AS project_id,
                       coalesce(r.reserved, 0) AS reserved, coalesce(r.captured, 0) AS captured,
                       coalesce(b.reserved, 0) AS book_reserved, coalesce(b.captured, 0) AS book_captured
                  FROM (SELECT pot_id, project_id,
                               sum(live_minor) FILTER (WHERE state = 'reserved') AS reserved,
                               sum(live_minor) FILTER (WHERE state = 'captured') AS captured
                          FROM reservation GROUP BY 1, 2) AS r
                  FULL JOIN (SELECT pot_id, project_id,
                                    sum(balance_minor) FILTER (WHERE kind = 'pot_reserved') AS reserved,
                                    sum(balance_minor) FILTER (WHERE kind <> 'pot_reserved') AS captured
                               FROM pot_balance WHERE {one_of("kind", MATCHED)} GROUP BY 1, 2) AS b
                    USING (pot_id, project_id)) AS both_sides
         WHERE (reserved, captured) <> (book_reserved, book_captured)""",
    "held_equals_books": """
        SELECT format('pot %s project %s: reservations hold back %s fen, books %s', pot_id, project_id, ours, books)
          FROM (SELECT coalesce(r.pot_id, b.pot_id) AS pot_id, coalesce(r.project_id, b.project_id) AS project_id,
                       coalesce(r.held, 0) AS ours, coalesce(b.held, 0) AS books
                  FROM (SELECT pot_id, project_id, sum(live_minor) AS held
                          FROM reservation WHERE held GROUP BY 1, 2) AS r
                  FULL JOIN (SELECT pot_id, project_id, balance_minor AS held
                               FROM pot_balance WHERE kind = 'pot_held') AS b
                    USING (pot_id, project_id)) AS both_sides
         WHERE ours <> books""",
    "donation_cap_holds": """
        SELECT format('donation %s got %s fen from pot %s beyond its cap', donation_id, given, pot_id)
          FROM (SELECT r.donation_id, r.pot_id, sum(r.live_minor) AS given,
                       max(CAST(v.rules -> 'caps' ->> 'donation_minor' AS bigint)) AS cap,
                       bool_and(v.rules -> 'caps' ? 'donation_minor') AS capped
                  FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
                 WHERE r.state <> 'released' GROUP BY 1, 2) AS g WHERE capped AND given > cap""",
    "donor_day_cap_holds": """
        SELECT format('a donor got %s fen from pot %s on %s beyond the cap of the day', given, pot_id, day)
          FROM (SELECT r.pot_id, r.donor_key, r.day, sum(r.live_minor) AS given,
                       max(CAST(v.rules -> 'caps' ->> 'donor_day_minor' AS bigint)) AS cap,
                       bool_and(v.rules -> 'caps' ? 'donor_day_minor') AS capped
                  FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
                 WHERE r.state <> 'released' GROUP BY 1, 2, 3) AS g WHERE capped AND given > cap""",
    "donor_cap_holds": """
        SELECT format('a donor got %s fen from pot %s beyond the cap', given, pot_id)
          FROM (SELECT r.pot_id, r.donor_key, sum(r.live_minor) AS given,
                       max(CAST(v.rules -> 'caps' ->> 'donor_minor' AS bigint)) AS cap,
                       bool_and(v.rules -> 'caps' ? 'donor_minor') AS capped
                  FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
                 WHERE r.state <> 'released' GROUP BY 1, 2) AS g WHERE capped AND given > cap""",
}


def faults(tx: Tx) -> list[str]:
    """Describe every fault in pots and reservations; empty when there is none."""
    return [f"{name}: {fault}" for name, sql in CHECKS.items() for (fault,) in tx.rows(sql)]
