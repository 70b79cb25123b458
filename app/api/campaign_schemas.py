"""Schemas for campaigns, their projects and standings."""

from marshmallow import Schema, fields, validate

from app.api.schema_fields import Currency, Flag, Key, Minor, Prose, Text, Time, Whole, one_of
from campaigns.disclosure.catalogue import SORTS
from campaigns.disclosure.standings import BY
from campaigns.lifecycle.plan import FIELDS
from campaigns.projects.states import STATUSES
from campaigns.projects.themes import THEMES
from matching.rules import LEVELS

# One year: no step of a campaign takes longer.
_MOST_S = 366 * 24 * 3600

_PLAN_TEXTS = {name: Prose(2_000, allow_none=True) for name in FIELDS if name != "cost_minor"}
PlanIn = Schema.from_dict({**_PLAN_TEXTS, "cost_minor": Minor(0, allow_none=True)}, name="PlanIn")


class WindowIn(Schema):
    opens_at = Time(required=True)
    closes_at = Time(required=True)


class DurationsIn(Schema):
    """Durations in seconds."""

    finishing_s = Whole(0, _MOST_S)
    late_s = Whole(0, _MOST_S)
    notice_s = Whole(0, _MOST_S)
    self_check_s = Whole(0, _MOST_S, metadata={"description": "from the release to the nodes' self-checks"})


class CampaignChange(Schema):
    name = Text(200, 1)
    opens_at = Time()
    ends_at = Time()
    windows = fields.List(fields.Nested(WindowIn), validate=validate.Length(max=400))
    plan = fields.Nested(PlanIn)
    emergency = Flag(
        metadata={"description": "raises for an emergency: may be filed after the start"},
    )
    durations = fields.Nested(DurationsIn)


class CampaignIn(CampaignChange):
    slug = Text(60, 1, required=True)
    name = Text(200, 1, required=True)
    host = Text(32, 1, required=True)
    opens_at = Time(required=True)
    ends_at = Time(required=True)
    plan = fields.Nested(PlanIn, required=True)


class EntryIn(Schema):
    project = Key(required=True)


class TotalsOut(Schema):
    donations = Whole()
    donors = Whole()
    raised_minor = Minor(0)
    matched_minor = Minor(0)
    currency = Currency()


class PotOut(Schema):
    id = Key()
    name = Text()
    rank = Whole()
    kind = Text()
    mode = Text()
    funded_minor = Minor(0)
    available_minor = Minor(0)
    reserved_minor = Minor(0)
    captured_minor = Minor(0)
    next_tranche_at = Time(allow_none=True)
    rules = fields.Dict()
    locked = fields.Boolean(metadata={"description": "a challenge pot whose challenge is not met yet"})
    unlocked_at = Time(allow_none=True)
    held_minor = Minor(0, metadata={"description": "captured, but on hold until a reviewer decides (screening)"})
    returned_minor = Minor(0, metadata={"description": "returned to the pot's fund after the end"})
    paused = fields.Boolean(metadata={"description": "gives no new match until it is resumed"})
    paused_at = Time(allow_none=True)
    paused_minor = Minor(
        0, metadata={"description": "free, but not given while the pot is paused; `available_minor` is 0 then"}
    )


class HostOut(Schema):
    code = Text()
    name = Text()


class CampaignOut(Schema):
    slug = Text()
    name = Text()
    phase = Text()
    opens_at = Time()
    ends_at = Time()
    windows = fields.List(fields.Dict())
    emergency = fields.Boolean()
    withdrawn_reason = Text(
        metadata={"description": "why it takes no donations: its filing or listing was withdrawn; empty: in force"}
    )
    currency = Currency()
    host = fields.Nested(HostOut)
    legal = fields.Dict(metadata={"description": "what the law asks every public page to show"})
    totals = fields.Nested(TotalsOut)
    pots = fields.List(fields.Nested(PotOut))
    durations = fields.Dict()
    warnings = fields.List(fields.String())


class ProjectQuery(Schema):
    level = one_of(*LEVELS)
    under = Text(32)
    q = Text(100)
    theme = one_of(*THEMES)
    sort = one_of(*SORTS)


class AnyProjectQuery(ProjectQuery):
    status = one_of(*STATUSES)


class StandingsQuery(Schema):
    by = one_of(*BY, load_default="county")


class StandingOut(Schema):
    place = Whole()
    code = Text()
    name = Text()
    parent_name = Text()
    raised_minor = Minor(0)
    matched_minor = Minor(0)
    total_minor = Minor(0)
    currency = Currency()
