"""Payments that came back or never left: the day, the bank's line, and the plan that pays them again."""

from datetime import date
from typing import NamedTuple

from campaigns.bank.models import ClaimKind
from campaigns.payouts.models import RETURNED_ITEM, RemittanceState
from kernel.clock import SHANGHAI
from kernel.db import Tx


class Failure(NamedTuple):
    """What is known of a payment that failed.

    - `returned_on`: the day on which the money came back: that of the bank's line, else the day that an operator
      entered. None if the money never left.
    - `returned_item`: what the bank's line was matched with; empty without such a line.
    - `paid_again_in`: the plan made afterwards that pays the same organisation; None until there is one.
    """

    returned_on: date | None
    returned_item: str
    paid_again_in: int | None


def failures_of(tx: Tx, plan_id: int) -> dict[int, Failure]:
    """Return remittance -> its failure, for those of a plan whose money came back or never left."""
    rows = tx.rows(
        f"""SELECT r.id,
                   CASE r.state WHEN :returned
                        THEN coalesce(b.booked_on, r.returned_on,
                                      CAST(r.changed_at AT TIME ZONE '{SHANGHAI}' AS date)) END,
                   coalesce(c.item, ''),
                   (SELECT min(n.plan_id) FROM remittance n JOIN payout_plan m ON m.id = n.plan_id
                     WHERE m.campaign_id = p.campaign_id AND m.id > p.id AND m.made_at >= r.changed_at
                       AND n.organisation_code = r.organisation_code AND n.state <> :withdrawn)
              FROM remittance r JOIN payout_plan p ON p.id = r.plan_id
              LEFT JOIN bank_claim c
                     ON (c.kind, c.provider, c.item) = (:paid_out, '', r.end_to_end_id || :returned_item)
              LEFT JOIN bank_line b ON b.id = c.bank_line_id
             WHERE r.plan_id = :plan AND r.state IN (:returned, :withdrawn)
             ORDER BY r.id""",
        plan=plan_id,
        returned=str(RemittanceState.RETURNED),
        withdrawn=str(RemittanceState.WITHDRAWN),
        returned_item=RETURNED_ITEM,
        paid_out=str(ClaimKind.PAID_OUT),
    )
    return {row[0]: Failure(*row[1:]) for row in rows}
