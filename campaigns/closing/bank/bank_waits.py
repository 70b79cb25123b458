"""Count the differences at the bank that hold up a campaign: those about money that providers of its gifts sent for
its days."""

from datetime import datetime

from campaigns.closing.bank.bank_differences import BANK
from campaigns.closing.bank.bank_match import ITEMS, PAYOUT_DAYS
from campaigns.lifecycle.models import Campaign
from kernel.clock import local_day
from kernel.db import Tx

# The item that a difference is about: that of the line's own claim, that of another line with the same reference,
# or the item that no line claims.
_ABOUT = f"""
    WITH {ITEMS},
    open AS (SELECT id, reference FROM discrepancy
              WHERE campaign_id IS NULL AND provider = '{BANK}' AND state = 'open'),
    about AS (
        SELECT d.id, c.provider, c.due_on AS day
          FROM open d JOIN bank_line l ON l.account || ' ' || l.line_id = d.reference
          JOIN bank_line o ON o.id = l.id OR (l.reference <> '' AND o.reference = l.reference)
          JOIN bank_claim c ON c.bank_line_id = o.id
         UNION
        SELECT d.id, i.provider, i.day
          FROM open d JOIN unclaimed i ON concat_ws(' ', i.kind, nullif(i.provider, ''), i.item) = d.reference)
    SELECT count(DISTINCT a.id) FROM about a
     WHERE a.day BETWEEN :first AND CAST(:last AS date) + {PAYOUT_DAYS}
       AND EXISTS (SELECT FROM donation d
                    WHERE d.campaign_id = :campaign AND d.provider = a.provider AND d.paid_at IS NOT NULL)"""


def count_open_at_bank(tx: Tx, campaign: Campaign, until: datetime) -> int:
    """Return the number of open differences at the bank about money that providers of the campaign's gifts sent for
    its days. The last day is that of `until`; payouts up to `PAYOUT_DAYS` later count too."""
    any_open = tx.scalar(
        """SELECT EXISTS (SELECT FROM discrepancy
                           WHERE campaign_id IS NULL AND provider = :bank AND state = 'open')""",
        bank=BANK,
    )
    if any_open is not True:
        return 0
    first, last = local_day(campaign.opens_at), local_day(until)
    return int(tx.scalar(_ABOUT, campaign=campaign.id, first=first, last=last))
