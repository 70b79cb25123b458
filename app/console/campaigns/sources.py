"""The sources of a campaign (hosts, videos, posters, stations) with their links, QR codes and figures."""

from flask import Response as FlaskResponse
from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.heavy_reads import heavy
from app.i18n.giving_labels import SOURCE_KINDS
from app.papers import pictures
from app.web.blueprint import requested_page
from app.web.campaigns.campaign_reads import shown_campaign, shown_project
from app.web.campaigns.embedded import qr_code
from app.web.campaigns.pictures import poster
from campaigns.disclosure.sources import MOST_PLATFORM_SOURCES, figures_of_sources
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.sources import MOST_TITLE, Source, add_source, source_of_code
from campaigns.network.roles import Caller, Permission
from campaigns.projects.projects import by_code
from kernel.db import Tx
from kernel.errors import NotFound

PAGE_SIZE = 50


@blueprint.get("/campaigns/<slug>/sources", endpoint="sources")
@access.signed_in(Permission.READ)
@heavy
def list_sources(slug: str) -> str:
    """List the sources of a campaign whose title or code contains the words, with the figures of each."""
    page, words = requested_page(PAGE_SIZE), ConsoleForm(request.args)["q"]
    sought = words.casefold()
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        sources = figures_of_sources(tx, campaign)
    matching = [pair for pair in sources.registered if sought in f"{pair[0].title}\n{pair[0].code}".casefold()]
    shown = page.slice(matching)
    return render_template(
        "console/sources.html",
        campaign=campaign,
        pairs=shown,
        total=len(matching),
        page=page,
        words=words,
        others=sources.of_platforms,
        counted_at=sources.counted_at,
        links={source.code: _link(source) for source, _figures in shown},
        SOURCE_KINDS=SOURCE_KINDS,
        most=MOST_TITLE,
        most_others=MOST_PLATFORM_SOURCES,
    )


@blueprint.post("/campaigns/<slug>/sources", endpoint="source_add")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def add(slug: str) -> Response:
    """Add a source."""
    form = ConsoleForm(request.form)
    code = form["project"].strip()

    def do(tx: Tx, caller: Caller) -> None:
        project_id = by_code(tx, code).id if code else None
        add_source(tx, slug, form["kind"], form["title"].strip(), project_id, caller.name)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.sources", slug=slug), do, _("来源已建好。"))


@blueprint.get("/campaigns/<slug>/sources/<source_code>/qr.svg", endpoint="source_qr")
@access.signed_in(Permission.READ)
def show_qr(slug: str, source_code: str) -> FlaskResponse:
    """Return the link of a source as a QR code."""
    return qr_code(_link(_source(slug, source_code)))


@blueprint.get("/campaigns/<slug>/sources/<source_code>/poster.png", endpoint="source_poster")
@access.signed_in(Permission.READ)
def show_poster(slug: str, source_code: str) -> FlaskResponse:
    """Return a poster of the campaign, or of the source's project, with a QR code that links to the source."""
    source = _source(slug, source_code)
    shown = shown_campaign(slug)
    if source.project_id is None:
        subject = pictures.event(shown.campaign, deps().public_url)
    else:
        subject = pictures.project(shown.campaign, shown_project(shown, source.project_id)[0], deps().public_url)
    return poster(subject._replace(address=_link(source)))


def _source(slug: str, code: str) -> Source:
    with deps().db.transaction() as tx:
        source = source_of_code(tx, code)
        if source.campaign_id != find_campaign(tx, slug).id:
            raise NotFound("source_unknown")
        return source


def _link(source: Source) -> str:
    return f"{deps().public_url}/s/{source.code}"
