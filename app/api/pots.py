"""Match pots, for managers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_smorest.pagination import PaginationParameters

from app.api.base import blueprint
from app.api.pot_schemas import AmountIn, PotIn, PotManagedOut, PotQuery, RulesChangeIn
from app.current import deps
from app.http import access
from campaigns import pots
from campaigns.disclosure.totals import pot_views
from campaigns.lifecycle.campaign import slug_of
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Invalid
from matching.pots import Tranche, find

blp = blueprint("pots", "Pots of match money.")


def view(tx: Tx, pot_id: int) -> dict[str, Any]:
    """One pot as managers see it. Raises NotFound `pot_unknown`."""
    state = find(tx, pot_id)
    shown = next(one for one in pot_views(tx, state.campaign_id) if one.id == pot_id)
    slug = slug_of(tx, state.campaign_id)
    newest = max(version.number for version in state.versions)
    return {**shown._asdict(), "campaign": slug, "fund": state.fund_id, "rules_version": newest}


@contextmanager
def _rules_named() -> Iterator[None]:
    """Faults in rules, named as the caller sent them."""
    try:
        yield
    except Invalid as refusal:
        if refusal.code != "rules_invalid":
            raise
        wrong = {f"rules.{name}": fault for name, fault in refusal.fields.items()}
        raise Invalid(refusal.code, fields=wrong) from refusal


@blp.get("/pots")
@access.managers(Permission.READ)
@blp.arguments(PotQuery, location="query")
@blp.response(200, PotManagedOut(many=True))
@blp.paginate()
def list_pots(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """All pots, or those of one event."""
    asked = pagination_parameters
    with deps().db.transaction() as tx:
        ids = pots.list_ids(tx, query.get("campaign") or None)
        asked.item_count = len(ids)
        return [view(tx, pot_id) for pot_id in ids[asked.first_item : asked.last_item + 1]]


@blp.get("/pots/<id:pot_id>")
@access.managers(Permission.READ)
@blp.response(200, PotManagedOut)
def show(pot_id: int) -> Any:
    with deps().db.transaction() as tx:
        return view(tx, pot_id)


@blp.post("/pots")
@access.managers(Permission.POTS_WRITE)
@blp.arguments(PotIn)
@blp.response(201, PotManagedOut)
def create(given: dict[str, Any]) -> Any:
    """A new pot; the sum of its tranches is taken from the fund."""
    given["tranches"] = [Tranche(**one) for one in given["tranches"]]
    with deps().db.transaction() as tx, _rules_named():
        return view(tx, pots.create(tx, **given, actor=access.actor()))


@blp.post("/pots/<id:pot_id>/rules")
@access.managers(Permission.POTS_WRITE)
@blp.arguments(RulesChangeIn)
@blp.response(201, PotManagedOut)
def rules(given: dict[str, Any], pot_id: int) -> Any:
    """New rules from a time on; what was promised before stays promised."""
    with deps().db.transaction() as tx, _rules_named():
        pots.add_rules(tx, pot_id, given["rules"], given.get("valid_from"), access.actor())
        return view(tx, pot_id)


@blp.post("/pots/<id:pot_id>/top-ups")
@access.managers(Permission.POTS_WRITE)
@blp.arguments(AmountIn)
@blp.response(201, PotManagedOut)
def top_up(given: dict[str, Any], pot_id: int) -> Any:
    """More money from the pot's fund."""
    with deps().db.transaction() as tx:
        pots.top_up(tx, pot_id, given["amount_minor"], access.actor())
        return view(tx, pot_id)


@blp.post("/pots/<id:pot_id>/reductions")
@access.managers(Permission.POTS_WRITE)
@blp.arguments(AmountIn)
@blp.response(201, PotManagedOut)
def reduction(given: dict[str, Any], pot_id: int) -> Any:
    """Free money back to the pot's fund."""
    with deps().db.transaction() as tx:
        pots.reduce(tx, pot_id, given["amount_minor"], access.actor())
        return view(tx, pot_id)
