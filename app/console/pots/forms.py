"""The forms of a pot and its rules: amounts in yuan, ratios like 1:1, places and projects by name.

Fields have the same names as in the use case, so that each refusal is shown at its field.
"""

from collections.abc import Mapping
from typing import Any, Self

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.console.forms import ConsoleForm
from app.forms import format_moment, format_yuan
from campaigns.lifecycle.models import Campaign
from kernel.money import MAX_MINOR, ratio
from matching.pots import Tranche
from matching.rules import CAPS

ROWS = 3  # empty tranche rows in a new form, and rows that one press of the button adds
MOST_ROWS = 1_000


class RulesForm(ConsoleForm):
    """The rules of a pot. Its kind determines which fields are read."""

    def rules(self, kind: str) -> dict[str, Any]:
        """Return the rules as JSON for the use case; `faults` has the unreadable fields."""
        rules: dict[str, Any] = {
            "ratio_bps": self.ratio("ratio_bps"),
            "scope": self._scope(),
            "minimum_minor": self.amount("minimum_minor"),
            "caps": {name: self.amount(f"caps.{name}") for name in CAPS},
        }
        self.require("ratio_bps")
        if kind == "random":
            rules["random"] = {"least_bps": self.ratio("random.least_bps")}
        if kind == "challenge":
            donors, raised_minor = self.whole("challenge.donors"), self.amount("challenge.raised_minor")
            rules["challenge"] = {"donors": donors, "raised_minor": raised_minor}
        return rules

    def _scope(self) -> dict[str, Any]:
        return {
            "levels": self.all("scope.levels"),
            "tiers": self.all("scope.tiers"),
            "under": self.all("scope.under"),
            "projects": self.projects,
            "minimum_rating": self.whole("scope.minimum_rating"),
        }

    @property
    def projects(self) -> list[int]:
        """Return the ids of the ticked projects."""
        return self.ids("scope.projects")

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> Self:
        """Return the form as a manager would have filled it in for these rules."""
        data: MultiDict[str, str] = MultiDict()
        data["ratio_bps"] = ratio(rules["ratio_bps"])
        data["minimum_minor"] = format_yuan(rules["minimum_minor"] or None)
        scope = rules.get("scope", {})
        for name in ("levels", "tiers", "under", "projects"):
            data.setlist(f"scope.{name}", [str(value) for value in scope.get(name, ())])
        data["scope.minimum_rating"] = str(scope.get("minimum_rating", ""))
        for name, limit in rules.get("caps", {}).items():
            data[f"caps.{name}"] = format_yuan(limit)
        if random := rules.get("random"):
            data["random.least_bps"] = ratio(random["least_bps"])
        goal = rules.get("challenge", {})
        data["challenge.donors"] = str(goal.get("donors", ""))
        data["challenge.raised_minor"] = format_yuan(goal.get("raised_minor"))
        return cls(data)


class PotForm(RulesForm):
    """The form of a new pot."""

    @classmethod
    def fresh(cls, campaign: Campaign, rank: int) -> Self:
        """Return an empty form with the usual defaults: one tranche that opens with the campaign."""
        defaults = {"kind": "ratio", "mode": "reserve", "ratio_bps": "1:1", "rank": str(rank)}
        data: MultiDict[str, str] = MultiDict(defaults)
        data["tranche_at"] = format_moment(campaign.opens_at)
        return cls(data)

    def command(self) -> dict[str, Any] | None:
        """Return the arguments of `campaigns.pots.create`, or None with `faults`."""
        command = {
            "fund": self.whole("fund") or 0,
            "name": self.text("name") or "",
            "rank": self.whole("rank") or 0,
            "kind": self["kind"],
            "mode": self["mode"],
            "rules": self.rules(self["kind"]),
            "tranches": self.tranches(),
        }
        self.require("name", "fund", "rank")
        return None if self.faults else command

    def rows(self) -> list[tuple[str, str]]:
        """Return the table of tranches as typed, as (opens at, yuan), with empty rows for more."""
        times, amounts = self.all("tranche_at"), self.all("tranche_amount")
        count = max(len(times), len(amounts))
        rows = [(_nth(times, index), _nth(amounts, index)) for index in range(min(count, MOST_ROWS))]
        room = ROWS - len(rows) if self.verb != "more" else ROWS
        return rows + [("", "")] * room

    def tranches(self) -> list[Tranche]:
        """Return the tranches that were filled in. A half-filled row is a fault."""
        tranches = []
        for index, (opens_at, amount) in enumerate(self.rows()):
            if not amount and (index == 0 or not opens_at):
                continue  # the first row's time is prefilled
            name = f"tranches.{index}"
            moment, minor = self.moment(name, opens_at), self.amount(name, amount)
            if not (opens_at and amount):
                self.faults[name] = _("每批要有开放时间和金额")
            if moment is not None and minor is not None:
                tranches.append(Tranche(moment, minor))
        return tranches


class AmountForm(ConsoleForm):
    """An amount of money into or out of a pot."""

    def amount_minor(self) -> int:
        """Return the amount in fen, or 0 with a fault if it is missing."""
        self.require("amount_minor")
        return min(self.amount("amount_minor") or 0, MAX_MINOR)


def _nth(values: list[str], index: int) -> str:
    return values[index] if index < len(values) else ""
