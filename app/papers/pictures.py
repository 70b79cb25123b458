"""The content of link pictures and posters of a campaign or a project, for every visitor; amounts in fen."""

from typing import Any, NamedTuple

import segno
from flask_babel import gettext as _

from app.i18n.locale import when, whole_yuan
from app.papers.fonts import drawable
from app.papers.words import Runs, face, fold, runs, yuan_text
from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.catalogue import ProjectRow
from campaigns.disclosure.pictures import Picture


class Subject(NamedTuple):
    """The subject of a picture: a campaign, or a project in it."""

    campaign: CampaignView
    title: str
    place: str
    theme: str
    raised_minor: int
    matched_minor: int
    missing_minor: int  # to the target; 0 for a campaign
    address: str  # URL of its page, without anything of a visitor
    photo: Picture | None = None  # of a project that has photos

    @property
    def total_minor(self) -> int:
        return self.raised_minor + self.matched_minor


def event(campaign: CampaignView, public_url: str) -> Subject:
    """Return a campaign as the subject of a picture."""
    return Subject(
        campaign=campaign,
        title=campaign.name,
        place=campaign.host,
        theme="",
        raised_minor=campaign.totals.raised_minor,
        matched_minor=campaign.totals.matched_minor,
        missing_minor=0,
        address=f"{public_url}/c/{campaign.slug}",
    )


def project(campaign: CampaignView, row: ProjectRow, public_url: str, photo: Picture | None = None) -> Subject:
    """Return a project as the subject of a picture with this photo."""
    places = dict.fromkeys((row.county_name, row.township_name, row.organisation_name))
    total_minor = row.raised_minor + row.matched_minor
    return Subject(
        campaign=campaign,
        title=row.name,
        place=" ".join(place for place in places if place),
        theme=row.theme,
        raised_minor=row.raised_minor,
        matched_minor=row.matched_minor,
        missing_minor=max(row.target_minor - total_minor, 0),
        address=f"{public_url}/c/{campaign.slug}/p/{row.id}",
        photo=photo,
    )


def link_values(subject: Subject) -> dict[str, Any]:
    """Return the texts of a link picture."""
    coming = subject.campaign.shown_phase == "scheduled"
    return face() | {
        "emblem": fold(subject.theme, subject.raised_minor, subject.matched_minor),
        "title": drawable(subject.title, 48),
        "place": drawable(subject.place),
        "label": _("开始时间") if coming else _("已经筹到"),
        "sum": when(subject.campaign.opens_at)[:10] if coming else whole_yuan(subject.total_minor),
        "unit": "" if coming else _("元"),
        "note": state_note(subject),
    }


def state_note(subject: Subject) -> str:
    """Return one line about the state of a subject: what is missing, or how many donors gave."""
    campaign = subject.campaign
    if campaign.shown_phase == "cancelled":
        return _("活动已取消")
    if subject.theme and not subject.missing_minor:
        return _("已筹满，谢谢")
    if not campaign.running and campaign.shown_phase != "scheduled":
        return _("活动已结束，谢谢")
    if subject.theme:
        return _("还差 %(amount)s", amount=yuan_text(subject.missing_minor))
    return _("已有 %(donors)s 人一起捐", donors=f"{campaign.totals.donors:,}") if campaign.totals.donors else ""


def poster_values(subject: Subject) -> dict[str, Any]:
    """Return the texts of a poster that shows what all donors gave together."""
    parts = runs(
        _("捐款 %(raised)s，配捐 %(matched)s"),
        raised=yuan_text(subject.raised_minor),
        matched=yuan_text(subject.matched_minor),
    )
    return frame(subject) | {
        "emblem": fold(subject.theme, subject.raised_minor, subject.matched_minor),
        "gave": _("大家捐的"),
        "lead": _("%(name)s，已经筹到", name=drawable(subject.title, 40)),
        "sum": whole_yuan(subject.total_minor),
        "below": parts,
    }


def frame(subject: Subject) -> dict[str, Any]:
    """Return what every poster has: the campaign, the QR code of its page, the host and the terms."""
    campaign = subject.campaign
    numbers = _("备案 %(number)s", number=campaign.plan.get("filing_no", ""))
    return face() | {
        "event": drawable(campaign.name),
        "added": _("配捐的"),
        "unit": _("元"),
        "code": code(subject.address),
        "ask": _("扫一扫，一起捐") if campaign.running else _("扫一扫，看进展"),
        "missing": _missing(subject),
        "host": f"{drawable(campaign.host)} · {drawable(numbers)}",
        "terms": _("有没有配捐、配多少，付款前写明") if campaign.running else "",
    }


def _missing(subject: Subject) -> Runs:
    if subject.theme and subject.missing_minor and subject.campaign.running:
        return runs(_("还差 %(amount)s"), amount=yuan_text(subject.missing_minor))
    return [(state_note(subject), False)]


def code(address: str) -> str:
    """Return the QR code of a URL as SVG, with a quiet zone of four modules."""
    return segno.make_qr(address, error="m").svg_inline(scale=4, border=4, dark="#2B1D18", omitsize=True)
