"""Pictures and news as pages show them."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import PUBLIC
from campaigns.projects.models import Project
from campaigns.projects.news import find_news
from campaigns.projects.page_models import ProjectNews, ProjectPicture
from campaigns.projects.picture_file import WIDTHS
from campaigns.projects.pictures import find_picture
from kernel.db import Tx


class Picture(NamedTuple):
    """A picture. `width` and `height` are those of its largest file; the focus is in tenths of them."""

    id: int
    file_key: str
    width: int
    height: int
    focus_x: int
    focus_y: int
    caption: str
    place: str
    taken_on: date | None
    people: str
    position: int

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of the distinct files, smallest first. A small picture has fewer."""
        return (*(width for width in WIDTHS if width < self.width), WIDTHS[-1])

    def shown_width(self, width: int) -> int:
        """Return the actual width of the file for a width."""
        return min(width, self.width)


class News(NamedTuple):
    """A news item from the village. Only managers see `hidden` ones."""

    id: int
    happened_on: date
    title: str
    text: str
    picture: Picture | None
    hidden: bool


class VillageLetter(NamedTuple):
    """The newest news item of a campaign's villages, and its project."""

    project_id: int
    project_name: str
    news: News


_NEWEST = (col(ProjectNews.happened_on).desc(), col(ProjectNews.id).desc())
_ORDER = (col(ProjectPicture.position), col(ProjectPicture.id))


def pictures_of(tx: Tx, project_id: int) -> list[Picture]:
    """Return the pictures of a project in order, without those of its news."""
    own = (ProjectPicture.project_id == project_id, col(ProjectPicture.news_id).is_(None))
    return [_picture(row) for row in tx.all(select(ProjectPicture).where(*own).order_by(*_ORDER))]


def picture_of(tx: Tx, project_id: int, picture_id: int) -> Picture:
    """Return a picture of a project or of its news. Raises NotFound `picture_unknown`."""
    return _picture(find_picture(tx, project_id, picture_id))


def covers(tx: Tx, project_ids: Collection[int]) -> dict[int, Picture]:
    """Return project id -> first picture, for the projects that have any."""
    own = (col(ProjectPicture.project_id).in_(project_ids), col(ProjectPicture.news_id).is_(None))
    shown: dict[int, Picture] = {}
    for row in tx.all(select(ProjectPicture).where(*own).order_by(*_ORDER)):
        shown.setdefault(row.project_id, _picture(row))
    return shown


def news_of(tx: Tx, project_id: int, *, hidden: bool = False) -> list[News]:
    """Return the news of a project, newest first; with `hidden`, also the hidden items."""
    rows = tx.all(select(ProjectNews).where(ProjectNews.project_id == project_id).order_by(*_NEWEST))
    shown = [row for row in rows if hidden or row.hidden_at is None]
    return _with_pictures(tx, shown)


def newest_letter(tx: Tx, campaign_id: int) -> VillageLetter | None:
    """Return the newest public news item of a campaign's projects; None if there is none."""
    newest = (
        select(ProjectNews, Project.name)
        .join(CampaignEntry, col(CampaignEntry.project_id) == ProjectNews.project_id)
        .join(Project, col(Project.id) == ProjectNews.project_id)
        .where(CampaignEntry.campaign_id == campaign_id, col(ProjectNews.hidden_at).is_(None))
        .order_by(*_NEWEST)
        .limit(1)
    )
    for row, project_name in tx.all(newest):
        return VillageLetter(row.project_id, project_name, _with_pictures(tx, [row])[0])
    return None


def news_item(tx: Tx, project_id: int, news_id: int) -> News:
    """Return a news item, hidden or not. Raises NotFound `news_unknown`."""
    return _with_pictures(tx, [find_news(tx, project_id, news_id)])[0]


def _with_pictures(tx: Tx, rows: Collection[ProjectNews]) -> list[News]:
    illustrated = select(ProjectPicture).where(col(ProjectPicture.news_id).in_([row.id for row in rows]))
    pictures = {row.news_id: _picture(row) for row in tx.all(illustrated)} if rows else {}
    return [
        News(row.id or 0, row.happened_on, row.title, row.text, pictures.get(row.id), row.hidden_at is not None)
        for row in rows
    ]


def is_public(tx: Tx, file_key: str) -> bool:
    """Return whether a picture is public: its project takes part in a public campaign, and its news item is not
    hidden."""
    shown = (
        select(col(ProjectPicture.id))
        .join(CampaignEntry, col(CampaignEntry.project_id) == ProjectPicture.project_id)
        .join(Campaign, col(Campaign.id) == CampaignEntry.campaign_id)
        .outerjoin(ProjectNews, col(ProjectNews.id) == ProjectPicture.news_id)
        .where(
            ProjectPicture.file_key == file_key,
            col(Campaign.phase).in_(PUBLIC),
            or_(col(ProjectPicture.news_id).is_(None), col(ProjectNews.hidden_at).is_(None)),
        )
    )
    return tx.first(shown) is not None


def _picture(row: ProjectPicture) -> Picture:
    return Picture(
        row.id or 0,
        row.file_key,
        row.width,
        row.height,
        row.focus_x,
        row.focus_y,
        row.caption,
        row.place,
        row.taken_on,
        row.people,
        row.position,
    )
