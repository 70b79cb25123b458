"""Tables across campaigns: campaigns, projects, funds and their statements, goods, accounts."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table, all_pages
from app.i18n.giving_labels import FUND_MOVEMENTS, GOODS_BASES, GOODS_STATES, THEMES
from app.i18n.labels import ACCOUNT_STATES, FUND_KINDS, LEVELS, PHASES, PROJECT_STATUSES, ROLES, TIERS, word
from app.i18n.names import actor_name
from app.table_cells import Yuan
from campaigns.disclosure.campaigns import campaign_lines
from campaigns.disclosure.catalogue import NEWEST, SORTS, ProjectQuery, ProjectRow, listed
from campaigns.disclosure.totals import totals
from campaigns.funds.funds import find, list_funds
from campaigns.funds.statement import StatementLine, statement
from campaigns.goods import reading
from campaigns.network import account_search
from campaigns.network.account_search import AccountQuery, AccountRow
from kernel.db import Tx


def campaigns(tx: Tx, order: Order) -> Table:
    """Return all campaigns of the branch with what they raised."""
    lines = campaign_lines(tx, order.branch)
    sums = totals(tx, [line.id for line in lines])
    header = [_("代码"), _("活动"), _("状态"), _("开始"), _("结束"), _("捐赠笔数"), _("捐赠人数")]
    header += [_("筹款（元）"), _("配捐（元）"), _("合计（元）")]

    def row(line: Any) -> Sequence[Any]:
        of = sums[line.id]
        counts = (of.donations, of.donors)
        amounts = (of.raised_minor, of.matched_minor, of.raised_minor + of.matched_minor)
        phase = str(word(PHASES, line.phase))
        return [line.slug, line.name, phase, line.opens_at, line.ends_at, *counts, *map(Yuan, amounts)]

    return Table("table:campaigns", header, map(row, lines))


def project_header() -> list[str]:
    """Return the header of a table of projects."""
    return [
        _("项目编号"),
        _("项目"),
        _("县区"),
        _("乡镇街道"),
        _("村（社区）或单位"),
        _("级别"),
        _("类别"),
        _("主题"),
        _("状态"),
        _("评级"),
        _("目标（元）"),
        _("筹款（元）"),
        _("配捐（元）"),
        _("合计（元）"),
    ]


def project_row(row: ProjectRow) -> Sequence[Any]:
    """Return a project as a row of a table."""
    amounts = (row.target_minor, row.raised_minor, row.matched_minor, row.raised_minor + row.matched_minor)
    return [
        row.code,
        row.name,
        row.county_name,
        row.township_name,
        row.organisation_name,
        str(word(LEVELS, row.level)),
        str(word(TIERS, row.tier)),
        str(word(THEMES, row.theme)),
        str(word(PROJECT_STATUSES, row.status)),
        row.rating or None,
        *map(Yuan, amounts),
    ]


def projects(tx: Tx, order: Order) -> Table:
    """Return all projects of the branch with what they raised in all campaigns."""
    q, status, sort = (order.filters.get(name, "") for name in ("q", "status", "sort"))
    query = ProjectQuery(q=q, status=status, sort=sort if sort in SORTS else NEWEST, branch=order.branch)
    rows = all_pages(lambda page: listed(tx, query, page))
    return Table("table:projects", project_header(), map(project_row, rows))


def funds(tx: Tx, order: Order) -> Table:
    """Return all funds of the branch with their balances."""
    header = [_("编号"), _("基金"), _("种类"), _("余额（元）")]
    rows = list_funds(tx, order.branch)
    cells = ([row.id, row.name, str(word(FUND_KINDS, row.kind)), Yuan(row.balance_minor)] for row in rows)
    return Table("table:funds", header, cells)


def fund_statement(tx: Tx, order: Order) -> Table:
    """Return every movement of a fund, newest first, with the balance after it. Raises NotFound `fund_unknown`."""
    fund = find(tx, order.arguments["fund_id"])
    header = [_("时间（北京）"), _("种类"), _("金额（元）"), _("余额（元）"), _("凭据"), _("配捐池"), _("捐赠编号")]
    header += [_("原因"), _("经办"), _("分录号")]

    def row(line: StatementLine) -> Sequence[Any]:
        kind = str(word(FUND_MOVEMENTS, line.kind))
        amounts = (Yuan(line.amount_minor), Yuan(line.balance_minor))
        about = (line.reference, line.pot_name or "", str(line.donation_id or ""), line.reason)
        return [line.booked_at, kind, *amounts, *about, actor_name(line.actor), line.transfer_id]

    rows = all_pages(lambda page: statement(tx, order.arguments["fund_id"], page))
    return Table(f"fund:{fund.id}", header, map(row, rows))


def goods(tx: Tx, order: Order) -> Table:
    """Return the goods given to projects of the branch, with their values."""
    header = [
        _("编号"),
        _("项目编号"),
        _("项目"),
        _("接收（组织代码）"),
        _("物资"),
        _("数量"),
        _("计量单位"),
        _("价值（元）"),
    ]
    header += [_("怎么估的价"), _("谁估的价"), _("捐赠方"), _("凭据在哪里"), _("收到日期"), _("已发放"), _("状态")]

    def row(line: reading.Line) -> Sequence[Any]:
        of = line.goods
        about = (of.project_id, line.project_name, of.organisation_code, of.name, of.quantity, of.unit)
        valued = (Yuan(of.value_minor), str(word(GOODS_BASES, of.basis)), of.valued_by)
        papers = (of.giver, of.document, of.received_on, line.handed_out)
        return [of.id, *about, *valued, *papers, str(word(GOODS_STATES, of.state))]

    rows = all_pages(lambda page: reading.listed(tx, branch=order.branch, page=page))
    return Table("table:goods", header, map(row, rows))


def people(tx: Tx, order: Order) -> Table:
    """Return the accounts of the branch."""
    words, role, state = (order.filters.get(name, "") for name in ("q", "role", "state"))
    query = AccountQuery(words, role, state, order.branch)
    header = [
        _("用户名"),
        _("姓名"),
        _("角色"),
        _("组织代码"),
        _("组织"),
        _("状态"),
        _("两步验证"),
        _("最近登录（北京）"),
    ]

    def row(account: AccountRow) -> Sequence[Any]:
        kept, factor = str(word(ACCOUNT_STATES, account.state)), _("有") if account.second_factor else ""
        branch = (account.branch_code or "", account.branch_name or "")
        role = str(word(ROLES, account.role))
        return [account.login, account.name, role, *branch, kept, factor, account.signed_in_at]

    return Table("table:people", header, map(row, all_pages(lambda page: account_search.search(tx, query, page))))
