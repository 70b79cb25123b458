"""PURE. Parse a file of new projects, as a federation collects them from its counties."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.projects.budget import BudgetRow
from campaigns.projects.themes import Theme
from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_amount
from kernel.money import CURRENCY
from kernel.tables import Column, Layout, Row, Table, Track, read_table
from kernel.text import clean_label, clean_text

LAYOUT = Layout(
    "projects",
    (
        Column("name", ("name", "项目名称", "名称", "项目")),
        Column("tier", ("tier", "项目类别", "类别", "项目级别", "级别")),
        Column("summary", ("summary", "项目简介", "简介", "项目介绍", "说明")),
        Column(
            "target_yuan", ("target", "target_yuan", "目标金额", "目标金额(元)", "筹款目标", "筹款目标(元)", "目标")
        ),
        Column("currency", ("currency", "币种", "货币"), required=False),
        Column("code", ("code", "项目编号", "项目代码", "编号"), required=False, exact=True),
        Column(
            "organisation",
            ("organisation", "organisation_code", "机构代码", "组织代码", "执行单位代码", "执行单位"),
            required=False,
            exact=True,
        ),
        Column("theme", ("theme", "主题", "项目主题"), required=False),
        Column("unit", ("unit", "单位", "计量单位"), required=False),
        Column("unit_price_yuan", ("unit_price", "unit_price_yuan", "单价", "单价(元)"), required=False),
        Column("budget", ("budget", "预算", "预算明细"), required=False),
        Column("county", ("county", "县区", "区县", "县", "县(区)"), required=False),
        Column("township", ("township", "乡镇", "乡镇街道", "镇街", "乡镇(街道)"), required=False),
        Column("village", ("village", "村", "村社区", "村(社区)", "村名"), required=False),
    ),
    ours=True,
)
# Themes as people write them in Chinese.
_THEMES = {
    "": Theme.OTHER,
    "老年食堂": Theme.MEALS,
    "儿童之家": Theme.CHILDREN,
    "村道路灯": Theme.LIGHTS,
    "路灯": Theme.LIGHTS,
    "饮水改造": Theme.WATER,
    "饮水": Theme.WATER,
    "卫生室": Theme.CLINIC,
    "修路": Theme.ROAD,
    "村小": Theme.SCHOOL,
    "环境": Theme.ENVIRONMENT,
    "其他": Theme.OTHER,
}
# A budget in one cell: 米面粮油 18000；灶台 8000
_BUDGET_ROWS = re.compile(r"[；;\n]+")
_BUDGET_ROW = re.compile(r"(.*\S)[\s:：]+(\S+)")
PLACES = ("county", "township", "village")  # from the highest level down
# Tiers as people write them in Chinese.
_TIERS = (
    dict.fromkeys(("市级品牌项目", "市级品牌", "品牌", "品牌项目", "市级"), "brand")
    | dict.fromkeys(("县区专项项目", "县区专项", "专项", "专项项目", "县级", "县区"), "special")
    | dict.fromkeys(("村级微项目", "微项目", "村级", "微"), "micro")
)
_CURRENCIES = dict.fromkeys(("", "人民币", "元", "RMB", "cny"), CURRENCY)


class ProjectRow(NamedTuple):
    """A project in a row of a file; `target_minor` in fen.

    `places` are the names of county, township and village, empty where the row has none. They are used only without
    an `organisation` code.
    """

    line: int
    code: str
    organisation: str
    places: tuple[str, ...]
    name: str
    tier: str
    summary: str
    target_minor: int
    currency: str
    theme: str
    unit: str
    unit_price_minor: int | None
    budget: tuple[BudgetRow, ...]

    @property
    def description(self) -> dict[str, Any]:
        """The row's description for `campaigns.projects.description.describe`."""
        fields = {
            "unit": self.unit,
            "unit_price_minor": self.unit_price_minor,
            "budget": [row._asdict() for row in self.budget],
        }
        return {name: value for name, value in fields.items() if value}


class ProjectFile(NamedTuple):
    """A parsed file: its rows, and the faults of their cells. An unreadable amount counts as 0."""

    table: Table
    rows: tuple[ProjectRow, ...]
    faults: Mapping[str, Fault]


def read(data: bytes | str, track: Track = iter) -> ProjectFile:
    """Parse a file with the columns of `LAYOUT`. `faults` name every bad row and column: `line 3.target_yuan`.

    Whether the values are allowed (the name, the tier) is not checked here. Raises Invalid `import_invalid` for a
    file that is no table.
    """
    table = read_table(data, (LAYOUT,))
    faults = dict(table.faults)
    rows: list[ProjectRow] = []
    seen: dict[tuple[object, ...], int] = {}
    for cells in track(table.rows):
        row, row_faults = _row(cells)
        key = (row.code,) if row.code else (row.organisation, row.places, row.name)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            row_faults["code" if row.code else "name"] = fault("repeated_line", line=first)
        for column, refused in row_faults.items():
            faults.setdefault(f"line {row.line}.{column}", refused)
        rows.append(row)
    return ProjectFile(table, tuple(rows), faults)


def _row(row: Row) -> tuple[ProjectRow, dict[str, Fault]]:
    cells = {column.name: row.cells.get(column.name, "") for column in LAYOUT.columns}
    faults: dict[str, Fault] = {}
    target = _amount(cells, "target_yuan", faults)
    places = tuple(clean_text(cells[level]) for level in PLACES)
    if not cells["organisation"] and not any(places):
        faults["organisation"] = fault("place_required")
    tier = clean_label(cells["tier"])
    read_row = ProjectRow(
        line=row.line,
        code=clean_label(cells["code"]),
        organisation=clean_label(cells["organisation"]),
        places=places,
        name=clean_text(cells["name"]),
        tier=_TIERS.get(tier, tier),
        summary=clean_text(cells["summary"]),
        target_minor=target,
        currency=_CURRENCIES.get(cells["currency"], cells["currency"]),
        theme=_THEMES.get(clean_label(cells["theme"]), clean_label(cells["theme"])),
        unit=clean_text(cells["unit"]).strip(),
        unit_price_minor=_amount(cells, "unit_price_yuan", faults) if cells["unit_price_yuan"] else None,
        budget=_budget(cells["budget"], faults),
    )
    return read_row, faults


def _amount(cells: Mapping[str, str], column: str, faults: dict[str, Fault]) -> int:
    """Return yuan as fen. An unreadable amount is added to `faults` and counts as 0."""
    try:
        return read_amount(cells[column])
    except Unreadable as unreadable:
        faults[column] = unreadable.fault
        return 0


def _budget(cell: str, faults: dict[str, Fault]) -> tuple[BudgetRow, ...]:
    rows = []
    for text in filter(str.strip, _BUDGET_ROWS.split(clean_text(cell))):
        parts = _BUDGET_ROW.fullmatch(text.strip())
        if parts is None:
            faults["budget"] = fault("not_a_budget")
            return ()
        rows.append(BudgetRow(parts[1].rstrip(":："), _amount({"budget": parts[2]}, "budget", faults)))
    return tuple(rows)
