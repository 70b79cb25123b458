"""Texts of awards: the rule of an award as a sentence, and the columns of their table."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.i18n.desk_labels import AWARD_AMONG, AWARD_CRITERIA, AWARD_TIES
from app.i18n.labels import word
from app.table_cells import Yuan
from kernel.clock import parse_time
from kernel.money import yuan


def award_rule(award: Any) -> str:
    """Return the rule of an award (a row, or a part of the published JSON) as a sentence."""
    rule = award if isinstance(award, Mapping) else vars(award)
    words = {
        "among": word(AWARD_AMONG, rule["among"]),
        "criterion": word(AWARD_CRITERIA, rule["criterion"]),
        "places": rule["places"],
        "tie": word(AWARD_TIES, rule["tie"]),
    }
    if rule["mark_minor"] is not None:
        amount = yuan(rule["mark_minor"]).removesuffix(".00")
        if rule["places"] == 1:
            return _("%(among)s里最先筹到 %(amount)s 元的。", amount=amount, among=words["among"])
        return _("%(among)s里最先筹到 %(amount)s 元的前 %(places)s 名。", amount=amount, **words)
    return _("按%(criterion)s排，%(among)s的前 %(places)s 名。相同时%(tie)s。", **words)


def award_sentence(award: Mapping[str, Any]) -> str:
    """Return an award with its winners as a sentence."""
    names = _("、").join(row["name"] for row in award["winners"])
    if not names:
        return _("%(award)s：没有谁达到。", award=award["name"])
    return _("%(award)s：%(names)s。", award=award["name"], names=names)


def reached_at(row: Mapping[str, Any]) -> datetime | None:
    """Return when a winner reached the amount that its award requires; None for other criteria."""
    return parse_time(row["reached_at"]) if row["reached_at"] else None


def award_header() -> list[str]:
    """Return the column titles in the current language."""
    sums = [_("筹款（元）"), _("其中线下（元）"), _("配捐（元）"), _("合计（元）")]
    titles = [_("奖项"), _("规则"), _("名次"), _("获奖"), _("县区"), _("捐赠人数"), _("捐赠笔数")]
    return [*titles, *sums, _("达到时间")]


def award_rows(awards: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """Yield the winners of awards with the sums behind them."""
    for award in awards:
        for row in award["winners"]:
            sums = [Yuan(row[name]) for name in ("raised_minor", "offline_minor", "matched_minor", "total_minor")]
            counts = [row["donors"], row["donations"]]
            stated = [award["name"], award_rule(award), row["place"], row["name"], row["parent_name"]]
            yield [*stated, *counts, *sums, reached_at(row)]
