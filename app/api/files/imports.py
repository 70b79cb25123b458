"""Imports of files: upload, preview, confirm. A job processes them."""

from typing import Any

from flask import request
from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.schema_fields import Flag, Key, Minor, Prose, Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from app.http.off_loop import off_loop
from app.http.scope import Where
from app.http.uploads import uploaded_file
from app.i18n.refusals.faults import program_text
from campaigns.imports import runs
from campaigns.imports.kinds import KINDS
from campaigns.imports.models import ImportRun, State
from campaigns.network.roles import Permission
from kernel.errors import Conflict, Fault, Invalid, fault

blueprint = make_blueprint(
    "imports", "Files of donations, bills, projects and the network: shown, confirmed, imported."
)

IMPORTERS = (Permission.RECONCILE, Permission.FUNDS_WRITE, Permission.PROJECTS_WRITE, Permission.PEOPLE_WRITE)


class ImportQuery(Schema):
    preview = fields.Boolean(load_default=False, metadata={"description": "only show what would come of it"})
    token = Text(60, metadata={"description": "of the preview: imports just what was shown"})
    partner = Text(60, metadata={"description": "for `statement`: whose bill it is"})
    file_name = Text(200, metadata={"description": "for a raw body"})
    reason = Prose(runs.MOST_REASON, metadata={"description": "see `questions`"})
    large = fields.Boolean(load_default=False, metadata={"description": "gifts above the maximum are right"})


class ConfirmIn(Schema):
    token = Text(60, 1, required=True)
    reason = Prose(runs.MOST_REASON)
    large = Flag(load_default=False)


class FileFaultOut(Schema):
    line = Whole(1, allow_none=True, metadata={"description": "of the file; null: the file as a whole"})
    field = Text(metadata={"description": "the column"})
    code = Text(metadata={"description": "stable"})
    message = Text()
    params = fields.Dict()


class FileSumOut(Schema):
    name = Text()
    rows = Whole(0)
    amount_minor = Minor(allow_none=True, metadata={"description": "fen"})


class ImportOut(Schema):
    id = Key()
    kind = one_of(*KINDS)
    partner = Text()
    state = one_of(*State)
    token = Text(metadata={"description": "to confirm what is shown here"})
    file_name = Text()
    file_bytes = Whole(0)
    file_hash = Text(metadata={"description": "SHA-256"})
    layout = Text(allow_none=True)
    encoding = Text(allow_none=True)
    headings = fields.Dict(
        keys=Text(), values=Text(), metadata={"description": "the file's own header of each understood column"}
    )
    rows = Whole(0, allow_none=True, metadata={"description": "rows of data that were understood"})
    new = Whole(0, allow_none=True, metadata={"description": "rows that would be imported"})
    skipped = Whole(0, allow_none=True, metadata={"description": "blank lines, totals, footers"})
    unread = fields.List(Text(), metadata={"description": "titles of columns that no field reads"})
    sums = fields.List(fields.Nested(FileSumOut))
    first_at = Text(allow_none=True)
    last_at = Text(allow_none=True)
    code = Text(allow_none=True, metadata={"description": "why it was refused as a whole"})
    faults = fields.List(
        fields.Nested(FileFaultOut), metadata={"description": "the first ones; nothing is imported"}
    )
    fault_count = Whole(0)
    questions = fields.List(fields.Nested(FileFaultOut), metadata={"description": "what must be confirmed"})
    warnings = fields.List(fields.Nested(FileFaultOut))
    step = Text(metadata={"description": "what `lines_done` counts: read, write"})
    lines_done = Whole(0)
    lines_total = Whole(0)
    added = Whole(0, allow_none=True, metadata={"description": "rows that were new"})
    actor = Text()
    created_at = Time()
    confirmed_by = Text()
    confirmed_at = Time(allow_none=True)
    reason = Text()
    ended_at = Time(allow_none=True)


@blueprint.get("/imports")
@access.managers(*IMPORTERS, where=Where.LISTED)
@blueprint.response(200, ImportOut(many=True))
@blueprint.paginate()
def list_imports(pagination_parameters: PaginationParameters) -> Any:
    """List imports of the kinds that the caller may import, newest first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows, paging.item_count = runs.list_runs(tx, access.caller(), page_of(paging))
    return [as_json(run) for run in rows]


@blueprint.get("/imports/<id:run_id>")
@access.managers(*IMPORTERS)
@blueprint.response(200, ImportOut)
def show(run_id: int) -> Any:
    """Return an import: what was read from its file, and its progress."""
    with deps().db.transaction() as tx:
        return as_json(runs.find(tx, access.caller(), run_id))


def _file() -> bytes:
    """Return the uploaded file itself, because the boundary of a form differs each time that it is sent."""
    return uploaded_file(request).data


@blueprint.post("/imports/<kind>")
@access.managers(*IMPORTERS, where=Where.NAMED, own_transactions=True, content=_file)
@blueprint.arguments(ImportQuery, location="query")
@blueprint.response(201, ImportOut)
@blueprint.alt_response(202, schema=ImportOut, description="the file is large, or is being imported: ask again")
def upload(query: dict[str, Any], kind: str) -> Any:
    """Upload a file, as multipart field `file` or as the body.

    With `?preview=1` the response shows what the import would do. Sending the same file with its `token` imports
    it.
    """
    file = uploaded_file(request)
    if query["preview"]:
        name = file.name or query.get("file_name", "")
        run = runs.upload(deps(), access.caller(), kind, file.data, name, query.get("partner", ""), apart=off_loop)
        return as_json(run), 202 if run.state == State.CHECKING else 201
    if not query.get("token"):
        raise Invalid("import_unconfirmed", fields={"token": fault("required")})
    with deps().db.transaction() as tx:
        run = runs.latest_shown(tx, access.caller(), kind, query["token"])
        if run.file_hash != file.file_hash:
            raise Conflict("import_changed")
        confirmed = runs.confirm(
            tx, access.caller(), run.id or 0, query["token"], query.get("reason", ""), large=query["large"]
        )
    return as_json(confirmed), 202


@blueprint.post("/imports/<id:run_id>/confirm")
@access.managers(*IMPORTERS)
@blueprint.arguments(ConfirmIn)
@blueprint.response(202, ImportOut)
def confirm(body: dict[str, Any], run_id: int) -> Any:
    """Confirm the preview of an import. A job imports it. Idempotent."""
    with deps().db.transaction() as tx:
        return as_json(
            runs.confirm(tx, access.caller(), run_id, body["token"], body.get("reason", ""), large=body["large"])
        )


@blueprint.post("/imports/<id:run_id>/drop")
@access.managers(*IMPORTERS)
@blueprint.response(200, ImportOut)
def drop(run_id: int) -> Any:
    """Drop an unconfirmed import. Its file is deleted."""
    with deps().db.transaction() as tx:
        return as_json(runs.drop(tx, access.caller(), run_id))


def as_json(run: ImportRun) -> dict[str, Any]:
    report = dict(run.report)
    for name in ("faults", "questions", "warnings"):
        report[name] = [{**row, "message": _message(row)} for row in report.get(name, ())]
    return {
        "sums": [],
        "unread": [],
        "fault_count": 0,
        **report,
        **run.model_dump(exclude={"report", "branch_code"}),
    }


def _message(row: dict[str, Any]) -> str:
    return program_text(Fault(row["code"], row["params"]))
