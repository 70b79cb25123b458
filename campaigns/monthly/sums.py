"""The sums of a month for all nodes of the network: of projects, of funds, and of money moved between them.

`:after` and `:last` bound the transfers of the month, `:moves_after` those of moved money, which the first
statements that list it include from the beginning. `:before` is when the statements of the previous month were
created. The opening of a project or fund belongs to the node where it was then, later movements to the node where
it is now; if these differ, the opening is counted as moved.
"""

from datetime import datetime
from typing import NamedTuple

from campaigns.monthly.figures import FundLine, Move, NodeLine
from kernel.db import Tx


class Range(NamedTuple):
    """The transfers of a month's statements, and when those of the previous month were created (None: never)."""

    month: str
    after: int
    last: int
    moves_after: int
    before: datetime | None


def lines_of(tx: Tx, due: Range) -> list[NodeLine]:
    """Return the lines of all nodes. Call `count_spending` before."""
    return tx.rows_as(NodeLine, f"WITH {_SUMS} {_LINES}", **due._asdict())


def funds_of(tx: Tx, due: Range) -> list[FundLine]:
    """Return the funds of all nodes. A fund without an owner is the federation's and belongs to the root."""
    return tx.rows_as(FundLine, f"WITH {_FUND_SUMS} {_FUNDS}", **due._asdict())


def moves_of(tx: Tx, due: Range) -> list[Move]:
    """Return moved money, summed by what it was moved between."""
    return tx.rows_as(Move, f"WITH {_SUMS}, {_FUND_SUMS}, {_MOVES}", **due._asdict())


def count_spending(tx: Tx, month: str) -> None:
    """Count each project's checked spending that no statement has yet, less what was sent back since."""
    tx.run(
        """INSERT INTO statement_spending (month, project_id, spent_minor)
           SELECT :month, project_id, sum(minor) FROM (
                  SELECT project_id, amount_minor AS minor FROM spending WHERE state = 'checked'
                   UNION ALL
                  SELECT project_id, -spent_minor FROM statement_spending) AS counted
            GROUP BY project_id HAVING sum(minor) <> 0""",
        month=month,
    )


# A corrected donation was received by its first project and moved to the other; nothing was returned to its donor.
_SUMS = """
    moved_between AS (
        SELECT *, transfer_id > CASE kind WHEN 'donation_moved' THEN CAST(:after AS bigint)
                                          ELSE CAST(:moves_after AS bigint) END AS fresh,
               transfer_id > :after AS recent
          FROM moved_money WHERE transfer_id <= :last),
    legs AS (
        SELECT project_id, transfer_id > :after AS fresh,
               coalesce(sum(delta_minor) FILTER (WHERE delta_minor > 0), 0) AS received,
               coalesce(sum(-delta_minor) FILTER (WHERE delta_minor < 0), 0) AS refunded,
               0 AS matched, 0 AS paid, 0 AS moved
          FROM donation_movement WHERE transfer_id <= :last AND kind <> 'donation_moved' GROUP BY 1, 2
         UNION ALL
        SELECT project_id, transfer_id > :after, 0, 0, sum(delta_minor), 0, 0
          FROM earned_movement WHERE transfer_id <= :last GROUP BY 1, 2
         UNION ALL
        SELECT project_id, transfer_id > :after, 0, 0, 0,
               sum(CASE WHEN kind = 'remittance_paid' THEN amount_minor ELSE -amount_minor END), 0
          FROM journal_movement
         WHERE kind IN ('remittance_paid', 'remittance_returned', 'surplus_returned') AND transfer_id <= :last
         GROUP BY 1, 2
         UNION ALL
        SELECT to_project_id, fresh, 0, 0, 0, 0, sum(amount_minor) FROM moved_between
         WHERE to_project_id IS NOT NULL GROUP BY 1, 2
         UNION ALL
        SELECT from_project_id, fresh, 0, 0, 0, 0, -sum(amount_minor) FROM moved_between
         WHERE from_project_id IS NOT NULL GROUP BY 1, 2
         UNION ALL
        SELECT project_id, true, 0, 0, 0, 0, 0 FROM statement_spending WHERE month = :month),
    sums AS (
        SELECT p.id AS project_id, p.code, p.name, p.lineage AS stands, coalesce(m.lineage, p.lineage) AS stood,
               coalesce(sum(l.received - l.refunded + l.matched - l.paid + l.moved) FILTER (WHERE NOT l.fresh), 0)
                   AS opening,
               coalesce(sum(l.received) FILTER (WHERE l.fresh), 0) AS received,
               coalesce(sum(l.refunded) FILTER (WHERE l.fresh), 0) AS refunded,
               coalesce(sum(l.matched) FILTER (WHERE l.fresh), 0) AS matched,
               coalesce(sum(l.paid) FILTER (WHERE l.fresh), 0) AS paid,
               coalesce(sum(l.moved) FILTER (WHERE l.fresh), 0) AS moved,
               coalesce((SELECT spent_minor FROM statement_spending s
                          WHERE s.month = :month AND s.project_id = p.id), 0) AS spent
          FROM legs l JOIN project p ON p.id = l.project_id
          LEFT JOIN LATERAL (SELECT lineage FROM project_move
                              WHERE project_id = p.id AND moved_at > CAST(:before AS timestamptz)
                              ORDER BY id LIMIT 1) m ON true
         GROUP BY p.id, m.lineage)"""

