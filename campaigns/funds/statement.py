"""The statement of a fund: every movement of its money, with the balance after each."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.funds.funds import find
from kernel.db import Tx
from kernel.paging import Page


class StatementLine(NamedTuple):
    """A movement of a fund's money, in fen; negative if it leaves the fund. `kind` is a TransferKind.

    Deposits and their corrections have an `entry_id`, a reference and an actor. Corrections also name the corrected
    deposit and the reason. Other movements name the pot, and the donation whose match was returned.
    """

    transfer_id: int
    booked_at: datetime
    kind: str
    amount_minor: int
    balance_minor: int
    entry_id: int | None
    corrects_id: int | None
    reference: str
    reason: str
    actor: str
    pot_id: int | None
    pot_name: str | None
    donation_id: UUID | None
    other_fund: str  # for a transfer between funds


class Period(NamedTuple):
    """A month of a fund in Shanghai, in fen. Opening + in - out = closing."""

    month: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int


def statement(tx: Tx, fund_id: int, page: Page) -> tuple[list[StatementLine], int]:
    """Return one page of a fund's movements, newest first, and how many there are. Raises NotFound
    `fund_unknown`."""
    find(tx, fund_id)
    lines = tx.rows_as(
        StatementLine,
        """SELECT m.transfer_id, m.recorded_at AS booked_at, m.kind, m.delta_minor AS amount_minor,
                  CAST(sum(m.delta_minor) OVER (ORDER BY m.transfer_id) AS bigint) AS balance_minor,
                  e.id AS entry_id, e.corrects_id, coalesce(e.reference, '') AS reference,
                  coalesce(e.reason, t.reason, '') AS reason, coalesce(e.actor, t.actor, '') AS actor,
                  m.pot_id, p.name AS pot_name, m.donation_id, coalesce(o.name, '') AS other_fund
             FROM fund_movement m LEFT JOIN fund_entry e ON e.key = m.key LEFT JOIN pot p ON p.id = m.pot_id
             LEFT JOIN fund_transfer t ON m.kind = 'fund_moved' AND 'fund_transfer:' || t.id = m.key
             LEFT JOIN fund o ON o.id = t.from_fund_id + t.to_fund_id - m.fund_id
            WHERE m.fund_id = :fund ORDER BY m.transfer_id DESC OFFSET :offset LIMIT :size""",
        fund=fund_id,
        offset=page.offset,
        size=page.size,
    )
    return lines, int(tx.scalar("SELECT count(*) FROM fund_movement WHERE fund_id = :fund", fund=fund_id))


def periods(tx: Tx, fund_id: int) -> list[Period]:
    """Return the months in which the money of a fund moved, newest first. Raises NotFound `fund_unknown`."""
    find(tx, fund_id)
    return tx.rows_as(
        Period,
        """WITH months AS (
               SELECT to_char(recorded_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month,
                      CAST(coalesce(sum(delta_minor) FILTER (WHERE delta_minor > 0), 0) AS bigint) AS in_minor,
                      CAST(coalesce(-sum(delta_minor) FILTER (WHERE delta_minor < 0), 0) AS bigint) AS out_minor
                 FROM fund_movement WHERE fund_id = :fund GROUP BY 1),
           running AS (
               SELECT *, CAST(sum(in_minor - out_minor) OVER (ORDER BY month) AS bigint) AS closing_minor
                 FROM months)
           SELECT month, closing_minor - in_minor + out_minor AS opening_minor, in_minor, out_minor, closing_minor
             FROM running ORDER BY month DESC""",
        fund=fund_id,
    )
