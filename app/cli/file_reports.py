"""What is said of an imported file: what was understood of it, and its faults, in one language or both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import click
from flask_babel import force_locale
from flask_babel import gettext as _

from app.cli.base import fail
from app.i18n.faults import fault_text, program_text
from app.i18n.locale import LANGUAGES, when
from app.i18n.refusals import refusal_text
from campaigns.intake.offline_file import LAYOUT as OFFLINE_LAYOUT
from campaigns.network.tree_file import LAYOUT as NETWORK_LAYOUT
from kernel.errors import Fault, Refusal
from kernel.money import yuan
from kernel.tables import Table
from payments.bill_formats import ALIPAY, OWN, WECHAT

BOTH = ("en", "zh")
lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=None,
    help="Language of what is said of the file; default: both.",
)
_LAYOUTS = (WECHAT.layout, ALIPAY.layout, NETWORK_LAYOUT, OWN.layout, OFFLINE_LAYOUT)
# The Chinese header of each column.
_TITLES = {
    column.name: next((title for title in column.titles if not title.isascii()), column.name)
    for layout in _LAYOUTS
    for column in layout.columns
}


class Sum(NamedTuple):
    """How many rows of a kind a file has, and what they add up to, in fen."""

    title: Callable[[], str]
    rows: int
    amount_minor: int


class FileReport(NamedTuple):
    """What was understood of a file."""

    table: Table
    skipped: int
    sums: Sequence[Sum]
    times: Sequence[datetime]
    faults: Mapping[str, Fault]


@contextmanager
def refusals_in(lang: str | None) -> Iterator[None]:
    """End the command with a refusal in one language, or in both."""
    try:
        yield
    except Refusal as refusal:
        blocks = [_refusal_lines(refusal, language) for language in _languages(lang)]
        fail("\n".join(line for lines in blocks for line in lines), refusal)


def show(report: FileReport, lang: str | None) -> None:
    """Print what was understood of a file and its faults. With faults the command fails."""
    for language in _languages(lang):
        with force_locale(language):
            click.echo("\n".join(_report_lines(report)))
        click.echo("\n".join(_fault_lines(report.faults, language)), nl=bool(report.faults))
    if report.faults:
        raise click.exceptions.Exit(1)


def _languages(lang: str | None) -> tuple[str, ...]:
    return (lang,) if lang else BOTH


def _refusal_lines(refusal: Refusal, language: str) -> list[str]:
    head = f"{refusal.code}: {refusal_text(refusal, language)}"
    return [head, *_fault_lines(refusal.fields, language)]


def _fault_lines(faults: Mapping[str, Fault], language: str) -> list[str]:
    if language == "en":
        return [f"  {place}: {program_text(refused)}" for place, refused in faults.items()]
    with force_locale(language):
        return [f"  {_place(place)}：{fault_text(refused)}" for place, refused in faults.items()]


def _place(name: str) -> str:
    """A place in a file as Chinese readers name it: `line 3.amount_yuan` is 第 3 行“金额”."""
    line, _dot, column = name.partition(".")
    if not line.startswith("line "):
        return name
    place = f"第 {line.removeprefix('line ')} 行"
    return f"{place}“{_TITLES.get(column, column)}”" if column else place


def _report_lines(report: FileReport) -> Iterator[str]:
    yield _("格式：%(name)s；编码：%(encoding)s", name=report.table.layout.name, encoding=report.table.encoding)
    for part in report.sums:
        yield _(
            "%(title)s：%(rows)s 行，共 %(amount)s 元",
            title=part.title(),
            rows=part.rows,
            amount=yuan(part.amount_minor),
        )
    yield _("跳过（空行、合计等）：%(count)s 行", count=report.skipped)
    if report.times:
        yield _("时间：%(first)s 至 %(last)s", first=when(min(report.times)), last=when(max(report.times)))
    if report.faults:
        yield _("有 %(count)s 处错误，这样不会导入任何内容：", count=len(report.faults))
    else:
        yield _("没有发现错误。这是预览，没有导入任何内容。")
