"""Pictures of an event and its projects: what a chat shows for a link, and posters to print or send on."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, send_from_directory
from flask_babel import force_locale

from app.current import deps
from app.http import access
from app.i18n import locale
from app.papers import pictures
from app.papers.kept import kept
from app.papers.pictures import Subject
from app.papers.press import draw
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint
from app.web.campaign_reads import shown_campaign, shown_project

Words = Callable[[Subject], dict[str, Any]]
_KINDS: dict[str, Words] = {"link": pictures.link_values, "poster": pictures.poster_values}


@blueprint.get("/c/<slug>/<any(link,poster):kind>.<any(zh,en):language>.png")
@access.public
@shared(speaks=False)
def event_picture(slug: str, kind: str, language: str) -> Response:
    """The link picture or poster of an event."""
    return _picture(kind, language, pictures.event(shown_campaign(slug).campaign, deps().public_url))


@blueprint.get("/c/<slug>/p/<int:project_id>/<any(link,poster):kind>.<any(zh,en):language>.png")
@access.public
@shared(speaks=False)
def project_picture(slug: str, project_id: int, kind: str, language: str) -> Response:
    """The link picture or poster of a project."""
    shown = shown_campaign(slug)
    row, _pots = shown_project(shown, project_id)
    return _picture(kind, language, pictures.project(shown.campaign, row, deps().public_url))


@blueprint.get("/favicon.ico")
@access.public
def favicon() -> Response:
    """The icon that browsers and chats ask for without being told of it."""
    return send_from_directory(f"{current_app.root_path}/static", "favicon.ico", max_age=24 * 3600)


def poster(subject: Subject) -> Response:
    """Return a poster in the language of the reader."""
    return _picture("poster", locale.language(), subject)


def _picture(kind: str, language: str, subject: Subject) -> Response:
    with force_locale(language):
        values = _KINDS[kind](subject)
    drawn = kept((kind, language, subject.address), values, lambda words: draw(kind, words))
    return Response(drawn, mimetype="image/png")
