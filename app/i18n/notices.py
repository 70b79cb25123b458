"""Texts of public notices: their numbers, and the columns of their files."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.table_cells import Yuan
from campaigns.closing.publication.notice_models import PublicNotice


def notice_number(notice: PublicNotice) -> str:
    """Return the number of a notice as printed on paper."""
    return str(_("公示〔%(year)s〕%(number)s 号", year=notice.year, number=notice.number))


def header() -> list[str]:
    """Return the column titles in the current language."""
    places = [_("项目编号"), _("项目"), _("县区"), _("乡镇街道"), _("村（社区）或单位")]
    return [*places, _("筹款（元）"), _("配捐（元）"), _("合计（元）"), _("物（折价，元）")]


def rows_of(notice: PublicNotice) -> Iterator[list[Any]]:
    """Yield the rows of the file: the projects of a notice and their sum."""
    stated = notice.notice
    for row in stated["projects"]:
        names = (row[name] for name in ("code", "name", "county", "township", "node"))
        yield [*names, *_sums(row)]
    yield [_("合计"), notice_number(notice), "", "", "", *_sums(stated)]


def _sums(row: dict[str, Any]) -> list[Yuan]:
    """Return the sums of a row, with the value of goods beside them (0 in notices that do not publish it)."""
    figures = ("raised_minor", "matched_minor", "total_minor", "goods_minor")
    return [Yuan(row.get(figure, 0)) for figure in figures]
