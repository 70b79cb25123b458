"""News of a village: what was done with the money, as dated items written by its liaison, each perhaps with a
picture."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.projects.page_models import ProjectNews, ProjectPicture
from campaigns.projects.picture_file import Rewritten
from campaigns.projects.pictures import (
    PictureText,
    delete_row,
    insert_picture,
    require_text,
    same_picture,
    store_files,
)
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict
from campaigns.reasons import require_one_line_reason
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.text import text_fault
from payments import outgoing
from payments.outgoing_models import OutgoingType

MOST_NEWS = 60  # per project; our default
MOST_TITLE = 40  # characters
MOST_TEXT = 1_000
_FINAL = (Status.CLOSED, Status.BLACKLISTED)


class NewsText(NamedTuple):
    """The text of a news item: the day on which it happened, a title and a few sentences."""

    happened_on: date
    title: str
    text: str = ""


def add_news(tx: Tx, project_id: int, news: NewsText, actor: str) -> ProjectNews:
    """Publish a news item of a project.

    Raises NotFound `project_unknown`, Conflict `project_state` and `news_full`, Invalid `news_invalid`.
    """
    project = lock_project(tx, project_id)
    if project.status in _FINAL:
        raise state_conflict(project)
    count = select(func.count()).select_from(ProjectNews).where(ProjectNews.project_id == project_id)
    if (tx.first(count) or 0) >= MOST_NEWS:
        raise Conflict("news_full", most=MOST_NEWS)
    _require_sound(tx, news)
    row = tx.add(
        ProjectNews(
            project_id=project_id,
            happened_on=news.happened_on,
            title=news.title.strip(),
            text=news.text.strip(),
            written_by=actor,
            written_at=tx.now,
        )
    )
    record_audit(tx, actor, "project.news_add", f"project:{project_id}", news=row.id)
    words = {
        "project_code": project.code,
        "happened_on": str(row.happened_on),
        "title": row.title,
        "text": row.text,
    }
    outgoing.queue(tx, OutgoingType.PROJECT_NEWS, words, [project.code])
    return row


def find_news(tx: Tx, project_id: int, news_id: int) -> ProjectNews:
    """Lock and return a news item of a project. Raises NotFound `news_unknown`."""
    row = tx.get(ProjectNews, news_id, lock=True)
    if row is None or row.project_id != project_id:
        raise NotFound("news_unknown")
    return row


def change_news(tx: Tx, project_id: int, news_id: int, changes: Mapping[str, Any], actor: str) -> ProjectNews:
    """Replace those of happened_on, title and text that are in `changes`. Raises as `add_news`, and NotFound
    `news_unknown`."""
    project = lock_project(tx, project_id)
    if project.status in _FINAL:
        raise state_conflict(project)
    row = find_news(tx, project_id, news_id)
    news = NewsText(row.happened_on, row.title, row.text)._replace(**changes)
    _require_sound(tx, news)
    row.happened_on, row.title, row.text = news.happened_on, news.title.strip(), news.text.strip()
    tx.add(row)
    record_audit(tx, actor, "project.news_change", f"project:{project_id}", news=news_id)
    return row


def hide_news(tx: Tx, project_id: int, news_id: int, reason: str, actor: str) -> ProjectNews:
    """Hide a news item and its picture from the public. Idempotent.

    Raises NotFound `project_unknown` and `news_unknown`, Invalid `reason_invalid`.
    """
    require_one_line_reason(reason)
    lock_project(tx, project_id)
    row = find_news(tx, project_id, news_id)
    if row.hidden_at is None:
        row.hidden_by, row.hidden_at, row.hide_reason = actor, tx.now, reason
        tx.add(row)
        record_audit(tx, actor, "project.news_hide", f"project:{project_id}", news=news_id, reason=reason)
    return row


def show_news(tx: Tx, project_id: int, news_id: int, actor: str) -> ProjectNews:
    """Show a hidden news item again. Idempotent. Raises NotFound `project_unknown` and `news_unknown`."""
    lock_project(tx, project_id)
    row = find_news(tx, project_id, news_id)
    if row.hidden_at is not None:
        row.hidden_by, row.hidden_at, row.hide_reason = "", None, ""
        tx.add(row)
        record_audit(tx, actor, "project.news_show", f"project:{project_id}", news=news_id)
    return row


def illustrate(
    deps: Dependencies, project_id: int, news_id: int, text: PictureText, picture: Rewritten, actor: str
) -> int:
    """Set the rewritten picture of a news item, replacing the previous one; return the picture's id.

    Raises NotFound `project_unknown` and `news_unknown`, Conflict `project_state`, Invalid `picture_invalid`.
    """
    file_key = store_files(deps, picture)
    with deps.db.transaction() as tx:
        project = lock_project(tx, project_id)
        if project.status in _FINAL:
            raise state_conflict(project)
        find_news(tx, project_id, news_id)
        require_text(tx, text)
        if (known := same_picture(tx, picture, project_id, news_id)) is not None:
            return known
        before = tx.first(select(ProjectPicture).where(col(ProjectPicture.news_id) == news_id))
        if before is not None:
            delete_row(tx, deps, before)
        return insert_picture(tx, project_id, text, picture, file_key, actor, news_id=news_id)


def _require_sound(tx: Tx, news: NewsText) -> None:
    faults: dict[str, Fault] = {}
    if refused := text_fault(news.title, MOST_TITLE):
        faults["title"] = refused
    if refused := text_fault(news.text, MOST_TEXT, lines=True):
        faults["text"] = refused
    if news.happened_on > tx.now.astimezone(SHANGHAI).date():
        faults["happened_on"] = fault("in_the_future")
    if faults:
        raise Invalid("news_invalid", fields=faults)