# Every project counts for each node of its lineage, in the line of the next lower node or in its own line.
_LINES = """
    SELECT node, coalesce(o.code, s.code) AS code, coalesce(o.name, s.name) AS name,
           CAST(sum(opening) AS bigint) AS opening_minor, CAST(sum(received) AS bigint) AS received_minor,
           CAST(sum(refunded) AS bigint) AS refunded_minor, CAST(sum(matched) AS bigint) AS matched_minor,
           CAST(sum(paid) AS bigint) AS paid_minor, CAST(sum(moved) AS bigint) AS moved_minor,
           CAST(sum(opening + received - refunded + matched - paid + moved) AS bigint) AS closing_minor,
           CAST(sum(spent) AS bigint) AS spent_minor
      FROM (SELECT n.code AS node, stood[n.place + 1] AS below, s.code, s.name, opening, 0 AS received,
                   0 AS refunded, 0 AS matched, 0 AS paid,
                   CASE WHEN stood = stands THEN 0 ELSE -opening END AS moved, 0 AS spent
              FROM sums s CROSS JOIN LATERAL unnest(stood) WITH ORDINALITY AS n(code, place)
             UNION ALL
            SELECT n.code, stands[n.place + 1], s.code, s.name, 0, received, refunded, matched, paid,
                   moved + CASE WHEN stood = stands THEN 0 ELSE opening END, spent
              FROM sums s CROSS JOIN LATERAL unnest(stands) WITH ORDINALITY AS n(code, place)) AS s
      LEFT JOIN organisation o ON o.code = s.below
     GROUP BY node, coalesce(o.code, s.code), coalesce(o.name, s.name)
     ORDER BY node, closing_minor DESC, 2"""

_FUND_SUMS = """
    fund_sums AS (
        SELECT f.id AS fund_id, f.name, coalesce(f.organisation_code, r.code) AS owner,
               coalesce(m.organisation_code, f.organisation_code, r.code) AS owned,
               sum(v.delta_minor) FILTER (WHERE NOT v.fresh) AS opening,
               sum(v.delta_minor) FILTER (WHERE v.fresh AND NOT v.moved AND v.delta_minor > 0) AS came,
               sum(-v.delta_minor) FILTER (WHERE v.fresh AND NOT v.moved AND v.delta_minor < 0) AS went,
               sum(v.delta_minor) FILTER (WHERE v.fresh AND v.moved) AS moved
          FROM fund f
          JOIN (SELECT fund_id, delta_minor, transfer_id > :after AS fresh,
                       kind IN ('fund_moved', 'surplus_to_fund') AS moved
                  FROM fund_movement WHERE transfer_id <= :last) AS v ON v.fund_id = f.id
          LEFT JOIN organisation r ON r.parent_code IS NULL
          LEFT JOIN LATERAL (SELECT organisation_code FROM fund_move
                              WHERE fund_id = f.id AND moved_at > CAST(:before AS timestamptz)
                              ORDER BY id LIMIT 1) m ON true
         WHERE coalesce(f.organisation_code, r.code) IS NOT NULL
         GROUP BY f.id, r.code, m.organisation_code)"""

