"""PURE. What a pot matches: ratio, scope, minimum and caps, and the refusal of rules that make no sense."""

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from kernel.errors import Fault, Invalid, fault
from kernel.json_reader import Fields
from kernel.money import MAX_MINOR, amount_fault, share


class Level(StrEnum):
    """The levels of the network, from the top."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Tier(StrEnum):
    """The tiers of projects: a brand of the city, a special project of a county, a micro project of a village."""

    BRAND = "brand"
    SPECIAL = "special"
    MICRO = "micro"


LEVELS = tuple(level.value for level in Level)
TIERS = tuple(tier.value for tier in Tier)
MAX_RATIO_BPS = 100_000  # 10:1, our limit
MAX_RATING = 5  # stars of a project


@dataclass(frozen=True, slots=True)
class Target:
    """A project as matching sees it: its place in the tree of organisations, its tier and its rating."""

    project_id: int
    level: str
    tier: str
    lineage: tuple[str, ...]  # codes of its organisation and of all organisations above it
    county_code: str
    rating: int = 0
    barred: bool = False  # on the blacklist: it keeps its match and gets no more


@dataclass(frozen=True, slots=True)
class Scope:
    """Which projects a pot serves. An empty part allows any project."""

    levels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    projects: tuple[int, ...] = ()
    minimum_rating: int = 0

    def excludes(self, target: Target) -> str | None:
        """Return the name of the part that excludes this project, or None if it is in scope."""
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
    """The most match, in fen, that a pot gives per donation, donor and so on; None means no cap of that kind."""

    donation_minor: int | None = None
    donor_day_minor: int | None = None
    donor_minor: int | None = None
    project_minor: int | None = None
    county_minor: int | None = None

    def limits(self) -> tuple[tuple[int, str, int], ...]:
        """Return the caps that are set, narrow to wide: (index in `CAPS`, name, fen)."""
        named = ((index, name, getattr(self, name)) for index, name in enumerate(CAPS))
        return tuple((index, name, limit) for index, name, limit in named if limit is not None)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a campaign must reach to unlock a challenge pot: a number of paid donors, or an amount raised in fen."""

    donors: int | None = None
    raised_minor: int | None = None

    def met(self, donors: int, raised_minor: int) -> bool:
        """Return whether a campaign with these figures has reached it."""
        if self.donors is not None:
            return donors >= self.donors
        return self.raised_minor is not None and raised_minor >= self.raised_minor


CAPS = ("donation_minor", "donor_day_minor", "donor_minor", "project_minor", "county_minor")


