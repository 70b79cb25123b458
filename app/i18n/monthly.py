"""The columns of the file of a monthly statement."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from app.table_cells import Yuan
from campaigns.monthly.figures import FIGURES, FUND_FIGURES


def header() -> list[str]:
    """Return the titles of the columns, in the language in force."""
    figures = [
        _("期初（元）"),
        _("捐款收入（元）"),
        _("退还捐款（元）"),
        _("配捐（元）"),
        _("拨付（元）"),
        _("期末（元）"),
    ]
    return [_("类别"), _("代码"), _("名称"), *figures]


def rows_of(statement: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the lines of a statement, its sum, and its funds (what came in and went out) as rows of the file."""
    for line in statement["lines"]:
        yield [_("项目捐款"), line["code"], line["name"], *(Yuan(line[figure]) for figure in FIGURES)]
    yield [_("合计"), statement["node"], statement["name"], *(Yuan(statement[figure]) for figure in FIGURES)]
    for fund in statement["funds"]:
        opening, came, went, closing = (Yuan(fund[figure]) for figure in FUND_FIGURES)
        yield [_("基金"), "", fund["name"], opening, came, went, None, None, closing]
