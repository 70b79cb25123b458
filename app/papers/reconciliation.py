"""The reconciliation report of a campaign as a paper of A4 pages."""

from typing import Any

from flask_babel import gettext as _

from app.exports.reconciliation import settled, signers
from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.labels import CAUSES, word
from app.i18n.locale import counted, day_of, when
from app.i18n.names import source_name
from app.papers.fonts import drawable
from app.papers.words import face
from campaigns.reconciliation_report import Day, Report, Settled
from kernel.money import yuan

MOST_SHOWN = 300  # differences; the workbook has all of them


def report_values(report: Report, host: str, rows: list[Settled], more: int) -> dict[str, Any]:
    """Return the content of the paper. `rows`: the first differences; `more`: how many further ones there are."""
    return face() | {
        "title": _("对账报告"),
        "campaign": drawable(report.campaign.name),
        "host": drawable(host),
        "made": _(
            "%(time)s 生成，账本截至第 %(mark)s 笔分录；单位：元", time=when(report.at), mark=report.ledger_mark
        ),
        "tables": [
            _days(report),
            _owed(report),
            _causes(report),
            _booked(report),
            _differences(rows, more),
            _signatures(report),
        ],
        "sign": [_("制表"), _("复核"), _("负责人")],
    }


def _table(
    title: str, header: list[str], numbers: int, rows: list[list[str]], widths: list[float], note: str = ""
) -> dict[str, Any]:
    """Return a table. `numbers`: how many of the last columns are right-aligned figures; `note`: what stands below
    it."""
    return {
        "title": title,
        "header": header,
        "numbers": numbers,
        "widths": widths,
        "note": note,
        "rows": [[drawable(cell) for cell in row] for row in rows],
    }


def _days(report: Report) -> dict[str, Any]:
    rows = [[source_name(row.provider, report.titles), day_of(row.day), *_sums(row)] for row in report.days]
    header = [_("来源"), _("日期"), _("笔数"), _("账上"), _("账单笔数"), _("账单"), _("手续费"), _("银行到账")]
    widths = [2.4, 1.5, 0.8, 1.4, 1.1, 1.4, 1.1, 1.5]
    return _table(_("按来源和日期"), header, 6, [*rows, [_("合计"), "", *_sums(report.whole)]], widths)


def _sums(row: Day) -> list[str]:
    amounts = yuan(row.books_minor), yuan(row.stated_minor), yuan(row.fee_minor), yuan(row.bank_minor)
    return [f"{row.gifts:,}", amounts[0], f"{row.lines:,}", *amounts[1:]]


def _owed(report: Report) -> dict[str, Any]:
    rows = [
        [
            source_name(side.provider, report.titles),
            *map(yuan, (side.books_minor, side.stated_minor, side.open_minor, side.sent_minor, side.arrived_minor)),
        ]
        for side in report.owed
    ]
    header = [_("来源"), _("账上在途"), _("平台还欠"), _("待核对差异"), _("已提现"), _("银行已到账")]
    return _table(_("各平台还欠（全部活动）"), header, 5, rows, [2.4, 1.4, 1.4, 1.4, 1.4, 1.5])


def _causes(report: Report) -> dict[str, Any]:
    rows = [
        [
            source_name(row.provider, report.titles),
            str(word(CAUSES, row.cause)),
            f"{row.differences:,}",
            f"{row.still_open:,}",
            yuan(row.sum_minor),
        ]
        for row in report.causes
    ]
    header, widths = [_("来源"), _("原因"), _("笔数"), _("未处理"), _("差额")], [2.4, 2, 1, 1, 1.5]
    note = _("差额是对方比账上多的净额（负数为少），已扣对方收的手续费。")
    return _table(_("差异按原因"), header, 3, rows, widths, note)


def _booked(report: Report) -> dict[str, Any]:
    rows = [
        [
            source_name(row.provider, report.titles),
            str(word(CAUSES, row.cause)),
            str(word(DIFFERENCE_ACCOUNTS, row.account)),
            f"{row.differences:,}",
            yuan(row.amount_minor),
        ]
        for row in report.booked
    ]
    header = [_("来源"), _("原因"), _("记到"), _("笔数"), _("金额")]
    return _table(_("签字入账的差异"), header, 2, rows, [2.4, 1.8, 2, 1, 1.5])


def _differences(rows: list[Settled], more: int) -> dict[str, Any]:
    note = counted("另有 %(count)s 条差异，见 XLSX。", more) if more else ""
    cells = [
        [
            str(word(CAUSES, row.cause)),
            row.reference,
            f"{settled(row)} {signers(row)} {row.reason}".strip(),
            yuan(row.ours_minor),
            yuan(row.theirs_minor),
            yuan(row.sum_minor),
        ]
        for row in rows
    ]
    header = [_("原因"), _("单号"), _("怎样了结的"), _("账上"), _("对方"), _("差额")]
    return _table(_("差异"), header, 3, cells, [1.4, 2.2, 3.4, 1.2, 1.2, 1.2], note)


def _signatures(report: Report) -> dict[str, Any]:
    rows = [[signers(row), when(row.last_at), f"{row.differences:,}"] for row in report.signatures]
    return _table(_("签字"), [_("经办"), _("最后签字"), _("笔数")], 1, rows, [4, 2.5, 1])
