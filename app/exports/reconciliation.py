"""The reconciliation report of a campaign as one table: days, sums, amounts owed by sources, differences, sums
booked by signature, signatures."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table
from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.labels import CAUSES, DISCREPANCY_STATES, word
from app.i18n.names import actor_name, source_name
from app.table_cells import Yuan
from campaigns.closing.reconciliation.bookings import BookedSum
from campaigns.closing.reconciliation.three_sides import Side
from campaigns.reconciliation_report import Day, Report, Settled, Signature, differences, report_of
from kernel.db import Tx

_Named = Callable[[str], str]  # the label of a source


def reconciliation(tx: Tx, order: Order) -> Table:
    """Return the whole report; the first column names the part that a row belongs to."""
    report = report_of(tx, order.arguments["slug"])
    header = [_("部分"), _("来源"), _("日期"), _("事项"), _("单号"), _("笔数"), _("账上（元）"), _("对方（元）")]
    header += [_("差额（元）"), _("手续费（元）"), _("银行到账（元）"), _("状态"), _("说明"), _("经办")]
    return Table(f"campaign:{report.campaign.id}", header, _rows(tx, report))


def _rows(tx: Tx, report: Report) -> Iterator[Sequence[Any]]:
    named = partial(source_name, titles=report.titles)
    for day in report.days:
        yield _of_day(_("按日"), named(day.provider), day)
    yield _of_day(_("合计"), "", report.whole)
    yield from map(partial(_of_side, named), report.owed)
    yield from map(partial(_of_difference, named), differences(tx, report.campaign))
    yield from map(partial(_of_booked, named), report.booked)
    yield from map(_of_signature, report.signatures)


def _of_day(part: str, source: str, day: Day) -> list[Any]:
    sums = (day.books_minor, day.stated_minor, day.stated_minor - day.books_minor, day.fee_minor, day.bank_minor)
    return [part, source, day.day if source else None, "", "", day.gifts, *map(Yuan, sums), "", "", ""]


def _of_side(named: _Named, side: Side) -> list[Any]:
    sums = map(Yuan, (side.books_minor, side.stated_minor, side.apart_minor))
    held = _("平台还欠（全部活动）")
    return [held, named(side.provider), None, "", "", None, *sums, None, Yuan(side.arrived_minor), "", "", ""]


def _of_difference(named: _Named, row: Settled) -> list[Any]:
    about = " ".join(filter(None, (row.reference, row.lines if row.lines != row.reference else "")))
    sums = map(Yuan, (row.ours_minor, row.theirs_minor, row.sum_minor))
    state = settled(row)
    cause = str(word(CAUSES, row.cause))
    source, at = named(row.provider), row.ended_at or row.found_at
    return [_("差异"), source, at, cause, about, 1, *sums, None, None, state, row.reason, signers(row)]


def _of_booked(named: _Named, row: BookedSum) -> list[Any]:
    cause, account = str(word(CAUSES, row.cause)), str(word(DIFFERENCE_ACCOUNTS, row.account))
    sums = [None, None, Yuan(row.amount_minor), None, None]
    return [
        _("签字入账的差异"),
        named(row.provider),
        None,
        cause,
        "",
        row.differences,
        *sums,
        account,
        "",
        "",
    ]


def _of_signature(row: Signature) -> list[Any]:
    return [_("签字"), "", row.last_at, "", "", row.differences, *[None] * 5, "", "", signers(row)]


def settled(row: Settled) -> str:
    """Return how a difference ended, and the account on which its sum was booked."""
    account = word(DIFFERENCE_ACCOUNTS, row.account) if row.booked_minor else ""
    return " ".join(filter(None, (str(word(DISCREPANCY_STATES, row.state)), str(account))))


def signers(row: Settled | Signature) -> str:
    """Return who requested the decision, if anyone, and who signed it."""
    names = (row.requested_by, row.actor) if row.requested_by else (row.actor,)
    return " → ".join(actor_name(name) for name in names if name)
