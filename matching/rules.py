"""PURE. What a pot matches: ratio, scope, minimum and caps, and the refusal of rules that make no sense."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kernel.errors import Invalid
from kernel.money import MAX_MINOR

LEVELS = ("city", "county", "township", "village")
TIERS = ("brand", "special", "micro")
MAX_RATIO_BPS = 100_000  # ten to one (ours)


@dataclass(frozen=True, slots=True)
class Target:
    """What matching must know of a project: where it stands in the tree and what kind it is."""

    project_id: int
    level: str
    tier: str
    lineage: tuple[str, ...]  # codes of its organisation and of all above it
    county_code: str
    rating: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """Which projects a pot serves; an empty part means: any."""

    levels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    projects: tuple[int, ...] = ()
    minimum_rating: int = 0

    def refuses(self, target: Target) -> str | None:
        """Why this project is out of scope (the name of the part), or None when it is in."""
        if self.levels and target.level not in self.levels:
            return "levels"
        if self.tiers and target.tier not in self.tiers:
            return "tiers"
        if self.under and not set(self.under).intersection(target.lineage):
            return "under"
        if self.projects and target.project_id not in self.projects:
            return "projects"
        if target.rating < self.minimum_rating:
            return "minimum_rating"
        return None


@dataclass(frozen=True, slots=True)
class Caps:
    """The most match, in fen, that a pot gives; None means no cap of that kind."""

    donation_minor: int | None = None
    donor_day_minor: int | None = None
    donor_minor: int | None = None
    project_minor: int | None = None
    county_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """One immutable version of a pot's rules. `ratio_bps` 10,000 is 1:1; `minimum_minor` is in fen."""

    ratio_bps: int
    scope: Scope = field(default_factory=Scope)
    minimum_minor: int = 0
    caps: Caps = field(default_factory=Caps)

    def as_json(self) -> dict[str, Any]:
        """The form in which rules are stored and shown; parts that say nothing are left out."""
        scope = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.scope).items() if v}
        caps = {k: v for k, v in asdict(self.caps).items() if v is not None}
        return {
            "ratio_bps": self.ratio_bps,
            "scope": scope,
            "minimum_minor": self.minimum_minor,
            "caps": caps,
        }


def parse(data: Mapping[str, Any]) -> Rules:
    """Rules from their JSON form. Raises Invalid `rules_invalid` that names every senseless part."""
    scope = dict(data.get("scope") or {})
    caps = dict(data.get("caps") or {})
    rules = Rules(
        ratio_bps=data.get("ratio_bps", 0),
        scope=Scope(
            levels=tuple(scope.get("levels") or ()),
            tiers=tuple(scope.get("tiers") or ()),
            under=tuple(scope.get("under") or ()),
            projects=tuple(scope.get("projects") or ()),
            minimum_rating=scope.get("minimum_rating") or 0,
        ),
        minimum_minor=data.get("minimum_minor") or 0,
        caps=Caps(**{name: caps.get(name) for name in Caps.__slots__}),
    )
    wrong = faults(rules)
    if wrong:
        raise Invalid("rules_invalid", "these matching rules cannot work", fields=wrong)
    return rules


def faults(rules: Rules) -> dict[str, str]:
    """What is senseless in rules: field -> reason. Empty when they can work."""
    wrong: dict[str, str] = {}
    if not 1 <= rules.ratio_bps <= MAX_RATIO_BPS:
        wrong["ratio_bps"] = f"must be from 1 to {MAX_RATIO_BPS} basis points"
    if not 0 <= rules.minimum_minor <= MAX_MINOR:
        wrong["minimum_minor"] = "must not be negative"
    if unknown := set(rules.scope.levels) - set(LEVELS):
        wrong["scope.levels"] = "unknown level: " + ", ".join(sorted(map(str, unknown)))
    if unknown := set(rules.scope.tiers) - set(TIERS):
        wrong["scope.tiers"] = "unknown tier: " + ", ".join(sorted(map(str, unknown)))
    return wrong | _cap_faults(rules.caps)


def _cap_faults(caps: Caps) -> dict[str, str]:
    wrong = {}
    for name, value in asdict(caps).items():
        if value is not None and not 1 <= value <= MAX_MINOR:
            wrong[f"caps.{name}"] = "must be a positive number of fen"
    narrow_to_wide = [caps.donation_minor, caps.donor_day_minor, caps.donor_minor]
    given = [value for value in narrow_to_wide if value is not None]
    if not wrong and given != sorted(given):
        wrong["caps"] = "a cap per donation or day is above the wider cap per day or donor"
    return wrong
