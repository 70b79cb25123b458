"""Match pots, for managers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint
from app.api.campaigns.pot_schemas import AmountIn, PotIn, PotManagedOut, PotQuery, RulesChangeIn, TrancheMoveIn
from app.api.reason_schemas import AnyReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from campaigns import pots
from campaigns.disclosure.totals import pot_views
from campaigns.lifecycle.campaign import slug_of
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid
from matching.pots import Tranche, find
from matching.tranches import tranches

blueprint = make_blueprint("pots", "Pots of match money.")


def view(tx: Tx, pot_id: int) -> dict[str, Any]:
    """Return a pot as managers see it. Raises NotFound `pot_unknown`."""
    state = find(tx, pot_id)
    shown = next(pot for pot in pot_views(tx, state.campaign_id) if pot.id == pot_id)
    slug = slug_of(tx, state.campaign_id)
    newest = max(version.number for version in state.versions)
    parts = [
        {**part._asdict(), "opens_at": part.opens_at, "state": part.state(tx.now)}
        for part in tranches(tx, state.campaign_id).get(pot_id, [])
    ]
    own = {"campaign": slug, "fund": state.fund_id, "rules_version": newest, "tranches": parts}
    return {**shown._asdict(), **own}


@contextmanager
def _rules_named() -> Iterator[None]:
    """Report faults in rules under the field names of the request."""
    try:
        yield
    except Invalid as refusal:
        if refusal.code != "rules_invalid":
            raise
        fields = {f"rules.{name}": fault for name, fault in refusal.fields.items()}
        raise Invalid(refusal.code, fields=fields) from refusal


@blueprint.get("/pots")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.arguments(PotQuery, location="query")
@blueprint.response(200, PotManagedOut(many=True))
@blueprint.paginate()
def list_pots(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the pots of the caller's branch, or of one campaign in it."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        ids = pots.list_ids(tx, query.get("campaign") or None, scope.branch())
        paging.item_count = len(ids)
        return [view(tx, pot_id) for pot_id in ids[paging.first_item : paging.last_item + 1]]


@blueprint.get("/pots/<id:pot_id>")
@access.managers(Permission.READ, where=Where.FROM_BELOW)
@blueprint.response(200, PotManagedOut)
def show(pot_id: int) -> Any:
    with deps().db.transaction() as tx:
        return view(tx, pot_id)


@blueprint.post("/pots")
@access.managers(Permission.POTS_WRITE, where=Where.NAMED)
@blueprint.arguments(PotIn)
@blueprint.response(201, PotManagedOut)
def create(body: dict[str, Any]) -> Any:
    """Create a pot. The sum of its tranches is taken from the fund."""
    body["tranches"] = [Tranche(**tranche) for tranche in body["tranches"]]
    with deps().db.transaction() as tx, _rules_named():
        scope.require_draw(tx, body["campaign"], body["fund"])
        return view(tx, pots.create(tx, **body, actor=access.actor()))


@blueprint.post("/pots/<id:pot_id>/rules")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(RulesChangeIn)
@blueprint.response(201, PotManagedOut)
def add_rules(body: dict[str, Any], pot_id: int) -> Any:
    """Add rules that apply from a given time. Earlier promises stay."""
    with deps().db.transaction() as tx, _rules_named():
        pots.add_rules(tx, pot_id, body["rules"], body.get("valid_from"), access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/top-ups")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AmountIn)
@blueprint.response(201, PotManagedOut)
def top_up(body: dict[str, Any], pot_id: int) -> Any:
    """Add money from the pot's fund."""
    with deps().db.transaction() as tx:
        scope.require_draw_of_pot(tx, pot_id)
        pots.top_up(tx, pot_id, body["amount_minor"], access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/reductions")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AmountIn)
@blueprint.response(201, PotManagedOut)
@may_wait(blueprint)
def reduce(body: dict[str, Any], pot_id: int) -> Any:
    """Return free money to the pot's fund."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "pot.reduce", pot_id, amount_minor=body["amount_minor"])
        return waiting(tx, outcome) or view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/pause")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, PotManagedOut)
def pause(body: dict[str, Any], pot_id: int) -> Any:
    """Stop a pot from giving new match until it is resumed. Reservations stay and are captured. Idempotent."""
    with deps().db.transaction() as tx:
        pots.pause(tx, pot_id, body["reason"], access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/resume")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, PotManagedOut)
def resume(body: dict[str, Any], pot_id: int) -> Any:
    """Let a paused pot match again. Donors who gave meanwhile are offered match after the end. Idempotent."""
    with deps().db.transaction() as tx:
        pots.resume(tx, pot_id, body["reason"], access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/tranches/<id:tranche_id>/open")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, PotManagedOut)
def open_tranche(body: dict[str, Any], pot_id: int, tranche_id: int) -> Any:
    """Open a tranche now, before its time."""
    with deps().db.transaction() as tx:
        pots.move_tranche(tx, pot_id, tranche_id, None, body["reason"], access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/tranches/<id:tranche_id>/move")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(TrancheMoveIn)
@blueprint.response(200, PotManagedOut)
def move_tranche(body: dict[str, Any], pot_id: int, tranche_id: int) -> Any:
    """Change the opening time of an unopened tranche to an earlier or later time."""
    with deps().db.transaction() as tx:
        pots.move_tranche(tx, pot_id, tranche_id, body["opens_at"], body["reason"], access.actor())
        return view(tx, pot_id)


@blueprint.post("/pots/<id:pot_id>/tranches/<id:tranche_id>/withdraw")
@access.managers(Permission.POTS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, PotManagedOut)
@may_wait(blueprint)
def withdraw_tranche(body: dict[str, Any], pot_id: int, tranche_id: int) -> Any:
    """Withdraw an unopened tranche. Its money returns to the fund of the pot."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "pot.withdraw_tranche", pot_id, body["reason"], tranche=tranche_id)
        return waiting(tx, outcome) or view(tx, pot_id)
