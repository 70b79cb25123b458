"""Add, describe, order and remove pictures of projects. Everyone who is recognisable in a picture must have
agreed."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from secrets import token_hex
from typing import Any, NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import changed, record_audit
from campaigns.dependencies import Dependencies
from campaigns.projects.models import Project
from campaigns.projects.page_models import People, ProjectPicture
from campaigns.projects.picture_file import WIDTHS, Rewritten
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.text import text_fault

MOST_PICTURES = 12  # per project, without those of its news; our default
MOST_CAPTION = 100  # characters
MOST_PLACE = 40
FOCUS_MOST = 10
_FINAL = (Status.CLOSED, Status.BLACKLISTED)
_CHANGEABLE = ("caption", "place", "taken_on", "focus_x", "focus_y")


class Removal(StrEnum):
    """Why a picture is removed. Free text could name people, and audit entries are kept for ever."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    WRONG = "wrong"
    OLD = "old"


class PictureText(NamedTuple):
    """The description of a picture: what it shows, where and when, its focus in tenths, and who is in it.

    `consented`: the people in it agreed; for children, their guardians did.
    """

    caption: str
    place: str = ""
    taken_on: date | None = None
    people: str = People.NONE.value
    consented: bool = False
    focus_x: int = 5
    focus_y: int = 5


def file_name(file_key: str, width: int) -> str:
    """Return the file name of a picture in one width."""
    return f"{file_key}-{width}.webp"


def require_room(tx: Tx, project_id: int) -> Project:
    """Require that a project may take another picture, before the picture is decoded; return the locked project.

    Raises NotFound `project_unknown`, Conflict `project_state` and `pictures_full`.
    """
    project = lock_project(tx, project_id)
    if project.status in _FINAL:
        raise state_conflict(project)
    own = (ProjectPicture.project_id == project_id, col(ProjectPicture.news_id).is_(None))
    if (tx.first(select(func.count()).select_from(ProjectPicture).where(*own)) or 0) >= MOST_PICTURES:
        raise Conflict("pictures_full", most=MOST_PICTURES)
    return project


def require_text(tx: Tx, text: PictureText) -> None:
    """Raise Invalid `picture_invalid` with every fault of a picture's description."""
    faults = _faults(tx, text)
    if text.people not in tuple(People):
        faults["people"] = fault("not_one_of", options=list(People))
    elif text.people != People.NONE and not text.consented:
        faults["consented"] = fault("consent_required")
    if faults:
        raise Invalid("picture_invalid", fields=faults)


def add_picture(deps: Dependencies, project_id: int, text: PictureText, picture: Rewritten, actor: str) -> int:
    """Store a rewritten picture as the last of its project; return its id. A repeated call changes nothing.

    Raises as `require_room` and `require_text`.
    """
    file_key = store_files(deps, picture)
    with deps.db.transaction() as tx:
        lock_project(tx, project_id)
        if (known := same_picture(tx, picture, project_id)) is not None:
            return known
        require_room(tx, project_id)
        require_text(tx, text)
        last = select(func.max(ProjectPicture.position)).where(ProjectPicture.project_id == project_id)
        position = (tx.first(last) or 0) + 1
        return insert_picture(tx, project_id, text, picture, file_key, actor, position=position)


def store_files(deps: Dependencies, picture: Rewritten) -> str:
    """Write the files of a picture and return their key. Call it before inserting the row, so that no row names a
    missing file.

    Files that no row ends up naming are removed later (`stray_pictures`).
    """
    file_key = token_hex(16)
    for width, data in picture.renditions.items():
        deps.pictures.write(file_name(file_key, width), data)
    return file_key


def same_picture(tx: Tx, picture: Rewritten, project_id: int, news_id: int | None = None) -> int | None:
    """Return the id of the same picture in the same place, or None."""
    own = (ProjectPicture.project_id == project_id, ProjectPicture.content_hash == picture.content_hash)
    place = col(ProjectPicture.news_id).is_not_distinct_from(news_id)
    return tx.first(select(col(ProjectPicture.id)).where(*own, place))


