"""Papers for a donor: a certificate of thanks and a poster to share. Only for gifts that were paid and kept."""

from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.i18n.locale import language, whole_yuan
from app.papers import pictures
from app.papers.emblems import Ink, halves, seal
from app.papers.fonts import drawable
from app.papers.pictures import Subject
from app.papers.words import GOLD, PAPER, PENCIL, RED, Runs, face, runs, yuan_text
from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.catalogue import ProjectRow
from campaigns.disclosure.project_page import Unit
from campaigns.donations.view import DonationView
from kernel.clock import SHANGHAI
from kernel.errors import Conflict

_DIGITS = "〇一二三四五六七八九"
_GOLD_ON_WHITE, _WHITE, _FAINT = "#C58A1B", "#FFFFFF", "#BFAE96"
MOST_NAME = 80  # characters


class Thanked(NamedTuple):
    """A paid donation, and the name under which its donor wants to be thanked; amounts in fen, less refunds.
    `project` is what was given to, as it stands now; None if it no longer takes part in the campaign."""

    donation: DonationView
    campaign: CampaignView
    name: str
    gave_minor: int
    matched_minor: int
    unit: Unit | None = None
    project: ProjectRow | None = None

    @property
    def sum_minor(self) -> int:
        return self.gave_minor + self.matched_minor


def thanked(
    donation: DonationView,
    campaign: CampaignView,
    name: str,
    unit: Unit | None = None,
    project: ProjectRow | None = None,
) -> Thanked:
    """Return what a paper says thanks for. Raises Conflict `paper_unpaid`, and `paper_withdrawn` for a refunded or
    disputed donation."""
    if donation.status in ("refunded", "disputed"):
        raise Conflict("paper_withdrawn")
    if donation.status not in ("paid", "settled"):
        raise Conflict("paper_unpaid")
    gave_minor = donation.amount_minor - donation.refunded_minor
    return Thanked(
        donation, campaign, drawable(name, MOST_NAME), gave_minor, donation.captured_minor, unit, project
    )


def poster_values(thanked: Thanked, public_url: str) -> dict[str, Any]:
    """Return the texts of the donor's poster. Its QR code leads to the project, never to the donation."""
    matched = thanked.matched_minor > 0
    return pictures.frame(_subject(thanked, public_url)) | {
        "emblem": _emblem(thanked, Ink(RED, PAPER), Ink(GOLD, RED), PENCIL),
        "gave": _("我捐的"),
        "added": _("配捐的") if matched else "",
        "lead": _lead(thanked, matched),
        "sum": whole_yuan(thanked.sum_minor),
        "below": _given_to(thanked),
    }


def _subject(thanked: Thanked, public_url: str) -> Subject:
    """Return the project as the subject of a poster; the campaign if the project has left it."""
    if thanked.project is None:
        return pictures.event(thanked.campaign, public_url)
    return pictures.project(thanked.campaign, thanked.project, public_url)


def _given_to(thanked: Thanked) -> Runs:
    """Return the project that the gift goes to, and what it buys there."""
    project, unit = thanked.donation.project_name, thanked.unit
    if unit is None or not unit.bought_by(thanked.sum_minor):
        return runs(_("捐给%(project)s"), project=project)
    count = f"{unit.bought_by(thanked.sum_minor):,}"
    return runs(_("捐给%(project)s，够 %(count)s %(unit)s"), project=project, count=count, unit=drawable(unit.name))


def _lead(thanked: Thanked, matched: bool) -> str:
    amount = yuan_text(thanked.gave_minor)
    if matched and thanked.name:
        return _("%(name)s的 %(amount)s，变成了", name=drawable(thanked.name, 24), amount=amount)
    if matched:
        return _("我的 %(amount)s，变成了", amount=amount)
    return _("%(name)s捐了", name=drawable(thanked.name, 24)) if thanked.name else _("我捐了")


def certificate_values(thanked: Thanked) -> dict[str, Any]:
    """Return the texts of the certificate."""
    donation, campaign = thanked.donation, thanked.campaign
    assert donation.paid_at
    numbers = _("编号 %(number)s", number=donation.number)
    filing = _("备案 %(number)s", number=str(campaign.plan.get("filing_no", "")))
    return face() | {
        "emblem": _emblem(thanked, Ink(RED, _WHITE), Ink(_GOLD_ON_WHITE, _WHITE), _FAINT),
        "thanks": seal("seal-thanks"),
        "title": _("感谢状"),
        "salutation": _("%(name)s：", name=thanked.name or _("朋友")),
        "paragraphs": [*_sentences(thanked)],
        "host": drawable(campaign.host),
        "day": long_day(donation.paid_at),
        "number": f"{numbers} · {drawable(filing)}",
        "no-receipt": _("这是感谢状，不是公益事业捐赠票据。"),
    }


def _sentences(thanked: Thanked) -> list[Runs]:
    donation = thanked.donation
    assert donation.paid_at
    values = {
        "day": long_day(donation.paid_at, plain=True),
        "project": donation.project_name,
        "gave": yuan_text(thanked.gave_minor),
        "matched": yuan_text(thanked.matched_minor),
        "sum": yuan_text(thanked.sum_minor),
    }
    matched = _("您在%(day)s为%(project)s捐了%(gave)s，专项基金为您配捐%(matched)s，村里一共收到%(sum)s。谢谢您。")
    alone = _("您在%(day)s为%(project)s捐了%(gave)s。谢谢您。")
    sentences = [runs(matched if thanked.matched_minor else alone, **values)]
    if donation.held_minor:
        note = _("另有配捐%(held)s正在复核，不在上面的数里。")
        sentences.append(runs(note, held=yuan_text(donation.held_minor)))
    if donation.refunded_minor:
        note = _("原捐%(amount)s，其中%(refunded)s已退回。")
        amount, refunded = yuan_text(donation.amount_minor), yuan_text(donation.refunded_minor)
        sentences.append(runs(note, amount=amount, refunded=refunded))
    return sentences


def _emblem(thanked: Thanked, left: Ink, right: Ink, pencil: str) -> str:
    percent = thanked.matched_minor * 100 // thanked.gave_minor if thanked.gave_minor else 0
    return halves(thanked.donation.project_theme, left, right, percent, pencil)


def long_day(moment: datetime, *, plain: bool = False) -> str:
    """Return the day in Shanghai as written in letters."""
    local = moment.astimezone(SHANGHAI)
    if language() == "en":
        return f"{local.day} {local:%B %Y}"
    if plain:
        return f" {local.year} 年 {local.month} 月 {local.day} 日"
    year = "".join(_DIGITS[int(digit)] for digit in str(local.year))
    return f"{year}年{_below_hundred(local.month)}月{_below_hundred(local.day)}日"


def _below_hundred(number: int) -> str:
    tens, rest = divmod(number, 10)
    return ("" if tens < 1 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[rest] if rest else "")
