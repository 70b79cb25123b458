"""Imports of CSV files. Either all rows of a file are imported or none, and each invalid row is named."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.cli.base import ACTOR, command, deps, existing_file
from app.cli.file_reports import lang_option, refusals_in, show_done, show_plan
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest
from campaigns.imports.kinds import import_file as import_rows
from campaigns.imports.kinds import preview as preview_rows

BANK = "bank"  # no partner has this name
MANY_ROWS = 1_000  # from this many on, a bar shows the progress

preview_option = click.option(
    "--preview", is_flag=True, help="Say what is understood of the file and what is wrong; import nothing."
)


@click.command("import-network")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@command
def import_network(file: Path, preview: bool, lang: str | None) -> None:
    """Import the tree of organisations from a CSV file."""
    _run(
        ImportRequest("network", Confirmation(ACTOR)),
        file,
        preview,
        lang,
        _l("%(total)s 个机构：新增 %(added)s，改名 %(renamed)s，没有变化 %(unchanged)s"),
    )


@click.command("import-projects")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@command
def import_projects(file: Path, preview: bool, lang: str | None) -> None:
    """Import new projects as drafts from a CSV file. Columns: name, tier, summary, target (yuan), and organisation
    (its code) or county, township, village (names); optionally code and currency."""
    request = ImportRequest("projects", Confirmation(ACTOR))
    _run(request, file, preview, lang, _l("新增 %(count)s 个项目"))


@click.command("import-statement")
@click.argument("provider")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@command
def import_statement(provider: str, file: Path, preview: bool, lang: str | None) -> None:
    """Import a partner's daily bill from a CSV file in our format or that of Alipay or WeChat Pay. With `bank` as
    PROVIDER, import a bank statement: ISO 20022 camt.053, or CSV with debits and credits or with signed amounts."""
    kind, partner = ("bank", "") if provider == BANK else ("statement", provider)
    _run(ImportRequest(kind, Confirmation(ACTOR), partner), file, preview, lang, _l("新增 %(count)s 行"))


@click.command("import-donations")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@click.option("--allow-large", is_flag=True, help="Take gifts above the maximum; needs --reason.")
@click.option("--reason", default="", help="Why large gifts are right, or why earlier gifts are taken back.")
@click.option("--entered-by", default=ACTOR, help="Who entered the file.")
@click.option("--confirmed-by", default="", help="The second person, who confirms corrections.")
@command
def import_donations(file: Path, preview: bool, lang: str | None, **options: Any) -> None:
    """Import offline donations from a CSV file. Columns: reference, project_code, amount_yuan, paid_at; optionally
    donor, donor_name; for a donor under age: age, guardian. A negative amount takes back an earlier gift and needs
    corrects (its reference) and reason."""
    confirmation = Confirmation(
        options["entered_by"], options["confirmed_by"], options["reason"], options["allow_large"]
    )
    request = ImportRequest("donations", confirmation)
    _run(request, file, preview, lang, _l("新增 %(count)s 笔捐赠，几秒内入账"))


def _run(request: ImportRequest, file: Path, preview: bool, lang: str | None, done_text: LazyString) -> None:
    """Import a file, or only preview the import."""
    data = file.read_bytes()
    with refusals_in(lang, request.kind):
        if preview:
            plan = preview_rows(deps(), request, data, _progress)
        else:
            done = import_rows(deps(), request, data, _progress)
    if preview:
        show_plan(plan, lang)
    else:
        show_done(done, done_text, lang)


def _progress(rows: Sequence[Any]) -> Iterable[Any]:
    """Pass rows on. Many rows show a progress bar on a terminal, never on stdout."""
    return rows if len(rows) < MANY_ROWS or not sys.stderr.isatty() else _bar(rows)


def _bar(rows: Sequence[Any]) -> Iterator[Any]:
    with click.progressbar(rows, label=_("行"), file=sys.stderr) as passing:
        yield from passing


COMMANDS = (import_network, import_projects, import_statement, import_donations)
