"""Public monthly statements (收支月公示): a list, each node's statement as page and file, and yearly figures."""

from flask import Response, render_template, request

from app.current import deps
from app.http import access
from app.i18n.monthly import header, rows_of
from app.table_file import FORMATS, table_response
from app.web.blueprint import blueprint, requested_page
from campaigns.monthly import reading
from campaigns.monthly.corrections import differences
from campaigns.monthly.yearly import yearly_figures
from kernel.errors import NotFound
from kernel.text import is_storable

PAGE_SIZE = 50


@blueprint.get("/public/monthly/", endpoint="monthly_statements")
@access.public
def statements() -> str:
    """List the statements of all nodes, newest month first; with `?under=` those of a node and its descendants."""
    page, under = requested_page(PAGE_SIZE), request.args.get("under", "")
    chosen = under if under and is_storable(under) else None
    with deps().db.snapshot() as tx:
        rows, total = reading.statements(tx, None, chosen, page)
    return render_template("web/monthly_statements.html", rows=rows, total=total, page=page, under=chosen)


@blueprint.get("/public/monthly/<code>/<month>", endpoint="monthly_statement")
@access.public
def statement(code: str, month: str) -> str:
    """Show a node's statement with its notices of correction."""
    with deps().db.snapshot() as tx:
        published = reading.published(tx, code, month)
    changes, before = {}, published.statement
    for notice in published.corrections:
        if notice.statement is not None:
            changes[notice.id] = differences(before, notice.statement)
            before = notice.statement
    numbers = {notice.id: number for number, notice in enumerate(published.corrections, 1)}
    shown = {"statement": published.statement, "changes": changes, "numbers": numbers}
    return render_template("web/monthly_statement.html", published=published, **shown)


@blueprint.get(f"/public/monthly/<code>/<month>/statement{FORMATS}", endpoint="monthly_file")
@access.public
def statement_file(code: str, month: str, file_format: str) -> Response:
    """Return a node's statement as a file."""
    with deps().db.snapshot() as tx:
        published = reading.published(tx, code, month)
    return table_response(file_format, f"{code}-{month}", header(), rows_of(published.statement))


@blueprint.get(
    f"/public/monthly/<code>/<month>/corrections/<int:number>{FORMATS}", endpoint="monthly_corrected_file"
)
@access.public
def corrected_file(code: str, month: str, number: int, file_format: str) -> Response:
    """Return the statement as corrected by the correction with this number, as a file."""
    with deps().db.snapshot() as tx:
        corrections = reading.published(tx, code, month).corrections
    statement = corrections[number - 1].statement if 0 < number <= len(corrections) else None
    if statement is None:
        raise NotFound("statement_unknown")
    return table_response(file_format, f"{code}-{month}-{number}", header(), rows_of(statement))


@blueprint.get("/public/yearly", endpoint="public_yearly")
@access.public
def yearly() -> str:
    """Show money (款) and goods (物) that the city and each county received by year, never added up."""
    with deps().db.snapshot() as tx:
        years = yearly_figures(tx)
    return render_template("web/yearly.html", years=years)
