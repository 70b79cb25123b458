"""A pot and its rules as a manager types them: amounts in yuan, ratios like 1:1, places and projects by name.

Fields are named as the engine names them, so that what it refuses is shown at its field.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.console.forms import Typed, moment_typed, yuan_typed
from campaigns.lifecycle.models import Campaign
from kernel.money import MAX_MINOR, ratio
from matching.pots import Tranche
from matching.rules import CAPS

ROWS = 3  # tranches for which an empty form has room, and that one press of the button adds
MOST_ROWS = 1_000


class RulesForm(Typed):
    """The rules of a pot; which of them are read depends on the kind of pot."""

    def rules(self, kind: str) -> dict[str, Any]:
        """The rules in the form that the engine takes; `faults` says what could not be read."""
        told: dict[str, Any] = {
            "ratio_bps": self.ratio("ratio_bps"),
            "scope": self._scope(),
            "minimum_minor": self.amount("minimum_minor"),
            "caps": {name: self.amount(f"caps.{name}") for name in CAPS},
        }
        self.need("ratio_bps")
        if kind == "random":
            told["random"] = {"least_bps": self.ratio("random.least_bps")}
        if kind == "challenge":
            goals = {
                "donors": self.whole("challenge.donors"),
                "raised_minor": self.amount("challenge.raised_minor"),
            }
            told["challenge"] = goals
        return told

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
        """The ids of the projects that were ticked."""
        return [int(one) for one in self.all("scope.projects") if one.isascii() and one.isdigit() and len(one) < 19]

    @classmethod
    def of(cls, rules: Mapping[str, Any]) -> "RulesForm":
        """The form as it would have been typed for these rules."""
        data: MultiDict[str, str] = MultiDict()
        data["ratio_bps"] = ratio(rules["ratio_bps"])
        data["minimum_minor"] = yuan_typed(rules["minimum_minor"] or None)
        scope = rules.get("scope", {})
        for name in ("levels", "tiers", "under", "projects"):
            data.setlist(f"scope.{name}", [str(one) for one in scope.get(name, ())])
        data["scope.minimum_rating"] = str(scope.get("minimum_rating", ""))
        for name, limit in rules.get("caps", {}).items():
            data[f"caps.{name}"] = yuan_typed(limit)
        if random := rules.get("random"):
            data["random.least_bps"] = ratio(random["least_bps"])
        goal = rules.get("challenge", {})
        data["challenge.donors"] = str(goal.get("donors", ""))
        data["challenge.raised_minor"] = yuan_typed(goal.get("raised_minor"))
        return cls(data)


class PotForm(RulesForm):
    """A pot that is still to be made."""

    @classmethod
    def fresh(cls, campaign: Campaign, rank: int) -> "PotForm":
        """An empty form with the usual choices: one tranche that opens with the event."""
        usual = {"kind": "ratio", "mode": "reserve", "ratio_bps": "1:1", "rank": str(rank)}
        data: MultiDict[str, str] = MultiDict(usual)
        data["tranche_at"] = moment_typed(campaign.opens_at)
        return cls(data)

    def command(self) -> dict[str, Any] | None:
        """What `campaigns.pots.create` takes, or None with `faults` saying what is wrong."""
        wanted = {
            "fund": self.whole("fund") or 0,
            "name": self.text("name") or "",
            "rank": self.whole("rank") or 0,
            "kind": self["kind"],
            "mode": self["mode"],
            "rules": self.rules(self["kind"]),
            "tranches": self.tranches(),
        }
        self.need("name", "fund", "rank")
        return None if self.faults else wanted

    def rows(self) -> list[tuple[str, str]]:
        """The lines of the table of tranches as they were typed: (opens at, yuan), with room for more."""
        times, amounts = self.all("tranche_at"), self.all("tranche_amount")
        count = max(len(times), len(amounts))
        rows = [(_nth(times, index), _nth(amounts, index)) for index in range(min(count, MOST_ROWS))]
        room = ROWS - len(rows) if self.verb != "more" else ROWS
        return rows + [("", "")] * room

    def tranches(self) -> list[Tranche]:
        """The lines that were filled in; a half filled one is a fault."""
        found = []
        for index, (opens_at, amount) in enumerate(self.rows()):
            if not amount and (index == 0 or not opens_at):
                continue  # the time of the first line is our own proposal
            name = f"tranches.{index}"
            moment, minor = self.moment_of(name, opens_at), self.amount_of(name, amount)
            if not (opens_at and amount):
                self.faults[name] = _("每批要有开放时间和金额")
            if moment is not None and minor is not None:
                found.append(Tranche(moment, minor))
        return found


class AmountForm(Typed):
    """An amount for a pot that there is."""

    def amount_minor(self) -> int:
        """The amount in fen; 0 with a fault when there is none."""
        self.need("amount_minor")
        return min(self.amount("amount_minor") or 0, MAX_MINOR)


def _nth(values: list[str], index: int) -> str:
    return values[index] if index < len(values) else ""
