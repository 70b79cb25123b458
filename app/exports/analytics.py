"""The analytics of a campaign as a table, and the labels of its lines."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table
from app.i18n.giving_labels import ANALYTICS
from app.i18n.labels import CHANNELS, word
from app.i18n.locale import whole_yuan
from app.table_cells import Yuan
from campaigns.analytics.cells import BANDS
from campaigns.disclosure.analytics import DIMENSIONS, Line, analytics
from campaigns.lifecycle.campaign import find_campaign
from kernel.db import Tx


def label_of(line: Line) -> str:
    """Return the label of a line."""
    if line.dimension == "hour":
        return _("第 %(hour)s 小时", hour=int(line.key) + 1)
    if line.dimension == "channel":
        return str(word(CHANNELS, line.key))
    if line.dimension == "band":
        return _band(int(line.key))
    return line.name or _("（其他）")


def _band(number: int) -> str:
    """Return the label of a band of amounts. Bands count from 1, and the last has no upper end."""
    first = BANDS[number - 1]
    if number == len(BANDS):
        return _("%(amount)s 元及以上", amount=whole_yuan(first))
    if number == 1:
        return _("不到 %(amount)s 元", amount=whole_yuan(BANDS[1]))
    return _("%(first)s 元至不到 %(next)s 元", first=whole_yuan(first), next=whole_yuan(BANDS[number]))


def campaign_analytics(tx: Tx, order: Order) -> Table:
    """Return paid gifts by every dimension; for a branch only gifts to its projects."""
    campaign = find_campaign(tx, order.arguments["slug"])
    figures = analytics(tx, campaign, order.branch)
    header = [_("分组"), _("名称"), _("捐赠笔数"), _("筹款（元）")]

    def row(line: Line) -> Sequence[Any]:
        return [str(word(ANALYTICS, line.dimension)), label_of(line), line.donations, Yuan(line.given_minor)]

    rows = [row(line) for dimension in DIMENSIONS for line in figures.of(dimension)]
    return Table(f"campaign:{campaign.id}", header, rows)
