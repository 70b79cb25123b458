"""Tables of one campaign: its projects, pots, standings, cases, differences and sources."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.current import deps
from app.exports.lists import project_header, project_row
from app.exports.table import Order, Places, Table, all_pages, by_id
from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.giving_labels import SOURCE_KINDS
from app.i18n.labels import CASE_STATES, CAUSES, DISCREPANCY_STATES, POT_KINDS, STANDINGS, STATUSES, word
from app.i18n.names import actor_name, source_name
from app.i18n.screening_evidence import evidence_lines
from app.table_cells import Yuan
from campaigns.analytics.sources import SourceTotals
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation import discrepancies
from campaigns.disclosure import standings as ranking
from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.disclosure.sources import SourceFigures, figures_of_sources
from campaigns.disclosure.totals import PotView, pot_views
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.sources import Source
from campaigns.projects.place_totals import PlaceTotals
from campaigns.screening import cases as screening
from kernel.db import Tx
from payments.partners.partners import titles_of


def entries(tx: Tx, order: Order) -> Table:
    """Return the campaign's projects with what they raised in it; for a branch only its own projects."""
    campaign_id = _id(tx, order)
    query = ProjectQuery(campaign_id, branch=order.branch)
    rows = all_pages(lambda page: listed(tx, query, page))
    return Table(f"campaign:{campaign_id}", project_header(), map(project_row, rows))


def pots(tx: Tx, order: Order) -> Table:
    """Return the pots by rank, the order in which they are asked for match."""
    campaign_id = _id(tx, order)
    header = [
        _("编号"),
        _("顺序"),
        _("配捐池"),
        _("种类"),
        _("投入（元）"),
        _("现可配（元）"),
        _("支付中预留（元）"),
    ]
    header += [
        _("已配（元）"),
        _("复核中（元）"),
        _("已退回基金（元）"),
        _("下一批开放（北京）"),
        _("暂停于（北京）"),
    ]

    def row(pot: PotView) -> Sequence[Any]:
        amounts = (pot.funded_minor, pot.available_minor, pot.reserved_minor, pot.captured_minor, pot.held_minor)
        kind = str(word(POT_KINDS, pot.kind))
        sums = [Yuan(amount) for amount in (*amounts, pot.returned_minor)]
        return [pot.id, pot.rank, pot.name, kind, *sums, pot.next_tranche_at, pot.paused_at]

    return Table(f"campaign:{campaign_id}", header, map(row, pot_views(tx, campaign_id)))


def standings(tx: Tx, order: Order) -> Table:
    """Return the standings by county, township, village or team. Raises Invalid `standings_unknown`."""
    campaign_id, by = _id(tx, order), order.filters.get("by", "county")
    header = [_("名次"), _("代码"), _("上级"), _("名称"), _("筹款（元）"), _("配捐（元）"), _("合计（元）")]
    assert set(ranking.BY) == set(STANDINGS)

    def row(place: int, line: PlaceTotals) -> Sequence[Any]:
        amounts = (line.raised_minor, line.matched_minor, line.total_minor)
        return [place, line.code, line.parent_name, line.name or _("（其他）"), *map(Yuan, amounts)]

    rows = all_pages(lambda page: ranking.standings(tx, campaign_id, by, page))
    return Table(f"campaign:{campaign_id}", header, (row(place, line) for place, line in enumerate(rows, 1)))


