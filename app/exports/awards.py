"""The awards of a campaign as a table: as they were published last, or by the books of now."""

from app.exports.table import Order, Table
from app.i18n.awards import award_header, award_rows
from campaigns.awards.awards import computed, latest
from campaigns.lifecycle.campaign import find_campaign
from kernel.db import Tx


def awards(tx: Tx, order: Order) -> Table:
    """All winners with the sums that their places rest on."""
    campaign = find_campaign(tx, order.arguments["slug"])
    published = latest(tx, campaign.id or 0)
    rows = published.awards if published else computed(tx, campaign.id or 0)
    return Table(f"campaign:{campaign.id}", award_header(), award_rows(rows))
