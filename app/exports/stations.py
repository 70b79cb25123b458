"""The checklist of stations as a table: each station with what it has, who confirmed it, and what it lacks."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table, all_pages
from app.i18n.desk_labels import STATION_ITEMS
from app.i18n.labels import LEVELS, word
from app.i18n.locale import counted, when
from app.i18n.names import actor_name
from campaigns.stations.models import StationItem
from campaigns.stations.stations import LISTED, Check, CheckState, Station, listed
from kernel.db import Tx
from matching.rules import Level


def stations(tx: Tx, order: Order) -> Table:
    """Return all stations of the branch, or those below the node and lacking the item in the filters."""
    header = [
        _("组织代码"),
        _("机构"),
        _("级别"),
        _("上级"),
        *(str(word(STATION_ITEMS, item)) for item in StationItem),
    ]
    header += [_("缺几项"), _("天数")]
    item = order.filters.get("missing", "")
    missing = StationItem(item) if item in [*StationItem] else None
    rows = all_pages(lambda page: listed(tx, order.branch, order.filters.get("under", ""), missing, page))
    return Table("table:stations", header, map(_row_at(tx), rows))


def _row_at(tx: Tx) -> Callable[[Station], Sequence[Any]]:
    """Return a function that turns a station into a row, with days counted until now.

    The few different texts are translated once: there are thousands of stations.
    """
    now = tx.now
    known = _("系统里有")
    levels = {level: str(word(LEVELS, level)) for level in LISTED}

    @cache
    def lacking(days: int) -> str:
        return counted("缺 %(count)s 天", days)

    def cell(check: Check) -> str:
        if check.state is CheckState.KNOWN:
            return known
        if check.ticked_at is None:
            return lacking((now - (check.missing_since or now)).days)
        return f"{_('人工打勾')} {actor_name(check.ticked_by)} {when(check.ticked_at)}"

    def row(station: Station) -> Sequence[Any]:
        lacks = len(station.missing)
        return [
            station.code,
            station.name,
            levels[Level(station.level)],
            station.parent_name,
            *map(cell, station.checks),
            lacks,
            (now - station.since).days if lacks else None,
        ]

    return row