_FUNDS = """
    SELECT node, name, CAST(sum(opening) AS bigint) AS opening_minor, CAST(sum(came) AS bigint) AS in_minor,
           CAST(sum(went) AS bigint) AS out_minor, CAST(sum(moved) AS bigint) AS moved_minor,
           CAST(sum(opening + came - went + moved) AS bigint) AS closing_minor
      FROM (SELECT owned AS node, fund_id, name, coalesce(opening, 0) AS opening, 0 AS came, 0 AS went,
                   CASE WHEN owned = owner THEN 0 ELSE -coalesce(opening, 0) END AS moved FROM fund_sums
             UNION ALL
            SELECT owner, fund_id, name, 0, coalesce(came, 0), coalesce(went, 0),
                   coalesce(moved, 0) + CASE WHEN owned = owner THEN 0 ELSE coalesce(opening, 0) END
              FROM fund_sums) AS legs
     GROUP BY node, fund_id, name ORDER BY node, fund_id"""

# `left_of` and `came_to` are the nodes that the money leaves and reaches.
_MOVES = """
    of_month AS (
        SELECT kind, from_project_id, to_project_id, from_fund_id, to_fund_id, fresh, recent,
               sum(amount_minor) AS minor
          FROM moved_between WHERE fresh OR recent GROUP BY 1, 2, 3, 4, 5, 6, 7),
    named AS (
        SELECT m.kind AS way, m.minor, m.fresh, m.recent, coalesce(a.name || ' ' || a.code, fa.name) AS source,
               coalesce(b.name || ' ' || b.code, fb.name) AS target, a.lineage AS from_places,
               b.lineage AS to_places, fa.owner AS from_owner, fb.owner AS to_owner
          FROM of_month m
          LEFT JOIN project a ON a.id = m.from_project_id LEFT JOIN project b ON b.id = m.to_project_id
          LEFT JOIN fund_sums fa ON fa.fund_id = m.from_fund_id
          LEFT JOIN fund_sums fb ON fb.fund_id = m.to_fund_id),
    merged AS (
        SELECT s.opening AS minor, s.stood, s.stands,
               (SELECT min(place) FROM generate_subscripts(s.stood, 1) AS place
                 WHERE s.stood[place] <> s.stands[place]) AS place
          FROM sums s WHERE s.stood <> s.stands),
    sides AS (
        SELECT 'project' AS money, way, source, target, unnest(from_places) AS node, 0 AS came, minor AS went
          FROM named WHERE fresh
         UNION ALL SELECT 'project', way, source, target, unnest(to_places), minor, 0 FROM named WHERE fresh
         UNION ALL SELECT 'fund', way, source, target, from_owner, 0, minor FROM named
                    WHERE recent AND from_owner IS NOT NULL
         UNION ALL SELECT 'fund', way, source, target, to_owner, minor, 0 FROM named
                    WHERE recent AND to_owner IS NOT NULL
         UNION ALL SELECT 'project', 'merge', a.name, b.name, unnest(m.stood), 0, m.minor
                     FROM merged m JOIN organisation a ON a.code = m.stood[m.place]
                     JOIN organisation b ON b.code = m.stands[m.place]
         UNION ALL SELECT 'project', 'merge', a.name, b.name, unnest(m.stands), m.minor, 0
                     FROM merged m JOIN organisation a ON a.code = m.stood[m.place]
                     JOIN organisation b ON b.code = m.stands[m.place]
         UNION ALL SELECT 'fund', 'merge', a.name, b.name, n.node,
                          CASE n.node WHEN s.owner THEN s.opening ELSE 0 END,
                          CASE n.node WHEN s.owned THEN s.opening ELSE 0 END
                     FROM fund_sums s JOIN organisation a ON a.code = s.owned
                     JOIN organisation b ON b.code = s.owner
                    CROSS JOIN LATERAL (VALUES (s.owned), (s.owner)) AS n(node) WHERE s.owned <> s.owner)
    SELECT node, money, way, source, target, CAST(sum(came) AS bigint) AS in_minor,
           CAST(sum(went) AS bigint) AS out_minor
      FROM sides GROUP BY node, money, way, source, target HAVING sum(came) <> 0 OR sum(went) <> 0
     ORDER BY node, money DESC, way, source, target"""
