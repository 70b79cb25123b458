"""The samples of a campaign as a table: every record with its latest mark."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table
from app.i18n.giving_labels import SAMPLE_STATES
from app.i18n.labels import word
from app.i18n.names import actor_name
from campaigns.lifecycle.campaign import find_campaign
from campaigns.sampling.marks import Item, Sample, samples_of
from kernel.db import Tx


def samples(tx: Tx, order: Order) -> Table:
    """Return all samples, newest first."""
    campaign = find_campaign(tx, order.arguments["slug"])
    header = [_("抽样"), _("种子"), _("抽样人"), _("抽样时间"), _("序号"), _("记录"), _("编号")]
    header += [_("状态"), _("备注"), _("核查人"), _("核查时间")]
    rows = [_row(sample, item) for sample in samples_of(tx, campaign.id or 0) for item in sample.items]
    return Table(f"campaign:{campaign.id}", header, rows)


def _row(sample: Sample, item: Item) -> Sequence[Any]:
    draw = sample.draw
    kind, key = (_("捐赠"), item.donation_id) if item.donation_id else (_("拨付"), item.remittance_id)
    state = str(word(SAMPLE_STATES, item.state)) if item.state else ""
    drawn = [draw.number, draw.seed, actor_name(draw.actor), draw.drawn_at]
    return [*drawn, item.place, kind, str(key), state, item.note, actor_name(item.actor), item.marked_at]
