"""The current activity of a campaign, and simulations of a day of donations. Nothing is written."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint
from app.api.campaigns.pot_schemas import RulesIn
from app.api.schema_fields import Currency, Key, Minor, Text, Time, Whole
from app.current import deps
from app.http import access, scope
from app.http.off_loop import off_loop
from app.http.scope import Where
from campaigns.disclosure.live_desk import live_desk
from campaigns.disclosure.simulated_day import MOST_GIFTS, default_day, made_day, projects_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.errors import Invalid, NotFound, fault
from kernel.money import CURRENCY, MAX_MINOR
from matching.pot_state import load_pot_states
from matching.rules import Target, parse
from matching.simulate import Gift, PotChange, Simulation, compare, simulate, with_changes

MOST_LISTED = 1_000

blueprint = make_blueprint("simulations", "The live desk of a campaign, and simulated days.")


class MinuteOut(Schema):
    at = Time()
    paid = Whole()
    waiting = Whole()
    declined = Whole()
    lapsed = Whole()
    given_minor = Minor(0)


class PaceOut(Schema):
    pot = Key(attribute="pot.id")
    name = Text(attribute="pot.name")
    available_minor = Minor(0, attribute="pot.available_minor")
    given_minor = Minor(0, metadata={"description": "for donations of the last ten minutes"})
    dry_at = Time(allow_none=True, metadata={"description": "at that pace; null when it is not giving"})


class InboxSourceOut(Schema):
    source = Text()
    messages = Whole()
    since = Time()


class LiveDeskOut(Schema):
    """The last half hour. Figures of the whole system are empty for callers confined to a branch."""

    at = Time()
    minutes = fields.List(fields.Nested(MinuteOut))
    pots = fields.List(fields.Nested(PaceOut))
    new_messages = Whole()
    lag_s = fields.Float()
    sources = fields.List(fields.Nested(InboxSourceOut))
    currency = Currency()


class GiftIn(Schema):
    at = Time(required=True)
    amount_minor = Minor(required=True)
    project = Text(100, 1, required=True, metadata={"description": "its code"})
    donor = Text(100, metadata={"description": "the same for gifts of one donor; left out: another one"})


class PotChangeIn(Schema):
    pot = Key(required=True)
    rules = fields.Nested(RulesIn, metadata={"description": "in place of its own"})
    added_minor = Whole(-MAX_MINOR, MAX_MINOR, load_default=0)


class SimulationIn(Schema):
    """Gifts, or the number of gifts to generate with a fixed random seed, and changes of pots to try."""

    count = Whole(1, MOST_GIFTS)
    average_minor = Minor(1_00)
    gifts = fields.List(fields.Nested(GiftIn), validate=validate.Length(max=MOST_GIFTS))
    changes = fields.List(fields.Nested(PotChangeIn), validate=validate.Length(max=100), load_default=list)


class PotRunOut(Schema):
    pot = Key(attribute="pot_id")
    name = Text()
    funded_minor = fields.Integer()
    given_minor = Minor(0)
    left_minor = fields.Integer()
    gifts = Whole()
    dry_at = Time(allow_none=True, metadata={"description": "when a gift first found it empty"})


class GiftRunOut(Schema):
    at = Time()
    amount_minor = Minor()
    project = Text(metadata={"description": "its code"})
    donor = Text(metadata={"description": "empty: another donor than of all other gifts"})
    matched_minor = Minor(0)
    short = fields.Boolean(metadata={"description": "cut by an empty pot, a cap or a minimum"})


class OutcomeOut(Schema):
    gifts = Whole()
    raised_minor = Minor(0)
    matched_minor = Minor(0)
    short = Whole(metadata={"description": "gifts that an empty pot, a cap or a minimum left partly unmatched"})
    unmatched = Whole()
    pots = fields.List(fields.Nested(PotRunOut))
    matches = fields.List(
        fields.Nested(GiftRunOut), metadata={"description": f"the first {MOST_LISTED} gifts, by their times"}
    )


class ComparisonOut(Schema):
    more = Whole(metadata={"description": "gifts that would get more match"})
    less = Whole()
    delta_minor = fields.Integer()


class SimulationOut(Schema):
    now = fields.Nested(OutcomeOut)
    changed = fields.Nested(OutcomeOut, allow_none=True)
    comparison = fields.Nested(ComparisonOut, allow_none=True)
    currency = Currency()


@blueprint.get("/campaigns/<slug>/live-desk")
@access.managers(Permission.READ, where=Where.FROM_BELOW)
@blueprint.response(200, LiveDeskOut)
def show_live_desk(slug: str) -> Any:
    """Return the donations of the last half hour by minute, the pots with the time at which they run dry, and
    waiting messages. A branch sees the gifts to its projects."""
    with deps().db.transaction() as tx:
        desk = live_desk(tx, find_campaign(tx, slug).id or 0, scope.branch())
    return {**desk._asdict(), "currency": CURRENCY}


@blueprint.post("/campaigns/<slug>/simulations")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(SimulationIn)
@blueprint.response(200, SimulationOut)
def simulate_day(body: dict[str, Any], slug: str) -> Any:
    """Match a day of donations with a campaign's pots, and again with `changes` for comparison. Nothing is
    written."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        targets, pots = projects_of(tx, campaign), load_pot_states(tx, [campaign.id or 0])
    changes = {change["pot"]: _change(change) for change in body["changes"]}
    if set(changes) - {pot.pot_id for pot in pots}:
        raise NotFound("pot_unknown")
    day = default_day(body.get("count"), body.get("average_minor"))
    gifts = _gifts(body["gifts"], targets) if body.get("gifts") else made_day(campaign, targets, day)
    now = off_loop(simulate, pots, gifts)
    changed = off_loop(simulate, with_changes(pots, changes), gifts) if changes else None
    codes = {target.project_id: code for code, target in targets.items()}
    beside = {"changed": _view(changed, codes), "comparison": compare(now, changed)} if changed else {}
    return {"now": _view(now, codes), "changed": None, "comparison": None, **beside, "currency": CURRENCY}


def _change(body: dict[str, Any]) -> PotChange:
    return PotChange(parse(body["rules"]) if "rules" in body else None, body["added_minor"])


def _gifts(rows: list[dict[str, Any]], targets: dict[str, Target]) -> list[Gift]:
    missing = [at for at, row in enumerate(rows) if row["project"] not in targets]
    unknown = {f"gifts.{at}.project": fault("unknown_project") for at in missing[:10]}
    if unknown:
        raise Invalid("simulation_invalid", fields=unknown)
    return [Gift(row["at"], row["amount_minor"], targets[row["project"]], row.get("donor", "")) for row in rows]


def _view(result: Simulation, codes: Mapping[int, str]) -> dict[str, Any]:
    pots = [{**run._asdict(), "left_minor": run.left_minor} for run in result.pots]
    matches = [
        {**run.gift._asdict(), **run._asdict(), "project": codes[run.gift.target.project_id]}
        for run in result.matches[:MOST_LISTED]
    ]
    return {**result._asdict(), "pots": pots, "matches": matches}
