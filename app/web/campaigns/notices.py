"""The public notices of a campaign: its frozen, numbered result by project, and corrections with their reasons."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Response, render_template

from app.current import deps
from app.http import access
from app.i18n.notices import header, notice_number, rows_of
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_content
from app.table_file import FORMATS, table_response
from app.web.blueprint import blueprint
from app.web.campaigns.campaign_reads import shown_campaign
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import changes, find_notice, notices_of
from campaigns.disclosure.campaigns import public_campaign
from campaigns.sampling.marks import Progress, progress_of
from kernel.db import Tx
from kernel.errors import NotFound


class Published(NamedTuple):
    """The notices of a campaign, oldest first, and the progress of each sample check."""

    versions: Sequence[PublicNotice]
    samples: Sequence[Progress]

    def version(self, number: int) -> PublicNotice:
        """Return a version. Raises NotFound `notice_unknown`."""
        for notice in self.versions:
            if notice.version == number:
                return notice
        raise NotFound("notice_unknown")


@blueprint.get("/public/c/<slug>/notices/<int:version>", endpoint="notice")
@access.public
@shared()
def show(slug: str, version: int) -> str:
    """Show a notice; a correction is shown beside the version that it corrects."""
    campaign = shown_campaign(slug).campaign

    def read(tx: Tx) -> Published:
        return Published(notices_of(tx, campaign.id), progress_of(tx, campaign.id))

    published = read_content(("notices", campaign.id), read)
    notice = published.version(version)
    before = published.version(version - 1) if version > 1 else None
    return render_template(
        "web/notice.html",
        campaign=campaign,
        notice=notice,
        before=before,
        changed=changes(before, notice) if before else [],
        versions=published.versions,
        samples=published.samples,
        number_of=notice_number,
    )


@blueprint.get(f"/public/c/<slug>/notices/<int:version>/notice{FORMATS}", endpoint="notice_file")
@access.public
def download(slug: str, version: int, file_format: str) -> Response:
    """Return the table of a notice as a file."""
    with deps().db.snapshot() as tx:
        notice = find_notice(tx, public_campaign(tx, slug).id, version)
    return table_response(file_format, f"{slug}-{notice.year}-{notice.number}", header(), rows_of(notice))
