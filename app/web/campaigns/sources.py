"""Short links of sources: they redirect, and this browser's donation forms remember the source."""

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from app.current import count_click, deps, settings
from app.http import access
from app.http.security import own_cookie
from app.web.blueprint import blueprint
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.source_clicks import Click
from campaigns.lifecycle.sources import Source, source_of_code
from kernel.db import Tx
from kernel.errors import NotFound

_WEEK_S = 7 * 24 * 3600  # how long gifts count for the first source, whatever links the browser follows later
_MOST = 40  # characters


@blueprint.get("/s/<code>")
@access.public
def follow_source(code: str) -> Response:
    """Redirect to the campaign or project of a source. The first source that a browser follows counts."""
    with deps().db.snapshot() as tx:
        source = source_of_code(tx, code.lower())
        slug = _slug_of(tx, source)
    if source.project_id is not None:
        response = redirect(url_for("web.project", slug=slug, project_id=source.project_id), 303)
    else:
        response = redirect(url_for("web.campaign", slug=slug), 303)
    is_first = _cookie(slug) not in request.cookies
    if request.method == "GET":
        count_click(Click(source.id or 0, is_first))
    if is_first:
        response.set_cookie(
            _cookie(slug),
            f"{source.kind}.{source.code}",
            max_age=_WEEK_S,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def _slug_of(tx: Tx, source: Source) -> str:
    campaign = tx.get(Campaign, source.campaign_id)
    if campaign is None or campaign.phase == "draft":
        raise NotFound("source_unknown")
    return campaign.slug


def _cookie(slug: str) -> str:
    return own_cookie(f"source-{slug}", settings())


def source_of_browser(slug: str) -> dict[str, str]:
    """Return `channel` and `source` of the link that this browser followed, named as in the form; empty if none."""
    kind, _dot, code = request.cookies.get(_cookie(slug), "")[:_MOST].partition(".")
    return {"channel": kind, "source": code} if code else {}