def insert_picture(
    tx: Tx,
    project_id: int,
    text: PictureText,
    picture: Rewritten,
    file_key: str,
    actor: str,
    *,
    position: int = 0,
    news_id: int | None = None,
) -> int:
    """Insert the row of a picture whose files are stored, and return its id."""
    row = tx.add(
        ProjectPicture(
            project_id=project_id,
            news_id=news_id,
            position=position,
            file_key=file_key,
            content_hash=picture.content_hash,
            width=picture.width,
            height=picture.height,
            focus_x=text.focus_x,
            focus_y=text.focus_y,
            caption=text.caption.strip(),
            place=text.place.strip(),
            taken_on=text.taken_on,
            people=text.people,
            consented_at=tx.now if text.people != People.NONE else None,
            uploaded_by=actor,
            uploaded_at=tx.now,
        )
    )
    about = {"picture": row.id, "news": news_id, "people": row.people}
    record_audit(tx, actor, "project.picture_add", f"project:{project_id}", **about)
    assert row.id is not None
    return row.id


def find_picture(tx: Tx, project_id: int, picture_id: int) -> ProjectPicture:
    """Lock and return a picture of a project. Raises NotFound `picture_unknown`."""
    row = tx.get(ProjectPicture, picture_id, lock=True)
    if row is None or row.project_id != project_id:
        raise NotFound("picture_unknown")
    return row


def change_picture(
    tx: Tx, project_id: int, picture_id: int, changes: Mapping[str, Any], actor: str
) -> ProjectPicture:
    """Replace those of caption, place, taken_on, focus_x and focus_y that are in `changes`; `position` (from 1)
    moves the picture among the others.

    Raises NotFound `project_unknown` and `picture_unknown`, Conflict `project_state`, Invalid `picture_invalid`.
    """
    project = lock_project(tx, project_id)
    if project.status in _FINAL:
        raise state_conflict(project)
    row = find_picture(tx, project_id, picture_id)
    before = {name: getattr(row, name) for name in ("focus_x", "focus_y", "position")}
    for name in _CHANGEABLE:
        if name in changes:
            setattr(row, name, changes[name].strip() if isinstance(changes[name], str) else changes[name])
    text = PictureText(row.caption, row.place, row.taken_on, focus_x=row.focus_x, focus_y=row.focus_y)
    if faults := _faults(tx, text):
        raise Invalid("picture_invalid", fields=faults)
    tx.add(row)
    if "position" in changes and row.news_id is None:
        _move(tx, row, changes["position"])
    after = {name: getattr(row, name) for name in before}
    about = {"picture": picture_id, **changed(before, after)}
    record_audit(tx, actor, "project.picture_change", f"project:{project_id}", **about)
    return row


def _move(tx: Tx, row: ProjectPicture, position: int) -> None:
    own = (ProjectPicture.project_id == row.project_id, col(ProjectPicture.news_id).is_(None))
    others = (
        select(ProjectPicture)
        .where(*own, ProjectPicture.id != row.id)
        .order_by(col(ProjectPicture.position), col(ProjectPicture.id))
    )
    order = tx.all(others)
    order.insert(max(position - 1, 0), row)
    for number, picture in enumerate(order, 1):
        picture.position = number
        tx.add(picture)


def remove_picture(tx: Tx, deps: Dependencies, project_id: int, picture_id: int, reason: str, actor: str) -> None:
    """Remove a picture and its files for good, in any status: a person in it may withdraw their consent at any
    time.

    Raises NotFound `project_unknown` and `picture_unknown`, Invalid `picture_invalid` for an unknown reason.
    """
    lock_project(tx, project_id)
    row = find_picture(tx, project_id, picture_id)
    if reason not in tuple(Removal):
        raise Invalid("picture_invalid", fields={"reason": fault("not_one_of", options=list(Removal))})
    delete_row(tx, deps, row)
    about = {"picture": picture_id, "why": reason}
    record_audit(tx, actor, "project.picture_remove", f"project:{project_id}", **about)


def delete_row(tx: Tx, deps: Dependencies, row: ProjectPicture) -> None:
    """Delete the row of a picture, and its files after the commit."""
    names = [file_name(row.file_key, width) for width in WIDTHS]
    tx.session.delete(row)
    tx.session.flush()
    tx.after_commit(lambda: deps.pictures.delete(*names))


def _faults(tx: Tx, text: PictureText) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := text_fault(text.caption, MOST_CAPTION):
        faults["caption"] = refused
    if text.place and (refused := text_fault(text.place, MOST_PLACE)):
        faults["place"] = refused
    if text.taken_on is not None and text.taken_on > tx.now.astimezone(SHANGHAI).date():
        faults["taken_on"] = fault("in_the_future")
    for name in ("focus_x", "focus_y"):
        if not 0 <= getattr(text, name) <= FOCUS_MOST:
            faults[name] = fault("out_of_range", least=0, most=FOCUS_MOST)
    return faults
