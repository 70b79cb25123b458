"""Movements after the closing report was written: late gifts, refunds, money that came back, and their match.

The report itself never changes. Report and corrections together always equal the current books (`check_report`).
"""

from datetime import date
from typing import NamedTuple

from kernel.db import Tx
from ledger.kinds import TransferKind


class Correction(NamedTuple):
    """A change of a project's figures on a day in Shanghai, with its cause; fen, below zero for a decrease.

    `cause` is the `TransferKind` that moved the money, `donations` the number of donations that it is about.
    """

    day: date
    project_id: int
    project_name: str
    cause: str
    donations: int
    raised_minor: int
    matched_minor: int
    total_minor: int


def corrections(tx: Tx, campaign_id: int) -> list[Correction]:
    """Return the corrections of a campaign's closing report, ordered by day; none before the report is written."""
    return tx.rows_as(
        Correction,
        f"""WITH report AS (SELECT campaign_id, ledger_mark FROM closing_report WHERE campaign_id = :campaign),
                 moved AS (
                     SELECT m.project_id, m.kind, m.donation_id, m.recorded_at, m.delta_minor AS raised,
                            0 AS matched
                       FROM report r
                       JOIN donation_movement m ON m.campaign_id = r.campaign_id AND m.transfer_id > r.ledger_mark
                      UNION ALL
                     SELECT m.project_id, m.kind, m.donation_id, m.recorded_at, 0, m.delta_minor
                       FROM report r JOIN pot p ON p.campaign_id = r.campaign_id
                       JOIN earned_movement m ON m.pot_id = p.id AND m.transfer_id > r.ledger_mark
                      WHERE m.kind <> '{TransferKind.MATCH_DISBURSED}')
            SELECT CAST(m.recorded_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day, m.project_id,
                   p.name AS project_name, m.kind AS cause, count(DISTINCT m.donation_id) AS donations,
                   CAST(sum(m.raised) AS bigint) AS raised_minor, CAST(sum(m.matched) AS bigint) AS matched_minor,
                   CAST(sum(m.raised + m.matched) AS bigint) AS total_minor
              FROM moved m JOIN project p ON p.id = m.project_id
             GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4""",
        campaign=campaign_id,
    )
