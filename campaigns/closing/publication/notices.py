"""Publish the result of a campaign by project, numbered and frozen (公示). A correction is another notice, which
shows both versions and the reason (更正公告)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.partner_sums import state_sums
from campaigns.goods.reading import value_by_project
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.projects.models import Project
from campaigns.projects.place_totals import by_project
from campaigns.reasons import require_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import fingerprint
from ledger.statements import last_transfer

PUBLISHED = "notice.publish"  # the audit entry that records a notice's hash
FIGURES = ("raised_minor", "matched_minor", "total_minor")


class Changed(NamedTuple):
    """A project whose sums differ between two versions of a notice; fen."""

    code: str
    name: str
    county: str
    township: str
    before_raised_minor: int
    before_matched_minor: int
    raised_minor: int
    matched_minor: int

    @property
    def before_minor(self) -> int:
        return self.before_raised_minor + self.before_matched_minor

    @property
    def after_minor(self) -> int:
        return self.raised_minor + self.matched_minor


def publish_result(tx: Tx, campaign: Campaign, actor: str) -> PublicNotice:
    """Publish the first notice of a campaign, which the caller has locked. A campaign has only one first notice."""
    return _publish(tx, campaign, 1, "", actor)


def correct(tx: Tx, slug: str, reason: str, actor: str) -> PublicNotice:
    """Publish a correction with the current figures, those of the last notice, and the reason. Platforms whose sums
    changed are sent the new ones.

    Raises NotFound `campaign_unknown`, Invalid `reason_missing`, Conflict `notice_missing` before the result is
    published, `notice_unchanged` when the books equal the last notice.
    """
    require_reason(reason)
    campaign = lock_campaign(tx, slug)
    last = latest(tx, campaign.id or 0)
    if last is None:
        raise Conflict("notice_missing")
    if not differs(tx, last):
        raise Conflict("notice_unchanged")
    state_sums(tx, campaign, campaign.notice_until)
    return _publish(tx, campaign, last.version + 1, reason.strip(), actor)


def differs(tx: Tx, notice: PublicNotice) -> bool:
    """Return whether the current books differ from a notice."""
    return bool(pending_changes(tx, notice))


def pending_changes(tx: Tx, notice: PublicNotice) -> list[Changed]:
    """Return the projects whose current sums in the books differ from a notice."""
    campaign = tx.get(Campaign, notice.campaign_id)
    assert campaign is not None
    return list(_changes(notice.notice["projects"], _table(tx, campaign)))


def _publish(tx: Tx, campaign: Campaign, version: int, reason: str, actor: str) -> PublicNotice:
    assert campaign.id is not None
    tx.run("LOCK TABLE public_notice IN SHARE ROW EXCLUSIVE MODE")  # so that numbers have no gaps
    year = local_day(tx.now).year
    of_year = select(func.coalesce(func.max(PublicNotice.number), 0)).where(PublicNotice.year == year)
    projects = _table(tx, campaign)
    notice: dict[str, Any] = {
        "campaign": campaign.slug,
        "name": campaign.name,
        "currency": campaign.currency,
        "ledger_mark": last_transfer(tx),
        **{figure: sum(row[figure] for row in projects) for figure in FIGURES},
        "goods_minor": sum(row["goods_minor"] for row in projects),
        "projects": projects,
    }
    row = PublicNotice(
        campaign_id=campaign.id,
        year=year,
        number=(tx.first(of_year) or 0) + 1,
        version=version,
        ledger_mark=notice["ledger_mark"],
        notice=notice,
        notice_hash=fingerprint(notice),
        reason=reason,
        actor=actor,
        published_at=tx.now,
    )
    detail = {"number": f"{year}-{row.number}", "notice_hash": row.notice_hash, "reason": reason}
    record_audit(tx, actor, PUBLISHED, f"campaign:{campaign.id}", **detail)
    return tx.add(row)


def _table(tx: Tx, campaign: Campaign) -> list[dict[str, Any]]:
    """Return the projects with their money, and separately the value of goods, which no sum of money includes."""
    values = value_by_project(tx, campaign)
    codes = dict(tx.all(select(Project.code, Project.id).where(col(Project.id).in_(values))))
    rows = by_project(tx, campaign.id or 0, values)
    return [{**row._asdict(), "goods_minor": values.get(codes.get(row.code) or 0, 0)} for row in rows]


def latest(tx: Tx, campaign_id: int) -> PublicNotice | None:
    """Return the current notice of a campaign; None before its result is published."""
    own = select(PublicNotice).where(PublicNotice.campaign_id == campaign_id)
    return tx.first(own.order_by(col(PublicNotice.version).desc()).limit(1))


def notices_of(tx: Tx, campaign_id: int) -> list[PublicNotice]:
    """Return the notices of a campaign, oldest first."""
    own = select(PublicNotice).where(PublicNotice.campaign_id == campaign_id)
    return tx.all(own.order_by(col(PublicNotice.version)))


def find_notice(tx: Tx, campaign_id: int, version: int) -> PublicNotice:
    """Return a version of a campaign's notice. Raises NotFound `notice_unknown`."""
    for notice in notices_of(tx, campaign_id):
        if notice.version == version:
            return notice
    raise NotFound("notice_unknown")


def changes(before: PublicNotice, after: PublicNotice) -> list[Changed]:
    """Return the projects whose sums differ between two versions."""
    return list(_changes(before.notice["projects"], after.notice["projects"]))


def _changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Changed]:
    old, new = ({row["code"]: row for row in rows} for rows in (before, after))
    for code in sorted(old.keys() | new.keys()):
        row = new.get(code) or old[code]
        was, now = ([table.get(code, {}).get(figure, 0) for figure in FIGURES[:2]] for table in (old, new))
        if was != now:
            yield Changed(code, row["name"], row["county"], row["township"], *was, *now)
