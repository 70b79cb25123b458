"""The list of donations as a file: every matching row, whatever their number, without the donors."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlmodel import select

from app.current import deps
from app.http import access
from app.i18n.labels import CHANNELS, STATUSES, word
from app.i18n.names import source_name
from app.table_cells import Yuan
from app.table_file import table_response
from campaigns.audit import record_audit
from campaigns.donations.export import ListedDonation, export_listed
from campaigns.donations.search_plan import DonationQuery
from campaigns.network.models import Organisation
from kernel.db import Tx
from payments.partners.partners import titles_of


def donations_file(query: DonationQuery, file_format: str) -> Response:
    """Return the donations of a query as a table, and record who downloaded it.

    Raises Invalid `search_invalid`.
    """
    with deps().db.snapshot() as tx:
        response = table_response(file_format, "donations", *donations_table(tx, query))
    with deps().db.transaction() as tx:
        record_audit(tx, access.actor(), "export.donations", "donations")
    return response


def donations_table(tx: Tx, query: DonationQuery) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and the rows of a query in the current language. Reading the rows may raise Invalid
    `search_invalid`."""
    return _header(), _rows(tx, query)


def _header() -> list[str]:
    return [
        _("捐赠编号"),
        _("支付时间（北京）"),
        _("登记时间（北京）"),
        _("活动"),
        _("县区"),
        _("乡镇街道"),
        _("村（社区）或单位"),
        _("项目编号"),
        _("项目"),
        _("状态"),
        _("渠道"),
        _("来源代码"),
        _("团队"),
        _("支付平台"),
        _("单号"),
        _("捐赠（元）"),
        _("已退款（元）"),
        _("配捐（元）"),
        _("留着的配捐（元）"),
        _("复核中的配捐（元）"),
    ]


def _rows(tx: Tx, query: DonationQuery) -> Iterator[list[Any]]:
    names: dict[str, str] = dict(tx.all(select(Organisation.code, Organisation.name)))
    words = {code: str(word(table, code)) for table in (STATUSES, CHANNELS) for code in table}
    titles = titles_of(tx)
    for page in export_listed(tx, query):
        yield from (_cells(row, names, words, titles) for row in page)


def _cells(row: ListedDonation, names: dict[str, str], words: dict[str, str], titles: dict[str, str]) -> list[Any]:
    amounts = row.amount_minor, row.refunded_minor, row.matched_minor, row.reserved_minor, row.held_minor
    return [
        str(row.id),
        row.paid_at,
        row.pledged_at,
        row.campaign_name,
        names.get(row.county_code, ""),
        names.get(row.township_code, ""),
        names.get(row.organisation_code, ""),
        row.project_code,
        row.project_name,
        words.get(row.status, row.status),
        words.get(row.channel, row.channel),
        row.source_code,
        row.team,
        source_name(row.provider, titles),
        row.payment_reference or "",
        *map(Yuan, amounts),
    ]
