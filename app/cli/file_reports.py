"""Reports about an imported file: what was read from it, and its faults, in one language or both."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from flask_babel import LazyString, force_locale
from flask_babel import gettext as _

from app.cli.base import fail
from app.i18n.import_texts import place_text, sum_line
from app.i18n.locale import LANGUAGES, when
from app.i18n.refusals.faults import fault_text, program_text
from app.i18n.refusals.refusals import refusal_text
from campaigns.import_plan import ImportPlan
from campaigns.imports.kinds import Imported
from kernel.errors import Fault, Refusal

BOTH = ("en", "zh")
UNDECIDED = ("beside", "dropped")  # sums of the bill lines that need a decision
# Options to add to the command for faults that must be confirmed.
_OPTIONS = {
    "unusually_large": "--allow-large --reason",
    "unusually_old": "--allow-large --reason",
    "unusual_day": "--allow-large --reason",
    "minor_large": "--allow-large --reason",
    "correction_reason": "--reason",
    "second_person": "--entered-by --confirmed-by",
}
lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=None,
    help="Language of what is said of the file; default: both.",
)


@contextmanager
def refusals_in(lang: str | None, kind: str) -> Iterator[None]:
    """End the command with a refusal in one language, or in both."""
    try:
        yield
    except Refusal as refusal:
        blocks = [_refusal_lines(refusal, language, kind) for language in _languages(lang)]
        fail("\n".join(line for lines in blocks for line in lines), refusal)


def show_plan(plan: ImportPlan[Any], lang: str | None) -> None:
    """Print what was read from a file, and its faults, open questions and warnings. All but warnings fail the
    command."""
    objections = plan.objections
    for language in _languages(lang):
        with force_locale(language):
            click.echo("\n".join(_plan_lines(plan)))
        headings = plan.table.headings
        lines = [
            line
            for faults in (plan.warnings, objections)
            for line in _fault_lines(faults, language, plan.kind, headings)
        ]
        click.echo("\n".join(lines), nl=bool(lines))
    if objections:
        raise click.exceptions.Exit(1)


def show_done(done: Imported, text: LazyString, lang: str | None) -> None:
    """Print what an import added, and the sums of the bill lines that need a decision."""
    counts = {part.name: part.rows for part in done.plan.sums}
    for language in _languages(lang):
        with force_locale(language):
            click.echo(str(text) % {"count": done.added, "total": sum(counts.values()), **counts})
            for part in (part for part in done.plan.sums if part.name in UNDECIDED and part.rows):
                click.echo(sum_line(part))


def _languages(lang: str | None) -> tuple[str, ...]:
    return (lang,) if lang else BOTH


def _refusal_lines(refusal: Refusal, language: str, kind: str) -> list[str]:
    head = f"{refusal.code}: {refusal_text(refusal, language)}"
    return [head, *_fault_lines(refusal.fields, language, kind, {})]


def _fault_lines(faults: Mapping[str, Fault], language: str, kind: str, headings: Mapping[str, str]) -> list[str]:
    if language == "en":
        return [f"  {place}: {program_text(refused)}{_hint(refused)}" for place, refused in faults.items()]
    with force_locale(language):
        return [
            f"  {place_text(kind, place, headings)}：{fault_text(refused)}{_hint(refused)}"
            for place, refused in faults.items()
        ]


def _hint(refused: Fault) -> str:
    return f" ({_OPTIONS[refused.code]})" if refused.code in _OPTIONS else ""


def _plan_lines(plan: ImportPlan[Any]) -> Iterator[str]:
    yield _("格式：%(name)s；编码：%(encoding)s", name=plan.table.layout.name, encoding=plan.table.encoding)
    for part in (part for part in plan.sums if part.rows):
        yield sum_line(part)
    yield _("跳过（空行、合计等）：%(count)s 行", count=plan.skipped)
    if plan.table.unread:
        yield _("没有读的列：%(titles)s", titles=_("、").join(plan.table.unread))
    if plan.times:
        yield _("时间：%(first)s 至 %(last)s", first=when(min(plan.times)), last=when(max(plan.times)))
    if plan.objections:
        yield _("有 %(count)s 处错误，这样不会导入任何内容：", count=len(plan.objections))
    else:
        yield _("没有发现错误。这是预览，没有导入任何内容。")
