"""Check pots and reservations. Each check is a query that finds faults; if it returns no rows, the promise
holds."""

from kernel.db import Tx, one_of
from ledger.chart import MATCHED
from ledger.kinds import BACK_IN_POT

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
    "reservations_follow_decisions": """
        SELECT format('reservation %s over %s fen of pot %s, for donation %s, is not what decision %s gave', r.id,
                      r.amount_minor, r.pot_id, r.donation_id, r.decision_id)
          FROM reservation r LEFT JOIN match_decision d ON d.id = r.decision_id
         WHERE d.donation_id IS DISTINCT FROM r.donation_id
            OR NOT d.trace @> jsonb_build_array(jsonb_build_object(
                       'pot', r.pot_id, 'rules', r.rules_id, 'given_minor', r.amount_minor))""",
    "decisions_equal_reservations": """
        SELECT format('decision %s gave %s fen, its reservations are over %s', d.id, g.given, coalesce(r.amount, 0))
          FROM match_decision d
         CROSS JOIN LATERAL (SELECT coalesce(sum(CAST(e ->> 'given_minor' AS bigint)), 0) AS given,
                                    bool_and(CAST(e ->> 'after_minor' AS bigint) =
                                             CAST(e ->> 'before_minor' AS bigint)
                                             - CAST(e ->> 'given_minor' AS bigint)) AS adds_up
                               FROM jsonb_array_elements(d.trace) AS e) AS g
          LEFT JOIN (SELECT decision_id, sum(amount_minor) AS amount FROM reservation GROUP BY 1) AS r
               ON r.decision_id = d.id
         WHERE g.given <> coalesce(r.amount, 0) OR NOT g.adds_up""",
    "movements_equal_reservations": f"""
        SELECT format('%s fen left reservation %s, by its transfers %s', r.amount_minor - r.live_minor, r.id,
                      coalesce(m.back_minor, 0))
          FROM reservation r
          LEFT JOIN (SELECT reservation_id, sum(amount_minor) AS back_minor FROM match_movement
                      WHERE {one_of("kind", BACK_IN_POT)} GROUP BY 1) AS m ON m.reservation_id = r.id
         WHERE r.amount_minor - r.live_minor <> coalesce(m.back_minor, 0)""",
    "transfers_name_their_donation": """
        SELECT format('transfer %s is for donation %s, its reservation %s for %s', m.transfer_id, m.donation_id,
                      m.reservation_id, r.donation_id)
          FROM match_movement m LEFT JOIN reservation r ON r.id = m.reservation_id
         WHERE r.donation_id IS DISTINCT FROM m.donation_id
        UNION ALL
        SELECT format('transfer %s moved reservation %s, which decision %s did not', m.transfer_id,
                      m.reservation_id, m.decision_id)
          FROM match_movement m LEFT JOIN match_decision d ON d.id = m.decision_id
         WHERE m.decision_id IS NOT NULL
           AND (d.donation_id IS DISTINCT FROM m.donation_id
                OR NOT d.trace @> jsonb_build_array(jsonb_build_object(
                           'from', jsonb_build_object('reservation', m.reservation_id))))""",
}


def faults(tx: Tx) -> list[str]:
    """Describe every fault in pots and reservations; empty when there is none."""
    return [f"{name}: {fault}" for name, sql in CHECKS.items() for (fault,) in tx.rows(sql)]