@dataclass(frozen=True, slots=True)
class Rules:
    """One immutable version of a pot's rules. `ratio_bps` 10,000 is 1:1; `minimum_minor` is in fen.

    `least_bps` belongs to random pots: a donation draws its ratio from there to `ratio_bps`.
    """

    ratio_bps: int
    scope: Scope = field(default_factory=Scope)
    minimum_minor: int = 0
    caps: Caps = field(default_factory=Caps)
    least_bps: int | None = None
    challenge: Challenge | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the stored and displayed form of the rules; empty parts are left out."""
        scope = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.scope).items() if v}
        caps = {k: v for k, v in asdict(self.caps).items() if v is not None}
        data: dict[str, Any] = {
            "ratio_bps": self.ratio_bps,
            "scope": scope,
            "minimum_minor": self.minimum_minor,
            "caps": caps,
        }
        if self.least_bps is not None:
            data["random"] = {"least_bps": self.least_bps}
        if self.challenge is not None:
            data["challenge"] = {k: v for k, v in asdict(self.challenge).items() if v is not None}
        return data


def parse(data: Any) -> Rules:
    """Parse rules from JSON of any shape. Raises only Invalid `rules_invalid`, which names every senseless part."""
    read = Fields(data, root="rules")
    read.only(("ratio_bps", "scope", "minimum_minor", "caps", "random", "challenge"))
    scope, caps, random, challenge = (read.part(name) for name in ("scope", "caps", "random", "challenge"))
    scope.only(Scope.__slots__)
    caps.only(CAPS)
    random.only(("least_bps",))
    challenge.only(Challenge.__slots__)
    goal = Challenge(challenge.number("donors"), challenge.number("raised_minor"))
    rules = Rules(
        ratio_bps=read.number("ratio_bps") or 0,
        scope=Scope(
            levels=scope.words("levels"),
            tiers=scope.words("tiers"),
            under=scope.words("under"),
            projects=scope.ids("projects"),
            minimum_rating=scope.number("minimum_rating") or 0,
        ),
        minimum_minor=read.number("minimum_minor") or 0,
        caps=Caps(**{name: caps.number(name) for name in CAPS}),
        least_bps=random.number("least_bps"),
        challenge=None if goal == Challenge() else goal,
    )
    rule_faults = faults(rules) | read.faults
    if rule_faults:
        raise Invalid("rules_invalid", fields=rule_faults)
    return rules


def faults(rules: Rules) -> dict[str, Fault]:
    """Return the faults of rules by field; empty when the rules can work."""
    rule_faults: dict[str, Fault] = {}
    if not 1 <= rules.ratio_bps <= MAX_RATIO_BPS:
        rule_faults["ratio_bps"] = fault("ratio_out_of_range", least_bps=1, most_bps=MAX_RATIO_BPS)
    if rules.minimum_minor and (refused := amount_fault(rules.minimum_minor)):
        rule_faults["minimum_minor"] = refused
    rule_faults |= _scope_faults(rules.scope) | _cap_faults(rules.caps)
    if rules.least_bps is not None and not 0 <= rules.least_bps <= rules.ratio_bps:
        rule_faults["random.least_bps"] = fault("least_above_most")
    if rules.challenge is not None:
        rule_faults |= _challenge_faults(rules.challenge)
    return rule_faults or _cross_faults(rules)


def _scope_faults(scope: Scope) -> dict[str, Fault]:
    scope_faults: dict[str, Fault] = {}
    if unknown := set(scope.levels) - set(LEVELS):
        scope_faults["scope.levels"] = fault("unknown_levels", values=sorted(unknown))
    if unknown := set(scope.tiers) - set(TIERS):
        scope_faults["scope.tiers"] = fault("unknown_tiers", values=sorted(unknown))
    if not 0 <= scope.minimum_rating <= MAX_RATING:
        scope_faults["scope.minimum_rating"] = fault("out_of_range", least=0, most=MAX_RATING)
    return scope_faults


def _cap_faults(caps: Caps) -> dict[str, Fault]:
    return {
        f"caps.{name}": fault("cap_not_positive") if limit < 1 else fault("amount_too_large", most_minor=MAX_MINOR)
        for _, name, limit in caps.limits()
        if not 1 <= limit <= MAX_MINOR
    }


def _challenge_faults(goal: Challenge) -> dict[str, Fault]:
    if goal.donors is not None and goal.raised_minor is not None:
        return {"challenge": fault("two_goals")}
    goals = {name: value for name, value in asdict(goal).items() if value is not None}
    return {
        f"challenge.{name}": fault("goal_not_positive") if value < 1 else fault("number_too_large")
        for name, value in goals.items()
        if not 1 <= value <= MAX_MINOR
    }


def for_kind(kind: str, rules: Rules) -> Rules:
    """Return the rules as a pot of this kind stores them: a random pot draws from 0 by default.

    Raises Invalid `rules_invalid` for parts that this kind of pot does not have, and for missing ones.
    """
    kind_faults: dict[str, Fault] = {}
    if kind != "random" and rules.least_bps is not None:
        kind_faults["random.least_bps"] = fault("not_for_this_kind", kind=kind)
    if kind != "challenge" and rules.challenge is not None:
        kind_faults["challenge"] = fault("not_for_this_kind", kind=kind)
    if kind == "challenge" and rules.challenge is None:
        kind_faults["challenge"] = fault("goal_missing", one_of=Challenge.__slots__)
    if kind_faults:
        raise Invalid("rules_invalid", fields=kind_faults)
    return replace(rules, least_bps=0) if kind == "random" and rules.least_bps is None else rules


# A donation counts against each of these, so a narrow cap above a wide one could never be reached.
_NARROW_TO_WIDE = (
    ("donation_minor", "donor_day_minor", "donor_minor"),
    ("donation_minor", "project_minor", "county_minor"),
)


def _cross_faults(rules: Rules) -> dict[str, Fault]:
    """Return faults of combinations: a cap above a wider one, or below what the smallest donation would get."""
    caps = asdict(rules.caps)
    least = share(rules.minimum_minor, rules.ratio_bps)
    cap_faults = {
        f"caps.{name}": fault("cap_below_minimum", least_minor=least)
        for name, value in caps.items()
        if value is not None and value < least
    }
    for chain in _NARROW_TO_WIDE:
        capped = [name for name in chain if caps[name] is not None]
        for narrow, wide in pairwise(capped):
            if caps[narrow] > caps[wide]:
                cap_faults[f"caps.{narrow}"] = fault("cap_above_wider", wider=wide)
    return cap_faults
