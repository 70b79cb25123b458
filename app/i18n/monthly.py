"""Texts of monthly statements, and the columns of their files."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.table_cells import Yuan
from campaigns.monthly.figures import FIGURES

STATEMENT_FIGURES = {
    "opening_minor": _l("期初（元）"),
    "received_minor": _l("捐款收入（元）"),
    "refunded_minor": _l("退还捐款（元）"),
    "matched_minor": _l("配捐（元）"),
    "paid_minor": _l("拨付（元）"),
    "moved_minor": _l("划转（元）"),
    "closing_minor": _l("期末（元）"),
    "spent_minor": _l("其中已核对支出（元）"),
    "in_minor": _l("转入（元）"),
    "out_minor": _l("转出（元）"),
}
MOVE_WAYS = {
    "donation_moved": _l("更正捐赠的项目"),
    "purpose_changed": _l("变更用途"),
    "surplus_moved": _l("结余给其他项目"),
    "surplus_to_fund": _l("结余转入基金"),
    "fund_moved": _l("基金之间划转"),
    "merge": _l("机构合并"),
}


def header() -> list[str]:
    """Return the column titles in the current language."""
    return [_("类别"), _("代码"), _("名称"), *(str(STATEMENT_FIGURES[figure]) for figure in FIGURES)]


def rows_of(statement: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the rows of the file: the lines of a statement, its sum, its funds and its moved money."""
    for line in statement["lines"]:
        yield [_("项目捐款"), line["code"], line["name"], *_figures(line)]
    yield [_("合计"), statement["node"], statement["name"], *_figures(statement)]
    for fund in statement["funds"]:
        opening, came, went = (Yuan(fund[figure]) for figure in ("opening_minor", "in_minor", "out_minor"))
        net, closing = Yuan(fund.get("moved_minor", 0)), Yuan(fund["closing_minor"])
        yield [_("基金"), "", fund["name"], opening, came, went, None, None, net, closing, None]
    moved = _("划转")
    for move in statement.get("moves", ()):
        named = f"{move['source']} → {move['target']}"
        came, went = Yuan(move["in_minor"]), Yuan(move["out_minor"])
        yield [
            f"{moved} {MOVE_WAYS[move['way']]}",
            "",
            named,
            None,
            came,
            went,
            None,
            None,
            Yuan(move["in_minor"] - move["out_minor"]),
            None,
            None,
        ]


def _figures(line: dict[str, Any]) -> list[Yuan]:
    """Return the figures of a line. Figures that older statements do not have are 0."""
    return [Yuan(line.get(figure, 0)) for figure in FIGURES]
