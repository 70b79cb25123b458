"""The public page of a campaign's awards: how they are decided, the winners with their sums, and certificates."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Response, render_template, url_for
from flask_babel import force_locale

from app.http import access
from app.i18n import locale
from app.i18n.awards import award_rule, reached_at
from app.papers.award import award_values
from app.papers.kept import kept
from app.papers.press import Form, draw
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_content
from app.web.blueprint import blueprint
from app.web.campaigns.campaign_reads import shown_campaign
from campaigns.awards.awards import awards_of, publications_of
from campaigns.awards.models import Award, AwardPublication
from campaigns.disclosure.campaigns import CampaignView
from kernel.db import Tx
from kernel.errors import NotFound


class ShownAwards(NamedTuple):
    """The rules of a campaign's awards, and their published versions, newest first."""

    rules: Sequence[Award]
    publications: Sequence[AwardPublication]

    @property
    def publication(self) -> AwardPublication | None:
        """The version in force."""
        return self.publications[0] if self.publications else None


def shown_awards(campaign: CampaignView) -> ShownAwards:
    """Return the awards of a campaign."""

    def read(tx: Tx) -> ShownAwards:
        return ShownAwards(awards_of(tx, campaign.id), publications_of(tx, campaign.id))

    return read_content(("awards", campaign.id), read)


@blueprint.get("/c/<slug>/awards", endpoint="awards")
@access.public
@shared()
def show(slug: str) -> str:
    """Show how awards are decided and, after the notice, the winners with the sums that decided each place."""
    campaign = shown_campaign(slug).campaign

    def paper(award: dict[str, Any], number: int) -> str:
        values = {"slug": slug, "award_id": award["award"], "number": number, "language": locale.language()}
        return url_for("web.award_paper", **values)

    words = {"award_rule": award_rule, "reached_at": reached_at, "paper": paper}
    return render_template("web/awards.html", campaign=campaign, awards=shown_awards(campaign), **words)


@blueprint.get("/c/<slug>/awards/<int:award_id>/<int:number>.<any(zh,en):language>.pdf", endpoint="award_paper")
@access.public
def paper(slug: str, award_id: int, number: int, language: str) -> Response:
    """Return the certificate of winner `number` of an award, as of the latest publication."""
    campaign = shown_campaign(slug).campaign
    publication = shown_awards(campaign).publication
    awards = publication.awards if publication else []
    award = next((award for award in awards if award["award"] == award_id), None)
    if publication is None or award is None or not 0 < number <= len(award["winners"]):
        raise NotFound("award_unknown")
    with force_locale(language):
        values = award_values(campaign, publication, award, award["winners"][number - 1])
    key = ("award", language, slug, str(award_id), str(number))
    drawn = kept(key, values, lambda words: draw("certificate", words, Form.PDF))
    return Response(drawn, mimetype="application/pdf")
