"""The form of a draft campaign: times in Shanghai, durations in minutes, hours and days."""

from collections.abc import Collection
from typing import Any, Self

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.console.forms import ConsoleForm
from app.forms import format_moment, format_yuan
from campaigns.lifecycle.drafts import FINISHING_S, LATE_S, NOTICE_S, NewCampaign
from campaigns.lifecycle.models import SELF_CHECK_S, Campaign
from campaigns.lifecycle.plan import FIELDS
from kernel.clock import parse_time

UNITS_S = {"finishing_s": 60, "late_s": 3600, "notice_s": 86_400, "self_check_s": 86_400}
MOST_S = 366 * 86_400  # the same bound as in the API
MOST_NAME = 200
MOST_WINDOWS = 400
ROWS = 3


class CampaignForm(ConsoleForm):
    """The form of a draft campaign."""

    @classmethod
    def fresh(cls) -> Self:
        """Return an empty form with the default durations."""
        defaults = {
            "finishing_s": FINISHING_S,
            "late_s": LATE_S,
            "notice_s": NOTICE_S,
            "self_check_s": SELF_CHECK_S,
        }
        return cls(_durations(defaults))

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """Return the form as a manager would have filled it in for this campaign."""
        data = _durations({name: getattr(campaign, name) for name in UNITS_S})
        data["name"] = campaign.name
        data["emergency"] = "yes" if campaign.emergency else ""
        data["opens_at"], data["ends_at"] = format_moment(campaign.opens_at), format_moment(campaign.ends_at)
        for end in ("opens_at", "closes_at"):
            data.setlist(f"window_{end}", [format_moment(parse_time(window[end])) for window in campaign.windows])
        for name, value in campaign.plan.items():
            data[f"plan.{name}"] = format_yuan(value) if isinstance(value, int) else str(value)
        return cls(data)

    def new(self) -> NewCampaign | None:
        """Return the argument of `campaigns.lifecycle.drafts.create`, or None with `faults`."""
        self.require("slug", "host")
        changes = self.changes()
        plan = {name: value for name, value in changes["plan"].items() if value is not None}
        times = {name: changes[name] for name in ("name", "opens_at", "ends_at", "windows", "emergency")}
        if self.faults:
            return None
        return NewCampaign(slug=self["slug"], host=self["host"], plan=plan, **times, **changes["durations"])

    def changes(self) -> dict[str, Any]:
        """Return the arguments of `campaigns.lifecycle.drafts.change`; complete only without `faults`."""
        self.require("name", "opens_at", "ends_at")
        return {
            "name": self.text("name", MOST_NAME),
            "opens_at": self.moment("opens_at"),
            "ends_at": self.moment("ends_at"),
            "windows": self._windows(),
            "emergency": self["emergency"] == "yes",
            "plan": self.plan(),
            "durations": {name: self._seconds(name) for name in UNITS_S if self[name]},
        }

    def typed(self) -> dict[str, str]:
        """Return the fields as typed, the windows as one value, for detecting which of them were changed."""
        names = ("name", "opens_at", "ends_at", "emergency", *UNITS_S, *(f"plan.{name}" for name in FIELDS))
        windows = " ".join("/".join(row) for row in self.rows() if any(row))
        return {name: self[name] for name in names} | {"windows": windows}

    def written(self, names: Collection[str]) -> dict[str, Any]:
        """Return the part of `changes` that belongs to these fields."""
        changes = self.changes()
        plain = ("name", "opens_at", "ends_at", "windows", "emergency")
        parts = {name: changes[name] for name in plain if name in names}
        plan = {name: value for name, value in changes["plan"].items() if f"plan.{name}" in names}
        durations = {name: value for name, value in changes["durations"].items() if name in names}
        return parts | {"plan": plan, "durations": durations}

    def rows(self) -> list[tuple[str, str]]:
        """Return the windows as typed, with empty rows for more."""
        opens, closes = self.all("window_opens_at"), self.all("window_closes_at")
        rows = [row for row in zip(opens, closes, strict=False) if any(row)][:MOST_WINDOWS]
        room = ROWS if self.verb == "more" else max(1, ROWS - len(rows))
        return rows + [("", "")] * room

    def _windows(self) -> list[dict[str, str]]:
        windows = []
        for index, ends in enumerate(row for row in self.rows() if any(row)):
            name = f"windows.{index}"
            moments = [self.moment(name, text) for text in ends]
            if not all(ends):
                self.faults[name] = _("配捐时段应有开始和结束，且结束晚于开始")
            pairs = zip(("opens_at", "closes_at"), moments, strict=True)
            windows.append({end: moment.isoformat() for end, moment in pairs if moment is not None})
        return windows

    def plan(self) -> dict[str, Any]:
        """Return the fields of the plan; None for an empty one. Complete only without `faults`."""
        texts = {name: self.text(f"plan.{name}", lines=True) for name in FIELDS if name != "cost_minor"}
        return texts | {"cost_minor": self.amount("plan.cost_minor")}

    def _seconds(self, name: str) -> int:
        seconds = (self.whole(name) or 0) * UNITS_S[name]
        if seconds > MOST_S:
            self.faults[name] = _("时长不能超过一年")
        return seconds


def _durations(seconds: dict[str, int]) -> MultiDict[str, str]:
    return MultiDict({name: str(seconds[name] // unit) for name, unit in UNITS_S.items()})
