"""The navigation of the console: its entries, and the entry that each page belongs to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import g, request
from flask_babel import lazy_gettext as _l

from app.http import access
from app.i18n.page_words import Term, words_of
from campaigns.network.roles import Permission


class Entry(NamedTuple):
    """A page in the navigation. `below`: the prefixes of the other endpoints that belong to it. `for_those_who`:
    the permissions of whom it concerns; without any, it concerns everybody who may open it."""

    endpoint: str
    label: Any
    below: tuple[str, ...] = ()
    for_those_who: tuple[Permission, ...] = ()


class Group(NamedTuple):
    label: Any
    entries: tuple[Entry, ...]


_MONEY = (Permission.RECONCILE, Permission.DONATIONS_REFUND, Permission.AUDIT_READ)

GROUPS = (
    Group(
        _l("今天"),
        (
            Entry("home", _l("等我处理")),
            Entry(
                "donations",
                _l("捐赠记录"),
                (
                    "donation",
                    "correct_donation",
                    "refund_preview",
                    "give_back",
                    "refund_all",
                    "open_case",
                    "exports",
                ),
            ),
            Entry(
                "campaigns",
                _l("活动"),
                (
                    "campaign",
                    "award",
                    "entries",
                    "pot",
                    "cases",
                    "burst",
                    "screening",
                    "reconciliation",
                    "payout",
                    "remittance",
                ),
            ),
            Entry("projects", _l("项目"), ("project", "review")),
        ),
    ),
    Group(
        _l("办理"),
        (
            Entry("approvals", _l("待批准")),
            Entry("refund_requests", _l("退款申请")),
            Entry("receipts", _l("捐赠票据"), ("receipt",)),
            Entry("spendings", _l("支出"), ("spending",)),
            Entry("goods", _l("物资"), ("goods_",)),
            Entry("self_checks", _l("活动后自查"), ("self_check",)),
            Entry("surpluses", _l("项目结余"), ("project_purpose", "surplus")),
            Entry("questions", _l("提问")),
            Entry("objections", _l("异议和举报"), ("objection",)),
            Entry("words", _l("留言")),
            Entry("teams", _l("队伍")),
            Entry("inbox", _l("待办消息"), ("message", "inbox_", "project_codes")),
            Entry("payments", _l("不符的支付"), ("payment",), _MONEY),
            Entry("imports", _l("导入"), ("import_",)),
        ),
    ),
    Group(
        _l("管理"),
        (
            Entry("funds", _l("基金"), ("fund",)),
            Entry("goals", _l("全年目标"), ("goal_",)),
            Entry("agreements", _l("协议和承诺"), ("agreement", "pledge")),
            Entry("management", _l("管理费")),
            Entry("three_sides", _l("三方对账"), ("difference",)),
            Entry("vouchers", _l("记账凭证"), ("voucher", "chart")),
            Entry("monthly", _l("收支月公示")),
            Entry("duties", _l("法定事项"), ("duty",)),
            Entry("blacklist", _l("黑名单")),
            Entry("people", _l("人员"), ("person", "invit", "token")),
            Entry("network", _l("组织网络"), ("node", "payee")),
            Entry("stations", _l("站点自查"), ("station_",)),
            Entry("partners", _l("合作平台"), ("partner",)),
            Entry("training", _l("演练")),
            Entry("audit", _l("操作记录"), ("audit",)),
            Entry("jobs", _l("任务"), (), (Permission.CAMPAIGNS_WRITE, *_MONEY)),
        ),
    ),
)


class Link(NamedTuple):
    """An entry as the reader sees it."""

    endpoint: str
    label: Any
    current: bool


def navigation() -> Iterator[tuple[Any, list[Link]]]:
    """Yield the groups of pages that the signed-in manager may open. The entry of the current page is marked."""
    here = current_entry((request.endpoint or "").removeprefix("console."))
    for group in GROUPS:
        links = [
            Link(entry.endpoint, entry.label, entry.endpoint == here)
            for entry in group.entries
            if access.opens(entry.endpoint) and _concerns(entry)
        ]
        if links:
            yield group.label, links


def _concerns(entry: Entry) -> bool:
    return not entry.for_those_who or any(map(g.caller.may, entry.for_those_who))


def words_of_page() -> list[Term]:
    """Return the terms that the current page explains."""
    here = (request.endpoint or "").removeprefix("console.")
    return words_of(here, current_entry(here))


def label_of(endpoint: str) -> Any:
    """Return the label of the entry that a page belongs to; '' if it belongs to none."""
    entry = current_entry(endpoint)
    return next((each.label for group in GROUPS for each in group.entries if each.endpoint == entry), "")


def current_entry(endpoint: str) -> str | None:
    """Return the entry of a page: the one of its own endpoint, otherwise the one with the longest matching
    prefix."""
    entries = [entry for group in GROUPS for entry in group.entries]
    if any(entry.endpoint == endpoint for entry in entries):
        return endpoint
    fitting = [
        (len(begin), entry.endpoint) for entry in entries for begin in entry.below if endpoint.startswith(begin)
    ]
    return max(fitting)[1] if fitting else None
