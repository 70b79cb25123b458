"""Public statements of a campaign: 筹款 / 配捐 / 合计 by county and township, as a page and as CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, render_template
from flask_babel import gettext as _

from app.csv_file import csv_response
from app.current import deps
from app.http import access
from app.i18n.giving_labels import CORRECTIONS
from app.i18n.labels import word
from app.i18n.names import source_name
from app.i18n.notices import notice_number
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint
from campaigns.agreements.agreements import partners_of
from campaigns.closing.corrections import Correction, corrections
from campaigns.closing.models import Cancellation
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import notices_of
from campaigns.closing.report import report
from campaigns.disclosure.campaigns import public_campaign, public_campaigns
from campaigns.lifecycle.plan_corrections import plan_corrections_of
from campaigns.payouts.figures import Figures, totals
from campaigns.projects.place_totals import PlaceTotals, by_place
from kernel.clock import local_day
from kernel.db import Tx
from kernel.money import yuan
from payments.partners.partners import titles_of


@dataclass(frozen=True, slots=True)
class Statement:
    """A campaign's table. `report`: the closing report that it comes from, None if read from the live books.

    `corrections`: amounts that moved after the report was written.
    """

    counties: Sequence[PlaceTotals]
    townships: Sequence[PlaceTotals]
    report: Any
    corrections: Sequence[Correction] = ()
    money_out: Figures | None = None  # set once the money of a released campaign has been allotted
    notices: Sequence[PublicNotice] = ()
    cancelled: Cancellation | None = None

    @property
    def whole(self) -> tuple[int, int, int]:
        """The last line: raised, matched and total, in fen."""
        raised = sum(row.raised_minor for row in self.counties)
        matched = sum(row.matched_minor for row in self.counties)
        return raised, matched, raised + matched

    @property
    def chart(self) -> list[tuple[str, int]]:
        """The total of each county in fen, as the bars of a chart; a single one needs none."""
        rows = self.counties if len(self.counties) > 1 else ()
        return [(row.name or _("（其他）"), row.total_minor) for row in rows]

    @property
    def returned_minor(self) -> int:
        """What was returned since the campaign was cancelled, in fen."""
        return max(0, self.cancelled.raised_minor - self.corrected[0]) if self.cancelled else 0

    @property
    def corrected(self) -> tuple[int, int, int]:
        """The last line including all corrections, in fen, as the books are now."""
        raised = self.whole[0] + sum(row.raised_minor for row in self.corrections)
        matched = self.whole[1] + sum(row.matched_minor for row in self.corrections)
        return raised, matched, raised + matched


@blueprint.get("/public/")
@access.public
@shared()
def public() -> str:
    """Show all campaigns with their totals and links to their statements."""
    with deps().db.snapshot() as tx:
        campaigns = public_campaigns(tx)
    return render_template("web/public.html", campaigns=campaigns)


@blueprint.get("/public/c/<slug>", endpoint="statement")
@access.public
@shared()
def show_statement(slug: str) -> str:
    """Show the statement of a campaign."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        statement = _statement(tx, campaign.id)
        partners, titles = partners_of(tx, campaign.id), titles_of(tx)
        plan_corrections = plan_corrections_of(tx, campaign.id)
    return render_template(
        "web/statement.html",
        campaign=campaign,
        statement=statement,
        partners=partners,
        plan_corrections=plan_corrections,
        source_name=partial(source_name, titles=titles),
        number_of=notice_number,
    )


@blueprint.get("/public/c/<slug>.csv", endpoint="statement_file")
@access.public
@shared()
def download_statement(slug: str) -> Response:
    """Return the statement of a campaign as CSV."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        statement = _statement(tx, campaign.id)
    header = [_("级别"), _("代码"), _("县区"), _("名称"), _("筹款（元）"), _("配捐（元）"), _("合计（元）")]
    rows = [*_lines(_("县区"), statement.counties), *_lines(_("乡镇街道"), statement.townships)]
    rows.append([_("合计"), "", "", "", *(_plain(amount) for amount in statement.whole)])
    if statement.corrections:
        rows += _correction_lines(statement.corrections)
        rows.append([_("更正后合计"), "", "", "", *(_plain(amount) for amount in statement.corrected)])
    return csv_response(campaign.slug, header, [*rows, *_cancelled_lines(statement)])


def _lines(level: str, rows: Iterable[PlaceTotals]) -> Iterable[list[str]]:
    for row in rows:
        amounts = (row.raised_minor, row.matched_minor, row.total_minor)
        yield [level, row.code, row.parent_name, row.name or _("（其他）"), *(_plain(amount) for amount in amounts)]


def _correction_lines(rows: Iterable[Correction]) -> Iterable[list[str]]:
    for row in rows:
        amounts = (row.raised_minor, row.matched_minor, row.total_minor)
        cause = str(word(CORRECTIONS, row.cause))
        yield [
            _("更正"),
            row.day.isoformat(),
            cause,
            row.project_name,
            *(_plain(amount) for amount in amounts),
        ]


def _cancelled_lines(statement: Statement) -> Iterable[list[str]]:
    """Yield what a cancelled campaign had received, and what of it was returned."""
    if statement.cancelled and statement.cancelled.donations:
        day = local_day(statement.cancelled.cancelled_at).isoformat()
        yield [_("取消时已收"), day, "", "", _plain(statement.cancelled.raised_minor), "", ""]
        yield [_("已退回"), "", "", "", _plain(statement.returned_minor), "", ""]


def _plain(amount_minor: int) -> str:
    return yuan(amount_minor).replace(",", "")


def _statement(tx: Tx, campaign_id: int) -> Statement:
    """Return the closing report's table if there is one, else the table from the live books."""
    final, cancelled = report(tx, campaign_id), tx.get(Cancellation, campaign_id)
    if final is None:
        counties, townships = by_place(tx, campaign_id, "county"), by_place(tx, campaign_id, "township")
        return Statement(counties, townships, None, cancelled=cancelled)
    tables = {level: [PlaceTotals(**row) for row in final[level]] for level in ("county", "township")}
    sums = totals(tx, campaign_id)
    money_out = sums if sums.project_minor + sums.township_minor + sums.management_minor else None
    notices, after = notices_of(tx, campaign_id), corrections(tx, campaign_id)
    return Statement(tables["county"], tables["township"], final, after, money_out, notices, cancelled)
