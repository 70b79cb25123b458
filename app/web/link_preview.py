"""The preview that chats and search engines show for a link to a campaign or a project, for every visitor."""

from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext as _

from app.current import deps
from app.i18n.locale import language, whole_yuan
from app.papers import pictures
from app.papers.link_photo import MIMETYPES
from app.papers.pictures import Subject
from app.web.outlook import outlook
from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.catalogue import ProjectRow
from campaigns.disclosure.pictures import Picture
from campaigns.disclosure.totals import PotView


class LinkPreview(NamedTuple):
    """The texts of a preview, the page's URL, and the URL of its picture (1200 x 630)."""

    title: str
    description: str
    address: str
    picture: str
    mimetype: str  # of the picture


def link_preview(
    campaign: CampaignView,
    pots: Sequence[PotView],
    project: ProjectRow | None = None,
    photos: Sequence[Picture] = (),
) -> LinkPreview:
    """Return the preview of a campaign, or of a project in it with its photos."""
    public_url = deps().public_url
    subject = (
        pictures.project(campaign, project, public_url, *photos[:1])
        if project
        else pictures.event(campaign, public_url)
    )
    form = "jpg" if subject.photo else "png"
    english = "?lang=en" if language() == "en" else ""
    return LinkPreview(
        title=_title(subject),
        description=_description(subject, pots),
        address=subject.address + english,
        picture=f"{subject.address}/link.{language()}.{form}",
        mimetype=MIMETYPES[form],
    )


def _title(subject: Subject) -> str:
    if not subject.total_minor:
        return subject.title
    return _("%(name)s，已经筹到 %(sum)s 元", name=subject.title, sum=whole_yuan(subject.total_minor))


def _description(subject: Subject, pots: Sequence[PotView]) -> str:
    campaign = subject.campaign
    parts = [pictures.state_note(subject)]
    if campaign.running:
        matching = outlook(campaign, pots).state == "open"
        parts.append(
            _("现在还有配捐，先到先得，付款前写明") if matching else _("付款前写明每一分钱去哪里，账目公开")
        )
    else:
        parts.append(_("每一笔捐款和配捐都记账公开"))
    space = " " if language() == "en" else ""
    return space.join(_("%(sentence)s。", sentence=part) for part in parts if part)
