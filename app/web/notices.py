"""The public notices of a campaign: its result by project, frozen with its number, and corrections with both
versions and why."""

from flask import Response, render_template

from app.current import deps
from app.http import access
from app.i18n.notices import header, notice_number, rows_of
from app.table_file import FORMATS, table_response
from app.web.blueprint import blueprint
from campaigns.closing.notices import changes, find_notice, notices_of
from campaigns.disclosure.campaigns import public_campaign
from campaigns.sampling.marks import progress_of


@blueprint.get("/public/c/<slug>/notices/<int:version>", endpoint="notice")
@access.public
def show(slug: str, version: int) -> str:
    """One notice; a correction beside the version that it corrects."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
        notice = find_notice(tx, campaign.id, version)
        versions = notices_of(tx, campaign.id)
        samples = progress_of(tx, campaign.id)
        before = find_notice(tx, campaign.id, version - 1) if version > 1 else None
    return render_template(
        "web/notice.html",
        campaign=campaign,
        notice=notice,
        before=before,
        changed=changes(before, notice) if before else [],
        versions=versions,
        samples=samples,
        number_of=notice_number,
    )


@blueprint.get(f"/public/c/<slug>/notices/<int:version>/notice{FORMATS}", endpoint="notice_file")
@access.public
def download(slug: str, version: int, file_format: str) -> Response:
    """The table of a notice as a file."""
    with deps().db.snapshot() as tx:
        notice = find_notice(tx, public_campaign(tx, slug).id, version)
    return table_response(file_format, f"{slug}-{notice.year}-{notice.number}", header(), rows_of(notice))
