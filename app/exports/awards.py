"""The awards of a campaign as a table: as last published, or else computed from the books now."""

from app.exports.table import Order, Table
from app.i18n.awards import award_header, award_rows
from campaigns.awards.awards import computed, latest
from campaigns.lifecycle.campaign import find_campaign
from kernel.db import Tx


def awards(tx: Tx, order: Order) -> Table:
    """Return all winners with the sums that decided their places."""
    campaign = find_campaign(tx, order.arguments["slug"])
    published = latest(tx, campaign.id or 0)
    rows = published.awards if published else computed(tx, campaign.id or 0)
    return Table(f"campaign:{campaign.id}", award_header(), award_rows(rows))
