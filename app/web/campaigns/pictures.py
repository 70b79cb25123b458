"""Pictures of a campaign and its projects: link pictures for chats, and posters to print or share."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, send_from_directory
from flask_babel import force_locale

from app.current import deps
from app.http import access
from app.i18n import locale
from app.papers import pictures
from app.papers.kept import kept
from app.papers.link_photo import MIMETYPES, as_jpeg, photo_bytes, placed
from app.papers.pictures import Subject
from app.papers.press import draw
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web.blueprint import blueprint
from app.web.campaigns.campaign_reads import shown_campaign, shown_project
from campaigns.disclosure.pictures import Picture
from campaigns.disclosure.project_page import project_page

Words = Callable[[Subject], dict[str, Any]]
_KINDS: dict[str, Words] = {"link": pictures.link_values, "poster": pictures.poster_values}


@blueprint.get("/c/<slug>/<any(link,poster):kind>.<any(zh,en):language>.<any(png,jpg):form>")
@access.public
@shared(speaks=False)
def campaign_picture(slug: str, kind: str, language: str, form: str) -> Response:
    """Return the link picture or poster of a campaign."""
    return _picture(kind, language, form, pictures.event(shown_campaign(slug).campaign, deps().public_url))


@blueprint.get("/c/<slug>/p/<int:project_id>/<any(link,poster):kind>.<any(zh,en):language>.<any(png,jpg):form>")
@access.public
@shared(speaks=False)
def project_picture(slug: str, project_id: int, kind: str, language: str, form: str) -> Response:
    """Return the link picture of a project, with its first photo, or its poster."""
    shown = shown_campaign(slug)
    row, _pots = shown_project(shown, project_id)
    page = read_once(("project", project_id), lambda tx: project_page(tx, project_id))
    return _picture(
        kind, language, form, pictures.project(shown.campaign, row, deps().public_url, *page.pictures[:1])
    )


@blueprint.get("/favicon.ico")
@access.public
def favicon() -> Response:
    """Return the icon that browsers and chats request by default."""
    return send_from_directory(f"{current_app.root_path}/static", "favicon.ico", max_age=24 * 3600)


def poster(subject: Subject) -> Response:
    """Return a poster in the reader's language."""
    return _picture("poster", locale.language(), "png", subject)


def _picture(kind: str, language: str, form: str, subject: Subject) -> Response:
    photo = subject.photo if kind == "link" else None
    with force_locale(language):
        values = _KINDS[kind](subject) | placed(photo)
    # A changed photo takes effect at once, because people in the previous one may have withdrawn their consent.
    key = (kind, language, form, subject.address, photo.file_key if photo else "")
    return Response(kept(key, values, lambda words: _drawn(kind, words, photo, form)), mimetype=MIMETYPES[form])


def _drawn(kind: str, words: Mapping[str, Any], photo: Picture | None, form: str) -> bytes:
    """Draw a picture, with its photo if the picture store has it."""
    data = photo_bytes(deps().pictures, photo) if photo else None
    drawn = draw("link-photo", {**words, "photo": list(data)}) if data else draw(kind, words)
    return as_jpeg(drawn) if form == "jpg" else drawn