def cases(tx: Tx, order: Order) -> Table:
    """Return the cases with their evidence, for a branch those of its projects. Raises Invalid `list_invalid`."""
    campaign_id, places = _id(tx, order), Places(tx)
    header = [_("个案"), _("状态"), _("捐赠编号"), _("项目"), _("县区"), _("乡镇街道"), _("村（社区）或单位")]
    header += [_("捐赠状态"), _("支付时间（北京）"), _("捐赠（元）"), _("暂缓的配捐（元）"), _("依据")]
    header += [_("立案（北京）"), _("决定（北京）"), _("决定人"), _("原因")]

    def row(case: Mapping[str, Any]) -> Sequence[Any]:
        return [
            case["id"],
            str(word(CASE_STATES, case["state"])),
            str(case["donation_id"]),
            case["project_name"],
            *places.of(case["project_id"]),
            str(word(STATUSES, case["status"])),
            case["paid_at"],
            Yuan(case["amount_minor"]),
            Yuan(case["now_held_minor"]),
            "\n".join(evidence_lines(case["signals"])),
            case["opened_at"],
            case["decided_at"],
            actor_name(case["actor"]),
            case["reason"],
        ]

    state, keys = order.filters.get("state"), deps().keys
    ids = screening.ids_listed(tx, campaign_id, state, order.branch)
    rows = by_id(ids, lambda part: screening.views(tx, keys, part))
    return Table(f"campaign:{campaign_id}", header, map(row, rows))


def differences(tx: Tx, order: Order) -> Table:
    """Return the differences between the books and the statements, open ones first."""
    campaign_id = _id(tx, order)
    header = [
        _("编号"),
        _("状态"),
        _("支付平台"),
        _("原因"),
        _("单号"),
        _("捐赠编号"),
        _("我方（元）"),
        _("对方（元）"),
    ]
    header += [_("差额（元）"), _("记到"), _("发现（北京）"), _("结束（北京）"), _("说明"), _("经办")]
    titles = titles_of(tx)

    def row(line: Discrepancy) -> Sequence[Any]:
        return [
            line.id,
            str(word(DISCREPANCY_STATES, line.state)),
            source_name(line.provider, titles),
            str(word(CAUSES, line.cause)),
            line.reference,
            str(line.donation_id or ""),
            *(Yuan(amount) if amount is not None else None for amount in (line.ours_minor, line.theirs_minor)),
            Yuan(line.sum_minor),
            str(word(DIFFERENCE_ACCOUNTS, line.account)) if line.booked_minor else "",
            line.found_at,
            line.ended_at,
            line.reason,
            actor_name(line.actor),
        ]

    rows = all_pages(lambda page: discrepancies.listed(tx, campaign_id, None, page))
    return Table(f"campaign:{campaign_id}", header, map(row, rows))


def _id(tx: Tx, order: Order) -> int:
    campaign_id = find_campaign(tx, order.arguments["slug"]).id
    assert campaign_id is not None
    return campaign_id


def sources(tx: Tx, order: Order) -> Table:
    """Return the sources with clicks on their links and the gifts from them, those that raised most first; then
    those that platforms named by codes of their own."""
    campaign = find_campaign(tx, order.arguments["slug"])
    brought = figures_of_sources(tx, campaign)
    header = [_("来源"), _("种类"), _("代码"), _("短链接"), _("点击"), _("首次点击"), _("笔数"), _("人数")]
    header += [_("筹款（元）"), _("配捐（元）")]

    def row(source: Source, figures: SourceFigures) -> Sequence[Any]:
        link = f"{deps().public_url}/s/{source.code}"
        counts = (figures.clicks, figures.firsts, figures.donations, figures.donors)
        amounts = Yuan(figures.raised_minor), Yuan(figures.matched_minor)
        return [source.title, str(SOURCE_KINDS[source.kind]), source.code, link, *counts, *amounts]

    titles = titles_of(tx)

    def other_row(other: SourceTotals) -> Sequence[Any]:
        named = source_name(other.provider, titles), str(SOURCE_KINDS[other.kind]), other.code
        amounts = Yuan(other.raised_minor), Yuan(other.matched_minor)
        return [*named, "", "", "", other.donations, other.donors, *amounts]

    others = [other_row(other) for other in brought.of_platforms]
    own = [row(*pair) for pair in brought.registered]
    return Table(f"campaign:{campaign.id}", header, own + others)
